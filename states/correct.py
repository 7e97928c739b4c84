"""Correcting a wrong date, document or field of an earlier event: what follows from it is counted anew.

    correct(office, case, command, now) -> events, case

Never the state, and nothing that was recorded again since. A duty that stood still, or that was counted by the
clock and should have been in working time, is counted anew from what it had used. Rungs that were fired stay
fired. Reading order: correct -> _correction_faults, _recounted -> _due_anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import reduce

import msgspec

from states.case import Case, Counted, Duty, Event, Left
from states.commands import Correct, Office
from states.control import must_explain, must_hold
from states.deadline import (
    Stops,
    after,
    allowance,
    by_the_clock,
    count,
    counted,
    due_by,
    lateness,
    run_on,
    stopped_due,
    until,
)
from states.draft import Draft
from states.errors import N_, Reason
from states.evolve import evolve
from states.history import lengths_given, must_be_of_these_rules, stops_of, taken_back
from states.inputs import document_faults, value_faults
from states.ladder import not_before_due
from states.ruleset import Process
from states.worktime import WorkTime

replace = msgspec.structs.replace


def correct(office: Office, case: Case, command: Correct, now: datetime) -> tuple[list[Event], Case]:
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
    must_be_of_these_rules(draft, command.history, wrong, renaming=True)
    if wrong.version in taken_back(command.history):
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
    gone = taken_back(command.history)
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
    gone = taken_back(command.history)
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
    ended = {end.duty for end in wrong.ended if end.how != "mistaken"}
    ours = draft.office.ours(wrong.by, wrong.on) if wrong.by is not None else ()
    before = reduce(evolve, [e for e in command.history if e.version < wrong.version], None) if ended else None
    for duty in draft.before.duties.values():
        anew = duty
        if duty.alive:
            own = on is not None and duty.version == wrong.version and duty.agency in (wrong.by, *ours)
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
    made_of = _with_given(was, right, duty, clock)
    late = made_of.left is not None and made_of.left <= 0  # it may have been late when its clock stopped
    otherwise = by_the_clock(anew.unit) != by_the_clock(duty.unit) or duty.stood or late
    if otherwise and (stops := stops_of(history, duty.id)):
        return _run_anew(draft, anew, replace(right, more=lengths_given(history, duty.id)), stops)
    if duty.left is not None:
        before = count(duty.counted, clock) if duty.counted is not None else duty.due_at
        more = until(clock, before, count(made_of, clock), by_clock=duty.left.clock)
        return _stopped(anew, made_of, replace(duty.left, due=duty.left.due + more), clock)
    return _due_at(draft, anew, made_of)


def _due_at(draft: Draft, duty: Duty, made_of: Counted) -> Duty:
    """`duty`, whose clock runs, due when `made_of` says."""
    moved = due_by(duty, made_of, draft.office.clock)
    if moved.due_at == duty.due_at:
        return moved
    return not_before_due(moved) if duty.rung else draft.armed(moved, duty.step)


def _run_anew(draft: Draft, duty: Duty, made_of: Counted, stops: Stops) -> Duty:
    """`duty`, which stood still at `stops`, as if it had been counted by `made_of` from the start.

    It may run in working time instead of by the clock now, or the other way round, and be late when it was in time.
    """
    clock = draft.office.clock
    made_of, stood = run_on(made_of, stops, clock)
    duty = replace(duty, stood=stood)
    if duty.left is None:
        return _due_at(draft, duty, made_of)
    (at, _), clocked, waits = stops[-1], by_the_clock(duty.unit), duty.left.next
    if waits is not None and clocked != duty.left.clock:
        waits = until(clock, at, after(clock, at, waits, by_clock=not clocked), by_clock=clocked)
    left = until(clock, at, count(made_of, clock), by_clock=clocked)
    return _stopped(duty, made_of, Left(due=left, next=waits, clock=clocked, at=at), clock)


def _stopped(duty: Duty, made_of: Counted, left: Left, clock: WorkTime) -> Duty:
    """`duty`, whose clock stands still, with that much left: the next rung never comes before it is due again."""
    left = replace(left, next=None if left.next is None else max(left.next, left.due))
    due = duty.due_at if left.at is None else stopped_due(made_of, left.at, left.due, clock, by_clock=left.clock)
    return replace(duty, due_at=due, counted=made_of, left=left)


def _with_given(was: Counted, right: Counted, duty: Duty, clock: WorkTime) -> Counted:
    """`right`, in the place of what `was` wrongly counted, with what was given to `duty` since."""
    known = duty.counted
    if known is None and count(was, clock) == duty.due_at:
        known = was
    if known is not None and known.left is None:
        return replace(right, more=known.more)
    if known is None:  # of a history that does not say: what lay between its instants was given to it
        clocked = by_the_clock(duty.unit)
        given = until(clock, duty.opened_at, duty.due_at, by_clock=clocked)
        known = Counted(start=duty.opened_at, left=given, clock=clocked)
    assert known.left is not None, "it ran again after a stop"
    moved = until(clock, count(was, clock), count(right, clock), by_clock=known.clock)
    return replace(known, left=known.left + moved)
