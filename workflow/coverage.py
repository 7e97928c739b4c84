"""Which rows of the acceptance list (`docs/acceptance.csv`) the rules and the program carry, and what proves it.

    coverage(ruleset, clock) -> [Covered, ...]      one for each row, in the order of the list

A row is carried by a rule whose `source:` cites it, or by a command the list names; it is proved where each of them is.
A line of the table is proved by a test of the rules file in which it is taken, a duty by one that says how it stands,
a ladder by one that says whom it tells, an agency by one in which it acts or is told, a process or an opening by one
that plays it; a command by the documentation, which types and compares it. A test that fails proves nothing.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from states.rehearse import lines_taken
from states.ruleset import OPEN, SYSTEM, Process, Ruleset
from states.trials import Trial
from states.values import Value
from states.worktime import WorkTime
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


class Carrier(Value, frozen=True):
    """A rule or a command that carries a row (`duty notify`, `phoihop doctor`), and what proves it."""

    name: str
    proofs: tuple[str, ...] = ()


class Covered(Value, frozen=True):
    """A row with what carries it."""

    row: Row
    carriers: tuple[Carrier, ...] = ()

    @property
    def proofs(self) -> tuple[str, ...]:
        """What proves its carriers, each once."""
        return tuple(dict.fromkeys(proof for carrier in self.carriers for proof in carrier.proofs))

    @property
    def unproved(self) -> tuple[str, ...]:
        """The carriers that nothing proves."""
        return tuple(dict.fromkeys(carrier.name for carrier in self.carriers if not carrier.proofs))

    @property
    def status(self) -> str:
        """`proved` where each carrier is, `unproved` where one is not, or `missing`."""
        return "missing" if not self.carriers else "unproved" if self.unproved else "proved"


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


def coverage(ruleset: Ruleset, clock: WorkTime) -> list[Covered]:
    """Every row with its carriers in `ruleset` and among the commands. The tests are played by the calendar `clock`."""
    carried: dict[str, list[Carrier]] = {}
    for source, carrier in _carriers(ruleset, lines_taken(ruleset, clock)):
        for id_ in dict.fromkeys(_ROW.findall(source)):
            carried.setdefault(id_, []).append(carrier)
    found = []
    for row in rows():
        commands = [f"phoihop {command}" for command in row.commands]
        by_command = [Carrier(name=command, proofs=(command,)) for command in commands]
        found.append(Covered(row=row, carriers=(*carried.get(row.id, ()), *by_command)))
    return found


def _carriers(ruleset: Ruleset, taken: dict[str, frozenset[str]]) -> Iterator[tuple[str, Carrier]]:
    """Every rule with its source and the tests that prove it; `taken`: the lines that each test takes."""
    good = [trial for trial in ruleset.tests if trial.test in taken]

    def carrier(name: str, proofs: list[Trial]) -> Carrier:
        return Carrier(name=name, proofs=tuple(trial.test for trial in proofs))

    for code, agency in ruleset.agencies.items():
        yield agency.source, carrier(f"agency {code}", [trial for trial in good if _is_in(trial, code)])
    for name, ladder in ruleset.ladders.items():
        told = [trial for trial in good if _tells(trial, ruleset.processes[trial.process], name)]
        yield ladder.source, carrier(f"ladder {name}", told)
    for opening in ruleset.openings:
        opened = [trial for trial in good if trial.process == opening.process and _opens(trial)]
        yield opening.source, carrier(f"opening {opening.process}", opened)
    for name, process in ruleset.processes.items():
        tests = [trial for trial in good if trial.process == name]
        yield process.source, carrier(f"process {name}", tests)
        for duty, rule in process.duties.items():
            yield rule.source, carrier(f"duty {duty}", [trial for trial in tests if duty in _said(trial)])
        for line in (*process.opening, *process.transitions):
            yield line.source, carrier(f"trigger {line.id}", [t for t in tests if line.id in taken[t.test]])


def _is_in(trial: Trial, agency: str) -> bool:
    """Whether `agency` acts in a test, or is told something."""
    told = {post.partition(".")[0] for step in trial.steps for posts in step.told.values() for post in posts}
    return agency in told or any(step.by == agency and not step.refused for step in trial.steps)


def _tells(trial: Trial, process: Process, ladder: str) -> bool:
    """Whether a test says which rung a duty of `ladder` has reached, or who was told."""
    duties = {_name(said) for step in trial.steps for said in (*step.rung, *step.told)}
    return any(process.duties[duty].ladder == ladder for duty in duties)


def _opens(trial: Trial) -> bool:
    """Whether nobody's act opens the case of a test."""
    return any(step.does == OPEN and step.by == SYSTEM for step in trial.steps)


def _said(trial: Trial) -> set[str]:
    """The duties of which a test says how they stand."""
    return {_name(said) for step in trial.steps for said in (*step.duties, *step.late, *step.rung, *step.told)}


def _name(duty: str) -> str:
    return duty.partition("@")[0]
