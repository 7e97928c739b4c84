"""Inbox, overdue, stuck: one indexed query over the open duties, with three conditions.

`stuck` is the supervisors' list: open cases that do not move, worst first, each with its reason. Worst
is stuck for longest in working time. The query finds the candidates by index; how late each is, is
working time and computed by the calendar for those rows alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Select, bindparam, exists, select

from states.case import Case, Duty
from states.commands import Office
from states.values import Value
from workflow import rulebook
from workflow.engine import Engine
from workflow.tables import cases, duties, failures
from workflow.text import folded

MOST_FOUND = 200
_COLUMNS = (
    cases.c.number, cases.c.process, cases.c.title, cases.c.state, cases.c.edition, cases.c.changed_at,
    cases.c.body, duties.c.duty, duties.c.due_at, duties.c.body_owes, duties.c.unreachable,
)  # fmt: skip
_OWED = select(*_COLUMNS).join(duties, duties.c.case == cases.c.number)
_INBOX = _OWED.where(duties.c.agency == bindparam("agency")).order_by(duties.c.due_at, cases.c.number)
_OVERDUE = _OWED.where(
    duties.c.status == "open",
    duties.c.due_at < bindparam("now"),
    duties.c.agency.is_not(None),
    duties.c.body_owes.is_(False),
).order_by(duties.c.due_at, cases.c.number)
_LATE = _OWED.where(
    duties.c.status == "open", duties.c.due_at < bindparam("now"), duties.c.agency.is_not(None)
).order_by(duties.c.due_at)
_UNREACHED = _OWED.where(duties.c.unreachable)
_FAILING = (
    select(*_COLUMNS, failures.c.since)
    .join(failures, failures.c.case == cases.c.number)
    .join(duties, (duties.c.case == failures.c.case) & (duties.c.duty == failures.c.duty))
)
_IDLE = select(cases).where(
    cases.c.final.is_(False),
    cases.c.waits.is_(False),
    ~exists().where(duties.c.case == cases.c.number),
)
_FIND = (
    select(cases.c.body)
    .where(cases.c.search.contains(bindparam("text"), autoescape=True))
    .order_by(cases.c.opened_at.desc(), cases.c.number.desc())
    .limit(MOST_FOUND)
)
_OPEN = select(cases.c.body).where(cases.c.final.is_(False)).order_by(cases.c.number)


class Owed(Value, frozen=True):
    """One duty of one case, as a list shows it. `late_by` in working seconds."""

    case: Case
    duty: Duty
    overdue: bool
    late_by: int


class Stuck(Value, frozen=True):
    """A case that does not move: the reason, since when, and the duty at fault if there is one."""

    case: Case
    reason: str
    since: datetime
    late_by: int
    duty: Duty | None = None


def inbox(engine: Engine, agency: str, now: datetime) -> list[Owed]:
    """What `agency` owes, soonest first, parked duties included."""
    return _owed(engine, _INBOX, {"agency": agency}, now)


def overdue(engine: Engine, now: datetime) -> list[Owed]:
    """Every overdue duty, oldest first. A body is never called overdue."""
    return _owed(engine, _OVERDUE, {"now": now}, now)


def owed_to(engine: Engine, agency: str, now: datetime) -> list[Owed]:
    """What others owe in the open cases to which `agency` is a party, soonest first."""
    with engine.database.reading() as connection:
        found = [msgspec.json.decode(body, type=Case) for body in connection.execute(_OPEN).scalars()]
        office = rulebook.office(connection)
    mine = [case for case in found if any(agency in held for held in case.parties.values())]
    rows = [_row(office, case, duty, now) for case in mine for duty in case.alive if duty.agency not in (None, agency)]
    return sorted(rows, key=lambda row: (row.duty.due_at, row.case.case))


def late_by(office: Office, duty: Duty, now: datetime) -> int:
    """How late an open duty is at `now`, in working seconds; 0 if it is not, or is nobody's."""
    if duty.status != "open" or duty.agency is None or now <= duty.due_at:
        return 0
    return office.clock.between(duty.due_at, now)


def is_overdue(office: Office, duty: Duty, now: datetime) -> bool:
    """Whether a duty is called overdue: open, past due, owed by an agency that is no body."""
    debtor = office.agencies.get(duty.agency or "")
    return duty.status == "open" and now > duty.due_at and debtor is not None and not debtor.body


def stuck(engine: Engine, now: datetime, *, every: bool = False) -> list[Stuck]:
    """Open cases that do not move, worst first; one row per case unless `every` reason is asked for."""
    with engine.database.reading() as connection:
        office = rulebook.office(connection)
        found = [
            *_reasons(connection.execute(_LATE, {"now": now}).all(), office, now),
            *(_stuck(row, "unreachable", row.due_at, office, now) for row in connection.execute(_UNREACHED).all()),
            *(_stuck(row, "failing", row.since, office, now) for row in connection.execute(_FAILING).all()),
            *(_idle(row, office, now) for row in connection.execute(_IDLE).all()),
        ]
    found.sort(key=lambda s: (-s.late_by, s.since, s.case.case, s.reason))
    if every:
        return found
    worst: dict[str, Stuck] = {}
    for row in found:
        worst.setdefault(row.case.case, row)
    return list(worst.values())


def find(engine: Engine, text: str) -> list[Case]:
    """Cases whose title, documents, number or agencies contain `text`, marks ignored; newest first."""
    with engine.database.reading() as connection:
        bodies = list(connection.execute(_FIND, {"text": folded(text)}).scalars())
    return [msgspec.json.decode(body, type=Case) for body in bodies]


def open_cases(engine: Engine) -> list[Case]:
    """Every open case, by number: the board."""
    with engine.database.reading() as connection:
        bodies = list(connection.execute(_OPEN).scalars())
    return [msgspec.json.decode(body, type=Case) for body in bodies]


def _owed(engine: Engine, query: Select[Any], values: dict[str, object], now: datetime) -> list[Owed]:
    with engine.database.reading() as connection:
        office = rulebook.office(connection)
        rows = connection.execute(query, values).all()
    return [_row(office, *_decoded(row), now) for row in rows]


def _row(office: Office, case: Case, duty: Duty, now: datetime) -> Owed:
    return Owed(case=case, duty=duty, overdue=is_overdue(office, duty, now), late_by=late_by(office, duty, now))


def _decoded(row: Any) -> tuple[Case, Duty]:
    case = msgspec.json.decode(row.body, type=Case)
    return case, case.duties[row.duty]


def _reasons(rows: Iterable[Any], office: Office, now: datetime) -> list[Stuck]:
    return [_stuck(r, "awaiting_direction" if r.body_owes else "overdue", r.due_at, office, now) for r in rows]


def _stuck(row: Any, reason: str, since: datetime, office: Office, now: datetime) -> Stuck:
    case, duty = _decoded(row)
    return Stuck(case=case, duty=duty, reason=reason, since=since, late_by=office.clock.between(since, now))


def _idle(row: Any, office: Office, now: datetime) -> Stuck:
    case = msgspec.json.decode(row.body, type=Case)
    since = row.changed_at
    return Stuck(case=case, reason="no_next_step", since=since, late_by=office.clock.between(since, now))
