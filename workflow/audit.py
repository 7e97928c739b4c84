"""Is what is stored what was recorded? Every finding has a code; none means that nothing was found.

    verify(database, anchors) -> list[Finding]          seal(database, now) -> Seal

The truth is `events`. Checked are the chain of each case, its texts, the rows made from it, the numbers
of cases, the published rules and calendars, and the seals. A chain alone cannot tell that its end was
cut off, or that all of it was written anew: a seal fixes the heads of all cases, and an anchor, kept
outside, fixes a seal or a head. Up to the last anchor nothing can be changed unseen.

Cases are read in batches, in one look: memory does not grow with their number.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import reduce
from itertools import islice
from typing import Annotated, Any, NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import DataError, DBAPIError

from states import record
from states.case import Case, Event
from states.commands import Office, Outcome
from states.errors import N_
from states.evolve import evolve
from workflow import attachments, rulebook, store
from workflow.database import Database
from workflow.errors import Damaged, UsageError
from workflow.pointers import alone
from workflow.record import anchor
from workflow.tables import (
    calendars,
    cases,
    climbs,
    counters,
    duties,
    editions,
    events,
    involved,
    parties,
    seals,
    texts,
)

BATCH = 500
_NUMBER = r"[A-Z]{1,5}-[0-9]{4}-[0-9]{4,9}"
_ANCHOR = re.compile(rf"(seal|{_NUMBER}) ([1-9]\d{{0,8}}) ([0-9a-f]{{40,64}})")
_NUMBERS = select(cases.c.number).where(cases.c.number > bindparam("after")).order_by(cases.c.number).limit(BATCH)
_ALL = select(cases.c.number).order_by(cases.c.number)
_COUNTERS = select(counters.c.prefix, counters.c.year, counters.c.last)
_SEALS = select(seals).order_by(seals.c.number)
_LAST_SEAL = select(seals.c.number, seals.c.hash).order_by(seals.c.number.desc()).limit(1)
_UNSEALED = select(cases.c.number, cases.c.version, cases.c.head).where(cases.c.sealed != cases.c.version)
_SEALED = update(cases).where(cases.c.number == bindparam("b_number")).values(sealed=bindparam("b_version"))
_ADD_SEAL = insert(seals)
_HASH = select(events.c.hash).where(events.c.case == bindparam("number"), events.c.version == bindparam("version"))
_PUBLISHED = {
    "edition": select(editions.c.digest, editions.c.text),
    "calendar": select(calendars.c.digest, calendars.c.text),
}
_OF_NO_CASE = select(events.c.case).where(events.c.case.not_in(select(cases.c.number))).distinct().limit(BATCH)
_ROWS = {
    table.name: select(table).where(table.c.case.in_(bindparam("numbers", expanding=True)))
    for table in (events, texts, parties, duties, climbs, involved)
}
_CASES = select(cases).where(cases.c.number.in_(bindparam("numbers", expanding=True))).order_by(cases.c.number)
_KEPT_SINCE = ("idle_since", "search", "unreachable_since")  # they tell of an earlier moment, or of the register then


FINDINGS = {
    "database": N_("the database itself: {detail}"),
    "orphan": N_("there are events of a case that is not there"),
    "numbers": N_("the numbers of {year} run to {last}, and this case does not fit"),
    "seal": N_("seal {number} does not follow from the one before it"),
    "sealed": N_("version {version} is not what seal {number} fixed"),
    "anchor": N_("what the anchor fixed is not there: {name} {version}"),
    "versions": N_("its events do not run from 1 to {version}"),
    "chain": N_("event {version} is not what was recorded, or not in its place"),
    "head": N_("its history does not end where the case says"),
    "text": N_("a text is not the one that was recorded"),
    "unreadable": N_("its history cannot be read: {detail}"),
    "text_missing": N_("a text is gone that nobody erased, or is there though erased"),
    "event_row": N_("the row of event {version} says something else than the event"),
    "fold": N_("the case is not what its history makes of it"),
    "case_row": N_("its row says something else than its history: {columns}"),
    "involved": N_("the list of those who ever took part is not what its history makes of it"),
    "parties": N_("the list of its parties is not what its history makes of it"),
    "duties": N_("the list of its duties is not what its history makes of it: {duties}"),
    "climbs": N_("the climbs that are counted are not those of its history"),
    "attachment": N_("a file is not what was attached: {sha256}"),
    "edition": N_("the text published as {digest} was changed"),
    "calendar": N_("the text published as {digest} was changed"),
}
"""Every code, and the sentence (a msgid) that says what it means."""


class Finding(NamedTuple):
    """Something that is not as it was recorded: a code, the case if it is about one, values for its sentence."""

    code: str
    case: str | None
    values: Mapping[str, Any] = {}

    @property
    def text(self) -> str:
        return FINDINGS[self.code]


class _Sealed(msgspec.Struct):
    """What is read of the body of a seal: the version and the head of each case that it fixes."""

    heads: dict[
        Annotated[str, msgspec.Meta(pattern=f"^{_NUMBER}$")],
        tuple[Annotated[int, msgspec.Meta(ge=1, lt=2**31)], str],
    ]


class Seal(NamedTuple):
    """A seal: its number, how many heads it fixes anew, its hash."""

    number: int
    heads: int
    hash: str

    @property
    def anchor(self) -> str:
        return anchor("seal", self.number, self.hash)


def seal(database: Database, now: datetime) -> Seal:
    """Fix the head of every case that changed since the last seal, chained to it. Raises `Busy`, `NoSpace`."""
    with database.writing(now) as connection:
        alone(connection, "id")
        last = connection.execute(_LAST_SEAL).one_or_none()
        heads = {row.number: [row.version, row.head] for row in connection.execute(_UNSEALED)}
        number = last.number + 1 if last else 1
        body = msgspec.json.encode(
            {"at": now, "database": database.id, "format": record.FORMAT, "heads": heads, "number": number},
            order="sorted",
        )
        made = Seal(number, len(heads), record.link(last.hash if last else record.GENESIS, body))
        connection.execute(_ADD_SEAL, {"number": number, "at": now, "body": body, "hash": made.hash})
        if heads:  # as they were read: others may have changed some meanwhile
            fixed = [{"b_number": case, "b_version": version} for case, (version, _head) in heads.items()]
            connection.execute(_SEALED, fixed)
        return made


def verify(database: Database, anchors: Sequence[str] = ()) -> list[Finding]:
    """Every finding, those of the whole database first. Raises `UsageError` for an anchor that is none."""
    wanted = [_anchor(line) for line in anchors]
    with database.reading() as connection:
        broken = [Finding("database", None, {"detail": d}) for d in database.broken(connection)]
        found = [
            *broken,
            *_published(connection),
            *(Finding("attachment", None, {"sha256": sha256}) for sha256 in attachments.altered(connection)),
            *_numbers(connection),
            *_seals(connection),
            *(finding for line in wanted for finding in _anchored(connection, line)),
        ]
        kept = attachments.kept(connection)
        number = ""
        while batch := list(connection.execute(_NUMBERS, {"after": number}).scalars()):
            found += _batch(connection, batch, kept)
            number = batch[-1]
        found += [Finding("orphan", case) for case in connection.execute(_OF_NO_CASE).scalars()]
    return found


# ---- the whole database ---------------------------------------------------------------------------


def _published(connection: Connection) -> Iterator[Finding]:
    for kind, statement in _PUBLISHED.items():
        for digest, text in connection.execute(statement).all():
            if hashlib.sha256(text).hexdigest() != digest:
                yield Finding(kind, None, {"digest": digest})


def _numbers(connection: Connection) -> Iterator[Finding]:
    """Numbers run from 1 without a gap in each year, and none beyond the last that was given."""
    known: dict[tuple[str, int], list[int]] = defaultdict(list)
    for number in connection.execute(_ALL).scalars():
        if re.fullmatch(_NUMBER, number):  # of any other the history is missing
            prefix, year, last = number.split("-")
            known[prefix, int(year)].append(int(last))
    given = {(row.prefix, row.year): row.last for row in connection.execute(_COUNTERS)}
    for prefix, year in sorted({*known, *given}):
        numbers, last = set(known[prefix, year]), given.get((prefix, year), 0)
        beyond = sorted(number for number in numbers if not 1 <= number <= last)
        missing = (number for number in range(1, last + 1) if number not in numbers)
        for number in (*islice(missing, BATCH), *beyond):  # of a counter set far ahead, the first
            case = f"{prefix}-{year}-{number:04d}"
            yield Finding("numbers", case, {"year": year, "last": last})


def _seals(connection: Connection) -> Iterator[Finding]:
    """The seals are one chain, and every head they fixed is still in its history. One that is broken says nothing."""
    head, expected = record.GENESIS, 1
    for row in connection.execute(_SEALS).all():
        head = record.link(head, row.body)
        heads = _read(row.body, _Sealed)
        if row.number != expected or row.hash != head or heads is None:
            yield Finding("seal", None, {"number": row.number})
        expected, head = row.number + 1, row.hash
        for case, (version, fixed) in heads.heads.items() if heads else ():
            if connection.execute(_HASH, {"number": case, "version": version}).scalar() != fixed:
                yield Finding("sealed", case, {"version": version, "number": row.number})


def _anchor(line: str) -> tuple[str, int, str]:
    match = _ANCHOR.fullmatch(" ".join(line.split()))
    if match is None:
        raise UsageError(
            N_("this is no anchor: {line}"), N_("copy the line as `show` or `audit seal` printed it"), line=line
        )
    return match[1], int(match[2]), match[3]


def _anchored(connection: Connection, line: tuple[str, int, str]) -> Iterator[Finding]:
    name, version, fixed = line
    if name == "seal":
        stored = connection.execute(select(seals.c.hash).where(seals.c.number == version)).scalar()
    else:
        stored = connection.execute(_HASH, {"number": name, "version": version}).scalar()
    if stored is None or not stored.startswith(fixed):
        case = None if name == "seal" else name
        yield Finding("anchor", case, {"name": name, "version": version})


# ---- case by case ---------------------------------------------------------------------------------


def _batch(connection: Connection, numbers: list[str], kept: set[str]) -> Iterator[Finding]:
    """The findings of some cases. A row that cannot be read costs only its own case the others' company."""
    rows: dict[str, dict[str, list[Any]]] = {}
    try:
        for name, statement in _ROWS.items():
            by_case: dict[str, list[Any]] = defaultdict(list)
            for row in connection.execute(statement, {"numbers": numbers}).all():
                by_case[row.case].append(row)
            rows[name] = by_case
        found = connection.execute(_CASES, {"numbers": numbers}).all()
    except Damaged as error:
        if len(numbers) == 1:
            yield Finding("unreadable", numbers[0], {"detail": str(error)})
        else:
            for number in numbers:
                yield from _batch(connection, [number], kept)
        return
    for row in found:
        yield from _case(connection, row, {name: of[row.number] for name, of in rows.items()}, kept)


