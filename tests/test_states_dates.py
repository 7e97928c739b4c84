"""Two dates on every act: when it happened decides whether it was in time, when it was recorded who could know."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from states.case import Duty
from states.worktime import Duration
from tests.play import Play
from tests.support import office_of
from tests.test_states_walks import a_walk, name

__all__ = ["name"]  # the processes walked
MATTER = "escalation_rules.yaml"


@pytest.fixture
def play():
    """A matter reported on Monday 4/4/2022, to be notified until Tuesday 17:30."""
    play = Play(office_of(MATTER), "matter", "2022-04-04 08:00")
    play.open("so_gtvt", area="land")
    return play


def test_what_was_done_in_time_and_recorded_later_is_not_late(play):
    play.sweep_until("2022-04-06 09:00")
    play.act("notify", "btg", on="2022-04-05 16:00", partner=("tand", "so_xd"))
    notify = play.duty("notify@btg")
    assert (notify.late_by, notify.rung) == (0, 1)  # the rung that fired meanwhile stays
    assert play.local(notify.ended_at) == "2022-04-05 16:00"
    assert play.local(play.events[-1].on) == "2022-04-05 16:00"
    assert play.local(play.events[-1].at) == "2022-04-06 09:00"


def test_what_was_done_late_is_late_by_its_own_date(play):
    play.sweep_until("2022-04-08 09:00")
    play.act("notify", "btg", on="2022-04-06 08:30", partner=("tand",))
    assert play.duty("notify@btg").late_by == 3600


def test_nobody_is_late_before_being_told(play):
    play.go("2022-04-07 09:00")
    play.act("notify", "btg", on="2022-04-05 16:00", partner=("tand", "so_xd"))
    assert play.due("acknowledge@tand") == "2022-04-12 17:30"  # two working days after it was recorded; 11/4 is off


def test_a_duty_of_the_acting_agency_counts_from_its_act():
    play = Play(office_of(MATTER), "matter", "2022-05-05 09:00")
    play.open("so_gtvt", on="2022-04-29 16:50", document=None, area="land", urgent=True, by_phone=True,
              called="Văn phòng Sở", called_at="2022-04-29T16:45:00+07:00")  # fmt: skip
    assert play.due("written_notice@so_gtvt") == "2022-05-04 17:30"  # after the four days off
    assert play.due("notify@btg") == "2022-05-05 15:00"  # six hours after it could be known


@pytest.mark.parametrize(
    ("on", "reason", "codes"),
    [
        ("2022-04-05 09:01", "lý do", ["in_future"]),
        ("2022-04-04 07:59", "lý do", ["before_case"]),
        ("2022-04-04 08:00", None, None),
        ("2022-04-05 09:00", None, None),
    ],
    ids=["after now", "before the case", "with the case", "now"],
)
def test_an_act_happens_within_the_case_and_not_in_the_future(play, on, reason, codes):
    play.go("2022-04-05 09:00")
    given = {"by": "btg", "on": on, "reason": reason, "partner": ("tand",)}
    if codes:
        assert play.refused("notify", **given) == codes
    else:
        play.act("notify", **given)


def test_an_act_further_back_than_the_rules_allow_needs_a_reason(play):
    play.go("2022-04-14 09:00")
    notify = {"by": "btg", "reason": None, "partner": ("tand",)}
    assert play.refused("notify", on="2022-04-05 09:00", **notify) == ["reason_required"]
    play.act("notify", on="2022-04-06 09:00", **notify)  # five working days before: 11/4 was off


def test_without_such_a_limit_any_backdating_needs_one():
    play = Play(office_of("tests/rules/permit.yaml"), "permit", "2022-03-01 09:00")
    play.open("desk", works="house")
    play.go("2022-03-01 10:00")
    assert play.refused("accept", by="desk", on="2022-03-01 09:30", reason=None) == ["reason_required"]
    play.act("accept", "desk", on="2022-03-01 09:30", reason="ghi nhận sau")


def test_an_extension_given_in_time_and_recorded_later_holds(play):
    play.act("notify", "btg", partner=("tand",))
    play.act("acknowledge", "tand")
    play.sweep_until("2022-04-13 09:00")
    assert play.refused("extend", "draft_plan", "btg", "2wd") == ["overdue"]
    play.extend("draft_plan", "btg", "2wd", on="2022-04-12 10:00")
    assert play.due("draft_plan@btg") == "2022-04-14 17:30"


@given(minutes=st.integers(-1440, 6000), days=st.integers(1, 3))
def test_an_extension_given_in_time_keeps_every_reminder_waiting_until_the_new_date(minutes, days):
    """Whenever it is recorded: a rung that fired stays fired, and the next one is not told of what is not late.

    Mutant: the next rung waits from the recording alone; the leader was told a day early. Seen failing.
    """
    play = Play(office_of(MATTER), "matter", "2022-04-04 08:00")
    play.open("so_gtvt", area="land")
    play.act("notify", "btg", partner=("tand",))
    play.act("acknowledge", "tand")
    due = play.duty("draft_plan@btg").due_at
    play.sweep_until(str(play.local(due + timedelta(minutes=minutes))))
    rung = play.duty("draft_plan@btg").rung
    play.extend("draft_plan", "btg", f"{days}wd", on=play.local(min(play.now, due)))
    later = play.duty("draft_plan@btg")
    assert later.due_at == play.office.clock.add(due - timedelta(seconds=1), Duration(count=days, unit="wd"))
    assert later.rung == rung
    hypothesis.event(f"rung {rung}, to come: {later.due_at > play.now}")
    told = [climb for climb in play.sweep_until("2022-05-31 17:30") if climb.duty == later.id]
    assert all(climb.at >= later.due_at for climb in told if climb.told != ("btg",) or rung)


@given(seed=st.integers(0, 2**32))
def test_lateness_is_working_time_from_due_to_when_it_happened(name, seed):
    """Mutants: lateness judged by when it was recorded; with the stops of the clock in it; seen failing."""
    walk = a_walk(name, seed)
    clock = walk.office.clock
    duties: dict[str, Duty] = {}
    stops: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for event in walk.history:
        for ended in event.ended:
            was = duties[ended.duty]
            stopped = was.left.at if was.left else None  # and with the clock its lateness
            until = min(event.on, stopped or event.on)
            late = was.agency is not None and until > was.due_at
            meanwhile = [(max(at, was.due_at), min(to, until)) for at, to in stops[ended.duty]]
            stood = sum(clock.between(at, to) for at, to in meanwhile if at < to)
            assert ended.late_by == (clock.between(was.due_at, until) - stood if late else 0)
        for moved in event.moved:
            was = duties[moved.duty]
            if was.left is not None and was.left.at is not None and moved.left is None:
                stops[moved.duty].append((was.left.at, event.at))
            duties[moved.duty] = moved_to(was, moved)
        duties |= {duty.id: duty for duty in event.opened}


def moved_to(duty, moved):
    return replace(duty, due_at=moved.due_at, left=moved.left)


@given(seed=st.integers(0, 2**32))
def test_every_act_happened_before_it_was_recorded_and_not_before_the_case(name, seed):
    walk = a_walk(name, seed)
    assert walk.case is not None
    for event in walk.history:
        assert walk.case.opened_on <= event.on <= event.at
        if event.by is None:
            assert event.on == event.at
    assert [event.at for event in walk.history] == sorted(event.at for event in walk.history)
