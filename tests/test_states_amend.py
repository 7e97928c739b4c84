"""A new calendar: nothing moves before an `Amend`, and after it everything is where a fresh count puts it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime

import msgspec
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from states.calendar import Day, Hours
from states.case import Case, Duty
from states.commands import Amend, Command, Office, Outcome
from states.deadline import count, provisional
from states.decide import decide
from states.errors import Refused
from states.ruleset import Process
from states.worktime import WorkTime
from tests.play import Play
from tests.support import calendar_vn, office_of
from tests.walks import Check, Walk, nothing, walk

ENGINE = "tests/rules/engine.yaml"
FILES = {"matter": "escalation_rules.yaml", "permit": "tests/rules/permit.yaml", "job": ENGINE}
seeds = st.integers(0, 2**32)
ACT = "Công văn 1/VPCP-KGVX"


@pytest.fixture(params=["matter", "permit", "job", "meeting", "task_force"])
def name(request: pytest.FixtureRequest) -> str:
    """The process walked."""
    return str(request.param)


@pytest.fixture
def job() -> Play:
    """A job begun on Tuesday 1/3/2022 at 9:00: `accept` is due on Thursday, at the close of office."""
    play = Play(office_of(ENGINE), "job", "2022-03-01 09:00")
    play.open("desk", size="big", day="2022-03-20", helper="shop")
    assert play.due("accept@mill") == "2022-03-03 17:30"
    return play


def off(day: str, provisional: bool = False) -> Day:
    return Day(date=date.fromisoformat(day), kind="off", name={"en": "Given"}, act=ACT, provisional=provisional)


def work(day: str) -> Day:
    return Day(date=date.fromisoformat(day), kind="work", name={"en": "Worked"}, act=ACT)


def publish(play: Play, *days: Day, hours: tuple[Hours, ...] = (), without: tuple[str, ...] = ()) -> None:
    """A calendar with these days besides those shipped is the newest from now on."""
    shipped = calendar_vn().calendar
    new = {day.date: day for day in days}
    kept = tuple(day for day in shipped.days if day.date not in new and day.date.isoformat() not in without)
    calendar = msgspec.structs.replace(shipped, days=(*kept, *days), hours=(*shipped.hours, *hours))
    play.office = replace(play.office, clock=WorkTime(calendar), calendar="1" * 64)


# ---- what moves -------------------------------------------------------------------------------------


def test_a_dispatch_moves_nothing_until_the_case_is_amended_and_then_tells_who_owes(job):
    publish(job, off("2022-03-02"))
    job.act("call", by="desk", helper="farm")
    assert job.due("accept@mill") == "2022-03-03 17:30"
    (amended,) = job.submit(Amend(officer="quantri"))
    assert job.due("accept@mill") == "2022-03-04 17:30"
    assert (amended.kind, amended.by, amended.officer, amended.calendar) == ("amended", None, "quantri", "1" * 64)
    assert [moved.duty for moved in amended.moved] == ["accept@mill"]
    (notice,) = [notice for notice in job.notices if notice.version == amended.version]
    assert (notice.kind, notice.agency, notice.duty) == ("moved", "mill", "accept@mill")


def test_where_nothing_moves_nothing_happens(job):
    publish(job, off("2022-03-30"))
    assert job.submit(Amend()) == []
    publish(job, off("2022-03-02"))
    assert len(job.submit(Amend())) == 1
    assert job.submit(Amend()) == []


def test_a_rung_that_fired_stays_fired_and_the_next_one_waits_for_the_new_due_instant(job):
    job.sweep_until("2022-03-03 17:30")
    assert job.duty("accept@mill").rung == 1
    publish(job, off("2022-03-02"), off("2022-03-04"), off("2022-03-07"))
    job.go("2022-03-03 18:00")
    job.submit(Amend())
    duty = job.duty("accept@mill")
    assert (duty.rung, duty.climb) == (1, 2)
    assert job.due("accept@mill") == "2022-03-08 17:30"
    assert job.local(duty.next_at) == "2022-03-08 17:30"
    assert job.notices[-1].agency == "mill"


def test_who_was_told_that_it_was_late_is_told_that_it_moved(job):
    job.sweep_until("2022-03-07 17:30")
    assert job.duty("accept@mill").told == ("mill", "desk", "desk.leader")
    publish(job, off("2022-03-02"))
    (amended,) = job.submit(Amend())
    told = [(n.agency, n.post) for n in job.notices if n.version == amended.version]
    assert told == [("mill", "focal_point"), ("desk", "focal_point"), ("desk", "leader")]


def test_the_wait_for_the_next_rung_is_counted_anew_from_the_climb(job):
    job.sweep_until("2022-03-03 17:30")
    assert job.local(job.duty("accept@mill").next_at) == "2022-03-04 17:30"
    publish(job, off("2022-03-04"))
    job.submit(Amend())
    assert job.due("accept@mill") == "2022-03-03 17:30"
    assert job.local(job.duty("accept@mill").next_at) == "2022-03-07 17:30"


def test_a_stopped_clock_keeps_what_it_had_left_and_uses_the_newest_calendar_when_it_runs_again(job):
    job.act("start", by="desk")
    job.act("halt", by="desk")
    left = job.duty("make@mill").left
    publish(job, off("2022-03-02"), off("2022-03-09"))
    assert job.submit(Amend()) == []
    assert job.duty("make@mill").left == left
    job.go("2022-03-08 09:00")
    job.act("resume", by="desk")
    # 5wd from Tuesday 9:00: 7 h of that day were left, and five days; Wednesday 9/3 is given off now.
    assert job.due("make@mill") == "2022-03-16 17:30"
    publish(job, off("2022-03-02"), off("2022-03-09"), off("2022-03-14"))
    job.submit(Amend())
    assert job.due("make@mill") == "2022-03-17 17:30"


def test_what_was_given_by_extension_is_counted_anew_with_the_rest(job):
    job.act("start", by="desk")
    (extended,) = job.extend("make@mill", "desk", "3wd")
    assert extended.length == "3wd"
    assert job.due("make@mill") == "2022-03-11 17:30"
    publish(job, off("2022-03-03"), off("2022-03-10"))
    job.submit(Amend())
    assert job.due("make@mill") == "2022-03-15 17:30"


def test_an_extension_before_the_case_is_amended_is_counted_over_the_newest_calendar_all_of_it(job):
    job.act("start", by="desk")
    publish(job, off("2022-03-03"))
    job.extend("make@mill", "desk", "3wd")
    assert job.due("make@mill") == "2022-03-14 17:30"
    assert "make@mill" not in [moved.duty for event in job.submit(Amend()) for moved in event.moved]


def test_nobody_becomes_late_by_a_calendar(job):
    """The Saturday after the due date's start is worked: counted so, the date would have passed already."""
    job.go("2022-03-01 09:00")
    play = Play(job.office, "job", "2022-03-03 09:00")
    play.open("desk", size="big", day="2022-03-20", helper="shop")
    assert play.due("accept@mill") == "2022-03-07 17:30"
    publish(play, work("2022-03-05"))
    play.go("2022-03-07 08:00")
    assert play.submit(Amend()) == []
    assert play.due("accept@mill") == "2022-03-07 17:30"


