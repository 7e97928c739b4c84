"""The register: which agencies there are, and when. Seeded from the rules' `agencies:` when a database is made.

    load(connection, version), read          every agency by its code, ended ones too
    add, rename, end                         each with who, when and why, inside `pointers.changing`
    log(connection, subject)                 every change, oldest first

From the seed on the register, not the rules file, says who an agency is. A code is never reused, an agency
never removed, a name never overwritten: what was true on a day stays true of that day. Every change is written
to `register_log` in its own transaction, with who made it and why. Raises `UsageError` for what cannot be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, bindparam, func, insert, select, update

from states.agencies import exists
from states.errors import N_
from states.ruleset import RESERVED_AGENCIES, Agency, Former, Label
from states.values import Value
from workflow import pointers
from workflow.errors import Conflict, UsageError
from workflow.guarding import scoped_reason
from workflow.tables import agencies, register_log

_ALL = select(agencies.c.body).order_by(agencies.c.code)
_ADD = insert(agencies)
_CHANGE = (
    update(agencies)
    .where(agencies.c.code == bindparam("b_code"))
    .values({name: bindparam(f"new_{name}") for name in ("since", "until", "successor", "body")})
)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Agency).decode
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_NOTED = select(func.coalesce(func.max(register_log.c.number), 0) + 1)
_NOTE = insert(register_log)
_LOG = (
    select(*(register_log.c[name] for name in ("at", "officer", "change", "subject", "reason", "body")))
    .where(register_log.c.subject == bindparam("subject"))
    .order_by(register_log.c.number)
)
replace = msgspec.structs.replace

Change = Literal[
    "agency_added", "agency_renamed", "agency_ended",
    "officer_added", "officer_ended", "leave", "shift", "calendar_published",
]  # fmt: skip


class Why(Value, frozen=True):
    """Who changes the register (a login), when, and the reason: a decision's number and date, usually."""

    officer: str
    at: datetime
    reason: str


class Entry(Value, frozen=True):
    """One change of the register; `what` is what was recorded, as JSON has it."""

    at: datetime
    officer: str
    change: str
    subject: str
    reason: str
    what: dict[str, Any] = {}


def seed(connection: Connection, known: dict[str, Agency]) -> None:
    """Copy `known` into an empty register."""
    pointers.changed(connection)
    if known:
        connection.execute(_ADD, [_row(agency) for agency in known.values()])


def read(connection: Connection) -> dict[str, Agency]:
    """Every agency by its code, as it is now."""
    return {agency.code: agency for agency in map(_decode, connection.execute(_ALL).scalars())}


load = pointers.Remembered(read)
"""Every agency by its code, as of a version of the register."""


# ---- changes ------------------------------------------------------------------------------------


def add(connection: Connection, agency: Agency, why: Why) -> None:
    """Enter an agency. Raises `Conflict` when its code was ever given, `UsageError` for a code that is none."""
    known = read(connection)
    if _CODE.fullmatch(agency.code) is None or agency.code in RESERVED_AGENCIES:
        raise UsageError(
            N_("{code} is no code of an agency"),
            N_("small letters a-z, digits and _, a letter first"),
            code=agency.code,
        )
    if agency.code in known:
        raise Conflict(
            N_("{code} is the code of {name} already; a code is never given twice"),
            code=agency.code,
            name=_written(known[agency.code].name),
        )
    if agency.parent is not None:
        agency_of(known, agency.parent)
    connection.execute(_ADD, _row(agency))
    note(connection, "agency_added", agency.code, why, agency)


def rename(connection: Connection, code: str, name: Label, day: date, why: Why) -> Agency:
    """Call an agency by `name` from `day` on; before, it keeps the names it had. Returns it as it is now."""
    found = agency_of(read(connection), code)
    begun = found.former[-1].until if found.former else found.since
    if begun is not None and day <= begun:
        raise UsageError(N_("{code} has its name from {date} on: the next one begins later"), code=code, date=begun)
    renamed = replace(found, name={**found.name, **name}, former=(*found.former, Former(name=found.name, until=day)))
    _change(connection, renamed)
    note(connection, "agency_renamed", code, why, {"name": renamed.name, "from": day})
    return renamed


def end(connection: Connection, code: str, day: date, successor: str | None, why: Why) -> Agency:
    """End an agency: on `day` it exists no more, and `successor`, if any, acts for it. Returns it as it is now.

    One that ended without a successor may be given one later; the day it ended stays.
    """
    known = read(connection)
    found = agency_of(known, code)
    if found.until is not None and (found.successor is not None or successor is None or day < found.until):
        raise UsageError(N_("{code} has ended on {date} already"), code=code, date=found.until)
    if found.since is not None and day <= found.since:
        raise UsageError(N_("{code} begins on {date}: it ends later"), code=code, date=found.since)
    if successor is not None and (code == successor or not exists(agency_of(known, successor), day)):
        raise UsageError(
            N_("{code} does not exist on {date}: it cannot take over"),
            N_("enter the new agency first: phoihop agency add"),
            code=successor,
            date=day,
        )
    ended = replace(found, until=found.until or day, successor=successor)
    _change(connection, ended)
    note(connection, "agency_ended", code, why, {"until": ended.until, "successor": successor})
    return ended


def agency_of(known: Mapping[str, Agency], code: str) -> Agency:
    """The agency `code`. Raises `UsageError` when the register does not hold it."""
    if code not in known:
        raise UsageError(N_("there is no agency {given}"), given=code)
    return known[code]


# ---- the log ------------------------------------------------------------------------------------


def note(connection: Connection, change: Change, subject: str, why: Why, what: object) -> None:
    """Write one change down, in the transaction that makes it."""
    if not why.reason.strip():
        raise UsageError(N_("a change of the register needs a reason: --reason TEXT"))
    row = {"number": connection.execute(_NOTED).scalar_one(), "at": why.at, "officer": why.officer}
    row |= {"change": change, "subject": subject, "reason": scoped_reason(why.reason), "body": _encode(what)}
    connection.execute(_NOTE, row)


def log(connection: Connection, subject: str) -> list[Entry]:
    """Every change of an agency (its code) or an officer (the login), oldest first."""
    rows = connection.execute(_LOG, {"subject": subject}).all()
    return [
        Entry(
            at=row.at,
            officer=row.officer,
            change=row.change,
            subject=row.subject,
            reason=row.reason,
            what=msgspec.json.decode(row.body),
        )
        for row in rows
    ]


def _change(connection: Connection, agency: Agency) -> None:
    row = _row(agency)
    changed = {f"new_{name}": row[name] for name in ("since", "until", "successor", "body")}
    connection.execute(_CHANGE, {"b_code": agency.code, **changed})


def _row(agency: Agency) -> dict[str, Any]:
    return {
        "code": agency.code,
        "is_body": agency.body,
        "since": agency.since and agency.since.isoformat(),
        "until": agency.until and agency.until.isoformat(),
        "successor": agency.successor,
        "body": _encode(agency),
    }


def _written(name: Label) -> str:
    return next(iter(name.values()), "")
