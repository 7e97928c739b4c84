"""Rows to values and back. Statements are built once; every save is guarded by the version it was decided from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from states.case import Case, Duty, Event
from states.commands import Office, Outcome
from states.errors import N_
from workflow.errors import Conflict, NotFound
from workflow.tables import cases, climbs, counters, duties, events, failures, outbox
from workflow.text import folded

_CASE = select(cases.c.body).where(cases.c.number == bindparam("number"))
_EVENTS = select(events.c.body).where(events.c.case == bindparam("number")).order_by(events.c.version)
_LAST = select(events.c.body).where(events.c.case == bindparam("number")).order_by(events.c.version.desc()).limit(1)
_SAVE = (
    update(cases)
    .where(cases.c.number == bindparam("b_number"), cases.c.version == bindparam("b_version"))
    .values({c: bindparam(f"new_{c}") for c in ("state", "version", "changed_at", "final", "waits", "search", "body")})
)
_END_DUTY = delete(duties).where(duties.c.case == bindparam("b_case"), duties.c.duty == bindparam("b_duty"))
_MOVE_DUTY = (
    update(duties)
    .where(duties.c.case == bindparam("b_case"), duties.c.duty == bindparam("b_duty"))
    .values({c: bindparam(f"new_{c}") for c in ("status", "due_at", "next_at", "unreachable")})
)
_HEALED = delete(failures).where(failures.c.case == bindparam("b_case"), failures.c.duty == bindparam("b_duty"))
_COUNTER = select(counters.c.last).where(
    counters.c.prefix == bindparam("b_prefix"), counters.c.year == bindparam("b_year")
)
_COUNT = (
    update(counters)
    .where(counters.c.prefix == bindparam("b_prefix"), counters.c.year == bindparam("b_year"))
    .values(last=bindparam("new_last"))
)


def load_case(connection: Connection, number: str) -> Case:
    """The case `number`. Raises `NotFound`."""
    body = connection.execute(_CASE, {"number": number}).scalar()
    if body is None:
        raise NotFound(N_("there is no case {case}"), N_("look for it: phoihop find TEXT"), case=number)
    return msgspec.json.decode(body, type=Case)


def load_history(connection: Connection, number: str) -> list[Event]:
    """Every event of a case, in order."""
    return [msgspec.json.decode(b, type=Event) for b in connection.execute(_EVENTS, {"number": number}).scalars()]


def next_number(connection: Connection, prefix: str, year: int) -> str:
    """The next number of a process in a year. Drawn inside the opening's transaction, so no gap can be left."""
    last = connection.execute(_COUNTER, {"b_prefix": prefix, "b_year": year}).scalar()
    if last is None:
        connection.execute(insert(counters), {"prefix": prefix, "year": year, "last": 1})
    else:
        connection.execute(_COUNT, {"b_prefix": prefix, "b_year": year, "new_last": last + 1})
    return f"{prefix}-{year}-{(last or 0) + 1:04d}"


def save(connection: Connection, office: Office, before: Case | None, outcome: Outcome) -> None:
    """Write everything `outcome` changes. Raises `Conflict` if the case is no longer at `before`'s version."""
    case = outcome.case
    if not outcome.events:
        return
    row = _row(office, outcome)
    if before is None:
        fixed = {
            "number": case.case, "process": case.process, "title": case.title,
            "edition": case.edition, "opened_at": case.opened_at,
        }  # fmt: skip
        connection.execute(insert(cases), {**fixed, **row})
    else:
        values = {
            "b_number": case.case,
            "b_version": before.version,
            **{f"new_{k}": v for k, v in row.items()},
        }
        if connection.execute(_SAVE, values).rowcount != 1:
            raise moved_on(connection, case.case)
    connection.execute(
        insert(events),
        [
            {"case": e.case, "version": e.version, "kind": e.kind, "at": e.at, "body": msgspec.json.encode(e)}
            for e in outcome.events
        ],
    )
    _save_duties(connection, office, before.duties if before else {}, case)
    fired = [
        {"case": e.case, "duty": e.duty, "version": e.version, "climb": _climb(before, e, outcome.events)}
        for e in outcome.events
        if e.kind == "climbed"
    ]
    if fired:
        connection.execute(insert(climbs), fired)
    if outcome.notices:
        connection.execute(
            insert(outbox),
            [
                {"key": n.key, "case": n.case, "not_before": n.not_before, "body": msgspec.json.encode(n)}
                for n in outcome.notices
            ],
        )


def moved_on(connection: Connection, number: str) -> Conflict:
    """The conflict to raise for a case somebody else has changed: who, and when."""
    last = msgspec.json.decode(connection.execute(_LAST, {"number": number}).scalar_one(), type=Event)
    return Conflict(
        N_("{case} has moved on: version {version}, by {agency}, {instant}"),
        N_("look again: phoihop show {case}"),
        case=number,
        version=last.version,
        agency=last.by or "system",
        instant=last.at.isoformat(),
    )


def _climb(before: Case | None, event: Event, happened: Sequence[Event]) -> int:
    """The counter a climb reaches: with the duty, the key that lets no rung fire twice."""
    assert before is not None, "nothing climbs in an opening"
    assert event.duty is not None, "a climb names its duty"
    earlier = sum(e.kind == "climbed" and e.duty == event.duty and e.version <= event.version for e in happened)
    return before.duties[event.duty].climb + earlier


def _row(office: Office, outcome: Outcome) -> dict[str, Any]:
    case = outcome.case
    return {
        "state": case.state,
        "version": case.version,
        "changed_at": outcome.events[-1].at,
        "final": case.final,
        "waits": office.process(case).states[case.state].may_wait,
        "search": _search(office, case),
        "body": msgspec.json.encode(case),
    }


def _search(office: Office, case: Case) -> str:
    parties = dict.fromkeys(agency for held in case.parties.values() for agency in held)
    names = [text for code in parties if code in office.agencies for text in office.agencies[code].name.values()]
    return folded(" ".join([case.case, case.title, *case.documents, *parties, *names]))


def _save_duties(connection: Connection, office: Office, before: dict[str, Duty], case: Case) -> None:
    """Bring the duty rows from `before` to `case`: ended ones go, new ones come, moved ones move."""
    was = {d.id: d for d in before.values() if d.alive}
    now = {d.id: d for d in case.alive}
    gone = [{"b_case": case.case, "b_duty": duty} for duty in was if duty not in now]
    new = [_duty_row(office, case.case, duty) for duty in now.values() if duty.id not in was]
    moved = [_duty_row(office, case.case, d) for d in now.values() if d.id in was and was[d.id] != d]
    if gone:
        connection.execute(_END_DUTY, gone)
        connection.execute(_HEALED, gone)
    if new:
        connection.execute(insert(duties), new)
    if moved:
        keys = ("status", "due_at", "next_at", "unreachable")
        rows = [{"b_case": r["case"], "b_duty": r["duty"], **{f"new_{k}": r[k] for k in keys}} for r in moved]
        connection.execute(_MOVE_DUTY, rows)
        connection.execute(_HEALED, [{"b_case": r["b_case"], "b_duty": r["b_duty"]} for r in rows])


def _duty_row(office: Office, number: str, duty: Duty) -> dict[str, Any]:
    debtor = office.agencies.get(duty.agency or "")
    return {
        "case": number,
        "duty": duty.id,
        "name": duty.name,
        "agency": duty.agency,
        "status": duty.status,
        "body_owes": debtor.body if debtor else False,
        "due_at": duty.due_at,
        "next_at": duty.next_at,
        "unreachable": "nobody_reachable" in duty.blocked,
    }
