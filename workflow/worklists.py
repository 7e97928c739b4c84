"""Inbox, overdue, stuck: one query over the open cases and what they are owed, under three conditions.

    inbox(engine, agency, now)     what an agency owes, soonest first
    overdue(engine, now)           every overdue duty, oldest first
    stuck(engine, now)             open cases that do not move, worst first, each with its reason

`stuck` is the supervisors' list. Worst is stuck for longest in working time, or by the clock where a duty runs by it.
The query finds the rows by index (a test reads the plan); how late each is, is computed for those rows alone. A list
never reads a case's own body, so that a damaged one cannot hide the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import BindParameter, ColumnElement, Connection, Row, Select, bindparam, select, union_all

from states.case import Duty
from states.commands import Office
from states.deadline import late_on_the_clock, late_stretches
from states.ladder import waits_for_calendar
from states.ruleset import RESUME
from states.values import Value
from states.worktime import WorkTime
from workflow import rulebook, store
from workflow.engine import Engine
from workflow.sight import Sees, Sight
from workflow.tables import (
    IS_IDLE,
    IS_NO_BODY,
    IS_OWED,
    IS_UNREACHABLE,
    agencies,
    cases,
    duties,
    failures,
    parties,
)

LISTED = ("process", "title", "state", "version", "edition", "opened_at", "entered_at", "changed_at", "final")
LISTED_COLUMNS = (cases.c.number, *(cases.c[name] for name in LISTED))
_ROWS = (
    select(
        *LISTED_COLUMNS,
        cases.c.idle_since,
        duties.c.body.label("duty"),
        duties.c.unreachable_since,
        agencies.c.is_body,
        failures.c.since.label("failing_since"),
        failures.c.error,
    )
    .outerjoin(duties, duties.c.case == cases.c.number)
    .outerjoin(agencies, agencies.c.code == duties.c.agency)
    .outerjoin(failures, (failures.c.case == duties.c.case) & (failures.c.duty == duties.c.duty))
)
_LATE = IS_OWED & (duties.c.due_at < bindparam("now"))
OURS: BindParameter[str] = bindparam("agencies", expanding=True)
"""The codes under which the cases know an agency: its own, and those of agencies it succeeded."""
_THEIRS = select(parties.c.case).where(parties.c.agency.in_(OURS))
_STUCK = union_all(
    select(duties.c.case).where(_LATE),
    select(duties.c.case).where(IS_UNREACHABLE),
    select(failures.c.case),
    select(cases.c.number).where(IS_IDLE),
)


def _rows(condition: ColumnElement[bool]) -> Select[Any]:
    return _ROWS.where(condition).order_by(duties.c.due_at, cases.c.number, duties.c.duty)


def _seen(condition: ColumnElement[bool]) -> Sight:
    return Sight(_rows(condition), cases.c.number)


_INBOX = _seen(duties.c.agency.in_(OURS))
_OVERDUE = _seen(_LATE & IS_NO_BODY)
_OWED_TO = _seen(IS_OWED & duties.c.agency.not_in(OURS) & duties.c.case.in_(_THEIRS))
_STUCK_ROWS = _seen(cases.c.number.in_(_STUCK))
_decode = msgspec.json.Decoder(Duty).decode

StuckReason = Literal[
    "overdue", "awaiting_direction", "suspended", "no_next_step", "unreachable", "beyond_calendar", "failing"
]


class Listed(Value, frozen=True):
    """A case as a list shows it. `edition` is a digest; `changed_at` is when its last event happened."""

    case: str
    process: str
    title: str
    state: str
    version: int
    edition: str
    opened_at: datetime
    entered_at: datetime
    changed_at: datetime
    final: bool = False


class Owed(Value, frozen=True):
    """One duty of one case, as a list shows it. `late_by` in working seconds, `by_clock` as of `Stuck`."""

    case: Listed
    duty: Duty
    overdue: bool
    late_by: int
    by_clock: int = 0

    @property
    def weight(self) -> int:
        """By what the latest are found: the longer of the two."""
        return max(self.late_by, self.by_clock)


class Stuck(Value, frozen=True):
    """A case that does not move: the reason, since when, and the duty at fault if there is one.

    `stuck_for` and `late_by` (of the duty, 0 where none is late) are working seconds; `by_clock` are the seconds
    since then by the clock, of a duty whose time runs by it (`h`), else 0. `error` says what failed. A body's answer
    past its time is `awaiting_direction`, never `overdue`; a suspension past its day of
    review is `suspended`; a duty whose next rung the calendar does not reach is `beyond_calendar`.
    """

    case: Listed
    reason: StuckReason
    since: datetime
    stuck_for: int
    late_by: int = 0
    duty: Duty | None = None
    error: str = ""
    by_clock: int = 0

    @property
    def weight(self) -> int:
        """By what the worst are found: the longer of the two."""
        return max(self.stuck_for, self.by_clock)


def inbox(engine: Engine, agency: str, now: datetime) -> list[Owed]:
    """What `agency` owes, or those it succeeded, soonest first, parked duties included."""
    return _owed(engine, _INBOX, {}, now, agency)


def overdue(engine: Engine, now: datetime) -> list[Owed]:
    """Every overdue duty, oldest first. A body is never called overdue."""
    return _owed(engine, _OVERDUE, {"now": now}, now)


def owed_to(engine: Engine, agency: str, now: datetime) -> list[Owed]:
    """What others owe in the cases to which `agency` is a party, soonest first."""
    return _owed(engine, _OWED_TO, {}, now, agency)


def stuck(engine: Engine, now: datetime, *, every: bool = False) -> list[Stuck]:
    """Open cases that do not move, worst first; one row per case unless `every` reason is asked for."""
    with engine.database.reading() as connection:
        clock = rulebook.office(connection).clock
        rows = _fetched(connection, _STUCK_ROWS, {"now": now}, engine.sees)
    found = [reason for row in rows for reason in _reasons(row, clock, now)]
    found.sort(key=lambda one: (-one.weight, one.since, one.case.case, one.reason))
    first: dict[object, Stuck] = {}
    for one in found:
        # A case has one idleness, however many duties it has.
        key = (one.case.case, one.reason, one.duty and one.duty.id) if every else one.case.case
        first.setdefault(key, one)
    return list(first.values())


def late_by(office: Office, duty: Duty, now: datetime) -> int:
    """How late an open duty is at `now`, in working seconds; 0 if it is not, or is nobody's."""
    return _late_by(office.clock, duty, now)


