"""Console blocks of the documentation: what stands after `$ ` is typed, what follows is what was printed.

python -m tests.consoles README.md docs/play-by-hand.md      types every command and writes what it printed

All blocks of a page are one session of one shell, in a folder that is also the home folder, beside the shipped
rules and these pages. A test does the same and compares: no screen can drift from the program. Salts are drawn at
random, so the hash of a head is another one each time: its digits are masked.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support import ROOT
from workflow.identity import account

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEAD = re.compile(r"(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])")
MASK = "0123456789abcdef..."
END = "@@@ end of the command"
LOGIN = "quantri"


def commands(block: str) -> list[str]:
    """The commands of a block; a command goes on in the next line after a backslash, as in a shell."""
    found: list[str] = []
    going_on = False
    for line in block.splitlines():
        if going_on:
            found[-1] += "\n" + line
        elif line.startswith("$ "):
            found.append(line[2:])
        else:
            continue
        going_on = line.endswith("\\")
    return found


def printed(page: str) -> str:
    """`page` with what its commands really print."""
    typed = [command for block in BLOCK.findall(page) for command in commands(block)]
    with tempfile.TemporaryDirectory() as home:
        answers = iter(_session(typed, Path(home)))

    def block(found: re.Match[str]) -> str:
        said = "".join(f"$ {command}\n{next(answers)}" for command in commands(found[1]))
        return f"```console\n{said}```"

    return BLOCK.sub(block, page)


def _session(typed: list[str], home: Path) -> list[str]:
    """What each command prints, stdout and stderr as a terminal shows them, in one shell."""
    script = "".join(f"{command}\necho '{END}'\n" for command in typed)
    environ = {
        "HOME": str(home),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
    }
    for shown in (
        ROOT / "escalation_rules.yaml",
        ROOT / "calendars",
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("docs/*.txt"),
    ):
        (home / shown.name).symlink_to(shown)
    bash = shutil.which("bash") or "sh"
    script = f"exec 2>&1\n{script}"
    done = subprocess.run([bash], input=script, cwd=home, env=environ, text=True, check=True, stdout=subprocess.PIPE)
    answers = done.stdout.split(f"{END}\n")
    assert len(answers) == len(typed) + 1, done.stdout[-2000:]
    masked = (HEAD.sub(MASK, answer) for answer in answers[:-1])
    return [_anybodys(re.sub(r"[ \t]+$", "", answer, flags=re.MULTILINE)) for answer in masked]


def _anybodys(answer: str) -> str:
    """`answer` whoever typed the command: the login in it is LOGIN."""
    return re.sub(rf"(?<![\w/.-]){re.escape(account())}(?![\w/-])", LOGIN, answer)


def main(pages: list[str]) -> None:
    """Write what the commands of `pages` print into them."""
    for name in pages:
        path = Path(name)
        path.write_text(printed(path.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
