"""The documented JSON shapes: keys, their order, instants in UTC, codes instead of labels."""

from __future__ import annotations

import csv
import io
import re

import pytest

from tests.shell import Shell

CASE = (
    "case process title state version edition opened_at entered_at fields parties duties links suspended_since final"
).split()
DUTY = (
    "duty name agency about row status answer opened_at due_at next_at rung overdue late_by provisional extended nudged"
).split()
EVENT = (
    "case version kind trigger from to by officer recorded_by on at inputs"
    " document reason override files corrects channel duties hash"
).split()
STUCK = "case process title state agency duty due_at late_by rung reason since provisional".split()
OPTION = "trigger to allowed reasons inputs".split()
SWEEP = "due fired stale failed opened".split()
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture
def shell(place, capsys):
    shell = Shell(place, capsys)
    shell("open matter --as so_gtvt --title 'Đất đai' --area land --document 31/BC:1/4")
    return shell


def instants(value):
    """Every value that stands under a key that names an instant."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key.endswith("_at") or key in ("at", "on", "since", "suspended_since"):
                yield item
            yield from instants(item)
    elif isinstance(value, list):
        for item in value:
            yield from instants(item)


def test_a_case_has_the_documented_keys(shell):
    case = shell.json("show VV-1")
    assert list(case) == CASE
    assert [list(duty) for duty in case["duties"]] == [DUTY]
    assert case["parties"]["lead"] == ["btg"]
    assert case["duties"][0]["due_at"] == "2022-04-05T10:30:00Z"


def test_open_advance_extend_and_waive_answer_with_the_case_and_their_events(shell):
    opened = shell.json("open matter --as ubnd --title Khác --area land --document 2/BC:1/4")
    notified = shell.json("advance 1 notify --as btg --with partner=tand,vksnd")
    waived = shell.json("waive 1 acknowledge@tand --as btg --reason 'không liên quan'")
    acknowledged = shell.json("advance 1 acknowledge --as vksnd")
    extended = shell.json("extend 1 draft_plan --for 2wd --as btg --reason 'chờ số liệu'")
    for answer in (opened, notified, waived, acknowledged, extended):
        assert list(answer) == [*CASE, "events"]
        assert [list(event) for event in answer["events"]] == [EVENT] * len(answer["events"])
    assert [event["kind"] for event in acknowledged["events"]] == ["advanced", "advanced"]
    assert [event["by"] for event in acknowledged["events"]] == ["vksnd", None]
    assert [event["kind"] for event in (*opened["events"], *waived["events"], *extended["events"])] == [
        "opened", "waived", "extended",
    ]  # fmt: skip


def test_an_event_says_what_became_of_each_duty(shell):
    shell("advance 1 notify --as btg --with partner=tand")
    events = shell.json("history 1")
    assert [list(event) for event in events] == [EVENT, EVENT]
    assert events[1]["duties"] == [
        {"duty": "notify@btg", "change": "done", "due_at": None, "late_by": 0, "provisional": False},
        {
            "duty": "acknowledge@tand",
            "change": "opened",
            "due_at": "2022-04-06T10:30:00Z",
            "late_by": 0,
            "provisional": False,
        },
    ]
    assert events[0]["document"] == {"number": "31/BC", "dated": "2022-04-01"}
    assert [len(event["hash"]) for event in events] == [64, 64]


def test_inbox_and_overdue_are_duties_with_their_case(shell):
    shell.at("2022-04-06 09:00")
    (owed,) = shell.json("inbox --as btg")
    (late,) = shell.json("overdue")
    assert list(owed) == [*DUTY, "case", "title", "state"]
    assert owed == late
    assert late["late_by"] == 90 * 60  # working seconds: 17:30 yesterday to 9:00, offices open at 7:30
    assert late["overdue"] is True


def test_stuck_gives_each_case_with_its_reason(shell):
    shell.at("2022-04-06 09:00")
    (stuck,) = shell.json("stuck")
    assert list(stuck) == STUCK
    assert (stuck["reason"], stuck["agency"], stuck["since"]) == ("overdue", "btg", "2022-04-05T10:30:00Z")


def test_options_say_what_is_allowed_and_why_the_rest_is_not(shell):
    options = {option["trigger"]: option for option in shell.json("advance 1 --as btg")}
    assert {tuple(option) for option in options.values()} <= {tuple(OPTION), (*OPTION, "duty")}
    assert options["notify"] == {
        "trigger": "notify", "to": "notified", "allowed": True, "reasons": [], "inputs": ["partner"],
    }  # fmt: skip
    assert options["submit_plan"]["allowed"] is False
    assert [reason["code"] for reason in options["submit_plan"]["reasons"]] == ["wrong_state"]


def test_a_sweep_counts_and_names_what_failed(shell):
    assert shell.json("sweep") == {"due": 0, "fired": 0, "stale": 0, "failed": [], "opened": []}
    swept = shell.at("2022-04-06 09:00").json("sweep")
    assert list(swept) == SWEEP
    assert swept == {"due": 1, "fired": 1, "stale": 0, "failed": [], "opened": []}


def test_every_instant_is_in_utc(shell):
    shell.at("2022-04-06 09:00")
    shell("sweep")
    shown = [shell.json(typed) for typed in ("show 1", "history 1", "inbox --as btg", "stuck", "overdue", "find dat")]
    found = [at for at in instants(shown) if at is not None]
    assert len(found) > 15
    assert all(INSTANT.fullmatch(at) for at in found)


@pytest.mark.parametrize("typed", ["inbox --as btg", "overdue", "stuck", "find dat", "history 1", "board", "show 1"])
def test_csv_has_the_same_keys_and_a_line_for_each_record(shell, typed):
    shell.at("2022-04-06 09:00")
    records = shell.json(typed)
    records = records if isinstance(records, list) else [records]
    rows = list(csv.DictReader(io.StringIO(shell(f"{typed} --format csv"))))
    assert [list(row) for row in rows] == [list(record) for record in records]


@pytest.mark.parametrize("typed", ["inbox --as tand", "overdue", "stuck", "find zzz"])
def test_an_empty_list_is_an_empty_list(shell, typed):
    assert shell.json(typed) == []


def test_labels_never_reach_json(shell):
    shown = [shell.json(typed) for typed in ("show 1", "history 1", "stuck", "inbox --as btg")]
    shell.lang = "vi"
    assert [shell.json(typed) for typed in ("show 1", "history 1", "stuck", "inbox --as btg")] == shown
