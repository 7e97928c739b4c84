"""`rules migrate`: open cases are taken over to another edition, each by an `Amend`, and nothing else moves them."""

from __future__ import annotations

import copy
import dataclasses
import random
from functools import reduce

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from states.commands import Amend, Office
from states.decide import decide
from states.errors import Refused
from states.evolve import evolve
from states.loader import load_rules
from states.ruleset import Ruleset
from tests.places import rows
from tests.play import Play
from tests.shell import OPEN, PLAN
from tests.support import ROOT, calendar_vn, office_of, office_with
from tests.test_rules_diff import PATHS, mutant
from tests.test_rules_publish import RENAMES, changed
from tests.walks import walk

ACK = "within: [{when: urgent, take: 24h}, {take: 2wd}]"
NEW = "cao-bang-2022.2"


def without_tests(folder, *changes, name=NEW):
    """The shipped rules changed, without the tests that would have to be changed with them."""
    path = changed(folder, *changes, name=name)
    text = path.read_text("utf-8")
    path.write_text(text[: text.index("\ntests:\n")] + "\n", "utf-8")
    return path


SLOW = (ACK, "within: [{when: urgent, take: 24h}, {take: 4wd}]")
FAST = (ACK, "within: [{when: urgent, take: 24h}, {take: 1wd}]")


@pytest.fixture
def notified(shell):
    """A case in which two departments have to acknowledge by Wednesday."""
    case = shell.json(OPEN)["case"]
    shell(f"advance {case} notify --as btg --with partner=so_xd,so_tnmt")
    return case


def due(shell, case):
    return {duty["duty"]: duty["due_at"] for duty in shell.json(f"show {case}")["duties"] if duty["status"] == "open"}


def test_a_case_is_taken_over_and_only_what_the_rules_changed_moves(shell, notified, tmp_path):
    shell(f"rules publish {without_tests(tmp_path, SLOW)}")
    shown = shell(f"rules migrate {notified} --to {NEW} --dry-run")
    assert "2 due dates move" in shown
    assert "1 case can go, 0 cannot: 2 fall due later, 0 fall due sooner, 0 become overdue." in shown
    assert due(shell, notified)["acknowledge@so_xd"] == "2022-04-06T10:30:00Z"
    assert "1 case taken over." in shell(f"rules migrate {notified} --to {NEW} --yes --reason 'QĐ 2'")
    assert due(shell, notified) == dict.fromkeys(("acknowledge@so_xd", "acknowledge@so_tnmt"), "2022-04-08T10:30:00Z")
    kinds = [event["kind"] for event in shell.json(f"history {notified}")]
    assert kinds == ["opened", "advanced", "amended"]
    assert "taken over to another edition of the rules" in shell(f"history {notified}")
    told = shell(f"why {notified} acknowledge@so_xd")
    assert "due by the end of Fri 08/04" in told
    assert "taken over to other rules, 4 working days from" in told
    assert "every open case" not in shell(f"rules migrate {notified} --to {NEW} --yes")
    assert shell("audit verify")


def test_without_yes_nothing_is_moved_and_who_administers_nothing_moves_nothing(shell, notified, tmp_path):
    shell(f"rules publish {without_tests(tmp_path, SLOW)}")
    assert "say --yes" in shell.fails(2, f"rules migrate --to {NEW}")
    assert "no edition called none" in shell.fails(6, "rules migrate --to none --yes")
    assert shell.json("rules editions")[0]["open"] == 0


def test_a_shorter_time_makes_nobody_overdue_before_they_were_told(shell, notified, tmp_path):
    shell(f"rules publish {without_tests(tmp_path, FAST)}")
    shell.at("2022-04-06 09:00")
    counts = shell.json(f"rules migrate {notified} --to {NEW} --dry-run")
    assert (counts["later"], counts["sooner"], counts["overdue"]) == (0, 0, 0)
    shell.at("2022-04-04 10:00")
    shown = shell(f"rules diff cao-bang-2022.1 {NEW}")  # the case of the fixture too: it still owes `notify`
    assert "2 cases can go, 0 cannot: 0 fall due later, 2 fall due sooner, 0 become overdue." in shown
    counts = shell.json(f"rules migrate {notified} --to {NEW} --yes")
    assert (counts["later"], counts["sooner"], counts["overdue"]) == (0, 2, 0)
    assert counts["migrated"] == [notified]
    assert due(shell, notified)["acknowledge@so_xd"] == "2022-04-05T10:30:00Z"


