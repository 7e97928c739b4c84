"""Checking a rules file with all its proofs, beside a plain parse of the same text in the same run.

    python benchmarks/rules.py [PROCESSES] [STATES]

The shipped file first, then a made one of 50 processes with 20 states each (or as given): every state has a duty of its
own and a way on, every third a way back bounded by `times`, and one duty lives through the whole process. The floor is
libyaml building the tree, with no check of anything.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time

import yaml

sys.path.insert(0, str(Path(__file__).parent.parent))

from states.loader import load_rules
from workflow.shipped import shipped

HEAD = """edition: crowd-1
title: {en: Crowd}
calendar: vn
agencies: {hall: {name: {en: Hall}}, mill: {name: {en: Mill}}}
ladders: {steps: {source: s, rungs: [{tell: [debtor], allow: 1wd}, {tell: [asker.leader]}]}}
processes:
"""


def made(processes: int, states: int) -> str:
    """The text of a file with so many processes of so many states."""
    return HEAD + "".join(_process(n, states) for n in range(processes))


def _process(number: int, states: int) -> str:
    prefix = "".join(chr(65 + number // 26**place % 26) for place in range(3))
    names = [f"s{n}" for n in range(states - 1)]
    lines = [
        f"  p{number}:",
        f"    prefix: {prefix}",
        "    label: {en: P}",
        "    source: s",
        "    capacities: {asker: {one: hall, label: {en: A}}, doer: {one: mill, label: {en: D}}}",
        "    fields: {urgent: {flag: true, label: {en: U}}}",
        "    initial: s0",
        "    states:",
        *(f"      {name}: {{label: {{en: S}}, duties: [d_{name}]}}" for name in names),
        "      done: {label: {en: Done}, final: true}",
        "    duties:",
        *(f"      d_{name}: {_duty('doer')}" for name in names),
        f"      whole: {_duty('asker', 'opens_on: [open], lasts_until: [done], waive: {by: asker}, ')}",
        "    transitions:",
        "      - {trigger: open, by: asker, takes: [urgent], label: {en: O}, source: s}",
        "      - {trigger: whole, from: any, by: asker, discharges: [whole], label: {en: W}, source: s}",
    ]
    for name, ahead in zip(names, [*names[1:], "done"], strict=True):
        settled = "settled: [whole], " if ahead == "done" else ""
        lines.append(
            f"      - {{trigger: t_{name}, from: {name}, to: {ahead}, by: doer, {settled}discharges: [d_{name}], "
            "label: {en: T}, source: s}"
        )
    for name, behind in list(zip(names[1:], names, strict=False))[::3]:
        lines.append(
            f"      - {{trigger: b_{name}, from: {name}, to: {behind}, by: asker, when: urgent, times: 3, "
            "label: {en: B}, source: s}"
        )
    return "\n".join(lines) + "\n"


def _duty(by: str, more: str = "") -> str:
    return f"{{owed_by: {by}, {more}within: 3wd, ladder: steps, label: {{en: D}}, source: s}}"


def seconds(what: Callable[[], object]) -> float:
    """The best of three, in seconds of this processor."""
    found = []
    for _ in range(3):
        start = process_time()
        what()
        found.append(process_time() - start)
    return min(found)


def measured(name: str, text: str) -> None:
    floor = seconds(lambda: yaml.load(text, Loader=yaml.CSafeLoader))
    whole = seconds(lambda: load_rules(text, "f.yaml"))
    size = len(text) / 1000
    print(f"{name:<28} {size:>7.0f} kB   parse {floor:>6.2f} s   check {whole:>6.2f} s   {whole / floor:>5.1f} x")


def main(processes: int = 50, states: int = 20) -> None:
    print(f"rules check: {platform.python_implementation()} {platform.python_version()}, {platform.machine()}")
    measured("escalation_rules.yaml", shipped("escalation_rules.yaml").read_text("utf-8"))
    measured(f"{processes} processes of {states} states", made(processes, states))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