def _case(connection: Connection, row: Any, rows: Mapping[str, list[Any]], kept: set[str]) -> Iterator[Finding]:
    number = row.number
    stored = sorted(rows["events"], key=lambda event: event.version)
    if row.version != len(stored) or any(event.version != place for place, event in enumerate(stored, 1)):
        yield Finding("versions", number, {"version": row.version})
    head = record.GENESIS
    for event in stored:
        head = record.link(head, event.body)
        if event.hash != head:
            yield Finding("chain", number, {"version": event.version})
            head = event.hash
    if row.head != head:
        yield Finding("head", number)
    bodies = {text.reference: text.body for text in rows["texts"]}
    for text in rows["texts"]:
        if record.reference(text.salt, text.body) != text.reference:
            yield Finding("text", number)
    try:
        yield from _told(connection, row, rows, stored, bodies, kept)
    except Exception as error:  # whatever goes wrong when it is read: the engine wrote nothing like it
        if isinstance(error, DBAPIError) and not isinstance(error, DataError):
            raise
        yield Finding("unreadable", number, {"detail": f"{type(error).__name__}: {error}"})


def _told(
    connection: Connection,
    row: Any,
    rows: Mapping[str, list[Any]],
    stored: list[Any],
    bodies: Mapping[str, str],
    kept: set[str],
) -> Iterator[Finding]:
    """What the events of a case say, and whether all else says the same."""
    number = row.number
    bare = [record.decode(event.body, {}) for event in stored]
    history = [record.decode(event.body, bodies) for event in stored]
    if not history:
        return
    folded = reduce(evolve, history[1:], evolve(None, history[0]))
    office = rulebook.office(connection, folded.edition)
    erased = {reference for event in bare for reference in event.erased}
    read_by = rulebook.processes_of(connection, bare)
    wanted = {text for event, process in zip(bare, read_by, strict=True) for text in record.texts(event, process)}
    if wanted - set(bodies) != erased & wanted or erased & set(bodies):
        yield Finding("text_missing", number)
    for sha256 in sorted({file.sha256 for fact in history for file in fact.files} - kept):
        yield Finding("attachment", number, {"sha256": sha256})
    for event, fact in zip(stored, history, strict=True):
        if (event.case, event.version, event.kind, event.at, event.by) != (
            fact.case,
            fact.version,
            fact.kind,
            fact.at,
            fact.by,
        ):
            yield Finding("event_row", number, {"version": event.version})
    yield from _rows(office, row, rows, folded, history)


