"""The days on which a rung would reach nobody, by post, and what `rules check --db` says of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from states.marks import Marks
from states.roster import Leave, Officer, Roster
from states.ruleset import Agency
from states.staffing import Gap, unreached, warn
from tests.support import office_of
from workflow.render.language import use
from workflow.render.problem import problem_lines

RULES = office_of("tests/rules/trial.yaml")  # rungs tell whoever is late, and the leader of the town hall
MONDAY = date(2022, 5, 9)
HELD = (
    Officer(number=1, login="lan", name="Lan", agency="hall", focal_point=True, first_contact=True),
    Officer(number=2, login="nam", name="Nam", agency="hall", leader=True, until=date(2022, 5, 12)),
    Officer(number=3, login="hoa", name="Hoa", agency="mill", focal_point=True, first_contact=True),
)


def gaps(*leaves: Leave, days: int = 7) -> list[Gap]:
    return unreached(replace(RULES, roster=Roster(officers=HELD, leaves=leaves)), MONDAY, days)


def test_a_post_that_nobody_holds_any_more_is_a_gap_from_that_day_on():
    assert gaps() == [Gap(post="hall.leader", first=date(2022, 5, 12), last=date(2022, 5, 13))]


def test_a_leave_without_anybody_standing_in_is_a_gap_of_its_days_and_one_gap_over_a_weekend():
    away = Leave(login="hoa", first=date(2022, 5, 13), last=date(2022, 5, 16), deputy="hoa")
    assert Gap(post="mill", first=date(2022, 5, 13), last=date(2022, 5, 16)) in gaps(away, days=10)


def test_without_a_register_of_officers_everybody_counts_as_reached():
    assert unreached(RULES, MONDAY, 365) == []


def test_an_agency_that_only_the_register_holds_may_be_late_too_as_long_as_it_exists():
    """Mutants: the agencies of the file only; an agency that has ended; seen failing."""
    ends = Agency(code="ward", name={"vi": "Phường", "en": "Ward"}, until=date(2022, 5, 11))
    office = replace(RULES, agencies={**RULES.agencies, "ward": ends}, roster=Roster(officers=HELD))
    found = [gap for gap in unreached(office, MONDAY, 30) if gap.post == "ward"]
    assert found == [Gap(post="ward", first=MONDAY, last=date(2022, 5, 10))]


@pytest.mark.parametrize(
    ("lang", "said"),
    [("en", "a rung may tell the leader of Town hall, where nobody is reached: 12/05/2022-13/05/2022"),
     ("vi", "có cấp nhắc đến lãnh đạo phụ trách của Town hall, nhưng không có ai: 12/05/2022-13/05/2022")],
)  # fmt: skip
def test_the_warning_calls_agencies_by_name_and_dates_as_people_write_them(lang, said):
    marks = Marks("f.yaml")
    warn(replace(RULES, roster=Roster(officers=HELD)), MONDAY, 7, marks)
    use(lang)
    (line,) = problem_lines(marks.warnings[0])
    assert line.endswith(said)


def test_of_many_gaps_the_first_are_told_and_how_many_there_are():
    mondays = [MONDAY + timedelta(weeks=n) for n in range(7)]
    away = [Leave(login="hoa", first=day, last=day, deputy="hoa") for day in mondays]
    marks = Marks("f.yaml")
    warn(replace(RULES, roster=Roster(officers=HELD, leaves=tuple(away))), MONDAY, 60, marks)
    (told,) = [list(one.values["days"]) for one in marks.warnings if len(one.values["days"]) > 5]
    assert told == ["09/05/2022", "16/05/2022", "23/05/2022", "30/05/2022", "06/06/2022", "… (×7)"]
