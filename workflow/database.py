"""The one place that knows which database it is, and the only `create_engine`.

SQLite, as measured: `BEGIN IMMEDIATE` for every writer (with the driver's defaults, updates are lost
without an error), journal DELETE with synchronous EXTRA (nothing acknowledged is lost in a power cut),
foreign keys on. A network drive is refused: its locks cannot be trusted.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, select
from sqlalchemy.exc import DatabaseError, DBAPIError

from states.errors import N_
from workflow.errors import Busy, Damaged, NoSpace, NotFound
from workflow.tables import APPLICATION_ID, SCHEMA_VERSION, meta, metadata

BUSY_SECONDS = 5
_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs"}
_SQLITE = {
    "SQLITE_BUSY": Busy,
    "SQLITE_LOCKED": Busy,
    "SQLITE_FULL": NoSpace,
    "SQLITE_READONLY": NoSpace,
    "SQLITE_CANTOPEN": NoSpace,
    "SQLITE_IOERR": NoSpace,
    "SQLITE_CORRUPT": Damaged,
    "SQLITE_NOTADB": Damaged,
}


class Database:
    """An open database. `practice` databases let anybody play any agency at any time."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self.engine, self.path = engine, path
        self.practice = False

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for one consistent look. Read everything before printing: an open cursor locks."""
        with _translated(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: committed at the end of the block, rolled back by any exception."""
        immediate = self.engine.connect().execution_options(sqlite_begin="IMMEDIATE")
        with _translated(), immediate as connection, connection.begin():
            yield connection

    def close(self) -> None:
        self.engine.dispose()


def create_database(path: Path, *, practice: bool) -> Database:
    """A new, empty database at `path`, readable by its owner alone. Refuses to touch an existing file."""
    if path.exists():
        raise Damaged(N_("{path} exists already"), N_("choose another file with --db"), path=str(path))
    _refuse_network(path.parent)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        raise NoSpace(N_("cannot create {path}: {detail}"), path=str(path), detail=error.strerror or "") from error
    database = Database(_engine(path), path)
    with database.writing() as connection:
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        metadata.create_all(connection)
        rows = {"schema": str(SCHEMA_VERSION), "practice": "1" if practice else "0"}
        connection.execute(insert(meta), [{"key": k, "value": v} for k, v in rows.items()])
    database.practice = practice
    return database


def open_database(path: Path) -> Database:
    """The database at `path`. Raises `NotFound`, or `Damaged` for a file that is not ours or not this version."""
    if not path.is_file():
        raise NotFound(N_("there is no database at {path}"), N_("create one: phoihop init --practice"), path=str(path))
    _refuse_network(path.parent)
    database = Database(_engine(path), path)
    with database.reading() as connection:
        if connection.exec_driver_sql("PRAGMA application_id").scalar() != APPLICATION_ID:
            raise Damaged(N_("{path} is not a phoihop database"), path=str(path))
        known: dict[str, str] = {row.key: row.value for row in connection.execute(select(meta))}
    if known.get("schema") != str(SCHEMA_VERSION):
        raise Damaged(N_("{path} was made by another version of phoihop"), path=str(path))
    database.practice = known.get("practice") == "1"
    return database


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def _settings(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        for setting in ("foreign_keys = ON", "journal_mode = DELETE", "synchronous = EXTRA"):
            connection.execute(f"PRAGMA {setting}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN " + connection.get_execution_options().get("sqlite_begin", "DEFERRED"))

    return engine


@contextmanager
def _translated() -> Iterator[None]:
    """The driver's errors as ours, by SQLite's own error names."""
    try:
        yield
    except (DBAPIError, DatabaseError) as error:
        name = getattr(error.orig, "sqlite_errorname", "") or ""
        for prefix, ours in _SQLITE.items():
            if name.startswith(prefix):
                raise ours(_SENTENCES[ours], detail=str(error.orig)) from error
        raise


_SENTENCES: dict[type, str] = {
    Busy: N_("the database is busy: somebody else is writing"),
    NoSpace: N_("the database cannot be written: {detail}"),
    Damaged: N_("the database is damaged or not one of ours: {detail}"),
}


def _refuse_network(folder: Path) -> None:
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text(errors="replace").splitlines()]
    except OSError:
        return  # only Linux tells; elsewhere `init` says what the storage must be
    resolved = folder.resolve()
    best = max((m for m in mounts if resolved.is_relative_to(m[1])), key=lambda m: len(m[1]), default=None)
    if best is not None and best[2] in _NETWORK:
        raise NoSpace(N_("{path} is on a network drive, where SQLite is not safe"), path=str(folder))


__all__ = ["Database", "create_database", "open_database"]
