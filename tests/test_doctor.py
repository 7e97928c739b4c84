"""What `doctor` finds in a real database, each thing broken and mended by hand."""

from __future__ import annotations

import json

import pytest

from tests.places import execute, rows
from tests.real import WHY, Real
from tests.support import ROOT

IN_A_HURRY = [("storage", setting) for setting in ("fsync", "synchronous_commit", "full_page_writes")]
"""What is rightly said of the server of these tests: it does not wait for its disk."""
STAFF = ("desk", "shop", "mill", "farm")


@pytest.fixture
def sound(place, tmp_path, capsys, monkeypatch, home):
    """Every agency has a leader and a focal point, the days off have their duty rosters, somebody sweeps."""
    real = Real(place, capsys, monkeypatch, rules=ROOT / "tests/rules/engine.yaml")
    rows = tmp_path / "truc.csv"
    for agency in STAFF:
        real(f"officer add {agency}1 --name F --agency {agency} --focal-point {WHY}")
        real(f"officer add {agency}2 --name L --agency {agency} --leader {WHY}")
        rows.write_text("day,login\n" + "".join(f"{day}/3/2026,{agency}1\n" for day in (7, 8, 14, 15)), "utf-8")
        real(f"officer roster {agency} --rows {rows} {WHY}")
    real("sweep")
    return real


def codes(real, exit_code):
    """The codes found, with what each is about."""
    code, out, _err = real.run("doctor --format json")
    found = [(one["code"], one["subject"]) for one in json.loads(out)]
    hurry = [one for one in found if one in IN_A_HURRY]
    assert code == (1 if hurry else exit_code)
    return [one for one in found if one not in hurry]


def test_a_sound_database_has_nothing_wrong(sound, kind):
    assert codes(sound, 0) == []
    if kind == "sqlite":
        assert sound("doctor") == "Nothing is wrong.\n"


def test_a_server_that_does_not_wait_for_its_disk_is_an_error(sound, kind):
    """db-24"""
    found = json.loads(sound.run("doctor --format json")[1])
    assert [(one["code"], one["subject"], one["level"]) for one in found] == [
        (*one, "error") for one in IN_A_HURRY if kind == "postgresql"
    ]


def test_each_agency_has_exactly_one_leader_in_charge(sound):
    sound(f"officer end shop2 --from 3/3 {WHY}")
    sound.at("2026-03-03 08:00")("sweep")
    assert codes(sound, 1) == [("no_leader", "shop")]
    assert "error no_leader: Shop has no leader in charge; enter who it is" in sound.run("doctor")[1]
    sound(f"officer add neu --name N --agency shop --leader {WHY}")
    assert codes(sound, 0) == []


def test_two_leaders_entered_behind_the_programs_back_are_found(sound):
    ((body,),) = rows(sound.db, "SELECT body FROM officers WHERE login = 'mill1'")
    two = body.replace(b'"focal_point":true', b'"leader":true,"focal_point":true')
    execute(sound.db, "UPDATE officers SET body = ? WHERE login = 'mill1'", two)
    assert codes(sound, 1) == [("several_leaders", "mill")]


def test_each_agency_has_a_focal_point_and_one_is_turned_to_first(sound):
    sound(f"officer add farm3 --name G --agency farm --focal-point {WHY}")
    sound(f"officer end farm1 --from 3/3 {WHY}")
    sound.at("2026-03-03 08:00")("sweep")
    assert ("first_contact", "farm") in codes(sound, 1)
    sound(f"officer end farm3 --from 4/3 {WHY}")
    sound.at("2026-03-04 08:00")("sweep")
    assert ("no_focal_point", "farm") in codes(sound, 1)


def test_the_leader_has_the_rank_the_plan_says(sound):
    sound(f"agency add hall --name Hall --leader-rank 'Phó Chủ tịch' {WHY}")
    sound(f"officer add h1 --name H --agency hall --focal-point {WHY}")
    sound(f"officer add h2 --name K --agency hall --leader --rank 'Chuyên viên' {WHY}")
    assert ("rank", "h2") in codes(sound, 0)
    sound(f"officer end h2 --from 3/3 {WHY}")
    sound(f"officer add h3 --name M --agency hall --leader --rank 'phó chủ tịch' --from 3/3 {WHY}")
    sound.at("2026-03-03 08:00")("sweep")
    assert not [found for found in codes(sound, 0) if found[0] == "rank"]


def test_announced_leave_has_a_deputy_who_is_there(sound):
    sound(f"officer away desk1 9/3..10/3 --deputy desk2 {WHY}")
    assert codes(sound, 0) == []
    sound(f"officer away desk2 10/3 --deputy desk1 {WHY}")
    assert codes(sound, 1) == [("no_deputy", "desk"), ("no_deputy", "desk")]
    assert "on 10/03/2026 nobody answers for the focal point of Desk" in sound.run("doctor")[1]
    sound(f"officer away desk2 10/3 --back {WHY}")
    assert codes(sound, 0) == []


def test_days_off_to_come_have_somebody_on_duty(sound):
    sound.at("2026-03-09 08:00")("sweep")
    assert codes(sound, 0) == [("no_duty", agency) for agency in sorted(STAFF)]


def test_an_agency_that_ended_in_the_middle_of_a_case_needs_a_successor(sound):
    sound.by("desk1")("open job --title X --size little --document 1/A:2/3 --day 20/3")
    sound.by("quantri")(f"agency end shop --from 3/3 {WHY}")
    sound.at("2026-03-03 08:00")("sweep")
    assert codes(sound, 1) == [("no_successor", "shop")]
    sound(f"agency merge shop --into mill {WHY}")
    assert codes(sound, 0) == []


def test_sixty_days_before_a_year_begins_its_days_off_should_be_decreed(sound):
    """time-09. The shipped calendar is decreed to the end of 2026."""
    assert ("not_decreed", "calendar") not in codes(sound.at("2026-11-01 08:00"), 1)
    assert ("not_decreed", "calendar") in codes(sound.at("2026-11-02 08:00"), 1)
    assert "the days off of 2027 are provisional" in sound.run("doctor")[1]
    assert ("not_decreed", "calendar") in codes(sound.at("2027-02-01 08:00"), 1)


def test_somebody_sweeps(sound):
    assert codes(sound.at("2026-03-02 08:59"), 0) == []
    assert codes(sound.at("2026-03-02 09:01"), 1) == [("sweep_silent", "sweep")]


def test_the_calendar_reaches_a_year_ahead(sound):
    sound.at("2028-01-10 08:00")("sweep --catch-up --yes")
    assert ("calendar", "calendar") in codes(sound, 0)
    sound.at("2028-11-10 08:00")("sweep --catch-up --yes")
    assert codes(sound, 1)[0] == ("calendar", "calendar")


@pytest.mark.sqlite_only("about the file itself")
def test_a_file_that_everybody_may_read_is_an_error(sound):
    sound.db.chmod(0o644)
    assert codes(sound, 1) == [("storage", "mode")]


def test_nobody_being_able_to_change_the_register_is_an_error(sound):
    execute(sound.db, "DELETE FROM officers WHERE login = 'quantri'")
    assert codes(sound.by("desk1"), 1) == [("no_administrator", "register")]


def test_a_practice_database_without_officers_is_asked_for_none(shell):
    found = shell.run("doctor --format json")[1]
    assert '"no_sweep"' in found
    assert '"no_leader"' not in found
