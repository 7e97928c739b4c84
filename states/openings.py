"""Cases that are opened by themselves: which periods have come, and what their opening says.

    due(rule, clock, since, now)          the periods whose moment has come, oldest first
    following(rule, clock, now)           the next one to come
    prepared(office, rule, period, now)   the `Open` of one

A period is a year or a month of the calendar's own zone, and is opened once. Its moment is the opening of the
office on the day the rules name, or on the first working day after it: nobody reads a notice on a holiday. The
period stays that of the day named. Whether it was opened already is for whoever keeps the record.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time

from states.commands import Office, Open
from states.grammar import set_to
from states.opening import TITLE_LENGTH
from states.ruleset import Opening, SetTo
from states.values import Value
from states.worktime import BeyondCalendar, WorkTime


class Period(Value, frozen=True):
    """One period of an opening: `2022` or `2022-11`, the day the rules name in it, and its moment (UTC)."""

    name: str
    day: date
    at: datetime


def due(rule: Opening, clock: WorkTime, since: datetime, now: datetime) -> list[Period]:
    """The periods of `rule` from the day of `since` on whose moment has come at `now`, oldest first."""
    first, last = clock.local_date(since), clock.local_date(now)
    return [period for period in _between(rule, clock, first, last) if period.at <= now]


def following(rule: Opening, clock: WorkTime, now: datetime) -> Period | None:
    """The first period whose moment comes after `now`, as far as the calendar goes."""
    today = clock.local_date(now)
    # A moment comes no later than the next working day, and a period no later than a year and a day.
    ahead = _between(rule, clock, date(today.year - 1, 1, 1), date(min(today.year + 2, clock.last.year), 12, 31))
    return next((period for period in ahead if period.at > now), None)


def _between(rule: Opening, clock: WorkTime, first: date, last: date) -> Iterator[Period]:
    """Every period whose day lies from `first` to `last`, both included."""
    month, _, day = rule.open_at.rpartition("-")
    for year in range(first.year, last.year + 1):
        for number in (int(month),) if rule.every == "year" else range(1, 13):
            named = date(year, number, int(day))
            if first <= named <= last:
                name = f"{year}" if rule.every == "year" else f"{year}-{number:02d}"
                yield Period(name=name, day=named, at=_moment(clock, named))


def _moment(clock: WorkTime, day: date) -> datetime:
    """When the office opens on `day` or next. Beyond the calendar it is midnight: the opening then says why not."""
    try:
        return clock.next_open(clock.opening(day))
    except BeyondCalendar:
        return datetime.combine(day, time(), clock.zone).astimezone(UTC)


def prepared(office: Office, rule: Opening, period: Period, now: datetime, number: str = "") -> Open:
    """The command that opens the case `number` of `period` at `now`. Raises `BeyondCalendar`.

    `opened` in the rules is the real day of the opening, however late it is. An agency that has ended since is
    represented by whoever succeeded it.
    """
    process = office.ruleset.processes[rule.process]
    opened = office.clock.local_date(now)
    return Open(
        case=number,
        process=rule.process,
        title=f"{_called(process.label)[: TITLE_LENGTH - 8]} {_shown(period)}",
        by=None,
        fields={
            name: _value(set_to(text, process.fields[name].type), period, opened, office.clock)
            for name, text in rule.set.items()
        },
        parties={name: (office.acting(agency, now) or agency,) for name, agency in rule.with_.items()},
    )


def _value(given: SetTo, period: Period, opened: date, clock: WorkTime) -> str | int | None:
    if given.years is not None:
        return period.day.year + given.years
    if given.opened is not None:
        shift = given.opened.shift
        return (clock.shift(opened, given.opened.sign, shift) if shift else opened).isoformat()
    return given.word


def _called(label: dict[str, str]) -> str:
    """What the process is called, in the language agencies write to each other."""
    return label.get("vi") or next(iter(label.values()))


def _shown(period: Period) -> str:
    year, _, month = period.name.partition("-")
    return f"{month}/{year}" if month else year
