"""Every case a small process may come to, walked with the real engine: slow, and with no idea of its own.

    exhausted(office, process, most) -> Exhausted        of more than `most` cases, the nearest: `whole` says which

Whoever may act does, in every way that may matter: each value of a flag or a choice, each agency and each two, no rows
and one. If nobody does, the next instant of a duty comes, and finds somebody or nobody at the posts of its rung. Two
cases are one if they differ in instants, versions and ids alone; how the open instants follow each other is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import combinations, product
from typing import Any

from states.case import Case
from states.commands import Advance, Command, Expire, Office, Open, Waive
from states.decide import decide
from states.errors import Refused
from states.roster import Roster
from states.ruleset import SYSTEM, Field, Process, Transition
from tests.walks import DOCUMENT, START


@dataclass
class Exhausted:
    """What was found: each case, where it leads, and how it was reached. The last of `cases` may not be `followed`."""

    cases: list[Case] = field(default_factory=list)
    ahead: list[set[int]] = field(default_factory=list)  # without what happens only where a rung finds nobody
    taken: set[str] = field(default_factory=set)
    doing: dict[str, set[int]] = field(default_factory=dict)  # by duty, the cases in which an agency may do it
    followed: int = 0

    @property
    def whole(self) -> bool:
        """Whether every case there can be was followed."""
        return self.followed == len(self.cases)

    def broken(self) -> Case | None:
        """The first case from which no end can be reached, nor a case that was not followed."""
        found = self._leading_to({n for n, case in enumerate(self.cases) if case.final})
        return next((case for n, case in enumerate(self.cases) if n not in found), None)

    def undone(self, process: Process) -> tuple[str, Case] | None:
        """A duty, and the first case in which it is owed though nobody will ever be able to do it."""
        for name, rule in process.duties.items():
            if rule.owed_by.nobody or rule.waive_by:
                continue
            found = self._leading_to(self.doing.get(name, set()))
            for n, case in enumerate(self.cases):
                if n not in found and any(duty.name == name for duty in case.alive):
                    return name, case
        return None

    def _leading_to(self, found: set[int]) -> set[int]:
        """The cases from which one of `found` can be reached, or one that was not followed."""
        before: dict[int, set[int]] = {}
        for n, targets in enumerate(self.ahead):
            for target in targets:
                before.setdefault(target, set()).add(n)
        found = found | {n for n in range(len(self.cases)) if n >= self.followed}
        ahead = list(found)
        while ahead:
            fresh = before.get(ahead.pop(), set()) - found
            found |= fresh
            ahead += fresh
        return found

    def idle(self, process: Process) -> Case | None:
        """The first case in which nothing is due though its state may not wait."""
        for case in self.cases:
            due = [d for d in case.alive if d.status == "open" and (d.agency is not None or d.next_at is not None)]
            if not (case.final or due or process.states[case.state].may_wait):
                return case
        return None


def exhausted(office: Office, process: Process, most: int) -> Exhausted:
    """Walk from every opening, the nearest cases first, until there is nothing new or `most` cases are followed."""
    found = Exhausted()
    known: dict[Any, int] = {}
    times: list[datetime] = []
    counted = {line.id for line in process.transitions if line.times}
    offices = [office]
    if any(office.ruleset.unreachable(rule) for rule in process.duties.values()):
        offices.append(replace(office, roster=Roster(officers=())))  # and one in which a rung finds nobody

    def number(case: Case, now: datetime) -> int:
        key = _key(case, counted)
        if key not in known:
            known[key] = len(found.cases)
            found.cases.append(case)
            found.ahead.append(set())
            times.append(now)
        return known[key]

    def tried(before: Case | None, command: Command, now: datetime, start: int | None) -> None:
        for there in offices if isinstance(command, Expire) else offices[:1]:
            try:
                outcome = decide(there, before, command, now)
            except Refused:
                continue
            found.taken.update(event.rule for event in outcome.events if event.rule)
            if outcome.events:
                target = number(outcome.case, now)
                if start is not None and there is office:
                    found.ahead[start].add(target)
            for event in outcome.events:
                if event.by is not None and start is not None:
                    for ended in event.ended:
                        if ended.how == "done":
                            found.doing.setdefault(ended.duty.split("@")[0], set()).add(start)

    for command in _openings(office, process):
        tried(None, command, START, None)
    assert found.cases, f"no case of {process.name} can be opened"
    while not found.whole and found.followed < most:
        n = found.followed
        case, now = found.cases[n], times[n]
        if not case.final:
            for command in _acts(office, process, case):
                tried(case, command, now, n)
            first = min((d for d in case.alive if d.next_at is not None), key=lambda d: d.next_at or now, default=None)
            if first is not None and first.next_at is not None:
                tried(case, Expire(duty=first.id), max(now, first.next_at), n)
        found.followed += 1
    return found


def _key(case: Case, counted: set[str]) -> Any:
    alive = sorted(case.alive, key=lambda d: (d.next_at or d.due_at, d.name, d.agency or "", str(d.row)))
    duties = tuple(
        (d.name, d.agency, d.about, str(d.row), d.status, d.state, d.step, d.told, d.next_at is None) for d in alive
    )
    done = frozenset((d.name, str(d.row)) for d in case.duties.values() if d.row is not None and d.status == "done")
    here = frozenset(d.name for d in case.duties.values() if d.version >= case.entered_version)
    parties = tuple(sorted((name, held) for name, held in case.parties.items()))
    taken = tuple(sorted((name, count) for name, count in case.taken.items() if name in counted))
    return case.state, case.back_to, str(sorted(case.fields.items())), parties, taken, duties, done, here


def _openings(office: Office, process: Process) -> Iterator[Command]:
    required = [f.name for f in process.fields.values() if f.required]
    for line in process.opening:
        for fields, parties in _carried(office, process, line, required):
            for by in (*office.agencies, *((None,) if SYSTEM in line.by else ())):
                yield Open(
                    case="W-2022-0001", process=process.name, title="T", by=by, fields=fields, parties=parties,
                    document=DOCUMENT, reason="r",
                )  # fmt: skip


def _acts(office: Office, process: Process, case: Case) -> Iterator[Command]:
    for line in process.transitions:
        if case.state not in line.sources or line.by == (SYSTEM,):
            continue
        meant: list[str | None] = [d.id for d in case.alive if d.name in line.discharges] or [None]
        for fields, parties in _carried(office, process, line, []):
            for by, duty in product(office.agencies, meant):
                yield Advance(
                    trigger=line.trigger,
                    by=by,
                    fields=fields,
                    parties=parties,
                    duty=duty,
                    document=DOCUMENT,
                    reason="r",
                )
    for owed in case.alive:
        if process.duties[owed.name].waive_by:
            for by in office.agencies:
                yield Waive(duty=owed.id, by=by, reason="r")


def _carried(
    office: Office, process: Process, line: Transition, required: list[str]
) -> Iterator[tuple[dict[str, Any], dict[str, tuple[str, ...]]]]:
    names = [n for n in dict.fromkeys((*line.inputs, *required, *line.takes)) if n not in ("document", "reason")]
    ways: list[list[Any]] = []
    for name in names:
        left: list[Any] = [] if name in (*line.inputs, *required) else [None]
        if name in process.capacities:
            ways.append([*left, *_some(office, process.capacities[name].many)])
        else:
            ways.append([*left, *_values(office, process.fields[name])])
    for chosen in product(*ways):
        given = {name: value for name, value in zip(names, chosen, strict=True) if value is not None}
        yield (
            {name: value for name, value in given.items() if name in process.fields},
            {name: value for name, value in given.items() if name in process.capacities},
        )


def _some(office: Office, several: bool) -> list[tuple[str, ...]]:
    """Each agency, and where there may be `several` each two."""
    return [*combinations(office.agencies, 1), *(combinations(office.agencies, 2) if several else ())]


def _values(office: Office, spec: Field) -> list[Any]:
    match spec.type:
        case "flag":
            return [True, False]
        case "choice":
            return list(office.ruleset.choices[spec.choice or ""])
        case "text":
            return ["x"]
        case "date":
            return ["2022-06-01"]
        case "instant":
            return ["2022-06-01T09:00:00+07:00"]
        case "year":
            return [2022]
        case "agency":
            return list(office.agencies)
        case "agencies":
            return [list(codes) for codes in _some(office, several=True)]
        case "rows":
            columns = [[(name, value) for value in _values(office, column)] for name, column in spec.columns.items()]
            return [[], *([dict(cells)] for cells in product(*columns))]
