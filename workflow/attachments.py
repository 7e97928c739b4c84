"""Attachments: files kept with an act, by the SHA-256 of their bytes, in the database itself.

    put(connection, events, bodies)              in the transaction of the act that carries them
    listed(history)                              which files a case has
    body_of(connection, file)                    the bytes again, or `Damaged` when they are others
    altered(connection)                          which of them all are no longer what was attached

The bytes lie in a table, not in a folder: so they come and go with the event that names them, whatever is killed
between, are in every backup, and reach every machine that shares the database. The same bytes are kept once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, select
from sqlalchemy.exc import IntegrityError

from states.case import Event, File
from states.errors import N_
from workflow.errors import Damaged
from workflow.tables import attachments

_KEPT = select(attachments.c.sha256).where(attachments.c.sha256 == bindparam("sha256"))
_BODY = select(attachments.c.body).where(attachments.c.sha256 == bindparam("sha256"))
_ALL = select(attachments.c.sha256, attachments.c.body)
_NAMES = select(attachments.c.sha256)
_ADD = insert(attachments)


@dataclass(frozen=True)
class Listed:
    """A file of a case, and the version of the event that carries it."""

    version: int
    file: File


def put(connection: Connection, happened: Iterable[Event], bodies: Mapping[str, bytes]) -> None:
    """Keep the bytes of every file that `happened` names; `bodies` has them by SHA-256.

    Raises `ValueError` for a file whose bytes are not there, or are others: no event may name what is not kept.
    """
    for file in {file.sha256: file for event in happened for file in event.files}.values():
        body = bodies.get(file.sha256)
        if body is not None and (hashlib.sha256(body).hexdigest() != file.sha256 or len(body) != file.size):
            raise ValueError(f"these are not the bytes of {file.sha256}")
        if connection.execute(_KEPT, {"sha256": file.sha256}).scalar() is not None:
            continue
        if body is None:
            raise ValueError(f"there are no bytes of {file.sha256}")
        try:
            with connection.begin_nested():
                connection.execute(_ADD, {"sha256": file.sha256, "size": file.size, "body": body})
        except IntegrityError:  # somebody else has just attached the same: that is as good
            continue


def listed(history: Sequence[Event]) -> list[Listed]:
    """The files of a case, in the order in which they came."""
    return [Listed(event.version, file) for event in history for file in event.files]


def body_of(connection: Connection, file: File) -> bytes:
    """The bytes of `file`. Raises `Damaged` when they are gone or are not what was attached."""
    body = connection.execute(_BODY, {"sha256": file.sha256}).scalar()
    if body is None or hashlib.sha256(body).hexdigest() != file.sha256:
        raise Damaged(
            N_("the file {name} is not what was attached ({sha256})"),
            N_("restore the last good copy of the file"),
            name=file.name,
            sha256=file.sha256,
        )
    return bytes(body)


def kept(connection: Connection) -> set[str]:
    """The SHA-256 of every attachment whose bytes are there."""
    return set(connection.execute(_NAMES).scalars())


def altered(connection: Connection) -> list[str]:
    """The SHA-256 of every attachment whose bytes are not what was attached: for checking a whole database."""
    rows = connection.execute(_ALL)
    return [row.sha256 for row in rows if hashlib.sha256(row.body).hexdigest() != row.sha256]