def test_states_duties_and_fields_keep_what_they_hold_under_their_new_names(shell, notified, tmp_path):
    shell.at("2022-04-06 17:30")("sweep")  # rung 1
    shell(f"rules publish {without_tests(tmp_path, *RENAMES)}")
    assert "1 case taken over." in shell(f"rules migrate {notified} --to {NEW} --yes")
    case = shell.json(f"show {notified}")
    assert (case["state"], case["fields"]["subject"], "area" in case["fields"]) == ("told", "land", False)
    (duty, _other) = [one for one in case["duties"] if one["status"] == "open"]
    assert (duty["name"], duty["rung"], duty["due_at"]) == ("confirm", 1, "2022-04-06T10:30:00Z")
    assert "due by the end of Wed 06/04" in shell(f"why {notified} confirm@so_xd")
    shell.at("2022-04-07 17:30")("sweep")
    assert [one["rung"] for one in shell.json(f"show {notified}")["duties"] if one["name"] == "confirm"] == [2, 2]
    assert [n for (n,) in rows(shell.db, 'SELECT climb FROM climbs WHERE "case" = ? ORDER BY climb', notified)] == [
        1,
        1,
        2,
        2,
    ]
    shell("audit verify")
    assert shell(f"history {notified}")
    shell(f"advance {notified} acknowledge --as so_xd")
    said = shell.fails(1, f"correct {notified} 2 --on 4/4 --reason R --as btg")
    assert "the case was taken over to other rules since" in said


def test_a_case_that_the_new_rules_do_not_understand_stays_and_it_is_said_why(shell, notified, tmp_path):
    gone = [change for change in RENAMES if "renamed" not in change[1]]
    shell(f"rules publish {without_tests(tmp_path, *gone)}")
    out = shell.run(f"rules migrate {notified} --to {NEW} --yes")
    assert out[0] == 1
    assert f"  {notified}: the new rules have no state notified; the new rules do not know what is owed:" in out[1]
    assert "the new rules do not record area" in out[1]
    assert due(shell, notified)["acknowledge@so_xd"] == "2022-04-06T10:30:00Z"


def test_what_a_stopped_clock_had_left_and_its_climbs_survive(planning, tmp_path):
    planning(PLAN + ' --row measures "phase=before; agency=so_xd; by=29/4; title=X"')
    opened = planning.json("show 1")["duties"]
    assert any(duty["name"] == "agree_plan" for duty in opened)
    planning('advance 1 object --as tand --question "?" --position P')
    planning.at("2022-04-07 17:30")("sweep")
    before = planning.json("show 1")
    planning(f"rules publish {without_tests(tmp_path, SLOW)}")
    planning(f"rules migrate 1 --to {NEW} --yes")
    after = planning.json("show 1")
    assert after["edition"] != before["edition"]
    assert {k: v for k, v in after.items() if k not in ("edition", "version")} == {
        k: v for k, v in before.items() if k not in ("edition", "version")
    }


RULES = load_rules((ROOT / "escalation_rules.yaml").read_bytes(), "escalation_rules.yaml")


@given(st.integers(0, 10_000), st.sampled_from(PATHS), st.integers())
def test_no_edit_of_the_rules_moves_a_case_before_its_amend_and_that_only_where_they_differ(seed, path, dice):
    """P10."""
    office = office_of("escalation_rules.yaml")
    case = walk(office, office.ruleset.processes["matter"], seed, 25).case
    assert case is not None
    now = max([case.entered_at, *(d.opened_at for d in case.duties.values())])
    if case.final:
        return
    try:
        ruleset = msgspec.convert(mutant(path, random.Random(dice)), Ruleset)
    except msgspec.ValidationError:
        return
    new = Office(ruleset, "1" * 64, calendar_vn(), office.calendar, ruleset.agencies)
    try:
        outcome = decide(new, case, Amend(edition="1" * 64, old=office.ruleset), now)
    except (Refused, KeyError, ValueError):
        return  # a mutant may be rules that no checker would let through
    after = outcome.case
    assert after == reduce(evolve, outcome.events, case)
    assert after.edition == "1" * 64
    assert list(after.duties) == list(case.duties)
    for was, is_ in zip(case.duties.values(), after.duties.values(), strict=True):
        assert (is_.status, is_.climb, is_.rung, is_.left, is_.extended) == (
            was.status, was.climb, was.rung, was.left, was.extended
        )  # fmt: skip
        rules, before = (of.processes["matter"].duties for of in (ruleset, office.ruleset))
        same_rule = rules.get(was.name) == before[was.name]  # what has ended may be gone from the rules
        if not was.alive or (same_rule and ruleset.ladders == office.ruleset.ladders):
            assert is_ == was
        if is_.due_at < was.due_at:
            assert is_.due_at > now


