"""SQLite, the database of one office on one machine: a file.

As measured: `BEGIN IMMEDIATE` for every writer (with the driver's defaults, updates are lost
without an error), journal DELETE with synchronous EXTRA (nothing acknowledged is lost in a power cut),
foreign keys on. A network drive is refused: its locks cannot be trusted. The file belongs to its owner
alone, whatever the umask says.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.exc import DBAPIError

from states.errors import N_
from workflow.database import base
from workflow.database.base import Database, Fill
from workflow.errors import Busy, Damaged, NoSpace, NotAllowed, NotFound, UsageError, WorkflowError, unreadable
from workflow.tables import metadata

APPLICATION_ID = 0x70686F69  # "phoi", in the header of an SQLite file: says whose file it is
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


class File(Database):
    """A database in one SQLite file."""

    def __init__(self, path: Path) -> None:
        super().__init__(_engine(path), str(path), reading={}, writing={"sqlite_begin": "IMMEDIATE"})
        self.path = path

    def _claim(self, connection: Connection) -> None:
        # Asked inside the transaction: of two that create the same file at once, one is told.
        if connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one():
            _taken(self.path)
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")

    def unsafe(self, connection: Connection) -> list[tuple[str, str]]:
        found = []
        for setting, wanted in (("journal_mode", "delete"), ("synchronous", "3"), ("foreign_keys", "1")):
            value = str(connection.exec_driver_sql(f"PRAGMA {setting}").scalar_one())
            if value != wanted:
                found.append((setting, value))
        if (mode := self.path.stat().st_mode & 0o777) & 0o007 and os.name == "posix":
            found.append(("mode", f"{mode:o}"))
        return found

    def broken(self, connection: Connection) -> list[str]:
        found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(20)") if row[0] != "ok"]
        found += [f"foreign key of {row[0]}" for row in connection.exec_driver_sql("PRAGMA foreign_key_check")][:20]
        fresh = create_engine("sqlite://")
        with fresh.begin() as other:
            metadata.create_all(other)
            expected = _described(other)
        fresh.dispose()
        altered = _described(connection) ^ expected
        return found + sorted({f"{kind} {name} was altered" for kind, name, _sql in altered})

    def _ours(self, error: DBAPIError) -> WorkflowError | None:
        """By SQLite's own error names."""
        name = getattr(error.orig, "sqlite_errorname", "") or ""
        detail = str(error.orig)
        for prefix, ours in _SQLITE:
            if name.startswith(prefix):
                return unreadable(detail) if ours is Damaged else ours(*_SAID[ours], detail=detail)
        return unreadable(detail) if detail.startswith(_GARBLED) else None


def create(location: str | Path, *, practice: bool, fill: Fill) -> File:
    """A new database file at `location`, readable by its owner alone.

    Raises `UsageError` when there is something already, `NotAllowed` on a network drive, `NoSpace`.
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
    database = File(path)
    try:
        database.make(practice=practice, fill=fill)
    except BaseException as error:
        database.close()
        if isinstance(error, Damaged):
            _taken(path)
        raise
    return database


def reach(location: str | Path) -> File:
    """The database file at `location`, of whatever version.

    Raises `NotFound`, `NotAllowed` (network drive, no right to read), or `Damaged` for a file that is not ours.
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
    return File(path)


def _free(path: Path) -> bool:
    """Whether a database may be made here: nothing yet, or what a killed `create_database` left behind."""
    if not path.exists():
        return True
    return path.is_file() and (path.stat().st_size == 0 or Path(f"{path}-journal").exists())


def _described(connection: Connection) -> set[tuple[str, str, tuple[str, ...]]]:
    """Everything that is in the file by name, and what it was made with: its parts, in no order.

    A column that an upgrade added stands elsewhere in the text than in a table made new, and says the same.
    """
    rows = connection.exec_driver_sql("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {(kind, name, tuple(sorted(part.strip() for part in sql.split(",")))) for kind, name, sql in rows}


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
            N_("phoihop keeps its database in a file or on PostgreSQL, not in {scheme}"),
            N_("give --db a path, or postgresql://..."),
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
        return sqlite3.connect(name, uri=True, timeout=base.BUSY_SECONDS, isolation_level=None, check_same_thread=False)

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool)

    @event.listens_for(engine, "connect")
    def _settings(connection: Any, _record: Any) -> None:
        for setting in ("foreign_keys = ON", "secure_delete = ON", "journal_mode = DELETE", "synchronous = EXTRA"):
            connection.execute(f"PRAGMA {setting}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN " + connection.get_execution_options().get("sqlite_begin", "DEFERRED"))

    return engine


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
