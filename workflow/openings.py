"""Cases that are opened by themselves, once per process and period, however many open and however late.

    open_due(engine, now, limit)      what the sweep and the worker call
    next_opening(engine, now)         when the next one comes: what a worker may wait for

Which periods have come is for `states.openings` to say; a row of `openings` says which were opened, by the unique
key of process and period in the transaction of the case itself. Periods count from the day the rules first named
the opening, without a break since: a new database owes no reports of past years, and a new edition loses none.
What fails is kept with its error, tried again twice as late each time, and shown by `doctor`; the others go on.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, text, update

from states import openings as rules
from states.case import Event
from states.commands import Office
from states.decide import decide
from states.ruleset import Opening
from states.values import Value
from workflow import rulebook, store
from workflow.database.prepared import together
from workflow.engine import Engine, whole
from workflow.errors import Busy, Damaged, NoSpace
from workflow.reasons import kept
from workflow.sweep import later
from workflow.tables import openings

log = logging.getLogger("phoihop.openings")
log.addHandler(logging.NullHandler())

_THIS = (openings.c.process == bindparam("b_process"), openings.c.period == bindparam("b_period"))
_KNOWN = select(openings.c.process, openings.c.period, openings.c.case, openings.c.retry_at)
_HELD = select(openings.c.case, openings.c.attempts).where(*_THIS).with_for_update()
# Valid as it stands on both databases: of two that open the same period, one goes on when the other has done it.
_CLAIM = text(
    "INSERT INTO openings (process, period, due_at, attempts) VALUES (:process, :period, :due_at, 0)"
    " ON CONFLICT (process, period) DO NOTHING"
).bindparams(bindparam("due_at", type_=openings.c.due_at.type))
_DONE = (
    update(openings)
    .where(*_THIS)
    .values({"case": bindparam("b_case"), "opened_at": bindparam("b_at"), "error": None, "retry_at": None})
)
_FAILED = (
    update(openings)
    .where(*_THIS, openings.c.case.is_(None))
    .values(attempts=bindparam("b_attempts"), error=bindparam("b_error"), retry_at=bindparam("b_retry_at"))
)


class Opened(Value, frozen=True):
    """One period that had come at `due_at`: the number of its case and its events, or its `error` (`reasons.kept`)."""

    process: str
    period: str
    due_at: datetime
    case: str = ""
    events: tuple[Event, ...] = ()
    error: str = ""


def open_due(engine: Engine, now: datetime, limit: int = 100, *, dry_run: bool = False) -> tuple[Opened, ...]:
    """Open every case whose period has come at `now`, oldest first, at most `limit`.

    A period that somebody else opens meanwhile is left out. With `dry_run` nothing is written, and numbers are
    empty. Raises `Busy`, `NoSpace`, `Damaged`.
    """
    clock, now = now, whole(now)
    done: list[Opened] = []
    for rule, period in _outstanding(engine, now)[:limit]:
        try:
            opened = _rehearsed(engine, rule, period, now) if dry_run else _opened(engine, rule, period, now, clock)
        except (Busy, NoSpace, Damaged):
            raise
        except Exception as error:  # rules that do not fit the register, or a bug: note it, put it off, go on
            log.debug("%s %s could not be opened", rule.process, period.name, exc_info=error)
            opened = _failed(engine, rule, period, kept(error), now, dry_run)
        if opened is not None:
            done.append(opened)
    return tuple(done)


def next_opening(engine: Engine, now: datetime) -> datetime | None:
    """The earliest moment after `now` at which a case is opened by itself, or tried again, if any."""
    with engine.database.reading() as connection:
        office = rulebook.office(connection)
        if not office.ruleset.openings:
            return None
        tried = [row.retry_at for row in connection.execute(_KNOWN) if row.retry_at is not None]
    ahead = (rules.following(rule, office.clock, now) for rule in office.ruleset.openings)
    return min([period.at for period in ahead if period is not None] + [at for at in tried if at > now], default=None)


def _outstanding(engine: Engine, now: datetime) -> list[tuple[Opening, rules.Period]]:
    """Every period that has come and was not opened, oldest first; one put off after a failure waits."""
    with engine.database.reading() as connection:
        office = rulebook.office(connection)
        if not office.ruleset.openings:
            return []
        known = {(row.process, row.period): row for row in connection.execute(_KNOWN)}
        since = [_since(connection, rule) for rule in office.ruleset.openings]
    found: list[tuple[Opening, rules.Period]] = []
    for rule, first in zip(office.ruleset.openings, since, strict=True):
        for period in rules.due(rule, office.clock, first, now):
            row = known.get((rule.process, period.name))
            if row is None or (row.case is None and (row.retry_at is None or row.retry_at <= now)):
                found.append((rule, period))
    return sorted(found, key=lambda one: (one[1].at, one[0].process, one[1].name))


def _since(connection: Connection, rule: Opening) -> datetime:
    """When the rules came to name this opening: of the newest editions in a row that do, the first."""
    since: datetime | None = None
    for ruleset, published_at in rulebook.newest_first(connection):
        if since is not None and not any(
            other.process == rule.process and other.every == rule.every for other in ruleset.openings
        ):
            break
        since = published_at
    assert since is not None, "the rule is of the newest edition"
    return since


def _opened(engine: Engine, rule: Opening, period: rules.Period, now: datetime, clock: datetime) -> Opened | None:
    """Open one period's case, all in one transaction. None: somebody else has opened it."""
    key = {"b_process": rule.process, "b_period": period.name}
    with engine.database.writing(clock) as connection:
        connection.execute(_CLAIM, {"process": rule.process, "period": period.name, "due_at": period.at})
        if connection.execute(_HELD, key).one().case is not None:
            return None
        office = rulebook.office(connection)
        process = office.ruleset.processes[rule.process]
        number = store.next_number(connection, process.prefix, office.clock.year_of(now))
        outcome = decide(office, None, rules.prepared(office, rule, period, now, number), now)
        with together(connection):
            store.save(connection, office, None, outcome)
        connection.execute(_DONE, {**key, "b_case": number, "b_at": now})
    return _shown(rule, period, case=number, events=outcome.events)


def _rehearsed(engine: Engine, rule: Opening, period: rules.Period, now: datetime) -> Opened:
    """What opening a period's case would do now."""
    office: Office = engine.office()
    outcome = decide(office, None, rules.prepared(office, rule, period, now), now)
    return _shown(rule, period, events=outcome.events)


def _failed(engine: Engine, rule: Opening, period: rules.Period, error: str, now: datetime, dry_run: bool) -> Opened:
    """Note the failure, which `doctor` shows, and try again later."""
    if not dry_run:
        key = {"b_process": rule.process, "b_period": period.name}
        with engine.database.writing() as connection:
            connection.execute(_CLAIM, {"process": rule.process, "period": period.name, "due_at": period.at})
            attempts = connection.execute(_HELD, key).one().attempts + 1
            changed = {"b_attempts": attempts, "b_error": error, "b_retry_at": later(now, attempts)}
            connection.execute(_FAILED, key | changed)
    return _shown(rule, period, error=error)


def _shown(rule: Opening, period: rules.Period, **became: Any) -> Opened:
    return Opened(process=rule.process, period=period.name, due_at=period.at, **became)
