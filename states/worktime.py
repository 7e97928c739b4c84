"""Working time: office hours minus days off, over a calendar.

    WorkTime(calendar).add(start, Duration.parse("3wd")) -> due instant

All instants are aware and in UTC; all lengths are whole working seconds. The calendar is compiled once
into one list of office intervals in UTC with a running sum, so every question is a binary search. A day
outside the years the calendar covers raises `BeyondCalendar`: a deadline is never guessed. Reading
order: `Duration`, compiling, days, instants. What a calendar file may hold is in `calendar`.

The meanings (docs/rules.md, Time):
  3wd  the close of office on the third working day after the day it starts; that day is not counted,
       whatever the hour (Civil Code 2015 art. 147; closing with the office is a local choice)
  4wh  four office hours from the instant, or from the next opening
  2d   24:00 of the second day after, moved to the next working day if that is a day off (art. 148.5)
  6h   six hours by the clock, holidays included
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from states.calendar import WEEKDAYS, Calendar, CalendarError, Day, Periods, listed, office_hours
from states.errors import N_
from states.values import Value

Unit = Literal["wd", "wh", "d", "h"]
LONGEST = 3650
_DURATION = re.compile(r"([1-9][0-9]{0,3})(wd|wh|d|h)")
DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000  # microseconds: sums are kept in them, so that an instant between two seconds is not lost


class BeyondCalendar(ValueError):
    """The answer needs a day outside the years the calendar covers."""


class Duration(Value, frozen=True):
    """A length: so many working days (`wd`), office hours (`wh`), days (`d`) or hours (`h`)."""

    count: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Duration:
        """`3wd` and the like; `ValueError` for anything else, 1 to 3650 of a unit."""
        found = _DURATION.fullmatch(text)
        if found is None or int(found[1]) > LONGEST:
            raise ValueError(f"not a length of time: {text!r} (write 3wd, 4wh, 2d or 6h)")
        return cls(count=int(found[1]), unit=cast(Unit, found[2]))

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"


class WorkTime:
    """A calendar compiled for arithmetic. Raises `CalendarError` when the calendar contradicts itself.

    `first` and `last` are the days it covers: whole years, from the first to the last day listed; `provisional_years`
    are those whose days off are not decreed yet, all or some.
    """

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        try:
            self.zone = ZoneInfo(calendar.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise CalendarError(N_("unknown time zone: {zone}"), "zone", zone=calendar.zone) from error
        self._week = {WEEKDAYS.index(day) for day in calendar.week}
        self._days = listed(calendar, self._week)
        self._hours = office_hours(calendar)
        self.first = date(min(self._days).year, 1, 1)
        self.last = date(max(self._days).year, 12, 31)
        if self._hours[0][0] > self.first:
            raise CalendarError(N_("no office hours before {date}"), "hours", 0, "from", date=self._hours[0][0])
        self._provisional = {day.date.year for day in calendar.days if day.provisional}
        self.provisional_years = tuple(sorted(self._provisional))
        self._from = self.midnight(self.first)
        self._until = self.midnight(self.last + DAY)
        self._compile()

    def _compile(self) -> None:
        self._working: list[date] = []
        self._starts: list[datetime] = []
        self._ends: list[datetime] = []
        self._before: list[int] = [0]  # working microseconds before each interval, and in all
        for number in range(self.first.toordinal(), self.last.toordinal() + 1):
            day = date.fromordinal(number)
            if not self.is_working(day):
                continue
            self._working.append(day)
            for opens, closes in self._periods(day):
                start, end = self._at(day, opens), self._at(day, closes)
                if start >= end or (self._ends and start < self._ends[-1]):
                    # Only where a clock change falls within office hours.
                    raise CalendarError(
                        N_("office hours overlap on {date} in {zone}"), date=day, zone=self.calendar.zone
                    )
                self._starts.append(start)
                self._ends.append(end)
                self._before.append(self._before[-1] + (end - start) // MICROSECOND)
        if not self._working:
            raise CalendarError(N_("no day is a working day"))

    def _periods(self, day: date) -> Periods:
        place = bisect_right(self._hours, day, key=lambda hours: hours[0]) - 1
        return self._hours[place][1]

    def _at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.zone).astimezone(UTC)

    def midnight(self, day: date) -> datetime:
        """The instant at which `day` begins."""
        return self._at(day, time())

    @property
    def decreed_until(self) -> date:
        """The last day before the first year that is provisional; the last day of all where none is."""
        return date(self.provisional_years[0] - 1, 12, 31) if self.provisional_years else self.last

    # ---- days -----------------------------------------------------------------------------------

    def is_working(self, day: date) -> bool:
        """Whether the office works on `day`."""
        self._covered(day)
        listed = self._days.get(day)
        return listed.kind == "work" if listed else day.weekday() in self._week

    def listed(self, day: date) -> Day | None:
        """What the calendar says of `day` by itself; None: an ordinary day of the week."""
        return self._days.get(day)

    def office_hours(self, day: date) -> list[tuple[datetime, datetime]]:
        """When the office is open on `day`; nothing on a day off."""
        if not self.is_working(day):
            return []
        return [(self._at(day, opens), self._at(day, closes)) for opens, closes in self._periods(day)]

    @property
    def begins(self) -> datetime:
        """The instant at which the calendar begins."""
        return self._from

    @property
    def ends(self) -> datetime:
        """The instant at which the calendar ends."""
        return self._until

    def local_date(self, instant: datetime) -> date:
        """The calendar's own date at `instant`."""
        return instant.astimezone(self.zone).date()

    def year_of(self, instant: datetime) -> int:
        """The calendar's own year at `instant`: case numbers are counted by it."""
        return self.local_date(instant).year

    def provisional(self, instant: datetime) -> bool:
        """Whether a deadline at `instant` falls in a year with days off that are not decreed yet.

        24:00 of 31 December still belongs to the year it ends.
        """
        return self.closed_by(instant).year in self._provisional

    def shift(self, day: date, sign: int, by: Duration) -> date:
        """`day` moved by working days (`wd`) or days (`d`): `held_on - 3wd` is `shift(day, -1, 3wd)`.

        `day` itself is never counted, whether the office works on it or not. `ValueError` for `wh`, `h`.
        """
        self._covered(day)
        if by.unit == "d":
            return self._covered(day + sign * by.count * DAY)
        if by.unit != "wd":
            raise ValueError(f"a date is moved by wd or d, not by {by}")
        if sign > 0:
            place = bisect_right(self._working, day) - 1 + by.count
        else:
            place = bisect_left(self._working, day) - by.count
        if not 0 <= place < len(self._working):
            raise BeyondCalendar(f"{day} {'+' if sign > 0 else '-'} {by}")
        return self._working[place]

    def _covered(self, day: date) -> date:
        if not self.first <= day <= self.last:
            raise BeyondCalendar(str(day))
        return day

    def _working_day_from(self, day: date) -> date:
        place = bisect_left(self._working, self._covered(day))
        if place == len(self._working):
            raise BeyondCalendar(f"no working day from {day} on")
        return self._working[place]

    def closed_by(self, instant: datetime) -> date:
        """The day a deadline belongs to: 24:00 is the end of that day, not the start of the next."""
        return self.local_date(instant - MICROSECOND)

    def _close(self, day: date) -> datetime:
        return self._at(day, self._periods(day)[-1][1])

    def _open(self, day: date) -> datetime:
        return self._at(day, self._periods(day)[0][0])

    # ---- instants -------------------------------------------------------------------------------

    def close_by(self, day: date) -> datetime:
        """The close of office on `day`, or on the next working day."""
        return self._close(self._working_day_from(day))

    def close_before(self, day: date) -> datetime:
        """The close of office on the last working day before `day`."""
        return self._close(self.shift(day, -1, Duration(count=1, unit="wd")))

    def opening(self, day: date) -> datetime:
        """The opening of office on `day`; of a day off its midnight. Raises `BeyondCalendar`."""
        return self._open(day) if self.is_working(day) else self.midnight(day)

    def is_open(self, instant: datetime) -> bool:
        """Whether the office is open at `instant`; at the closing instant itself it is not."""
        place = bisect_right(self._starts, self._within(instant)) - 1
        return place >= 0 and instant < self._ends[place]

    def next_open(self, instant: datetime) -> datetime:
        """`instant` if the office is open, else the next opening."""
        if self.is_open(instant):
            return instant
        place = bisect_left(self._starts, instant)
        if place == len(self._starts):
            raise BeyondCalendar(f"no opening after {instant}")
        return self._starts[place]

    def heard(self, instant: datetime) -> datetime:
        """When who is told at `instant` hears of it: the next opening, or at once where the calendar ends before."""
        try:
            return self.next_open(instant)
        except BeyondCalendar:
            return instant

    def add(self, start: datetime, length: Duration) -> datetime:
        """When something that starts at `start` and may take `length` is due."""
        self._within(start)
        match length.unit:
            case "h":
                return self._within(start + timedelta(hours=length.count))
            case "wh":
                return self.add_seconds(start, length.count * 3600)
            case "wd":
                return self._close(self.shift(self.local_date(start), 1, length))
            case "d":
                day = self.shift(self.local_date(start), 1, length)
                return self.midnight(self._working_day_from(day) + DAY)

    def add_seconds(self, start: datetime, seconds: int) -> datetime:
        """The instant `seconds` of working time after `start` (before it, when negative).

        The earliest such instant going forward (a close, not the opening after it), the latest going
        back (an opening). Always `between(start, add_seconds(start, n)) == n`.
        """
        goal = self._worked(start) + seconds * SECOND
        if not 0 <= goal <= self._before[-1]:
            raise BeyondCalendar(f"{start} {seconds:+} s")
        if seconds == 0:
            return start
        place = (bisect_left if seconds > 0 else bisect_right)(self._before, goal) - 1
        return self._starts[place] + (goal - self._before[place]) * MICROSECOND

    def between(self, start: datetime, end: datetime) -> int:
        """Working seconds from `start` to `end`, negative when `end` is earlier."""
        # Each sum is floored before subtracting, so that parts always add up to the whole.
        return self._worked(end) // SECOND - self._worked(start) // SECOND

    def warn_at(self, due: datetime, ahead: Duration) -> datetime:
        """The moment to warn: `wh` or `h` before `due` to the second; otherwise an opening of office.

        `wd`: the opening on that many working days before the day it is due; `d`: so many days before,
        moved back to a working day.
        """
        self._within(due)
        match ahead.unit:
            case "h":
                return self._within(due - timedelta(hours=ahead.count))
            case "wh":
                return self.add_seconds(due, -ahead.count * 3600)
            case _:
                day = self.shift(self.closed_by(due), -1, ahead)
                if not self.is_working(day):
                    day = self.shift(day, -1, Duration(count=1, unit="wd"))
                return self._open(day)

    def _worked(self, instant: datetime) -> int:
        """Working microseconds from the first day to `instant`."""
        place = bisect_right(self._starts, self._within(instant)) - 1
        if place < 0:
            return 0
        return self._before[place] + (min(instant, self._ends[place]) - self._starts[place]) // MICROSECOND

    def _within(self, instant: datetime) -> datetime:
        if not self._from <= instant <= self._until:
            raise BeyondCalendar(str(instant))
        return instant
