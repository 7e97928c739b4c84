"""Taking one case over to another edition of the rules: what moves when it goes there (whether it can: `fitting`).

    filled(office, case, now)                  who holds each capacity, with those that only the new edition fixes
    under(draft, duty, old, before)            a duty as the new rules count and remind, from the same start

`office` is that of the new edition; the case is in its words already (`evolve.called_anew`). Nothing is opened or
restarted: a duty keeps its start, its extensions, its climbs and what a stopped clock had left. Its instant moves
only where the new rules give it another length or date than the old ones; a duty whose ladder is another one
goes on with the next rung, counted as people count them.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from states.case import Case, Duty
from states.commands import Office
from states.deadline import counted
from states.draft import Draft
from states.ladder import Step, steps_of
from states.opening import by_rule
from states.ruleset import Ruleset
from states.worktime import Duration

replace = msgspec.structs.replace


def filled(office: Office, case: Case, now: datetime) -> dict[str, tuple[str, ...]]:
    """Who holds each capacity: as it was; where nobody does, whom the rules of `office` fix or find competent."""
    process = office.process(case)
    found = dict(case.parties)
    for name, capacity in process.capacities.items():
        if not found.get(name) and (holders := by_rule(office, process, capacity, case.fields, now)):
            out = found.get(capacity.excepting, ()) if capacity.excepting else ()
            found[name] = tuple(agency for agency in holders if agency not in out)
    return found


def under(draft: Draft, duty: Duty, old: Ruleset, case: Case, was: str) -> Duty:
    """`duty`, which `case`, as it is under the rules `old`, calls `was`, as `draft`'s rules count and remind of it.

    Raises `Refused` where they count from a date that the case does not have.
    """
    rule, before = draft.rule(duty), old.processes[case.process].duties[was]
    made_of = duty.counted
    moves = rule.deadline != before.deadline and duty.status == "open"
    if moves and made_of is not None and made_of.left is None:
        try:
            anew = counted(rule, draft.fields, duty.row, made_of.start)
            so_far = counted(before, case.fields, duty.row, made_of.start)
        except LookupError as missing:
            draft.refuse_undated(rule, missing)
        if anew != so_far:
            unit = Duration.parse(anew.take).unit if anew.take else None
            duty = replace(duty, counted=replace(anew, more=made_of.more), unit=unit)
    steps = steps_of(draft.office.ruleset.rungs(rule))
    if steps == steps_of(old.rungs(before)):
        return duty
    duty = replace(duty, step=_next_step(steps, duty))
    if duty.left is None:
        waits = duty.rung and duty.next_at is not None and duty.step < len(steps)
        return duty if waits else draft.armed(duty, duty.step)
    if duty.rung == 0 or (duty.left.next is not None and duty.step < len(steps)):
        return duty
    further = draft.armed(duty, duty.step)
    timer = draft.parked(further).left
    return replace(further, next_at=None, ahead=None, left=replace(duty.left, next=timer.next if timer else None))


def _next_step(steps: list[Step], duty: Duty) -> int:
    """The place of the next rung on a ladder that has become another: behind the rung reached, as people count."""
    if duty.rung == 0 and duty.step == 0:
        return 0
    return next((n for n, step in enumerate(steps) if step.number > duty.rung), len(steps))
