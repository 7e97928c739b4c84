"""Agencies in time: who answers for a code on a day, and cases whose agencies merge on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from states.agencies import acting, exists, name_on, ours
from states.ruleset import Agency, Former
from tests.play import Play
from tests.support import office_of

RULES = "escalation_rules.yaml"
MERGED = date(2025, 7, 1)


def agency(code, **dates):
    return Agency(code=code, name={"vi": code}, **dates)


def office_2025():
    """The shipped office, in which the lead becomes another agency on 1 July 2025."""
    office = office_of(RULES)
    seed = office.agencies
    return replace(
        office,
        agencies={
            **seed,
            "btg": msgspec.structs.replace(seed["btg"], until=MERGED, successor="btgdv"),
            "btgdv": agency("btgdv", since=MERGED),
        },
    )


@pytest.fixture
def play():
    """A matter opened before the lead merges."""
    play = Play(office_2025(), "matter", "2025-06-27 08:00")
    play.open("so_gtvt", area="land")
    return play


# ---- who answers --------------------------------------------------------------------------------


def test_an_agency_answers_for_itself_until_the_day_it_ends_and_its_successor_from_then_on():
    known = {"a": agency("a", until=MERGED, successor="b"), "b": agency("b", since=MERGED)}
    assert acting(known, "a", MERGED - timedelta(days=1)) == "a"
    assert acting(known, "a", MERGED) == "b"
    assert acting(known, "b", MERGED - timedelta(days=1)) is None
    assert ours(known, "b", MERGED) == ("b", "a")
    assert ours(known, "a", MERGED - timedelta(days=1)) == ("a",)


def test_nobody_answers_for_an_agency_that_ended_without_successor_nor_for_an_unknown_code():
    known = {"a": agency("a", until=MERGED)}
    assert acting(known, "a", MERGED) is None
    assert acting(known, "x", MERGED) is None


def test_an_agency_has_the_name_of_the_day():
    known = Agency(
        code="a",
        name={"vi": "ba"},
        former=(Former(name={"vi": "mot"}, until=date(2023, 1, 1)), Former(name={"vi": "hai"}, until=MERGED)),
    )
    days = [date(2022, 5, 1), date(2023, 1, 1), MERGED - timedelta(days=1), MERGED]
    assert [name_on(known, day)["vi"] for day in days] == ["mot", "hai", "hai", "ba"]


@st.composite
def registers(draw):
    """A register as the administrator can make one: a successor exists on the day it takes over."""
    codes = [f"a{n}" for n in range(draw(st.integers(1, 8)))]
    start = date(2022, 1, 1)
    known = {code: agency(code, since=start + timedelta(days=draw(st.integers(0, 400)))) for code in codes}
    for code in draw(st.permutations(codes)):
        found = known[code]
        until = found.since + timedelta(days=draw(st.integers(1, 900)))
        heirs = [c for c in codes if c != code and exists(known[c], until)]
        heir = draw(st.sampled_from([*heirs, None]))
        if draw(st.booleans()):
            known[code] = msgspec.structs.replace(found, until=until, successor=heir)
    return known


@given(registers(), st.integers(0, 3000))
def test_whoever_answers_exists_that_day_and_answers_once_for_each_code(known, days):
    day = date(2022, 1, 1) + timedelta(days=days)
    answers = {code: acting(known, code, day) for code in known}
    assert all(found is None or exists(known[found], day) for found in answers.values())
    assert all(answers[code] == code for code in known if exists(known[code], day))
    for code in (c for c in known if exists(known[c], day)):
        assert set(ours(known, code, day)) == {c for c, found in answers.items() if found == code}
    event(f"{sum(found not in (None, code) for code, found in answers.items())} acted for by another")


def test_a_damaged_register_whose_agencies_succeed_each_other_in_a_ring_still_answers():
    known = {
        "a": agency("a", until=MERGED, successor="b"),
        "b": agency("b", until=MERGED, successor="a"),
    }
    assert acting(known, "a", MERGED) is None


# ---- cases whose agencies merge -----------------------------------------------------------------


def test_a_case_opened_before_goes_on_under_the_successor(play):
    play.go("2025-07-02 08:00")
    assert play.refused("notify", by="btg", partner=("tand",)) == ["agency_ended"]
    play.act("notify", by="btgdv", partner=("tand",))
    assert play.case.state == "notified"
    assert play.case.parties["lead"] == ("btg",)  # nothing recorded is rewritten
    assert play.events[-1].by == "btgdv"
    assert play.case.duties["notify@btg"].status == "done"


def test_an_act_of_before_is_recorded_under_the_old_name_after_the_merger(play):
    play.go("2025-07-02 08:00")
    play.act("notify", by="btg", partner=("tand",), on="2025-06-30 09:00")
    assert play.events[-1].by == "btg"
    play.act("acknowledge", by="tand")
    assert play.refused("add_partner", by="btgdv", partner=("vksnd",), on="2025-06-30 09:00") == ["agency_to_come"]


def test_reminders_go_to_the_successor(play):
    play.sweep_until("2025-07-10 08:00")
    told = {notice.agency for notice in play.notices if notice.kind == "climbed" and notice.duty == "notify@btg"}
    assert "btgdv" in told
    assert "btg" not in {n.agency for n in play.notices if play.local(n.not_before) >= "2025-07-01"}


def test_an_ended_agency_is_put_into_no_case_and_no_row(play):
    play.go("2025-07-02 08:00")
    assert play.refused("notify", by="btgdv", partner=("btg",)) == ["agency_ended"]
    again = Play(office_2025(), "matter", "2025-07-02 08:00")
    assert again.refused("open", "btg", area="land") == ["agency_ended"]
    again.open("so_gtvt", area="land")
    assert again.case.parties["lead"] == ("btgdv",)  # the rules still say btg


def test_the_successor_is_not_named_twice_into_one_capacity(play):
    play.act("notify", by="btg", partner=("tand", "hdnd"))
    office = play.office
    seed = office.agencies
    ended = msgspec.structs.replace(seed["hdnd"], until=MERGED, successor="vksnd")
    play.office = replace(office, agencies={**seed, "hdnd": ended})
    play.go("2025-07-02 08:00")
    play.act("add_partner", by="btgdv", partner=("vksnd",))
    assert play.case.parties["partner"] == ("tand", "hdnd")
