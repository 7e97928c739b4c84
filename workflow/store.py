"""Rows to values and back. Statements are built once; every save is guarded by the version it was decided from.

    load_case, load_history        what is stored, as values; `read` for one of them
    hold                           a case for changing it: nobody else does before the transaction ends
    next_number                    drawn inside the opening's own transaction
    save                           everything one outcome changes, or `Conflict`

Only `save` writes a case, and only together with the events that explain the change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import msgspec
from sqlalchemy import Column, Connection, bindparam, case, delete, func, insert, select, text, update

from states.case import Case, Duty, Event
from states.commands import Office, Outcome
from states.errors import N_
from states.record import GENESIS, UnknownFormat, decode, is_reference
from states.ruleset import SYSTEM
from workflow import outbox, record, sight
from workflow.database.prepared import Prepared
from workflow.errors import BrokenCase, Conflict, NotFound
from workflow.tables import cases, climbs, counters, duties, events, failures, parties
from workflow.text import searchable

Read = TypeVar("Read")
_encode = msgspec.json.Encoder().encode
_decode_case = msgspec.json.Decoder(Case).decode

_CASE = select(cases.c.body).where(cases.c.number == bindparam("number"))
_HELD = Prepared(select(cases.c.body, cases.c.head).where(cases.c.number == bindparam("number")).with_for_update())
_CLAIMED = _CASE.with_for_update(skip_locked=True)
_LAST = Prepared(
    select(events.c.body).where(events.c.case == bindparam("number")).order_by(events.c.version.desc()).limit(1)
)
_MOVING = (
    "title",
    "state",
    "version",
    "entered_at",
    "changed_at",
    "final",
    "waits",
    "suspended_since",
    "search",
    "head",
    "body",
)
_CHANGING = ("status", "due_at", "next_at", "rung", "body")


def _since(column: Column[datetime], at: str) -> Any:
    """Since when something holds: kept while it does, forgotten once `at` comes as None."""
    given = bindparam(at, type_=column.type)
    return case((given.is_not(None), func.coalesce(column, given)))


_OPEN_CASE = Prepared(insert(cases))
_SAVE_CASE = Prepared(
    update(cases)
    .where(cases.c.number == bindparam("b_number"), cases.c.version == bindparam("b_version"))
    .values({name: bindparam(f"new_{name}") for name in _MOVING})
    .values(idle_since=_since(cases.c.idle_since, "new_idle_since"))
)
_ADD_CLIMB = Prepared(insert(climbs))
_NAME_PARTY = Prepared(insert(parties))
_UNNAME_PARTIES = Prepared(
    delete(parties).where(parties.c.case == bindparam("b_case"), parties.c.capacity == bindparam("b_capacity"))
)
_THIS_DUTY = (duties.c.case == bindparam("b_case"), duties.c.duty == bindparam("b_duty"))
_OPEN_DUTY = Prepared(insert(duties))
_END_DUTY = Prepared(delete(duties).where(*_THIS_DUTY))
_MOVE_DUTY = Prepared(
    update(duties)
    .where(*_THIS_DUTY)
    .values({name: bindparam(f"new_{name}") for name in _CHANGING})
    .values(unreachable_since=_since(duties.c.unreachable_since, "new_unreachable_since"))
)
_HEALED = Prepared(
    delete(failures).where(failures.c.case == bindparam("b_case"), failures.c.duty == bindparam("b_duty"))
)
_THIS_COUNTER = (counters.c.prefix == bindparam("b_prefix"), counters.c.year == bindparam("b_year"))
_COUNT = update(counters).where(*_THIS_COUNTER).values(last=counters.c.last + 1)
# Valid as it stands on both databases: of two that open the first case of a year, one counts and the other counts on.
_FIRST_COUNT = text(
    "INSERT INTO counters (prefix, year, last) VALUES (:prefix, :year, 1) ON CONFLICT (prefix, year) DO NOTHING"
)
_COUNTED = select(counters.c.last).where(*_THIS_COUNTER)


# ---- reading --------------------------------------------------------------------------------------


class Held(NamedTuple):
    """A case that nobody else changes just now, and the head of its history."""

    case: Case
    head: str


def load_case(connection: Connection, number: str) -> Case:
    """The case `number`. Raises `NotFound`, `BrokenCase`."""
    body = connection.execute(_CASE, {"number": number}).scalar()
    if body is None:
        raise unknown(number)
    return read(_decode_case, body, number)


def hold(connection: Connection, number: str) -> Held:
    """The case `number`, which nobody else changes before this transaction ends.

    Whoever writes locks first, and one case only: there is one lock order. SQLite has locked the file already.
    Raises `NotFound`, `BrokenCase`.
    """
    for body, head in _HELD.rows(connection, {"number": number}):
        return Held(read(_decode_case, body, number), head)
    raise unknown(number)


def lock(connection: Connection, number: str) -> None:
    """Lock the case `number` without reading it: it may be what cannot be read."""
    _HELD.rows(connection, {"number": number})


def claim(connection: Connection, number: str) -> bool:
    """Lock the case `number` unless somebody else has it; whether that succeeded. Cases are never deleted."""
    return connection.execute(_CLAIMED, {"number": number}).first() is not None


def load_history(connection: Connection, number: str) -> list[Event]:
    """Every event of a case, in order. Raises `BrokenCase`."""
    return [event for event, _hash in load_record(connection, number)]


def load_record(connection: Connection, number: str) -> list[tuple[Event, str]]:
    """Every event of a case with its hash, in order; an erased text is its reference. Raises `BrokenCase`."""
    texts = record.bodies(connection, number)
    return [(read_event(raw, number, texts), hash_) for raw, hash_ in record.load(connection, number)]


def read_event(raw: bytes, number: str, texts: Mapping[str, str]) -> Event:
    """The event that `raw` is, with `texts` in the place of their references. Raises `BrokenCase`."""
    return read(lambda body: decode(body, texts), raw, number)


def read(decode: Callable[[bytes], Read], body: bytes, number: str) -> Read:
    """What `body`, stored of the case `number`, says. Raises `BrokenCase`."""
    try:
        return decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, UnknownFormat) as error:
        detail = str(error)
        raise BrokenCase(
            N_("what is stored of {case} cannot be read: {detail}"),
            N_("restore the last good copy of the file"),
            case=number,
            detail=detail,
        ) from error


def unknown(number: str) -> NotFound:
    """The error to raise for a case that is not there."""
    return NotFound(N_("there is no case {case}"), N_("look for it: phoihop find TEXT"), case=number)


def moved_on(connection: Connection, number: str) -> Conflict:
    """The conflict to raise for a case somebody else has changed: who, and when."""
    last = read_event(_LAST.rows(connection, {"number": number})[0][0], number, {})
    return Conflict(
        N_("{case} has moved on: version {version}, by {agency}, {instant}"),
        N_("look again: phoihop show {case}"),
        case=number,
        version=last.version,
        agency=last.by or SYSTEM,
        instant=last.at.isoformat(),
    )


# ---- writing --------------------------------------------------------------------------------------


def next_number(connection: Connection, prefix: str, year: int) -> str:
    """The next number of a process in a year: `VV-2022-0001`.

    Drawn inside the opening's transaction: a refused opening uses none up, so no gap can be left.
    """
    key = {"b_prefix": prefix, "b_year": year}
    if not connection.execute(_COUNT, key).rowcount:
        first = {"prefix": prefix, "year": year}
        if not connection.execute(_FIRST_COUNT, first).rowcount:
            connection.execute(_COUNT, key)
    return f"{prefix}-{year}-{connection.execute(_COUNTED, key).scalar_one():04d}"


def save(connection: Connection, office: Office, held: Held | None, outcome: Outcome) -> None:
    """Write everything `outcome` changes. Raises `Conflict` if the case is no longer as it was `held`."""
    if not outcome.events:
        return
    after, at = outcome.case, outcome.events[-1].at
    before = held.case if held else None
    written = record.Written(connection, office.process(after), outcome.events, held.head if held else GENESIS)
    becomes = {**row(office, outcome), "head": written.head}
    if before is None:
        _OPEN_CASE.run(connection, {**fixed(after), **becomes, "sealed": 0})
    elif _SAVE_CASE.run(connection, {"b_number": before.case, "b_version": before.version, **_new(becomes)}) != 1:
        raise moved_on(connection, before.case)
    written.insert()
    sight.involve(connection, before, after)
    _save_parties(connection, before.parties if before else {}, after)
    _save_duties(connection, before.duties if before else {}, after, at)
    _ADD_CLIMB.each(connection, list(climbs_of(before, outcome.events)))
    outbox.put(connection, outcome.notices, at)


def _new(row: dict[str, Any]) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in row.items()}


def fixed(after: Case) -> dict[str, Any]:
    """What of a case's row never changes."""
    return {
        "number": after.case,
        "process": after.process,
        "edition": after.edition,
        "opened_at": after.opened_at,
    }


