"""Taking open cases over to another edition: what would move, and one `Amend` for each case.

    plans(engine, office, numbers, now)          what would become of each open case; nothing is written
    move(engine, plan, ...)                      takes one over, in a transaction of its own

Stopped half-way, what was taken over is under the new edition, and the same command goes on with the rest. The
office of a preview is that of any ruleset, published or not: `rules diff` asks with it too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from states.case import Case
from states.commands import Amend, Office
from states.decide import decide
from states.errors import N_, Reason, Refused
from states.ruleset import Ruleset
from states.values import Value
from workflow import rulebook, store
from workflow.amending import BATCH, Move
from workflow.engine import Engine, whole
from workflow.errors import BrokenCase
from workflow.tables import IS_OPEN, cases

_UNDER = (
    select(cases.c.number)
    .where(IS_OPEN, cases.c.edition != bindparam("edition"), cases.c.number > bindparam("after"))
    .order_by(cases.c.number)
    .limit(BATCH)
)


class Plan(Value, frozen=True):
    """What becomes of one case: the due instants that move; or why it cannot go (`reasons`)."""

    case: str
    process: str = ""
    edition: str = ""
    moves: tuple[Move, ...] = ()
    reasons: tuple[Reason, ...] = ()


class Effect(Value, frozen=True):
    """The sum of plans: how many cases can go and cannot, how many duties fall due later, sooner, become overdue."""

    cases: int = 0
    stay: int = 0
    later: int = 0
    sooner: int = 0
    overdue: int = 0


def plans(
    engine: Engine, office: Office, numbers: Sequence[str], now: datetime, under: str | None = None
) -> Iterator[Plan]:
    """What becomes of each of the cases `numbers` (none given: of every open one) under the rules of `office`.

    Cases that are under them already are left out; with `under` (a digest) those of other editions too.
    """
    after = ""
    while True:
        with engine.database.reading() as connection:
            left = connection.execute(_UNDER, {"edition": office.edition, "after": after}).scalars().all()
            found = list(numbers or left)
            made = [_plan(connection, office, number, whole(now)) for number in found]
        yield from (plan for plan in made if plan is not None and under in (None, plan.edition))
        if numbers or not found:
            return
        after = found[-1]


def move(engine: Engine, plan: Plan, edition: str, officer: str, reason: str | None, now: datetime) -> Plan:
    """Take the case of `plan` over to `edition`. Returns what moved, or why it did not go after all."""
    with engine.database.reading() as connection:
        before = store.load_case(connection, plan.case)
    try:
        after = engine.submit(plan.case, Amend(edition=edition, officer=officer, reason=reason), now).case
    except Refused as refused:
        return Plan(case=plan.case, process=plan.process, edition=before.edition, reasons=refused.reasons)
    return Plan(case=plan.case, process=plan.process, edition=before.edition, moves=_moves(before, after))


def effect(found: Sequence[Plan], now: datetime) -> Effect:
    """What `found` come to."""
    moved = [one for plan in found for one in plan.moves]
    return Effect(
        cases=sum(not plan.reasons for plan in found),
        stay=sum(bool(plan.reasons) for plan in found),
        later=sum(one.due_at > one.duty.due_at for one in moved),
        sooner=sum(one.due_at < one.duty.due_at for one in moved),
        overdue=sum(one.due_at <= now < one.duty.due_at for one in moved),
    )


def _plan(connection: Connection, office: Office, number: str, now: datetime) -> Plan | None:
    try:
        case = store.load_case(connection, number)
    except BrokenCase:
        unread = Reason(code="broken", text=N_("its record cannot be read: see phoihop doctor"))
        return Plan(case=number, reasons=(unread,))
    if case.final or case.edition == office.edition:
        return None
    try:
        old = rulebook.office(connection, case.edition).ruleset
        after = decide(office, case, Amend(edition=office.edition, old=old), now).case
    except Refused as refused:
        return Plan(case=number, process=case.process, edition=case.edition, reasons=refused.reasons)
    return Plan(case=number, process=case.process, edition=case.edition, moves=_moves(case, after))


def _moves(before: Case, after: Case) -> tuple[Move, ...]:
    """The due instants that differ. What is open keeps its place in the order, whatever it is called."""
    pairs = zip(before.duties.values(), after.duties.values(), strict=True)
    return tuple(
        Move(case=after.case, process=after.process, duty=was, due_at=now.due_at, provisional=now.provisional)
        for was, now in pairs
        if was.alive and was.due_at != now.due_at
    )


def under_rules(engine: Engine, ruleset: Ruleset) -> Office:
    """The office as it would be under `ruleset`, which need not be published."""
    with engine.database.reading() as connection:
        return replace(rulebook.office(connection), ruleset=ruleset, edition="0" * 64)  # the digest of none
