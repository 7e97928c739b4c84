"""Published editions, and the office a command is judged by: edition, newest calendar, register.

An edition is published by the SHA-256 of its text and never changes; a case keeps the one it opened
under. What is decoded is cached by digest, so a process that works for years reads each once.

`publish` stores what `states.loader` read; reading YAML is not done here, and not needed afterwards.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import msgspec
from sqlalchemy import Connection, bindparam, func, insert, literal_column, select

from states.calendar import Calendar
from states.case import Event
from states.commands import Office
from states.errors import N_
from states.ruleset import Process, Ruleset
from states.values import Value
from workflow import calendar, pointers, register, roster
from workflow.errors import Conflict, Damaged, NotFound
from workflow.pointers import point
from workflow.sight import Sees, Sight
from workflow.tables import IS_OPEN, SCHEMA_VERSION, cases, editions, meta

_ADD = insert(editions)
_BODY = select(editions.c.body).where(editions.c.digest == bindparam("digest"))
_NAMED = select(editions.c.digest).where(editions.c.name == bindparam("name"))
# The one in force comes first, whatever the clock said when it and others were published.
_IN_FORCE = editions.c.digest == select(meta.c.value).where(meta.c.key == literal_column("'edition'")).scalar_subquery()
_ORDER = (_IN_FORCE.desc(), editions.c.published_at.desc(), editions.c.digest)
_NEWEST_FIRST = select(editions.c.digest, editions.c.published_at).order_by(*_ORDER)
_EDITIONS = select(editions.c.name, editions.c.digest, editions.c.published_at, editions.c.published_by).order_by(
    *_ORDER
)
_OPEN = Sight(select(cases.c.edition, func.count()).where(IS_OPEN).group_by(cases.c.edition), cases.c.number)
_decode = msgspec.json.Decoder(Ruleset).decode
_rulesets: dict[str, Ruleset] = {}


class Edition(Value, frozen=True):
    """A published edition: its name, digest, when and by which login it was published, how many open cases it has."""

    name: str
    digest: str
    published_at: datetime
    published_by: str | None = None
    open: int = 0


def publish(connection: Connection, text: bytes, ruleset: Ruleset, now: datetime, by: str | None = None) -> str:
    """Publish the edition that `text` means, for the login `by`; new cases open under it. Again changes nothing.

    Returns its digest. Raises `Conflict` when the edition's name is taken by another text.
    """
    digest = hashlib.sha256(text).hexdigest()
    known = connection.execute(_NAMED, {"name": ruleset.edition}).scalar()
    if known is None:
        body = msgspec.json.encode(msgspec.structs.replace(ruleset, tests=()))  # they have done their work
        row = {
            "digest": digest,
            "name": ruleset.edition,
            "text": text,
            "body": body,
            "published_at": now,
            "published_by": by,
        }
        connection.execute(_ADD, row)
        point(connection, "edition", digest)
    elif known != digest:
        raise Conflict(
            N_("edition {edition} is published already, with another text"),
            N_("give the changed rules a new edition name"),
            edition=ruleset.edition,
        )
    return digest


def publish_calendar(connection: Connection, text: bytes, name: str, published: Calendar, now: datetime) -> str:
    """Publish a calendar; every new due date uses it. Returns its digest."""
    digest = calendar.publish(connection, text, name, published, now)
    point(connection, "calendar", digest)
    return digest


def office(connection: Connection, edition: str | None = None, newest: Mapping[str, str] | None = None) -> Office:
    """The office of `edition` (a digest; None: the newest), with the newest calendar and the register.

    `newest` is what `pointers.newest` says, if it is known.
    Raises `Damaged` when the database holds none, or was upgraded under whoever works for years.
    """
    now = pointers.newest(connection) if newest is None else newest
    if now.get("schema") != str(SCHEMA_VERSION):
        raise Damaged(N_("the database was upgraded meanwhile"), N_("start phoihop again, in its new version"))
    digest, days, version = edition or now.get("edition"), now.get("calendar"), now.get("register")
    if digest is None or days is None or version is None:
        raise Damaged(N_("the database holds no rules, no calendar or no register"))
    return Office(
        ruleset=_load(connection, digest),
        edition=digest,
        clock=calendar.load(connection, days),
        calendar=days,
        agencies=register.load(connection, version),
        roster=roster.load(connection, version),
    )


def newest_first(connection: Connection) -> Iterator[tuple[Ruleset, datetime]]:
    """Every edition with when it was published, the newest first."""
    for row in connection.execute(_NEWEST_FIRST).all():
        yield _load(connection, row.digest), row.published_at


def named(connection: Connection, name: str) -> str:
    """The digest of the edition called `name`. Raises `NotFound`."""
    digest: str | None = connection.execute(_NAMED, {"name": name}).scalar()
    if digest is None:
        raise NotFound(N_("no edition called {edition} is published"), N_("see phoihop rules editions"), edition=name)
    return digest


def published(connection: Connection, sees: Sees) -> list[Edition]:
    """Every edition, the newest first, with how many open cases of those that may be seen are under it."""
    statement, values = _OPEN.of(sees, {})
    count: dict[str, int] = {row.edition: row[1] for row in connection.execute(statement, values)}
    return [Edition(open=count.get(row["digest"], 0), **row) for row in connection.execute(_EDITIONS).mappings()]


def processes_of(connection: Connection, history: Iterable[Event]) -> Iterator[Process]:
    """By which process each event of a whole history is read: that of the edition the case was under by then."""
    edition = name = ""
    for event in history:
        edition, name = event.edition or edition, event.process or name
        yield _load(connection, edition).processes[name]


def _load(connection: Connection, digest: str) -> Ruleset:
    if digest not in _rulesets:
        _rulesets[digest] = _decode(connection.execute(_BODY, {"digest": digest}).scalar_one())
    return _rulesets[digest]
