"""kill -9 between every two SQL statements: nothing acknowledged is lost, nothing is half-done.

Promise P1 for `init`, `open`, `advance` and `sweep` on SQLite: after each kill the database is exactly as before
the command or exactly as after it (for a sweep: as after so many of its duties), and doing it again ends where
an undisturbed run ends.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from functools import reduce
from pathlib import Path

import pytest

from states.case import Case, evolve
from states.commands import Expire
from tests.doomed import (
    LATE,
    NOTIFIED,
    NOTIFY,
    OPENED,
    advance_one,
    attach_one,
    create_one,
    half_done,
    nobody,
    open_one,
    opening,
    sweep_all,
)
from tests.killing import count, kill
from tests.support import ROOT
from workflow.attachments import altered, listed
from workflow.database import open_database
from workflow.engine import Engine
from workflow.errors import UsageError
from workflow.setup import set_up
from workflow.sweep import due_now

# ---- before, after, and in between ----------------------------------------------------------------


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Three matters: two wait for acknowledgement, one for its notification."""
    path = tmp_path_factory.mktemp("prepared") / "practice.db"
    engine = set_up(path, rules=ROOT / "escalation_rules.yaml", now=OPENED, practice=True)
    for title in ("Đường cao tốc", "Bò sữa", "Bảo tàng"):
        engine.open(opening(title), OPENED)
    for number in ("VV-2022-0002", "VV-2022-0003"):
        engine.submit(number, NOTIFY, NOTIFIED)
    engine.close()
    return path


def copied(path: Path, name: str) -> Path:
    target: Path = path.with_name(name)
    for old in path.parent.glob(f"{name}*"):
        old.unlink()
    shutil.copy(path, target)
    return target


def contents(path: Path, *, but: tuple[str, ...] = ()) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, as it is after SQLite has rolled back what a kill left."""
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert not connection.execute("PRAGMA foreign_key_check").fetchall()
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {table: sorted(connection.execute(f'SELECT * FROM "{table}"').fetchall(), key=repr) for table in tables}
    connection.close()
    return {table: rows for table, rows in found.items() if table not in but}


def digest(path: Path, *, but: tuple[str, ...] = ()) -> str:
    """The contents in one word: a difference of two databases would take pytest minutes to explain."""
    return hashlib.sha256(repr(sorted(contents(path, but=but).items())).encode()).hexdigest()


def folds(path: Path) -> None:
    """Every case is the fold of its events, and its duty rows are the duties that are alive in it."""
    engine = Engine(path)
    for n in range(1, engine.count() + 1):
        number = f"VV-2022-{n:04d}"
        case = engine.case(number)
        nothing: Case | None = None
        assert reduce(evolve, engine.history(number)[1], nothing) == case
        with engine.database.reading() as connection:
            rows = connection.exec_driver_sql('SELECT duty FROM duties WHERE "case" = ?', (number,)).scalars()
            assert sorted(rows) == sorted(duty.id for duty in case.alive)
    engine.close()


def no_orphans(path: Path) -> None:
    """file-06: the bytes there are, are those that events name, and no others."""
    engine = Engine(path)
    named = {
        one.file.sha256 for n in range(engine.count()) for one in listed(engine.history(f"VV-2022-{n + 1:04d}")[1])
    }
    with engine.database.reading() as connection:
        assert set(connection.exec_driver_sql("SELECT sha256 FROM attachments").scalars()) == named
        assert altered(connection) == []
    engine.close()


@pytest.mark.parametrize(("work", "least"), [(open_one, 20), (advance_one, 20), (attach_one, 24)])
def test_a_command_killed_between_any_two_statements_is_done_or_not_begun(prepared, work, least):
    before = digest(prepared)
    places = count(work, whole := copied(prepared, "whole.db"))
    after = digest(whole)
    assert places >= least
    assert after != before
    seen = []
    for place in range(1, places + 1):
        said, _passed = kill(work, path := copied(prepared, "killed.db"), place)
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


def test_a_sweep_killed_between_any_two_statements_has_done_whole_duties_in_order(prepared):
    beats = ("sweeps",)
    stages = [digest(prepared, but=beats)]
    stepwise = copied(prepared, "stepwise.db")
    engine = Engine(stepwise)
    for due in due_now(engine, LATE):
        engine.submit(due.case, Expire(duty=due.duty), LATE)
        stages.append(digest(stepwise, but=beats))
    engine.close()
    assert len(stages) >= 8
    places = count(sweep_all, whole := copied(prepared, "whole.db"))
    assert digest(whole, but=beats) == stages[-1]
    assert places >= 100
    reached = []
    for place in range(1, places + 1):
        said, _passed = kill(sweep_all, path := copied(prepared, "killed.db"), place)
        found = digest(path, but=beats)
        assert found in stages, f"half-done at place {place}"
        reached.append(stages.index(found))
        assert not said or reached[-1] == len(stages) - 1
        folds(path)
        if place % 3 == 0:  # doing the rest ends where an undisturbed sweep ends
            sweep_all(str(path), nobody)
            assert digest(path, but=beats) == stages[-1]
    assert reached == sorted(reached)
    assert set(reached) == set(range(len(stages)))


def test_a_database_whose_making_was_killed_is_whole_or_is_made_by_making_it_again(tmp_path):
    places = count(create_one, tmp_path / "whole.db")
    expected = {table: len(rows) for table, rows in contents(tmp_path / "whole.db").items()}
    assert places >= 50
    whole = []
    for place in range(1, places + 1):
        known, _passed = kill(create_one, path := tmp_path / "killed.db", place)
        try:
            create_one(str(path), known.append)
            whole.append(False)
        except UsageError:  # there is one already
            whole.append(True)
        assert whole[-1] or len(known) == 1, f"acknowledged and lost at place {place}"
        database = open_database(path)
        assert known in ([], [database.id])
        database.close()
        assert {table: len(rows) for table, rows in contents(path).items()} == expected
        path.unlink()
    assert whole == sorted(whole)
    assert set(whole) == {False, True}


def test_the_harness_finds_a_command_that_commits_in_the_middle(prepared):
    before = contents(prepared)
    places = count(half_done, whole := copied(prepared, "whole.db"))
    after = contents(whole)
    found = []
    for place in range(1, places + 1):
        kill(half_done, path := copied(prepared, "killed.db"), place)
        found.append(contents(path) in (before, after))
    assert not all(found)
