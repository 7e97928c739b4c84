"""kill -9 between every two statements of every command: it is done or not begun, and sent again it is done once (P1).

`make test` dies at every sixth place, beginning elsewhere for each command; `make soak` at every one. After each kill
`audit verify` finds nothing. The sweep, files, `init`, an upgrade and the publishing of a calendar have kill tests of
their own (test_kills, test_workflow_migrations, test_calendar_load).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import partial
from typing import get_args

import click
import pytest

from states import commands
from tests.doomed import nobody
from tests.doomed_commands import COMMANDS, REGISTER, WORKS, command_one, errands, staffed, typed_one
from tests.killing import count, kill
from tests.places import contents
from workflow.audit import verify
from workflow.commands.table import group
from workflow.database import open_database
from workflow.engine import Engine

EVERY, TYPED_EVERY = 6, 18


@pytest.fixture(scope="module")
def prepared(shared):
    return errands(shared.new("errands"))


@pytest.fixture(scope="module")
def with_officers(shared, prepared):
    return staffed(shared.copy(prepared, "staffed"))


def works():
    """Each command and other work, at every sixth place and, in a soak, at every place.

    What is typed reads much before it writes: every eighteenth.
    """
    found = [(name, partial(command_one, name)) for name in COMMANDS] + list(WORKS.items()) + list(REGISTER.items())
    for number, (name, work) in enumerate(found):
        every = TYPED_EVERY if isinstance(work, partial) and work.func is typed_one else EVERY
        yield pytest.param(name, work, every, number % every, id=name)
        yield pytest.param(name, work, 1, 0, id=f"{name}-everywhere", marks=pytest.mark.soak)


def test_there_is_a_kill_test_for_every_command():
    """A command that is added without one fails here."""
    assert {kind.__name__ for kind in get_args(commands.Command)} == set(COMMANDS)
    killed = {*ACTS, *WORKS, *REGISTER, *ELSEWHERE}
    assert set(leaves(group)) - LOOKS == killed - {"openings", "sweep --catch-up"}


ACTS = set("open advance extend waive suspend resume nudge correct undo assign link erase".split())
"""What submits one of `COMMANDS`."""
ELSEWHERE = {"init", "sweep", "worker", "calendar load", "db upgrade", "away"}
"""Killed in the tests that the first lines name; `away` is `officer away` by oneself, a worker sweeps and opens."""
LOOKS = {
    *"demo show why history files inbox stuck overdue board find doctor".split(),
    *(f"rules {name}" for name in "check show diagram schema diff coverage bounds editions".split()),
    *("audit verify", "calendar show", "agency list", "agency show", "officer list"),
}
"""What writes nothing, or into a database of its own."""


def leaves(within: click.Group, before: str = "") -> Iterator[str]:
    """Every command as it is typed."""
    with within.make_context("phoihop", [], resilient_parsing=True) as context:
        for name in within.list_commands(context):
            found = within.get_command(context, name)
            if isinstance(found, click.Group):
                yield from leaves(found, f"{before}{name} ")
            else:
                yield before + name


@pytest.mark.parametrize(("name", "work", "every", "first"), list(works()))
def test_a_command_killed_anywhere_is_done_or_not_begun_and_sent_again_is_done_once(
    shared, prepared, with_officers, name, work, every, first
):
    prepared = with_officers if name in REGISTER else prepared
    (was,) = (value for key, value in contents(prepared)["meta"] if key == "register")

    def digest(path) -> str:
        """All that is stored, in one word; of the register's version, drawn at random, whether it is as it was."""
        found = contents(path)
        found["meta"] = [(key, str(value == was) if key == "register" else value) for key, value in found["meta"]]
        return hashlib.sha256(repr(sorted(found.items())).encode()).hexdigest()

    before = digest(prepared)
    places = count(work, whole := shared.copy(prepared, "whole"))
    after = digest(whole)
    assert after != before
    assert places >= 10
    at = sorted({1, *range(1 + first, places + 1, every), places})
    seen: list[bool] = []
    path = shared.copy(prepared, "killed")
    for place in at:
        said, _passed = kill(work, path, place)
        found = digest(path)
        assert found in (before, after), f"half-done at place {place}"
        assert found == after or not said, f"acknowledged and lost at place {place}"
        assert sound(path), f"not whole after place {place}"
        seen.append(found == after)
        if seen[-1] or place == at[len(at) // 3]:
            if not (seen[-1] and name not in COMMANDS):  # without an answer it is sent again, under its request id
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
