"""Decide what one command does to one case.

    decide(office, case, command, now) -> Outcome

This is the whole engine. It is pure: no clock, no database, no randomness, so the same arguments give
the same outcome for ever. One command gives one event and, after it, one for each consequence: a
trigger fired by the last rung of a ladder, a completion whose duties have all ended. Everything the
outside world must do is returned, never done. A refused command raises `Refused` and changes nothing.

Reading order: decide -> _advance, _expire -> _completed; `opening`, `control`, `correct`, `mend` and `amend`
hold the other commands.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import reduce
from typing import assert_never

import msgspec

from states.amend import amend
from states.case import NOBODY, NOT_ALL, PASSED_ON, Case, Duty, Event
from states.commands import (
    Act,
    Advance,
    Amend,
    Assign,
    Command,
    Correct,
    Erase,
    Expire,
    Extend,
    Join,
    Nudge,
    Office,
    Open,
    Outcome,
    Resume,
    Suspend,
    Undo,
    Waive,
)
from states.control import extend, nudge, resume, suspend, waive
from states.correct import correct
from states.dates import happened
from states.draft import Draft
from states.errors import N_, Reason, Refused
from states.evolve import evolve
from states.guards import Attempt, chosen, hits, refusals
from states.inputs import faults
from states.ladder import current, passed_on, posts_of, steps_of, waits_for_calendar
from states.mend import assign, erase, join, undo
from states.moves import take
from states.notices import notices_of
from states.opening import open_case
from states.standing import gone, must_exist, must_record, verb
from states.worktime import BeyondCalendar

RECORD_ONLY = ("corrected", "undone", "linked", "erased", "amended", "nudged")  # nothing follows of itself from these
BEYOND_CALENDAR = Reason(code="beyond_calendar", text=N_("a deadline would fall outside the years the calendar covers"))


def decide(office: Office, case: Case | None, command: Command, now: datetime) -> Outcome:
    """Everything `command` changes about `case` at `now` (aware UTC). `case` is None for `Open` only.

    An `Expire` whose duty has moved on gives an outcome without events. Raises `Refused`.
    """
    try:
        if isinstance(command, Act):
            must_exist(office, case, command, now)
            must_record(office, case, command, now)
        match command:
            case Open():
                events, after = open_case(office, command, now)
            case Advance():
                events, after = _advance(office, _of(case), command, now)
            case Expire():
                events, after = _expire(office, _of(case), command, now)
            case Extend():
                events, after = extend(office, _of(case), command, now)
            case Waive():
                events, after = waive(office, _of(case), command, now)
            case Suspend():
                events, after = suspend(office, _of(case), command, now)
            case Resume():
                events, after = resume(office, _of(case), command, now)
            case Nudge():
                events, after = nudge(office, _of(case), command, now)
            case Correct():
                events, after = correct(office, _of(case), command, now)
            case Undo():
                events, after = undo(office, _of(case), command, now)
            case Assign():
                events, after = assign(office, _of(case), command, now)
            case Join():
                events, after = join(office, _of(case), command, now)
            case Erase():
                events, after = erase(office, _of(case), command, now)
            case Amend():
                events, after = amend(office, _of(case), command, now)
            case _:
                assert_never(command)
    except BeyondCalendar as beyond:
        number = command.case if isinstance(command, Open) else _of(case).case
        raise Refused(number, verb(command), (BEYOND_CALENDAR,)) from beyond
    if events and events[0].kind not in RECORD_ONLY:
        completed, after = _completed(office, after, events, now)
        events = [*events, *completed]
    return Outcome(case=after, events=tuple(events), notices=notices_of(office, case, after, events))


def _of(case: Case | None) -> Case:
    assert case is not None, "only an opening has no case"
    return case


# ---- acting -------------------------------------------------------------------------------------


def _advance(office: Office, case: Case, command: Advance, now: datetime) -> tuple[list[Event], Case]:
    process = office.process(case)
    on = happened(office, case, command, now)
    attempt = Attempt(office, process, case, command.trigger, command.by, command.duty, on)
    line = chosen(attempt)
    if wrong := (*faults(line, process, office, command, case.parties, on), *gone(office, process, command, on)):
        raise Refused(case.case, command.trigger, wrong)
    draft = Draft(office, case, now, command.by, command.trigger, on)
    for name, value in command.fields.items():
        if process.fields[name].per_agency:
            value = {**draft.fields.get(name, {}), command.by: value}
        draft.fields[name] = value
    take(draft, line, hits(line, attempt)[:1], command.parties)
    event = draft.event(
        kind="advanced",
        trigger=command.trigger,
        rule=line.id,
        **command.carried,
    )
    return [event], evolve(case, event)


# ---- deadlines ----------------------------------------------------------------------------------


def _expire(office: Office, case: Case, command: Expire, now: datetime) -> tuple[list[Event], Case]:
    duty = case.duties.get(command.duty)
    if duty is None or duty.status != "open" or duty.next_at is None or duty.next_at > now:
        return [], case  # stale: the case has moved on since this was due
    steps = steps_of(office.ruleset.rungs(office.process(case).duties[duty.name]))
    position = current(steps, duty, now)
    if position >= len(steps):
        return [], case
    climbed = _climb(office, case, duty, position, now)
    unreached = office.ruleset.unreachable(office.process(case).duties[duty.name])
    fired: list[Event] = []
    after = evolve(case, climbed)
    for trigger in (unreached if climbed.missed else None, steps[position].fires):
        if trigger is None:
            continue
        try:
            fired.append(_fire(office, after, trigger, duty.id, now))
            after = evolve(after, fired[-1])
        except Refused as refused:  # recorded, never raised: the climb itself has happened
            reasons = tuple(reason.code for reason in refused.reasons)
            climbed = msgspec.structs.replace(climbed, blocked=(*climbed.blocked, *reasons))
            after = reduce(evolve, (climbed, *fired), case)
    return [climbed, *fired], after


def _climb(office: Office, case: Case, duty: Duty, position: int, now: datetime) -> Event:
    """`duty` reaches the step at `position` of its ladder: who is told, and when the next one comes."""
    draft = Draft(office, case, now, None, "")
    steps = steps_of(office.ruleset.rungs(draft.rule(duty)))
    step = steps[position]
    asked = posts_of(step.rung.tell, case, duty)
    # Reminders wait for the office to open, unless time is counted by the clock: who is there then?
    heard = office.clock.heard(now) if asked and duty.unit != "h" else now
    told = tuple(post for post in asked if office.reached(post, heard))
    since_due = duty.told if step.warn else tuple(dict.fromkeys((*duty.told, *told)))
    reached = msgspec.structs.replace(
        duty, climb=duty.climb + 1, rung=max(duty.rung, step.number), told=since_due, step=position + 1
    )
    armed = draft.armed(reached, position + 1)
    blocked: tuple[str, ...] = (PASSED_ON,) if NOBODY in duty.blocked and duty.rung and duty.ahead is None else ()
    missed = tuple(post for post in asked if post not in told)
    if step.rung.tell and not told:
        armed, blocked = passed_on(steps, armed, position, now), (NOBODY,)
    elif missed:
        blocked = (*blocked, NOT_ALL)
    if waits_for_calendar(armed):  # recorded, never raised: whoever is told now is told
        blocked = (*blocked, BEYOND_CALENDAR.code)
    draft.duties[duty.id] = armed
    late = office.clock.between(duty.next_at or now, now)
    return draft.event(
        kind="climbed",
        duty=duty.id,
        due_at=duty.next_at,
        late_by=late,
        told=told,
        missed=missed,
        blocked=blocked,
    )


def _fire(office: Office, case: Case, trigger: str, duty: str | None, now: datetime) -> Event:
    """`trigger`, fired by the system because `duty` expired. Raises `Refused`."""
    attempt = Attempt(office, office.process(case), case, trigger, None, duty)
    line = chosen(attempt)
    draft = Draft(office, case, now, None, trigger)
    take(draft, line, hits(line, attempt)[:1], {})
    return draft.event(kind="advanced", trigger=trigger, rule=line.id)


def _completed(office: Office, case: Case, events: Iterable[Event], now: datetime) -> tuple[list[Event], Case]:
    """Every completion these events make possible, taken in file order, each at most once.

    A completion is taken once one of its duties has closed, or a step entered the state, and none of
    them is open.
    """
    process = office.process(case)
    closed = {ended.duty.split("@")[0] for event in events for ended in event.ended}
    entered = any(event.to is not None for event in events)
    taken: list[Event] = []
    done: set[str] = set()
    while not case.final:
        for line in process.transitions:
            if line.id in done or not line.after or case.state not in line.sources:
                continue
            if not (entered or closed & set(line.after)) or any(d.name in line.after for d in case.alive):
                continue
            attempt = Attempt(office, process, case, line.trigger, None)
            if not refusals(line, attempt):
                break
        else:
            break
        draft = Draft(office, case, now, None, line.trigger)
        take(draft, line, (), {})
        event = draft.event(kind="advanced", trigger=line.trigger, rule=line.id)
        case = evolve(case, event)
        closed |= {ended.duty.split("@")[0] for ended in event.ended}
        entered = entered or event.to is not None
        done.add(line.id)
        taken.append(event)
    return taken, case
