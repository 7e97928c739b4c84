"""Whether the calendar reaches far enough: what `rules check` says of it, and whether that is so."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from states.bounds import longest
from states.calendar import Calendar
from states.horizon import warn, working_days_left
from states.marks import Marks
from states.worktime import BeyondCalendar, Duration, WorkTime
from tests.support import ROOT, calendar_vn, office_of

CLOCK, RULES = calendar_vn(), office_of("escalation_rules.yaml").ruleset
LONGEST = max(longest(rule, RULES, CLOCK, None) for one in RULES.processes.values() for rule in one.duties.values())


def told(today: date, clock: WorkTime = CLOCK) -> list[str]:
    marks = Marks("f.yaml")
    warn(RULES, clock, today, marks)
    return [f"{problem.code} {problem.text.format(**problem.values)}" for problem in marks.warnings]


def test_a_file_is_warned_from_the_day_on_which_its_longest_duty_outlasts_the_calendar():
    """rules-26"""
    last_good = max(
        day for n in range(400) if working_days_left(CLOCK, day := CLOCK.last - timedelta(days=n)) >= LONGEST
    )
    assert (LONGEST, last_good) == (68, date(2028, 9, 25))
    assert told(last_good) == []
    assert told(last_good + timedelta(days=1)) == [
        "W541 the calendar covers 01/01/2022 to 31/12/2028: `watch`, begun today, may take 68 working days,"
        " of which it has only 67"
    ]


def test_before_the_calendar_begins_nothing_can_be_counted():
    (said,) = told(date(2021, 12, 31))
    assert said.endswith("only 0")
    assert told(date(2022, 1, 1)) == []


@given(st.dates(date(2022, 1, 1), date(2028, 12, 31)), st.sampled_from([-20, -1, 0, 1, 20]))
def test_of_the_working_days_left_each_can_be_counted_and_no_more(today, more):
    """By the very arithmetic that counts deadlines. Mutant: today counted too; seen failing."""
    left = working_days_left(CLOCK, today)
    days = max(1, left + more)
    end_of_day, length = (
        CLOCK.midnight(today + timedelta(days=1)) - timedelta(seconds=1),
        Duration(count=days, unit="wd"),
    )
    if days <= left:
        assert CLOCK.add(end_of_day, length) > end_of_day
    else:
        with pytest.raises(BeyondCalendar):
            CLOCK.add(end_of_day, length)


def test_rules_check_warns_by_its_own_clock_and_by_the_calendar_of_the_database(shell):
    path = ROOT / "escalation_rules.yaml"
    assert "W541" not in shell(f"rules check {path}")
    said = shell.at("2028-12-01 08:00")(f"rules check {path}")
    assert said.startswith(
        "escalation_rules.yaml:14:11 W541 the calendar covers 01/01/2022 to 31/12/2028: `watch`, begun"
    )
    (problem,) = shell.json(f"rules check {path}")
    assert (problem["code"], problem["line"], problem["column"]) == ("W541", 14, 11)


def test_a_shorter_calendar_is_warned_of_sooner():
    days = tuple(day for day in CLOCK.calendar.days if day.date.year < 2027)
    shorter: Calendar = msgspec.structs.replace(CLOCK.calendar, days=days)
    assert told(date(2026, 11, 26)) == []
    assert told(date(2026, 11, 26), WorkTime(shorter)) != []