def test_the_same_rules_under_another_name_change_nothing_but_the_edition():
    office = office_of("escalation_rules.yaml")
    for seed in range(40):
        case = walk(office, office.ruleset.processes["matter"], seed, 30).case
        if case is None or case.final:
            continue
        new = Office(RULES, "1" * 64, calendar_vn(), office.calendar, RULES.agencies)
        now = max([case.entered_at, *(d.opened_at for d in case.duties.values())])
        after = decide(new, case, Amend(edition="1" * 64, old=office.ruleset), now).case
        assert after == msgspec.structs.replace(case, edition="1" * 64, version=case.version + 1)


# ---- another ladder ------------------------------------------------------------------------------

MIDDLE = "      - {tell: [debtor.leader, lead], allow: 2wd}\n"
LAST = "      - {tell: [lead.leader], every: 5wd, times: 3, fires: report_needed}\n"
LONGER = "      - {tell: [lead.leader], allow: 1wd}\n      - {tell: [ubnd]}\n"
WARNING = "      - {tell: [debtor], warn: 4wh}\n"


@pytest.fixture
def planned():
    """The lead is to draft a plan by Wednesday 13/4/2022, one day off between; it is warned four hours before."""
    play = Play(office_of("escalation_rules.yaml"), "matter", "2022-04-05 08:00")
    play.open("so_gtvt", area="land")
    play.act("notify", "btg", partner=("tand",))
    play.act("acknowledge", "tand")
    assert play.due("draft_plan@btg") == "2022-04-13 17:30"
    return play


def taken_over(play: Play, *changes: tuple[str, str]) -> None:
    """The case goes over to the shipped rules with these changes."""
    text = (ROOT / "escalation_rules.yaml").read_text("utf-8")
    text = text[: text.index("\ntests:\n")] + "\n"
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    before = play.office.ruleset
    play.office = dataclasses.replace(play.office, ruleset=load_rules(text, "rules.yaml"))
    play.submit(Amend(edition="1" * 64, old=before))


def test_a_stop_of_what_is_late_no_more_under_the_new_rules_is_given_back(planned):
    """As if the new rules had held when the clock stopped. Mutant: the stop kept as one while late; seen failing."""
    longer = ("{when: urgent, take: 2wd}, {take: 5wd}], extend", "{when: urgent, take: 2wd}, {take: 10wd}], extend")
    dues = []
    for before in (True, False):
        play = copy.copy(planned)
        play.events = list(planned.events)
        if before:
            taken_over(play, longer)
        play.go("2022-04-14 09:30")
        play.suspend("btg", "2022-05-05")
        play.go("2022-04-20 09:30")
        play.resume("btg")
        if not before:
            assert len(play.duty("draft_plan@btg").stood) == 1
            taken_over(play, longer)
        duty = play.duty("draft_plan@btg")
        dues.append((play.due(duty.id), duty.stood))
    assert dues == [("2022-04-26 17:30", ()), ("2022-04-26 17:30", ())]


def test_a_stopped_clock_that_gets_a_ladder_without_a_warning_waits_for_its_due_instant(planned):
    """Mutant: a clock that runs again with the timer it had when it stopped; seen failing."""
    planned.suspend("btg", "2022-05-05")
    taken_over(planned, (WARNING, ""))
    planned.go("2022-04-18 08:00")
    planned.resume("btg")
    duty = planned.duty("draft_plan@btg")
    assert planned.due("draft_plan@btg") == "2022-04-25 17:30"
    assert (duty.step, duty.next_at) == (0, duty.due_at)


def test_a_duty_at_the_end_of_its_ladder_goes_on_with_the_rung_that_is_new(planned):
    """Mutant: a timer that ran out stays so; seen failing."""
    planned.sweep_until("2022-06-30 08:00")
    duty = planned.duty("draft_plan@btg")
    assert (duty.rung, duty.next_at) == (3, None)
    planned.go("2022-07-01 08:00")
    taken_over(planned, (MIDDLE + LAST, MIDDLE + LONGER))
    assert planned.local(planned.duty("draft_plan@btg").next_at) == "2022-07-04 17:30"
    (climbed,) = planned.sweep_until("2022-07-04 17:30")
    assert (climbed.told, planned.duty("draft_plan@btg").rung) == (("ubnd",), 4)


