"""A working calendar as its file states it, and what it must not contradict.

`WorkTime` (in `worktime`) compiles it for arithmetic. The file's meaning is described in docs/rules.md.
Reading order: the values (`Hours`, `Day`, `Calendar`), then the checks, then `differences`.
"""

from __future__ import annotations

import re
from datetime import date, time
from itertools import pairwise
from typing import Literal

from states.errors import N_
from states.values import Value

Periods = tuple[tuple[time, time], ...]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PERIOD = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")


class CalendarError(ValueError):
    """A calendar that contradicts itself: a sentence (a msgid and what its places hold), and where.

    `path` leads to the value at fault, as far as it is one value.
    """

    def __init__(self, text: str, *path: str | int, **values: object) -> None:
        super().__init__(text.format(**values))
        self.text, self.path, self.values = text, path, {name: str(value) for name, value in values.items()}


class Hours(Value, frozen=True, rename={"starts": "from"}):
    """The office hours from a day on: `open` lists periods like `07:30-11:30`, in order."""

    starts: date
    open: tuple[str, ...]
    source: str


class Day(Value, frozen=True, rename={"kind": "is"}):
    """A day that differs from its weekday: off, or worked instead of another; `act` is the legal act."""

    date: date
    kind: Literal["off", "work"]
    name: dict[str, str]
    act: str
    provisional: bool = False


class Calendar(Value, frozen=True):
    """A working calendar as its file states it. It covers the years of its first to its last day."""

    zone: str
    week: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...]
    hours: tuple[Hours, ...]
    days: tuple[Day, ...]


# ---- checks --------------------------------------------------------------------------------------


def listed(calendar: Calendar, week: set[int]) -> dict[date, Day]:
    """The listed days by date, each once, each year with a day off, and none worked that is worked anyway."""
    days: dict[date, Day] = {}
    for n, day in enumerate(calendar.days):
        if day.date in days:
            raise CalendarError(N_("the day {date} is listed twice"), "days", n, "date", date=day.date)
        if day.kind == "work" and day.date.weekday() in week:
            raise CalendarError(
                N_("the day {date} is listed as worked, but is a working day anyway"), "days", n, "is", date=day.date
            )
        days[day.date] = day
    if not days:
        raise CalendarError(N_("no day off is listed"), "days")
    off = {day.date.year for day in calendar.days if day.kind == "off"}
    if missing := sorted(set(range(min(days).year, max(days).year + 1)) - off):
        raise CalendarError(N_("no day off is listed for {years}"), "days", years=", ".join(map(str, missing)))
    return days


def office_hours(calendar: Calendar) -> list[tuple[date, Periods]]:
    """The office hours by the date they begin to apply, as times of day."""
    starts = [hours.starts for hours in calendar.hours]
    if not starts:
        raise CalendarError(N_("no office hours are listed"), "hours")
    if any(a >= b for a, b in pairwise(starts)):
        raise CalendarError(N_("office hours must be listed by date, each date once"), "hours")
    return [(hours.starts, _periods(hours, n)) for n, hours in enumerate(calendar.hours)]


def _periods(hours: Hours, place: int) -> Periods:
    periods = []
    for n, text in enumerate(hours.open):
        found = _PERIOD.fullmatch(text)
        if found is None:
            raise CalendarError(
                N_("not a period of the day: {value} (write 07:30-11:30)"), "hours", place, "open", n, value=text
            )
        h1, m1, h2, m2 = (int(part) for part in found.groups())
        periods.append((time(h1, m1), time(h2, m2)))
    if not periods:
        raise CalendarError(N_("office hours from {date} are empty"), "hours", place, "open", date=hours.starts)
    edges = [edge for period in periods for edge in period]
    # Two periods may touch (11:30-11:30); within a period the close comes after the opening.
    if any(a > b for a, b in pairwise(edges)) or any(a == b for a, b in periods):
        raise CalendarError(
            N_("office hours from {date} overlap or run backwards"), "hours", place, "open", date=hours.starts
        )
    return tuple(periods)


# ---- what a newer one changes ---------------------------------------------------------------------


class Difference(Value, frozen=True):
    """A day that a newer calendar lists otherwise: as it was, and as it is; None: an ordinary day of the week."""

    date: date
    before: Day | None = None
    after: Day | None = None


def differences(old: Calendar, new: Calendar) -> list[Difference]:
    """Every day that `new` lists otherwise than `old`, in order."""
    was, now = {day.date: day for day in old.days}, {day.date: day for day in new.days}
    return [
        Difference(date=day, before=was.get(day), after=now.get(day))
        for day in sorted({*was, *now})
        if was.get(day) != now.get(day)
    ]
