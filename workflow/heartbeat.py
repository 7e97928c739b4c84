"""The heartbeat of the sweep: when the last one was, what it did, how often there is to be one.

    last_sweep(engine)                  the last sweep, if there ever was one
    record(engine, beat, now)           in a transaction of its own, after what it tells of
    missing(beat, now)                  the sentence that a sweep is missing: nobody is reminded of anything
    warning(engine, now)                the same, for commands to show
    confirm(engine, now)                somebody says that the time since the last record has really passed

Whoever sweeps again and again says how often (`every`); a sweep by hand does not, and leaves what was said as it is.
So a worker that died is missed even if somebody swept by hand since.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, text, update

from states.errors import N_, Reason
from states.values import Value
from workflow.database.base import CLOCKS_APART
from workflow.engine import Engine, whole
from workflow.tables import IS_ARMED, duties, sweeps

UNSAID = timedelta(minutes=30)
"""How often there is to be a sweep where nobody said it."""
MISSED = 2
"""So many sweeps may fail to come before it is said."""

_COLUMNS = ("at", "due", "fired", "stale", "failed")
_LAST = select(*(sweeps.c[name] for name in (*_COLUMNS, "every")))
_BEAT = (
    update(sweeps)
    .values({name: bindparam(f"new_{name}") for name in _COLUMNS})
    .values(every=func.coalesce(bindparam("new_every", type_=sweeps.c.every.type), sweeps.c.every))
)
_FIRST_BEAT = text(
    'INSERT INTO sweeps ("only", at, due, fired, stale, failed) VALUES (1, :at, 0, 0, 0, 0)'
    ' ON CONFLICT ("only") DO NOTHING'
).bindparams(bindparam("at", type_=sweeps.c.at.type))
_ANY_DUE = select(duties.c.case).where(IS_ARMED, duties.c.next_at <= bindparam("now")).limit(1)


class Heartbeat(Value, frozen=True):
    """The last sweep: when, and how many duties were due, fired, were stale, failed.

    `every` is the seconds between two sweeps as whoever sweeps said it, None where nobody ever did.
    """

    at: datetime
    due: int = 0
    fired: int = 0
    stale: int = 0
    failed: int = 0
    every: int | None = None

    @property
    def schedule(self) -> timedelta:
        """How often there is to be a sweep."""
        return UNSAID if self.every is None else timedelta(seconds=self.every)


def last_sweep(engine: Engine) -> Heartbeat | None:
    """The last sweep, if there ever was one."""
    with engine.database.reading() as connection:
        return _read(connection)


def _read(connection: Connection) -> Heartbeat | None:
    row = connection.execute(_LAST).first()
    return Heartbeat(**row._asdict()) if row else None


def record(engine: Engine, beat: Heartbeat, now: datetime) -> None:
    """Keep `beat` as the last sweep; `now` is what the clock says. Raises what a write raises."""
    with engine.database.writing(now) as connection:
        write(connection, beat)


def write(connection: Connection, beat: Heartbeat) -> None:
    """Keep `beat` as the last sweep, in the transaction of `connection`."""
    new: dict[str, Any] = {f"new_{name}": getattr(beat, name) for name in (*_COLUMNS, "every")}
    if not connection.execute(_BEAT, new).rowcount:
        connection.execute(_FIRST_BEAT, {"at": beat.at})
        connection.execute(_BEAT, new)


def confirm(engine: Engine, now: datetime) -> None:
    """Keep a heartbeat at `now`, however long nothing was recorded: from now on everything may be written again.

    Raises `WrongClock` all the same when the server's clock says something else.
    """
    with engine.database.writing(now, confirmed=True) as connection:
        write(connection, Heartbeat(at=whole(now)))


def missing(beat: Heartbeat, now: datetime, *, practice: bool = False) -> Reason | None:
    """Why nobody can rely on it at `now` that somebody sweeps; None where they can.

    There was to be a sweep since `beat`; or it is of an instant yet to come, and would hide until then that nobody
    does. The clock of a `practice` database is set by hand, back too.
    """
    if now - beat.at > MISSED * beat.schedule:
        return Reason(
            code="sweep_silent",
            text=N_("the last sweep was on {instant}, one is due every {every}: nobody is reminded of anything"),
            values={"instant": beat.at.isoformat(), "every": int(beat.schedule.total_seconds())},
        )
    if beat.at - now > CLOCKS_APART and not practice:
        return Reason(
            code="sweep_ahead",
            text=N_("the last sweep is recorded as of {instant}, which is yet to come: it may be that nobody sweeps"),
            values={"instant": beat.at.isoformat()},
        )
    return None


def warning(engine: Engine, now: datetime) -> Reason | None:
    """What to warn of whoever works: a sweep is missing. None while there is nothing to say.

    A practice database is swept by hand, on a clock that jumps: there only a schedule that somebody gave can be missed.
    """
    with engine.database.reading() as connection:
        beat = _read(connection)
        missed = beat is None and not engine.practice and connection.execute(_ANY_DUE, {"now": now}).first()
    if missed:
        return Reason(code="no_sweep", text=N_("no sweep was ever made: nobody is reminded of anything"))
    if beat is None or (engine.practice and beat.every is None):
        return None
    return missing(beat, now, practice=engine.practice)
