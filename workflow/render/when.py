"""Instants, days and lengths as an office writes them, in its own time zone, day first.

    moment(at, zone)      16:50 thứ Sáu 29/04/2022        Fri 29/04/2022 16:50
    short(at, zone)       29/04/2022 16:50
    day(on)               29/04/2022
    dated(on)             thứ Sáu 29/04/2022          Fri 29/04/2022
    working(seconds)      1 ngày 2 giờ làm việc           1 day 2 hours of working time
    span(seconds)         1 ngày 2 giờ                    1 day 2 hours
    clocked(seconds)      1 ngày 2 giờ liên tục           1 day 2 hours by the clock
    late(seconds, ...)    1 giờ; 9 giờ liên tục           1 hour; 9 hours by the clock
    late_said(...)        1 giờ làm việc (9 giờ liên tục)
    length(Duration)      3 ngày làm việc                 3 working days
    rhythm(seconds)       30 giây                         30 seconds

A day of working time is the office day of 8 hours.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from states.calendar import WEEKDAYS
from states.worktime import Duration
from workflow.render.language import N_, _, ngettext

OFFICE_DAY = 8 * 3600  # seconds
_WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))


def moment(at: datetime, zone: ZoneInfo, *, due: bool = False) -> str:
    """An instant with its weekday. `due`: a deadline at midnight is 24:00 of the day that ends with it."""
    on, clock = _parts(at, zone, due=due)
    return _("{weekday} {date} {time}").format(weekday=_(_WEEKDAYS[on.weekday()]), date=day(on), time=clock)


def short(at: datetime, zone: ZoneInfo, *, due: bool = False) -> str:
    """An instant for a column of a table; `due` as for `moment`."""
    on, clock = _parts(at, zone, due=due)
    return f"{day(on)} {clock}"


def _parts(at: datetime, zone: ZoneInfo, *, due: bool) -> tuple[date, str]:
    local = at.astimezone(zone)
    if due and local.time() == time():
        return local.date() - timedelta(days=1), "24:00"
    return local.date(), f"{local:%H:%M}"


def day(on: date) -> str:
    """A date, day first."""
    return f"{on:%d/%m/%Y}"


def dated(on: date) -> str:
    """A date with its weekday."""
    return _("{weekday} {date}").format(weekday=_(_WEEKDAYS[on.weekday()]), date=day(on))


def weekday(name: str) -> str:
    """A weekday as a calendar writes it (`mon`), in words."""
    return _(_WEEKDAYS[WEEKDAYS.index(name)])


def working(seconds: int, *, exact: bool = False) -> str:
    """A length of working time, said to be one; `exact` as for `span`."""
    return _("{length} of working time").format(length=span(seconds, exact=exact))


def span(seconds: int, *, exact: bool = False) -> str:
    """A length of working time where a head says what it is: days and hours, or hours and minutes; `exact`: all."""
    days, rest = divmod(abs(seconds), OFFICE_DAY)
    hours, rest = divmod(rest, 3600)
    minutes = rest // 60
    if days and not exact:
        minutes = 0  # nobody counts minutes of days; an hour begun is not yet an hour
    return _said(days, hours, minutes)


def _said(days: int, hours: int, minutes: int) -> str:
    parts = [
        (days, ngettext("{count} day", "{count} days", days)),
        (hours, ngettext("{count} hour", "{count} hours", hours)),
        (minutes, ngettext("{count} minute", "{count} minutes", minutes)),
    ]
    said = [text.format(count=count) for count, text in parts if count]
    return " ".join(said) or _("less than a minute")


def late(seconds: int, by_clock: int) -> str:
    """How late something is, where a head says that it is working time; and by the clock, where its time runs by it.

    Over nights and days off no working time passes: then by the clock alone.
    """
    if not by_clock:
        return span(seconds)
    return clocked(by_clock) if seconds < 60 else f"{span(seconds)}; {clocked(by_clock)}"


def late_said(seconds: int, by_clock: int, *, exact: bool = False) -> str:
    """The same in a sentence, which has no head; `exact` as for `span`."""
    if not by_clock:
        return working(seconds, exact=exact)
    length = clocked(by_clock, exact=exact)
    return length if seconds < 60 else f"{working(seconds, exact=exact)} ({length})"


def clocked(seconds: int, *, exact: bool = False) -> str:
    """A length by the clock, in days of 24 hours; `exact` as for `span`."""
    days, rest = divmod(seconds, 24 * 3600)
    hours, minutes = divmod(rest // 60, 60)
    return _("{length} by the clock").format(length=_said(days, hours, minutes if exact or not days else 0))


def length(time: Duration) -> str:
    """A length as the rules write it (`3wd`), in words."""
    count = time.count
    text = {
        "wd": lambda: ngettext("{count} working day", "{count} working days", count),
        "wh": lambda: ngettext("{count} office hour", "{count} office hours", count),
        "d": lambda: ngettext("{count} calendar day", "{count} calendar days", count),
        "h": lambda: ngettext("{count} hour by the clock", "{count} hours by the clock", count),
    }[time.unit]()
    return text.format(count=count)


def rhythm(seconds: int) -> str:
    """How often something is done, in the largest unit that says it exactly."""
    if seconds % 3600 == 0:
        return ngettext("{count} hour", "{count} hours", seconds // 3600).format(count=seconds // 3600)
    if seconds % 60 == 0:
        return ngettext("{count} minute", "{count} minutes", seconds // 60).format(count=seconds // 60)
    return ngettext("{count} second", "{count} seconds", seconds).format(count=seconds)
