"""The engine, sentence by sentence, on a process made for it (tests/rules/engine.yaml).

Day one is Tuesday 1 March 2022; the office is open 07:30-11:30 and 13:30-17:30, local time.
"""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from states.commands import Amend
from states.errors import Refused
from states.ladder import waits_for_calendar
from states.options import options
from states.worktime import WorkTime
from tests.play import Play
from tests.support import office_of

EARLY = {"phase": "early", "agency": "shop", "by": "2022-03-10"}
FARM = {"phase": "early", "agency": "farm", "by": "2022-03-11"}


@pytest.fixture
def job() -> Play:
    """An ordered job: the mill makes it, the shop helps."""
    play = Play(office_of("tests/rules/engine.yaml"), "job", "2022-03-01 09:00")
    play.open("desk", size="big", day="2022-03-20", helper=["shop"])
    return play


@pytest.fixture
def making(job: Play) -> Play:
    job.act("start", "desk")
    return job


# ---- opening ------------------------------------------------------------------------------------


def test_whoever_opens_fills_the_capacity_and_competence_comes_from_the_choice(job):
    assert job.case.parties == {"desk": ("desk",), "maker": ("mill",), "helper": ("shop",)}


def test_a_named_agency_wins_over_the_default(job):
    play = Play(job.office, "job", "2022-03-01 09:00")
    play.open("desk", size="big", day="2022-03-20", maker="farm")
    assert play.case.parties["maker"] == ("farm",)


def test_given_fields_are_set_before_the_opening_rule_is_chosen(job):
    play = Play(job.office, "job", "2022-03-01 09:00")
    assert play.refused("open", "desk", size="big", day="2022-03-20", rush=True) == ["field_required"]
    play.open("desk", document=None, size="big", day="2022-03-20", rush=True, note="gọi")
    assert play.case.taken == {"open": 1}
    assert play.due("accept@mill") == "2022-03-01 15:00"


def test_every_fault_of_an_opening_is_told_at_once(job):
    play = Play(job.office, "job", "2022-03-01 09:00")
    assert sorted(play.refused("open", "desk", document=None, size="huge", nonsense=1)) == [
        "document_required", "field_required", "not_a_choice", "unknown_field",
    ]  # fmt: skip


def test_a_stranger_opens_nothing_and_a_case_needs_a_title(job):
    play = Play(job.office, "job", "2022-03-01 09:00")
    assert play.refused("open", "mill", size="big", day="2022-03-20") == ["not_your_act"]
    assert play.refused("open", "desk", title=" ", size="big", day="2022-03-20") == ["title"]
    assert play.refused("open", "desk", title="x" * 301, size="big", day="2022-03-20") == ["title"]


def test_a_deadline_outside_the_calendar_is_refused_never_guessed(job):
    play = Play(job.office, "job", "2022-03-01 09:00")
    play.open("desk", size="big", day="2031-01-01")
    assert play.refused("start", "desk") == ["beyond_calendar"]


# ---- who may do what ----------------------------------------------------------------------------


def test_a_refusal_says_who_may(job):
    with pytest.raises(Refused) as refused:
        job.act("start", "shop")
    (reason,) = refused.value.reasons
    assert (reason.code, reason.values["capacities"]) == ("not_your_act", ["desk"])


def test_what_belongs_to_another_state_or_to_nobody_is_named_so(job):
    assert job.refused("finish", "mill") == ["wrong_state"]
    assert job.refused("dance", "mill") == ["unknown_trigger"]
    assert job.refused("begin", "desk") == ["automatic"]


def test_an_agency_discharges_only_its_own_vote(making):
    making.act("ask", "desk")
    making.act("yea", "shop")
    assert making.owed == {"accept@mill", "make@mill", "deliver@mill", "vote@mill"}
    assert making.refused("yea", "shop") == ["nothing_owed"]
    assert making.duty("vote@shop").answer == "yea"


def test_only_what_is_asked_for_is_recorded(making):
    assert making.refused("ask", "desk", note="x") == ["not_taken"]
    making.act("ask", "desk")
    assert making.refused("nay", "shop") == ["field_required"]
    assert making.refused("nay", "shop", view="x" * 21) == ["too_long"]


def test_a_named_agency_must_be_among_those_invited(making):
    assert making.refused("include", "desk", helper=["farm"]) == ["not_included"]
    making.act("include", "desk", helper=["mill"])
    assert making.case.parties["helper"] == ("shop", "mill")


def test_a_rule_is_bounded_by_its_times(making):
    for _ in range(3):
        making.act("ask", "desk")
    assert making.refused("ask", "desk") == ["times"]


