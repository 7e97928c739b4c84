"""The tests a rules file carries: what must come out when the agencies do so and so. Values only.

`rehearse` plays them. A `Moment` is a date and time as the file writes it; which instant that is depends on
the calendar's zone, so it is settled only when the test is played.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from states.values import Value
from states.worktime import Duration, WorkTime

DAY_MINUTES = 24 * 60
ACTS = ("does", "extends", "waives", "suspends", "resumes")


class Moment(Value, frozen=True):
    """`29/4/2022 16:50`: a day, and the minutes since its midnight (24:00 is 1440); None is the day alone."""

    day: date
    minute: int | None = None

    def instant(self, clock: WorkTime) -> datetime:
        """Aware UTC. A day alone is the opening of office on it. Raises `BeyondCalendar`."""
        if self.minute is None:
            return clock.opening(self.day)
        days, minute = divmod(self.minute, DAY_MINUTES)
        at = datetime.combine(self.day + timedelta(days=days), time(minute // 60, minute % 60), clock.zone)
        return at.astimezone(UTC)

    def __str__(self) -> str:
        written = f"{self.day.day}/{self.day.month}/{self.day.year}"
        return written if self.minute is None else f"{written} {self.minute // 60:02d}:{self.minute % 60:02d}"


class Scene(Value, frozen=True):
    """One step of a test: who does what at which moment, and what must be so afterwards.

    Without `by` nobody acts: time passes until `at`. `does`, `extends`, `waives`, `suspends` (until a day) or
    `resumes` is the act; `duty` says which duty is meant, `happened` when it was if earlier. `late` is in working
    seconds. `told` are the posts told about a duty since the step before. `owed` is everything open or parked, None for
    untold.
    """

    at: Moment
    by: str | None = None
    does: str | None = None
    extends: str | None = None
    waives: str | None = None
    suspends: Moment | None = None
    resumes: bool = False
    time: Duration | None = None
    duty: str | None = None
    happened: Moment | None = None
    carries: dict[str, Any] = {}
    document: str | None = None
    reason: str | None = None
    refused: tuple[str, ...] = ()
    state: str | None = None
    duties: dict[str, Moment | str] = {}
    late: dict[str, int] = {}
    rung: dict[str, int] = {}
    told: dict[str, tuple[str, ...]] = {}
    owed: tuple[str, ...] | None = None


class Trial(Value, frozen=True):
    """One test of a rules file: a title, the process it plays, its steps in the order of time."""

    test: str
    process: str
    steps: tuple[Scene, ...]
