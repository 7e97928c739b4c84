"""Properties that hold on every walk of legal commands, over the shipped rules and two foreign ones.

Each property was seen to fail on a planted mutant, named in its docstring.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from states.case import ALIVE, Case, Event
from states.commands import Command, Expire, Office, Outcome
from states.decide import decide
from states.evolve import evolve
from states.ladder import current, steps_of
from states.ruleset import BACK, RESUME, Process
from tests.support import office_of
from tests.walks import Check, Walk, nothing, walk

STEPS = 60
seeds = st.integers(0, 2**32)


FILES = {"matter": "escalation_rules.yaml", "permit": "tests/rules/permit.yaml"}


@pytest.fixture(params=["matter", "permit", "yearly_report", "meeting", "yearly_programme", "task_force"])
def name(request: pytest.FixtureRequest) -> str:
    """The process walked."""
    return str(request.param)


def rules_of(name: str) -> tuple[Office, Process]:
    office = office_of(FILES.get(name, "tests/rules/plan-238.yaml"))
    return office, office.ruleset.processes[name]


def a_walk(name: str, seed: int, check: Check = nothing, *, mends: bool = False, amends: bool = False) -> Walk:
    taken = walk(*rules_of(name), seed, STEPS, check, mends, amends)
    assert taken.case is not None
    event(f"{name} ended in {taken.case.state}")
    return taken


@given(seed=seeds)
def test_every_walk_folds_back_to_the_case(name, seed):
    """Mutant: an event encoded without its `from`; seen failing."""
    taken = a_walk(name, seed)
    assert taken.folded == taken.case
    decoded = [msgspec.json.decode(msgspec.json.encode(e), type=Event) for e in taken.history]
    assert decoded == taken.history


@given(seed=seeds)
def test_events_are_in_order_and_every_one_has_its_own_version(name, seed):
    """Mutant: consequences sharing the version of their command; seen failing."""
    taken = a_walk(name, seed)
    assert [e.version for e in taken.history] == list(range(1, len(taken.history) + 1))
    assert [e.at for e in taken.history] == sorted(e.at for e in taken.history)
    assert taken.case is not None
    assert taken.case.version == len(taken.history)


@given(seed=seeds)
def test_what_an_event_says_is_what_the_case_becomes(name, seed):
    """Mutants: `evolve` forgetting `moved.rung`, or `ended.answer`; seen failing."""
    taken = a_walk(name, seed)
    case: Case | None = None
    for happened in taken.history:
        case = evolve(case, happened)
        for duty in happened.opened:
            assert case.duties[duty.id] == duty
        for moved in happened.moved:
            now = case.duties[moved.duty]
            assert (now.due_at, now.next_at, now.step, now.rung, now.left) == (
                moved.due_at, moved.next_at, moved.step, moved.rung, moved.left,
            )  # fmt: skip
        for gone in happened.ended:
            was = case.duties[gone.duty]
            assert (was.status, was.answer, was.late_by) == (gone.how, gone.answer, gone.late_by)
        assert happened.to in (None, case.state)
        assert all(case.parties[capacity] == held for capacity, held in happened.parties.items())


@given(seed=seeds)
def test_a_command_leaves_the_case_it_was_given_untouched(name, seed):
    """Refused or not, the walk compares the bytes before and after. Mutant: a draft sharing the case's duties."""
    taken = a_walk(name, seed)
    event(f"refused: {taken.refused > 0}")
    assert len(taken.commands) >= len({e.at for e in taken.history})


@given(seed=seeds)
def test_a_duty_that_ended_never_climbs_and_never_comes_back(name, seed):
    """Mutant: `Expire` not asking whether the duty's instant is still to come; seen failing."""
    taken = a_walk(name, seed)
    ended: set[str] = set()
    for happened in taken.history:
        assert happened.duty not in ended
        assert not {moved.duty for moved in happened.moved} & ended
        assert not {duty.id for duty in happened.opened} & ended
        ended |= {gone.duty for gone in happened.ended}


