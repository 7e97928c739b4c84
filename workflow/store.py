"""Rows to values and back. Statements are built once; every save is guarded by the version it was decided from.

    load_case, load_history        what is stored, as values; `read` for one of them
    hold                           a case for changing it: nobody else does before the transaction ends
    next_number                    drawn inside the opening's own transaction
    save, save_all                 everything that outcomes change, or `Conflict`

Only these two write a case, and only together with the events that explain the change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple, TypeVar

import msgspec
from sqlalchemy import Column, Connection, bindparam, case, delete, func, insert, select, text, update

from states.case import Case, Duty, Event
from states.commands import Office, Outcome
from states.errors import N_
from states.record import GENESIS, UnknownFormat, decode, is_reference
from states.ruleset import SYSTEM
from workflow import outbox, record, sight
from workflow.database.prepared import Prepared, Question, Row, answers
from workflow.errors import BrokenCase, Conflict, NotFound
from workflow.tables import cases, climbs, counters, duties, events, failures, parties
from workflow.text import searchable

Read = TypeVar("Read")
_encode = msgspec.json.Encoder().encode
_decode_case = msgspec.json.Decoder(Case).decode

_CASE = select(cases.c.body).where(cases.c.number == bindparam("number"))
_HELD = Prepared(select(cases.c.body, cases.c.head).where(cases.c.number == bindparam("number")).with_for_update())
_LAST = Prepared(
    select(events.c.body).where(events.c.case == bindparam("number")).order_by(events.c.version.desc()).limit(1)
)
_MOVING = (
    "title",
    "edition",
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
_REST = (
    record.ADD, record.ADD_TEXT, sight.INVOLVE, _UNNAME_PARTIES, _NAME_PARTY,
    _END_DUTY, _OPEN_DUTY, _MOVE_DUTY, _HEALED, _ADD_CLIMB, outbox.ADD,
)  # fmt: skip
"""The statements of a save that come after the case itself, in the order their references ask for."""
_THIS_COUNTER = (counters.c.prefix == bindparam("b_prefix"), counters.c.year == bindparam("b_year"))
_COUNT = update(counters).where(*_THIS_COUNTER).values(last=counters.c.last + 1)
# Valid as it stands on both databases: of two that open the first case of a year, one counts and the other counts on.
_FIRST_COUNT = text(
    "INSERT INTO counters (prefix, year, last) VALUES (:prefix, :year, 1) ON CONFLICT (prefix, year) DO NOTHING"
)
_COUNTED = select(counters.c.last).where(*_THIS_COUNTER)


# ---- reading --------------------------------------------------------------------------------------


class Held(NamedTuple):
    """A case that nobody else changes just now, the head of its history, and its texts, None where nobody looked."""

    case: Case
    head: str
    texts: Mapping[str, str] | None = None


class Change(NamedTuple):
    """What is to become of a case: held as it was, None for one that is opened; the outcome, None as yet."""

    held: Held | None
    office: Office | None = None
    outcome: Outcome | None = None

    @property
    def after(self) -> Case:
        """The case as it will be."""
        if self.outcome is not None:
            return self.outcome.case
        assert self.held is not None, "a case that is opened has an outcome"
        return self.held.case

    def then(self, office: Office, outcome: Outcome) -> Change:
        """This change and, after it, what was decided of the case as it left it: saved as one."""
        if (before := self.outcome) is not None:
            outcome = Outcome(
                case=outcome.case,
                events=before.events + outcome.events,
                notices=before.notices + outcome.notices,
            )
        return Change(self.held, office, outcome)


def load_case(connection: Connection, number: str) -> Case:
    """The case `number`. Raises `NotFound`, `BrokenCase`."""
    body = connection.execute(_CASE, {"number": number}).scalar()
    if body is None:
        raise unknown(number)
    return read(_decode_case, body, number)


def hold(connection: Connection, number: str, *also: Question) -> tuple[Held, list[list[Row]]]:
    """The case `number`, which nobody else changes before this transaction ends; and what `also` finds after that.

    Whoever writes locks first, and one case only: there is one lock order. SQLite has locked the file already.
    Raises `NotFound`, `BrokenCase`.
    """
    found, *others = answers(connection, _holding(number), *also)
    return as_held(number, *_only(number, found)), others


def stored(connection: Connection, number: str) -> tuple[bytes, str]:
    """The bytes of the case `number` and the head of its history, held as `hold` does. Raises `NotFound`."""
    return _only(number, answers(connection, _holding(number))[0])


def _holding(number: str) -> Question:
    return Question(_HELD, {"number": number})


def _only(number: str, rows: list[Row]) -> tuple[bytes, str]:
    for body, head in rows:
        return body, head
    raise unknown(number)


def as_held(number: str, body: bytes, head: str) -> Held:
    """The held case that `stored` gave. Raises `BrokenCase`."""
    return Held(read(_decode_case, body, number), head)


def lock(connection: Connection, number: str) -> None:
    """Lock the case `number` without reading it: it may be what cannot be read."""
    _HELD.rows(connection, {"number": number})


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
    save_all(connection, [Change(held, office, outcome)])


def save_all(connection: Connection, changes: Iterable[Change]) -> None:
    """Write everything that `changes`, each of another case, come to: each statement once for all of them.

    Raises `Conflict` if a case is no longer as it was held.
    """
    opened: list[dict[str, Any]] = []
    moved: list[dict[str, Any]] = []
    rest: list[Sequence[list[dict[str, Any]]]] = []
    for held, office, outcome in changes:
        if outcome is None or office is None or not outcome.events:
            continue
        after = outcome.case
        head, texts = (held.head, held.texts) if held else (GENESIS, {})
        written = record.Written(connection, office.process(after), outcome.events, head, texts)
        becomes = {**row(office, outcome), "head": written.head}
        if held is None:
            opened.append({**fixed(after), **becomes, "sealed": 0})
        else:
            moved.append({"b_number": after.case, "b_version": held.case.version, **_new(becomes)})
        rest.append((written.events, written.texts, *_rows(held.case if held else None, outcome)))
    _OPEN_CASE.each(connection, opened)
    _SAVE_CASE.must(connection, moved, lambda: moved_on(connection, moved[0]["b_number"]))
    for statement, rows in zip(_REST, zip(*rest, strict=True), strict=False):
        statement.each(connection, list(chain.from_iterable(rows)))


def _rows(before: Case | None, outcome: Outcome) -> Iterable[list[dict[str, Any]]]:
    """What else `outcome` writes, for each statement of `_REST` from the third on."""
    after, at = outcome.case, outcome.events[-1].at
    yield sight.newly_involved(before, after)
    yield from _parties(before.parties if before else {}, after)
    yield from _duties(before.duties if before else {}, after, at)
    yield list(climbs_of(before, outcome.events))
    yield outbox.rows(outcome.notices, at)


def _new(row: dict[str, Any]) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in row.items()}


def fixed(after: Case) -> dict[str, Any]:
    """What of a case's row never changes."""
    return {
        "number": after.case,
        "process": after.process,
        "opened_at": after.opened_at,
    }


