"""What must have happened: a model of duties, ladders and clocks that reads what was committed and says what is wrong.

    model.read(event, told)       one committed event, in order; raises `Violation`
    model.due(now)                what must climb in a sweep at `now`
    model.next_at                 the earliest instant at which anything is due

It restates the procedure in few words and shares no code with the engine: a duty falls due so long after it was
opened, it climbs one rung when its instant has come and never before, the next instant counts from that climb, it
climbs no more once it has ended, and what was parked comes back to the second. What officers do is taken as they did
it; when things become due, and who is told then, is not.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from states.case import Duty, Event, Left, Moved
from states.ruleset import DutyRule, Process, Ruleset, Rung
from tests.simulator.clerk import Clerk
from tests.simulator.staff import Staff
from tests.simulator.stage import Violation


@dataclass(frozen=True)
class Step:
    """One climb to come: its rung as people count them, the time since the climb before, what it fires."""

    rung: Rung
    number: int
    wait: Any = None
    fires: str | None = None


@dataclass
class Owed:
    """A duty as the model has it. `armed` is the true time at which its next instant was set.

    `fields` are those it was opened by; `climbed` is its last climb, and the time allowed from there. It is `plain`
    as long as nobody stopped its clock, gave it time or restated it.
    """

    rule: DutyRule
    duty: Duty
    steps: list[Step]
    armed: datetime
    fields: dict[str, Any]
    climbed: tuple[datetime, Any] | None = None
    plain: bool = True
    passed_on: bool = False  # its last rung found nobody, so that the next one is due at once

    def is_at(self, when: datetime) -> bool:
        """Whether something must happen to it at `when`."""
        return self.duty.status == "open" and self.duty.next_at is not None and self.duty.next_at <= when


@dataclass
class Known:
    """A case as the model has it."""

    number: str
    process: Process
    version: int = 0
    fields: dict[str, Any] = field(default_factory=dict)
    parties: dict[str, tuple[str, ...]] = field(default_factory=dict)
    duties: dict[str, Owed] = field(default_factory=dict)
    ended: bool = False
    by_itself: bool = False
    expected: tuple[str, ...] = ()  # the triggers that the climb just read fires, and that were not refused


class Climb(NamedTuple):
    case: str
    duty: str
    number: int


class Model:
    """All cases of one database, by one edition of the rules and the calendars of `clerks`, by their digest.

    Without a `staff` there is somebody at every post.
    """

    def __init__(self, ruleset: Ruleset, clerks: dict[str, Clerk], staff: Staff | None = None) -> None:
        self.ruleset, self.clerks, self.staff = ruleset, clerks, staff
        self.calendar = next(iter(clerks))  # the newest
        self.cases: dict[str, Known] = {}
        self.climbs: set[Climb] = set()
        self.requests: dict[str, list[tuple[str, int]]] = {}
        self.told: set[tuple[str, int, str, str]] = set()  # case, version, agency, post

    # ---- what is due ----------------------------------------------------------------------------

    @property
    def owed(self) -> list[Owed]:
        return [owed for case in self.cases.values() for owed in case.duties.values()]

    @property
    def next_at(self) -> datetime | None:
        times = [o.duty.next_at for o in self.owed if o.duty.status == "open" and o.duty.next_at is not None]
        return min(times, default=None)

    def due(self, now: datetime) -> dict[tuple[str, str], int]:
        """What must climb at `now`, with the climbs it has made."""
        found = {}
        for number, case in self.cases.items():
            for name, owed in case.duties.items():
                if owed.is_at(now):
                    found[number, name] = owed.duty.climb
        return found

    def still(self, key: tuple[str, str], climb: int, now: datetime) -> bool:
        """Whether that duty is as due as it was."""
        owed = self.cases[key[0]].duties.get(key[1])
        return owed is not None and owed.is_at(now) and owed.duty.climb == climb

    def behind(self, now: datetime) -> list[tuple[str, str]]:
        """What is still counted over an older calendar: its due date by the newest is another, and not past."""
        clerk, found = self.clerks[self.calendar], []
        for number, case in self.cases.items():
            for name, owed in case.duties.items():
                if owed.plain and owed.duty.status == "open" and not case.ended:
                    due = due_of(owed.rule, clerk, owed.fields, owed.duty)
                    if due != owed.duty.due_at and due > now:
                        found.append((number, name))
        return found

    # ---- what happened --------------------------------------------------------------------------

    def read(self, event: Event, now: datetime) -> None:
        """Take in a committed event, read at the true time `now`. Raises `Violation`."""
        case = self.cases.get(event.case)
        if case is None:
            _must(event.process is not None, event, "a case begins with its opening")
            case = self.cases[event.case] = Known(event.case, self.ruleset.processes[event.process or ""])
            case.by_itself = event.by is None
        _must(event.calendar == self.calendar, event, "it is counted over the newest calendar")
        _must(event.version == case.version + 1, event, f"it follows version {case.version}")
        _must(event.trigger in (case.expected or (event.trigger,)), event, f"the climb fires {case.expected}")
        case.version, case.expected = event.version, case.expected[1:]
        clerk = self.clerks[event.calendar]
        if event.request is not None:
            self.requests.setdefault(event.request, []).append((event.case, event.version))
        if event.kind == "climbed":
            self._climb(case, event, clerk, now)
        elif event.kind == "amended":
            self._amend(case, event, clerk, now)
        else:
            for moved in event.moved:
                self._move(case, event, moved, clerk, now)
        self._take_over(case, event, now)
        for duty in event.opened:
            self._open(case, event, duty, clerk, now)
        case.ended = event.final if event.final is not None else case.ended

    def _take_over(self, case: Known, event: Event, now: datetime) -> None:
        """What people recorded: who takes part, what is known, what ended, what was restated."""
        for name, value in event.inputs.items():
            old = case.fields.get(name)
            case.fields[name] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
        case.parties |= event.parties
        for ended in event.ended:
            owed = case.duties[ended.duty]
            _must(owed.duty.alive, event, f"{ended.duty} ended before")
            owed.duty = _with(owed.duty, status=ended.how, next_at=None, left=None)
        if event.restores is not None:
            case.fields, case.parties = dict(event.restores.fields), dict(event.restores.parties)
            case.ended = event.restores.final
        for duty in event.restated:
            owed = case.duties[duty.id]
            _must(duty.climb >= owed.duty.climb, event, f"{duty.id} un-climbs")
            owed.duty, owed.armed, owed.plain = duty, now, False

    def _open(self, case: Known, event: Event, duty: Duty, clerk: Clerk, now: datetime) -> None:
        rule = case.process.duties[duty.name]
        _must(duty.id not in case.duties, event, f"{duty.id} is opened twice")
        _must(duty.opened_at in (event.at, event.on), event, f"{duty.id} counts from {duty.opened_at}")
        due = due_of(rule, clerk, case.fields, duty)
        _must(duty.due_at == due or duty.status == "parked", event, f"{duty.id} is due at {due}, not {duty.due_at}")
        owed = Owed(rule, duty, unrolled(self.ruleset.rungs(rule)), now, dict(case.fields))
        owed.plain = duty.status == "open"
        case.duties[duty.id] = owed
        if duty.status == "open":
            at = self._next(case, owed, duty, 0, clerk, event.at)[1]
            _must(duty.next_at == at, event, f"{duty.id} climbs at {at}, not {duty.next_at}")

    # ---- climbing -------------------------------------------------------------------------------

    def _climb(self, case: Known, event: Event, clerk: Clerk, now: datetime) -> None:
        owed = case.duties[event.duty or ""]
        duty = owed.duty
        _must(duty.status == "open" and not case.ended, event, "P4: it climbs after its end, or while it is parked")
        _must(duty.next_at is not None, event, "P4: nothing was to come")
        assert duty.next_at is not None
        _must(event.at >= duty.next_at, event, f"P5: it climbs before {duty.next_at}")
        _must(event.due_at == duty.next_at, event, f"it was due at {duty.next_at}")
        _must(event.late_by == clerk.between(duty.next_at, event.at), event, "it says how late it is")
        place = duty.step
        while place < len(owed.steps) and owed.steps[place].rung.warn and event.at >= duty.due_at:
            place += 1  # a warning of what is late already warns of nothing
        _must(place < len(owed.steps), event, "P4: the ladder has ended")
        step = owed.steps[place]
        _must(bool(step.rung.warn) or event.at >= duty.due_at, event, f"P5: it is not due before {duty.due_at}")
        asked = posts(step.rung, case, duty)
        heard = clerk.opening(event.at) if duty.unit != "h" else event.at
        told = tuple(post for post in asked if self.staff is None or self.staff.finds(post, heard, clerk))
        _must(event.told == told, event, f"told are {told}")
        missed = tuple(post for post in asked if post not in told)
        _must(event.missed == missed, event, f"nobody was at {missed}")
        nobody = bool(asked) and not told
        _must(("nobody_reachable" in event.blocked) == nobody, event, f"it says whether nobody was there: {nobody}")
        since = duty.told if event.at < duty.due_at else tuple(dict.fromkeys((*duty.told, *told)))
        climbed = _with(
            duty, climb=duty.climb + 1, rung=max(duty.rung, step.number), told=since, step=place + 1, blocked=()
        )
        place, at = self._next(case, owed, climbed, place + 1, clerk, event.at)
        owed.climbed = (event.at, owed.steps[climbed.step].wait) if at is not None else None
        owed.passed_on = nobody and at is not None and not (step.rung.warn or step.rung.every)
        if owed.passed_on:
            at = event.at
        owed.duty, owed.armed = _with(climbed, step=place, next_at=at), now
        moved = next((one for one in event.moved if one.duty == duty.id), None)
        _must(moved is not None and len(event.moved) == 1, event, "it moves itself and nothing else")
        assert moved is not None
        _must(moved.next_at == at, event, f"P7: the next rung comes at {at}, counted from the climb")
        _must((moved.rung, moved.due_at) == (owed.duty.rung, duty.due_at), event, f"it is on rung {owed.duty.rung}")
        climb = Climb(event.case, duty.id, climbed.climb)
        _must(climb not in self.climbs, event, "P4: it climbs twice")
        self.climbs.add(climb)
        self.told |= {(event.case, event.version, p.removesuffix(".leader"), _post(p)) for p in told}
        ladder = self.ruleset.ladders.get(owed.rule.ladder or "")
        fires = (ladder.unreachable if ladder is not None and missed else None, step.fires)
        refused = set(event.blocked) - {"nobody_reachable", "not_all_reachable", "passed_on"}
        case.expected = () if refused else tuple(trigger for trigger in fires if trigger)

    def _next(
        self, case: Known, owed: Owed, duty: Duty, start: int, clerk: Clerk, now: datetime
    ) -> tuple[int, datetime | None]:
        """The next step of a ladder from `start` on that is not passed over, and when it is climbed."""
        for place in range(start, len(owed.steps)):
            step = owed.steps[place]
            if step.rung.warn:
                at = clerk.warning(duty.due_at, step.rung.warn)
                if at is not None and at >= duty.opened_at:
                    return place, at
                continue
            told = posts(step.rung, case, duty)
            if told and set(told) <= set(duty.told) and not step.rung.every and not step.fires:
                continue
            wait = owed.steps[start].wait
            return place, duty.due_at if wait is None else clerk.after(now, wait)
        return len(owed.steps), None

    # ---- other clocks ---------------------------------------------------------------------------

    def _move(self, case: Known, event: Event, moved: Moved, clerk: Clerk, now: datetime) -> None:
        """A duty that is parked or comes back, by arithmetic; one that got more time, by what it got."""
        owed = case.duties[moved.duty]
        duty = owed.duty
        _must(duty.alive, event, f"{duty.id} is moved after its end")
        if moved.left is not None and duty.left is None:
            left = _left(duty, clerk, event.at)
            _must(moved.left == left and moved.next_at is None, event, f"{duty.id} is parked with {left}")
        elif duty.left is not None and moved.left is None:
            late = duty.left.at is not None and duty.due_at < duty.left.at
            due, at = _resumed(duty.left, clerk, event.at, duty.due_at if late else None)
            stood = (*duty.stood, (duty.left.at, event.at)) if late else () if duty.stood else None
            _must(moved.stood == stood, event, f"{duty.id} stood still while it was late: {stood}")
            if duty.rung == 0:  # before the first rung it waits for the due instant, or the warning before it
                at = self._next(case, owed, _with(duty, due_at=due), duty.step, clerk, event.at)[1]
            _must((moved.due_at, moved.next_at) == (due, at), event, f"{duty.id} comes back due {due}, next {at}")
        elif event.kind == "extended":
            _must(moved.due_at > duty.due_at, event, f"{duty.id} is extended")
            later = _with(duty, due_at=moved.due_at)
            place, at = self._next(case, owed, later, duty.step, clerk, event.at)
            if at is not None and duty.rung:  # recorded after a rung had fired
                at = max(at, moved.due_at)
            _must((moved.step, moved.next_at) == (place, at), event, f"{duty.id} climbs at {at}")
        status = "open" if moved.left is None else "parked"
        values = {name: getattr(moved, name) for name in ("due_at", "next_at", "step", "rung", "left")}
        values["stood"] = duty.stood if moved.stood is None else moved.stood
        owed.duty, owed.armed, owed.plain = _with(duty, status=status, **values), now, False

    def _amend(self, case: Known, event: Event, clerk: Clerk, now: datetime) -> None:
        """A newer calendar: what is plain is counted again as if it had been that one always; the past stays."""
        moves = {moved.duty: moved for moved in event.moved}
        for name, owed in case.duties.items():
            duty, moved = owed.duty, moves.get(name)
            if moved is not None:
                fired = (moved.rung, moved.step, moved.left) == (duty.rung, duty.step, duty.left)
                _must(fired or duty.rung == 0, event, f"P8: {name} un-climbs")
            if duty.status == "open" and owed.plain:
                due, at = self._recounted(case, owed, clerk, event.at)
                found = (moved.due_at, moved.next_at) if moved else (duty.due_at, duty.next_at)
                _must(found == (due, at), event, f"P10: {name} is due {due} and climbs {at}, not {found}")
            if moved is not None:
                before = duty.next_at
                _must(moved.due_at >= min(duty.due_at, event.at), event, f"{name} becomes late before being told")
                values = {one: getattr(moved, one) for one in ("due_at", "next_at", "step", "rung", "left")}
                values["stood"] = duty.stood if moved.stood is None else moved.stood
                owed.duty = _with(duty, **values)
                owed.armed = now if moved.next_at != before else owed.armed

    def _recounted(self, case: Known, owed: Owed, clerk: Clerk, now: datetime) -> tuple[datetime, datetime | None]:
        duty = owed.duty
        due = due_of(owed.rule, clerk, owed.fields, duty)
        if due <= now and due < duty.due_at:
            due = duty.due_at
        if duty.next_at is None:
            return due, None
        if owed.passed_on:
            at: datetime | None = due
        elif owed.climbed is None or owed.climbed[1] is None:
            at = self._next(case, owed, _with(duty, due_at=due), duty.step, clerk, now)[1]
        else:
            at = max(clerk.after(*owed.climbed), due)
        if at is not None and at <= now and at < duty.next_at:
            at = min(duty.next_at, now)
        return due, at


def _must(true: bool, event: Event, what: str) -> None:
    if not true:
        raise Violation(f"{event.case}, version {event.version} ({event.kind} {event.duty or event.trigger}): {what}")


def _with(duty: Duty, **changes: Any) -> Duty:
    return msgspec.structs.replace(duty, **changes)


def _post(told: str) -> str:
    return "leader" if told.endswith(".leader") else "focal_point"


def unrolled(rungs: tuple[Rung, ...]) -> list[Step]:
    """A ladder as the climbs it can make; a repeated rung is several."""
    steps: list[Step] = []
    number, wait = 0, None
    for rung in rungs:
        if rung.warn:
            steps.append(Step(rung, 0))
            continue
        number += 1
        steps.append(Step(rung, number, wait))
        if rung.every:
            steps += [Step(rung, number, rung.every)] * rung.times
        steps[-1] = replace(steps[-1], fires=rung.fires)
        wait = rung.allow
    return steps


def posts(rung: Rung, case: Known, duty: Duty) -> tuple[str, ...]:
    """Who is told at a rung."""
    found: list[str] = []
    for who in rung.tell:
        if who.body == "debtor":
            held: tuple[str, ...] = (duty.agency,) if duty.agency else ()
        else:
            held = case.parties.get(who.body, ()) if who.body in case.process.capacities else (who.body,)
        found += [f"{agency}.leader" if who.leader else agency for agency in held]
    return tuple(dict.fromkeys(found))


def due_of(rule: DutyRule, clerk: Clerk, fields: dict[str, Any], duty: Duty) -> datetime:
    """When a duty is due that was opened by these fields."""
    deadline, row, start = rule.deadline, duty.row, duty.opened_at
    if deadline.by_act:  # the act that opened it said the day
        assert duty.counted is not None
        assert duty.counted.by is not None
        return clerk.close(clerk.working(duty.counted.by))
    if deadline.within:
        line = next(one for one in deadline.within if all(_holds(term, fields, row) for term in one.when))
        due = clerk.after(start, line.take)
    else:
        ref = deadline.by or deadline.before
        assert ref is not None
        value = (row if ref.row and row else fields)[ref.field]
        day = date(int(value) + ref.years, ref.month, ref.day) if ref.month else date.fromisoformat(value)
        if ref.shift is not None:
            days = timedelta(days=ref.sign * ref.shift.count)
            day = clerk.moved(day, ref.sign * ref.shift.count) if ref.shift.unit == "wd" else day + days
        due = clerk.close(clerk.working(day)) if deadline.by else clerk.close(clerk.moved(day, -1))
    return max(due, clerk.after(start, deadline.at_least)) if deadline.at_least else due


def _holds(term: Any, fields: dict[str, Any], row: Any) -> bool:
    value = row[term.name] if row and term.name in row else fields.get(term.name)
    true = value in term.values if term.values else bool(value)
    return bool(true != term.negated)


def _left(duty: Duty, clerk: Clerk, now: datetime) -> Left:
    """What a duty still has when its clock stops."""
    clocked = duty.unit in ("h", "d")

    def until(at: datetime) -> int:
        return int((at - now).total_seconds()) if clocked else clerk.between(now, at)

    next_ = None if duty.next_at is None or duty.rung == 0 else max(0, until(duty.next_at))
    return Left(due=until(duty.due_at), next=next_, clock=clocked, at=now)


def _resumed(left: Left, clerk: Clerk, now: datetime, late: datetime | None) -> tuple[datetime, datetime | None]:
    """When a duty is due that comes back at `now`, and its next rung; what was `late` since then stays so."""

    def after(seconds: int) -> datetime:
        start = now if left.at is None else max(left.at, now)  # one that was set back meanwhile never stood
        return start + timedelta(seconds=seconds) if left.clock else clerk.worked(start, seconds)

    at = None if left.next is None else after(left.next)
    if late is not None:
        return late, None if at is None else max(at, late)
    return after(left.due), at
