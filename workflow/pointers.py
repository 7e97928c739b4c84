"""What `meta` points at: the newest edition and calendar, and the register as it is now.

    newest(connection)                  {"edition": digest, "calendar": digest, "register": version, ...}
    point(connection, key, value)       in the transaction that makes something the newest
    Remembered(read)(connection, version)        what was read of a version of the register, read once
    changing(database, now)             the transaction in which the register is changed
    alone(connection, key)              of several that do the same at once, one does and the others wait

Whoever works for years reads one small table for each command, and reads anew only what has changed.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy import Connection, bindparam, insert, select, update

from workflow.database import Database
from workflow.database.prepared import Prepared
from workflow.tables import meta

Read = TypeVar("Read")
_ALL = Prepared(select(meta.c.key, meta.c.value))
_ALONE = select(meta.c.value).where(meta.c.key == bindparam("key")).with_for_update()
_POINT = update(meta).where(meta.c.key == bindparam("b_key")).values(value=bindparam("b_value"))
_FIRST_POINT = insert(meta)


class Remembered(Generic[Read]):
    """What `read` finds in the register, by its version: whoever works for years reads each once."""

    most = 8

    def __init__(self, read: Callable[[Connection], Read]) -> None:
        self.read, self.known = read, dict[str, Read]()

    def __call__(self, connection: Connection, version: str) -> Read:
        if version not in self.known:
            if len(self.known) >= self.most:
                self.known.clear()
            self.known[version] = self.read(connection)
        return self.known[version]


def newest(connection: Connection) -> dict[str, str]:
    """Everything `meta` says, by its key."""
    return dict(_ALL.rows(connection, {}))


def point(connection: Connection, key: str, value: str) -> None:
    """Let `key` point at `value` from now on."""
    if not connection.execute(_POINT, {"b_key": key, "b_value": value}).rowcount:
        connection.execute(_FIRST_POINT, {"key": key, "value": value})


def alone(connection: Connection, key: str) -> None:
    """Wait until nobody else does what `key`, which is there, stands for. SQLite has one writer anyway."""
    connection.execute(_ALONE, {"key": key})


@contextmanager
def changing(database: Database, now: datetime) -> Iterator[Connection]:
    """The transaction in which the register is changed: by one at a time, and it has a new version afterwards."""
    with database.writing(now) as connection:
        alone(connection, "register")
        yield connection
        changed(connection)


def changed(connection: Connection) -> None:
    """The register is another one now: whoever has read it reads it anew."""
    point(connection, "register", secrets.token_hex(16))  # drawn, not counted: two copies of one file never share one