@given(seed=seeds)
def test_a_rung_never_fires_before_its_instant_and_each_climb_counts_once(name, seed):
    """Mutants: expiring days early; a climb that is never counted; seen failing."""
    taken = a_walk(name, seed)
    climbs: dict[str, int] = {}
    for happened in taken.history:
        if happened.kind == "climbed":
            assert happened.due_at is not None
            assert happened.duty is not None
            assert happened.due_at <= happened.at
            climbs[happened.duty] = climbs.get(happened.duty, 0) + 1
    assert taken.case is not None
    assert {d.id: d.climb for d in taken.case.duties.values() if d.climb} == climbs


@given(seed=seeds, mended=st.booleans())
def test_nobody_is_told_of_a_delay_before_the_duty_is_due(name, seed, mended):
    """Whatever was extended, parked, passed on, corrected or counted over another calendar meanwhile: before its
    instant a duty is warned of, no more, and what it waits for is that instant.

    Mutants: the first rung an hour before the due instant; a clock that runs again with the timer it had when it
    stopped, which a correction or another calendar then leaves before the due instant; both seen failing.
    """
    office, process = rules_of(name)

    def check(case: Case, command: Command, outcome: Outcome, now: datetime) -> None:
        for climbed in (one for one in outcome.events if one.kind == "climbed"):
            duty = case.duties[climbed.duty or ""]
            (moved,) = [moved for moved in climbed.moved if moved.duty == duty.id]
            assert now >= duty.due_at or moved.rung == duty.rung == 0, f"{duty.id} is due at {duty.due_at}"
        for duty in (one for one in outcome.case.alive if one.status == "open" and one.rung == 0):
            steps = steps_of(office.ruleset.rungs(process.duties[duty.name]))
            if duty.step < len(steps) and not steps[duty.step].warn:
                assert duty.next_at == duty.due_at, f"{duty.id} is due at {duty.due_at}, and waits for {duty.next_at}"

    a_walk(name, seed, check, mends=mended, amends=mended)


@given(seed=seeds)
def test_after_the_due_instant_every_reminder_reaches_somebody_new_unless_the_rules_repeat_it(name, seed):
    """A year of sweeps after the walk: whom a rung tells, and how often a duty climbs at all.

    A rung without `every` and `fires` tells at least one post that was not told since due, so a duty climbs no more
    often than its ladder has rungs and repetitions. Mutants: a rung whose posts were all told is not passed over;
    a ladder that stays on its last step; both seen failing.
    """
    taken = Walk(*rules_of(name), random.Random(seed))
    since_due: dict[str, set[str]] = {}
    climbs: Counter[str] = Counter()

    def check(case: Case, command: Command, outcome: Outcome, now: datetime) -> None:
        for climbed in (one for one in outcome.events if one.kind == "climbed"):
            duty = case.duties[climbed.duty or ""]
            climbs[duty.id] += 1
            steps = steps_of(taken.office.ruleset.rungs(taken.process.duties[duty.name]))
            assert climbs[duty.id] <= len(steps)
            if now < duty.due_at:
                continue
            told = since_due.setdefault(duty.id, set())
            step = steps[current(steps, duty, now)]
            if step.rung.tell and not (step.rung.every or step.fires):
                assert set(climbed.told) - told, f"{duty.id}: {climbed.told} were all told"
            told |= set(climbed.told)

    taken.check = check
    taken.run(STEPS)
    swept(taken, days=366)
    event(f"{name}: {min(len(since_due), 3)} duties or more were late")


@given(seed=seeds)
def test_a_stale_deadline_does_nothing(name, seed):
    """Mutant: `Expire` not asking whether the instant has come; seen failing."""
    taken = a_walk(name, seed)
    assert taken.case is not None
    for duty in taken.case.duties.values():
        if duty.status != "open" or duty.next_at is None or duty.next_at > taken.now:
            outcome = decide(taken.office, taken.case, Expire(duty=duty.id), taken.now)
            assert outcome.events == ()
            assert outcome.case == taken.case