def test_a_case_that_has_ended_takes_nothing_more(job):
    job.act("drop", "desk")
    assert job.case.final
    assert job.owed == set()
    assert job.refused("start", "desk") == ["final"]


def test_options_say_what_an_agency_can_do_and_why_not_the_rest(making):
    making.act("ask", "desk")
    found = {o.trigger: o for o in options(making.office, making.case, "mill", making.now)}
    assert {name for name, o in found.items() if o.allowed} == {"accept", "yea", "nay"}
    assert [r.code for r in found["finish"].reasons] == ["not_settled"]
    assert found["nay"].inputs == ("view",)
    assert "begin" not in found


# ---- duties -------------------------------------------------------------------------------------


def test_due_dates_follow_the_working_calendar(making):
    assert making.due("accept@mill") == "2022-03-03 17:30"  # two working days after Tuesday
    assert making.due("make@mill") == "2022-03-08 17:30"
    assert making.due("deliver@mill") == "2022-03-21 17:30"  # 20 March is a Sunday


def test_a_date_already_past_waits_at_least_what_the_rule_says(job):
    play = Play(job.office, "job", "2022-03-01 09:00")
    play.open("desk", size="big", day="2022-02-01")
    play.act("start", "desk")
    assert play.due("deliver@mill") == "2022-03-02 17:30"


def test_leaving_a_state_lapses_its_duties_but_not_those_that_last(making):
    assert "accept@mill" in making.owed  # lasts until made
    making.act("accept", "mill")
    making.act("finish", "mill")
    assert making.duty("deliver@mill").status == "lapsed"
    assert making.owed == {"thank@shop"}


def test_lateness_is_judged_in_working_time(making):
    making.go("2022-03-09 09:30")
    making.act("finish", "mill")
    assert making.duty("make@mill").late_by == 2 * 3600  # due at the close of the 8th


def test_a_newcomer_owes_what_its_kind_was_asked_since_the_state_was_entered(making):
    making.act("ask", "desk")
    making.go("2022-03-02 09:00")
    making.act("call", "desk", helper=["farm"])
    assert making.due("vote@farm") == "2022-03-02 15:00"
    assert making.due("vote@shop") == "2022-03-01 15:00"


def test_a_newcomer_is_not_asked_what_was_never_asked(making):
    making.act("call", "desk", helper=["farm"])
    assert "vote@farm" not in making.owed


def test_asking_again_asks_everybody_anew(making):
    making.act("ask", "desk")
    making.act("yea", "shop")
    making.act("ask", "desk")
    assert making.owed >= {"vote@shop.2", "vote@mill.2"}
    assert making.duty("vote@mill").status == "lapsed"
    assert making.duty("vote@shop").status == "done"


def test_replacing_the_holder_passes_its_duties_on_afresh(making):
    making.act("ask", "desk")
    making.go("2022-03-02 09:00")
    making.act("pass_on", "desk", maker="farm")
    assert making.owed == {"accept@farm", "make@farm", "deliver@farm", "vote@farm", "vote@shop"}
    assert making.due("make@farm") == "2022-03-09 17:30"
    assert making.duty("make@mill").status == "lapsed"


def test_a_replaced_holder_still_owes_what_it_owes_in_another_capacity(making):
    making.act("call", "desk", helper=["mill"])
    making.act("ask", "desk")
    making.act("pass_on", "desk", maker="farm")
    assert {"vote@mill", "vote@farm"} <= making.owed


def test_each_row_is_a_duty_and_a_row_already_asked_is_not_asked_again(making):
    making.act("plan", "desk", parts=[EARLY, FARM, {**EARLY, "phase": "late"}])
    assert {d for d in making.owed if d.startswith("part")} == {"part@shop", "part@farm"}
    making.act("part_done", "shop")
    making.act("plan", "desk", parts=[EARLY, {**FARM, "by": "2022-03-15"}])
    assert {d for d in making.owed if d.startswith("part")} == {"part@farm.2"}
    assert making.duty("part@farm").status == "lapsed"
    assert making.duty("part@shop").status == "done"


def test_two_rows_alike_are_two_duties_and_the_actor_says_which(making):
    making.act("plan", "desk", parts=[EARLY, EARLY])
    assert making.refused("part_done", "shop") == ["which_duty"]
    making.act("part_done", "shop", duty="part@shop")  # an id wins over the short form of part@shop.2
    assert {d for d in making.owed if d.startswith("part")} == {"part@shop.2"}


