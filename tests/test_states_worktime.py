"""Working time: the examples a clerk would give, and properties against a slow model of the same words.

The slow model walks day by day and minute by minute, in local time, over the calendar as listed; it
shares no code with the compiled one. Every property holds in Hồ Chí Minh City, which never changes its
clocks, and in Berlin, with an office that is open when they change.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from states.calendar import Calendar, CalendarError
from states.worktime import BeyondCalendar, Duration, WorkTime
from tests.support import calendar_vn

VN = calendar_vn()
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)

# Clocks change here at 02:00 and 03:00 on Sundays: the office is open then, and worked one Sunday off.
BERLIN_PLAIN: dict[str, Any] = {
    "zone": "Europe/Berlin",
    "week": ["mon", "tue", "wed", "thu", "fri", "sun"],
    "hours": [
        {"from": "2023-01-01", "open": ["00:30-03:30", "08:00-12:00", "12:00-16:15"], "source": "test"},
        {"from": "2024-07-01", "open": ["01:15-05:00", "23:00-23:59"], "source": "test"},
    ],
    "days": [
        {"date": "2023-01-02", "is": "off", "name": {"en": "a Monday"}, "act": "test"},
        {"date": "2024-03-29", "is": "off", "name": {"en": "Good Friday"}, "act": "test"},
        {"date": "2024-03-30", "is": "work", "name": {"en": "a Saturday worked"}, "act": "test"},
        {"date": "2024-12-25", "is": "off", "name": {"en": "Christmas"}, "act": "test", "provisional": True},
    ],
}
BERLIN = WorkTime(msgspec.convert(BERLIN_PLAIN, Calendar))
CLOCKS = {"Hồ Chí Minh": VN, "Berlin": BERLIN}


def at(text: str, clock: WorkTime = VN) -> datetime:
    """`29/4/2022 16:50` local, as an instant."""
    return datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=clock.zone).astimezone(UTC)


def shown(instant: datetime, clock: WorkTime = VN) -> str:
    """An instant as `29/4/2022 16:50` local."""
    local = instant.astimezone(clock.zone)
    return f"{local.day}/{local.month}/{local.year} {local:%H:%M}"


def due(start: str, length: str) -> str:
    return shown(VN.add(at(start), Duration.parse(length)))


def day(text: str) -> date:
    return at(f"{text} 00:00").astimezone(VN.zone).date()


# ---- the slow model ------------------------------------------------------------------------------


@cache
def works(clock: WorkTime, when: date) -> bool:
    for listed in clock.calendar.days:
        if listed.date == when:
            return listed.kind == "work"
    return ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[when.weekday()] in clock.calendar.week


@cache
def open_minutes(clock: WorkTime, when: date) -> frozenset[int]:
    """The minutes of the clock on the wall, 0 to 1439, in which the office is open that day."""
    if not works(clock, when):
        return frozenset()
    hours = [h for h in clock.calendar.hours if h.starts <= when][-1]
    minutes: set[int] = set()
    for period in hours.open:
        opens, closes = (int(edge[:2]) * 60 + int(edge[3:]) for edge in period.split("-"))
        minutes |= set(range(opens, closes))
    return frozenset(minutes)


def open_at(clock: WorkTime, instant: datetime) -> bool:
    local = instant.astimezone(clock.zone)
    return local.hour * 60 + local.minute in open_minutes(clock, local.date())


def minutes_from(start: datetime) -> Iterator[datetime]:
    while True:
        yield start
        start += MINUTE


def worked_minutes(clock: WorkTime, start: datetime, end: datetime) -> int:
    return sum(open_at(clock, start + n * MINUTE) for n in range((end - start) // MINUTE))


def next_working(clock: WorkTime, when: date, step: int) -> date:
    """`when`, or the nearest working day after it (before it, when `step` is -1)."""
    while not works(clock, when):
        when += step * DAY
    return when


def working_days_later(clock: WorkTime, when: date, count: int, step: int) -> date:
    while count:
        when += step * DAY
        count -= works(clock, when)
    return when


def edge_of(clock: WorkTime, when: date, which: int) -> datetime:
    """The opening (0) or the close (-1) of office on a working day."""
    hours = [h for h in clock.calendar.hours if h.starts <= when][-1]
    text = hours.open[which].split("-")[which]
    local = datetime.combine(when, time.fromisoformat(text), clock.zone)
    return local.astimezone(UTC)


# ---- what is drawn -------------------------------------------------------------------------------

clocks = st.sampled_from(sorted(CLOCKS)).map(CLOCKS.__getitem__)


@st.composite
def instants(draw: st.DrawFn, clock: WorkTime, exact: bool = False, margin: int = 100) -> datetime:
    """Somewhere in the middle of the calendar; half of them near a clock change, a holiday or an edge."""
    first, last = clock.first + margin * DAY, clock.last - margin * DAY
    notable = [d.date for d in clock.calendar.days if first <= d.date <= last]
    notable += [date(2023, 3, 26), date(2023, 10, 29), date(2024, 3, 31), date(2024, 7, 1), date(2024, 10, 27)]
    notable = [d for d in notable if first <= d <= last]
    when = draw(st.one_of(st.dates(first, last), st.sampled_from(notable)))
    edges = [edge for hours in clock.calendar.hours for p in hours.open for edge in p.split("-")]
    wall = draw(st.one_of(st.times(), st.sampled_from(sorted({"00:00", *edges})).map(time.fromisoformat)))
    if exact:
        wall = wall.replace(second=0, microsecond=0)
    return datetime.combine(when, wall, clock.zone).astimezone(UTC)


@st.composite
def clock_and_instant(draw: st.DrawFn, exact: bool = False) -> tuple[WorkTime, datetime]:
    clock = draw(clocks)
    return clock, draw(instants(clock, exact))


@st.composite
def clock_and_instants(draw: st.DrawFn, exact: bool = False) -> tuple[WorkTime, datetime, datetime, datetime]:
    clock = draw(clocks)
    a, b, c = (draw(instants(clock, exact)) for _ in range(3))
    return clock, a, b, c


@st.composite
def close_together(draw: st.DrawFn) -> tuple[WorkTime, datetime, datetime]:
    """Two instants on whole minutes, up to eleven days apart: what the slow model can walk."""
    clock, start = draw(clock_and_instant(exact=True))
    return clock, start, start + draw(st.integers(0, 16_000)) * MINUTE


@st.composite
def clock_and_date(draw: st.DrawFn) -> tuple[WorkTime, date]:
    clock, instant = draw(clock_and_instant())
    return clock, instant.astimezone(clock.zone).date()


counts = st.integers(1, 60)
lengths = st.builds(Duration, count=counts, unit=st.sampled_from(("wd", "wh", "d", "h")))


# ---- lengths -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "count", "unit"), [("3wd", 3, "wd"), ("4wh", 4, "wh"), ("3650d", 3650, "d")])
def test_a_length_is_a_count_and_a_unit_and_is_written_as_it_was_read(text: str, count: int, unit: Any):
    assert Duration.parse(text) == Duration(count=count, unit=unit)
    assert str(Duration.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "3", "wd", "0wd", "-1d", "+1d", "03d", "3651d", "9999h", "3 wd", "3wd ", "3WD", "1.5h", "3m", "٣d"]
)
def test_anything_else_is_not_a_length(text: str):
    with pytest.raises(ValueError, match="not a length of time"):
        Duration.parse(text)


def test_a_length_and_a_calendar_survive_their_encoding():
    assert msgspec.json.decode(b'{"count":3,"unit":"wd"}', type=Duration) == Duration.parse("3wd")
    for clock in CLOCKS.values():
        encoded = msgspec.json.encode(clock.calendar)
        assert msgspec.json.decode(encoded, type=Calendar) == clock.calendar
        assert b'"from":"20' in encoded
        assert b'"is":"off"' in encoded


def test_a_value_is_frozen_and_refuses_what_it_does_not_know():
    with pytest.raises(AttributeError, match="immutable"):
        Duration.parse("3wd").count = 4  # type: ignore[misc]  # that it is refused is the point
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.json.decode(b'{"count":3,"unit":"wd","x":1}', type=Duration)


# ---- examples ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "length", "end"),
    [
        # Reported by phone at 16:50 on Friday before the four-day holiday of 30/4 to 3/5/2022.
        ("29/4/2022 16:50", "1wd", "4/5/2022 17:30"),
        ("29/4/2022 16:50", "4wh", "4/5/2022 10:50"),
        ("29/4/2022 16:50", "6h", "29/4/2022 22:50"),
        ("29/4/2022 16:50", "2d", "5/5/2022 00:00"),  # 1/5 is off, so is 3/5: the end of 4/5
        ("29/4/2022 16:50", "3wd", "6/5/2022 17:30"),
        # The day it starts is not counted, whatever the hour (Civil Code 2015 art. 147).
        ("4/5/2022 00:00", "1wd", "5/5/2022 17:30"),
        ("4/5/2022 07:30", "1wd", "5/5/2022 17:30"),
        ("4/5/2022 23:59", "1wd", "5/5/2022 17:30"),
        ("7/5/2022 10:00", "1wd", "9/5/2022 17:30"),  # a Saturday is not counted either
        # Office hours: from the next opening, over lunch, over a night, to the very close.
        ("4/5/2022 05:00", "1wh", "4/5/2022 08:30"),
        ("4/5/2022 11:00", "1wh", "4/5/2022 14:00"),
        ("4/5/2022 13:30", "4wh", "4/5/2022 17:30"),
        ("4/5/2022 17:30", "1wh", "5/5/2022 08:30"),
        ("4/5/2022 09:00", "8wh", "5/5/2022 09:00"),
        # By the clock, holidays included.
        ("31/12/2022 20:00", "6h", "1/1/2023 02:00"),
        # Days end at 24:00, moved on when the last is off (art. 148.5).
        ("3/5/2022 10:00", "2d", "6/5/2022 00:00"),
        ("5/5/2022 10:00", "2d", "10/5/2022 00:00"),
        # A Saturday worked instead of a Friday has the hours of any other day.
        ("31/12/2025 16:30", "1wd", "5/1/2026 17:30"),
        ("9/1/2026 16:30", "1wd", "10/1/2026 17:30"),
        ("9/1/2026 16:30", "2wh", "10/1/2026 08:30"),
        ("10/1/2026 16:30", "2wh", "12/1/2026 08:30"),
        # Over Tet.
        ("13/2/2026 16:00", "1wd", "23/2/2026 17:30"),
    ],
)
def test_from_this_moment_so_long_ends_then(start: str, length: str, end: str):
    assert due(start, length) == end


@pytest.mark.parametrize(
    ("end", "ahead", "moment"),
    [
        ("4/5/2022 17:30", "4wh", "4/5/2022 13:30"),  # an opening, not the close before lunch
        ("4/5/2022 10:50", "4wh", "29/4/2022 16:50"),
        ("4/5/2022 17:30", "6h", "4/5/2022 11:30"),
        ("4/5/2022 17:30", "1wd", "29/4/2022 07:30"),
        ("6/5/2022 17:30", "2wd", "4/5/2022 07:30"),
        ("6/5/2022 17:30", "3d", "29/4/2022 07:30"),  # 3/5 is off: back to Friday
        ("7/5/2022 00:00", "1wd", "5/5/2022 07:30"),  # the end of 6/5, not the start of 7/5
    ],
)
def test_the_warning_for_what_is_due_then_comes_at_this_moment(end: str, ahead: str, moment: str):
    assert shown(VN.warn_at(at(end), Duration.parse(ahead))) == moment


def test_a_date_is_met_by_its_close_or_the_close_of_the_next_working_day():
    assert shown(VN.close_by(day("29/4/2022"))) == "29/4/2022 17:30"
    assert shown(VN.close_by(day("30/4/2022"))) == "4/5/2022 17:30"
    assert shown(VN.close_before(day("4/5/2022"))) == "29/4/2022 17:30"
    assert shown(VN.close_before(day("1/5/2022"))) == "29/4/2022 17:30"
    assert shown(VN.close_before(day("6/5/2022"))) == "5/5/2022 17:30"


def test_three_working_days_before_a_meeting_skip_the_holiday():
    assert VN.shift(day("5/5/2022"), -1, Duration.parse("3wd")) == day("28/4/2022")
    assert VN.shift(day("1/5/2022"), -1, Duration.parse("1wd")) == day("29/4/2022")
    assert VN.shift(day("1/5/2022"), 1, Duration.parse("1wd")) == day("4/5/2022")
    assert VN.shift(day("5/5/2022"), -1, Duration.parse("3d")) == day("2/5/2022")
    with pytest.raises(ValueError, match="by wd or d"):
        VN.shift(day("5/5/2022"), -1, Duration.parse("3wh"))


def test_the_office_is_open_at_its_opening_and_not_at_its_close():
    assert VN.is_open(at("4/5/2022 07:30"))
    assert not VN.is_open(at("4/5/2022 11:30"))
    assert not VN.is_open(at("4/5/2022 17:30"))
    assert not VN.is_open(at("3/5/2022 09:00"))
    assert shown(VN.next_open(at("4/5/2022 07:30"))) == "4/5/2022 07:30"
    assert shown(VN.next_open(at("4/5/2022 11:30"))) == "4/5/2022 13:30"
    assert shown(VN.next_open(at("29/4/2022 17:30"))) == "4/5/2022 07:30"


def test_the_year_is_the_local_one():
    new_year = at("1/1/2027 00:00")
    assert (new_year.year, VN.year_of(new_year), VN.local_date(new_year)) == (2026, 2027, date(2027, 1, 1))
    assert VN.year_of(at("31/12/2026 23:59")) == 2026


def test_a_deadline_is_provisional_in_a_year_without_its_dispatches_and_24_00_ends_the_old_year():
    assert not VN.provisional(at("31/12/2026 17:30"))
    assert not VN.provisional(at("1/1/2027 00:00"))
    assert VN.provisional(at("1/1/2027 00:01"))
    assert VN.provisional(at("1/1/2029 00:00"))


def test_office_hours_may_change_on_a_date():
    plain = {**BERLIN_PLAIN, "zone": "Asia/Ho_Chi_Minh", "week": ["mon", "tue", "wed", "thu", "fri"]}
    winter = {"from": "2024-06-03", "open": ["08:00-12:00"], "source": "test"}
    clock = WorkTime(
        msgspec.convert(
            {**plain, "hours": [{**winter, "from": "2023-01-01"}, {**winter, "open": ["07:00-09:30"]}]}, Calendar
        )
    )
    assert shown(clock.add(at("30/5/2024 10:00"), Duration.parse("1wd"))) == "31/5/2024 12:00"
    assert shown(clock.add(at("31/5/2024 10:00"), Duration.parse("1wd"))) == "3/6/2024 09:30"
    assert shown(clock.add(at("31/5/2024 11:00"), Duration.parse("2wh"))) == "3/6/2024 08:00"


def test_the_night_the_clocks_go_forward_has_an_hour_less_and_the_other_an_hour_more():
    def worked(text: str) -> float:
        return BERLIN.between(at(f"{text} 00:00", BERLIN), at(f"{text} 06:00", BERLIN)) / 3600

    assert [worked(d) for d in ("24/3/2023", "26/3/2023", "29/10/2023", "30/10/2023")] == [3, 2, 4, 3]
    assert shown(BERLIN.add(at("26/3/2023 00:30", BERLIN), Duration.parse("2wh")), BERLIN) == "26/3/2023 03:30"


# ---- refusals ------------------------------------------------------------------------------------


def changed(**parts: Any) -> dict[str, Any]:
    return {**BERLIN_PLAIN, **parts}


def hours(*periods: str, start: str = "2023-01-01") -> dict[str, Any]:
    return {"from": start, "open": list(periods), "source": "test"}


DAYS = BERLIN_PLAIN["days"]
SATURDAY_OFF = {"date": "2024-03-30", "is": "off", "name": {"en": "x"}, "act": "x"}


@pytest.mark.parametrize(
    ("plain", "message"),
    [
        (changed(days=[*DAYS, SATURDAY_OFF]), "2024-03-30 is listed twice"),
        (changed(days=[*DAYS, {**SATURDAY_OFF, "date": "2024-04-02", "is": "work"}]), "working day anyway"),
        (changed(days=[]), "no day off is listed"),
        (changed(days=[*DAYS, {**SATURDAY_OFF, "date": "2027-01-01"}]), "no day off is listed for 2025, 2026"),
        (changed(days=[*DAYS, {**SATURDAY_OFF, "date": "2025-01-04", "is": "work"}]), "is listed for 2025"),
        (changed(zone="Asia/Lang_Son"), "unknown time zone: Asia/Lang_Son"),
        (changed(zone="../etc/passwd"), "unknown time zone"),
        (changed(zone=""), "unknown time zone"),
        (changed(zone="Asia"), "unknown time zone"),
        (changed(week=[], days=[DAYS[0], DAYS[1]]), "no day is a working day"),
        (changed(hours=[]), "no office hours are listed"),
        (changed(hours=[hours()]), "are empty"),
        (changed(hours=[hours("7:30-11:30")]), "not a period of the day"),
        (changed(hours=[hours("07:30-24:00")]), "not a period of the day"),
        (changed(hours=[hours("07:30-11:30", "11:00-12:00")]), "overlap or run backwards"),
        (changed(hours=[hours("13:00-17:00", "08:00-12:00")]), "overlap or run backwards"),
        (changed(hours=[hours("17:00-13:00")]), "overlap or run backwards"),
        (changed(hours=[hours("13:00-13:00")]), "overlap or run backwards"),
        (changed(hours=[hours("08:00-12:00"), hours("08:00-12:00")]), "each date once"),
        (changed(hours=[hours("08:00-12:00", start="2023-01-02")]), "no office hours before 2023-01-02"),
        (changed(hours=[hours("02:15-02:45", "03:00-04:00")]), "overlap on 2023-03-26 in Europe/Berlin"),
    ],
)
def test_a_calendar_that_contradicts_itself_is_refused(plain: dict[str, Any], message: str):
    with pytest.raises(CalendarError, match=message):
        WorkTime(msgspec.convert(plain, Calendar))


@pytest.mark.parametrize(
    ("start", "length"),
    [
        ("28/12/2028 10:00", "2wd"),
        ("29/12/2028 10:00", "1wd"),
        ("29/12/2028 16:30", "2wh"),
        ("31/12/2028 19:00", "6h"),
        ("29/12/2028 10:00", "2d"),  # a Sunday, and the Monday after it is not covered
        ("29/12/2028 10:00", "3d"),
        ("31/12/2021 23:59", "1wd"),
        ("31/12/2021 23:59", "6h"),
        ("31/12/2021 23:59", "1wh"),
        ("31/12/2021 23:59", "2d"),
    ],
)
def test_what_ends_outside_the_calendar_is_refused_never_guessed(start: str, length: str):
    with pytest.raises(BeyondCalendar):
        due(start, length)


def test_every_question_outside_the_calendar_is_refused():
    before, after, working_day = at("31/12/2021 23:59"), at("1/1/2029 00:01"), Duration.parse("1wd")
    inside = at("4/5/2022 10:00")
    for question in (
        lambda: VN.is_open(before),
        lambda: VN.is_open(after),
        lambda: VN.next_open(before),
        lambda: VN.next_open(at("29/12/2028 17:30")),
        lambda: VN.between(before, inside),
        lambda: VN.between(inside, after),
        lambda: VN.add_seconds(inside, 10**9),
        lambda: VN.add_seconds(inside, -(10**9)),
        lambda: VN.is_working(date(2021, 12, 31)),
        lambda: VN.shift(date(2029, 1, 1), -1, working_day),
        lambda: VN.shift(date(2028, 12, 31), 1, Duration.parse("1d")),
        lambda: VN.shift(date(2022, 1, 4), -1, working_day),
        lambda: VN.close_by(date(2028, 12, 30)),
        lambda: VN.close_before(date(2022, 1, 4)),
        lambda: VN.warn_at(at("4/1/2022 17:30"), working_day),
        lambda: VN.warn_at(at("1/1/2022 01:00"), Duration.parse("2h")),
        lambda: VN.warn_at(after, working_day),
    ):
        with pytest.raises(BeyondCalendar):
            question()


def test_the_last_answers_inside_the_calendar_are_given():
    assert due("28/12/2028 10:00", "1wd") == "29/12/2028 17:30"
    assert due("29/12/2028 16:30", "1wh") == "29/12/2028 17:30"
    assert due("31/12/2028 18:00", "6h") == "1/1/2029 00:00"
    assert due("27/12/2028 10:00", "2d") == "30/12/2028 00:00"
    assert due("1/1/2022 00:00", "1wh") == "4/1/2022 08:30"


# ---- properties ----------------------------------------------------------------------------------


@given(clock_and_instant(), st.integers(-200 * 3600, 200 * 3600))
def test_adding_working_seconds_and_measuring_them_are_inverse(where: tuple[WorkTime, datetime], seconds: int):
    clock, start = where
    assert clock.between(start, clock.add_seconds(start, seconds)) == seconds


@given(clock_and_instant(), counts)
def test_office_hours_added_are_that_many_hours_and_a_warning_takes_them_off_again(
    where: tuple[WorkTime, datetime], count: int
):
    clock, start = where
    length = Duration(count=count, unit="wh")
    end = clock.add(start, length)
    assert clock.between(start, end) == count * 3600
    warning = clock.warn_at(end, length)
    assert clock.between(warning, end) == count * 3600
    assert clock.is_open(warning)
    if clock.is_open(start):
        assert warning == start


@given(clock_and_instant(exact=True), st.integers(1, 400))
def test_forward_is_the_first_such_instant_and_back_is_the_last(where: tuple[WorkTime, datetime], quarters: int):
    # Quarters of an hour, because only what ends with the office can end at the wrong side of the night.
    clock, start = where
    end, back = clock.add_seconds(start, quarters * 900), clock.add_seconds(start, -quarters * 900)
    assert clock.is_open(end - timedelta(microseconds=1))
    assert clock.is_open(back)


@given(clock_and_instants())
def test_working_time_between_adds_up_and_changes_sign_with_direction(
    where: tuple[WorkTime, datetime, datetime, datetime],
):
    clock, a, b, c = where
    assert clock.between(a, b) + clock.between(b, c) == clock.between(a, c)
    assert clock.between(a, b) == -clock.between(b, a)
    assert (clock.between(a, b) >= 0) or b < a


@given(clock_and_instants(), lengths)
def test_what_starts_later_or_may_take_longer_is_never_due_sooner(
    where: tuple[WorkTime, datetime, datetime, datetime], length: Duration
):
    clock, a, b, _ = where
    a, b = sorted((a, b))
    assert clock.add(a, length) <= clock.add(b, length)
    longer = Duration(count=length.count + 1, unit=length.unit)
    assert a < clock.add(a, length) <= clock.add(a, longer)


@given(clock_and_instant(), counts)
def test_working_days_end_with_the_office_on_that_working_day(where: tuple[WorkTime, datetime], count: int):
    clock, start = where
    last = working_days_later(clock, start.astimezone(clock.zone).date(), count, 1)
    assert clock.add(start, Duration(count=count, unit="wd")) == edge_of(clock, last, -1)


@given(clock_and_instant(), counts)
def test_days_end_at_midnight_after_a_working_day(where: tuple[WorkTime, datetime], count: int):
    clock, start = where
    last = next_working(clock, start.astimezone(clock.zone).date() + count * DAY, 1)
    midnight = datetime.combine(last + DAY, time(), clock.zone).astimezone(UTC)
    assert clock.add(start, Duration(count=count, unit="d")) == midnight


@given(clock_and_instant(), counts)
def test_hours_are_hours_of_the_clock(where: tuple[WorkTime, datetime], count: int):
    clock, start = where
    length = Duration(count=count, unit="h")
    assert clock.add(start, length) - start == count * timedelta(hours=1)
    assert clock.warn_at(clock.add(start, length), length) == start


@given(close_together())
def test_the_working_time_between_two_moments_is_what_a_clerk_would_count(
    where: tuple[WorkTime, datetime, datetime],
):
    clock, start, end = where
    assert clock.between(start, end) == worked_minutes(clock, start, end) * 60


@given(clock_and_instant(exact=True), st.integers(1, 30))
def test_office_hours_end_when_a_clerk_has_counted_them(where: tuple[WorkTime, datetime], count: int):
    clock, start = where
    left = count * 60
    for minute in minutes_from(start):
        if left == 0:
            assert clock.add(start, Duration(count=count, unit="wh")) == minute
            return
        left -= open_at(clock, minute)


@given(clock_and_instant())
def test_the_office_is_open_when_the_calendar_says_so(where: tuple[WorkTime, datetime]):
    clock, instant = where
    assert clock.is_open(instant) == open_at(clock, instant)


@given(clock_and_instant(exact=True))
def test_the_next_opening_is_the_first_open_minute(where: tuple[WorkTime, datetime]):
    clock, instant = where
    opening = clock.next_open(instant)
    assert opening == next(minute for minute in minutes_from(instant) if open_at(clock, minute))
    assert clock.next_open(opening) == opening


@given(clock_and_date(), counts)
def test_a_date_moves_by_working_days_as_counted_on_fingers(where: tuple[WorkTime, date], count: int):
    clock, when = where
    length = Duration(count=count, unit="wd")
    later, earlier = clock.shift(when, 1, length), clock.shift(when, -1, length)
    assert later == working_days_later(clock, when, count, 1)
    assert earlier == working_days_later(clock, when, count, -1)
    if works(clock, when):
        assert clock.shift(later, -1, length) == clock.shift(earlier, 1, length) == when


@given(clock_and_date(), counts)
def test_a_date_moves_by_days_of_the_calendar(where: tuple[WorkTime, date], count: int):
    clock, when = where
    assert clock.shift(when, 1, Duration(count=count, unit="d")) == when + count * DAY
    assert clock.shift(when, -1, Duration(count=count, unit="d")) == when - count * DAY


@given(clock_and_date())
def test_a_date_is_closed_by_the_close_of_a_working_day(where: tuple[WorkTime, date]):
    clock, when = where
    assert clock.is_working(when) == works(clock, when)
    assert clock.close_by(when) == edge_of(clock, next_working(clock, when, 1), -1)
    assert clock.close_before(when) == edge_of(clock, next_working(clock, when - DAY, -1), -1)


@given(clock_and_instant(), counts)
def test_a_warning_in_days_comes_at_an_opening_and_leaves_that_many_days(where: tuple[WorkTime, datetime], count: int):
    clock, due_at = where
    last = (due_at - timedelta(microseconds=1)).astimezone(clock.zone).date()
    opening = edge_of(clock, working_days_later(clock, last, count, -1), 0)
    assert clock.warn_at(due_at, Duration(count=count, unit="wd")) == opening
    opening = edge_of(clock, next_working(clock, last - count * DAY, -1), 0)
    assert clock.warn_at(due_at, Duration(count=count, unit="d")) == opening
