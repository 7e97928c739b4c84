"""Which rows of the acceptance list (`docs/acceptance.csv`) the rules and the program carry, and what proves it.

    coverage(ruleset) -> [Covered, ...]      one for each row, in the order of the list

A row is carried by a rule whose `source:` cites it, or by a command the list names. A rule is proved by a test of
the rules file that plays it, a command by the documentation, which types and compares it. What is neither is missing.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from states.ruleset import Ruleset
from states.trials import Trial
from states.values import Value
from workflow.shipped import shipped

LIST = "docs/acceptance.csv"
_ROW = re.compile(r"\b[A-K][0-9]{2}\b")


class Row(Value, frozen=True):
    """One row of the list: `commands` carry it besides rules, or instead. `scope` is IN, or ADM: the shell only."""

    id: str
    section: str
    scope: str
    what: str
    commands: tuple[str, ...] = ()


class Covered(Value, frozen=True):
    """A row with what carries it (`duty notify`, `phoihop doctor`) and what proves it."""

    row: Row
    carriers: tuple[str, ...] = ()
    proofs: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """`proved`, `unproved` where a carrier has no proof, or `missing`."""
        return "missing" if not self.carriers else "proved" if self.proofs else "unproved"


def rows() -> list[Row]:
    """The list as it ships."""
    with shipped(LIST).open(encoding="utf-8", newline="") as file:
        return [
            Row(
                id=one["id"],
                section=one["section"],
                scope=one["scope"],
                what=one["what"],
                commands=tuple(command for command in one["commands"].split(";") if command),
            )
            for one in csv.DictReader(file)
        ]


def coverage(ruleset: Ruleset) -> list[Covered]:
    """Every row with its carriers in `ruleset` and among the commands, and their proofs."""
    carried: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for name, source, proofs in _carriers(ruleset):
        for id_ in dict.fromkeys(_ROW.findall(source)):
            carried.setdefault(id_, []).append((name, proofs))
    found = []
    for row in rows():
        by_rules = carried.get(row.id, [])
        commands = [f"phoihop {command}" for command in row.commands]
        shown = dict.fromkeys([*(proof for _, many in by_rules for proof in many), *commands])
        found.append(Covered(row=row, carriers=(*(name for name, _ in by_rules), *commands), proofs=tuple(shown)))
    return found


def _carriers(ruleset: Ruleset) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Every rule with a source: what it is, its source, the tests that play it."""
    for code, agency in ruleset.agencies.items():
        yield f"agency {code}", agency.source, ()
    for name, ladder in ruleset.ladders.items():
        yield f"ladder {name}", ladder.source, ()
    for opening in ruleset.openings:
        yield f"opening {opening.process}", opening.source, ()
    for name, process in ruleset.processes.items():
        tests = [trial for trial in ruleset.tests if trial.process == name]
        yield f"process {name}", process.source, tuple(trial.test for trial in tests)
        for duty, rule in process.duties.items():
            yield f"duty {duty}", rule.source, tuple(t.test for t in tests if _expects(t, duty))
        for line in (*process.opening, *process.transitions):
            yield f"trigger {line.id}", line.source, tuple(t.test for t in tests if _fires(t, line.trigger))


def _expects(trial: Trial, duty: str) -> bool:
    """Whether a test says how a duty stands."""
    return any(
        name.partition("@")[0] == duty for step in trial.steps for name in (*step.duties, *step.late, *step.rung)
    )


def _fires(trial: Trial, trigger: str) -> bool:
    """Whether a test fires a trigger, and is not refused."""
    return any(step.does == trigger and not step.refused for step in trial.steps)
