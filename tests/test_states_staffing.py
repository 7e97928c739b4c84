"""The days on which a rung would reach nobody, by post, and what `rules check --db` says of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from states.roster import Leave, Officer, Roster
from states.staffing import Gap, unreached
from tests.support import office_of

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
