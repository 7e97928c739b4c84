"""Where ladders end, what becomes of bodies that decide, and what is there for nothing (E52x, W53x).

A ladder that only ever tells the one who is late ends nowhere: its last rung reaches somebody else who is surely there.
A body (`body: true`) decides and is never called late: it is no party by default, and the ladder of what it owes does
not remind it itself.
"""

from __future__ import annotations

from states.checks.alive import Alive
from states.checks.names import Names
from states.errors import N_
from states.ruleset import ANY, DEBTOR, SIGNATORIES, DutyRule, Process, Ruleset, Rung


def check_ladders(ruleset: Ruleset, process: Process, names: Names, alive: Alive) -> None:
    """Note every ladder of `process` that ends nowhere, and a body that its own ladder would call late."""
    top = Names(names.marks, names.lost)
    for name, rule in process.duties.items():
        if rule.ladder is None or rule.on_overdue is not None:
            continue
        rungs = ruleset.ladders[rule.ladder].rungs
        last = ("ladders", rule.ladder, "rungs", len(rungs) - 1)
        if all(who.body == DEBTOR for who in rungs[-1].tell):
            text = N_("this ladder ends nowhere: its last rung tells only the one who is late")
            top.add(last, "E520", text)
        elif not any(_there(process, alive, name, who.body) for who in rungs[-1].tell):
            text = N_("the last rung may reach nobody: no agency need be named as {capacities} when `{duty}` is open")
            told = list(dict.fromkeys(who.body for who in rungs[-1].tell if who.body != DEBTOR))
            top.add(last, "E521", text, capacities=told, duty=name)
        owing = [capacity for capacity in rule.owed_by.capacities if _is_body(ruleset, process, capacity)]
        if owing and any(_tells_debtor(process, rule, rung) for rung in rungs):
            text = N_("`{capacity}` is a body, which is never called late: let its ladder remind somebody else")
            names.add(("duties", name), "E522", text, capacity=owing[0])


def check_bodies(ruleset: Ruleset, names: Names) -> None:
    """Note every body that would be a party by itself, not named by anybody, or is something else than who decides."""
    for process in ruleset.processes.values():
        deciding: dict[str, str] = {}
        for name, one in process.capacities.items():
            first = deciding.setdefault(one.holds, name)
            if first != name and _is_body(ruleset, process, name):
                text = N_("`{agency}` is a body and decides as `{capacity}`: in the same case it is nothing else")
                path = ("processes", process.name, "capacities", name, "one")
                names.add(path, "E523", text, agency=one.holds, capacity=first)
    columns = {
        (process.fields[capacity.default[0]].choice or "", capacity.default[1])
        for process in ruleset.processes.values()
        for capacity in process.capacities.values()
        if capacity.default is not None
    }
    for choice, column in sorted(columns):
        for value, known in ruleset.choices[choice].items():
            code = known.columns.get(column, "")
            if code in ruleset.agencies and ruleset.agencies[code].body:
                text = N_("`{agency}` is a body that decides: no case makes it a party by itself")
                names.add(("choices", choice, value, column), "E523", text, agency=code)
    signing = any(c.holds == SIGNATORIES for p in ruleset.processes.values() for c in p.capacities.values())
    for code, agency in ruleset.agencies.items():
        if agency.body and agency.signatory and signing:
            text = N_("`{agency}` is a body that decides: no case makes it a party by itself")
            names.add(("agencies", code, "signatory"), "E523", text, agency=code)
    for n, opening in enumerate(ruleset.openings):
        for capacity, code in opening.with_.items():
            held = ruleset.processes[opening.process].capacities[capacity].holds
            if held == ANY and ruleset.agencies[code].body:
                text = N_("`{agency}` is a body that decides: no case makes it a party by itself")
                names.add(("openings", n, "with", capacity), "E523", text, agency=code)


def check_unused(ruleset: Ruleset, names: Names) -> None:
    """Warn of what nothing in the file uses."""
    processes = ruleset.processes.values()
    ladders = {rule.ladder for process in processes for rule in process.duties.values()}
    for name in ruleset.ladders:
        if name not in ladders:
            names.add(("ladders", name), "W530", N_("no duty uses this ladder"))
    fields = [field for process in processes for field in process.fields.values()]
    choices = {one.choice for field in fields for one in (field, *field.columns.values())}
    for name in ruleset.choices:
        if name not in choices:
            names.add(("choices", name), "W531", N_("no field chooses from this list"))
    for process in processes:
        lines = (*process.opening, *process.transitions)
        given = {name for line in lines for name in (*line.inputs, *line.takes)}
        for name, field in process.fields.items():
            if name not in given and not field.required:
                names.add(("processes", process.name, "fields", name), "W532", N_("no act ever gives this field"))


def _there(process: Process, alive: Alive, duty: str, body: str) -> bool:
    """Whether `body` surely is somebody whenever `duty` may be open."""
    if body == DEBTOR or body not in process.capacities:
        return body != DEBTOR
    return all(
        alive.sketch.held(at.env, body)
        for at in alive.found.configs
        if duty in alive.states[alive.sketch.states[at.state]]
    )


def _is_body(ruleset: Ruleset, process: Process, capacity: str) -> bool:
    """Whether `capacity` is fixed to a body."""
    code = process.capacities[capacity].holds
    return code in ruleset.agencies and ruleset.agencies[code].body


def _tells_debtor(process: Process, rule: DutyRule, rung: Rung) -> bool:
    bodies = {DEBTOR, *rule.owed_by.capacities, *(process.capacities[c].holds for c in rule.owed_by.capacities)}
    return not rung.warn and any(who.body in bodies for who in rung.tell)
