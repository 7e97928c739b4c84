"""What happened, told event by event: the lines of `history`, of an answer to `advance`, of the demo.

headline(names, event)          who did what, and where that led
details(names, event)           document, reason, what was recorded, what became of duties
"""

from __future__ import annotations

from datetime import datetime

from states.case import NOBODY, NOT_ALL, Document, Duty, Event, File, Moved
from states.record import is_reference
from states.worktime import Duration
from workflow.render import when
from workflow.render.language import N_, _, ngettext
from workflow.render.words import Names, declared

_ENDS = {
    "done": N_("done: {duty}"),
    "waived": N_("waived: {duty}"),
    "lapsed": N_("no longer owed: {duty}"),
    "mistaken": N_("mistaken: {duty}"),
}
_REMINDED = {
    None: N_("{who}: reminds of {duty}"),
    "phone": N_("{who}: reminds by phone of {duty}"),
    "letter": N_("{who}: reminds by letter of {duty}"),
}
_BLOCKED = {
    "nobody_reachable": N_("there was nobody to tell"),
    "passed_on": N_("at once, because there was nobody at the rung before"),
}


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
        case "corrected":
            said = _("{who}: corrects event {version}").format(who=who, version=event.corrects)
        case "undone":
            said = _("{who}: takes back event {version}").format(who=who, version=event.corrects)
        case "assigned":
            said = _("{who}: replaces a wrongly named agency").format(who=who)
        case "suspended":
            said = _("{who}: stops the clock of the case").format(who=who)
        case "resumed":
            said = _("{who}: lets the clock run again").format(who=who)
        case "nudged":
            said = _(_REMINDED[event.channel]).format(who=who, duty=names.duty(event.duty or ""))
        case "linked":
            said = _("{who}: links a case").format(who=who)
        case "erased":
            said = _("{who}: erases a text: {field}").format(who=who, field=names.field(event.field or ""))
        case "amended" if event.edition is not None:
            said = _("The case is taken over to another edition of the rules")
        case "amended":
            said = _("The working calendar has changed: due dates are counted anew")
        case _:
            said = f"{who}: {names.trigger(event.trigger or '')}"
    return f"{said} → {names.state(event.to)}" if event.to else said


def set_back(names: Names, event: Event, newest: datetime | None) -> list[str]:
    """That an event bears an earlier instant than `newest` before it: the clock was set. Its place is its version."""
    if newest is None or event.at >= newest:
        return []
    return [_("the clock had been set back: the act before it is of {instant}").format(instant=names.moment(newest))]


def afterwards(mended: Event | None) -> list[str]:
    """What became of an event: corrected, or taken back, by the later event `mended`."""
    if mended is None:
        return []
    said = _("taken back: event {version}") if mended.kind == "undone" else _("corrected: event {version}")
    return [said.format(version=mended.version)]


def details(names: Names, event: Event) -> list[str]:
    """What was recorded and what became of duties, one line each."""
    names = names.at(event.at)
    lines = [typed] if (typed := recorded(names, event)) else []
    if event.on != event.at:
        lines.append(_("done {instant}, recorded later").format(instant=names.moment(event.on)))
    if event.corrected_on:
        lines.append(_("rightly done {instant}").format(instant=names.moment(event.corrected_on)))
    if event.document:
        lines.append(_document(names, event.document))
    if event.link:
        lines.append(f"{names.relation(event.link.relation)}: {event.link.case}")
    if event.reason:
        lines.append(_("reason: {reason}").format(reason=event.reason))
    lines += [_("attached: {name} ({size})").format(name=file_name(file), size=size(file)) for file in event.files]
    if event.length:
        lines.append(_("given: {length}").format(length=when.length(Duration.parse(event.length))))
    if event.override:
        lines.append(_("what looks like a person is let stand: {reason}").format(reason=event.override))
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
    lines += [_restated(names, duty) for duty in event.restated]
    lines += [opened(names, duty) for duty in event.opened]
    if event.suspended is not None:
        lines.append(_("the clock of open duties stops") if event.suspended else _("the clock runs again"))
    return lines


def _document(names: Names, document: Document) -> str:
    said = _("document {number} of {date}").format(number=document.number, date=names.value_of("date", document.dated))
    if document.received:
        said += ", " + _("received {date}").format(date=names.value_of("date", document.received))
    if document.arrival:
        said += ", " + _("arrival number {number}").format(number=document.arrival)
    return said


