"""Working time as a clerk counts it, day by day on the calendar on the wall: nothing here is shared with `worktime`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from states.calendar import Calendar
from states.worktime import Duration

DAY = timedelta(days=1)
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Interval = tuple[datetime, datetime]


class Clerk:
    """Counts by one calendar. Instants are aware; lengths are working seconds."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar, self.zone = calendar, ZoneInfo(calendar.zone)
        self._kinds = {day.date: day.kind for day in calendar.days}
        self.hours = cache(self._hours)

    def works(self, day: date) -> bool:
        return self._kinds[day] == "work" if day in self._kinds else WEEK[day.weekday()] in self.calendar.week

    def _hours(self, day: date) -> tuple[Interval, ...]:
        """When the office is open on `day`."""
        if not self.works(day):
            return ()
        hours = [one for one in self.calendar.hours if one.starts <= day][-1]
        pairs = [period.split("-") for period in hours.open]
        return tuple((self._at(day, opens), self._at(day, closes)) for opens, closes in pairs)

    def _at(self, day: date, clock: str) -> datetime:
        return datetime.combine(day, time.fromisoformat(clock), self.zone).astimezone(UTC)

    def day(self, instant: datetime) -> date:
        return instant.astimezone(self.zone).date()

    def moved(self, day: date, count: int) -> date:
        """So many working days later, or earlier; `day` itself is not counted."""
        step = DAY if count > 0 else -DAY
        while count:
            day += step
            if self.works(day):
                count -= 1 if step > timedelta(0) else -1
        return day

    def working(self, day: date, step: timedelta = DAY) -> date:
        """`day`, or the nearest working day after it (before it)."""
        while not self.works(day):
            day += step
        return day

    def close(self, day: date) -> datetime:
        return self.hours(day)[-1][1]

    def _from(self, instant: datetime) -> Iterator[Interval]:
        day = self.day(instant)
        while True:
            yield from ((max(start, instant), end) for start, end in self.hours(day) if end > instant)
            day += DAY

    def _until(self, instant: datetime) -> Iterator[Interval]:
        day = self.day(instant)
        while True:
            yield from ((start, min(end, instant)) for start, end in reversed(self.hours(day)) if start < instant)
            day -= DAY

    def opening(self, instant: datetime) -> datetime:
        """`instant` if the office is open then, else when it opens next."""
        return next(self._from(instant))[0]

    def worked(self, start: datetime, seconds: int) -> datetime:
        """So many seconds of work after `start`, or before it."""
        left = timedelta(seconds=abs(seconds))
        if not left:
            return start
        for opens, closes in self._from(start) if seconds > 0 else self._until(start):
            if closes - opens >= left:
                return opens + left if seconds > 0 else closes - left
            left -= closes - opens
        raise AssertionError("no calendar ends")

    def between(self, start: datetime, end: datetime) -> int:
        """Seconds of work from `start` to `end`, negative when that is earlier."""
        if end < start:
            return -self.between(end, start)
        total, day = timedelta(0), self.day(start)
        while day <= self.day(end):
            for opens, closes in self.hours(day):
                total += max(min(closes, end) - max(opens, start), timedelta(0))
            day += DAY
        return int(total.total_seconds())

    def after(self, start: datetime, length: Duration) -> datetime:
        """When what starts at `start` and may take `length` is due."""
        if length.unit == "h":
            return start + timedelta(hours=length.count)
        if length.unit == "wh":
            return self.worked(start, length.count * 3600)
        if length.unit == "wd":
            return self.close(self.moved(self.day(start), length.count))
        last = self.working(self.day(start) + length.count * DAY)
        return self._at(last + DAY, "00:00")

    def warning(self, due: datetime, ahead: Duration) -> datetime | None:
        """When to warn of what is due at `due`; None where that lies before the calendar begins."""
        try:
            return self._warning(due, ahead)
        except IndexError:  # no office hours are known so early
            return None

    def _warning(self, due: datetime, ahead: Duration) -> datetime:
        if ahead.unit == "h":
            return due - timedelta(hours=ahead.count)
        if ahead.unit == "wh":
            return self.worked(due, -ahead.count * 3600)
        last = self.day(due - timedelta(microseconds=1))
        day = self.moved(last, -ahead.count) if ahead.unit == "wd" else last - ahead.count * DAY
        return self.hours(self.working(day, -DAY))[0][0]
