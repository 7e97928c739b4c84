"""Whether one case can go on under another edition of the rules; where it cannot, every reason why.

    must_fit(office, case, old, before)

A case that would hang under the new rules stays under its own: one whose state is another, that lacks what every
other case there has, that was never asked for what the new rules ask there, or for which nothing is left to wait for.
None of that is made up for by opening or starting anything: an agency would owe, from a day nobody decided, what it
was never told of. The case goes once it has left that state, or stays until it ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from states.case import Case
from states.commands import Office
from states.deadline import holds
from states.errors import N_, Reason, Refused
from states.inputs import value_faults
from states.ruleset import BACK, DutyRule, Process, State, Transition, When


def must_fit(office: Office, case: Case, old: Process, before: Case) -> None:
    """Raises `Refused` with every reason why `case` cannot go on under the rules of `office`.

    `case` is in their words, with whom they put into a part; `before` is what it is under the process `old`.
    """
    process = office.ruleset.processes.get(case.process)
    if process is None:
        text = N_("the new rules have no process {process}")
        raise Refused(case.case, "amend", (Reason(code="no_process", text=text, values={"process": case.process}),))
    reasons = [*_names(process, case, old.states.get(before.state)), *_values(office, process, case)]
    if not reasons:
        reasons = [*_lacking(process, case), *_unasked(process, case, old, before), *_idle(process, case, old, before)]
    if reasons:
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


# ---- what every other case has ------------------------------------------------------------------


def _lacking(process: Process, case: Case) -> Iterator[Reason]:
    """What the new rules have recorded or named by now in every case, and need from here on, and this one has not."""
    ahead = _ahead(process, case)
    lines = [line for line in process.transitions if ahead & set(line.sources)]
    triggers = {line.trigger for line in lines}
    asked = {name for state in ahead for name in process.states[state].duties} | {duty.name for duty in case.alive}
    rules = [rule for rule in process.duties.values() if rule.name in asked or triggers & set(rule.opens_on)]
    recorded = _recorded(process, case)
    for name, capacity in process.capacities.items():
        given = name in recorded or (capacity.default is not None and capacity.default[0] in recorded)
        needed = any(name in rule.owed_by.capacities for rule in rules) or any(
            line.by == (name,) or name in line.includes.values() for line in lines
        )
        if given and needed and not case.parties.get(name):
            text = N_("in the new rules a {capacity} is named by now, and is needed")
            yield Reason(code="nobody_named", text=text, values={"capacity": name})
    read = {name for rule in rules for name in _read_by(rule)} | set(_valued(line.when for line in lines))
    for name in process.fields:
        if name in recorded and name in read and case.fields.get(name) is None:
            text = N_("in the new rules {field} is recorded by now, and is needed")
            yield Reason(code="not_recorded", text=text, values={"field": name})


def _ahead(process: Process, case: Case) -> set[str]:
    """The states in which the case may still be, the one it is in included."""
    found: set[str] = set()
    fresh = [case.state, *([case.back_to] if case.back_to else [])]
    while fresh:
        if (state := fresh.pop()) not in found:
            found.add(state)
            fresh += [line.to for line in process.transitions if state in line.sources and line.to not in (None, BACK)]
    return found


def _recorded(process: Process, case: Case) -> set[str]:
    """The fields and capacities that every way to the state of the case has recorded or named."""
    opening = [line for line in process.opening if holds(line.when, case.fields, None)] or process.opening
    required = {field.name for field in process.fields.values() if field.required}
    known: dict[str, set[str]] = {}
    fresh = [(process.initial, required | {*line.inputs, *line.by[:1]}) for line in opening]
    while fresh:
        state, names = fresh.pop()
        if state in known and known[state] <= names:
            continue
        known[state] = known[state] & names if state in known else names
        fresh += [
            (line.to, known[state] | set(line.inputs))
            for line in process.transitions
            if state in line.sources and line.to not in (None, BACK)
        ]
    return known.get(case.state, set())


def _read_by(rule: DutyRule) -> Iterator[str]:
    """The fields that a duty cannot do without: the date it is due by, the choices its conditions tell apart."""
    for date in (rule.deadline.by, rule.deadline.before):
        if date is not None and not date.row:
            yield date.field
    yield from _valued([rule.when, *(take.when for take in rule.deadline.within)])


def _valued(conditions: Iterable[When]) -> Iterator[str]:
    return (term.name for when in conditions for term in when if term.values)


# ---- what the case was never asked for ----------------------------------------------------------


def _unasked(process: Process, case: Case, old: Process, before: Case) -> Iterator[Reason]:
    """What the new rules ask in this state, and the old ones did not, and nobody owes or has done here."""
    here = {duty.name for duty in case.duties.values() if duty.alive or duty.version >= case.entered_version}
    former = {new: name for name, new in process.renamed.duties.items()}
    for rule in process.duties.values():
        was = old.duties.get(former.get(rule.name, rule.name))
        if rule.name in here or not _asked(process, rule, case) or (was and _asked(old, was, before)):
            continue
        text = N_("the new rules ask for {duty} in this state, and it was never asked for")
        yield Reason(code="not_asked", text=text, values={"duty": rule.name})


def _asked(process: Process, rule: DutyRule, case: Case) -> bool:
    """Whether a case that came to its state by these rules, and did there what `case` did, was asked for `rule`."""
    states = [process.states[name] for name in (case.state, case.back_to) if name is not None]
    if not (any(rule.name in state.duties for state in states) or any(_opened(process, rule, case))):
        return False
    if rule.owed_by.rows is not None:
        return any(holds(rule.when, case.fields, row) for row in case.fields.get(rule.owed_by.rows) or [])
    held = any(case.parties.get(capacity) for capacity in rule.owed_by.capacities)
    return (held or rule.owed_by.nobody) and holds(rule.when, case.fields, None)


def _opened(process: Process, rule: DutyRule, case: Case) -> Iterator[bool]:
    """Of each act that opens `rule` here, or on the way into this state: whether it was done."""
    for line in process.transitions:
        if line.trigger in rule.opens_on and (line.to or case.state) == case.state:
            yield bool(case.taken.get(line.id)) and (line.to is not None or case.state in line.sources)


# ---- what the case would wait for in vain -------------------------------------------------------


def _idle(process: Process, case: Case, old: Process, before: Case) -> Iterator[Reason]:
    """What happens of itself once certain duties have ended, where only for the new rules all of them have."""
    former = {new: name for name, new in process.renamed.triggers.items()}
    done_before = {line.trigger for line in _due(old, before)}
    for line in _due(process, case):
        if former.get(line.trigger, line.trigger) not in done_before:
            text = N_("by the new rules {trigger} would have happened already, and nothing will bring it about")
            yield Reason(code="passed", text=text, values={"trigger": line.trigger})


def _due(process: Process, case: Case) -> Iterator[Transition]:
    """The lines that wait for duties to end, none of which is open."""
    for line in process.transitions:
        waits = line.after and case.state in line.sources and holds(line.when, case.fields, None)
        if waits and not any(duty.name in (*line.after, *line.settled) for duty in case.alive):
            yield line
