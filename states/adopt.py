"""Taking one case over to another edition of the rules: whether it can go there, and what moves when it does.

    must_fit(office, case, old)                refuses a case that the new edition would not understand
    under(draft, duty, old)                    a duty as the new rules count and remind, from the same start

`office` is that of the new edition; the case is in its words already (`evolve.called_anew`). Nothing is opened or
restarted: a duty keeps its start, its extensions, its climbs and what a stopped clock had left. Its instant moves
only where the new rules give it another length or date than the old ones; a duty whose ladder is another one
goes on with the next rung, counted as people count them.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from states.case import Case, Duty
from states.commands import Office
from states.deadline import counted
from states.draft import Draft
from states.errors import N_, Reason, Refused
from states.inputs import value_faults
from states.ladder import Step, steps_of
from states.ruleset import Process, Ruleset, State
from states.worktime import Duration

replace = msgspec.structs.replace


def must_fit(office: Office, case: Case, old: State | None) -> None:
    """Raises `Refused` with every reason why `case` cannot go on under the rules of `office`.

    `old` is the state it is in as the rules so far have it.
    """
    process = office.ruleset.processes.get(case.process)
    if process is None:
        text = N_("the new rules have no process {process}")
        raise Refused(case.case, "amend", (Reason(code="no_process", text=text, values={"process": case.process}),))
    if reasons := (*_names(process, case, old), *_values(office, process, case)):
        raise Refused(case.case, "amend", tuple(reasons))


def _names(process: Process, case: Case, old: State | None) -> Iterator[Reason]:
    """What the case is made of and the new rules have no name for."""
    for name in dict.fromkeys([case.state, case.back_to or case.state]):
        if name not in process.states:
            yield Reason(code="no_state", text=N_("the new rules have no state {state}"), values={"state": name})
    new = process.states.get(case.state)
    if new is not None and (new.final or (old is not None and new.suspends != old.suspends)):
        text = N_("in the new rules this state ends the case, or stops the clock otherwise: {state}")
        yield Reason(code="other_state", text=text, values={"state": case.state})
    for duty in case.alive:
        if duty.name not in process.duties:
            text = N_("the new rules do not know what is owed: {duty}")
            yield Reason(code="no_duty", text=text, values={"duty": duty.id})
    for capacity, held in case.parties.items():
        if held and capacity not in process.capacities:
            text = N_("the new rules have no capacity {capacity}")
            yield Reason(code="no_capacity", text=text, values={"capacity": capacity})


def _values(office: Office, process: Process, case: Case) -> Iterator[Reason]:
    """What is recorded and the new rules would not record so."""
    for name, value in case.fields.items():
        field = process.fields.get(name)
        if value is None:
            continue
        if field is None:
            yield Reason(code="no_field", text=N_("the new rules do not record {field}"), values={"field": name})
        elif field.per_agency != isinstance(value, dict):
            text = N_("the new rules record {field} in another way")
            yield Reason(code="other_field", text=text, values={"field": name})
        else:
            for one in value.values() if isinstance(value, dict) else (value,):
                yield from value_faults({name: one}, process, office)


def under(draft: Draft, duty: Duty, old: Ruleset, was: str) -> Duty:
    """`duty`, which the rules `old` call `was`, as the rules of `draft` count it and remind of it."""
    rule, before = draft.rule(duty), old.processes[draft.before.process].duties[was]
    made_of = duty.counted
    moves = rule.deadline != before.deadline and duty.status == "open"
    if moves and made_of is not None and made_of.left is None:
        anew, so_far = (counted(one, draft.fields, duty.row, made_of.start) for one in (rule, before))
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
