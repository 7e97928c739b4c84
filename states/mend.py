"""Mistakes are acts too: nothing is edited, the fold decides.

    correct(...)    a wrong date, document or field of an earlier event; never its state
    undo(...)       the agency's own last act, while nobody else has acted
    assign(...)     another agency in the place of one that was wrongly named
    join(...)       how this case is related to another
    erase(...)      that texts are gone

Rungs that were fired stay fired: people were told. What follows from the mistake is counted anew, and
whoever was told before is told again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import reduce

import msgspec

from states.case import Case, Counted, Duty, Event, Left, Past
from states.commands import Assign, Correct, Erase, Join, Office, Undo
from states.control import must_explain, must_hold
from states.deadline import (
    Stops,
    after,
    allowance,
    by_the_clock,
    count,
    counted,
    lateness,
    left_when_stopped,
    provisional,
    until,
)
from states.draft import Draft
from states.errors import N_, Reason
from states.evolve import evolve
from states.guards import may_hold
from states.inputs import document_faults, value_faults
from states.moves import hand_over, welcome
from states.ruleset import Process
from states.standing import missing
from states.worktime import BeyondCalendar, Duration, WorkTime

replace = msgspec.structs.replace
NOT_UNDONE = ("opened", "corrected", "undone", "erased")
Result = tuple[list[Event], Case]


# ---- correct ------------------------------------------------------------------------------------


def correct(office: Office, case: Case, command: Correct, now: datetime) -> Result:
    draft = Draft(office, case, now, command.by, "correct")
    wrong = next((event for event in command.history if event.version == command.version), None)
    if wrong is None or wrong.by is None:
        draft.refuse(
            Reason(
                code="no_act",
                text=N_("event {version} of the case is no agency's act"),
                values={"version": command.version},
            )
        )
    _must_be_of_these_rules(draft, command.history, wrong, renaming=True)
    if wrong.version in _taken_back(command.history):
        text = N_("event {version} was taken back: there is nothing to correct")
        draft.refuse(Reason(code="taken_back", text=text, values={"version": wrong.version}))
    if wrong.by not in draft.ours:
        must_hold(draft, draft.process.mend)
    must_explain(draft, command)
    if faults := _correction_faults(draft, command, wrong):
        draft.refuse(*faults)
    for name, value in command.fields.items():
        per_agency = draft.process.fields[name].per_agency
        draft.fields[name] = {**draft.fields.get(name, {}), wrong.by: value} if per_agency else value
    _recounted(draft, command, wrong)
    event = draft.event(
        kind="corrected",
        corrects=wrong.version,
        corrected_on=command.corrected_on,
        trigger=wrong.trigger,
        **command.carried,
    )
    return [event], evolve(case, event)


def _correction_faults(draft: Draft, command: Correct, wrong: Event) -> list[Reason]:
    """Why this may not be corrected so: nothing new, not recorded there, recorded again later, impossible."""
    process, faults = draft.process, []
    if not command.fields and command.document is None and command.corrected_on is None:
        faults.append(Reason(code="nothing_new", text=N_("say what is right: a field, a document or a date")))
    gone = _taken_back(command.history)
    later = [event for event in command.history if event.version > wrong.version and event.version not in gone]
    for name in command.fields:
        if name not in wrong.inputs or name not in process.fields:
            faults.append(
                Reason(
                    code="not_recorded_there",
                    text=N_("event {version} did not record {field}"),
                    values={"version": wrong.version, "field": name},
                )
            )
        elif process.fields[name].type == "rows":
            faults.append(
                Reason(code="rows", text=N_("{field} is a table: submit it again, whole"), values={"field": name})
            )
        elif again := next((event for event in later if _records_again(event, name, wrong, process)), None):
            faults.append(
                Reason(
                    code="recorded_again",
                    text=N_("{field} was recorded again: correct event {version}"),
                    values={"field": name, "version": again.version},
                )
            )
        else:
            faults += value_faults({name: command.fields[name]}, process, draft.office)
    if command.document is not None and wrong.document is None:
        faults.append(
            Reason(
                code="no_document",
                text=N_("event {version} has no document"),
                values={"version": wrong.version},
            )
        )
    return faults + document_faults(command.document) + _date_faults(command, wrong, draft)


def _records_again(event: Event, name: str, wrong: Event, process: Process) -> bool:
    """Whether `event` records a field anew that `wrong` recorded; of a value per agency, for the same one."""
    same = event.by == wrong.by or not process.fields[name].per_agency
    return same and name in event.inputs and event.kind != "corrected"


def _taken_back(history: Sequence[Event]) -> set[int | None]:
    """The versions of the acts that were taken back."""
    return {event.corrects for event in history if event.kind == "undone"}


def _date_faults(command: Correct, wrong: Event, draft: Draft) -> list[Reason]:
    on = command.corrected_on
    if on is None:
        return []
    if on > wrong.at:
        return [
            Reason(
                code="in_future",
                text=N_("event {version} was recorded before {instant}"),
                values={"version": wrong.version, "instant": on.isoformat()},
            )
        ]
    gone = _taken_back(command.history)
    acts = (event for event in command.history if event.by is not None and event.version not in gone)
    others = [event.on for event in acts if event.version != wrong.version]
    if wrong.version == 1 and any(other < on for other in others):
        on = min(others)
        return [
            Reason(code="after_act", text=N_("an act of {instant} came after it"), values={"instant": on.isoformat()})
        ]
    if wrong.version > 1 and on < draft.before.opened_on:
        return [
            Reason(
                code="before_case",
                text=N_("the case was not opened before {instant}"),
                values={"instant": draft.before.opened_on.isoformat()},
            )
        ]
    return []


def _recounted(draft: Draft, command: Correct, wrong: Event) -> None:
    """Every duty whose instants the corrected facts change, as it is from now on."""
    on = command.corrected_on
    ended = {end.duty for end in wrong.ended if end.how == "done"}
    before = reduce(evolve, [e for e in command.history if e.version < wrong.version], None) if ended else None
    for duty in draft.before.duties.values():
        anew = duty
        if duty.alive:
            own = on is not None and duty.version == wrong.version and duty.agency == wrong.by
            anew = _due_anew(draft, duty, on if own and on is not None else duty.opened_at, command.history)
        elif on is not None and duty.id in ended and before is not None:
            late = lateness(before.duties[duty.id], on, draft.office.clock)
            anew = replace(duty, ended_at=on, late_by=late)
        if anew != duty:
            draft.duties[duty.id] = draft.restated[duty.id] = anew


def _due_anew(draft: Draft, duty: Duty, start: datetime, history: Sequence[Event]) -> Duty:
    """`duty` counted from `start` with the fields as they are now. What was given to it since, it keeps."""
    rule, clock = draft.rule(duty), draft.office.clock
    try:
        was = counted(rule, draft.before.fields, duty.row, duty.opened_at)
        right = counted(rule, draft.fields, duty.row, start)
        taken = allowance(rule, draft.fields, duty.row)
    except LookupError:  # the date is not recorded, and was not when it was opened: nothing to count anew
        return duty
    if was == right:
        return duty
    anew = replace(duty, opened_at=start, unit=taken.unit if taken else None)
    stops = _stops(history, duty.id)
    if stops and by_the_clock(anew.unit) != by_the_clock(duty.unit):
        made_of = replace(right, more=_given(history, duty.id))
        return _in_other_time(draft, anew, made_of, stops)
    made_of = _with_given(was, right, duty, clock)
    if duty.left is not None:
        before = count(duty.counted, clock) if duty.counted is not None else duty.due_at
        more = until(clock, before, count(made_of, clock), by_clock=duty.left.clock)
        return _stopped(anew, made_of, replace(duty.left, due=duty.left.due + more), clock)
    return _due_at(draft, anew, made_of)


def _due_at(draft: Draft, duty: Duty, made_of: Counted) -> Duty:
    """`duty`, whose clock runs, due when `made_of` says."""
    clock = draft.office.clock
    due = count(made_of, clock)
    moved = replace(duty, due_at=due, counted=made_of, provisional=provisional(made_of, due, clock))
    if due == duty.due_at:
        return moved
    if duty.rung == 0:
        return draft.armed(moved, duty.step)
    return replace(moved, next_at=max(duty.next_at, due) if duty.next_at is not None else None)


def _in_other_time(draft: Draft, duty: Duty, made_of: Counted, stops: Stops) -> Duty:
    """`duty`, which stood still at `stops`, counted in working time instead of by the clock, or the other way round."""
    clock, clocked = draft.office.clock, by_the_clock(duty.unit)
    left = left_when_stopped(clock, made_of, stops, by_clock=clocked)
    at, to = stops[-1]
    if duty.left is None:
        assert to is not None, "its clock runs again"
        return _due_at(draft, duty, Counted(start=to, left=left, clock=clocked))
    waits = duty.left.next
    if waits is not None:
        waits = until(clock, at, after(clock, at, waits, by_clock=not clocked), by_clock=clocked)
    return _stopped(duty, made_of, Left(due=left, next=waits, clock=clocked, at=at), clock)


def _stopped(duty: Duty, made_of: Counted, left: Left, clock: WorkTime) -> Duty:
    """`duty`, whose clock stands still, with that much left."""
    due = after(clock, left.at, left.due, by_clock=left.clock) if left.at is not None else duty.due_at
    return replace(duty, due_at=due, counted=made_of, left=left)


def _stops(history: Sequence[Event], id_: str) -> Stops:
    """When the clock of a duty stood still. One that was taken back never was."""
    found: dict[str, list[tuple[datetime, datetime | None]]] = {}
    case: Case | None = None
    for event in history:
        if event.renamed is not None:
            found = {event.renamed.duty(known): stops for known, stops in found.items()}
        case = evolve(case, event)
        for duty in case.duties.values():
            stops = found.setdefault(duty.id, [])
            stands = bool(stops) and stops[-1][1] is None
            if (duty.left is not None) == stands:
                continue
            if event.kind == "undone":
                stops[-1:] = [] if stands else [(stops[-1][0], None)]
            else:
                stops[-1:] = [(stops[-1][0], event.at)] if stands else [*stops[-1:], (event.at, None)]
    return found[id_]


def _given(history: Sequence[Event], id_: str) -> tuple[str, ...]:
    """The lengths given to a duty that were not taken back."""
    gone = _taken_back(history)
    given = [e for e in history if e.kind == "extended" and e.duty == id_ and e.version not in gone]
    return tuple(event.length for event in given if event.length is not None)


def _with_given(was: Counted, right: Counted, duty: Duty, clock: WorkTime) -> Counted:
    """`right`, in the place of what `was` wrongly counted, with what was given to `duty` since."""
    known = duty.counted
    if known is None and count(was, clock) == duty.due_at:
        known = was
    if known is not None and known.left is None:
        return replace(right, more=known.more)
    if known is None:  # of a history that does not say: what lay between its instants was given to it
        clocked = duty.unit in ("h", "d")
        given = until(clock, duty.opened_at, duty.due_at, by_clock=clocked)
        known = Counted(start=duty.opened_at, left=given, clock=clocked)
    assert known.left is not None, "it ran again after a stop"
    moved = until(clock, count(was, clock), count(right, clock), by_clock=known.clock)
    return replace(known, left=known.left + moved)


# ---- undo ---------------------------------------------------------------------------------------


def undo(office: Office, case: Case, command: Undo, now: datetime) -> Result:
    draft = Draft(office, case, now, command.by, "undo")
    act = next((event for event in reversed(command.history) if event.by is not None), None)
    if act is None:
        draft.refuse(Reason(code="no_act", text=N_("no agency has acted in this case yet")))
    _must_be_of_these_rules(draft, command.history, act, renaming=False)
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


def _must_be_of_these_rules(draft: Draft, history: Sequence[Event], act: Event, *, renaming: bool) -> None:
    """Refuses to mend an act recorded before the case was taken over to other rules (`renaming`: to other words)."""
    for event in history:
        if event.version > act.version and (event.renamed if renaming else event.edition) is not None:
            text = N_("the case was taken over to other rules since: see event {version}")
            draft.refuse(Reason(code="other_rules", text=text, values={"version": event.version}))


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
    return replace(
        before,
        climb=now.climb,
        step=now.step,
        rung=now.rung,
        told=now.told,
        blocked=now.blocked,
        next_at=now.next_at,
        ahead=now.ahead,
    )


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
