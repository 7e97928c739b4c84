"""What calendars do to a history: newer ones that move days, and the periods that open cases by themselves."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from functools import cache

import msgspec

from states.calendar import Calendar, Day
from states.ruleset import Ruleset
from tests.simulator.clerk import Clerk

MOVED = (date(2022, 3, 8), date(2022, 3, 21), date(2022, 4, 12))
"""A working day that each newer calendar takes off; the Saturday of its week is worked instead."""


def amended(calendar: Calendar, number: int) -> Calendar:
    """A newer calendar than `calendar` and those with a smaller `number`: another week is changed."""
    days = {day.date: day for day in calendar.days}
    for off in MOVED[: number + 1]:
        saturday = off + timedelta(days=5 - off.weekday())
        for day, kind in ((off, "off"), (saturday, "work")):
            days[day] = msgspec.convert(
                {"date": day, "is": kind, "name": {"en": "swapped"}, "act": f"dispatch {number}"}, Day
            )
    return msgspec.structs.replace(calendar, days=tuple(days[day] for day in sorted(days)))


class Dispatch:
    """A newer calendar as it is published."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar, self.clerk = calendar, Clerk(calendar)
        self.text = msgspec.json.encode(calendar)
        self.digest = hashlib.sha256(self.text).hexdigest()


class Periods:
    """When the rules open cases by themselves: once for each month since `since`, as a clerk would look it up."""

    def __init__(self, ruleset: Ruleset, clerk: Clerk, since: datetime) -> None:
        self.moments: dict[str, datetime] = {}
        for rule in ruleset.openings:
            for month in range(1, 25) if rule.every == "month" else ():
                year, of_year = 2022 + (month - 1) // 12, (month - 1) % 12 + 1
                at = clerk.hours(clerk.working(date(year, of_year, int(rule.open_at))))[0][0]
                if at >= since:
                    self.moments[f"{rule.process} {year}-{of_year:02d}"] = at

    def come(self, now: datetime) -> set[str]:
        """The periods that have come at `now`."""
        return {name for name, at in self.moments.items() if at <= now}

    def next_at(self, now: datetime) -> datetime | None:
        """When the next one comes."""
        return min((at for at in self.moments.values() if at > now), default=None)


periods = cache(Periods)
"""The same, looked up once for each calendar of a desk."""