def row(office: Office, outcome: Outcome) -> dict[str, Any]:
    """What of a case's row an outcome may change, but for the head of its history."""
    after, at = outcome.case, outcome.events[-1].at
    waits = office.process(after).states[after.state].may_wait
    idle = not (after.final or waits or something_comes(after))
    return {
        "title": after.title,
        "state": after.state,
        "version": after.version,
        "entered_at": after.entered_at,
        "changed_at": at,
        "final": after.final,
        "waits": waits,
        "idle_since": at if idle else None,
        "suspended_since": None if after.final else after.suspended_since,
        "search": _search(office, after),
        "body": _encode(after),
    }


def something_comes(after: Case) -> bool:
    """Whether anything is due in a case: somebody owes something now, or a timer still runs."""
    return any(duty.status == "open" and (duty.agency or duty.next_at) for duty in after.alive)


def _search(office: Office, after: Case) -> str:
    held = dict.fromkeys(agency for agencies in after.parties.values() for agency in agencies)
    names = [name for code in held if code in office.agencies for name in office.agencies[code].name.values()]
    title = "" if is_reference(after.title) else after.title
    return "".join(map(searchable, [after.case, title, *after.documents, *held, *names]))


def climbs_of(before: Case | None, happened: Iterable[Event]) -> Iterable[dict[str, Any]]:
    """The counter each climb reaches: with the duty, the key that lets no rung fire twice."""
    reached = {duty.id: duty.climb for duty in before.duties.values()} if before else {}
    for event in happened:
        if event.kind == "climbed" and event.duty is not None:
            reached[event.duty] = reached.get(event.duty, 0) + 1
            yield {
                "case": event.case,
                "duty": event.duty,
                "climb": reached[event.duty],
                "version": event.version,
            }


