"""Documentation that cannot drift: every screen was printed, every file named exists, every command is told of."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from cli import main
from states.loader import schema
from tests.consoles import BLOCK, commands, printed
from tests.support import ROOT
from workflow.commands.table import TABLE

PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")])
WITH_CONSOLE = [page for page in PAGES if BLOCK.search(page.read_text("utf-8"))]
LINK = re.compile(r"\[[^\]]+\]\(([^)#:]+)(?:#[^)]*)?\)")


def name_of(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", WITH_CONSOLE, ids=name_of)
def test_every_screen_of_the_documentation_is_what_its_command_prints(page):
    """`python -m tests.consoles PAGE` writes it anew."""
    text = page.read_text("utf-8")
    assert printed(text) == text


def test_the_readme_shows_screens_before_it_says_how_to_get_them():
    text = (ROOT / "README.md").read_text("utf-8")
    assert 0 < text.index("```console") < text.index("make demo") < text.index("make test")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page):
    for target in LINK.findall(page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def test_every_command_is_told_of_in_the_documentation():
    blocks = [block for page in WITH_CONSOLE for block in BLOCK.findall(page.read_text("utf-8"))]
    typed = " ".join(command for block in blocks for command in commands(block))
    assert [name for name in TABLE if f"phoihop {name}" not in typed] == []


def test_the_makefile_has_the_targets_it_should():
    said = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {line.split()[0] for line in said.splitlines()} == {"help", "demo", "test", "check", "bench", "soak"}


def test_the_schema_for_editors_is_current():
    """`phoihop rules schema > docs/escalation_rules.schema.json` writes it anew."""
    assert json.loads((ROOT / "docs/escalation_rules.schema.json").read_text("utf-8")) == schema()


def test_the_shipped_rules_name_their_schema_so_that_an_editor_finds_it():
    first = (ROOT / "escalation_rules.yaml").read_text("utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=docs/escalation_rules.schema.json"


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_diagram_of_the_documentation_is_drawn_from_the_rules(lang, capsys):
    """`phoihop rules diagram escalation_rules.yaml` draws it anew."""
    assert main(["rules", "diagram", str(ROOT / "escalation_rules.yaml"), "--lang", lang]) == 0
    page = (ROOT / "docs/diagram.md").read_text("utf-8")
    for drawn in capsys.readouterr().out.strip().split("\n\n"):
        assert f"```mermaid\n{drawn}\n```" in page


def test_a_drifted_screen_is_found(tmp_path):
    """The check can fail: a page that shows what is not printed differs from what is."""
    lie = "```console\n$ phoihop --version\nphoihop 9.9.9\n```\n"
    assert printed(lie) != lie
    assert "9.9.9" not in printed(lie)


def test_the_tool_that_writes_screens_writes_them(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("text\n```console\n$ echo one \\\n  two\n```\nmore\n", "utf-8")
    subprocess.run([sys.executable, "-m", "tests.consoles", str(page)], cwd=ROOT, check=True)
    assert page.read_text("utf-8") == "text\n```console\n$ echo one \\\n  two\none two\n```\nmore\n"


INSTALLED = "/usr/local/bin/phoihop"


def documented():
    """What docs/worker.md has cron and systemd run, and the variables that they give it."""
    page = (ROOT / "docs/worker.md").read_text("utf-8")
    (line,) = re.findall(r"^\*/5 \* \* \* \*\s+(.+)$", page, re.MULTILINE)
    units = re.findall(r"^Environment=(.+)\nExecStart=(.+)$", page, re.MULTILINE)
    assert len(units) == page.count("ExecStart=") == 2
    return [("cron", line), *((words.split()[1], f"{given} {words}") for given, words in units)]


@pytest.mark.parametrize(("name", "line"), documented())
def test_what_cron_and_systemd_are_told_to_run_runs_where_they_know_no_path(tmp_path, name, line):
    """Nothing is changed but where the program and its files are. Mutant: cron looks for `phoihop` by itself."""
    db = tmp_path / "cases.db"
    assert main(["init", "--practice", "--db", str(db)]) == 0
    program = tmp_path / "phoihop"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" "{ROOT / "cli.py"}" "$@"\n', "utf-8")
    program.chmod(0o755)
    run = line.replace(INSTALLED, str(program)).replace("/var/lib/prometheus/node-exporter", str(tmp_path))
    run = re.sub(r"PHOIHOP_DB=\S+", f"PHOIHOP_DB={db}", run)
    bare = ["env", "-i", "PATH=/usr/bin:/bin", "sh", "-c", run if name == "cron" else run.replace(" ", " exec ", 1)]
    process = subprocess.Popen(bare, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    assert process.stderr is not None
    if name == "worker":
        while " started: " not in process.stderr.readline():
            assert process.poll() is None
        process.terminate()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    if name == "cron":
        assert (out, err) == ("", "")  # it would send a mail every five minutes