def test_a_day_that_is_worked_after_all_brings_a_date_forward_while_it_lies_ahead(job):
    play = Play(job.office, "job", "2022-03-03 09:00")
    play.open("desk", size="big", day="2022-03-20", helper="shop")
    publish(play, work("2022-03-05"))
    play.go("2022-03-04 08:00")
    play.submit(Amend())
    assert play.due("accept@mill") == "2022-03-05 17:30"


def test_summer_hours_move_the_close_of_office_and_a_given_date_with_it(job):
    job.act("start", by="desk")
    publish(job, hours=(Hours(starts=date(2022, 3, 15), open=("07:00-11:30", "14:00-17:00"), source="hè"),))
    job.submit(Amend())
    assert job.due("deliver@mill") == "2022-03-21 17:00"
    assert job.due("make@mill") == "2022-03-08 17:30"


def test_a_clock_that_ran_again_is_not_reminded_of_before_its_due_instant_by_a_newer_calendar():
    """Mutant: the next instant counted from what the stopped clock had left, not from the due one; seen failing."""
    play = Play(office_of("escalation_rules.yaml"), "matter", "2022-04-04 08:00")
    play.open("so_gtvt", area="land")
    play.act("notify", "btg", partner=("tand",))
    play.go("2022-04-04 15:30")
    play.suspend("btg", "2022-04-29")
    play.go("2022-04-07 16:30")
    play.resume("btg")
    assert play.due("acknowledge@tand") == "2022-04-13 08:30"
    play.go("2022-04-13 08:00")
    publish(play, work("2022-04-09"))
    play.submit(Amend())
    assert play.due("acknowledge@tand") == "2022-04-13 08:30"
    assert play.duty("acknowledge@tand").next_at == play.duty("acknowledge@tand").due_at


