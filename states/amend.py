"""What the office has newly published, applied to one case: an `Amend` is the only thing that moves an old due date.

    amend(office, case, command, now) -> events, case

For a calendar: every open duty is counted anew, from the same facts, over the newest calendar. The event holds
exactly the duties whose instants moved or became firm; where none did there is no event, so that a run which was
killed half-way is simply run again. Three things do not follow the new count, because somebody was told otherwise:

  a stopped clock       what a parked duty had left is kept; one that ran again is counted from there
  the past              an instant never moves back to before the amendment: nobody is late before being told
  a rung that fired     stays fired; the next one never comes before the duty is due again

For a new edition the same command carries its digest, and `office` is the office of that edition: evolve takes the
case over to the `edition` of the event, in the words of that edition (`adopt`). Such an event is written even where
no instant moved.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from states.adopt import filled, under
from states.case import Case, Duty, Event, Renamed
from states.commands import Amend, Office
from states.deadline import count, provisional, run_on
from states.draft import Draft
from states.evolve import called_anew, evolve
from states.fitting import must_fit
from states.ladder import not_before_due, waits_for_calendar
from states.ruleset import Ruleset
from states.worktime import BeyondCalendar

replace = msgspec.structs.replace


def amend(office: Office, case: Case, command: Amend, now: datetime) -> tuple[list[Event], Case]:
    """At most one event, `amended`. Raises `Refused` for a case that does not fit the edition, `BeyondCalendar`."""
    edition = command.edition if command.edition != case.edition else None
    if edition is not None and command.old is not None:
        draft, renamed = _taken_over(office, case, command.old, now)
    else:
        draft, renamed = Draft(office, case, now, None, "amend"), None
    for duty in draft.alive:
        draft.duties[duty.id] = counted_anew(draft, duty)
        if duty.id in draft.restated:
            draft.restated[duty.id] = draft.duties[duty.id]
    if draft.duties == case.duties and edition is None:
        return [], case
    event = draft.event(
        kind="amended",
        officer=command.officer,
        reason=command.reason,
        request=command.request,
        edition=edition,
        renamed=renamed,
    )
    return [event], evolve(case, event)


def _taken_over(office: Office, case: Case, old: Ruleset, now: datetime) -> tuple[Draft, Renamed | None]:
    """The case in the words of the office's edition, its duties under that edition's rules; what was renamed."""
    process = office.ruleset.processes.get(case.process)
    names = process.renamed if process is not None else Renamed()
    words = called_anew(case, names)
    parties = filled(office, words, now) if process is not None else case.parties
    must_fit(office, replace(words, parties=parties), old.processes[case.process], case)
    draft = Draft(office, words, now, None, "amend")
    draft.parties = parties
    was = {names.duty(duty.id): duty for duty in case.alive}
    for duty in draft.alive:
        anew = under(draft, duty, old, case, was[duty.id].name)
        draft.duties[duty.id] = anew
        if anew.unit != duty.unit:  # an event that only moves a duty does not say what its time is counted in
            draft.restated[duty.id] = anew
    return draft, names if words != case else None


def counted_anew(draft: Draft, duty: Duty) -> Duty:
    """`duty` with its instants as the office's calendar has them; one whose record does not say how stays as it is."""
    if duty.status != "open" or duty.counted is None:
        return duty
    clock = draft.office.clock
    made_of, stood = run_on(duty.counted, duty.stood, clock)
    due = never_back(count(made_of, clock), duty.due_at, duty.due_at, draft.now)
    moved = replace(duty, due_at=due, provisional=provisional(made_of, due, clock), counted=made_of, stood=stood)
    if waits_for_calendar(duty):
        return _reached(draft, moved)
    if duty.next_at is None:
        return moved
    if duty.rung == 0:  # its next instant follows from the due one
        moved = draft.armed(moved, duty.step)
        if moved.next_at is None:
            return moved
    elif duty.ahead is None:
        moved = replace(moved, next_at=due)
    else:
        ahead = count(duty.ahead, clock)
        moved = not_before_due(replace(moved, next_at=ahead))
    assert moved.next_at is not None, "a timer that ran is set again"
    return replace(moved, next_at=never_back(moved.next_at, duty.next_at, draft.now, draft.now))


def _reached(draft: Draft, duty: Duty) -> Duty:
    """`duty` with its next rung, which an older calendar did not reach, where this one does."""
    assert duty.ahead is not None
    try:
        return replace(duty, next_at=max(count(duty.ahead, draft.office.clock), duty.due_at, draft.now))
    except BeyondCalendar:
        return duty


def never_back(anew: datetime, before: datetime, instead: datetime, now: datetime) -> datetime:
    """`anew`, but where that lies before `now` and `before` it was later: `instead`, or `before` if that is earlier."""
    return min(before, instead) if anew <= now and anew < before else anew
