"""Due duties made to happen: many cases in one transaction, each of them wholly or not at all.

    claimed(engine, now, place, limit, but)    the oldest that nobody else is at work on, from a place in their order on
    alone(engine, due, now)                    one, waiting for whoever is at work on its case

A commit costs more than a climb does, so a batch has one for all. What one duty does is decided in memory before
anything is written: a duty that fails there is left out, and the others go on. If writing fails nothing of the batch
was written, and each is done again in a transaction of its own: then only the one that is to blame fails.

Several workers share what is due: rows of cases that somebody holds are passed over (`SKIP LOCKED`), so nobody waits
while there is something to do. SQLite has one writer, and `BEGIN IMMEDIATE` is its lock.
"""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection, bindparam, or_, select, tuple_

from states.case import Event
from states.commands import Expire, Office
from states.decide import decide
from states.errors import N_, Reason, Refused
from states.standing import verb
from states.values import Value
from workflow import rulebook, store
from workflow.database.prepared import Prepared, together
from workflow.engine import Engine, whole
from workflow.errors import BrokenCase, Busy, Damaged, NoSpace
from workflow.reasons import kept
from workflow.tables import IS_ARMED, cases, duties, failures, instant

log = logging.getLogger("phoihop.sweep")
log.addHandler(logging.NullHandler())  # who debugs sees tracebacks here; what failed is said by who sweeps
TROUBLE = (Busy, NoSpace, Damaged)
"""What is nobody's case: the database is busy, gone, full or broken. It ends the sweep."""

_ORDER = (duties.c.next_at, duties.c.case, duties.c.duty)
_PLACE = [
    bindparam(name, type_=one.type) for name, one in zip(("after_at", "after_case", "after_duty"), _ORDER, strict=True)
]
DUE = (
    select(duties.c.case, duties.c.duty, duties.c.agency, duties.c.next_at)
    .outerjoin(failures, (failures.c.case == duties.c.case) & (failures.c.duty == duties.c.duty))
    .where(
        IS_ARMED,
        duties.c.next_at <= bindparam("now"),
        or_(failures.c.retry_at.is_(None), failures.c.retry_at <= bindparam("now")),
    )
    .order_by(*_ORDER)
    .limit(bindparam("limit"))
)
"""What is due, oldest first; a duty that was put off after a failure waits for its retry."""
CLAIM = (
    DUE.join(cases, cases.c.number == duties.c.case)
    .add_columns(cases.c.body, cases.c.head)
    .where(tuple_(*_ORDER) > tuple_(*_PLACE))
    .with_for_update(of=cases, skip_locked=True)
)
_CLAIM = Prepared(CLAIM)
_STILL_DUE = Prepared(
    select(duties.c.case).where(
        duties.c.case == bindparam("case"),
        duties.c.duty == bindparam("duty"),
        duties.c.next_at <= bindparam("now"),
    )
)
NOTHING = Reason(code="nothing_happens", text=N_("it is due, and nothing happens"))
Result = Literal["fired", "stale", "failed"]


class Due(Value, frozen=True):
    """A duty whose instant `at` has come; `agency` None is a timer."""

    case: str
    duty: str
    at: datetime
    agency: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.case, self.duty

    @property
    def place(self) -> tuple[datetime, str, str]:
        """Its place among what is due: oldest first."""
        return self.at, self.case, self.duty


class Place(NamedTuple):
    """A place in the order in which what is due happens."""

    after_at: datetime
    after_case: str = ""
    after_duty: str = ""


FIRST = Place(datetime(1, 1, 1, tzinfo=UTC))


class Swept(Value, frozen=True):
    """What became of one due duty: fired, stale (the case had moved on), or failed with an error (`reasons.kept`).

    `events` say what fired; `process` is empty where nothing did and the case is not known.
    """

    due: Due
    result: Result
    error: str = ""
    process: str = ""
    events: tuple[Event, ...] = ()


class _Row(NamedTuple):
    """A due duty, and its case as it is stored, which nobody else changes before the transaction ends."""

    due: Due
    body: bytes
    head: str


def claimed(
    engine: Engine, now: datetime, place: Place, limit: int, but: Container[tuple[str, str]]
) -> tuple[list[Swept], Place | None]:
    """The oldest due duties of cases nobody else has, made to happen in one transaction.

    At most `limit`, from after `place` on, without those whose key is in `but`. Also returns the place to go on from,
    None when there are no more. Raises `Busy`, `NoSpace`, `Damaged`.
    """
    asked = {"now": whole(now), "limit": limit, **place._asdict()}
    rows: list[_Row] = []
    ahead: Place | None = None
    try:
        with engine.database.writing(now) as connection:
            for case, duty, agency, at, body, head in _CLAIM.rows(connection, asked):
                rows.append(_Row(Due(case=case, duty=duty, agency=agency, at=instant(at)), body, head))
            ahead = Place(*rows[-1].due.place) if len(rows) == limit else None
            rows = [row for row in rows if row.due.key not in but]
            return _happen(connection, rows, now), ahead
    except TROUBLE:
        raise
    except Exception as error:
        if not rows:
            raise
        # Nothing was written, and one of them is to blame.
        log.debug("a batch of %d is done one by one", len(rows), exc_info=error)
    return [alone(engine, row.due, now) for row in rows], ahead


def alone(engine: Engine, due: Due, now: datetime) -> Swept:
    """One due duty made to happen, after waiting for whoever is at work on its case.

    Raises `Busy`, `NoSpace`, `Damaged`; what else goes wrong is what became of it.
    """
    try:
        with engine.database.writing(now) as connection:
            held = store.stored(connection, due.case)
            (swept,) = _happen(connection, [_Row(due, *held)], now)
    except TROUBLE:
        raise
    except Exception as error:
        return failed(due, error)
    return swept


def failed(due: Due, error: Exception, process: str = "") -> Swept:
    """What became of a duty that its rules, a bug or a broken row kept from happening; `process` if it is known."""
    log.debug("%s: %s could not be swept", due.case, due.duty, exc_info=error)
    return Swept(due=due, result="failed", error=kept(error), process=process)


def _happen(connection: Connection, rows: Iterable[_Row], now: datetime) -> list[Swept]:
    """Decide each of `rows` in turn, then write all that came of it."""
    changes: dict[str, store.Change] = {}
    offices: dict[str, Office] = {}
    swept = []
    for due, body, head in rows:
        try:
            change = changes.get(due.case) or store.Change(store.as_held(due.case, body, head))
        except BrokenCase as error:
            swept.append(failed(due, error))
            continue
        edition = change.after.edition
        office = offices.get(edition) or offices.setdefault(edition, rulebook.office(connection, edition))
        try:
            outcome = decide(office, change.after, Expire(duty=due.duty), whole(now))
        except Exception as error:  # a bug, or a case that its rules do not fit
            swept.append(failed(due, error, change.after.process))
            continue
        if outcome.events:
            changes[due.case] = change.then(office, outcome)
            swept.append(Swept(due=due, result="fired", process=outcome.case.process, events=outcome.events))
        elif due.case in changes:  # what happened in its case just now is not written yet: it has moved on
            swept.append(Swept(due=due, result="stale"))
        elif _STILL_DUE.rows(connection, {"case": due.case, "duty": due.duty, "now": whole(now)}):
            # It would come first in every sweep from now on, and in the end leave room for nothing else.
            swept.append(failed(due, Refused(due.case, verb(Expire(duty=due.duty)), (NOTHING,)), change.after.process))
        else:
            swept.append(Swept(due=due, result="stale"))
    with together(connection):
        store.save_all(connection, list(changes.values()))
    return swept
