"""How an event changes a case.

    evolve(case, event) -> case

It needs nothing but the event: an event lists every duty it opened, ended or moved with its instants, so a case is
always the fold of its history, whatever happens to the rules, the calendar or the register afterwards. The row in
the database is a cache of that fold.
"""

from __future__ import annotations

from typing import Any

import msgspec

from states.case import Case, Duty, Event, Past, Renamed


def evolve(case: Case | None, event: Event) -> Case:
    """`case` after `event`. The first event of a history makes the case out of nothing."""
    if case is None:
        case = _born(event)
    if event.renamed is not None:
        case = called_anew(case, event.renamed)
    changes: dict[str, Any] = {"version": event.version}
    if event.to is not None:
        changes |= {"state": event.to, "entered_at": event.at, "entered_version": event.version}
    if event.rule is not None:
        changes["taken"] = {**case.taken, event.rule: case.taken.get(event.rule, 0) + 1}
    if event.inputs:
        changes["fields"] = {
            **case.fields,
            **{k: _merged(case.fields.get(k), v) for k, v in event.inputs.items()},
        }
    if event.document is not None and event.document.number not in case.documents:
        changes["documents"] = (*case.documents, event.document.number)
    if event.parties:
        changes["parties"] = {**case.parties, **event.parties}
    if event.suspended is True:
        changes |= {"back_to": event.from_, "suspended_since": event.at}
    elif event.suspended is False:
        changes |= {"back_to": None, "suspended_since": None}
    if event.final is not None:
        changes["final"] = event.final
    if event.edition is not None:
        changes["edition"] = event.edition
    if event.link is not None:
        changes["links"] = (*case.links, event.link)
    if event.corrects == 1 and event.corrected_on is not None:
        changes["opened_on"] = event.corrected_on
    if event.restores is not None:
        changes |= {name: getattr(event.restores, name) for name in Past.__struct_fields__}
    changes["duties"] = _duties_after(case.duties, event)
    return msgspec.structs.replace(case, **changes)


def called_anew(case: Case, renamed: Renamed) -> Case:
    """`case` in the words of an edition that calls some things by other names; nothing else changes."""

    def state(name: str) -> str:
        return renamed.states.get(name, name)

    duties = [
        msgspec.structs.replace(
            duty,
            id=renamed.duty(duty.id),
            name=renamed.duties.get(duty.name, duty.name),
            state=state(duty.state),
            answer=renamed.triggers.get(duty.answer, duty.answer) if duty.answer is not None else None,
        )
        for duty in case.duties.values()
    ]
    return msgspec.structs.replace(
        case,
        state=state(case.state),
        back_to=state(case.back_to) if case.back_to is not None else None,
        fields={renamed.fields.get(name, name): value for name, value in case.fields.items()},
        duties={duty.id: duty for duty in duties},
        taken={renamed.line(id_): times for id_, times in case.taken.items()},
    )


def _born(event: Event) -> Case:
    if event.kind != "opened" or not (event.process and event.title and event.edition and event.to):
        raise ValueError("a history starts with an opening")
    return Case(
        case=event.case,
        process=event.process,
        title=event.title,
        state=event.to,
        version=0,
        edition=event.edition,
        opened_at=event.at,
        opened_on=event.on,
        entered_at=event.at,
        entered_version=event.version,
    )


def _merged(old: Any, new: Any) -> Any:
    return {**old, **new} if isinstance(old, dict) and isinstance(new, dict) else new


def _duties_after(before: dict[str, Duty], event: Event) -> dict[str, Duty]:
    duties = dict(before)
    if event.duty is not None:
        duties[event.duty] = _marked(duties[event.duty], event)
    for moved in event.moved:
        duties[moved.duty] = msgspec.structs.replace(
            duties[moved.duty],
            status="open" if moved.left is None else "parked",
            due_at=moved.due_at,
            next_at=moved.next_at,
            step=moved.step,
            rung=moved.rung,
            left=moved.left,
            provisional=moved.provisional,
            counted=moved.counted or duties[moved.duty].counted,
            ahead=moved.ahead,
            stood=duties[moved.duty].stood if moved.stood is None else moved.stood,
        )
    for ended in event.ended:
        duties[ended.duty] = msgspec.structs.replace(
            duties[ended.duty],
            status=ended.how,
            answer=ended.answer,
            late_by=ended.late_by,
            ended_at=event.on,
            next_at=None,
            left=None,
            ahead=None,
        )
    for duty in (*event.opened, *event.restated):
        duties[duty.id] = duty
    return duties


def _marked(duty: Duty, event: Event) -> Duty:
    """The duty an event is about: counted as climbed, extended or reminded of."""
    if event.kind == "extended":
        return msgspec.structs.replace(duty, extended=duty.extended + 1)
    if event.kind == "nudged":
        return msgspec.structs.replace(duty, nudged=duty.nudged + 1)
    if event.kind != "climbed":
        return duty
    told = duty.told if event.at < duty.due_at else (*duty.told, *(t for t in event.told if t not in duty.told))
    return msgspec.structs.replace(duty, climb=duty.climb + 1, told=told, blocked=event.blocked)