def _rows(
    office: Office, row: Any, rows: Mapping[str, list[Any]], folded: Case, history: list[Event]
) -> Iterator[Finding]:
    """The rows of a case are what its history makes of them."""
    number, at = row.number, history[-1].at
    outcome = Outcome(case=folded, events=(history[-1],), notices=())
    expected = {**store.fixed(folded), **store.row(office, outcome)}
    if _read(row.body, Case) != folded:
        yield Finding("fold", number)
    if bad := _differing(expected, row._mapping):
        yield Finding("case_row", number, {"columns": bad})
    took_part = {agency for event in history for held in event.parties.values() for agency in held}
    took_part |= {duty.agency for event in history for duty in event.opened if duty.agency}
    if {one.agency for one in rows["involved"]} != took_part:
        yield Finding("involved", number)
    held = {(name, agency) for name, agencies in folded.parties.items() for agency in agencies}
    if {(party.capacity, party.agency) for party in rows["parties"]} != held:
        yield Finding("parties", number)
    alive = {duty.id: store.duty_row(number, duty, at) for duty in folded.alive}
    listed = {duty.duty: duty._mapping for duty in rows["duties"]}
    wrong = [
        name
        for name in {*alive, *listed}
        if name not in alive or name not in listed or _differing(alive[name], listed[name])
    ]
    if wrong:
        yield Finding("duties", number, {"duties": sorted(wrong)})
    counted = {(c["duty"], c["climb"], c["version"]) for c in store.climbs_of(None, history)}
    if {(climb.duty, climb.climb, climb.version) for climb in rows["climbs"]} != counted:
        yield Finding("climbs", number)


def _differing(expected: Mapping[str, Any], found: Mapping[Any, Any]) -> list[str]:
    """The columns in which a row differs, its body by what it means."""
    plain = [name for name in expected if name not in (*_KEPT_SINCE, "body", "head")]
    wrong = [name for name in plain if expected[name] != found[name]]
    if "duty" in expected and _read(expected["body"], dict) != _read(found["body"], dict):
        wrong.append("body")
    return wrong


def _read(body: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError:
        return None
