"""The one place that knows which database it is, and the only `create_engine`.

SQLite, as measured: `BEGIN IMMEDIATE` for every writer (with the driver's defaults, updates are lost
without an error), journal DELETE with synchronous EXTRA (nothing acknowledged is lost in a power cut),
foreign keys on. A network drive is refused: its locks cannot be trusted. The file belongs to its owner
alone, whatever the umask says.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

import msgspec
from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, insert, select
from sqlalchemy.exc import DBAPIError, NoResultFound

from states.errors import N_
from workflow.errors import Busy, Damaged, NoSpace, NotAllowed, NotFound, UsageError, WorkflowError, unreadable
from workflow.tables import SCHEMA_VERSION, meta, metadata

APPLICATION_ID = 0x70686F69  # "phoi", in the header of an SQLite file: says whose file it is
BUSY_SECONDS = 5
_HEADER = 100  # bytes of an SQLite file before its first page proper
OLDEST_SQLITE = (3, 37, 0)  # strict tables
_NETWORK = {
    "afs", "ceph", "cifs", "davfs", "fuse.ceph", "fuse.davfs2", "fuse.glusterfs", "fuse.rclone", "fuse.sshfs",
    "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs",
}  # fmt: skip
# By SQLite's own names, the longest first: SQLITE_IOERR_READ is not what SQLITE_IOERR is.
_SQLITE: tuple[tuple[str, type[WorkflowError]], ...] = (
    ("SQLITE_IOERR_READ", Damaged),
    ("SQLITE_IOERR_SHORT_READ", Damaged),
    ("SQLITE_IOERR_CORRUPTFS", Damaged),
    ("SQLITE_IOERR", NoSpace),
    ("SQLITE_BUSY", Busy),
    ("SQLITE_LOCKED", Busy),
    ("SQLITE_FULL", NoSpace),
    ("SQLITE_READONLY", NoSpace),
    ("SQLITE_CANTOPEN", NoSpace),
    ("SQLITE_PERM", NoSpace),
    ("SQLITE_CORRUPT", Damaged),
    ("SQLITE_NOTADB", Damaged),
)
# Errors without such a name that only a damaged file gives.
_GARBLED = ("no such table", "no such column", "Could not decode to UTF-8")
_SAID: dict[type[WorkflowError], tuple[str, str]] = {
    Busy: (N_("the database is busy: somebody else is writing"), N_("try again in a moment")),
    NoSpace: (N_("the database cannot be written: {detail}"), ""),
}


class Database:
    """An open database. `practice` databases let anybody play any agency at any time.

    `id` was drawn when the database was made and tells it from every other.
    """

    def __init__(self, engine: Engine, path: Path) -> None:
        self.engine, self.path = engine, path
        # The same pool: what differs is how a transaction begins.
        self._writer = engine.execution_options(sqlite_begin="IMMEDIATE")
        self.practice = False
        self.id = ""

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for one consistent look. Read everything before printing: an open cursor locks."""
        with _translated(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: committed at the end of the block, rolled back by any exception."""
        with _translated(), self._writer.begin() as connection:
            yield connection

    def unsafe(self, connection: Connection) -> list[tuple[str, str]]:
        """Settings of the database, and rights on its file, that are not as they should be, with their values."""
        found = []
        for setting, wanted in (("journal_mode", "delete"), ("synchronous", "3"), ("foreign_keys", "1")):
            value = str(connection.exec_driver_sql(f"PRAGMA {setting}").scalar_one())
            if value != wanted:
                found.append((setting, value))
        if (mode := self.path.stat().st_mode & 0o777) & 0o007 and os.name == "posix":
            found.append(("mode", f"{mode:o}"))
        return found

    def close(self) -> None:
        """Let go of the file."""
        self.engine.dispose()


def create_database(
    location: str | Path, *, practice: bool, fill: Callable[[Connection], object] = lambda _: None
) -> Database:
    """A new database at `location`, readable by its owner alone.

    `fill` writes what belongs in it from the start, in the same transaction: killed at any moment, there
    is a whole database or none. Raises `UsageError` when there is something already, `NotAllowed` on a
    network drive, `NoSpace`.
    """
    path = _path(location)
    _refuse_network(path)
    if not _free(path):
        _taken(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        path.chmod(0o600)
    except OSError as error:
        detail = error.strerror or type(error).__name__
        raise NoSpace(N_("cannot create {path}: {detail}"), path=str(path), detail=detail) from error
    database = Database(_engine(path), path)
    database.practice, database.id = practice, secrets.token_hex(16)
    try:
        with database.writing() as connection:
            # Asked inside the transaction: of two that create the same file at once, one is told.
            if connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one():
                _taken(path)
            connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
            metadata.create_all(connection, checkfirst=False)
            known = {"schema": str(SCHEMA_VERSION), "practice": str(int(practice)), "id": database.id}
            connection.execute(insert(meta), [{"key": k, "value": v} for k, v in known.items()])
            fill(connection)
    except BaseException as error:
        database.close()
        if isinstance(error, Damaged):
            _taken(path)
        raise
    return database


def open_database(location: str | Path) -> Database:
    """The database at `location`.

    Raises `NotFound`, `NotAllowed` (network drive, no right to read), or `Damaged` for a file that is not
    ours or not of this version.
    """
    path = _path(location)
    if not path.is_file():
        raise NotFound(N_("there is no database at {path}"), N_("create one: phoihop init --practice"), path=str(path))
    _refuse_network(path)
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER)
    except OSError as error:
        detail = error.strerror or type(error).__name__
        raise NotAllowed(N_("cannot read {path}: {detail}"), path=str(path), detail=detail) from error
    # Looked at before SQLite opens it: what is not ours is not touched at all.
    if header[:16] != b"SQLite format 3\0" or header[68:72] != APPLICATION_ID.to_bytes(4, "big"):
        raise Damaged(N_("{path} is not a phoihop database"), N_("give another file with --db"), path=str(path))
    database = Database(_engine(path), path)
    try:
        known = _identified(database)
    except BaseException:
        database.close()
        raise
    database.practice, database.id = known.get("practice") == "1", known.get("id", "")
    return database


def integrity(connection: Connection) -> list[str]:
    """What is wrong with the database itself: pages, references between rows, tables that were altered."""
    found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(20)") if row[0] != "ok"]
    found += [f"foreign key of {row[0]}" for row in connection.exec_driver_sql("PRAGMA foreign_key_check")][:20]
    described = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    fresh = create_engine("sqlite://")
    with fresh.begin() as other:
        metadata.create_all(other)
        expected = {tuple(row) for row in other.exec_driver_sql(described)}
    fresh.dispose()
    altered = {tuple(row) for row in connection.exec_driver_sql(described)} ^ expected
    return found + sorted({f"{kind} {name} was altered" for kind, name, _sql in altered})


def _identified(database: Database) -> dict[str, str]:
    """What the file says of itself. Raises `Damaged` unless it is ours and of this version."""
    with database.reading() as connection:
        rows = connection.execute(select(meta.c.key, meta.c.value)).all()
    known: dict[str, str] = {row.key: row.value for row in rows}
    if (schema := known.get("schema")) != str(SCHEMA_VERSION):
        raise Damaged(
            N_("{path} is of another version of phoihop (schema {schema}, not {known})"),
            path=str(database.path),
            schema=schema or "?",
            known=SCHEMA_VERSION,
        )
    return known


def _free(path: Path) -> bool:
    """Whether a database may be made here: nothing yet, or what a killed `create_database` left behind."""
    if not path.exists():
        return True
    return path.is_file() and (path.stat().st_size == 0 or Path(f"{path}-journal").exists())


def _taken(path: Path) -> NoReturn:
    raise UsageError(N_("{path} exists already"), N_("choose another file with --db"), path=str(path))


def _path(location: str | Path) -> Path:
    """The file `location` means: a path, or `sqlite:///PATH`."""
    text = str(location)
    if text.startswith("sqlite:///"):
        text = text.removeprefix("sqlite:///")
    elif "://" in text:
        scheme = text.split("://")[0]
        raise UsageError(
            N_("this version keeps its database in a file, not in {scheme}"),
            N_("give --db the path of a file"),
            scheme=scheme,
        )
    if not text:
        raise UsageError(N_("the path of the database is empty"))
    return Path(text)


def _engine(path: Path) -> Engine:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise NotAllowed(
            N_("this Python has SQLite {version}; phoihop needs {oldest} or newer"),
            version=sqlite3.sqlite_version,
            oldest=".".join(map(str, OLDEST_SQLITE)),
        )
    # mode=rw: a file that is gone is an error, never a new empty database.
    name = f"file:{quote(str(path.absolute()))}?mode=rw"

    def connect() -> sqlite3.Connection:
        # We say BEGIN ourselves, below; SQLAlchemy's pool lends a connection to one thread at a time.
        return sqlite3.connect(name, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool)

    @event.listens_for(engine, "connect")
    def _settings(connection: Any, _record: Any) -> None:
        for setting in ("foreign_keys = ON", "secure_delete = ON", "journal_mode = DELETE", "synchronous = EXTRA"):
            connection.execute(f"PRAGMA {setting}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN " + connection.get_execution_options().get("sqlite_begin", "DEFERRED"))

    return engine


@contextmanager
def _translated() -> Iterator[None]:
    """The driver's errors as ours, by SQLite's own error names."""
    try:
        yield
    except DBAPIError as error:
        name = getattr(error.orig, "sqlite_errorname", "") or ""
        detail = str(error.orig)
        for prefix, ours in _SQLITE:
            if name.startswith(prefix):
                raise (unreadable(detail) if ours is Damaged else ours(*_SAID[ours], detail=detail)) from error
        if detail.startswith(_GARBLED):
            raise unreadable(detail) from error
        raise
    except (msgspec.MsgspecError, UnicodeDecodeError, NoResultFound) as error:
        # What is stored was checked when it was written: if it cannot be read now, the file is at fault.
        raise unreadable(str(error)) from error


def _refuse_network(path: Path) -> None:
    """Raises `NotAllowed` for a path on a network drive. Only Linux tells; elsewhere `init` says it."""
    try:
        text = Path("/proc/mounts").read_text(errors="replace")
    except OSError:
        return
    if (kind := filesystem_of(path.resolve(), text)) in _NETWORK:
        raise NotAllowed(
            N_("{path} is on a network drive ({kind}), where a database file is not safe"),
            N_("choose a folder on a local disk with --db"),
            path=str(path),
            kind=kind,
        )


def filesystem_of(path: Path, mounts: str) -> str | None:
    """The kind of file system `path` is on, by the text of `/proc/mounts`; the last mount wins."""
    best, kind = -1, None
    for line in mounts.splitlines():
        _device, point, found, *_rest = line.split(" ")
        point = point.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
        if path.is_relative_to(point) and len(point) >= best:
            best, kind = len(point), found
    return kind
