"""My desk, and the board: what an agency should know this morning, and where everything stands.

desk(engine, agency, since, now)     owed by us, owed to us, changed since, the last sweep
board(engine, now)                   open cases by process and state, what each agency owes in them
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, case, func, or_, select

from states.case import Event
from states.errors import Reason
from states.values import Value
from workflow import record, rulebook, store
from workflow.engine import Engine
from workflow.heartbeat import Heartbeat, last_sweep, warning
from workflow.sight import Sight
from workflow.tables import IS_NO_BODY, IS_OPEN, IS_OWED, agencies, cases, duties, events, parties
from workflow.worklists import LISTED_COLUMNS, OURS, Listed, Owed, inbox, listed, owed_to

MOST_CHANGES = 50
_CHANGED = Sight(
    select(*LISTED_COLUMNS, events.c.body.label("event"))
    .join(cases, cases.c.number == events.c.case)
    .where(
        events.c.at >= bindparam("since"),
        or_(events.c.by.is_(None), events.c.by.not_in(OURS)),
        events.c.case.in_(select(parties.c.case).where(parties.c.agency.in_(OURS))),
    )
    .order_by(events.c.at.desc(), events.c.case.desc(), events.c.version.desc())
    .limit(MOST_CHANGES),
    cases.c.number,
)
_STATES = Sight(
    select(
        cases.c.process,
        cases.c.state,
        func.count().label("cases"),
        func.count(cases.c.suspended_since).label("suspended"),
    )
    .where(IS_OPEN)
    .group_by(cases.c.process, cases.c.state)
    .order_by(cases.c.process, cases.c.state),
    cases.c.number,
)
_IS_LATE = (duties.c.due_at < bindparam("now")) & IS_NO_BODY
_DEBTS = Sight(
    select(
        cases.c.process,
        cases.c.state,
        duties.c.agency,
        func.count().label("owed"),
        func.sum(case((_IS_LATE, 1), else_=0)).label("overdue"),
    )
    .join(cases, cases.c.number == duties.c.case)
    .join(agencies, agencies.c.code == duties.c.agency)
    .where(IS_OWED)
    .group_by(cases.c.process, cases.c.state, duties.c.agency)
    .order_by(cases.c.process, cases.c.state, duties.c.agency),
    cases.c.number,
)


class Change(Value, frozen=True):
    """Something somebody else did, or that came about by itself, in a case of ours."""

    case: Listed
    event: Event


class Desk(Value, frozen=True):
    """What an agency owes, what it waits for, what changed (newest first), the last sweep, whether one is missing."""

    owed: tuple[Owed, ...]
    awaited: tuple[Owed, ...]
    changed: tuple[Change, ...]
    swept: Heartbeat | None = None
    missing: Reason | None = None


class Debt(Value, frozen=True):
    """What one agency owes in the open cases of one state, for itself and those it succeeded: some is overdue."""

    agency: str
    owed: int
    overdue: int


class Standing(Value, frozen=True):
    """The open cases of one process in one state, in how many of them the clock is stopped, and who owes something."""

    process: str
    state: str
    cases: int
    suspended: int = 0
    debts: tuple[Debt, ...] = ()


def desk(engine: Engine, agency: str, since: datetime, now: datetime) -> Desk:
    """The desk of `agency`: changes are those from `since` on, the newest 50."""
    with engine.database.reading() as connection:
        ours = rulebook.office(connection).ours(agency, now)
        rows = connection.execute(*_CHANGED.of(engine.sees, {"agencies": ours, "since": since})).all()
        texts = {number: record.bodies(connection, number) for number in dict.fromkeys(row.number for row in rows)}
    return Desk(
        owed=tuple(inbox(engine, agency, now)),
        awaited=tuple(owed_to(engine, agency, now)),
        changed=tuple(
            Change(case=listed(row), event=store.read_event(row.event, row.number, texts[row.number])) for row in rows
        ),
        swept=last_sweep(engine),
        missing=warning(engine, now),
    )


def board(engine: Engine, now: datetime) -> list[Standing]:
    """Where the open cases stand, by process and state."""
    with engine.database.reading() as connection:
        office = rulebook.office(connection)
        states = connection.execute(*_STATES.of(engine.sees, {})).all()
        debts = connection.execute(*_DEBTS.of(engine.sees, {"now": now})).all()
    owed: dict[tuple[str, str], dict[str, Debt]] = {}
    for row in debts:
        agency = office.acting(row.agency, now) or row.agency
        of_state = owed.setdefault((row.process, row.state), {})
        of_state[agency] = _more(of_state.get(agency, Debt(agency=agency, owed=0, overdue=0)), row)
    return [
        Standing(
            process=row.process,
            state=row.state,
            cases=row.cases,
            suspended=row.suspended,
            debts=tuple(owed.get((row.process, row.state), {}).values()),
        )
        for row in states
    ]


def _more(debt: Debt, row: Row[Any]) -> Debt:
    return Debt(agency=debt.agency, owed=debt.owed + row.owed, overdue=debt.overdue + row.overdue)