@given(seed=seeds)
def test_an_open_case_that_may_not_wait_names_its_next_event(name, seed):
    """Either something will happen by itself, or a duty is open and shows among the stuck once overdue.

    Mutant: a state's duties not opened on entering; seen failing.
    """

    process = rules_of(name)[1]

    def check(case: Case, command: Command, outcome: Outcome, now: datetime) -> None:
        after = outcome.case
        state = process.states[after.state]
        if after.final or state.may_wait:
            return
        assert after.alive, f"{after.state}: nothing is owed after {command}"
        overdue = any(d.agency and d.status == "open" and d.due_at <= now for d in after.alive)
        assert after.next_at is not None or overdue or any(d.next_at is None and d.agency for d in after.alive)

    a_walk(name, seed, check)


@given(seed=seeds)
def test_parked_time_is_given_back_to_the_second(name, seed):
    """Mutant: resuming with the whole allowance; seen failing."""
    office, _ = rules_of(name)
    parked_at: dict[str, tuple[datetime, datetime]] = {}

    def check(case: Case, command: Command, outcome: Outcome, now: datetime) -> None:
        for duty in outcome.case.duties.values():
            was = case.duties.get(duty.id)
            if duty.status == "parked" and (was is None or was.status == "open"):
                parked_at[duty.id] = (now, (was or duty).due_at)  # asked while the clock stood: all its time
            elif was is not None and was.status == "parked" and duty.status == "open":
                then, due = parked_at[duty.id]
                if due < then:  # nothing is given back to who was late
                    assert (duty.due_at, duty.stood[-1]) == (due, (then, now))
                elif duty.unit in ("h", "d"):
                    assert duty.due_at - now == due - then
                else:
                    assert office.clock.between(now, duty.due_at) == office.clock.between(then, due)

    a_walk(name, seed, check)


@given(seed=seeds)
def test_entering_a_suspending_state_lapses_only_what_a_rule_says(name, seed):
    """Mutant: `_suspend` replaced by `_leave`; seen failing."""
    process = rules_of(name)[1]
    taken = a_walk(name, seed)
    lines = {line.id: line for line in process.transitions}
    alive: dict[str, str] = {}
    for happened in taken.history:
        line = lines.get(happened.rule or "")
        if line is not None and line.to not in (None, BACK) and process.states[line.to or ""].suspends:
            named = {*line.lapses, *line.discharges, *line.discharges_all}
            for gone in happened.ended:
                name = gone.duty.split("@")[0]
                handed_over = bool(happened.parties)
                assert name in {*named, RESUME} or line.to in process.duties[name].lasts_until or handed_over
        alive |= {duty.id: duty.status for duty in happened.opened}
    assert set(alive.values()) <= set(ALIVE)


@given(seed=seeds)
def test_an_agency_ends_only_its_own_duties(name, seed):
    """A trigger discharges what its actor owes; others' duties end only as the line or the move says.

    Mutant: `hits` taking anybody's; seen failing.
    """
    process = rules_of(name)[1]
    taken = a_walk(name, seed)
    lines = {line.id: line for line in process.transitions}
    duties = {d.id: d for e in taken.history for d in e.opened}
    for happened in taken.history:
        line = lines.get(happened.rule or "")
        if happened.kind != "advanced" or line is None or happened.by is None:
            continue
        for gone in happened.ended:
            duty = duties[gone.duty]
            rule = process.duties[duty.name]
            if gone.how == "done" and duty.name not in line.discharges_all and rule.owed_by.capacity is None:
                assert duty.agency == happened.by


@given(seed=seeds)
def test_after_500_days_of_sweeps_every_ladder_has_come_to_its_end(name, seed):
    """Nothing climbs for ever: when nobody acts any more, the timers run out or the case ends.

    Mutant: a ladder that stays on its last step; seen failing.
    """
    taken = a_walk(name, seed)
    swept(taken, days=500)
    assert taken.folded == taken.case


def swept(taken: Walk, days: int) -> None:
    """Sweep for so many days at every instant at which something is due; nobody acts any more."""
    end = taken.now + timedelta(days=days)
    for _ in range(2000):
        assert taken.case is not None
        due = taken.case.next_at
        if taken.case.final or due is None or due > end:
            return
        taken.now = max(taken.now, due)
        first = min((d for d in taken.case.alive if d.next_at == due), key=lambda d: d.id)
        assert taken.submit(Expire(duty=first.id)) is not None
    raise AssertionError("still climbing after 2000 climbs")