def _save_parties(connection: Connection, before: dict[str, tuple[str, ...]], after: Case) -> None:
    changed = [name for name in {**before, **after.parties} if before.get(name) != after.parties.get(name)]
    emptied = [{"b_case": after.case, "b_capacity": name} for name in changed if before.get(name)]
    named = [
        {"case": after.case, "capacity": name, "agency": agency}
        for name in changed
        for agency in dict.fromkeys(after.parties.get(name, ()))
    ]
    _UNNAME_PARTIES.each(connection, emptied)
    _NAME_PARTY.each(connection, named)


def _save_duties(connection: Connection, before: dict[str, Duty], after: Case, at: datetime) -> None:
    """Bring the duty rows from `before` to `after`: ended ones go, new ones come, others change."""
    was = {duty.id: duty for duty in before.values() if duty.alive}
    now = {duty.id: duty for duty in after.alive}
    gone = [{"b_case": after.case, "b_duty": id_} for id_ in was if id_ not in now]
    new = [duty_row(after.case, duty, at) for duty in now.values() if duty.id not in was]
    changed = [duty_row(after.case, d, at) for d in now.values() if d.id in was and was[d.id] != d]
    keys = [{"b_case": row["case"], "b_duty": row["duty"]} for row in changed]
    moved = [_new({name: row[name] for name in (*_CHANGING, "unreachable_since")}) for row in changed]
    _END_DUTY.each(connection, gone)
    _OPEN_DUTY.each(connection, new)
    _MOVE_DUTY.each(connection, [key | row for key, row in zip(keys, moved, strict=True)])
    _HEALED.each(connection, keys)


def duty_row(number: str, duty: Duty, at: datetime) -> dict[str, Any]:
    """The row of a duty that is open or parked, changed at `at`."""
    return {
        "case": number,
        "duty": duty.id,
        "name": duty.name,
        "agency": duty.agency,
        "status": duty.status,
        "due_at": duty.due_at,
        "next_at": duty.next_at,
        "rung": duty.rung,
        "unreachable_since": at if "nobody_reachable" in duty.blocked else None,
        "body": _encode(duty),
    }
