"""Play the tests a rules file carries, on a virtual clock: the same engine, no database.

    rehearse(ruleset, clock) -> [Red, ...]      every expectation that was not met, in the order of the file
    prove(ruleset, clock, marks)                the same, each as a problem at its place; `BadFile` if there is one
    lines_taken(ruleset, clock)                 of each test that comes out as it says: the lines of the table it took

Between two steps everything that falls due happens at its own instant, in order, the moment of the step
included. A test stops at the first step that comes out otherwise: what follows would only follow from that.
Every sentence says what was seen. Reading order: rehearse -> _Play.step -> _act, _expect.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from states.case import Case, Document, Duty, Event
from states.commands import Advance, Command, Expire, Extend, Office, Open, Resume, Suspend, Waive
from states.deadline import lateness
from states.decide import decide
from states.errors import N_, Refused
from states.marks import Marks, Path
from states.ruleset import OPEN, SYSTEM, Field, Ruleset
from states.trials import ACTS, DAY_MINUTES, Moment, Scene, Trial
from states.values import Value
from states.worktime import BeyondCalendar, WorkTime

MOST_DUE = 5000  # what may fall due in one test


class Red(Value, frozen=True):
    """An expectation that was not met: where it stands in the file, a code, and what was seen instead."""

    path: Path
    code: str
    text: str
    values: dict[str, Any] = {}


def rehearse(ruleset: Ruleset, clock: WorkTime) -> list[Red]:
    """Play every test of `ruleset` by the calendar `clock`; none red: an empty list."""
    office = Office(ruleset, "0" * 64, clock, "0" * 64, ruleset.agencies)
    return [red for n, trial in enumerate(ruleset.tests) for red in _reds(office, trial, ("tests", n))]


def prove(ruleset: Ruleset, clock: WorkTime, marks: Marks) -> None:
    """Play every test. Raises `BadFile` with every red expectation at its line and column."""
    for red in rehearse(ruleset, clock):
        marks.add(red.path, red.code, red.text, red.values)
    marks.raise_if_bad()


def lines_taken(ruleset: Ruleset, clock: WorkTime) -> dict[str, frozenset[str]]:
    """By the title of each test that comes out as it says: the ids of the lines of the table that were taken in it."""
    office = Office(ruleset, "0" * 64, clock, "0" * 64, ruleset.agencies)
    played = [_Play(office, trial) for trial in ruleset.tests]
    return {play.trial.test: frozenset(play.taken) for play in played if not _reds_of(play, ())}


def _reds(office: Office, trial: Trial, path: Path) -> list[Red]:
    return _reds_of(_Play(office, trial), path)


def _reds_of(played: _Play, path: Path) -> list[Red]:
    trial = played.trial
    for n, scene in enumerate(trial.steps):
        here = (*path, "steps", n)
        try:
            reds = [Red(path=(*here, *red.path), code=red.code, text=red.text, values=red.values)
                    for red in played.step(scene)]  # fmt: skip
        except BeyondCalendar:
            reds = [Red(path=(*here, "at"), code="E450", text=N_("this lies outside the years the calendar covers"))]
        if reds:
            return reds
    return []


class _Play:
    """One test as far as it has been played: the case, and what happened since the step before."""

    def __init__(self, office: Office, trial: Trial) -> None:
        self.office, self.trial = office, trial
        self.process = office.ruleset.processes[trial.process]
        self.case: Case | None = None
        self.now: datetime | None = None
        self.fresh: list[Event] = []
        self.taken: set[str] = set()
        self.due_left = MOST_DUE

    def step(self, scene: Scene) -> Iterator[Red]:
        """Let time pass, let the agency act, and compare."""
        at, self.fresh = scene.at.instant(self.office.clock), []
        self._pass(at)
        self.now = at
        wrong = list(self._act(scene, at))
        yield from wrong
        if self.case is not None and not wrong:  # what else is not as expected would follow from that
            yield from self._expect(scene, self.case, at)

    def _submit(self, command: Command, now: datetime) -> None:
        outcome = decide(self.office, self.case, command, now)
        self.case = outcome.case
        self.fresh += outcome.events
        self.taken |= {event.rule for event in outcome.events if event.rule is not None}

    def _pass(self, end: datetime) -> None:
        """Everything due up to `end` happens, each at its instant."""
        while self.case is not None and (ahead := self.case.next_at) is not None and ahead <= end and self.due_left:
            now = max(ahead, self.now or ahead)
            due = sorted((d.next_at, d.id) for d in self.case.alive if d.next_at is not None and d.next_at <= now)
            for _, duty in due:
                self._submit(Expire(duty=duty), now)
                self.due_left -= 1

    # ---- acting --------------------------------------------------------------------------------

    def _act(self, scene: Scene, at: datetime) -> Iterator[Red]:
        command = self._command(scene, at)
        if command is None:
            return
        where = next(key for key in ACTS if getattr(scene, key))
        try:
            self._submit(command, at)
        except Refused as refused:
            codes = [reason.code for reason in refused.reasons]
            if not scene.refused:
                said = "; ".join(str(reason) for reason in refused.reasons)
                values = {"codes": ", ".join(codes), "detail": said}
                yield Red(path=(where,), code="E451", text=N_("this is refused: {codes} ({detail})"), values=values)
            elif missing := [code for code in scene.refused if code not in codes]:
                values = {"expected": ", ".join(missing), "found": ", ".join(codes)}
                text = N_("refused, but not for {expected}: {found}")
                yield Red(path=("refused",), code="E452", text=text, values=values)
        else:
            if scene.refused:
                values = {"expected": ", ".join(scene.refused)}
                text = N_("this was to be refused ({expected}) and is allowed")
                yield Red(path=("refused",), code="E452", text=text, values=values)

    def _command(self, scene: Scene, at: datetime) -> Command | None:
        if scene.by is None:
            return None
        document = None
        if scene.document is not None:
            document = Document(number=scene.document, dated=self.office.clock.local_date(at).isoformat())
        carried: dict[str, Any] = {
            "by": scene.by if scene.by != SYSTEM else None,
            "document": document,
            "reason": scene.reason,
            "on": scene.happened.instant(self.office.clock) if scene.happened else None,
        }
        if scene.extends is not None and scene.time is not None:
            return Extend(duty=scene.extends, time=scene.time, **carried)
        if scene.waives is not None:
            return Waive(duty=scene.waives, **carried)
        if scene.suspends is not None:
            return Suspend(until=scene.suspends.day.isoformat(), **carried)
        if scene.resumes:
            return Resume(**carried)
        carried["fields"], carried["parties"] = self._carried(scene)
        if scene.does == OPEN:
            number = f"{self.process.prefix}-{self.office.clock.year_of(at)}-0001"
            return Open(case=number, process=self.process.name, title=self.trial.test, **carried)
        return Advance(trigger=scene.does or "", duty=scene.duty, **carried)

    def _carried(self, scene: Scene) -> tuple[dict[str, Any], dict[str, tuple[str, ...]]]:
        """What the act carries, as JSON has it: fields, and agencies named into capacities."""
        fields: dict[str, Any] = {}
        parties: dict[str, tuple[str, ...]] = {}
        for name, value in scene.carries.items():
            if name in self.process.capacities:
                parties[name] = tuple(value)
            else:
                fields[name] = self._value(self.process.fields[name], value)
        return fields, parties

    def _value(self, field: Field, value: Any) -> Any:
        if field.type == "rows":
            return [{name: self._value(field.columns[name], cell) for name, cell in row.items()} for row in value]
        if isinstance(value, Moment):
            if field.type == "date":
                return value.day.isoformat()
            return value.instant(self.office.clock).isoformat().replace("+00:00", "Z")
        return list(value) if isinstance(value, tuple) else value

    # ---- comparing -----------------------------------------------------------------------------

    def _expect(self, scene: Scene, case: Case, at: datetime) -> Iterator[Red]:
        if scene.state is not None and scene.state != case.state:
            values = {"expected": scene.state, "found": case.state}
            yield Red(path=("state",), code="E453", text=N_("expected {expected}, but it is {found}"), values=values)
        for key in ("duties", "late", "rung", "told"):
            for name, expected in getattr(scene, key).items():
                found = _meant(case, name)
                if len(found) != 1:
                    values = {"duty": name, "duties": ", ".join(duty.id for duty in found)}
                    text = N_("{duty} may mean any of these: {duties}") if found else N_("{duty} was never owed")
                    yield Red(path=(key, name), code="E454", text=text, values=values)
                elif (said := self._differs(key, found[0], expected, at)) is not None:
                    values = {"duty": name, "expected": _written(key, expected), "found": said}
                    text = N_("{duty}: expected {expected}, but it is: {found}")
                    yield Red(path=(key, name), code="E454", text=text, values=values)
        alive = sorted(duty.id for duty in case.alive)
        if scene.owed is not None and sorted(d.id for n in scene.owed for d in _meant(case, n) if d.alive) != alive:
            values = {"found": ", ".join(alive) or "-"}
            yield Red(path=("owed",), code="E455", text=N_("what is owed is: {found}"), values=values)

    def _differs(self, key: str, duty: Duty, expected: Any, at: datetime) -> str | None:
        """What `duty` is instead of `expected`; None where it is that."""
        clock = self.office.clock
        match key:
            case "duties":
                return _standing(duty, expected, clock)
            case "late":
                late = lateness(duty, at, clock) if duty.alive else duty.late_by
                return None if late // 60 == expected // 60 else hours(late)
            case "rung":
                return None if duty.rung == expected else str(duty.rung)
            case _:
                told = {post for event in self.fresh if event.duty == duty.id for post in event.told}
                return None if told == set(expected) else ", ".join(sorted(told)) or "-"


def _standing(duty: Duty, expected: Moment | str, clock: WorkTime) -> str | None:
    """How `duty` stands, if not as `expected`: open and due at a moment (or on a day), or parked, done, ..."""
    if duty.status != "open":
        return None if duty.status == expected else duty.status
    due = moment_of(duty.due_at, clock)
    if isinstance(expected, Moment) and expected in (due, Moment(day=due.day)):
        return None
    return str(due)


def _meant(case: Case, name: str) -> list[Duty]:
    """The duties that `name` may mean: the id itself, else those that are alive, else the last that was."""
    called = [duty for duty in case.duties.values() if duty.is_called(name)]
    exact = [duty for duty in called if duty.id == name]
    return exact if exact and "." in name else [duty for duty in called if duty.alive] or called[-1:]


def moment_of(instant: datetime, clock: WorkTime) -> Moment:
    """`instant` as the file writes it; midnight is the 24:00 of the day before."""
    local = instant.astimezone(clock.zone)
    minute = local.hour * 60 + local.minute
    if minute:
        return Moment(day=local.date(), minute=minute)
    return Moment(day=clock.closed_by(instant), minute=DAY_MINUTES)


def hours(seconds: int) -> str:
    """Working time as `late` writes it: `1:30`."""
    return f"{seconds // 3600}:{seconds % 3600 // 60:02d}"


def _written(key: str, expected: Any) -> str:
    if key == "late":
        return hours(expected)
    return ", ".join(expected) or "-" if isinstance(expected, tuple) else str(expected)
