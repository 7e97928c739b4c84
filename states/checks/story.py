"""The shortest way to where a proof failed, told in the labels of the rules file."""

from __future__ import annotations

from states.checks.sketch import Sketch
from states.checks.steps import Step
from states.deadline import holds
from states.errors import Told
from states.ruleset import DutyRule, Label, Ruleset, When


def told(ruleset: Ruleset, sketch: Sketch, path: list[Step], so: str) -> tuple[Told, ...]:
    """`path` as a story that ends with the sentence `so`."""
    known: dict[str, int] = {}
    found: list[Told] = []
    for step in path:
        known |= dict(step.given)
        found.append(_step(ruleset, sketch, step, known))
    return (*found, Told(kind="so", text=so))


def _step(ruleset: Ruleset, sketch: Sketch, step: Step, known: dict[str, int]) -> Told:
    process = sketch.process
    duty = process.duties[step.duty] if step.duty else None
    if step.kind in ("wait", "waive") and duty is not None:
        kind = "due" if step.kind == "wait" and duty.on_overdue and duty.deadline.given else step.kind
        time = _time(sketch, duty, known) if step.kind == "wait" else ""
        return Told(kind=kind, duty=_labelled(duty.label, duty.name), time=time)
    assert step.line is not None, "an act has a line"
    words = step.line.label
    if not words:
        words = next((line.label for line in sketch.every_line if line.trigger == step.line.trigger and line.label), {})
    by = process.capacities[step.by].label if step.by in process.capacities else {}
    given = tuple(said for name, value in step.given for said in _given(ruleset, sketch, name, value))
    return Told(kind=step.kind, trigger=_labelled(words, step.line.trigger), by=by, given=given)


def _given(ruleset: Ruleset, sketch: Sketch, name: str, value: int) -> list[Label]:
    """What was chosen, as far as it is worth telling: a flag that is set, a value of a choice."""
    field, sample = sketch.process.fields[name], sketch.classes[sketch.fields.index(name)][value]
    if field.type == "flag":
        return [_labelled(field.label, name)] if sample else []
    if field.type == "choice" and sample is not None:
        return [_labelled(ruleset.choices[field.choice or ""][sample].label, sample)]
    return []


def _time(sketch: Sketch, duty: DutyRule, known: dict[str, int]) -> str:
    """How long one waits for `duty` to fall due, where that can be said; "" where its ladder comes first."""
    if duty.on_overdue is None:
        return ""
    for take in duty.deadline.within:
        if _true(sketch, take.when, known):
            return str(take.take)
    return ""


def _true(sketch: Sketch, when: When, known: dict[str, int]) -> bool:
    """Whether `when` holds of what the story gave. A field that no proof looks at was not given."""
    values = {name: sketch.classes[n][known.get(name, 0)] for n, name in enumerate(sketch.fields)}
    return holds(when, values, None)


def _labelled(label: Label, name: str) -> Label:
    return label or {"en": name}
