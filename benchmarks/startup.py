"""What starting costs: `phoihop --help` and a real `inbox`, beside the floor `python -c "import click"`.

    python benchmarks/startup.py [ROUNDS]

Whole processes, from start to exit, taking turns so that a busy machine is busy for all of them; the best
and the median of ROUNDS (default 15), in milliseconds, and the best as a ratio to the floor's best.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).parent.parent
PYTHON = sys.executable
NOW = ("--now", "2022-07-29T08:00:00+07:00")


def milliseconds(command: list[str], environ: dict[str, str]) -> float:
    """How long one process takes, from start to exit."""
    start = perf_counter()
    subprocess.run(command, env=environ, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    return (perf_counter() - start) * 1000


def main(rounds: int) -> None:
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("PHOIHOP", "PYTHONDONTWRITE"))}
    with tempfile.TemporaryDirectory() as folder:
        db = str(Path(folder, "demo.db"))
        phoihop = [PYTHON, str(ROOT / "cli.py")]
        demo = [*phoihop, "demo", "--keep"]
        subprocess.run([*demo, db], env=environ, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
        measured = {
            'python -c "import click"': [PYTHON, "-c", "import click"],
            "phoihop --help": [*phoihop, "--help"],
            "phoihop inbox": [*phoihop, "inbox", "--as", "btg", "--db", db, *NOW],
            "phoihop inbox --format json": [*phoihop, "inbox", "--as", "btg", "--db", db, "--format", "json", *NOW],
            "phoihop show VV-4": [*phoihop, "show", "VV-4", "--db", db, *NOW],
        }
        taken: dict[str, list[float]] = {name: [] for name in measured}
        for place in range(rounds + 1):
            for name, command in measured.items():
                spent = milliseconds(command, environ)
                if place:  # the first round writes byte code
                    taken[name].append(spent)
        whole = [milliseconds([*demo, str(Path(folder, f"{n}.db"))], environ) for n in range(3)]
    floor = min(next(iter(taken.values())))
    print(f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores, {rounds} rounds")
    print(f"{'':34}{'best ms':>9}{'median':>9}{'x floor':>9}")
    for name, times in taken.items():
        print(f"{name:34}{min(times):9.1f}{statistics.median(times):9.1f}{min(times) / floor:9.2f}")
    print(f"{'phoihop demo':34}{min(whole):9.1f}{statistics.median(whole):9.1f}{min(whole) / floor:9.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