def _restated(names: Names, duty: Duty) -> str:
    """A duty as it is after a correction."""
    if not duty.alive:
        said = _(_ENDS[duty.status]).format(duty=what(names, duty))
        return said + (", " + _("late by {length}").format(length=when.working(duty.late_by)) if duty.late_by else "")
    if duty.left is not None:
        return _("clock stopped: {duty}").format(duty=what(names, duty))
    return _("now due {due}: {duty}").format(duty=what(names, duty), due=_due(names, duty))


def file_name(file: File) -> str:
    """What a file was called, or that its name was erased."""
    return _("(name erased)") if is_reference(file.name) else file.name


def size(file: File) -> str:
    """How large a file is, for people."""
    if file.size < 1000:
        return _("{count} bytes").format(count=file.size)
    kilobytes = (file.size + 999) // 1000
    return f"{kilobytes} kB" if kilobytes < 1000 else f"{kilobytes // 1000}.{kilobytes % 1000 // 100} MB"


def recorded(names: Names, event: Event) -> str:
    """Who typed an act, and for whom they work where it is another agency's; empty where nobody did."""
    names = names.at(event.at)
    officer = names.officer(event.officer) if event.officer else ""
    if event.recorded_by:
        return _("recorded by {agency}, {officer}").format(agency=names.agency(event.recorded_by), officer=officer)
    return _("officer: {officer}").format(officer=officer) if officer and names.roster else ""


def opened(names: Names, duty: Duty) -> str:
    """A duty that was opened, and its time."""
    if duty.left is not None:
        return _("to do: {duty}").format(duty=what(names, duty)) + ", " + _("clock stopped")
    nobody = duty.agency is None
    text = _("to come by itself: {duty}, {due}") if nobody else _("to do: {duty}, due {due}")
    return text.format(duty=what(names, duty), due=_due(names, duty))


def what(names: Names, duty: Duty) -> str:
    """A duty with its agency, and what tells it from its like: whose objection, which measure."""
    said = names.duty(duty)
    if duty.about:
        said += " " + _("on what {agency} says").format(agency=names.agency(duty.about))
    title = (duty.row or {}).get("title")
    return f"{said}: {title}" if title else said


def given_more(duty: Duty) -> str:
    """How often a duty was extended, to stand behind it; nothing if it was not."""
    if not duty.extended:
        return ""
    return "; " + ngettext("extended once", "extended {count} times", duty.extended).format(count=duty.extended)


def _climb(names: Names, event: Event) -> str:
    duty = names.duty(event.duty or "")
    now = next((moved for moved in event.moved if moved.duty == event.duty), None)
    told = ", ".join(names.post(post) for post in event.told)
    if now is not None and event.at < now.due_at:
        said = _("Soon due: {duty}, {due}").format(duty=duty, due=_due(names, now))
    elif "@-" in (event.duty or ""):
        said = _("The time has come: {duty}").format(duty=duty)
    else:
        said = _("Past its time: {duty}").format(duty=duty)
        if now is not None and now.rung:
            said += ", " + _("rung {rung}").format(rung=now.rung)
    if told:
        said += "; " + _("told: {told}").format(told=told)
    if event.missed:
        said += "; " + _("nobody there: {posts}").format(posts=", ".join(names.post(post) for post in event.missed))
    for code in event.blocked:
        if event.missed and code in (NOBODY, NOT_ALL):
            continue
        said += "; " + (_(_BLOCKED[code]) if code in _BLOCKED else _("nothing could follow ({code})").format(code=code))
    return said


def _moved(names: Names, moved: Moved, event: Event) -> str:
    duty = names.duty(moved.duty)
    if moved.left is not None:
        return _("clock stopped: {duty}").format(duty=duty)
    if moved.stood is not None and moved.due_at < event.at:
        return _("late since {due}: {duty}").format(duty=duty, due=_due(names, moved))
    return _("now due {due}: {duty}").format(duty=duty, due=_due(names, moved))


def _due(names: Names, duty: Duty | Moved) -> str:
    """When a duty is due; that this is provisional, where it falls in a year not decreed yet."""
    return names.moment(duty.due_at, due=True) + (" " + _("(provisional)") if duty.provisional else "")