def test_a_stopped_clock_at_the_end_of_its_ladder_goes_on_with_the_rung_that_is_new(planned):
    planned.sweep_until("2022-06-30 08:00")
    planned.suspend("btg", "2022-07-29")
    planned.go("2022-07-01 08:00")
    taken_over(planned, (MIDDLE + LAST, MIDDLE + LONGER))
    planned.go("2022-07-14 08:00")
    planned.resume("btg")
    assert planned.local(planned.duty("draft_plan@btg").next_at) == "2022-07-15 17:30"


def test_a_ladder_that_became_shorter_than_the_rung_reached_climbs_no_more(planned):
    """Mutant: what a stopped clock had left to a rung that is gone; seen failing."""
    planned.sweep_until("2022-04-15 08:00")
    planned.suspend("btg", "2022-05-05")
    assert planned.duty("draft_plan@btg").left.next is not None
    taken_over(planned, (MIDDLE + LAST, "      - {tell: [lead]}\n"))
    planned.go("2022-04-18 08:00")
    planned.resume("btg")
    assert planned.duty("draft_plan@btg").next_at is None


# ---- cases that would hang -----------------------------------------------------------------------

SMALL = """
edition: court-1
title: {vi: Quy tắc, en: Rules}
calendar: vn
agencies:
  desk: {name: {vi: Bàn, en: Desk}, focal_points: [V]}
  hall: {name: {vi: Toà, en: Hall}, focal_points: [V]}
ladders:
  plain: {source: local choice, rungs: [{tell: [hall]}]}
choices:
  kinds: {road: {label: {vi: Đường, en: Road}, judge: hall}, pipe: {label: {vi: Ống, en: Pipe}, judge: hall}}
processes:
  job:
    prefix: JB
    label: {vi: Việc, en: Job}
    alias: viec
    source: local choice
    capacities:
      asker: {one: any, label: {vi: Bên hỏi, en: Asker}, alias: hoi}
    fields:
      note: {text: 100, label: {vi: Ghi chú, en: Note}, alias: ghi-chu}
    initial: sent
    states:
      sent:   {label: {vi: Gửi, en: Sent}, duties: [look]}
      heard:  {label: {vi: Nghe, en: Heard}, duties: [hear]}
      closed: {label: {vi: Xong, en: Closed}, final: true}
    duties:
      look: {owed_by: asker, within: 3wd, ladder: plain, label: {vi: Xem, en: Look}, alias: xem, source: local choice}
      hear: {owed_by: asker, within: 3wd, ladder: plain, label: {vi: Nghe, en: Hear}, alias: nghe, source: local choice}
    transitions:
      - {trigger: open, by: asker, takes: [note], label: {vi: Mở, en: Open}, alias: mo, source: local choice}
      - {trigger: again, from: sent, by: asker, inputs: [note], times: 2, label: {vi: Lại, en: Again}, alias: lai, source: local choice}
      - {trigger: look, from: sent, to: heard, by: asker, discharges: [look], label: {vi: Xem, en: Look}, alias: xem, source: local choice}
      - {trigger: hear, from: heard, to: closed, by: asker, discharges: [hear], label: {vi: Nghe, en: Hear}, alias: nghe, source: local choice}
"""  # noqa: E501
JUDGE = ("      asker: {", "      judge: {one: hall, label: {vi: Chủ toạ, en: Judge}, alias: chu-toa}\n      asker: {")
BY_JUDGE = (
    ("hear: {owed_by: asker", "hear: {owed_by: judge"),
    ("to: closed, by: asker", "to: closed, by: judge"),
)
NAMED = (JUDGE[0], JUDGE[1].replace("one: hall", "one: any"))
KIND = (
    "      note: {",
    "      kind: {choice: kinds, required: true, label: {vi: Loại, en: Kind}, alias: loai}\n      note: {",
)
ENDS = (
    "      note: {",
    "      ends_on: {date: true, required: true, label: {vi: Hạn, en: Ends on}, alias: han}\n      note: {",
)
CHECK = "label: {vi: Rà, en: Check}, alias: ra, source: local choice}\n"
CHECKS = (
    ("      look: {", "      check: {owed_by: asker, within: 3wd, ladder: plain, " + CHECK + "      look: {"),
    (
        "      - {trigger: hear",
        "      - {trigger: check, from: sent, by: asker, discharges: [check], " + CHECK + "      - {trigger: hear",
    ),
)
CHECKED = (
    *CHECKS,
    ("duties: [look]", "duties: [look, check]"),
    ("discharges: [look]", "settled: [check], discharges: [look]"),
)
LATER = (*CHECKS, ("check: {owed_by: asker,", "check: {owed_by: asker, opens_on: [again],"))
RENAMED = (
    ("trigger: again,", "trigger: repeat,"),
    ("    capacities:", "    renamed: {triggers: {again: repeat}}\n    capacities:"),
)


