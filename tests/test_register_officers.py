"""Officers by hand: taking office, leave, duty rosters, and what a ladder finds when it calls."""

from __future__ import annotations

import pytest

WHY = "--reason 'QĐ 1'"


@pytest.fixture
def staffed(shell):
    """The lead has a first contact and a leader since January."""
    shell(f"officer add lan --name 'Nguyễn Thị Lan' --agency btg --focal-point --from 3/1 {WHY}")
    shell(f"officer add nam --name 'Hoàng Văn Nam' --agency btg --leader --rank 'Phó Trưởng ban' --from 3/1 {WHY}")
    return shell


def test_the_first_focal_point_of_an_agency_is_its_first_contact(staffed):
    staffed(f"officer add hoa --name Hoa --agency btg --focal-point {WHY}")
    listed = {one["login"]: one["first_contact"] for one in staffed.json("officer list --agency btg")}
    assert listed == {"lan": True, "nam": False, "hoa": False}


def test_an_agency_has_one_leader_at_a_time_and_the_next_takes_office_the_day_the_last_leaves_it(staffed):
    add = f"officer add minh --name Minh --agency btg --leader --from 1/3/2023 {WHY}"
    assert "btg has a leader in charge already: Hoàng Văn Nam" in staffed.fails(4, add)
    staffed(f"officer end nam --from 1/3/2023 {WHY}")
    staffed(add)

    def leader(day):
        return [one["login"] for one in staffed.json(f"officer list --agency btg --on {day}") if one["leader"]]

    assert (leader("28/2/2023"), leader("1/3/2023")) == (["nam"], ["minh"])


def test_who_is_away_is_answered_for_and_the_list_says_by_whom(staffed):
    staffed(f"officer away lan 4/4..6/4 --deputy nam {WHY}")
    assert "away to 06/04/2022: nam answers" in staffed("officer list")
    assert staffed.at("2022-04-07 08:00").json("officer list --agency btg")[1]["answered_for_by"] is None
    staffed.at("2022-04-05 08:00")(f"officer away lan 5/4..6/4 --back {WHY}")
    assert staffed.json("officer list --agency btg")[1]["answered_for_by"] is None


def test_a_duty_roster_comes_from_a_file(staffed, tmp_path):
    (tmp_path / "truc.csv").write_text("day,login\n30/4/2022,lan\n1/5/2022,nam\n", "utf-8")
    said = staffed(f"officer roster btg --rows {tmp_path / 'truc.csv'} {WHY}")
    assert "lan is on duty on 30/04/2022" in said
    assert "nam is on duty on 01/05/2022" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "day,login\n30/4/2022,lan\n31/4/2022,lan\n,lan\n1/5/2022\n",
            ["3 problems in truc.csv", "truc.csv, line 3: DATE: "],
        ),
        (f"day,login\n30/4/2022,{'x' * 140_000}\n", ["truc.csv, line 2: field larger than field limit"]),
        ("day,login\n" + "30/4/2022,lan\n" * 80_000, ["truc.csv is larger than 1000000 bytes"]),
        ("day,login\n", ["a roster has the columns day and login, and a line for each day"]),
        ("day;login\n30/4/2022;lan\n", ["columns are divided by commas"]),
        ("day,name\n30/4/2022,lan\n", ["truc.csv, line 1: there is no column name"]),
    ],
    ids=["each fault with its line", "a long cell", "a long file", "no line", "semicolons", "another column"],
)
def test_a_roster_that_is_wrong_is_refused_whole(staffed, tmp_path, content, said):
    (tmp_path / "truc.csv").write_text(content, "utf-8")
    before = staffed.written()
    err = staffed.fails(2, f"officer roster btg --rows {tmp_path / 'truc.csv'} {WHY}")
    assert all(words in err for words in said)
    assert staffed.written() == before


def test_a_rung_that_reaches_nobody_makes_the_case_stuck(staffed):
    staffed(f"officer end lan --from 4/4 {WHY}")
    staffed.at("2022-04-12 08:00")("sweep")
    assert "nobody there: " in staffed("history 1")
    assert "unreachable" in {one["reason"] for one in staffed.json("stuck --all")}


@pytest.mark.parametrize(
    ("code", "typed", "said"),
    [
        (2, "officer add a --name A", "--reason"),
        (2, "officer add a --agency btg --reason R", "--name"),
        (2, "officer add a --name A --reason R", "an officer acts for an agency: --agency AGENCY"),
        (4, "officer add lan --name Lan --agency tand --reason R", "lan is in office already"),
        (4, "officer add b --name B --agency btg --first-contact --reason R", "btg has a first contact already"),
        (2, "officer end nobody --reason R", "nobody is not in office"),
        (2, "officer end lan --from 3/1/2022 --reason R", "lan takes office on 03/01/2022: it ends later"),
        (2, "officer away lan 6/4..5/4 --deputy nam --reason R", "a leave ends on the day it begins, or later"),
        (2, "officer away lan 5/4 --reason R", "say who answers meanwhile"),
        (2, "officer away lan 5/4 --deputy lan --reason R", "a deputy is somebody else of the same agency"),
        (2, "officer away lan 5/4 --deputy nobody --reason R", "nobody is not in office on 05/04/2022"),
        (2, "officer roster tand 30/4 lan --reason R", "lan is not of tand"),
        (2, "officer roster btg --reason R", "give a day and a login, or a file with --rows"),
        (6, "officer roster btg --rows none.csv --reason R", "cannot read"),
        (2, "away 5/4 --deputy nam", "is not in office on 05/04/2022"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(staffed, code, typed, said):
    before = staffed.json("officer list --all")
    assert said in staffed.fails(code, typed)
    assert staffed.json("officer list --all") == before
