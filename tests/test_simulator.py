"""Many histories of workers and officers, played on a real database by one seed each (see `tests.simulator`).

Promises P1, P3-P9, P13 and P25: whatever dies, sleeps, stands still or has its clock set at whatever statement, each
rung fires once, never early, one per sweep, in time while a worker is up, and nothing is lost. The mutants that these
histories find are in `tests.simulator.bugs`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.simulator.bugs import BUGS, SAYS, planted
from tests.simulator.dice import shrink
from tests.simulator.history import Failed, play

BATCHES, EACH = 8, 25
SEEDS = int(os.environ.get("PHOIHOP_SEEDS", "0"))  # where seeds begin; a soak begins elsewhere
MOST = 400  # histories in which a bug must have been found
RARE = {"swallows_a_lock", "stale_expire_climbs", "request_forgotten", "version_ignored"}  # found late: in a soak
SERVER = {"no_row_lock", "nothing_guards"}  # a file has one writer: `test_fleet` finds these


@pytest.mark.parametrize("batch", range(BATCHES))
def test_whatever_goes_wrong_each_rung_fires_once_in_time_and_nothing_is_lost(batch):
    histories = [play(SEEDS + batch * EACH + n) for n in range(EACH)]
    assert sum(len(history.model.climbs) for history in histories) > 100
    assert sum(history.stage.deaths for history in histories) > 50


def test_a_seed_repeats_its_history_to_the_byte_whatever_was_played_before_and_in_whatever_process():
    first, _others, second = play(7, tell=True), [play(n) for n in range(8, 12)], play(7, tell=True)
    assert first.stage.said == second.stage.said
    assert len(first.stage.said or ()) > 100
    assert first.digest == second.digest != play(8).digest
    played = [sys.executable, "-m", "tests.simulator", "7"]
    for hashes in ("1", "2"):
        said = subprocess.run(played, capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": hashes})
        assert first.digest in said.stdout.decode().splitlines()


def test_the_rolls_of_a_history_repeat_it_as_its_seed_does():
    assert play(None, play(7).dice.rolled).digest == play(7).digest


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.soak) if n in RARE else n for n in BUGS if n not in SERVER]
)
def test_a_planted_bug_is_found(name):
    with planted(name):
        failed = first_failed()
    assert failed is not None
    assert re.search(SAYS[name], failed.said), failed.said


def test_every_bug_says_what_it_breaks():
    assert {name for name, says in SAYS.items() if not says} == SERVER


def test_a_history_that_went_wrong_becomes_a_short_one():
    with planted("two_rungs_in_a_sweep"):
        failed = first_failed()
        assert failed is not None
        rolled = shrink(failed.rolled, lambda rolls: "P7" in str(outcome(rolls)))
        assert len(rolled) < len(failed.rolled)
        assert sum(roll > 0 for roll in rolled) < len(failed.rolled) / 2
        assert "P7" in str(outcome(rolled))
    assert outcome(rolled) is None


def first_failed() -> Failed | None:
    for seed in range(MOST):
        try:
            play(seed)
        except Failed as failed:
            return failed
    return None


def outcome(rolled) -> Failed | None:
    try:
        play(None, rolled)
    except Failed as failed:
        return failed
    return None
