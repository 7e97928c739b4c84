"""The shipped Vietnamese calendar: every day counted, named and lawful, and compared with `holidays`."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta
from importlib.metadata import version

import holidays
import pytest

from states.calendar import Day
from tests.support import calendar_vn

CLOCK = calendar_vn()
DAYS = CLOCK.calendar.days
YEARS = range(2022, 2029)
DISPATCH = re.compile(r"Công văn \d+/VPCP-KGVX của Văn phòng Chính phủ ngày \d{2}/\d{1,2}/\d{4}")
IN_LIEU = "Nghỉ bù "

COMPARED = "0.109"
# What that release of `holidays` does not know. A later one may learn it; then a line here is out of date, no more.
UNKNOWN_TO_HOLIDAYS = {
    date(2026, 1, 2): "off: swapped by dispatch 12729/VPCP-KGVX of 25/12/2025, which the package misses",
    date(2026, 1, 10): "worked instead of 2 January 2026, same dispatch",
}


def of(year: int) -> list[Day]:
    return [day for day in DAYS if day.date.year == year]


def every_day(years: range) -> list[date]:
    first, last = date(years[0], 1, 1), date(years[-1], 12, 31)
    return [first + timedelta(n) for n in range((last - first).days + 1)]


def off_on_weekdays(year: int) -> list[str]:
    return [f"{d.date:%d/%m}" for d in of(year) if d.kind == "off" and d.date.weekday() < 5]


def test_it_covers_2022_to_2028_and_lists_its_days_in_order():
    assert (CLOCK.first, CLOCK.last) == (date(2022, 1, 1), date(2028, 12, 31))
    assert [day.date for day in DAYS] == sorted(day.date for day in DAYS)
    assert CLOCK.calendar.zone == "Asia/Ho_Chi_Minh"
    assert CLOCK.calendar.hours[0].open == ("07:30-11:30", "13:30-17:30")


@pytest.mark.parametrize(
    ("year", "days_off"),
    [
        (2022, "03/01 31/01 01/02 02/02 03/02 04/02 11/04 02/05 03/05 01/09 02/09"),
        (2023, "02/01 20/01 23/01 24/01 25/01 26/01 01/05 02/05 03/05 01/09 04/09"),
        (2024, "01/01 08/02 09/02 12/02 13/02 14/02 18/04 29/04 30/04 01/05 02/09 03/09"),
        (2025, "01/01 27/01 28/01 29/01 30/01 31/01 07/04 30/04 01/05 02/05 01/09 02/09"),
        (2026, "01/01 02/01 16/02 17/02 18/02 19/02 20/02 27/04 30/04 01/05 31/08 01/09 02/09 24/11"),
        (2027, "01/01 04/02 05/02 08/02 09/02 10/02 16/04 30/04 03/05 02/09 03/09 24/11"),
        (2028, "03/01 24/01 25/01 26/01 27/01 28/01 04/04 01/05 02/05 01/09 04/09 24/11"),
    ],
)
def test_the_office_is_closed_on_these_weekdays_of_each_year(year: int, days_off: str):
    assert off_on_weekdays(year) == days_off.split()


@pytest.mark.parametrize(
    ("year", "working_days"),
    [(2022, 249), (2023, 249), (2024, 251), (2025, 250), (2026, 249), (2027, 249), (2028, 248)],
)
def test_each_year_has_so_many_working_days(year: int, working_days: int):
    assert sum(CLOCK.is_working(day) for day in every_day(range(year, year + 1))) == working_days


def test_four_saturdays_were_worked_instead_of_a_day_off_by_the_same_dispatch():
    worked = {day.date: day for day in DAYS if day.kind == "work"}
    assert {f"{day:%a %d/%m/%Y}" for day in worked} == {
        "Sat 04/05/2024",
        "Sat 26/04/2025",
        "Sat 10/01/2026",
        "Sat 22/08/2026",
    }
    swapped = {d.name["vi"]: d for d in DAYS if "làm bù ngày" in d.name["vi"]}
    for day in worked.values():
        given = swapped.pop(f"Nghỉ, làm bù ngày {day.date.day}/{day.date.month}")
        assert given.act == day.act
        assert day.name["vi"] == f"Làm bù ngày {given.date.day}/{given.date.month}"
        assert given.date.year == day.date.year
    assert not swapped


@pytest.mark.parametrize("year", YEARS)
def test_each_year_has_the_days_of_the_law_and_one_in_lieu_for_each_that_falls_on_a_weekend(year: int):
    off = [day for day in of(year) if day.kind == "off" and "làm bù" not in day.name["vi"]]
    in_lieu = [day for day in off if day.name["vi"].startswith(IN_LIEU)]
    holiday = [day for day in off if day not in in_lieu]
    # Labour Code 2019 art. 112; 2/9 comes with the day before or after it.
    assert Counter(day.name["en"] for day in holiday) == Counter(
        {
            "New Year's Day": 1,
            "Lunar New Year (Tet)": 5,
            "Hung Kings' Commemoration Day": 1,
            "Victory Day, 30 April": 1,
            "International Labour Day, 1 May": 1,
            "National Day, 2 September": 2,
        }
        | ({"Vietnam Culture Day, 24 November": 1} if year >= 2026 else {})
    )
    # Art. 111.3. An in-lieu day is a weekday and names the holiday it stands for.
    assert all(day.date.weekday() < 5 for day in in_lieu)
    assert Counter(day.name["vi"].removeprefix(IN_LIEU) for day in in_lieu) == Counter(
        day.name["vi"] for day in holiday if day.date.weekday() >= 5
    )


@pytest.mark.parametrize(
    ("year", "tet", "hung_kings"),
    [
        # The first day of the first lunar month and the tenth of the third, by new moons and solar terms
        # in UTC+7; computed apart from the package that the comparison below uses.
        (2022, "2022-02-01", "2022-04-10"),
        (2023, "2023-01-22", "2023-04-29"),
        (2024, "2024-02-10", "2024-04-18"),
        (2025, "2025-01-29", "2025-04-07"),
        (2026, "2026-02-17", "2026-04-26"),
        (2027, "2027-02-06", "2027-04-16"),
        (2028, "2028-01-26", "2028-04-04"),
    ],
)
def test_tet_begins_one_or_two_days_before_the_lunar_year_and_the_kings_have_their_day(
    year: int, tet: str, hung_kings: str
):
    tet_days = [day.date for day in of(year) if day.name["vi"] == "Tết Nguyên đán"]
    kings = [day.date for day in of(year) if day.name["vi"] == "Giỗ Tổ Hùng Vương"]
    first = date.fromisoformat(tet)
    assert kings == [date.fromisoformat(hung_kings)]
    before = (first - tet_days[0]).days
    assert before in (1, 2)
    assert tet_days == [first + timedelta(n) for n in range(-before, 5 - before)]


def test_every_day_names_its_act_and_every_decision_its_dispatch():
    for day in DAYS:
        assert day.act.startswith(("Bộ luật Lao động 2019", "Công văn ", "Nghị quyết "))
        if day.act.startswith("Công văn "):
            assert DISPATCH.fullmatch(day.act), day
        decided = day.name["vi"].endswith(("Tết Nguyên đán", "Quốc khánh 2/9")) or "àm bù ngày" in day.name["vi"]
        assert day.provisional or decided == day.act.startswith("Công văn "), day
        assert set(day.name) == {"vi", "en"}


def test_the_file_says_that_the_law_behind_culture_day_was_not_found():
    (culture,) = [day for day in of(2026) if day.date.month == 11]
    assert "số chưa tìm được" in culture.act


def test_2027_and_2028_are_provisional_and_say_so():
    for day in DAYS:
        assert day.provisional == (day.date.year >= 2027)
        assert ("dự kiến" in day.act) == day.provisional


def test_working_days_differ_from_the_package_holidays_only_where_the_reason_is_known():
    """2022 to 2028. A release after the one compared may know dispatches for the years that are provisional here."""
    known = holidays.country_holidays("VN", years=YEARS)
    differ = [day for day in every_day(YEARS) if CLOCK.is_working(day) != known.is_working_day(day)]
    if version("holidays") != COMPARED:
        differ = [day for day in differ if day.year not in CLOCK.provisional_years]
    assert [day for day in differ if day not in UNKNOWN_TO_HOLIDAYS] == []
    for day in UNKNOWN_TO_HOLIDAYS:
        listed = CLOCK.listed(day)
        assert listed is not None
        assert "12729/VPCP-KGVX" in listed.act


def test_the_lunar_holidays_to_come_agree_with_the_package_holidays():
    known = holidays.country_holidays("VN", years=(2027, 2028), language="vi")
    for day in DAYS:
        if day.date.year >= 2027 and day.name["vi"] == "Giỗ Tổ Hùng Vương":
            assert "Hùng Vương" in known[day.date]
    for tet in (date(2027, 2, 6), date(2028, 1, 26)):
        assert known[tet] == "Tết Nguyên Đán"
        assert not CLOCK.is_working(tet)