def row(office: Office, outcome: Outcome) -> dict[str, Any]:
    """What of a case's row an outcome may change, but for the head of its history."""
    after, at = outcome.case, outcome.events[-1].at
    waits = office.process(after).states[after.state].may_wait
    idle = not (after.final or waits or something_comes(after))
    return {
        "title": after.title,
        "edition": after.edition,
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
        if event.renamed is not None:
            reached = {event.renamed.duty(id_): count for id_, count in reached.items()}
        if event.kind == "climbed" and event.duty is not None:
            reached[event.duty] = reached.get(event.duty, 0) + 1
            yield {
                "case": event.case,
                "duty": event.duty,
                "climb": reached[event.duty],
                "version": event.version,
            }


def _parties(before: dict[str, tuple[str, ...]], after: Case) -> Iterable[list[dict[str, Any]]]:
    """The capacities to empty, and who is named into them."""
    changed = [name for name in {**before, **after.parties} if before.get(name) != after.parties.get(name)]
    yield [{"b_case": after.case, "b_capacity": name} for name in changed if before.get(name)]
    yield [
        {"case": after.case, "capacity": name, "agency": agency}
        for name in changed
        for agency in dict.fromkeys(after.parties.get(name, ()))
    ]


def _duties(before: dict[str, Duty], after: Case, at: datetime) -> Iterable[list[dict[str, Any]]]:
    """What brings the duty rows from `before` to `after`: those that end, come, change, and are healed by that."""
    was = {duty.id: duty for duty in before.values() if duty.alive}
    now = {duty.id: duty for duty in after.alive}
    changed = [duty_row(after.case, d, at) for d in now.values() if d.id in was and was[d.id] != d]
    keys = [{"b_case": row["case"], "b_duty": row["duty"]} for row in changed]
    moved = [_new({name: row[name] for name in (*_CHANGING, "unreachable_since")}) for row in changed]
    yield [{"b_case": after.case, "b_duty": id_} for id_ in was if id_ not in now]
    yield [duty_row(after.case, duty, at) for duty in now.values() if duty.id not in was]
    yield [key | row for key, row in zip(keys, moved, strict=True)]
    yield keys


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
        "unreachable_since": at if duty.unreached else None,
        "body": _encode(duty),
    }
