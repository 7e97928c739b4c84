"""The days of a duty's time: what was counted on each, when the clock stood still, how late it was.

    days(account, clocks, newest, now) -> [Span, ...]

Made from the account of a duty (`why`) and the calendars its history names; the seconds late add up to the lateness
that is stored, and a property test compares. Reading order: Span, days -> _running, _late, _day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Literal, NamedTuple

import msgspec

from states.calendar import Day
from states.case import Counted
from states.deadline import by_the_clock, late_stretches, ran_on, runs_by_clock
from states.values import Value
from states.why import Account, stops_in
from states.worktime import DAY, MICROSECOND, Duration, WorkTime

replace = msgspec.structs.replace


class Span(Value, frozen=True):
    """One day of a duty's time, or several alike in a row (`first` to `last`).

    `kind`: an ordinary working day, a day of the weekend, a day off, a day worked instead; `day` is how the calendar
    lists it. `counted` are the seconds counted towards the due instant (by the clock for `h` and `d`), `late` the
    working seconds after it; `hours` and `late_hours` are when that was, unless several days are told as one.
    `stopped`: the clock stood still all day.
    """

    first: date
    last: date
    kind: Literal["work", "weekend", "off", "worked"]
    day: Day | None = None
    counted: int = 0
    late: int = 0
    hours: tuple[tuple[datetime, datetime], ...] = ()
    late_hours: tuple[tuple[datetime, datetime], ...] = ()
    stopped: bool = False


class Stretch(NamedTuple):
    """A stretch of time that was counted over `clock`; `by_clock`: nights and days off count too."""

    start: datetime
    end: datetime
    clock: WorkTime
    by_clock: bool = False

    def within(self, begins: datetime, ends: datetime) -> list[tuple[datetime, datetime]]:
        """When it was counted between two instants."""
        start, end = max(self.start, begins), min(self.end, ends)
        if start >= end:
            return []
        if self.by_clock:
            return [(start, end)]
        hours = self.clock.office_hours(self.clock.local_date(begins))
        clipped = ((max(start, opens), min(end, closes)) for opens, closes in hours)
        return [(opens, closes) for opens, closes in clipped if opens < closes]


def days(account: Account, clocks: Mapping[str, WorkTime], newest: WorkTime, now: datetime) -> list[Span]:
    """The days from the start to the due instant, and on to when it was done, or to `now`.

    A given date is explained by the days from that date to the due instant. `newest` is the calendar by which
    whoever asks counts what is late now.
    """
    running = _running(account, clocks)
    late = _late(account, clocks, newest, now)
    stretches = [*running, *late]
    clock = clocks[account.turns[-1].calendar]
    first, last = _first_day(account, clock), _last_day(account, clock, stretches, now)
    single = {clock.local_date(turn.at) for turn in account.turns}
    single |= {clock.local_date(stretch.end - MICROSECOND) for stretch in stretches}
    found: list[Span] = []
    for number in range(max(first, clock.first).toordinal(), min(last, clock.last).toordinal() + 1):
        one = _day(date.fromordinal(number), running, late, clock, account)
        if found and not {one.first, found[-1].last} & single and _alike(found[-1], one):
            counted, behind = found[-1].counted + one.counted, found[-1].late + one.late
            found[-1] = replace(found[-1], last=one.last, counted=counted, late=behind, hours=(), late_hours=())
        else:
            found.append(one)
    return found


def _running(account: Account, clocks: Mapping[str, WorkTime]) -> list[Stretch]:
    """The stretches in which the clock ran towards the due instant."""
    done: list[list[Stretch]] = []  # after each turn: what had run before, and the turn that runs now
    begun: list[datetime | None] = []
    stopped: datetime | None = None
    for turn in account.turns:
        before, start = (list(done[-1]), begun[-1]) if done else ([], None)
        made_of = turn.counted
        match turn.kind:
            case "undone" if turn.back_to is not None:
                before, start = list(done[turn.back_to]), begun[turn.back_to]
            case "stopped" if start is not None:
                before.append(Stretch(start, turn.at, clocks[turn.calendar], turn.clock))
                start = None
            case "ran_on":
                start = ran_on(stopped or turn.at, turn.at)
            case "opened" | "corrected" if turn.left is None:
                if made_of is not None and made_of.left is None:
                    before = []
                start = _counts_from(made_of, clocks[turn.calendar]) if made_of is not None else turn.at
        stopped = turn.since
        done.append(before)
        begun.append(start)
    last, start, found = account.turns[-1], begun[-1], done[-1]
    end = min(last.due_at, account.duty.ended_at or last.due_at)
    if start is not None:
        by_clock = by_the_clock(account.duty.unit) if last.counted is None else runs_by_clock(last.counted)
        found = [*found, Stretch(start, end, clocks[last.calendar], by_clock)]
    return [stretch._replace(end=min(stretch.end, end)) for stretch in found if stretch.start < end]


def _counts_from(made_of: Counted, clock: WorkTime) -> datetime:
    """From when time counts: of days, the day on which it starts is not counted, whatever the hour."""
    if made_of.take is None or Duration.parse(made_of.take).unit not in ("wd", "d"):
        return made_of.start
    return clock.midnight(clock.local_date(made_of.start) + DAY)


def _late(account: Account, clocks: Mapping[str, WorkTime], newest: WorkTime, now: datetime) -> list[Stretch]:
    """When the duty was late: after its due instant, until it ended or its clock stopped; of nobody's, never."""
    duty, last = account.duty, account.turns[-1]
    if duty.agency is None or duty.status == "mistaken":
        return []
    judged = account.corrected or account.ended
    clock = clocks[judged.calendar] if judged is not None else newest
    end = min(duty.ended_at or now, clock.ends)
    if account.stopped_at is not None:
        end = min(end, account.stopped_at)
    late = late_stretches(replace(duty, due_at=last.due_at, left=None), end)
    return [Stretch(since, to, clock) for since, to in late]