def small(*changes: tuple[str, str]) -> Ruleset:
    text = SMALL
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return load_rules(text, "court.yaml")


@pytest.fixture
def job():
    play = Play(office_with(small()), "job", "2022-04-05 08:00")
    play.open("desk", None)
    return play


def goes_over(play: Play, *changes: tuple[str, str]) -> list[str]:
    """Why the case cannot go over to the small rules with these changes; nothing where it did."""
    edition = f"{len(play.events):064}"
    before, play.office = play.office.ruleset, office_with(small(*changes), edition)
    try:
        play.submit(Amend(edition=edition, old=before))
    except Refused as refused:
        play.office = office_with(before)
        return [reason.code for reason in refused.reasons]
    return []


def test_a_duty_that_becomes_due_by_a_date_the_case_does_not_have_keeps_it_under_its_rules(job):
    by_date = ("look: {owed_by: asker, within: 3wd", "look: {owed_by: asker, by: ends_on")
    assert goes_over(job, ENDS, by_date) == ["not_recorded"]


def test_whom_only_the_new_rules_fix_is_named_when_a_case_is_taken_over(job):
    assert goes_over(job, JUDGE, *BY_JUDGE) == []
    assert job.events[-1].parties == {"judge": ("hall",)}
    job.act("look", "desk", document=None)
    job.act("hear", "hall", document=None)
    assert job.case == reduce(evolve, job.events, None)
    assert job.case.final


def test_a_case_without_the_agency_that_the_new_rules_have_named_at_the_opening_stays(job):
    inputs = ("by: asker, takes: [note]", "by: asker, inputs: [judge], takes: [note]")
    assert goes_over(job, NAMED, inputs, *BY_JUDGE) == ["nobody_named"]
    competent = (NAMED[0], NAMED[1].replace("one: any", "one: any, default: kind.judge"))
    assert goes_over(job, competent, KIND, *BY_JUDGE) == ["nobody_named"]


def test_a_case_without_what_every_new_one_records_stays_only_where_something_reads_it(job):
    assert goes_over(job, KIND) == []
    assert goes_over(job, ENDS, ("hear: {owed_by: asker, within: 3wd", "hear: {owed_by: asker, by: ends_on")) == [
        "not_recorded"
    ]
    told_apart = (
        "within: 3wd, ladder: plain, label: {vi: Nghe",
        "within: [{when: {kind: road}, take: 1wd}, {take: 3wd}], ladder: plain, label: {vi: Nghe",
    )
    assert goes_over(job, KIND, told_apart) == ["not_recorded"]


def test_a_case_that_was_never_asked_for_what_its_state_asks_now_stays_until_it_has_left_it(job):
    assert goes_over(job, *CHECKED) == ["not_asked"]
    job.act("look", "desk", document=None)
    assert goes_over(job, *CHECKED) == []


def test_a_case_that_did_what_now_opens_a_duty_stays(job):
    job.act("again", "desk", document=None, note="x")
    assert goes_over(job, *LATER) == ["not_asked"]
    job.act("look", "desk", document=None)
    assert goes_over(job, *LATER) == []


def test_a_case_that_has_not_done_yet_what_now_opens_a_duty_goes(job):
    assert goes_over(job, *LATER) == []


def test_a_case_for_which_all_is_done_that_the_new_rules_wait_for_stays(job):
    looked = ("trigger: look, from: sent, to: heard", "trigger: look, from: sent")
    on = "{trigger: on, from: sent, to: heard, by: system, after: [look, check], label: {vi: Qua, en: On}, alias: qua,"
    both = (
        *CHECKS,
        CHECKED[2],
        looked,
        ("      - {trigger: hear", f"      - {on} source: local choice}}\n      - {{trigger: hear"),
    )
    job.office = office_with(small(*both))
    job.case_or_none, job.events = None, []
    job.open("desk", None)
    job.act("look", "desk", document=None)
    assert goes_over(job, *both, ("after: [look, check]", "after: [look]")) == ["passed"]
    job.act("check", "desk", document=None)
    assert goes_over(job, *both, ("after: [look, check]", "after: [look]")) == []


def test_how_often_a_renamed_trigger_was_fired_is_still_counted(job):
    for _ in range(2):
        job.act("again", "desk", document=None, note="x")
    assert goes_over(job, *RENAMED) == []
    assert job.case.taken["repeat"] == 2
    assert job.refused("repeat", by="desk", document=None, note="x") == ["times"]
    assert job.case == reduce(evolve, job.events, None)
