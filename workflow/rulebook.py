"""Published editions, calendars and the register: the office a command is judged by.

An edition and a calendar are published by the SHA-256 of their text and never change; a case keeps its
edition. What is decoded is cached by digest, so a process that works for years reads each once.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import lru_cache

import msgspec
from sqlalchemy import Connection, bindparam, insert, select, update

from states.commands import Office
from states.errors import N_
from states.ruleset import Agency, Ruleset
from states.worktime import Calendar, WorkTime
from workflow.errors import Conflict, Damaged
from workflow.tables import agencies, calendars, editions, meta

_EDITION = select(editions.c.body).where(editions.c.digest == bindparam("digest"))
_NAMED = select(editions.c.digest).where(editions.c.name == bindparam("name"))
_CALENDAR = select(calendars.c.body).where(calendars.c.digest == bindparam("digest"))
_CURRENT = select(meta.c.value).where(meta.c.key == bindparam("key"))
_AGENCIES = select(agencies.c.body)


def publish_rules(connection: Connection, text: bytes, ruleset: Ruleset, now: datetime) -> str:
    """Publish an edition and make it the one new cases open under. The same text again changes nothing.

    Returns the digest. Raises `Conflict` when the edition's name is taken by another text.
    """
    digest = hashlib.sha256(text).hexdigest()
    known = connection.execute(_NAMED, {"name": ruleset.edition}).scalar()
    if known is None:
        body = msgspec.json.encode(ruleset)
        row = {"digest": digest, "name": ruleset.edition, "text": text, "body": body, "published_at": now}
        connection.execute(insert(editions), row)
    elif known != digest:
        raise Conflict(N_("edition {edition} is published already, with another text"), edition=ruleset.edition)
    _set_current(connection, "edition", digest)
    return digest


def publish_calendar(connection: Connection, text: bytes, name: str, calendar: Calendar, now: datetime) -> str:
    """Publish a calendar and make it the newest; every new due date uses it. Returns the digest."""
    digest = hashlib.sha256(text).hexdigest()
    if connection.execute(_CALENDAR, {"digest": digest}).scalar() is None:
        body = msgspec.json.encode(calendar)
        row = {"digest": digest, "name": name, "text": text, "body": body, "published_at": now}
        connection.execute(insert(calendars), row)
    _set_current(connection, "calendar", digest)
    return digest


def seed_register(connection: Connection, ruleset: Ruleset) -> None:
    """Copy the rules' agencies into an empty register."""
    rows = [{"code": code, "body": msgspec.json.encode(a)} for code, a in ruleset.agencies.items()]
    connection.execute(insert(agencies), rows)


def _set_current(connection: Connection, key: str, digest: str) -> None:
    changed = connection.execute(update(meta).where(meta.c.key == key).values(value=digest)).rowcount
    if not changed:
        connection.execute(insert(meta), {"key": key, "value": digest})


def office(connection: Connection, edition: str | None = None) -> Office:
    """The office of `edition` (a digest; None for the current one), the newest calendar and the register."""
    digest = edition or connection.execute(_CURRENT, {"key": "edition"}).scalar()
    calendar = connection.execute(_CURRENT, {"key": "calendar"}).scalar()
    if digest is None or calendar is None:
        raise Damaged(N_("the database holds no rules or no calendar"))
    return Office(
        ruleset=_ruleset(connection, digest),
        edition=digest,
        clock=_clock(connection, calendar),
        calendar=calendar,
        agencies=_register(tuple(connection.execute(_AGENCIES).scalars())),
    )


def _ruleset(connection: Connection, digest: str) -> Ruleset:
    if digest not in _rulesets:
        _rulesets[digest] = msgspec.json.decode(
            connection.execute(_EDITION, {"digest": digest}).scalar_one(), type=Ruleset
        )
    return _rulesets[digest]


def _clock(connection: Connection, digest: str) -> WorkTime:
    if digest not in _clocks:
        body = connection.execute(_CALENDAR, {"digest": digest}).scalar_one()
        _clocks[digest] = WorkTime(msgspec.json.decode(body, type=Calendar))
    return _clocks[digest]


@lru_cache(maxsize=8)
def _register(bodies: tuple[bytes, ...]) -> dict[str, Agency]:
    decoded = [msgspec.json.decode(body, type=Agency) for body in bodies]
    return {agency.code: agency for agency in decoded}


# By digest, which is what the content hashes to: nothing here can become stale.
_rulesets: dict[str, Ruleset] = {}
_clocks: dict[str, WorkTime] = {}
