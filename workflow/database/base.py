"""What is the same whichever database it is: a look, a write, and who the database says it is.

`sqlite` and `postgresql` make a `Database` each: how a transaction begins, and what the driver's errors
mean to whoever reads them. Nothing outside this package asks which one it has.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, func, insert, select, union_all
from sqlalchemy.exc import DBAPIError, NoResultFound

from states.errors import N_
from workflow.errors import ClockInDoubt, Damaged, NotUpgraded, WorkflowError, unreadable
from workflow.tables import (
    OLDEST_SCHEMA,
    SCHEMA_VERSION,
    calendars,
    editions,
    events,
    meta,
    metadata,
    register_log,
    seals,
    sweeps,
)

BUSY_SECONDS = 5.0
"""How long to wait for somebody else who is writing."""

CLOCKS_APART = timedelta(minutes=2)
"""How far the clocks of this machine and of a database server may differ before nothing is written."""

LONGEST_SILENCE = timedelta(days=14)
"""How long nothing may have been recorded before a write waits for somebody to confirm the clock."""

_INSTANTS = (events.c.at, sweeps.c.at, register_log.c.at, seals.c.at, editions.c.published_at, calendars.c.published_at)
# Of events, the only table here that grows with the cases, the index has the newest.
_NEWEST = union_all(*(select(func.max(column).label("at")) for column in _INSTANTS)).subquery()
_LAST_RECORDED = select(func.max(_NEWEST.c.at))

Fill = Callable[[Connection], object]


class Database:
    """An open database. `practice` databases let anybody play any agency at any time.

    `shown` says where it is, without a password; `id` was drawn when the database was made and tells it
    from every other. `clock_checked` says whether a write compares the clock of this machine with that of the server,
    and with what was recorded last.
    """

    def __init__(self, engine: Engine, shown: str, *, reading: dict[str, Any], writing: dict[str, Any]) -> None:
        self.engine, self.shown = engine, shown
        # The same pool: what differs is how a transaction begins.
        self._reader = engine.execution_options(**reading)
        self._writer = engine.execution_options(**writing)
        self.practice = False
        self.clock_checked = False
        self.id = ""
        self._recorded: datetime | None = None  # not later than the newest instant in the database

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for one consistent look. Read everything before printing: an open cursor locks."""
        with self._translated(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def writing(self, now: datetime | None = None, *, confirmed: bool = False) -> Iterator[Connection]:
        """One transaction: committed at the end of the block, rolled back by any exception.

        `now` is what this machine's clock says, where something is to be written at that instant; `confirmed` that
        somebody says it is right. Raises `WrongClock` when the server's clock says something else; `ClockInDoubt`,
        unless confirmed, when what was recorded last lies too far back: a long outage and a wrong clock look alike.
        """
        with self._translated(), self._writer.begin() as connection:
            if now is not None and self.clock_checked:
                self._compare_clocks(connection, now)
                if not confirmed:
                    self._compare_record(connection, now)
            yield connection

    @contextmanager
    def upgrading(self) -> Iterator[Connection]:
        """The one transaction in which the tables themselves are changed; whoever else wants to waits."""
        with self.writing() as connection:
            self._alone(connection)
            yield connection

    def close(self) -> None:
        """Let go of the file or the server."""
        self.engine.dispose()

    def make(self, *, practice: bool, fill: Fill) -> None:
        """Create the tables and what belongs in them from the start, all in one transaction.

        Raises `UsageError` when there is something already.
        """
        self.practice, self.id = practice, secrets.token_hex(16)
        with self.writing() as connection:
            self._claim(connection)
            metadata.create_all(connection, checkfirst=False)
            known = {"schema": str(SCHEMA_VERSION), "practice": str(int(practice)), "id": self.id}
            connection.execute(insert(meta), [{"key": k, "value": v} for k, v in known.items()])
            fill(connection)

    def identify(self) -> None:
        """Read what the database says of itself. Raises `Damaged`, `NotUpgraded` unless it is of this version."""
        known = self.read_meta()
        schema = known.get("schema", "?")
        if schema != str(SCHEMA_VERSION):
            raise other_version(self.shown, schema)
        self.practice, self.id = known.get("practice") == "1", known.get("id", "")
        self.clock_checked = not self.practice

    def read_meta(self) -> dict[str, str]:
        """The rows of `meta`: schema, id, practice, the newest edition and calendar."""
        with self.reading() as connection:
            rows = connection.execute(select(meta.c.key, meta.c.value)).all()
        return {row.key: row.value for row in rows}

    # ---- what each database knows of itself -----------------------------------------------------

    def unsafe(self, connection: Connection) -> list[tuple[str, str]]:
        """Settings of the database, and rights on it, that are not as they should be, with their values."""
        raise NotImplementedError

    def broken(self, connection: Connection) -> list[str]:
        """What is wrong with the database itself: pages, references between rows, tables that were altered."""
        raise NotImplementedError

    def _alone(self, connection: Connection) -> None:
        """Wait until nobody else makes or upgrades this database, to the end of the transaction.

        A file has one writer anyway.
        """

    def _claim(self, connection: Connection) -> None:
        """Make sure that nobody else makes a database here, and that nothing is here. Raises `UsageError`."""
        raise NotImplementedError

    def _compare_clocks(self, connection: Connection, now: datetime) -> None:
        """Raises `WrongClock` when the server's clock and `now` are too far apart. A file has no clock."""

    def _compare_record(self, connection: Connection, now: datetime) -> None:
        """Raises `ClockInDoubt` when `now` is too long after the newest instant that was recorded.

        The newest is asked for only when the one last known is too old: once, for whoever works on.
        """
        if self._recorded is None or now - self._recorded > LONGEST_SILENCE:
            self._recorded = last_recorded(connection)
        if self._recorded is not None and now - self._recorded > LONGEST_SILENCE:
            raise ClockInDoubt(
                N_("what was recorded last is of {instant}, and the clock says {at}: nothing was done"),
                N_("set the clock, or have it confirmed that the time has really passed: phoihop sweep --catch-up"),
                instant=self._recorded.isoformat(timespec="seconds"),
                at=now.isoformat(timespec="seconds"),
            )

    def _ours(self, error: DBAPIError) -> WorkflowError | None:
        """The driver's error as one of ours, or None for what is a bug."""
        raise NotImplementedError

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """The driver's errors as ours."""
        try:
            yield
        except DBAPIError as error:
            ours = self._ours(error)
            if ours is None:
                raise
            raise ours from error
        except (msgspec.MsgspecError, UnicodeDecodeError, NoResultFound) as error:
            # What is stored was checked when it was written: if it cannot be read now, the database is at fault.
            raise unreadable(str(error)) from error


def last_recorded(connection: Connection) -> datetime | None:
    """The newest instant recorded anywhere: of events, sweeps, the register, seals, rules, calendars."""
    at: datetime | None = connection.execute(_LAST_RECORDED).scalar()
    return at


def login_of(connection: Connection) -> str | None:
    """The login by which the database knows who is connected; None where it knows nobody, as a file does."""
    if connection.dialect.name != "postgresql":
        return None
    return str(connection.exec_driver_sql("SELECT session_user").scalar_one())


def other_version(shown: str, schema: str) -> Damaged:
    """The error for a database of another version: an older one can be upgraded, a newer one cannot be read."""
    values: dict[str, Any] = {"path": shown, "schema": schema, "known": SCHEMA_VERSION}
    if schema.isdecimal() and int(schema) < SCHEMA_VERSION:
        reachable = int(schema) >= OLDEST_SCHEMA
        return NotUpgraded(
            N_("{path} was made by an older version of phoihop (schema {schema}, not {known})"),
            N_("make a copy of it, then: phoihop db upgrade") if reachable else N_("use the version that made it"),
            **values,
        )
    return Damaged(
        N_("{path} is of a newer version of phoihop (schema {schema}, not {known})"),
        N_("use that version of phoihop"),
        **values,
    )