def test_a_position_is_kept_per_agency_and_an_objection_is_about_its_objector(making):
    making.act("ask", "desk")
    making.act("nay", "shop", view="không")
    making.act("nay", "mill", view="chưa")
    assert making.case.fields["view"] == {"shop": "không", "mill": "chưa"}
    assert [(d.id, d.about) for d in making.case.alive if d.name == "hear"] == [
        ("hear@desk", "shop"),
        ("hear@desk.2", "mill"),
    ]
    making.act("soothe", "mill")
    assert making.owed >= {"hear@desk"}
    assert "hear@desk.2" not in making.owed


def test_all_of_a_kind_close_at_once(making):
    making.act("ask", "desk")
    making.act("nay", "shop", view="không")
    making.act("nay", "mill", view="chưa")
    making.act("hush", "desk")
    assert not {d for d in making.owed if d.startswith("hear")}


def test_what_must_be_settled_first_is_named(making):
    making.act("ask", "desk")
    with pytest.raises(Refused) as refused:
        making.act("finish", "mill")
    (reason,) = refused.value.reasons
    assert (reason.code, reason.values["duties"]) == ("not_settled", ["vote@shop", "vote@mill"])


# ---- completions --------------------------------------------------------------------------------


def test_the_last_duty_done_moves_the_case_in_the_same_command(job):
    events = job.act("accept", "mill")
    assert [(e.trigger, e.version, e.to) for e in events] == [("accept", 2, None), ("begin", 3, "making")]
    assert events[1].by is None


def test_a_waiver_completes_as_a_done_duty_does(making):
    making.act("accept", "mill")
    making.act("finish", "mill")
    making.act("thank", "shop")
    assert making.case.state == "done"


# ---- suspension ---------------------------------------------------------------------------------


def test_suspending_parks_what_is_counted_and_lets_a_given_date_run_on(making):
    making.act("ask", "desk")
    making.go("2022-03-02 09:30")
    making.act("halt", "desk")
    assert making.duty("make@mill").status == "parked"
    assert making.duty("deliver@mill").status == "open"
    assert making.duty("vote@mill").status == "lapsed"  # the rule says so
    assert making.case.suspended_since == making.at("2022-03-02 09:30")


def test_going_back_gives_the_time_back_and_opens_nothing_again(making):
    making.go("2022-03-02 09:30")
    making.act("halt", "desk")
    making.go("2022-03-07 14:30")
    making.act("resume", "desk")
    assert making.due("make@mill") == "2022-03-14 10:30"  # 6 + 4 * 8 office hours were left
    assert making.owed == {"accept@mill", "make@mill", "deliver@mill"}
    assert making.case.suspended_since is None


def test_naming_the_state_instead_starts_what_had_ended_again(making):
    making.waive("deliver@mill", "desk")
    making.act("halt", "desk")
    making.act("again", "desk")
    assert making.owed == {"accept@mill", "make@mill", "deliver@mill.2"}


def test_a_holder_replaced_while_the_case_stands_still_starts_with_a_stopped_clock(making):
    making.act("halt", "desk")
    making.act("pass_on", "desk", maker="farm")
    assert making.duty("make@farm").status == "parked"
    making.go("2022-03-08 08:00")
    making.act("resume", "desk")
    assert making.duty("make@farm").status == "open"


def test_a_parked_duty_may_be_discharged_but_not_extended(making):
    making.act("halt", "desk")
    assert making.refused("extend", "make@mill", "desk", "1wd") == ["parked"]


# ---- ladders ------------------------------------------------------------------------------------


def test_a_ladder_warns_tells_climbs_repeats_and_fires_at_the_end(job):
    told = [(job.local(e.at), e.told) for e in job.sweep_until("2022-03-20 00:00") if e.kind == "climbed"]
    assert told == [
        ("2022-03-03 13:30", ("mill",)),
        ("2022-03-03 17:30", ("mill",)),
        ("2022-03-04 17:30", ("desk",)),
        ("2022-03-07 17:30", ("desk.leader",)),
        ("2022-03-09 17:30", ("desk.leader",)),
        ("2022-03-11 17:30", ("desk.leader",)),
        ("2022-03-11 20:30", ()),  # the timer the alarm started
    ]
    assert [e.trigger for e in job.events if e.kind == "advanced"] == ["alarm", "too_late"]
    assert job.case.state == "dropped"


