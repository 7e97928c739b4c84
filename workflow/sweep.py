"""One pass over what is due: bounded, oldest first, and one bad case never stops the rest.

Each due duty is an `Expire` of its own, in its own transaction. After an outage a duty climbs one rung
per sweep. A command that fails is put off and shows among the stuck; the rest go on.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, insert, or_, select

from states.commands import Expire
from states.values import Value
from workflow.engine import Engine
from workflow.errors import Busy, Conflict, NoSpace
from workflow.tables import cases, duties, failures, sweeps

log = logging.getLogger("phoihop.sweep")
RETRY = timedelta(minutes=5)
LONGEST_RETRY = timedelta(hours=6)

_DUE = (
    select(duties.c.case, duties.c.duty)
    .outerjoin(failures, (failures.c.case == duties.c.case) & (failures.c.duty == duties.c.duty))
    .where(
        duties.c.next_at <= bindparam("now"),
        or_(failures.c.retry_at.is_(None), failures.c.retry_at <= bindparam("now")),
    )
    .order_by(duties.c.next_at, duties.c.case, duties.c.duty)
    .limit(bindparam("limit"))
)
_FAILED = select(failures.c.attempts, failures.c.since).where(
    failures.c.case == bindparam("b_case"), failures.c.duty == bindparam("b_duty")
)
_FORGET = delete(failures).where(failures.c.case == bindparam("b_case"), failures.c.duty == bindparam("b_duty"))
_LAST = select(sweeps.c.at, sweeps.c.due, sweeps.c.fired, sweeps.c.stale, sweeps.c.failed)


class SweepReport(Value, frozen=True):
    """What one sweep did: how many duties were due, fired, were stale; `failed` are case numbers."""

    due: int
    fired: int
    stale: int
    failed: tuple[str, ...] = ()


def due_now(engine: Engine, now: datetime, limit: int) -> list[tuple[str, str]]:
    """The duties whose instant has come, oldest first: (case, duty)."""
    with engine.database.reading() as connection:
        rows = connection.execute(_DUE, {"now": now, "limit": limit}).all()
    return [(row.case, row.duty) for row in rows]


def sweep(engine: Engine, now: datetime, limit: int = 100) -> SweepReport:
    """Let everything due at `now` happen, at most `limit` duties, and record that a sweep was made."""
    due = due_now(engine, now, limit)
    fired, stale, failed = 0, 0, []
    for number, duty in due:
        try:
            outcome = engine.submit(number, Expire(duty=duty), now)
        except (Busy, NoSpace, Conflict):
            raise  # the database's trouble, not the case's: nothing to put off
        except Exception as error:
            log.exception("sweep: %s: %s failed", number, duty)
            _put_off(engine, number, duty, f"{type(error).__name__}: {error}"[:500], now)
            failed.append(number)
        else:
            fired += bool(outcome.events)
            stale += not outcome.events
    report = SweepReport(due=len(due), fired=fired, stale=stale, failed=tuple(dict.fromkeys(failed)))
    _record(engine, report, now)
    return report


def last_sweep(engine: Engine) -> datetime | None:
    """When the last sweep was made, if ever."""
    with engine.database.reading() as connection:
        row = connection.execute(_LAST).first()
    return row.at if row else None


def _put_off(engine: Engine, number: str, duty: str, error: str, now: datetime) -> None:
    """Note the failure and try again later: twice as late each time, so that it never starves the others."""
    key = {"b_case": number, "b_duty": duty}
    with engine.database.writing() as connection:
        if connection.execute(select(cases.c.number).where(cases.c.number == number)).first() is None:
            return
        before = connection.execute(_FAILED, key).first()
        attempts = before.attempts + 1 if before else 1
        connection.execute(_FORGET, key)
        connection.execute(
            insert(failures),
            {
                "case": number,
                "duty": duty,
                "since": before.since if before else now,
                "attempts": attempts,
                "error": error,
                "retry_at": now + min(RETRY * 2 ** (attempts - 1), LONGEST_RETRY),
            },
        )


def _record(engine: Engine, report: SweepReport, now: datetime) -> None:
    with engine.database.writing() as connection:
        connection.execute(delete(sweeps))
        row = {"due": report.due, "fired": report.fired, "stale": report.stale, "failed": len(report.failed)}
        connection.execute(insert(sweeps), {"only": 1, "at": now, **row})
