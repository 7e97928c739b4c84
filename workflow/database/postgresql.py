"""PostgreSQL, the database that several agencies or machines share: the same tables, the same code.

A look is REPEATABLE READ, READ ONLY: everything it reads is of one moment. A write is READ COMMITTED and
locks the row of its case before it reads it (`store.hold`); cases are the only rows locked on
purpose, so there is one lock order. Time-outs are set on every connection: whoever waits for a lock is
told that the database is busy, as on SQLite, and a client that sleeps in a transaction holds up nobody.

The driver reads the URL, so everything of libpq works in it (`?host=/run/postgresql`, `sslmode`, PGPASSFILE).
What is said about a URL never holds its password.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Connection, Engine, UniqueConstraint, create_engine, event, inspect
from sqlalchemy.exc import DBAPIError

from states.errors import N_
from workflow.database import base
from workflow.database.base import CLOCKS_APART, Database, Fill
from workflow.errors import (
    Busy,
    Damaged,
    NoSpace,
    NotAllowed,
    NotFound,
    Unreachable,
    UsageError,
    WorkflowError,
    WrongClock,
    unreadable,
)
from workflow.location import shown
from workflow.tables import metadata

CONNECT_SECONDS = 10
STATEMENT_SECONDS = 60
IDLE_SECONDS = 60
_LOCK = 0x70686F69  # "phoi": whoever makes or upgrades a database holds it
_LOST = (N_("the database at {path} cannot be reached: {detail}"), N_("try again in a moment"))
_BUSY = (N_("the database is busy: somebody else is writing"), N_("try again in a moment"))
_FORBIDDEN = (N_("the database at {path} does not let you in: {detail}"), N_("ask whoever keeps the database"))
_FULL = (N_("the database cannot be written: {detail}"), "")
_ABSENT = (N_("there is no database at {path}"), N_("have it created first: createdb NAME"))
_STRANGE = (N_("{path} is not a phoihop database"), N_("give another one with --db"))
_NO_URL = (N_("{path} is no URL of a database"), N_("write postgresql://HOST/NAME"))
# By SQLSTATE, the longest first: a class is its first two letters.
_STATES: tuple[tuple[str, type[WorkflowError], tuple[str, str]], ...] = (
    ("40001", Busy, _BUSY),
    ("40P01", Busy, _BUSY),
    ("55P03", Busy, _BUSY),
    ("57014", Busy, _BUSY),
    ("25P03", Unreachable, _LOST),  # it slept in a transaction and was shown out
    ("57P", Unreachable, _LOST),
    ("53300", Unreachable, _LOST),  # too many connections
    ("08", Unreachable, _LOST),
    ("25006", NoSpace, _FULL),
    ("53", NoSpace, _FULL),
    ("28", NotAllowed, _FORBIDDEN),
    ("42501", NotAllowed, _FORBIDDEN),
    ("3D000", NotFound, _ABSENT),
    ("42P01", Damaged, _STRANGE),
    ("3F000", Damaged, _STRANGE),
)
# The driver gives no SQLSTATE for a connection that never was. A server that speaks another language
# falls through to "cannot be reached", with its own words.
_REFUSALS: tuple[tuple[str, type[WorkflowError], tuple[str, str]], ...] = (
    ("does not exist", NotFound, _ABSENT),
    ("authentication failed", NotAllowed, _FORBIDDEN),
    ("no password supplied", NotAllowed, _FORBIDDEN),
    ("no pg_hba.conf entry", NotAllowed, _FORBIDDEN),
    ("permission denied", NotAllowed, _FORBIDDEN),
    ("not permitted to log in", NotAllowed, _FORBIDDEN),
)
_UNREADABLE = ("42703", "XX", "22")  # no such column; corrupted; a value that is none

# Said here and not in `tables`: naming a dialect's option imports that dialect, which a file does not need.
for _index in (index for table in metadata.sorted_tables for index in table.indexes):
    _index.dialect_options["postgresql"]["where"] = _index.dialect_options["sqlite"]["where"]


class Server(Database):
    """A database on a PostgreSQL server."""

    def __init__(self, url: str) -> None:
        super().__init__(
            _engine(url),
            shown(url),
            reading={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
            writing={"isolation_level": "READ COMMITTED"},
        )

    def _alone(self, connection: Connection) -> None:
        # What changes tables may take longer than any question; whoever waits for a lock is still told.
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")

    def _claim(self, connection: Connection) -> None:
        self._alone(connection)  # of two that make it at once, one waits and is told
        taken = set(inspect(connection).get_table_names())
        if {"meta", "cases"} <= taken:
            raise UsageError(
                N_("there is a phoihop database at {path} already"), N_("choose another one with --db"), path=self.shown
            )
        if taken:
            raise UsageError(
                N_("the database at {path} belongs to another program: it has tables already"),
                N_("give an empty one: createdb NAME"),
                path=self.shown,
            )

    def unsafe(self, connection: Connection) -> list[tuple[str, str]]:
        settings = ("fsync", "synchronous_commit", "full_page_writes")
        values = {name: str(connection.exec_driver_sql(f"SHOW {name}").scalar_one()) for name in settings}
        return [(name, value) for name, value in values.items() if value == "off"]

    def broken(self, connection: Connection) -> list[str]:
        looked, found = inspect(connection), []
        named = connection.dialect.identifier_preparer.format_constraint
        for table in metadata.sorted_tables:
            if not looked.has_table(table.name):
                found.append(f"table {table.name} is missing")
                continue
            columns = {str(one["name"]) for one in looked.get_columns(table.name)}
            indexes = {str(i["name"]) for i in looked.get_indexes(table.name) if "duplicates_constraint" not in i}
            rules = [*looked.get_check_constraints(table.name), *looked.get_unique_constraints(table.name)]
            ours = [*table.constraints, *(one for column in table.columns for one in column.constraints)]
            declared = {str(named(one)) for one in ours if isinstance(one, CheckConstraint | UniqueConstraint)}
            for kind, altered in (
                ("column", columns ^ set(table.columns.keys())),
                ("index", indexes ^ {str(index.name) for index in table.indexes}),
                ("constraint", {str(rule["name"]) for rule in rules} ^ declared),
            ):
                found += [f"{kind} {name} of {table.name} was altered" for name in sorted(altered)]
        triggers = connection.exec_driver_sql("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal").scalars()
        return found + [f"trigger {name} was added" for name in triggers]

    def _compare_clocks(self, connection: Connection, now: datetime) -> None:
        theirs: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        if abs(theirs - now) > CLOCKS_APART:
            raise WrongClock(
                N_("the clock of this machine says {instant}, that of the database server {other}: nothing was done"),
                N_("set the clock that is wrong, then try again"),
                instant=now.isoformat(timespec="seconds"),
                other=theirs.astimezone(UTC).isoformat(timespec="seconds"),
            )

    def _ours(self, error: DBAPIError) -> WorkflowError | None:
        state = getattr(error.orig, "sqlstate", None)
        detail = _first_line(error.orig)
        if state is None:
            return self._refused(error, detail)
        if state == "42P01" and self.id:  # it was ours when it was opened
            return unreadable(detail)
        for start, ours, said in _STATES:
            if state.startswith(start):
                return ours(*said, path=self.shown, detail=detail)
        return unreadable(detail) if state.startswith(_UNREADABLE) else None

    def _refused(self, error: DBAPIError, detail: str) -> WorkflowError | None:
        """An error of the driver itself: no connection, a lost one, or a URL that is none."""
        connecting = error.statement is None
        if type(error.orig).__name__ == "ProgrammingError" and connecting:
            return UsageError(*_NO_URL, path=self.shown)
        if error.connection_invalidated or type(error.orig).__name__ in ("OperationalError", "ConnectionTimeout"):
            found = next((one for one in _REFUSALS if connecting and one[0] in str(error.orig)), None)
            ours, said = (found[1], found[2]) if found else (Unreachable, _LOST)
            return ours(*said, path=self.shown, detail=detail)
        return None


def create(url: str, *, practice: bool, fill: Fill) -> Server:
    """Our tables in the empty database at `url`, in one transaction. Raises what `create_database` raises."""
    database = Server(url)
    try:
        database.make(practice=practice, fill=fill)
    except BaseException:
        database.close()
        raise
    return database


def reach(url: str) -> Server:
    """The database at `url`, of whatever version. Nothing is sent yet."""
    return Server(url)


def _engine(url: str) -> Engine:
    def connect() -> Any:
        import psycopg  # only who opens such a database needs the driver

        given = psycopg.conninfo.conninfo_to_dict(url)
        timeout: dict[str, Any] = {} if "connect_timeout" in given else {"connect_timeout": CONNECT_SECONDS}
        return psycopg.connect(url, **timeout)

    engine = create_engine("postgresql+psycopg://", creator=connect, use_native_hstore=False)

    @event.listens_for(engine, "checkout")
    def _plain(connection: Any, _record: Any, _proxy: Any) -> None:
        connection.read_only = None  # whether a write is allowed is for the server to say, where a look does not say no

    @event.listens_for(engine, "connect")
    def _settings(connection: Any, _record: Any) -> None:
        settings = {
            "TimeZone": "'UTC'",
            "statement_timeout": STATEMENT_SECONDS * 1000,
            "lock_timeout": max(int(base.BUSY_SECONDS * 1000), 1),  # 0 would be for ever
            "idle_in_transaction_session_timeout": IDLE_SECONDS * 1000,
        }
        before, connection.autocommit = connection.autocommit, True
        connection.execute("; ".join(f"SET {name} = {value}" for name, value in settings.items()))
        connection.autocommit = before

    return engine


def _first_line(error: BaseException | None) -> str:
    """What the driver says, in one line, and nothing that it may repeat of a URL."""
    return shown((str(error).strip() or type(error).__name__).splitlines()[0])