def test_a_warning_does_not_count_as_a_rung_and_a_climb_is_counted_once(job):
    job.sweep_until("2022-03-03 14:00")
    assert (job.duty("accept@mill").climb, job.duty("accept@mill").rung) == (1, 0)
    job.sweep_until("2022-03-04 08:00")
    assert (job.duty("accept@mill").climb, job.duty("accept@mill").rung) == (2, 1)


def test_after_an_outage_a_duty_climbs_one_rung_a_sweep_and_time_counts_from_the_climb(job):
    job.go("2022-03-16 10:00")
    (climb,) = job.sweep()
    assert (climb.told, job.local(climb.due_at)) == (("mill",), "2022-03-03 13:30")  # no warning after the fact
    assert job.sweep() == []
    assert job.local(job.duty("accept@mill").next_at) == "2022-03-17 17:30"


def test_who_is_told_is_told_where_the_next_rung_lies_beyond_the_calendar_and_a_newer_one_sets_it(job):
    """Mutants: the climb is refused; the newer calendar leaves the rung unset; the rung comes before the amendment."""
    shipped = job.office.clock
    short = WorkTime(
        msgspec.structs.replace(shipped.calendar, days=tuple(d for d in shipped.calendar.days if d.date.year < 2023))
    )
    play = Play(replace(job.office, clock=short), "job", "2022-12-27 09:00")
    play.open("desk", size="big", day="2022-12-30")
    play.go("2022-12-30 10:00")
    (climb,) = play.sweep()
    assert (climb.told, climb.blocked) == (("mill",), ("beyond_calendar",))
    duty = play.duty("accept@mill")
    assert (duty.rung, duty.next_at, waits_for_calendar(duty)) == (1, None, True)
    assert play.submit(Amend()) == []
    play.office = replace(play.office, clock=shipped, calendar="1" * 64)
    for now, next_at in (("2022-12-30 11:00", "2023-01-03 17:30"), ("2023-01-06 11:00", "2023-01-06 11:00")):
        later = Play(play.office, "job", now)
        later.case_or_none = play.case
        later.submit(Amend())
        assert later.local(later.duty("accept@mill").next_at) == next_at
        assert not waits_for_calendar(later.duty("accept@mill"))


def test_a_clock_that_stands_before_the_calendar_begins_loses_no_rung(job):
    """Found by the simulator: no newer calendar would ever have set it. Mutant: as beyond its end; seen failing."""
    job.act("start", by="desk")
    job.sweep_until("2022-03-08 17:30")
    duty = job.duty("make@mill")
    job.go("2001-01-01 09:00")
    with pytest.raises(Refused) as refused:
        job.extend("make@mill", "desk", "3wd")
    assert [reason.code for reason in refused.value.reasons] == ["beyond_calendar"]
    assert job.duty("make@mill") == duty
    assert (duty.rung, job.local(duty.next_at)) == (1, "2022-03-09 17:30")


def test_on_the_last_evening_of_the_calendar_people_are_told_all_the_same_and_a_stopped_clock_forgets_no_rung():
    """Mutants: who is told waits for an opening that never comes; a rung without an instant is lost by a stop."""
    office = office_of("escalation_rules.yaml")
    clock = office.clock
    shipped = clock.calendar
    short = WorkTime(msgspec.structs.replace(shipped, days=tuple(d for d in shipped.days if d.date.year < 2023)))
    play = Play(replace(office, clock=short), "matter", "2022-12-28 09:00")
    play.open("so_gtvt", area="land")
    play.sweep_until("2022-12-29 17:30")
    (last,) = play.sweep_until("2022-12-30 17:30")
    assert (last.told, last.blocked) == (("btg.leader",), ("beyond_calendar",))
    play.office = replace(play.office, clock=clock, calendar="1" * 64)
    play.go("2023-01-03 08:00")
    play.suspend("btg", "2023-01-20")
    play.go("2023-01-04 08:00")
    play.resume("btg")
    assert play.local(play.duty("notify@btg").next_at) == "2023-01-06 17:30"


def test_a_warning_whose_moment_lies_before_the_opening_is_passed_over(job):
    play = Play(job.office, "job", "2022-03-01 15:00")
    play.open("desk", document=None, size="big", day="2022-03-20", rush=True, note="gọi")
    assert play.local(play.duty("accept@mill").next_at) == "2022-03-01 21:00"


def test_a_rung_that_tells_only_who_was_told_since_due_is_passed_over(job):
    play = Play(job.office, "job", "2022-03-01 09:00")
    play.open("desk", size="big", day="2022-03-20", maker="desk")
    told = [e.told for e in play.sweep_until("2022-03-08 00:00")]
    assert told == [("desk",), ("desk",), ("desk.leader",)]


