"""kill -9 between every two statements of every command: it is done or not begun, and sent again it is done once (P1).

`make test` dies at every sixth place, beginning elsewhere for each command; `make soak` at every one. The sweep, files,
`init`, an upgrade and the publishing of a calendar have kill tests of their own (test_kills, test_workflow_migrations,
test_calendar_load).
"""

from __future__ import annotations

from functools import partial
from typing import get_args

import pytest

from states import commands
from tests.doomed import nobody
from tests.doomed_commands import COMMANDS, WORKS, command_one, errands
from tests.killing import count, kill
from tests.places import digest
from workflow.audit import verify
from workflow.database import open_database
from workflow.engine import Engine

EVERY = 6


@pytest.fixture(scope="module")
def prepared(shared):
    return errands(shared.new("errands"))


def works():
    """Each command and other work, at every sixth place and, in a soak, at every place."""
    found = [(name, partial(command_one, name)) for name in COMMANDS] + list(WORKS.items())
    for number, (name, work) in enumerate(found):
        yield pytest.param(name, work, EVERY, number % EVERY, id=name)
        yield pytest.param(name, work, 1, 0, id=f"{name}-everywhere", marks=pytest.mark.soak)


def test_there_is_a_kill_test_for_every_command():
    """A command that is added without one fails here."""
    assert {kind.__name__ for kind in get_args(commands.Command)} == set(COMMANDS)


@pytest.mark.parametrize(("name", "work", "every", "first"), list(works()))
def test_a_command_killed_anywhere_is_done_or_not_begun_and_sent_again_is_done_once(
    shared, prepared, name, work, every, first
):
    before = digest(prepared)
    places = count(work, whole := shared.copy(prepared, "whole"))
    after = digest(whole)
    assert after != before
    assert places >= 15
    at = sorted({1, *range(1 + first, places + 1, every), places})
    seen: list[bool] = []
    path = shared.copy(prepared, "killed")
    for place in at:
        said, _passed = kill(work, path, place)
        found = digest(path)
        assert found in (before, after), f"half-done at place {place}"
        assert found == after or not said, f"acknowledged and lost at place {place}"
        seen.append(found == after)
        if seen[-1] or place == at[len(at) // 3]:
            if not (seen[-1] and name in WORKS):  # without an answer it is sent again, under its request id
                work(str(path), nobody)
            assert digest(path) == after, f"done twice, or not at all, after place {place}"
            assert sound(path)
            path = shared.copy(prepared, "killed")
    assert seen == sorted(seen), "done at one place, undone at a later one"
    assert {True, False} == set(seen)


def sound(path) -> bool:
    """Whether every row is what the history makes of it."""
    database = open_database(path)
    try:
        return not verify(database)
    finally:
        database.close()


def test_each_command_of_the_table_does_what_it_is_there_for(prepared, shared):
    for name, (number, command, now) in COMMANDS.items():
        engine = Engine(shared.copy(prepared, "done"))
        outcome = engine.submit(number, command, now) if number else engine.open(command, now)
        assert outcome.events, name
        assert len(outcome.events) == (2 if name in ("Advance", "Waive") else 1), name
        engine.close()
