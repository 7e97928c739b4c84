"""`why`: the account of a duty's time, from events alone, equal to what is stored for every duty ever."""

from __future__ import annotations

import random
from itertools import pairwise

import msgspec
import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from states.case import Case, Event
from states.commands import Amend
from states.deadline import allowance, lateness
from states.evolve import evolve
from states.history import lengths_given
from states.spans import days
from states.why import Account, accounts
from states.worktime import Duration, WorkTime
from tests.play import Play
from tests.support import edited_calendars, office_of
from tests.test_states_amend import ENGINE, off, publish, rules_of
from tests.walks import Walk

seeds = st.integers(0, 2**32)
HOUR = 3600


@pytest.fixture(params=["matter", "permit", "job", "meeting", "task_force", "yearly_report"])
def name(request: pytest.FixtureRequest) -> str:
    """The process walked."""
    return str(request.param)


@pytest.fixture
def job() -> Play:
    play = Play(office_of(ENGINE), "job", "2022-03-01 09:00")
    play.open("desk", size="big", day="2022-03-20", helper="shop")
    return play


def accounts_of(play: Play) -> dict[str, Account]:
    return accounts(play.events, clocks_of(play))


def clocks_of(play: Play) -> dict[str, WorkTime]:
    return {"0" * 64: office_of(ENGINE).clock, play.office.calendar: play.office.clock}


def told(play: Play, duty: str) -> list[str]:
    """The days of a duty, shortly: `02/03 work 8h`."""
    account = accounts_of(play)[duty]
    found = []
    for span in days(account, clocks_of(play), play.office.clock, play.now):
        said = f"{span.first:%d/%m}" + (f"-{span.last:%d/%m}" if span.last > span.first else "") + f" {span.kind}"
        said += f" {span.counted / HOUR:g}h" if span.counted else ""
        said += f" late {span.late / HOUR:g}h" if span.late else ""
        found.append(said + (" stopped" if span.stopped else ""))
    return found


# ---- equal to what is stored ------------------------------------------------------------------------


@example(seed=302)  # stopped and let run in one second, then extended
@given(seed=seeds)
def test_what_is_counted_again_from_the_events_is_what_is_stored_for_every_duty_ever(name, seed):
    """Mutants: an extension counted from the due instant alone; `left` counted over the newest calendar; an
    amendment that may bring a date back into the past; what is taken back not taken back; seen failing."""
    taken = Walk(*rules_of(name), random.Random(seed), mends=True, amends=True, adopts=True)
    first = {taken.office.calendar: taken.office.clock}
    taken.run(70)
    clocks = {**edited_calendars(), **first}
    case: Case | None = None
    kinds: set[str] = set()
    for version, happened in enumerate(taken.history, 1):
        case = evolve(case, happened)
        found = accounts(taken.history[:version], clocks)
        assert list(found) == list(case.duties)
        for duty in case.duties.values():
            account = found[duty.id]
            assert account.known
            assert account.duty == duty
            assert account.due_at == duty.due_at, (duty.id, account.turns)
            assert not duty.alive or account.left == (duty.left.due if duty.left is not None else None)
            kinds |= {turn.kind for turn in account.turns}
    for kind in kinds:
        event(kind)


@given(seed=seeds)
def test_the_days_add_up_to_the_lateness_that_is_stored(name, seed):
    """Mutants: the day of the due instant left out; lateness counted by the clock; seen failing."""
    taken = Walk(*rules_of(name), random.Random(seed), mends=True, amends=True, adopts=True)
    clocks = {**edited_calendars(), taken.office.calendar: taken.office.clock}
    taken.run(70)
    for account in accounts(taken.history, clocks).values():
        duty = account.duty
        spans = days(account, clocks, taken.office.clock, taken.now)
        late = sum(span.late for span in spans)
        if duty.alive:
            assert late == lateness(duty, taken.now, taken.office.clock)
        elif duty.status != "mistaken":
            assert late == duty.late_by, duty.id
        assert all(a.last < b.first for a, b in pairwise(spans))


@given(seed=seeds)
def test_the_hours_told_add_up_to_the_time_allowed_however_often_the_clock_stood(name, seed):
    """At every version of every history. Mutant: a clock that ran again told in working time; seen failing."""
    taken = Walk(*rules_of(name), random.Random(seed), mends=True)
    taken.run(70)
    clocks = {taken.office.calendar: taken.office.clock}
    case: Case | None = None
    for version, happened in enumerate(taken.history, 1):
        case = evolve(case, happened)
        history = taken.history[:version]
        for account in accounts(history, clocks).values():
            duty = account.duty
            if not duty.alive or duty.unit not in ("h", "wh"):
                continue
            allowed = allowance(taken.process.duties[duty.name], case.fields, duty.row)
            lengths = [allowed, *map(Duration.parse, lengths_given(history, duty.id))]
            if any(length is None or length.unit != duty.unit for length in lengths):
                continue
            event(f"{duty.unit}, {', '.join(sorted({turn.kind for turn in account.turns}))}")
            spans = days(account, clocks, taken.office.clock, happened.at)
            wanted = sum(length.count * HOUR for length in lengths if length is not None)
            assert sum(span.counted for span in spans) == wanted - max(0, account.left or 0), duty.id


