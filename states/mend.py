"""Mistakes are acts too: nothing is edited, the fold decides.

    undo(...)       the agency's own last act, while nobody else has acted
    assign(...)     another agency in the place of one that was wrongly named
    join(...)       how this case is related to another
    erase(...)      that texts are gone

Rungs that were fired stay fired: people were told. What follows from the mistake is counted anew, and
whoever was told before is told again. Correcting an act has a room of its own, `correct`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import reduce

import msgspec

from states.case import Case, Duty, Event, Past
from states.commands import Assign, Erase, Join, Office, Undo
from states.control import must_explain, must_hold
from states.draft import Draft
from states.errors import N_, Reason
from states.evolve import evolve
from states.guards import may_hold
from states.history import must_be_of_these_rules
from states.moves import hand_over, welcome
from states.standing import missing
from states.worktime import BeyondCalendar, Duration

replace = msgspec.structs.replace
NOT_UNDONE = ("opened", "corrected", "undone", "erased")
Result = tuple[list[Event], Case]


# ---- undo ---------------------------------------------------------------------------------------


def undo(office: Office, case: Case, command: Undo, now: datetime) -> Result:
    draft = Draft(office, case, now, command.by, "undo")
    act = next((event for event in reversed(command.history) if event.by is not None), None)
    if act is None:
        draft.refuse(Reason(code="no_act", text=N_("no agency has acted in this case yet")))
    must_be_of_these_rules(draft, command.history, act, renaming=False)
    _may_be_undone(draft, command, act)
    group = _with_consequences(command.history, act)
    before = reduce(evolve, [e for e in command.history if e.version < act.version], None)
    assert before is not None, "an opening is never undone"
    opened = {duty.id for event in group for duty in event.opened}
    for duty in list(draft.duties.values()):
        if duty.id in opened:
            if duty.alive:
                draft.end(duty, "mistaken")
        elif any(duty.id in _touched(event) for event in group):
            draft.duties[duty.id] = draft.restated[duty.id] = _as_before(draft, before.duties[duty.id], duty)
    others = [duty for duty in case.alive if duty.agency not in draft.ours]
    if surprised := [duty.id for duty in others if _late_at_once(duty, draft.duties[duty.id], now)]:
        text = N_("it cannot be taken back any more: this would be late at once: {duties}")
        draft.refuse(Reason(code="late_at_once", text=text, values={"duties": surprised}))
    past = Past(**{name: getattr(before, name) for name in Past.__struct_fields__})
    back = before.state != case.state
    event = draft.event(kind="undone", corrects=act.version, trigger=act.trigger, restores=past, **command.carried)
    event = replace(event, from_=case.state if back else None, to=before.state if back else None)
    return [event], evolve(case, event)


def _may_be_undone(draft: Draft, command: Undo, act: Event) -> None:
    within = draft.office.ruleset.undo_within
    if act.by not in draft.ours:
        draft.refuse(
            Reason(
                code="not_your_act",
                text=N_("the last act is not yours: {agency}, event {version}"),
                values={"agency": act.by, "version": act.version},
            )
        )
    if act.kind in NOT_UNDONE:
        text = N_("event {version} cannot be taken back")
        if act.kind == "opened":
            text = N_("an opening is not taken back: link the case to the right one and end it as the rules allow")
        draft.refuse(Reason(code="not_undone", text=text, values={"version": act.version}))
    later = command.history[_with_consequences(command.history, act)[-1].version :]
    if moved := next((event for event in later if event.kind != "climbed"), None):
        draft.refuse(
            Reason(
                code="moved_on",
                text=N_("the case has moved on since: event {version}"),
                values={"version": moved.version},
            )
        )
    if within is None or _passed(draft, act.at, within):
        draft.refuse(Reason(code="too_late", text=N_("it is too late to take this act back: correct it instead")))
    must_explain(draft, command)


def _passed(draft: Draft, at: datetime, within: Duration) -> bool:
    try:
        return draft.office.clock.add(at, within) < draft.now
    except BeyondCalendar:
        return True


def _with_consequences(history: Sequence[Event], act: Event) -> list[Event]:
    """`act` and what the same command brought about."""
    group = [act]
    for event in history[act.version :]:
        if event.by is not None or event.kind != "advanced" or event.at != act.at:
            break
        group.append(event)
    return group


def _touched(event: Event) -> set[str]:
    ids = {ended.duty for ended in event.ended} | {moved.duty for moved in event.moved}
    return ids | {duty.id for duty in event.restated} | ({event.duty} if event.duty else set())


def _late_at_once(now_is: Duty, would_be: Duty, now: datetime) -> bool:
    """Whether a duty that is in time, or stands still, would be late by what is taken back."""
    in_time = now_is.left is not None or now_is.due_at > now
    return in_time and would_be.status == "open" and would_be.due_at <= now


def _as_before(draft: Draft, before: Duty, now: Duty) -> Duty:
    """`before`, but with the climbs made since: nobody un-hears what he was told.

    A clock that stood still stands still again, and the next rung is as far off as it is now.
    """
    if now.climb == before.climb:
        return before
    if before.left is not None:
        ahead = draft.parked(now).left
        before = replace(before, left=replace(before.left, next=ahead.next if ahead else None))
        now = replace(now, next_at=None, ahead=None)
    back = replace(
        before,
        climb=now.climb,
        step=now.step,
        rung=now.rung,
        told=now.told,
        blocked=now.blocked,
        next_at=now.next_at,
        ahead=now.ahead,
    )
    if back.rung == 0 and back.status == "open":  # who was only warned: the next instant follows from the due one
        return draft.armed(back, back.step)
    return back


# ---- assign -------------------------------------------------------------------------------------


def assign(office: Office, case: Case, command: Assign, now: datetime) -> Result:
    draft = Draft(office, case, now, command.by, "assign")
    capacity = draft.process.capacities.get(command.capacity)
    if capacity is None:
        draft.refuse(
            Reason(
                code="unknown_capacity",
                text=N_("there is no capacity {capacity} in this process"),
                values={"capacity": command.capacity},
            )
        )
    must_hold(draft, draft.process.mend)
    must_explain(draft, command)
    if case.final:
        draft.refuse(Reason(code="final", text=N_("the case has ended: {state}"), values={"state": case.state}))
    held = draft.parties.get(capacity.name, ())
    old = command.instead_of or (held[0] if len(held) == 1 else None)
    if old is None or old not in held:
        draft.refuse(
            Reason(
                code="instead_of",
                text=N_("say which is replaced (--instead-of): {agencies}"),
                values={"agencies": list(held)},
            )
        )
    if gone := missing(office, command.agency, now):
        draft.refuse(gone)
    if command.agency in held or not may_hold(capacity, command.agency, office, now):
        draft.refuse(
            Reason(
                code="not_eligible",
                text=N_("cannot be {capacity}: {agencies}"),
                values={"capacity": capacity.name, "agencies": [command.agency]},
            )
        )
    draft.parties[capacity.name] = tuple(command.agency if agency == old else agency for agency in held)
    hand_over(draft, capacity.name, (old,), command.agency, "mistaken")
    if capacity.many:
        welcome(draft, capacity.name, (command.agency,))
    event = draft.event(kind="assigned", **command.carried)
    return [event], evolve(case, event)


# ---- link, erase --------------------------------------------------------------------------------


def join(office: Office, case: Case, command: Join, now: datetime) -> Result:
    draft = Draft(office, case, now, command.by, "link")
    must_hold(draft, tuple(draft.process.capacities))
    if command.link.case == case.case or command.link in case.links:
        draft.refuse(
            Reason(
                code="linked",
                text=N_("{other} is linked so already, or is this case"),
                values={"other": command.link.case},
            )
        )
    event = draft.event(kind="linked", link=command.link, **command.carried)
    return [event], evolve(case, event)


def erase(office: Office, case: Case, command: Erase, now: datetime) -> Result:
    draft = Draft(office, case, now, command.by, "erase")
    must_hold(draft, draft.process.mend)
    must_explain(draft, command)
    if not command.references:
        draft.refuse(Reason(code="nothing_there", text=N_("there is no such text to erase")))
    event = draft.event(kind="erased", erased=command.references, field=command.field, **command.carried)
    return [event], evolve(case, event)
