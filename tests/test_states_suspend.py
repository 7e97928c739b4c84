"""The clock of a whole case, stopped and running again: what is kept, what goes on, what ends it.

The matter of the shipped rules: opened on Monday 4 April 2022, 09:00; 11 April is the Hung Kings' day.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import datetime

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from states.case import Case, Counted
from states.commands import Command, Outcome
from states.deadline import lateness
from states.loader import load_rules
from states.ruleset import RESUME
from states.spans import days
from states.why import accounts
from tests.play import Play
from tests.support import ROOT, office_of
from tests.walks import walk

RULES = "escalation_rules.yaml"


@pytest.fixture
def matter() -> Play:
    """Notified to two partners, who owe an acknowledgement by the close of Wednesday 6 April."""
    play = Play(office_of(RULES), "matter", "2022-04-04 09:00")
    play.open("so_gtvt", area="land")
    play.act("notify", "btg", partner=("so_tnmt", "tand"))
    return play


@pytest.fixture
def stopped(matter: Play) -> Play:
    """Its clock stopped at 15:30 of that Monday, to be reviewed on the 29th."""
    matter.go("2022-04-04 15:30")
    matter.suspend("btg", "2022-04-29")
    return matter


def left_of(play: Play, id: str) -> int:
    """What a parked duty has left, in working seconds."""
    left = play.duty(id).left
    assert left is not None, f"the clock of {id} runs"
    return left.due


# ---- what it keeps ------------------------------------------------------------------------------


def test_a_suspension_parks_what_is_open_and_gives_it_back_to_the_second(stopped):
    """On Monday 15:30 there were two hours left of the day, and two days: 18 working hours."""
    duty = stopped.duty("acknowledge@tand")
    assert (duty.status, duty.left.due, duty.next_at) == ("parked", 18 * 3600, None)
    assert stopped.case.suspended_since == stopped.now
    stopped.go("2022-04-20 10:00")
    stopped.resume("btg")
    assert stopped.duty("acknowledge@tand").status == "open"
    assert stopped.due("acknowledge@tand") == "2022-04-22 14:00"
    assert stopped.case.suspended_since is None


def test_nobody_is_reminded_while_the_clock_stands(stopped):
    assert stopped.sweep_until("2022-04-29 17:29") == []


@pytest.fixture
def late(matter):
    """Acknowledging was due at the end of 6 April; the clock stood from 8 April 09:30 to 20 April 10:00."""
    matter.sweep_until("2022-04-08 09:30")
    matter.suspend("btg", "2022-04-29")
    matter.go("2022-04-20 10:00")
    matter.resume("btg")
    return matter


def test_what_was_late_stays_due_when_it_was_and_the_stop_is_no_part_of_its_lateness(late):
    """Mutants: the stop left out of `stood`; the due instant given back; seen failing."""
    duty, clock = late.duty("acknowledge@tand"), late.office.clock
    assert late.due("acknowledge@tand") == "2022-04-06 17:30"
    assert (duty.rung, duty.status) == (2, "open")
    assert lateness(duty, late.now, clock) == 10 * 3600  # Thursday, and Friday from 7:30 to 9:30
    late.go("2022-04-20 11:00")
    late.act("acknowledge", "tand")
    assert late.duty("acknowledge@tand").late_by == 11 * 3600


@pytest.mark.parametrize(
    ("on", "hours"), [("2022-04-06 16:00", 0), ("2022-04-07 09:00", 1.5), ("2022-04-12 09:00", 10)]
)
def test_what_was_done_before_or_in_the_stop_is_as_late_as_it_was_then(late, on, hours):
    late.act("acknowledge", "tand", on=on)
    assert late.duty("acknowledge@tand").late_by == hours * 3600


def test_every_stop_of_what_is_late_is_left_out(late):
    late.suspend("btg", "2022-05-31")
    late.go("2022-05-05 10:00")
    late.resume("btg")
    late.go("2022-05-05 10:30")
    duty = late.duty("acknowledge@tand")
    assert len(duty.stood) == 2
    assert lateness(duty, late.now, late.office.clock) == 10.5 * 3600


def test_an_extension_given_in_time_and_recorded_after_the_stop_gives_the_stop_back():
    """Given on the last day, it was not late when its clock stopped. Mutant: no `run_on`; seen failing."""
    late, known = (Play(office_of("tests/rules/engine.yaml"), "job", "2022-03-01 09:00") for _ in range(2))
    for play in (late, known):
        play.open("desk", size="big", day="2022-05-05", maker="mill")
        play.act("start", "desk")
        play.go("2022-03-08 16:00")
        if play is known:
            play.extend("make@mill", "desk", "3wd")
        play.go("2022-03-09 09:00")
        play.act("halt", "desk")
        play.go("2022-03-10 09:00")
        play.act("resume", "desk")
    assert late.due("make@mill") == "2022-03-08 17:30"
    late.extend("make@mill", "desk", "3wd", on="2022-03-08 16:00")
    assert late.due("make@mill") == known.due("make@mill") == "2022-03-14 17:30"
    assert late.duty("make@mill").stood == ()
    for play in (late, known):
        clocks = {play.office.calendar: play.office.clock}
        told = accounts(play.events, clocks)["make@mill"]
        assert told.due_at == play.duty("make@mill").due_at
        assert sum(span.counted for span in days(told, clocks, play.office.clock, play.now)) == 8 * 8 * 3600


@pytest.mark.parametrize("stopped", ["2022-03-03 09:00", "2022-03-20 09:00"])  # in time; late
def test_a_clock_set_back_while_it_stood_makes_nothing_due_sooner(stopped):
    """Found by the simulator: an extension brought the due date forward. Mutant: counted from where it was set back
    to; seen failing."""
    play = Play(office_of("tests/rules/engine.yaml"), "job", "2022-03-01 09:00")
    play.open("desk", size="big", day="2022-05-05", maker="mill")
    play.act("start", "desk")
    play.go(stopped)
    play.act("halt", "desk")
    play.go("2022-03-02 10:00")
    play.act("resume", "desk")
    assert play.due("make@mill") == "2022-03-08 17:30"
    play.extend("make@mill", "desk", "3wd")
    assert play.due("make@mill") == "2022-03-11 17:30"
    play.go("2022-03-12 09:00")
    assert lateness(play.duty("make@mill"), play.now, play.office.clock) == 0
    clocks = {play.office.calendar: play.office.clock}
    told = accounts(play.events, clocks)["make@mill"]
    assert told.due_at == play.duty("make@mill").due_at
    assert sum(span.counted for span in days(told, clocks, play.office.clock, play.now)) == 8 * 8 * 3600


def test_given_dates_run_on_and_climb(matter):
    """A referral with a date of its own is reminded of while everything else stands still."""
    matter.act("refer", "btg", referrals=[{"agency": "so_xd", "by": "2022-04-08", "title": "Thoát nước"}])
    matter.suspend("btg", "2022-04-29")
    assert matter.duty("referral@so_xd").status == "open"
    assert [e.told for e in matter.sweep_until("2022-04-08 23:00")] == [("so_xd",)]


# ---- what may be done meanwhile -----------------------------------------------------------------


def test_a_parked_duty_may_be_done_and_is_not_late(stopped):
    stopped.go("2022-04-20 10:00")
    stopped.act("acknowledge", "tand")
    assert (stopped.duty("acknowledge@tand").status, stopped.duty("acknowledge@tand").late_by) == ("done", 0)
    assert stopped.case.suspended_since is not None


def test_what_was_late_before_the_clock_stopped_was_late_by_as_much_when_it_is_done_meanwhile(matter):
    """Mutant: what is parked ends without lateness; seen failing."""
    matter.sweep_until("2022-04-08 09:30")
    late = matter.office.clock.between(matter.duty("acknowledge@tand").due_at, matter.now)
    matter.suspend("btg", "2022-04-29")
    matter.go("2022-04-12 10:00")
    matter.act("acknowledge", "tand")
    assert matter.duty("acknowledge@tand").late_by == late > 0
    assert matter.duty("acknowledge@so_tnmt").left.due == -late


def test_lateness_by_the_clock_is_told_in_working_time_too(matter):
    play = Play(matter.office, "matter", "2022-04-13 15:00")
    play.open("so_gtvt", area="land", urgent=True)
    assert play.due("notify@btg") == "2022-04-13 21:00"
    play.sweep_until("2022-04-14 09:00")
    late = play.office.clock.between(play.duty("notify@btg").due_at, play.now)
    play.suspend("btg", "2022-04-29")
    play.go("2022-04-18 10:00")
    play.act("notify", "btg", partner=("tand",))
    assert play.duty("notify@btg").late_by == late > 0


def test_what_is_asked_anew_waits_with_all_its_time(stopped):
    """Mutant: `Draft.open` not stopping; seen failing."""
    stopped.go("2022-04-05 08:00")
    stopped.act("add_partner", "btg", partner=("vksnd",))
    duty = stopped.duty("acknowledge@vksnd")
    assert (duty.status, duty.left.due) == ("parked", stopped.office.clock.between(stopped.now, duty.due_at))
    stopped.go("2022-04-20 08:00")
    stopped.resume("btg")
    assert stopped.due("acknowledge@vksnd") == "2022-04-22 17:30"


def test_whoever_takes_the_case_on_ends_the_suspension(stopped):
    stopped.go("2022-04-20 10:00")
    stopped.act("proceed", "btg")
    assert (stopped.case.state, stopped.case.suspended_since) == ("joint_plan", None)
    assert stopped.duty("resume@btg").status == "lapsed"
    assert stopped.duty("acknowledge@tand").status == "open"  # it lasts until the matter is resolved
    assert stopped.office.clock.between(stopped.now, stopped.duty("acknowledge@tand").due_at) == 18 * 3600
    assert stopped.duty("draft_plan@btg").status == "open"


def test_what_is_asked_by_the_act_that_lets_the_clock_run_is_counted_like_anything_else():
    """Found by the simulator: a newer calendar counted it in hours. Mutant: as if it had stood; seen failing."""
    play = Play(office_of(RULES), "matter", "2022-04-04 09:00")
    play.open("so_gtvt", area="land")
    play.suspend("btg", "2022-04-29")
    play.act("notify", "btg", partner=("tand",))
    play.undo("btg")
    play.go("2022-04-05 05:00")
    play.act("notify", "btg", partner=("tand",))
    duty = play.duty("acknowledge@tand.2")
    assert (duty.status, duty.counted) == ("open", Counted(start=play.now, take="2wd"))
    assert play.local(duty.due_at) == "2022-04-07 17:30"


def test_a_completion_takes_it_on_too_so_that_nothing_waits_for_a_clock_that_stands(stopped):
    stopped.go("2022-04-20 10:00")
    stopped.act("acknowledge", "tand")
    stopped.act("acknowledge", "so_tnmt")
    assert (stopped.case.state, stopped.case.suspended_since) == ("joint_plan", None)


def test_a_stopped_case_may_go_to_arbitration_and_come_back_to_its_time(stopped):
    """What was parked stays parked through the state that suspends. Mutant: parking it once more; seen failing."""
    stopped.act("proceed", "btg")
    stopped.go("2022-04-05 09:30")
    left = stopped.office.clock.between(stopped.now, stopped.duty("draft_plan@btg").due_at)
    stopped.suspend("btg", "2022-04-29")
    stopped.go("2022-04-12 09:00")
    stopped.act("escalate", "btg", question="?", position="a")
    assert (stopped.case.state, stopped.case.back_to) == ("arbitration", "joint_plan")
    assert stopped.duty("draft_plan@btg").left.due == left
    stopped.go("2022-04-14 09:00")
    stopped.act("uphold", "thuong_truc", direction="giữ")
    assert stopped.office.clock.between(stopped.now, stopped.duty("draft_plan@btg").due_at) == left
    assert stopped.case.suspended_since is None


# ---- nothing sleeps for ever --------------------------------------------------------------------


def test_the_day_of_review_is_a_duty_of_whoever_suspended_and_is_told_once(stopped):
    assert stopped.due("resume@btg") == "2022-04-29 17:30"
    (climbed,) = stopped.sweep_until("2022-07-01 00:00")
    assert (climbed.duty, climbed.told) == ("resume@btg", ("btg",))
    assert [(n.kind, n.agency) for n in stopped.notices if n.version == climbed.version] == [("climbed", "btg")]


def test_resuming_late_is_late(stopped):
    stopped.sweep_until("2022-05-04 09:30")
    stopped.resume("btg")
    assert (stopped.duty("resume@btg").status, stopped.duty("resume@btg").late_by) == ("done", 2 * 3600)


def test_whoever_takes_the_place_of_who_suspended_has_the_same_day_of_review():
    """Here the doer may suspend, and is then found to be wrongly named."""
    text = (ROOT / "tests/rules/small.yaml").read_text("utf-8")
    text = text.replace("suspend: {by: asker,", "mend: {by: asker}\n    suspend: {by: doer,")
    office = dataclasses.replace(office_of("tests/rules/small.yaml"), ruleset=load_rules(text, "small.yaml"))
    play = Play(office, "work", "2022-03-01 09:00")
    play.open("hall", kind="road", day="2022-03-20", year=2022)
    assert play.refused("suspend", "hall", "2022-03-15") == ["not_your_act"]
    play.suspend("mill", "2022-03-15")
    play.wait(days=2)
    play.assign("doer", "head", "hall")
    assert play.duty("resume@mill").status == "mistaken"
    assert play.due("resume@head") == "2022-03-15 17:30"
    assert left_of(play, "answer@head") == 22 * 3600 + 1800


# ---- who, how long, when not --------------------------------------------------------------------


def test_only_whom_the_rules_name_may_and_with_a_reason_and_not_for_longer(matter):
    assert matter.refused("suspend", "tand", "2022-04-29") == ["not_your_act"]
    assert matter.refused("suspend", "btg", "2022-04-29", reason=" ") == ["reason_required"]
    assert matter.refused("suspend", "btg", "2022-04-01") == ["in_past"]
    assert matter.refused("suspend", "btg", "2022-06-06") == ["too_long"]  # 60d end on Friday 3 June
    assert matter.refused("suspend", "btg", "một ngày nào đó") == ["wrong_type"]
    assert matter.refused("resume", "btg") == ["not_suspended"]
    matter.suspend("btg", "2022-06-03")
    assert matter.refused("resume", "tand") == ["not_your_act"]


def test_a_second_suspension_is_refused_until_the_first_has_ended(stopped):
    assert stopped.refused("suspend", "btg", "2022-05-10") == ["suspended"]
    stopped.resume("btg")
    stopped.suspend("btg", "2022-05-10")
    assert stopped.due("resume@btg.2") == "2022-05-10 17:30"


def test_in_a_state_that_suspends_the_clock_is_that_states_own(stopped):
    stopped.act("proceed", "btg")
    stopped.act("escalate", "btg", question="?", position="a")
    assert stopped.refused("suspend", "btg", "2022-04-29") == ["suspended"]
    assert stopped.refused("resume", "btg") == ["not_suspended"]


def test_a_case_that_has_ended_is_not_suspended(matter):
    matter.act("withdraw", "so_gtvt")
    assert matter.refused("suspend", "btg", "2022-04-29") == ["final"]


def test_rules_that_say_nothing_of_it_allow_no_suspension():
    play = Play(office_of("tests/rules/engine.yaml"), "job", "2022-03-01 09:00")
    play.open("desk", size="big", day="2022-03-20")
    assert play.refused("suspend", "desk", "2022-03-15") == ["not_suspendable"]


def test_the_parties_whose_clock_stops_or_runs_again_are_told(stopped):
    assert Counter((n.kind, n.agency) for n in stopped.notices if n.version == stopped.case.version) == Counter(
        {("moved", "tand"): 1, ("moved", "so_tnmt"): 1}
    )
    stopped.resume("btg")
    assert Counter((n.kind, n.agency) for n in stopped.notices if n.version == stopped.case.version) == Counter(
        {("moved", "tand"): 1, ("moved", "so_tnmt"): 1}
    )


# ---- mistakes -----------------------------------------------------------------------------------


def test_a_suspension_taken_back_has_never_been(matter):
    before = matter.case
    matter.suspend("btg", "2022-04-29")
    matter.wait(hours=1)
    matter.undo("btg")
    assert matter.case.suspended_since is None
    assert matter.duty("resume@btg").status == "mistaken"
    assert {d.id: d for d in matter.case.alive} == {d.id: d for d in before.alive}


def test_a_resumption_taken_back_leaves_the_clock_as_it_stood(stopped):
    before = stopped.case
    stopped.go("2022-04-20 10:00")
    stopped.resume("btg")
    stopped.wait(minutes=5)
    stopped.undo("btg")
    assert stopped.case.suspended_since == before.suspended_since
    assert {d.id: d for d in stopped.case.alive} == {d.id: d for d in before.alive}


def test_a_corrected_date_of_a_suspension_moves_no_clock(stopped):
    before = stopped.case.duties
    version = stopped.case.version
    stopped.wait(hours=1)
    stopped.correct(version, "btg", on="2022-04-04 15:00")
    assert stopped.case.duties == before


# ---- a property ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["matter", "small"])
@given(seed=st.integers(0, 2**32))
def test_over_every_walk_a_stopped_clock_stands_and_has_its_day_of_review(name, seed):
    """That the time comes back to the second is a property of all walks (test_states_walks).

    Mutants: a move that leaves the day of review open; a duty opened running while the clock stands; seen failing.
    """
    office = office_of("escalation_rules.yaml" if name == "matter" else "tests/rules/small.yaml")
    process = next(iter(office.ruleset.processes.values()))

    def check(case: Case, command: Command, outcome: Outcome, now: datetime) -> None:
        after = outcome.case
        event(f"{type(command).__name__}{' while it stood' if case.paused else ''}")
        assert after.paused == any(duty.name == RESUME for duty in after.alive)
        if after.paused:
            assert not [d.id for d in after.alive if d.status == "open" and d.unit]
            assert not after.final
        if case.paused and after.paused:
            parked = {d.id: d.left for d in case.alive if d.left is not None}
            corrected = outcome.events[:1] and outcome.events[0].kind == "corrected"
            assert corrected or all(after.duties[id].left in (None, left) for id, left in parked.items())
        elif case.paused:
            assert not [d.id for d in after.alive if d.status == "parked"] or after.back_to is not None

    walk(office, process, seed, 80, check)
