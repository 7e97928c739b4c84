"""A rules edition for people: who takes part, the states, what is owed by when, who may do what."""

from __future__ import annotations

from collections.abc import Sequence

from states.ruleset import (
    DEBTOR,
    RESUME,
    SYSTEM,
    Capacity,
    DateRef,
    Deadline,
    DutyRule,
    OwedBy,
    Process,
    Rung,
    Transition,
    When,
)
from workflow.render import when as times
from workflow.render.language import _, ngettext
from workflow.render.screen import Column, Screen
from workflow.render.words import Names, inside, label

HEAD = "bold"


def rules_page(screen: Screen, names: Names, processes: Sequence[str]) -> None:
    """The edition, and each of `processes` in full."""
    ruleset = names.ruleset
    screen.line(f"{ruleset.edition}  {label(ruleset.title, ruleset.edition)}", HEAD)
    found = [(_("Grounds"), "; ".join(ruleset.grounds)), (_("Calendar"), ruleset.calendar)]
    screen.pairs((name, value) for name, value in found if value)
    for name in processes:
        _process(screen, names.of(name), ruleset.processes[name])


def _process(screen: Screen, names: Names, process: Process) -> None:
    screen.line()
    screen.line(f"{names.process_label()} ({process.name}, {process.prefix})", HEAD)
    _section(screen, _("Parties"))
    screen.pairs((names.capacity(name), _holder(names, held)) for name, held in process.capacities.items())
    _section(screen, _("States"))
    for state in process.states.values():
        marks = (
            (state.name == process.initial, _("first")),
            (state.suspends, _("stops the clock")),
            (state.may_wait, _("may wait")),
            (state.final, _("final")),
        )
        said = ", ".join(mark for holds, mark in marks if holds)
        screen.line(f"  {names.state(state.name)} ({state.name})" + (f": {said}" if said else ""))
    _section(screen, _("Duties"))
    screen.table(
        [Column(_("To be done")), Column(_("Owed by")), Column(_("Time")), Column(_("If late")), Column(_("Source"))],
        [_duty_row(names, rule) for rule in process.duties.values()],
    )
    ladders = list(
        dict.fromkeys(rule.ladder for rule in process.duties.values() if rule.ladder and not rule.on_overdue)
    )
    if ladders:
        _section(screen, _("Ladders"))
    for name in ladders:
        ladder = names.ruleset.ladders[name]
        screen.line(f"  {name} ({ladder.source})")
        screen.items((rung_line(names, rung), "") for rung in ladder.rungs)
        if ladder.unreachable:
            said = _("if nobody is there: {trigger}, and at once to the next")
            screen.items([(said.format(trigger=names.trigger(ladder.unreachable)), "")])
    _section(screen, _("Transitions"))
    screen.table(
        [Column(_("Trigger")), Column(_("From")), Column(_("To")), Column(_("By")), Column(_("Source"))],
        [_line_row(names, line) for line in (*process.opening, *process.transitions)],
    )


def _section(screen: Screen, title: str) -> None:
    screen.line()
    screen.line(title, HEAD)


def _holder(names: Names, capacity: Capacity) -> str:
    """Who holds a capacity: an agency, whoever is named, the signatories."""
    if capacity.default is not None:
        field, column = capacity.default
        return _("by {field}: {column}").format(field=names.field(field), column=column)
    said = {"any": _("whoever is named"), "signatories": _("the signatories")}.get(capacity.holds)
    said = said or names.agency(capacity.holds)
    if capacity.excepting:
        said += ", " + _("except {capacity}").format(capacity=names.capacity(capacity.excepting))
    return said


def _duty_row(names: Names, rule: DutyRule) -> list[str]:
    owed = _("whoever suspended it") if rule.deadline.by_act else owed_by(names, rule.owed_by)
    if rule.when:
        owed += " (" + conditions(names, rule.when) + ")"
    return [names.duty_name(rule.name), owed, deadline(names, rule.deadline), _if_late(names, rule), rule.source]


def owed_by(names: Names, owed: OwedBy) -> str:
    if owed.nobody:
        return _("nobody")
    if owed.rows is not None:
        return _("the agency of each row: {field}").format(field=names.field(owed.rows))
    if owed.each:
        return _("each {capacity}").format(capacity=", ".join(inside(names.capacity(n)) for n in owed.capacities))
    return ", ".join(names.capacity(name) for name in owed.capacities)


def deadline(names: Names, found: Deadline) -> str:
    """When something is due, in words."""
    if found.by_act:
        said = _("the day that was named")
    elif found.by is not None:
        said = _("by {date}").format(date=date_of(names, found.by))
    elif found.before is not None:
        said = _("before {date}").format(date=date_of(names, found.before))
    else:
        takes = [
            (conditions(names, take.when) + ": " if take.when else "") + times.length(take.take)
            for take in found.within
        ]
        said = "; ".join(takes)
    if found.at_least is not None:
        said += ", " + _("at least {length}").format(length=times.length(found.at_least))
    return said


def date_of(names: Names, ref: DateRef) -> str:
    if ref.month:
        year = f"{names.field(ref.field)}{ref.years:+d}" if ref.years else names.field(ref.field)
        return f"{ref.day:02d}/{ref.month:02d} ({year})"
    said = _("the date of the row") if ref.row else names.field(ref.field)
    if ref.shift is not None:
        said += f" {'+' if ref.sign > 0 else '-'} {times.length(ref.shift)}"
    return said


def conditions(names: Names, conditions: When) -> str:
    said = []
    for term in conditions:
        values = f"={'|'.join(term.values)}" if term.values else ""
        said.append(names.place("term", ("!" if term.negated else "") + term.name + values))
    return ", ".join(said)


def _if_late(names: Names, rule: DutyRule) -> str:
    """What follows: a trigger, or a ladder by its name. Ladders are told once, below the duties."""
    if rule.name == RESUME:
        return _("who owes it")
    if rule.on_overdue:
        return f"→ {names.trigger(rule.on_overdue)}"
    return rule.ladder or _("nobody is told")


def rung_line(names: Names, rung: Rung) -> str:
    told = []
    for who in rung.tell:
        body = _("who owes it") if who.body == DEBTOR else _body(names, who.body)
        told.append(_("leader of {agency}").format(agency=body) if who.leader else body)
    said = ", ".join(told)
    if rung.warn:
        said += " (" + _("{length} before").format(length=times.length(rung.warn)) + ")"
    if rung.allow:
        said += " (+" + times.length(rung.allow) + ")"
    if rung.every:
        repeats = ngettext("once more", "{count} times more", rung.times).format(count=rung.times)
        said += f" ({repeats}: {times.length(rung.every)})"
    return said + (f" → {names.trigger(rung.fires)}" if rung.fires else "")


def _body(names: Names, body: str) -> str:
    """A capacity or an agency that a rung tells."""
    capacities = names.process.capacities if names.process else {}
    return inside(names.capacity(body)) if body in capacities else names.agency(body)


def _line_row(names: Names, line: Transition) -> list[str]:
    by = ", ".join({SYSTEM: _("by itself"), DEBTOR: _("who owes it")}.get(who, names.capacity(who)) for who in line.by)
    sources = ", ".join(names.state(name) for name in line.sources)
    to = _("back") if line.to == "back" else names.state(line.to) if line.to else ""
    said = names.trigger(line.trigger) + (f" ({conditions(names, line.when)})" if line.when else "")
    return [said, sources, to, by, line.source]
