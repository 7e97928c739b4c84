"""Bugs planted in the engine, to see that the harnesses find them. A bug that nobody finds is a hole in a harness.

    with planted("early"): play(seed)

Each is a small change of the real code, made while a block runs. `SAYS` has what then breaks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import msgspec
from sqlalchemy import bindparam, delete, select, update

from states import amend, decide, draft
from states.commands import Expire, Office
from states.worktime import WorkTime
from workflow import amending, batch, engine, openings, outbox, requests, store, sweep, tables
from workflow.database import base, prepared
from workflow.errors import Busy
from workflow.tables import cases, duties

Plant = Callable[[ExitStack], None]
BUGS: dict[str, Plant] = {}
SAYS: dict[str, str] = {}
"""What the history must say that finds a bug, as a pattern: any other error may be of the plant itself."""
SECOND = timedelta(seconds=1)


def bug(says: str = "") -> Callable[[Plant], Plant]:
    """A bug, by the name and with the words of the function that plants it; what breaks says what matches `says`."""

    def known(plant: Plant) -> Plant:
        BUGS[plant.__name__], SAYS[plant.__name__] = plant, says
        return plant

    return known


@contextmanager
def planted(name: str) -> Iterator[None]:
    """The engine with that bug."""
    with ExitStack() as stack:
        BUGS[name](stack)
        yield


def _instead(stack: ExitStack, owner: Any, name: str, new: Callable[..., Any]) -> None:
    """Let `owner.name` be `new`, which is given the old one first."""
    old = getattr(owner, name)
    stack.enter_context(patch.object(owner, name, lambda *args, **kwargs: new(old, *args, **kwargs)))


def _method(stack: ExitStack, owner: Any, name: str, new: Callable[..., Any]) -> None:
    """The same for a method: `new` is given the old one, then the object."""
    old = getattr(owner, name)

    def method(*args: Any, **kwargs: Any) -> Any:
        return new(old, *args, **kwargs)

    stack.enter_context(patch.object(owner, name, method))


# ---- time -----------------------------------------------------------------------------------------


@bug("is due at .*, not")
def due_a_second_late(stack: ExitStack) -> None:
    """What is due at 11:30 is due at 11:30:01."""
    _method(stack, WorkTime, "add", lambda old, *args: old(*args) + SECOND)


@bug("P5: ")
def fires_early(stack: ExitStack) -> None:
    """The sweep looks a minute ahead, and the engine believes it."""

    for name in ("claimed", "alone"):
        _instead(stack, batch, name, lambda old, engine, *rest: old(engine, *[_later(one) for one in rest]))


def _later(one: Any) -> Any:
    return one + 60 * SECOND if isinstance(one, datetime) else one


@bug("P7: the next rung comes at .*, counted from the climb")
def allowance_from_due(stack: ExitStack) -> None:
    """After an outage the next rung is counted from the day that was missed, not from the climb."""

    def armed(old: Any, steps: Any, case: Any, duty: Any, clock: Any, now: Any, start: int) -> Any:
        return old(steps, case, duty, clock, duty.next_at if start and duty.next_at else now, start)

    _instead(stack, draft, "armed", armed)


@bug("told are |P7: the next rung")
def warning_after_due(stack: ExitStack) -> None:
    """A warning that an outage delayed is sent when the duty is overdue already."""
    _instead(stack, decide, "current", lambda _old, _steps, duty, _now: duty.step)


@bug("is parked with ")
def suspension_forgets(stack: ExitStack) -> None:
    """A parked duty comes back with an hour less than it had."""

    def parked(old: Any, self: Any, duty: Any) -> Any:
        found = old(self, duty)
        return msgspec.structs.replace(found, left=msgspec.structs.replace(found.left, due=found.left.due - 3600))

    _method(stack, draft.Draft, "parked", parked)


# ---- who is there ---------------------------------------------------------------------------------


@bug("told are")
def leave_is_ignored(stack: ExitStack) -> None:
    """Somebody is at every post, whoever is away and on whatever day."""
    _method(stack, Office, "reached", lambda _old, office, post, at: office.acting(post.split(".")[0], at) is not None)


@bug("the next rung comes at")
def nobody_passes_on(stack: ExitStack) -> None:
    """A rung that found nobody waits as if somebody had been told."""
    _instead(stack, decide, "passed_on", lambda _old, _steps, duty, _position, _now: duty)


@bug("nobody was at")
def the_empty_post_is_forgotten(stack: ExitStack) -> None:
    """A rung that reached one of two posts says nothing of the other."""
    _instead(stack, draft.Draft, "event", lambda old, *args, **header: old(*args, **{**header, "missed": ()}))


# ---- ladders --------------------------------------------------------------------------------------


@bug("P4: ")  # the database itself lets nobody climb who is parked
def stale_expire_climbs(stack: ExitStack) -> None:
    """What was done just before its instant climbs all the same, once it has been found due."""

    def expire(old: Any, office: Any, case: Any, command: Expire, now: Any) -> Any:
        duty = case.duties.get(command.duty)
        if duty is not None and (duty.status == "done" or duty.next_at is None or duty.next_at > now):
            duty = msgspec.structs.replace(duty, status="open", next_at=now)
            case = msgspec.structs.replace(case, duties={**case.duties, duty.id: duty})
        return old(office, case, command, now)

    _instead(stack, decide, "_expire", expire)


@bug("P4: 0 climbs are counted")
def climb_not_counted(stack: ExitStack) -> None:
    """A climb is not written among the climbs."""
    stack.enter_context(patch.object(store, "climbs_of", lambda *_args: ()))


@bug("P7: the next rung comes at .*, counted from the climb")
def two_rungs_in_a_sweep(stack: ExitStack) -> None:
    """After an outage a duty climbs as far as it would have come, all at once."""

    def armed(old: Any, steps: Any, case: Any, duty: Any, clock: Any, now: Any, start: int) -> Any:
        found = old(steps, case, duty, clock, now, start)
        return msgspec.structs.replace(found, next_at=duty.next_at) if start > 2 and duty.next_at else found

    _instead(stack, draft, "armed", armed)


@bug("P14: ")
def told_nobody(stack: ExitStack) -> None:
    """The notices of a climb are not stored."""
    told = outbox.rows
    unheard = patch.object(outbox, "rows", lambda notices, at: told([n for n in notices if n.kind != "climbed"], at))
    stack.enter_context(unheard)


@bug("the climb fires ")
def last_rung_fires_nothing(stack: ExitStack) -> None:
    """The last rung tells, and does not fire its trigger."""
    _instead(stack, decide, "steps_of", lambda old, rungs: [
        msgspec.structs.replace(step, fires=None) for step in old(rungs)])  # fmt: skip


# ---- the database ---------------------------------------------------------------------------------


@bug("P5: .* says .*, which is still to come")  # who commits next finds an event that is not its own
def commits_in_the_middle(stack: ExitStack) -> None:
    """A commit between the case and its duties."""

    def each(old: Any, self: Any, connection: Any, many: Any) -> None:
        if many and "INSERT INTO duties" in str(self._statement):
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        old(self, connection, many)

    _method(stack, prepared.Prepared, "each", each)


@bug("a round failed: busy")
def no_lock(stack: ExitStack) -> None:
    """A case is read without locking it: a write begins as a look, and the file then lets nobody write."""
    _method(stack, base.Database, "writing", _unlocked)


@contextmanager
def _unlocked(old: Any, database: Any, *args: Any, **kwargs: Any) -> Iterator[Any]:
    with patch.object(database, "_writer", database._reader), old(database, *args, **kwargs) as connection:
        yield connection


@bug()
def no_row_lock(stack: ExitStack) -> None:
    """Rows of cases are read without locking them, which a server with many writers needs."""
    unlocked = select(batch.CLAIM.subquery())
    stack.enter_context(patch.object(batch, "_CLAIM", prepared.Prepared(unlocked)))
    held = select(cases.c.body, cases.c.head).where(cases.c.number == bindparam("number"))
    stack.enter_context(patch.object(store, "_HELD", prepared.Prepared(held)))


@bug()
def nothing_guards(stack: ExitStack) -> None:
    """No lock, no version in the update: only the unique keys are left, until a test drops those as well."""
    no_row_lock(stack)
    unguarded = update(cases).where(cases.c.number == bindparam("b_number"))
    unguarded = unguarded.values({name: bindparam(f"new_{name}") for name in store._MOVING})
    stack.enter_context(patch.object(store, "_SAVE_CASE", prepared.Prepared(unguarded)))


@bug("P13: .'duties'. changed, and no event says so")
def duties_without_event(stack: ExitStack) -> None:
    """A duty is put right without an event that says so."""

    def hold(old: Any, connection: Any, number: str, *also: Any) -> Any:
        connection.execute(update(duties).where(duties.c.case == number).values(rung=duties.c.rung))
        return old(connection, number, *also)

    _instead(stack, store, "hold", hold)


@bug("P3: .* had moved on from ")
def version_ignored(stack: ExitStack) -> None:
    """Of two officers who saw the same version, both win."""
    old = engine.Engine.submit

    def submit(self: Any, number: str, command: Any, now: Any, if_version: Any = None, *rest: Any) -> Any:
        return old(self, number, command, now, None, *rest)

    stack.enter_context(patch.object(engine.Engine, "submit", submit))


@bug("P1: .* was answered with |P3: .* was done 2 times")
def request_forgotten(stack: ExitStack) -> None:
    """What is sent again after a lost answer is done again."""
    stack.enter_context(patch.object(requests, "known", lambda *_args: None))
    stack.enter_context(patch.object(requests, "note", lambda *_args: None))


# ---- the sweep ------------------------------------------------------------------------------------


@bug("P7: .* was due and .* left it")
def sweep_forgets_the_rest(stack: ExitStack) -> None:
    """The sweep does not come back for what somebody else had, nor for more than two."""
    _instead(stack, sweep, "_take", lambda old, engine, now, _limit, *rest: old(engine, now, 1, *rest) and False)
    _instead(stack, sweep, "due_now", lambda old, *args: [])


@bug("P7: .* was due and .* left it")
def swallows_a_lock(stack: ExitStack) -> None:
    """A database that is busy ends the sweep as if nothing were due."""

    def claimed(old: Any, *args: Any) -> Any:
        try:
            return old(*args)
        except Busy:
            return [], None

    _instead(stack, batch, "claimed", claimed)
    _instead(stack, sweep, "due_now", lambda old, *args: [])


@bug("P7: .* was due and .* left it")
def heartbeat_before_work(stack: ExitStack) -> None:
    """The sweep says that it swept, and then sweeps: who dies in between is not missed."""

    def take(old: Any, engine: Any, now: Any, limit: int, swept: Any, end: float) -> Any:
        if not swept:
            sweep._beat(engine, sweep.SweepReport(), now, None)
        return old(engine, now, limit, swept, end)

    _instead(stack, sweep, "_take", take)


# ---- calendars and openings -----------------------------------------------------------------------


@bug("P8: .* un-climbs")
def amend_unfires(stack: ExitStack) -> None:
    """A newer calendar begins the ladder anew."""

    def counted_anew(old: Any, before: Any, duty: Any) -> Any:
        found = old(before, duty)
        return found if found == duty else before.armed(msgspec.structs.replace(found, rung=0), 0)

    _instead(stack, amend, "counted_anew", counted_anew)


@bug("P10: .* are not counted over the newest calendar")
def amend_misses_the_cases(stack: ExitStack) -> None:
    """Open cases are not brought to the newer calendar."""
    stack.enter_context(patch.object(amending, "bring", lambda _engine, _officer, _now: iter(())))


@bug("P4: .* cases were opened by themselves, or not every period was opened")
def opened_twice(stack: ExitStack) -> None:
    """That a period's case was opened is forgotten, once."""
    forgotten: list[str] = []

    def opened(old: Any, engine: Any, *rest: Any) -> Any:
        found = old(engine, *rest)
        if found is not None and not forgotten:
            forgotten.append(found.case)
            with engine.database.writing() as connection:
                connection.execute(delete(tables.openings))
        return found

    _instead(stack, openings, "_opened", opened)
