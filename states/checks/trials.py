"""Whether the tests of a rules file can be played at all: E40x, and the names in them.

How they come out is told by `rehearse`, which needs a calendar.
"""

from __future__ import annotations

from typing import Any

from states.checks.names import Names
from states.errors import N_
from states.grammar import Unreadable
from states.marks import Path
from states.ruleset import OPEN, SYSTEM
from states.shape import ProcessShape, RulesFile, StepShape
from states.spoken import Spellings, spellings, value_of
from states.trials import ACTS, Moment

_OF_ACTS = (*ACTS, "for_", "duty", "happened", "with_", "document", "reason", "refused")
_EXPECTED = ("refused", "state", "duties", "late", "rung", "told", "owed")


def check_trials(shape: RulesFile, names: Names) -> None:
    """Note what is wrong in every test of `shape`."""
    titles: set[str] = set()
    for n, test in enumerate(shape.tests):
        here = names.below("tests", n)
        if test.test in titles:
            here.add(("test",), "E406", N_("another test has this title"))
        titles.add(test.test)
        if not here.known(("process",), "process", test.process, shape.processes):
            continue
        process = shape.processes[test.process]
        spelled = spellings(process)
        before: Moment | None = None
        for m, step in enumerate(test.steps):
            there = here.below("steps", m)
            if (spelled.triggers.get(step.does or "", OPEN if m == 0 else "") == OPEN) != (m == 0):
                first = N_("the first step of a test opens its case (`does: open`)")
                other = N_("a test opens its case in its first step alone: another case is another test")
                there.add(("at",), "E403", other if m else first)
            if before is not None and _order(step.at) < _order(before):
                there.add(("at",), "E402", N_("this step lies before the one above it"))
            before = step.at
            _step(step, there)
            _named(shape, test.process, spelled, step, there)


def _order(moment: Moment) -> tuple[str, int]:
    return moment.day.isoformat(), moment.minute or 0


def _step(step: StepShape, names: Names) -> None:
    """Keys that need each other, or exclude each other."""
    given = [key for key in _OF_ACTS if getattr(step, key)]
    acts = [key for key in ACTS if key in given]
    if not acts and not any(getattr(step, key) not in (None, {}) for key in _EXPECTED):
        names.add(("at",), "E401", N_("this step neither does nor expects anything"))
    if len(acts) > 1:
        names.add((acts[1],), "E405", N_("one step, one act: `{key}` and `{other}`"), key=acts[1], other=acts[0])
    if given and (step.by is None or not acts):
        key = given[0].rstrip("_")
        names.add((key,), "E405", N_("`{key}` needs an act: who (`by`) does what (`does`)"), key=key)
    if step.by is not None and not acts:
        names.add(("by",), "E405", N_("say what is done: {keys}"), keys=", ".join(ACTS))
    if bool(step.extends) != bool(step.for_):
        names.add(("extends" if step.extends else "for",), "E405", N_("`extends` and `for` go together"))
    if step.does is None and (step.with_ or step.duty):
        names.add(("with" if step.with_ else "duty",), "E405", N_("only a trigger (`does`) takes this"))


def _named(shape: RulesFile, process: str, spelled: Spellings, step: StepShape, names: Names) -> None:
    p = shape.processes[process]
    if step.by is not None and not (step.by == SYSTEM and step.does == OPEN):
        names.known(("by",), "agency", step.by, shape.agencies)
    if step.does is not None:
        names.known(("does",), "trigger", step.does, spelled.triggers)
    if step.state is not None:
        names.known(("state",), "state", step.state, p.states)
    for key in ("extends", "waives", "duty"):
        if (reference := getattr(step, key)) is not None:
            _duty(shape, (key,), reference, spelled, names)
    for key in ("duties", "late", "rung", "told"):
        for reference in getattr(step, key):
            _duty(shape, (key, reference), reference, spelled, names, key=True)
    for n, reference in enumerate(step.owed or []):
        _duty(shape, ("owed", n), reference, spelled, names)
    for reference, posts in step.told.items():
        for n, post in enumerate(posts):
            names.known(("told", reference, n), "agency", post.partition(".")[0], shape.agencies)
    for typed, given in step.with_.items():
        known = names.known(("with", typed), "field or capacity", typed, spelled.carried, key=True)
        if known and not names.lost.touches(process):
            _value(shape, p, ("with", typed), spelled.carried[typed], given, names)


def _duty(shape: RulesFile, path: Path, reference: str, spelled: Spellings, names: Names, *, key: bool = False) -> None:
    name, _, agency = reference.partition("@")
    names.known(path, "duty", name, spelled.duties, key=key)
    if agency and not agency.startswith("-"):
        names.known(path, "agency", agency.partition(".")[0], shape.agencies, key=key)


def _value(shape: RulesFile, p: ProcessShape, path: Path, name: str, given: Any, names: Names) -> None:
    """A value of a field, or the agencies named into a capacity."""
    if name in p.capacities:
        agencies = given if isinstance(given, list) else [given]
        for n, agency in enumerate(agencies):
            names.known((*path, n), "agency", str(agency), shape.agencies)
        return
    field = p.fields[name]
    try:
        value = value_of(field, given)
    except Unreadable as unreadable:
        names.add(path, "E404", unreadable.text, value=unreadable.value, field=name)
        return
    if field.choice is not None and field.choice in shape.choices:
        names.known(path, "value", value, shape.choices[field.choice])
    if field.agency:
        names.known(path, "agency", value, shape.agencies)