def test_reminders_wait_for_office_hours_unless_counted_by_the_clock(job):
    job.sweep_until("2022-03-03 18:00")
    last = job.notices[-1]
    assert (last.kind, job.local(last.not_before)) == ("climbed", "2022-03-04 07:30")
    play = Play(job.office, "job", "2022-03-01 13:00")
    play.open("desk", document=None, size="big", day="2022-03-20", rush=True, note="gọi")
    play.sweep_until("2022-03-01 20:00")
    assert play.local(play.notices[-1].not_before) == "2022-03-01 19:00"


def test_what_is_not_settled_in_time_is_escalated_by_the_scheduler(making):
    making.act("ask", "desk")
    making.act("nay", "shop", view="không")
    climb, fired = [e for e in making.sweep_until("2022-03-02 18:00") if e.duty == "hear@desk" or e.trigger]
    assert (climb.kind, fired.trigger, fired.by, fired.to) == ("climbed", "halt", None, "halted")
    assert fired.version == climb.version + 1


def test_a_trigger_refused_at_its_deadline_is_recorded_on_the_climb_never_raised(making):
    making.act("accept", "mill")
    events = making.sweep_until("2022-04-20 00:00")
    (timer,) = [e for e in events if e.duty == "tidy@-"]
    assert timer.blocked == ("wrong_state",)  # `too_late` is for ordered jobs, and this one is being made
    assert making.case.state == "making"


# ---- control of the clock -----------------------------------------------------------------------


def test_an_extension_counts_on_from_the_due_date_and_is_capped(making):
    making.extend("make", "desk", "3wd")
    assert making.due("make@mill") == "2022-03-11 17:30"
    assert making.refused("extend", "make", "desk", "1wd") == ["times"]
    assert making.refused("extend", "accept", "desk", "1wd") == ["not_extendable"]


def test_an_extension_needs_a_reason_the_right_hand_and_a_clock_that_still_runs(making):
    assert making.refused("extend", "make", "desk", "4wd") == ["too_long"]
    assert making.refused("extend", "make", "desk", "25wh") == ["too_long"]
    assert making.refused("extend", "make", "desk", "6d") == ["too_long"]  # whatever the unit: the instant counts
    assert making.refused("extend", "make", "desk", "200h") == ["too_long"]
    assert making.refused("extend", "make", "mill", "1wd") == ["not_your_act"]
    assert making.refused("extend", "make", "desk", "1wd", reason=" ") == ["reason_required"]
    making.go("2022-03-09 08:00")
    assert making.refused("extend", "make", "desk", "1wd") == ["overdue"]


def test_a_waiver_is_for_whom_the_rules_name(making):
    assert making.refused("waive", "make", "desk") == ["not_waivable"]
    assert making.refused("waive", "deliver", "mill") == ["not_your_act"]
    assert making.refused("waive", "vote", "desk") == ["nothing_owed"]
    making.waive("deliver", "desk")
    assert making.duty("deliver@mill").status == "waived"


def test_everybody_concerned_is_told_and_nobody_about_their_own_act(making):
    told = [(n.kind, n.agency, n.duty) for n in making.notices]
    assert ("opened", "mill", "make@mill") in told
    assert len({n.key for n in making.notices}) == len(making.notices)
    making.act("drop", "desk")
    assert {(n.kind, n.agency) for n in making.notices[len(told) :]} == {("final", "mill"), ("final", "shop")}


def planning() -> Play:
    """A matter whose plan is to be drafted, and to which a partner objects already."""
    matter = Play(office_of("escalation_rules.yaml"), "matter", "2022-04-04 08:00")
    matter.open("so_gtvt", area="land")
    matter.act("notify", "btg", partner=["so_tnmt"])
    matter.act("acknowledge", "so_tnmt")
    matter.act("object", "so_tnmt", question="q", position="p")
    assert matter.owed == {"draft_plan@btg", "settle@btg"}
    return matter


def test_a_duty_of_another_step_does_not_choose_a_later_line():
    matter = planning()
    for duty in ("notify", "acknowledge@so_tnmt"):
        assert matter.refused("submit_plan", "btg", duty=duty, measures=[]) == ["not_its_duty"]
    assert matter.refused("refer", "btg", duty="settle", referrals=[]) == ["not_its_duty"]


def test_naming_what_a_step_ends_besides_picks_nothing():
    matter = planning()
    matter.act("submit_plan", "btg", duty="settle", measures=[])
    assert matter.owed == {"agree_plan@so_tnmt", "agree_plan@ubnd"}
