"""What happened, told event by event: the lines of `history`, of an answer to `advance`, of the demo.

headline(names, event)          who did what, and where that led
details(names, event)           document, reason, what was recorded, what became of duties
"""

from __future__ import annotations

from states.case import Duty, Event, Moved
from workflow.render import when
from workflow.render.language import N_, _
from workflow.render.words import Names, declared

_ENDS = {
    "done": N_("done: {duty}"),
    "waived": N_("waived: {duty}"),
    "lapsed": N_("no longer owed: {duty}"),
    "mistaken": N_("mistaken: {duty}"),
}
_BLOCKED = {"nobody_reachable": N_("there was nobody to tell")}


def headline(names: Names, event: Event) -> str:
    """One line: whose act, what, and the state it led to."""
    names = names.at(event.at)
    who = names.agency(event.by) if event.by else _("By itself")
    match event.kind:
        case "opened":
            said = _("{who}: opens the case").format(who=who)
        case "climbed":
            return _climb(names, event)
        case "extended":
            said = _("{who}: extends {duty}").format(who=who, duty=names.duty(event.duty or ""))
        case "waived":
            said = _("{who}: waives a duty").format(who=who)
        case _:
            said = f"{who}: {names.trigger(event.trigger or '')}"
    return f"{said} → {names.state(event.to)}" if event.to else said


def details(names: Names, event: Event) -> list[str]:
    """What was recorded and what became of duties, one line each."""
    names = names.at(event.at)
    lines = [typed] if (typed := recorded(names, event)) else []
    if event.document:
        document = event.document
        lines.append(
            _("document {number} of {date}").format(number=document.number, date=names.value_of("date", document.dated))
        )
    if event.reason:
        lines.append(_("reason: {reason}").format(reason=event.reason))
    fields, capacities = (names.process.fields, names.process.capacities) if names.process else ({}, {})
    inputs, parties = declared(fields, event.inputs), declared(capacities, event.parties)
    lines += [f"{names.field(name)}: {names.value(name, value)}" for name, value in inputs]
    lines += [f"{names.capacity(name)}: {names.agencies_of(held)}" for name, held in parties if held]
    lines += [_moved(names, moved, event) for moved in event.moved if event.kind != "climbed"]
    for ended in event.ended:
        said = _(_ENDS[ended.how]).format(duty=names.duty(ended.duty))
        if ended.answer and ended.how == "done":
            said += f" ({names.answer(ended.answer)})"
        if ended.late_by:
            said += ", " + _("late by {length}").format(length=when.working(ended.late_by))
        lines.append(said)
    lines += [opened(names, duty) for duty in event.opened]
    if event.suspended is not None:
        lines.append(_("the clock of open duties stops") if event.suspended else _("the clock runs again"))
    return lines


def recorded(names: Names, event: Event) -> str:
    """Who typed an act, and for whom they work where it is another agency's; empty where nobody did."""
    names = names.at(event.at)
    officer = names.officer(event.officer) if event.officer else ""
    if event.recorded_by:
        return _("recorded by {agency}, {officer}").format(agency=names.agency(event.recorded_by), officer=officer)
    return _("officer: {officer}").format(officer=officer) if officer and names.roster else ""


def opened(names: Names, duty: Duty) -> str:
    """A duty that was opened, and its time."""
    nobody = duty.agency is None
    text = _("to come by itself: {duty}, {due}") if nobody else _("to do: {duty}, due {due}")
    said = text.format(duty=what(names, duty), due=names.moment(duty.due_at, due=True))
    return said + (" " + _("(provisional)") if duty.provisional else "")


def what(names: Names, duty: Duty) -> str:
    """A duty with its agency, and what tells it from its like: whose objection, which measure."""
    said = names.duty(duty)
    if duty.about:
        said += " " + _("on what {agency} says").format(agency=names.agency(duty.about))
    title = (duty.row or {}).get("title")
    return f"{said}: {title}" if title else said


def _climb(names: Names, event: Event) -> str:
    duty = names.duty(event.duty or "")
    now = next((moved for moved in event.moved if moved.duty == event.duty), None)
    told = ", ".join(names.post(post) for post in event.told)
    if now is not None and event.at < now.due_at:
        said = _("Soon due: {duty}, {due}").format(duty=duty, due=names.moment(now.due_at, due=True))
    elif "@-" in (event.duty or ""):
        said = _("The time has come: {duty}").format(duty=duty)
    else:
        said = _("Past its time: {duty}").format(duty=duty)
        if now is not None and now.rung:
            said += ", " + _("rung {rung}").format(rung=now.rung)
    if told:
        said += "; " + _("told: {told}").format(told=told)
    for code in event.blocked:
        said += "; " + (_(_BLOCKED[code]) if code in _BLOCKED else _("nothing could follow ({code})").format(code=code))
    return said


def _moved(names: Names, moved: Moved, event: Event) -> str:
    duty = names.duty(moved.duty)
    if moved.left is not None:
        return _("clock stopped: {duty}").format(duty=duty)
    return _("now due {due}: {duty}").format(duty=duty, due=names.moment(moved.due_at, due=True))
