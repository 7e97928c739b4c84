"""Workers killed by SIGKILL at random, and started again: each rung that was due fired once (P1, P4, P7, P9).

Three things keep two workers from firing the same rung: the lock of the case, its version, unique keys. Each alone is
enough, as the tests show by taking the others away; without all three a fleet fires twice, and the harness says so.
"""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from tests.doomed import LATE
from tests.fleet import DUTIES, crowded, run
from tests.places import execute

WORKERS = {"sqlite": 4, "postgresql": 8}
LATER = LATE + timedelta(days=60)


@pytest.fixture(scope="module")
def crowd(shared):
    return crowded(shared.new("crowd"), 24)


@pytest.mark.parametrize("seed", [1, *(pytest.param(n, marks=pytest.mark.soak) for n in range(2, 9))])
def test_of_workers_that_are_killed_and_started_again_none_loses_a_rung_or_fires_it_twice(shared, kind, crowd, seed):
    place, dice = shared.copy(crowd, "killed"), random.Random(seed)
    first = run(place, LATE, workers=WORKERS[kind], dice=dice, kills=12, limit=10)
    assert first.due == 24 * DUTIES
    assert first.kills >= 6
    assert first.clean, first
    second = run(place, LATER, workers=WORKERS[kind], dice=dice, kills=12, limit=10)
    assert second.due >= 24 * DUTIES
    assert second.clean, second


@pytest.mark.soak
def test_twenty_thousand_due_duties_are_fired_once_each_by_eight_workers(shared, kind):
    place = crowded(shared.new("many"), 20_000 // DUTIES)
    tally = run(place, LATE, workers=8, dice=random.Random(0), kills=0, limit=100)
    assert tally.due == 20_000
    assert tally.clean, tally


KEYS = {
    "climbs": "ALTER TABLE climbs DROP CONSTRAINT pk_climbs",
    "events": "ALTER TABLE events DROP CONSTRAINT pk_events CASCADE",
    "notices": "ALTER TABLE notices DROP CONSTRAINT pk_notices",
}


@pytest.mark.parametrize("bug", ["no_row_lock", "nothing_guards"])
def test_the_version_or_the_unique_keys_alone_keep_eight_workers_from_firing_twice(shared, kind, crowd, bug):
    if kind == "sqlite":
        pytest.skip("a file has one writer")
    place = shared.copy(crowd, "unlocked")
    tally = run(place, LATE, workers=8, dice=random.Random(3), kills=0, limit=40, bug=bug)
    assert tally.fired
    assert (tally.doubled, tally.findings) == (0, 0), tally


def test_without_any_guard_rungs_fire_twice_and_the_harness_finds_it(shared, kind, crowd):
    """Chance decides whether two workers meet at a case: a few fleets are enough."""
    if kind == "sqlite":
        pytest.skip("a file has one writer")
    for attempt in range(8):
        place = shared.copy(crowd, "unguarded")
        for statement in KEYS.values():
            execute(place, statement)
        tally = run(place, LATE, workers=8, dice=random.Random(attempt), kills=0, limit=40, bug="nothing_guards")
        if tally.doubled:
            break
    assert tally.doubled > 0
    assert tally.findings > 0


@pytest.mark.parametrize("bug", ["told_nobody", "climb_not_counted"])
def test_a_fleet_with_a_planted_bug_is_found(shared, crowd, bug):
    place = shared.copy(crowd, "bug")
    assert not run(place, LATE, workers=4, dice=random.Random(4), kills=2, limit=40, bug=bug).clean
