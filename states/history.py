"""What the history of a case says of itself, for the acts that mend mistakes.

taken_back(history) -> versions                     the acts that were taken back
stops_of(history, duty) -> [(from, to), ...]        when the clock of a duty stood still
lengths_given(history, duty) -> lengths             what it was extended by
must_be_of_these_rules(draft, history, act)         refuses what was recorded under other rules
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from states.case import Case, Event
from states.deadline import Stops
from states.draft import Draft
from states.errors import N_, Reason
from states.evolve import evolve


def taken_back(history: Sequence[Event]) -> set[int | None]:
    """The versions of the acts that were taken back."""
    return {event.corrects for event in history if event.kind == "undone"}


def stops_of(history: Sequence[Event], id_: str) -> Stops:
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


def lengths_given(history: Sequence[Event], id_: str) -> tuple[str, ...]:
    """The lengths given to a duty that were not taken back."""
    gone = taken_back(history)
    given = [e for e in history if e.kind == "extended" and e.duty == id_ and e.version not in gone]
    return tuple(event.length for event in given if event.length is not None)


def must_be_of_these_rules(draft: Draft, history: Sequence[Event], act: Event, *, renaming: bool) -> None:
    """Refuses to mend an act recorded before the case was taken over to other rules (`renaming`: to other words)."""
    for event in history:
        if event.version > act.version and (event.renamed if renaming else event.edition) is not None:
            text = N_("the case was taken over to other rules since: see event {version}")
            draft.refuse(Reason(code="other_rules", text=text, values={"version": event.version}))
