"""What taking a line of the table does to a case: who is named, what ends, what opens, where it goes.

    take(draft, line, closed, named)

The order is the procedure's own: what the act discharges ends first, then parties are named, then the
case leaves its state and enters the next, then the trigger opens what it opens, unless the case has ended.
Everything here works on a `Draft` and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from states.case import Duty, Ending
from states.deadline import holds
from states.draft import Draft
from states.errors import N_, Reason
from states.ruleset import BACK, RESUME, DutyRule, Transition

Debtor = tuple[str | None, dict[str, Any] | None]
"""Who owes (None: nobody) and for which row of a field."""


def take(draft: Draft, line: Transition, closed: Iterable[Duty], named: dict[str, tuple[str, ...]]) -> None:
    """Take `line`: end the duties it discharges (`closed`), name agencies, move, open."""
    for duty in (*closed, *(d for d in draft.alive if d.name in line.discharges_all)):
        answers = draft.rule(duty).answers
        draft.end(duty, "done", draft.trigger if draft.trigger in answers else None)
    for capacity, agencies in named.items():
        name_parties(draft, capacity, agencies)
    for duty in draft.alive:
        if duty.name in line.lapses:
            draft.end(duty, "lapsed")
    if line.to is not None:
        _move(draft, line.to)
    if not draft.final:
        open_on_trigger(draft, named)


# ---- opening what a rule asks for -------------------------------------------------------


def owing(draft: Draft, rule: DutyRule) -> list[Debtor]:
    """Everybody who owes `rule` now, each with its row. Refused when one capacity owes and is empty."""
    owed_by = rule.owed_by
    if owed_by.rows is not None:
        column = next(name for name, col in draft.process.fields[owed_by.rows].columns.items() if col.type == "agency")
        rows = draft.fields.get(owed_by.rows) or []
        return [(row[column], row) for row in rows if holds(rule.when, draft.fields, row)]
    if not holds(rule.when, draft.fields, None):
        return []
    if owed_by.nobody:
        return [(None, None)]
    agencies = dict.fromkeys(a for capacity in owed_by.capacities for a in draft.parties.get(capacity, ()))
    if owed_by.capacity is not None and not agencies:
        draft.refuse(
            Reason(
                code="nobody_named",
                values={"capacity": owed_by.capacity, "duty": rule.name},
                text=N_("{duty} would be owed by nobody: no {capacity} is named"),
            )
        )
    return [(agency, None) for agency in agencies]


def open_missing(draft: Draft, rule: DutyRule, debtors: Iterable[Debtor], about: str | None = None) -> None:
    """Open `rule` for those of `debtors` who do not owe it already: a running clock is left alone.

    What is owed about an agency that the actor has succeeded is owed about the actor.
    """
    alive = [d for d in draft.alive if d.name == rule.name]
    owed = [(d.agency, d.row, about if d.about in draft.ours else d.about) for d in alive]
    for debtor in debtors:
        if (key := (*debtor, about)) in owed:
            owed.remove(key)  # two rows alike are two duties
        else:
            draft.open(rule, debtor, about)


def open_on_trigger(draft: Draft, named: dict[str, tuple[str, ...]]) -> None:
    """Open what this trigger opens; where it names agencies (`named`), only for those named."""
    for rule in draft.process.duties.values():
        if draft.trigger not in rule.opens_on:
            continue
        debtors = owing(draft, rule)
        only = {a for capacity in rule.owed_by.each for a in named.get(capacity, ())}
        if only:
            debtors = [debtor for debtor in debtors if debtor[0] in only]
        if rule.restart:
            _restart(draft, rule, debtors, only)
        else:
            open_missing(draft, rule, debtors, draft.by if rule.about_actor else None)


def _restart(draft: Draft, rule: DutyRule, debtors: list[Debtor], only: set[str]) -> None:
    mine = [d for d in draft.duties.values() if d.name == rule.name and d.version != draft.version]
    if rule.owed_by.rows is not None:  # a row already open or done is not asked again
        rows = [debtor[1] for debtor in debtors]
        for duty in mine:
            if duty.alive and duty.row not in rows:
                draft.end(duty, "lapsed")
        known = [d.row for d in draft.duties.values() if d.name == rule.name and (d.alive or d.status == "done")]
        for debtor in debtors:
            if debtor[1] in known:
                known.remove(debtor[1])
            else:
                draft.open(rule, debtor)
        return
    for duty in mine:
        if duty.alive and (not only or duty.agency in only):
            draft.end(duty, "lapsed")
    # Whoever still owes it was asked by this very step, on entering the state.
    open_missing(draft, rule, debtors, draft.by if rule.about_actor else None)


# ---- parties ----------------------------------------------------------------------------


def name_parties(draft: Draft, capacity: str, agencies: tuple[str, ...]) -> None:
    """Put `agencies` into `capacity`. One replaces: its duties pass to the new holder, afresh."""
    held = draft.parties.get(capacity, ())
    if draft.process.capacities[capacity].many:
        known = {*held, *(draft.office.acting(code, draft.now) for code in held)}
        new = tuple(a for a in agencies if a not in known)
        draft.parties[capacity] = (*held, *new)
        welcome(draft, capacity, new)
    elif agencies != held:
        draft.parties[capacity] = agencies
        hand_over(draft, capacity, held, agencies[0], "lapsed")


def welcome(draft: Draft, capacity: str, newcomers: tuple[str, ...]) -> None:
    """A newcomer owes every `each` duty of its capacity opened since the state was entered."""
    since = draft.before.entered_version
    opened = {d.name for d in draft.before.duties.values() if d.version >= since}
    for rule in draft.process.duties.values():
        asked = capacity in rule.owed_by.each and not (rule.about_actor or rule.deadline.by_act)
        if asked and rule.name in opened:
            open_missing(draft, rule, [debtor for debtor in owing(draft, rule) if debtor[0] in newcomers])


def hand_over(draft: Draft, capacity: str, held: tuple[str, ...], new: str, how: Ending) -> None:
    """What `held` owe in `capacity` ends (`how`), unless they owe it in another; `new` owes it afresh."""
    for duty in draft.alive:
        rule = draft.rule(duty)
        if capacity not in rule.owed_by.capacities or duty.agency not in held:
            continue
        if not any(duty.agency in draft.parties.get(other, ()) for other in rule.owed_by.capacities):
            draft.end(duty, how)
        if not any(d.name == rule.name and d.agency == new and d.about == duty.about for d in draft.alive):
            draft.open(rule, (new, None), duty.about, like=duty)


# ---- moving -----------------------------------------------------------------------------


def _move(draft: Draft, to: str) -> None:
    """Leave the state and enter `to`. Going back resumes what was parked and opens nothing again.

    Going on ends a suspension by command: what goes on in the next state has its time back.
    """
    if draft.paused:
        end_review(draft, "lapsed")
        draft.paused = False
    back = to == BACK
    if back:
        to = draft.back_to or draft.state
    into = draft.process.states[to]
    if into.suspends and draft.back_to is None:
        _suspend(draft, to)
    else:
        _leave(draft, to, final=into.final)
    draft.state, draft.entered, draft.final = to, True, into.final
    if not back:
        open_state_duties(draft)


def open_state_duties(draft: Draft) -> None:
    """Open the duties of the state just entered, unless they are still open or parked."""
    for name in draft.process.states[draft.state].duties:
        rule = draft.process.duties[name]
        open_missing(draft, rule, owing(draft, rule))


def _suspend(draft: Draft, to: str) -> None:
    """Park instead of lapsing."""
    draft.back_to, draft.suspended = draft.state, True
    for duty in draft.alive:
        if to in draft.rule(duty).lasts_until:
            draft.end(duty, "lapsed")
    draft.park()


def _leave(draft: Draft, to: str, final: bool) -> None:
    """What belongs to the destination, or lasts, goes on (resumed if it was parked); the rest lapses."""
    for duty in draft.alive:
        rule = draft.rule(duty)
        lasts = rule.lasts_until and to not in rule.lasts_until
        if final or not (lasts or (duty.state == to and not rule.lasts_until)):
            draft.end(duty, "lapsed")
        elif duty.left is not None:
            draft.duties[duty.id] = draft.resumed(duty)
    draft.back_to, draft.suspended = None, False


def end_review(draft: Draft, how: Ending) -> None:
    """End the duty that a suspension by command has opened."""
    for duty in draft.alive:
        if duty.name == RESUME:
            draft.end(duty, how)
