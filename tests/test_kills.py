"""kill -9 between every two SQL statements: nothing acknowledged is lost, nothing is half-done.

Promise P1 for `init`, `open`, `advance` and `sweep`, on both databases: after each kill the database is exactly as
before the command or exactly as after it (for a sweep: as after so many of its duties), and doing it again ends where
an undisturbed run ends.
"""

from __future__ import annotations

from functools import reduce

import pytest
from sqlalchemy import select

from states.case import Case
from states.evolve import evolve
from tests.doomed import (
    LATE,
    advance_one,
    attach_one,
    create_one,
    half_done,
    nobody,
    open_one,
    sweep_all,
)
from tests.killing import count, kill
from tests.matters import three_matters
from tests.places import Location, contents, digest
from workflow.attachments import altered, listed
from workflow.audit import verify
from workflow.database import open_database
from workflow.engine import Engine
from workflow.errors import UsageError
from workflow.sweep import sweep
from workflow.tables import attachments, duties

# ---- before, after, and in between ----------------------------------------------------------------


@pytest.fixture(scope="module")
def prepared(shared):
    """Three matters: two wait for acknowledgement, one for its notification."""
    return three_matters(shared)


def folds(path: Location) -> None:
    """Every case is the fold of its events, and its duty rows are the duties that are alive in it."""
    engine = Engine(path)
    for n in range(1, engine.count() + 1):
        number = f"VV-2022-{n:04d}"
        case = engine.case(number)
        nothing: Case | None = None
        assert reduce(evolve, engine.history(number)[1], nothing) == case
        with engine.database.reading() as connection:
            alive = connection.execute(select(duties.c.duty).where(duties.c.case == number)).scalars()
            assert sorted(alive) == sorted(duty.id for duty in case.alive)
    assert verify(engine.database) == []
    engine.close()


def no_orphans(path: Location) -> None:
    """file-06: the bytes there are, are those that events name, and no others."""
    engine = Engine(path)
    named = {
        one.file.sha256 for n in range(engine.count()) for one in listed(engine.history(f"VV-2022-{n + 1:04d}")[1])
    }
    with engine.database.reading() as connection:
        assert set(connection.execute(select(attachments.c.sha256)).scalars()) == named
        assert altered(connection) == []
    engine.close()


@pytest.mark.parametrize(("work", "least"), [(open_one, 20), (advance_one, 20), (attach_one, 24)])
def test_a_command_killed_between_any_two_statements_is_done_or_not_begun(shared, prepared, work, least):
    before = digest(prepared)
    places = count(work, whole := shared.copy(prepared, "whole"))
    after = digest(whole)
    assert places >= least
    assert after != before
    seen = []
    for place in range(1, places + 1):
        said, _passed = kill(work, path := shared.copy(prepared, "killed"), place)
        found = digest(path)
        assert found in (before, after), f"half-done at place {place}"
        assert found == after or not said, f"acknowledged and lost at place {place}"
        folds(path)
        no_orphans(path)
        if found == before:  # not begun: the same again does it
            work(str(path), nobody)
            assert digest(path) == after
        seen.append(found == after)
    assert seen == sorted(seen), "done at one place, undone at a later one"
    assert True in seen
    assert False in seen


def test_a_sweep_killed_between_any_two_statements_has_done_whole_batches_in_order(shared, prepared):
    """Batches of two duties: some are of one case, some of two."""
    beats = ("sweeps",)
    stages = [digest(prepared, but=beats)]
    stepwise = shared.copy(prepared, "stepwise")
    engine = Engine(stepwise)
    while sweep(engine, LATE, limit=2).due:
        stages.append(digest(stepwise, but=beats))
    engine.close()
    assert len(stages) == 5
    places = count(sweep_all, whole := shared.copy(prepared, "whole"))
    assert digest(whole, but=beats) == stages[-1]
    assert places >= 100
    reached = []
    for place in range(1, places + 1):
        said, _passed = kill(sweep_all, path := shared.copy(prepared, "killed"), place)
        found = digest(path, but=beats)
        assert found in stages, f"half-done at place {place}"
        reached.append(stages.index(found))
        assert len(said) <= 2 * reached[-1], f"acknowledged and lost at place {place}"
        folds(path)
        if place % 3 == 0:  # doing the rest ends where an undisturbed sweep ends
            sweep_all(str(path), nobody)
            assert digest(path, but=beats) == stages[-1]
    assert reached == sorted(reached)
    assert set(reached) == set(range(len(stages)))


def test_a_database_whose_making_was_killed_is_whole_or_is_made_by_making_it_again(place):
    places = count(create_one, path := place.new())
    expected = {table: len(rows) for table, rows in contents(path).items()}
    assert places >= 50
    whole = []
    for at in (*range(1, places, 1 if place.kind == "sqlite" else 4), places):  # a server makes each database anew
        known, _passed = kill(create_one, path := place.new(), at)
        try:
            create_one(str(path), known.append)
            whole.append(False)
        except UsageError:  # there is one already
            whole.append(True)
        assert whole[-1] or len(known) == 1, f"acknowledged and lost at place {at}"
        database = open_database(path)
        assert known in ([], [database.id])
        database.close()
        assert {table: len(rows) for table, rows in contents(path).items()} == expected
    assert whole == sorted(whole)
    assert set(whole) == {False, True}


def test_the_harness_finds_a_command_that_commits_in_the_middle(shared, prepared):
    before = contents(prepared)
    places = count(half_done, whole := shared.copy(prepared, "whole"))
    after = contents(whole)
    found = []
    for place in range(1, places + 1):
        kill(half_done, path := shared.copy(prepared, "killed"), place)
        found.append(contents(path) in (before, after))
    assert not all(found)
