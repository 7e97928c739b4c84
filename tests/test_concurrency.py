"""Several processes on one database at once: one maker, numbers without gaps, one winner, each rung fired once."""

from __future__ import annotations

import multiprocessing

import pytest

from states.errors import Refused
from tests.doomed import LATE, NOTIFIED, NOTIFY, OPENED, opening
from tests.killing import serve
from tests.places import rows
from tests.support import ROOT
from workflow.database import create_database, open_database
from workflow.engine import Engine
from workflow.errors import Conflict, UsageError
from workflow.setup import set_up
from workflow.sweep import sweep

PROCESSES, RIVALS = 6, 12
_SERVER = multiprocessing.get_context("forkserver")


@pytest.fixture
def path(place):
    path = place.new()
    set_up(path, rules=ROOT / "escalation_rules.yaml", now=OPENED, practice=True).close()
    return path


def together(work, path, *args, crowd=PROCESSES):
    """What `work(path, n, *args)` returns in each of several processes that begin at the same moment."""
    serve()
    gate, answers = _SERVER.Barrier(crowd), _SERVER.Queue()
    running = [_SERVER.Process(target=_one, args=(work, str(path), n, gate, answers, args)) for n in range(crowd)]
    for process in running:
        process.start()
    found = [answers.get(timeout=60) for _ in running]
    for process in running:
        process.join()
    assert all(process.exitcode == 0 for process in running)
    return found


def _one(work, path, n, gate, answers, args):
    gate.wait(30)
    answers.put(work(path, n, *args))


def open_five(path, n):
    """Open five matters, and let every second opening be refused."""
    engine, numbers = Engine(path), []
    for place in range(5):
        numbers.append(engine.open(opening(f"Việc {n}.{place}"), OPENED).case.case)
        if (n + place) % 2:
            try:
                engine.open(opening(" "), OPENED)
            except Refused:
                numbers.append("refused")
    engine.close()
    return numbers


def race(path, _n, rounds, gate):
    """Of every round: the version reached, or who was faster."""
    found: list[object] = []
    for place in range(rounds):
        engine = Engine(path)
        gate.wait(60)
        try:
            found.append(engine.submit(f"VV-2022-{place + 1:04d}", NOTIFY, NOTIFIED, 1).case.version)
        except Conflict as conflict:
            found.append(conflict.reason.values)
        engine.close()
    return found


def sweep_once(path, _n):
    engine = Engine(path)
    report = sweep(engine, LATE)
    engine.close()
    return report.fired, report.stale, report.failed


def make_it(path, _n):
    try:
        database = create_database(path, practice=True)
    except UsageError as taken:
        return taken
    database.close()
    return database.id


def test_of_several_who_make_the_same_database_one_does_and_the_others_are_told(place):
    found = together(make_it, path := place.new())
    (made,) = [answer for answer in found if isinstance(answer, str)]
    database = open_database(path)
    assert database.id == made
    database.close()


def test_case_numbers_have_no_gap_however_many_open_at_once_and_are_refused(path):
    found = [number for numbers in together(open_five, path) for number in numbers]
    numbers = sorted(number for number in found if number != "refused")
    assert found.count("refused") >= 10
    assert numbers == [f"VV-2022-{n:04d}" for n in range(1, 5 * PROCESSES + 1)]


@pytest.mark.parametrize("rounds", [20, pytest.param(200, marks=pytest.mark.soak)])
def test_of_twelve_who_saw_the_same_version_one_wins_and_the_others_learn_who(path, rounds):
    engine = Engine(path)
    for n in range(rounds):
        engine.open(opening(f"Việc {n}"), OPENED)
    engine.close()
    serve()
    gate = _SERVER.Barrier(RIVALS)
    for answers in zip(*together(race, path, rounds, gate, crowd=RIVALS), strict=True):
        assert [answer for answer in answers if isinstance(answer, int)] == [2]
        lost = [answer for answer in answers if isinstance(answer, dict)]
        assert len(lost) == RIVALS - 1
        assert all(answer["agency"] == "btg" and answer["instant"] == NOTIFIED.isoformat() for answer in lost)


def test_several_sweeps_at_once_fire_each_rung_once(path):
    engine = Engine(path)
    for n in range(4):
        engine.open(opening(f"Việc {n}"), OPENED)
        engine.submit(f"VV-2022-{n + 1:04d}", NOTIFY, NOTIFIED)
    engine.close()
    found = together(sweep_once, path)
    assert sum(fired for fired, _stale, _failed in found) == 12  # three partners of four matters, one rung each
    assert not any(failed for _fired, _stale, failed in found)
    climbed = rows(path, 'SELECT "case", duty, climb FROM climbs')
    assert len(climbed) == len(set(climbed)) == 12
    assert rows(path, "SELECT count(*) FROM events WHERE kind = 'climbed'") == [(12,)]
