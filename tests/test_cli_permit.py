"""A foreign process from the shell: a municipal permit. It needs its YAML file and not one line of Python.

A statutory deadline (15 working days), a wait for the applicant that stops the clock, one extension,
silence that counts as consent.
"""

from __future__ import annotations

import pytest

from tests.shell import Shell
from tests.support import ROOT


@pytest.fixture
def shell(place, capsys):
    shell = Shell(place, capsys, rules=ROOT / "tests/rules/permit.yaml")
    shell.at("2022-03-01 09:00")
    shell("open permit --as desk --title 'House in the old town' --works house --document 7:1/3")
    return shell


def due(shell, name):
    return next(duty["due_at"] for duty in shell.json("show GP-1")["duties"] if duty["duty"] == name)


def test_the_decision_is_due_on_the_fifteenth_working_day(shell):
    assert due(shell, "decision@planning") == "2022-03-22T10:30:00Z"


def test_waiting_for_the_applicant_stops_the_clock_and_gives_the_time_back(shell):
    shell.at("2022-03-03 09:00")("advance GP-1 ask_applicant --as planning --missing 'a site plan' --document 8:3/3")
    waiting = shell.json("show GP-1")
    assert waiting["state"] == "waiting"
    assert waiting["suspended_since"] == "2022-03-03T02:00:00Z"
    assert {duty["duty"]: duty["status"] for duty in waiting["duties"]} == {
        "check@desk": "parked", "decision@planning": "parked", "supply@desk": "open",
    }  # fmt: skip
    shell.at("2022-03-10 09:00")("advance GP-1 supply --as desk --document 9:10/3")
    # five working days later the same hour: the decision is due five working days later too
    assert due(shell, "decision@planning") == "2022-03-29T10:30:00Z"
    assert shell.json("show GP-1")["state"] == "received"


def test_there_is_one_extension_and_no_second(shell):
    shell("extend GP-1 decision --for 10wd --as planning --reason 'The file is large'")
    assert due(shell, "decision@planning") == "2022-04-05T10:30:00Z"
    refused = shell.fails(1, "extend GP-1 decision --for 1wd --as planning --reason 'Again'")
    assert "already done 1 times" in refused


def test_silence_of_a_body_that_was_consulted_is_consent(shell):
    shell("advance GP-1 accept --as desk")
    shell("advance GP-1 consult --as planning --with consulted=fire")
    refused = shell.fails(1, "advance GP-1 grant --as planning --document 10:1/3")
    assert "still to be done first: opinion (Fire service)" in refused
    swept = shell.at("2022-03-10 17:30").json("sweep")
    assert swept["fired"] == 1
    assert shell.json("advance GP-1 grant --as planning --document 10:10/3")["state"] == "granted"


def test_an_applicant_who_never_answers_ends_the_case(shell):
    shell("advance GP-1 ask_applicant --as planning --missing 'a site plan' --document 8:1/3")
    shell.at("2022-03-31 23:59")
    assert shell.json("sweep")["fired"] == 0
    assert shell.at("2022-04-01 00:00").json("sweep")["fired"] == 1
    case = shell.json("show GP-1")
    assert (case["state"], case["final"]) == ("abandoned", True)


def test_a_late_decision_is_reported_and_the_mayor_is_told_without_ever_being_late(shell):
    for day in ("2022-03-03 17:30", "2022-03-04 17:30", "2022-03-21 07:30", "2022-03-22 17:30", "2022-03-24 17:30"):
        shell.at(day)("sweep")
    told = [event["duties"] for event in shell.json("history GP-1") if event["kind"] == "climbed"]
    assert len(told) >= 4
    stuck = shell.json("stuck --all")
    assert {row["duty"]: row["reason"] for row in stuck} == {
        "check@desk": "overdue", "decision@planning": "overdue",
    }  # fmt: skip


def test_its_screens_are_in_its_own_words(shell):
    shown = shell("show GP-1")
    assert "Building permit: received" in shown
    assert "decision (Planning office): due Tue 22/03/2022 17:30" in shown
    diagram = shell("rules diagram")
    assert "received --> examined: accept" in diagram
    assert "waiting --> received: supply" in diagram