def test_a_provisional_year_makes_provisional_dates_which_become_firm_when_it_is_decreed():
    play = Play(office_of(ENGINE), "job", "2026-12-28 09:00")
    play.open("desk", size="big", day="2027-02-08", helper="shop")
    play.act("start", by="desk")
    assert play.duty("deliver@mill").provisional
    due = play.due("deliver@mill")
    decreed = [
        msgspec.structs.replace(d, provisional=False) for d in calendar_vn().calendar.days if d.date.year == 2027
    ]
    publish(play, *decreed)
    (amended,) = play.submit(Amend())
    assert "deliver@mill" in [moved.duty for moved in amended.moved]
    assert (play.due("deliver@mill"), play.duty("deliver@mill").provisional) == (due, False)
    assert [notice for notice in play.notices if notice.version == amended.version] == []


def test_what_is_counted_back_from_a_provisional_year_is_provisional_too():
    """Mutant: only the year of the due instant looked at; seen failing."""
    play = Play(office_of("tests/rules/plan-238.yaml"), "meeting", "2026-12-01 09:00")
    play.open("hdnd", kind="standing", held_on="2027-01-05")
    assert play.due("invite@hdnd") == "2026-12-30 17:30"
    assert play.duty("invite@hdnd").provisional


def test_a_calendar_that_ends_before_a_due_date_is_refused_never_guessed(job):
    shipped = calendar_vn().calendar
    play = Play(job.office, "job", "2025-12-01 09:00")
    play.open("desk", size="big", day="2027-02-08", helper="shop")
    play.act("start", by="desk")
    short = msgspec.structs.replace(shipped, days=tuple(d for d in shipped.days if d.date.year < 2027))
    play.office = replace(play.office, clock=WorkTime(short), calendar="2" * 64)
    with pytest.raises(Refused) as refused:
        play.submit(Amend())
    assert (refused.value.trigger, [reason.code for reason in refused.value.reasons]) == ("amend", ["beyond_calendar"])


# ---- on every walk ----------------------------------------------------------------------------------


def rules_of(name: str) -> tuple[Office, Process]:
    office = office_of(FILES.get(name, "tests/rules/plan-238.yaml"))
    return office, office.ruleset.processes[name]


def amended_walk(name: str, seed: int, check: Check = nothing) -> Walk:
    taken = walk(*rules_of(name), seed, 60, check, mends=True, amends=True)
    assert taken.case is not None
    event(f"amended: {any(e.kind == 'amended' for e in taken.history)}")
    return taken


@given(seed=seeds)
def test_over_any_calendars_published_a_case_keeps_its_due_dates_until_something_moves_them(name, seed):
    """P10. Mutants: a climb that counts the due instant over the newest calendar; seen failing."""

    def check(case: Case, command: Command, outcome: Outcome, now: datetime) -> None:
        kinds = {happened.kind for happened in outcome.events}
        for duty in case.alive:
            after = outcome.case.duties[duty.id]
            ran_again = duty.left is not None and after.left is None
            if after.alive and after.due_at != duty.due_at and not ran_again:
                assert kinds & {"amended", "extended", "corrected", "undone"}, (command, duty.id)

    taken = amended_walk(name, seed, check)
    assert taken.folded == taken.case


@given(seed=seeds)
def test_after_an_amendment_every_instant_is_where_a_fresh_count_puts_it(name, seed):
    """P10. But for what `states.amend` names. Mutants: parked duties counted too; a rung brought back to 0; the next
    instant left where it was; an event that lists every duty; seen failing."""

    def check(case: Case, command: Command, outcome: Outcome, now: datetime) -> None:
        if not isinstance(command, Amend):
            return
        clock, after = taken.office.clock, outcome.case
        assert {m.duty for e in outcome.events for m in e.moved} == {
            d for d in case.duties if case.duties[d] != after.duties[d]
        }
        for duty in case.duties.values():
            new = after.duties[duty.id]
            assert (new.climb, new.rung, new.told, new.left) == (duty.climb, duty.rung, duty.told, duty.left)
            if duty.status != "open":
                assert new == duty
                continue
            _is_fresh(duty, new, clock, now)
        assert decide(taken.office, after, Amend(), now).events == ()

    taken = Walk(*rules_of(name), random.Random(seed), check=check, mends=True, amends=True)
    taken.run(60)
    event(f"amended: {any(e.kind == 'amended' for e in taken.history)}")


def _is_fresh(before: Duty, after: Duty, clock: WorkTime, now: datetime) -> None:
    assert before.counted is not None
    fresh = count(before.counted, clock)
    assert after.due_at == (before.due_at if fresh <= now and fresh < before.due_at else fresh)
    assert after.provisional == provisional(before.counted, after.due_at, clock)
    if before.next_at is None or after.next_at is None:
        return
    assert after.next_at >= min(before.next_at, now)
    if after.rung:
        assert after.next_at >= min(after.due_at, before.next_at)
    elif after.next_at > now:
        assert after.next_at <= after.due_at