def late_by_clock(duty: Duty, now: datetime) -> int:
    """As `late_by`, by the clock, of a duty whose time runs by it."""
    return late_on_the_clock(duty, now) if duty.status == "open" and duty.unit == "h" else 0


def _late_by(clock: WorkTime, duty: Duty, now: datetime) -> int:
    if duty.status != "open" or duty.agency is None:
        return 0
    return sum(worked(clock, since, to) for since, to in late_stretches(duty, now))


def is_overdue(office: Office, duty: Duty, now: datetime) -> bool:
    """Whether a duty is called overdue: open, past due, owed by an agency that is no body."""
    debtor = office.agencies.get(duty.agency or "")
    return duty.status == "open" and now > duty.due_at and debtor is not None and not debtor.body


def worked(clock: WorkTime, start: datetime, end: datetime) -> int:
    """Working seconds from `start` to `end`, as far as the calendar goes: a list must not end with it."""
    reached = (min(max(at, clock.begins), clock.ends) for at in (start, end))
    return clock.between(*reached)


def listed(row: Row[Any]) -> Listed:
    """The case of a row that holds `LISTED_COLUMNS`."""
    return Listed(case=row.number, **{name: getattr(row, name) for name in LISTED})


def _fetched(connection: Connection, query: Sight, values: dict[str, object], sees: Sees) -> list[Row[Any]]:
    return list(connection.execute(*query.of(sees, values)).all())


def _owed(
    engine: Engine, query: Sight, values: dict[str, object], now: datetime, agency: str | None = None
) -> list[Owed]:
    with engine.database.reading() as connection:
        office = rulebook.office(connection)
        if agency is not None:
            values = {**values, "agencies": office.ours(agency, now)}
        rows = _fetched(connection, query, values, engine.sees)
    return list(_owing(rows, office, now))


def _owing(rows: Iterable[Row[Any]], office: Office, now: datetime) -> Iterator[Owed]:
    for row in rows:
        duty = store.read(_decode, row.duty, row.number)
        yield Owed(
            case=listed(row),
            duty=duty,
            overdue=is_overdue(office, duty, now),
            late_by=late_by(office, duty, now),
            by_clock=late_by_clock(duty, now),
        )


def _reasons(row: Row[Any], clock: WorkTime, now: datetime) -> Iterator[Stuck]:
    case = listed(row)

    def because(reason: StuckReason, since: datetime, duty: Duty | None = None, **more: Any) -> Stuck:
        clocked = max(0, int((now - since).total_seconds())) if duty is not None and duty.unit == "h" else 0
        length = worked(clock, since, now)
        return Stuck(case=case, reason=reason, since=since, stuck_for=length, duty=duty, by_clock=clocked, **more)

    if row.idle_since is not None:
        yield because("no_next_step", row.idle_since)
    if row.duty is None:
        return
    duty = store.read(_decode, row.duty, row.number)
    late = _late_by(clock, duty, now)
    if duty.status == "open" and duty.agency is not None and duty.due_at < now:
        named: StuckReason = "suspended" if duty.name == RESUME else "awaiting_direction" if row.is_body else "overdue"
        found = because(named, duty.due_at, duty=duty, late_by=late)
        yield msgspec.structs.replace(found, stuck_for=late, by_clock=late_by_clock(duty, now))
    if row.unreachable_since is not None:
        yield because("unreachable", row.unreachable_since, duty=duty, late_by=late)
    if waits_for_calendar(duty):
        yield because("beyond_calendar", duty.due_at, duty=duty, late_by=late)
    if row.failing_since is not None:
        yield because("failing", row.failing_since, duty=duty, late_by=late, error=row.error)