def _first_day(account: Account, clock: WorkTime) -> date:
    """Where the days begin: with the start; with a given date; with the due instant where that lies before both."""
    first, made_of = account.turns[0], account.turns[-1].counted
    due = clock.local_date(account.due_at - MICROSECOND)
    if made_of is not None and (given := made_of.by or made_of.before) is not None:
        return min(given, due)
    starts = [first.at] + [turn.counted.start for turn in account.turns if turn.counted is not None]
    start = clock.local_date(min(starts))
    return start if account.left is not None else min(start, due)


def _last_day(account: Account, clock: WorkTime, stretches: Sequence[Stretch], now: datetime) -> date:
    if account.left is not None:
        last = account.duty.ended_at or now
    else:
        last = max([s.end for s in stretches], default=account.due_at)
    return clock.local_date(last - MICROSECOND)


def _day(day: date, running: Sequence[Stretch], late: Sequence[Stretch], clock: WorkTime, account: Account) -> Span:
    begins, ends = clock.midnight(day), clock.midnight(day + DAY)
    towards = [part for stretch in running for part in stretch.within(begins, ends)]
    after = [part for stretch in late for part in stretch.within(begins, ends)]
    clock = next((s.clock for s in (*running, *late) if s.start < ends and s.end > begins), clock)
    listed = clock.listed(day)
    ordinary: Literal["work", "weekend"] = "work" if clock.is_working(day) else "weekend"
    return Span(
        first=day,
        last=day,
        kind=ordinary if listed is None else "off" if listed.kind == "off" else "worked",
        day=listed,
        counted=_seconds(towards),
        late=_seconds(after),
        hours=tuple(towards),
        late_hours=tuple(after),
        stopped=_stopped(account, begins, ends),
    )


def _seconds(parts: Sequence[tuple[datetime, datetime]]) -> int:
    return sum(int((end - start).total_seconds()) for start, end in parts)


def _stopped(account: Account, begins: datetime, ends: datetime) -> bool:
    """Whether the clock stood still from `begins` to `ends`."""
    return any(at <= begins and (to is None or to >= ends) for at, to in stops_in(account.turns))


def _alike(one: Span, other: Span) -> bool:
    """Whether two days in a row may be told as one: both of a kind, of one name, and as much of each counted."""
    length = (one.last - one.first).days + 1
    named = (one.day.name, one.day.act) if one.day else None
    return (one.kind, one.stopped, named, one.counted, one.late) == (
        other.kind,
        other.stopped,
        (other.day.name, other.day.act) if other.day else None,
        other.counted * length,
        other.late * length,
    )
