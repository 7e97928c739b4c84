"""Published calendars. A calendar is known by the SHA-256 of its text and never changes; a newer replaces it.

Every new due date uses the newest one. What is compiled is cached by digest, which is what the content
hashes to: nothing in the cache can become stale.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

import msgspec
from sqlalchemy import Connection, bindparam, insert, select

from states.calendar import Calendar, CalendarError
from states.worktime import WorkTime
from workflow.errors import unreadable
from workflow.tables import calendars

_ADD = insert(calendars)
_BODY = select(calendars.c.body).where(calendars.c.digest == bindparam("digest"))
_decode = msgspec.json.Decoder(Calendar).decode
_clocks: dict[str, WorkTime] = {}


def publish(connection: Connection, text: bytes, name: str, calendar: Calendar, now: datetime) -> str:
    """Store `calendar`, which `text` states, under its digest, and return that. Known already: no change.

    Making it the newest is `rulebook`'s: it keeps the pointers.
    """
    digest = hashlib.sha256(text).hexdigest()
    if connection.execute(_BODY, {"digest": digest}).scalar() is None:
        body = msgspec.json.encode(calendar)
        row = {"digest": digest, "name": name, "text": text, "body": body, "published_at": now}
        connection.execute(_ADD, row)
    return digest


def load(connection: Connection, digest: str) -> WorkTime:
    """The calendar of `digest`, compiled for arithmetic. Raises `Damaged`."""
    if digest not in _clocks:
        body = connection.execute(_BODY, {"digest": digest}).scalar_one()
        try:
            _clocks[digest] = WorkTime(_decode(body))
        except CalendarError as error:  # it was sound when it was published
            raise unreadable(str(error)) from error
    return _clocks[digest]
