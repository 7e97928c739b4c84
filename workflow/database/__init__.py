"""The one place that knows which database it is.

    create_database("cases.db", practice=True)                  open_database("cases.db")
    create_database("postgresql://host/cases", practice=True)   open_database("postgresql://host/cases")

A path is an SQLite file: one office, one machine. A URL is a PostgreSQL server: several. The rest of the
program is given a `Database` and cannot tell. Reading order: base, sqlite, postgresql. Neither driver is
imported before a database of its kind is opened.
"""

from __future__ import annotations

from pathlib import Path

from workflow.database.base import Database, Fill, login_of
from workflow.location import is_server

__all__ = ["Database", "create_database", "login_of", "open_database", "reach_database"]


def create_database(location: str | Path, *, practice: bool, fill: Fill = lambda _: None) -> Database:
    """A new database at `location`: a file readable by its owner alone, or the tables in an empty database.

    `fill` writes what belongs in it from the start, in the same transaction: killed at any moment, there
    is a whole database or none. Raises `UsageError` when there is something already, `NotAllowed` (a network
    drive, no right to create), `NotFound` (no such database on the server), `NoSpace`, `Unreachable`.
    """
    if is_server(location):
        from workflow.database import postgresql

        return postgresql.create(str(location), practice=practice, fill=fill)
    from workflow.database import sqlite

    return sqlite.create(location, practice=practice, fill=fill)


def reach_database(location: str | Path) -> Database:
    """The database at `location`, of whatever version; the caller says so with `identify`.

    Raises `NotFound`, `NotAllowed` (network drive, no right to read), `Damaged` for a file that is not ours.
    """
    if is_server(location):
        from workflow.database import postgresql

        return postgresql.reach(str(location))
    from workflow.database import sqlite

    return sqlite.reach(location)


def open_database(location: str | Path) -> Database:
    """The database at `location`.

    Raises what `reach_database` raises; `Damaged` for one that is not ours or is of a newer version,
    `NotUpgraded` for one of an older version, `Unreachable` when its server does not answer.
    """
    database = reach_database(location)
    try:
        database.identify()
    except BaseException:
        database.close()
        raise
    return database
