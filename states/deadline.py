"""When a duty falls due: the rule's deadline, read against a case's fields, counted over a calendar.

    counted(rule, fields, row, start) -> Counted         what the due instant is made of: needs the rules
    count(counted, clock) -> datetime                    the instant: needs nothing but the calendar

The first is kept in the event, so that the second can be done again by anybody, under any calendar. Pure
arithmetic over `worktime`; the meanings of `3wd`, `before` and `by` are there. Errors: `BeyondCalendar`
from the calendar, `LookupError` (naming the field) when a date is not recorded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from states.case import Counted, Duty
from states.ruleset import DateRef, DutyRule, When
from states.worktime import Duration, Unit, WorkTime

Row = Mapping[str, Any] | None
replace = msgspec.structs.replace


def holds(when: When, fields: Mapping[str, Any], row: Row) -> bool:
    """Whether all terms hold. A name is a column of `row` first, a field of the case otherwise."""
    for term in when:
        value = row[term.name] if row is not None and term.name in row else fields.get(term.name)
        true = value in term.values if term.values else bool(value)
        if true == term.negated:
            return False
    return True


def allowance(rule: DutyRule, fields: Mapping[str, Any], row: Row) -> Duration | None:
    """The time allowed: the first line of `within` that holds; None for a date given from outside."""
    if rule.deadline.given:
        return None
    for line in rule.deadline.within:
        if holds(line.when, fields, row):
            return line.take
    raise LookupError(rule.deadline.within[0].when[0].name)


def counted(rule: DutyRule, fields: Mapping[str, Any], row: Row, start: datetime) -> Counted:
    """What the due instant of a duty of `rule`, counted from `start`, is made of.

    Raises `LookupError` where that is not recorded.
    """
    deadline = rule.deadline
    if deadline.by_act:
        raise LookupError(rule.name)
    at_least = str(deadline.at_least) if deadline.at_least is not None else None
    if (allowed := allowance(rule, fields, row)) is not None:
        return Counted(start=start, take=str(allowed), at_least=at_least)
    given = deadline.by or deadline.before
    assert given is not None, "a deadline is within, by or before"
    day = _date(given, fields, row)
    shift = ("-" if given.sign < 0 else "+") + str(given.shift) if given.shift else None
    if deadline.by is not None:
        return Counted(start=start, by=day, shift=shift, at_least=at_least)
    return Counted(start=start, before=day, shift=shift, at_least=at_least)


def count(made_of: Counted, clock: WorkTime) -> datetime:
    """The instant that `made_of` means under `clock`."""
    start = made_of.start
    if made_of.left is not None:
        due = after(clock, start, made_of.left, by_clock=made_of.clock)
    elif made_of.take is not None:
        due = clock.add(start, Duration.parse(made_of.take))
    elif made_of.before is not None:
        due = clock.close_before(_shifted(made_of.before, made_of.shift, clock))
    else:
        assert made_of.by is not None, "an instant is made of something"
        due = clock.close_by(_shifted(made_of.by, made_of.shift, clock))
    if made_of.at_least is not None:
        due = max(due, clock.add(start, Duration.parse(made_of.at_least)))
    for length in made_of.more:
        due = further(due, Duration.parse(length), clock)
    return due


def provisional(made_of: Counted, due: datetime, clock: WorkTime) -> bool:
    """Whether `due` may yet change: it, or the date it is counted from, is in a year whose days off are not decreed."""
    given = made_of.by or made_of.before
    return clock.provisional(due) or (given is not None and given.year in clock.provisional_years)


def due_by(duty: Duty, made_of: Counted, clock: WorkTime) -> Duty:
    """`duty`, due when `made_of` says under `clock`."""
    due = count(made_of, clock)
    return replace(duty, due_at=due, counted=made_of, provisional=provisional(made_of, due, clock))


def further(due: datetime, length: Duration, clock: WorkTime) -> datetime:
    """`due` with `length` more. Days are counted from the day that `due` closes: 24:00 is the end of that day."""
    days = length.unit in ("wd", "d")
    return clock.add(due - timedelta(seconds=1) if days else due, length)


def after(clock: WorkTime, start: datetime, seconds: int, *, by_clock: bool) -> datetime:
    """`seconds` after `start`: of working time, or by the clock."""
    return start + timedelta(seconds=seconds) if by_clock else clock.add_seconds(start, seconds)


def until(clock: WorkTime, start: datetime, end: datetime, *, by_clock: bool) -> int:
    """Seconds from `start` to `end`: of working time, or by the clock. The inverse of `after`."""
    return int((end - start).total_seconds()) if by_clock else clock.between(start, end)


Stops = Sequence[tuple[datetime, datetime | None]]
"""When a clock stood still: from and to, in order; the last may still stand."""


def run_on(made_of: Counted, stops: Stops, clock: WorkTime) -> tuple[Counted, tuple[tuple[datetime, datetime], ...]]:
    """What a due instant is made of after its clock stood still, and those of `stops` that came when it was late.

    What was left is given back. What was late already stays due when it was: that stop is only kept apart from its
    lateness.
    """
    stood = []
    for at, to in stops:
        if to is None:
            continue
        due, by_clock = count(made_of, clock), runs_by_clock(made_of)
        if due < at:
            stood.append((at, to))
        else:
            made_of = Counted(start=ran_on(at, to), left=until(clock, at, due, by_clock=by_clock), clock=by_clock)
    return made_of, tuple(stood)


def ran_on(stopped: datetime, ran: datetime) -> datetime:
    """From when a clock that `stopped` counts again. Where it was set back meanwhile it never stood: what was left
    from then on is left, and nothing falls due sooner than was said."""
    return max(stopped, ran)


def stopped_due(made_of: Counted, stopped: datetime, left: int, clock: WorkTime, *, by_clock: bool) -> datetime:
    """When a duty whose clock `stopped` with `left` seconds was due then: what was late already, as it was counted."""
    due = count(made_of, clock)
    return due if due < stopped else after(clock, stopped, left, by_clock=by_clock)


def late_stretches(duty: Duty, at: datetime) -> list[tuple[datetime, datetime]]:
    """When `duty` is late if it is done at `at`: from its due instant on, but not while its clock stood still."""
    if duty.left is not None:
        at = min(at, duty.left.at or duty.due_at)
    return late_between(duty.due_at, duty.stood, at)


def late_between(due: datetime, stood: Stops, at: datetime) -> list[tuple[datetime, datetime]]:
    """What lies between `due` and `at`, without the stops that came when it was late."""
    found, start = [], due
    for stopped, ran in stood:
        found.append((start, min(stopped, at)))
        start = max(start, ran_on(stopped, ran or at))
    return [(since, to) for since, to in (*found, (start, at)) if since < to]


def lateness(duty: Duty, at: datetime, clock: WorkTime) -> int:
    """Working seconds by which `duty` is late if it is done at `at`, 0 if it is not or is owed by nobody."""
    if duty.agency is None:
        return 0
    return sum(clock.between(since, to) for since, to in late_stretches(duty, at))


def late_on_the_clock(duty: Duty, at: datetime) -> int:
    """As `lateness`, in seconds by the clock: nights and days off count, too."""
    return sum(int((to - since).total_seconds()) for since, to in late_stretches(duty, at))


def runs_by_clock(made_of: Counted) -> bool:
    """Whether the time of `made_of` runs by the clock."""
    return made_of.clock if made_of.take is None else by_the_clock(Duration.parse(made_of.take).unit)


def by_the_clock(unit: Unit | None) -> bool:
    """Whether time counted in `unit` runs by the clock; otherwise it is working time."""
    return unit in ("h", "d")


def _date(ref: DateRef, fields: Mapping[str, Any], row: Row) -> date:
    source = row if ref.row and row is not None else fields
    value = source.get(ref.field)
    if value is None:
        raise LookupError(ref.field)
    return date(int(value) + ref.years, ref.month, ref.day) if ref.month else date.fromisoformat(value)


def _shifted(day: date, shift: str | None, clock: WorkTime) -> date:
    if shift is None:
        return day
    return clock.shift(day, -1 if shift[0] == "-" else 1, Duration.parse(shift[1:]))