# ---- day by day -------------------------------------------------------------------------------------


def test_working_days_are_counted_without_the_day_they_start_and_lateness_goes_on_from_the_close(job):
    job.go("2022-03-07 09:30")
    assert told(job, "accept@mill") == [
        "01/03 work",
        "02/03 work 8h",
        "03/03 work 8h",
        "04/03 work late 8h",
        "05/03-06/03 weekend",
        "07/03 work late 2h",
    ]


def test_office_hours_stop_at_lunch_and_at_night(job):
    job.act("start", by="desk")
    job.go("2022-03-01 14:30")
    job.act("ask", by="desk")
    account = accounts_of(job)["vote@shop"]
    spans = days(account, clocks_of(job), job.office.clock, job.now)
    assert told(job, "vote@shop") == ["01/03 work 3h", "02/03 work 1h"]
    assert [job.local(edge) for pair in spans[0].hours for edge in pair] == ["2022-03-01 14:30", "2022-03-01 17:30"]


def test_hours_by_the_clock_run_through_the_night(job):
    play = Play(job.office, "job", "2022-03-04 22:00")
    play.open("desk", document=None, size="big", day="2022-03-20", rush=True, note="gọi")
    assert told(play, "accept@mill") == ["04/03 work 2h", "05/03 weekend 4h"]


def test_a_stopped_clock_and_the_days_it_stood_still_are_told(job):
    job.act("start", by="desk")
    job.go("2022-03-02 09:30")
    job.act("halt", by="desk")
    job.go("2022-03-08 13:30")
    assert told(job, "make@mill")[1:] == [
        "02/03 work 2h",
        "03/03-04/03 work stopped",
        "05/03-06/03 weekend stopped",
        "07/03-08/03 work stopped",
    ]
    job.act("resume", by="desk")
    assert told(job, "make@mill")[4:] == [
        "07/03 work stopped",
        "08/03 work 4h",
        "09/03-11/03 work 24h",
        "12/03-13/03 weekend",
        "14/03 work 8h",
        "15/03 work 2h",
    ]
    kinds = [turn.kind for turn in accounts_of(job)["make@mill"].turns]
    assert kinds == ["opened", "stopped", "ran_on"]


def test_a_day_off_is_told_by_its_name_and_its_act(job):
    play = Play(job.office, "job", "2022-04-28 09:00")
    play.open("desk", size="big", day="2022-05-20")
    off_days = [s.day for s in days(accounts_of(play)["accept@mill"], clocks_of(play), play.office.clock, play.now)]
    assert [(day.name["en"], day.act) for day in off_days if day and day.date.weekday() < 5] == [
        ("In lieu of Victory Day", "Bộ luật Lao động 2019, khoản 3 Điều 111"),
        ("In lieu of International Labour Day", "Bộ luật Lao động 2019, khoản 3 Điều 111"),
    ]


def test_a_given_date_that_is_a_day_off_is_told_from_that_date_to_the_close_it_moved_to(job):
    job.act("start", by="desk")
    assert told(job, "deliver@mill") == ["20/03 weekend", "21/03 work 8h"]


def test_every_turn_is_told_in_order(job):
    job.act("start", by="desk")
    job.extend("make@mill", "desk", "3wd")
    publish(job, off("2022-03-10"))
    job.submit(Amend())
    turns = accounts_of(job)["make@mill"].turns
    assert [(turn.kind, job.local(turn.due_at)) for turn in turns] == [
        ("opened", "2022-03-08 17:30"),
        ("extended", "2022-03-11 17:30"),
        ("amended", "2022-03-14 17:30"),
    ]
    assert turns[1].length == "3wd"
    assert "10/03 off" in told(job, "make@mill")


def test_what_was_late_when_its_clock_stopped_is_late_before_and_after_that_and_not_meanwhile(job):
    job.act("start", by="desk")
    job.go("2022-03-31 09:00")
    job.act("halt", by="desk")
    job.go("2022-04-01 09:00")
    job.act("resume", by="desk")
    job.go("2022-04-04 09:00")
    account = accounts_of(job)["make@mill"]
    assert job.local(account.due_at) == "2022-03-08 17:30"
    spans = {span.first.isoformat(): span for span in days(account, clocks_of(job), job.office.clock, job.now)}
    assert [spans[f"2022-{day}"].late / HOUR for day in ("03-31", "04-01", "04-04")] == [1.5, 6.5, 1.5]
    clock = job.office.clock
    running = clock.between(account.due_at, job.at("2022-03-31 09:00")) + clock.between(
        job.at("2022-04-01 09:00"), job.now
    )
    assert sum(span.late for span in spans.values()) == running


def test_a_history_that_does_not_say_what_was_counted_says_so_and_keeps_its_instants(job):
    old = [_as_before_0_2(happened) for happened in job.events]
    (account,) = accounts(old, clocks_of(job)).values()
    assert not account.known
    assert account.due_at == job.duty("accept@mill").due_at
    assert days(account, clocks_of(job), job.office.clock, job.at("2022-03-04 08:30"))[-1].late == HOUR


def _as_before_0_2(happened: Event) -> Event:
    bare = tuple(msgspec.structs.replace(duty, counted=None, ahead=None) for duty in happened.opened)
    return msgspec.structs.replace(happened, opened=bare)
