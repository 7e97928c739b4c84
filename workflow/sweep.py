"""One pass over what is due: bounded, oldest first, and one bad case never stops the rest.

Each due duty is an `Expire` of its own, in its own transaction. After an outage a duty climbs one rung
per sweep. A duty whose `Expire` fails is put off, twice as long each time, and shows among the stuck;
the rest go on. Trouble of the database itself (busy, full, damaged) is nobody's case: it ends the sweep,
and what was not reached is still due.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import bindparam, insert, or_, select, text, update

from states.case import Event
from states.commands import Expire
from states.values import Value
from workflow import store
from workflow.engine import Engine, whole
from workflow.errors import Busy, Damaged, NoSpace
from workflow.tables import IS_ARMED, duties, failures, sweeps

log = logging.getLogger("phoihop.sweep")
log.addHandler(logging.NullHandler())  # else Python prints what nobody asked to see, with its traceback
RETRY = timedelta(minutes=5)
LONGEST_RETRY = timedelta(hours=6)
LONGEST_ERROR = 500  # characters of an error that are kept

_DUE = (
    select(duties.c.case, duties.c.duty, duties.c.agency, duties.c.next_at)
    .outerjoin(failures, (failures.c.case == duties.c.case) & (failures.c.duty == duties.c.duty))
    .where(
        IS_ARMED,
        duties.c.next_at <= bindparam("now"),
        or_(failures.c.retry_at.is_(None), failures.c.retry_at <= bindparam("now")),
    )
    .order_by(duties.c.next_at, duties.c.case, duties.c.duty)
    .limit(bindparam("limit"))
)
_NEXT = select(duties.c.next_at).where(IS_ARMED).order_by(duties.c.next_at).limit(1)
_STILL_DUE = select(duties.c.next_at).where(
    duties.c.case == bindparam("case"),
    duties.c.duty == bindparam("duty"),
    duties.c.next_at <= bindparam("now"),
)
_ALIVE = select(duties.c.duty).where(duties.c.case == bindparam("case"), duties.c.duty == bindparam("duty"))
_THIS = (failures.c.case == bindparam("b_case"), failures.c.duty == bindparam("b_duty"))
_ATTEMPTS = select(failures.c.attempts).where(*_THIS)
_FIRST_FAILURE = insert(failures)
_NEXT_FAILURE = (
    update(failures)
    .where(*_THIS)
    .values(attempts=bindparam("new_attempts"), error=bindparam("new_error"), retry_at=bindparam("new_retry_at"))
)
_COLUMNS = ("at", "due", "fired", "stale", "failed")
_LAST = select(*(sweeps.c[name] for name in _COLUMNS))
_BEAT = update(sweeps).values({name: bindparam(f"new_{name}") for name in _COLUMNS})
_FIRST_BEAT = text(
    'INSERT INTO sweeps ("only", at, due, fired, stale, failed) VALUES (1, :at, 0, 0, 0, 0)'
    ' ON CONFLICT ("only") DO NOTHING'
).bindparams(bindparam("at", type_=sweeps.c.at.type))

Result = Literal["fired", "stale", "failed"]


class Due(Value, frozen=True):
    """A duty whose instant `at` has come; `agency` None is a timer."""

    case: str
    duty: str
    at: datetime
    agency: str | None = None


class Swept(Value, frozen=True):
    """What became of one due duty: fired, stale (the case had moved on), or failed with an error.

    `process` and `events` say what fired; empty where nothing did.
    """

    due: Due
    result: Result
    error: str = ""
    process: str = ""
    events: tuple[Event, ...] = ()


class SweepReport(Value, frozen=True):
    """What one sweep did, duty by duty, oldest first."""

    swept: tuple[Swept, ...] = ()

    def _count(self, result: Result) -> int:
        return sum(one.result == result for one in self.swept)

    @property
    def due(self) -> int:
        return len(self.swept)

    @property
    def fired(self) -> int:
        return self._count("fired")

    @property
    def stale(self) -> int:
        return self._count("stale")

    @property
    def failed(self) -> tuple[str, ...]:
        """The numbers of the cases in which something failed."""
        return tuple(dict.fromkeys(one.due.case for one in self.swept if one.result == "failed"))


class Heartbeat(Value, frozen=True):
    """The last sweep: when, and how many duties were due, fired, were stale, failed."""

    at: datetime
    due: int
    fired: int
    stale: int
    failed: int


def sweep(engine: Engine, now: datetime, limit: int = 100, *, dry_run: bool = False) -> SweepReport:
    """Let everything due at `now` happen, at most `limit` duties, and record that a sweep was made.

    With `dry_run` nothing is written: each is judged by itself, as if the others had not happened.
    Raises `Busy`, `NoSpace`, `Damaged`.
    """
    now = whole(now)
    swept: dict[Due, Swept] = {}
    everything = due_now(engine, now, limit)
    left = everything
    for wait in (False, True):  # first what nobody else has; then, waiting, what somebody had
        for due in left:
            try:
                result = _one(engine, due, now, dry_run=dry_run, wait=wait)
            except (Busy, NoSpace, Damaged):
                raise
            except Exception as error:  # a bug or a broken row: note it, put it off, go on
                swept[due] = _failed(engine, due, f"{type(error).__name__}: {error}", now, dry_run)
                log.warning("%s: %s could not be swept", due.case, due.duty, exc_info=error)
            else:
                if result is not None:
                    swept[due] = result
        left = [due for due in left if due not in swept]
    report = SweepReport(swept=tuple(swept[due] for due in everything))
    if not dry_run:
        _record(engine, report, now)
    return report


def due_now(engine: Engine, now: datetime, limit: int = 100) -> list[Due]:
    """The duties whose instant has come, oldest first. One put off after a failure waits for its retry."""
    with engine.database.reading() as connection:
        rows = connection.execute(_DUE, {"now": now, "limit": limit}).all()
    return [Due(case=row.case, duty=row.duty, agency=row.agency, at=row.next_at) for row in rows]


def next_due(engine: Engine) -> datetime | None:
    """The earliest instant at which something is due to happen, if any: what a worker waits for."""
    with engine.database.reading() as connection:
        at: datetime | None = connection.execute(_NEXT).scalar()
    return at


def last_sweep(engine: Engine) -> Heartbeat | None:
    """The last sweep, if there ever was one."""
    with engine.database.reading() as connection:
        row = connection.execute(_LAST).first()
    return Heartbeat(**row._asdict()) if row else None


def _one(engine: Engine, due: Due, now: datetime, *, dry_run: bool, wait: bool) -> Swept | None:
    """Let one duty happen. None: another sweep has its case just now; what it does not do is done afterwards."""
    if dry_run:
        outcome = engine.rehearse(due.case, Expire(duty=due.duty), now)
    elif (happened := engine.expire(due.case, due.duty, now, wait=wait)) is None:
        return None
    else:
        outcome = happened
    if outcome.events:
        return Swept(due=due, result="fired", process=outcome.case.process, events=outcome.events)
    if dry_run:
        return Swept(due=due, result="stale")
    key = {"case": due.case, "duty": due.duty}
    with engine.database.reading() as connection:
        still = connection.execute(_STILL_DUE, {**key, "now": now}).scalar()
    if still is None:
        return Swept(due=due, result="stale")
    # It would come first in every sweep from now on, and in the end leave room for nothing else.
    return _failed(engine, due, "due, but nothing happens", now, dry_run)


def _failed(engine: Engine, due: Due, error: str, now: datetime, dry_run: bool) -> Swept:
    """Note the failure and try again later: twice as late each time, so that it never starves the others."""
    error = shortened(error)
    failure = Swept(due=due, result="failed", error=error)
    if dry_run:
        return failure
    key = {"b_case": due.case, "b_duty": due.duty}
    with engine.database.writing() as connection:
        store.lock(connection, due.case)
        attempts = (connection.execute(_ATTEMPTS, key).scalar() or 0) + 1
        retry_at = later(now, attempts)
        if attempts > 1:
            changed = {"new_attempts": attempts, "new_error": error, "new_retry_at": retry_at}
            connection.execute(_NEXT_FAILURE, key | changed)
        elif connection.execute(_ALIVE, {"case": due.case, "duty": due.duty}).first() is not None:
            row = {"case": due.case, "duty": due.duty, "since": now, "attempts": 1}
            connection.execute(_FIRST_FAILURE, {**row, "error": error, "retry_at": retry_at})
    return failure


def shortened(error: str) -> str:
    """An error as it is kept."""
    return error[:LONGEST_ERROR].replace("\0", "\N{REPLACEMENT CHARACTER}")


def later(now: datetime, attempts: int) -> datetime:
    """When to try again what has failed `attempts` times."""
    first_waits: int = 2 ** min(attempts - 1, 7)  # 2 ** 7 of them are past the longest one
    return now + min(RETRY * first_waits, LONGEST_RETRY)


def _record(engine: Engine, report: SweepReport, now: datetime) -> None:
    counts = {"due": report.due, "fired": report.fired, "stale": report.stale}
    beat = {"at": now, **counts, "failed": report.due - report.fired - report.stale}
    new = {f"new_{name}": value for name, value in beat.items()}
    with engine.database.writing() as connection:
        if not connection.execute(_BEAT, new).rowcount:
            connection.execute(_FIRST_BEAT, {"at": now})
            connection.execute(_BEAT, new)
