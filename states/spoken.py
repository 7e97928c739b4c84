"""The tests of a rules file, read: aliases become names, dates become moments.

spellings(process)         what may be written for a trigger, a duty, a field or a capacity
value_of(field, given)     what a value of a field means in a test; `Unreadable` where it means nothing
trial(shape, process)      the frozen value; `shape` has passed `checks.trials`
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from states.errors import N_
from states.grammar import Unreadable, moment, written
from states.ruleset import OPEN, RESUME
from states.shape import FieldShape, ProcessShape, StepShape, TestShape
from states.trials import Scene, Trial


@dataclass(frozen=True)
class Spellings:
    """By kind: what may be written -> the name meant. A name and its alias both lead to the name."""

    triggers: dict[str, str]
    duties: dict[str, str]
    carried: dict[str, str]  # fields and capacities

    def duty(self, reference: str) -> str:
        """`xac-nhan@so_xd` as `acknowledge@so_xd`."""
        name, at, agency = reference.partition("@")
        return self.duties.get(name, name) + at + agency


def spellings(process: ProcessShape) -> Spellings:
    def both(named: list[tuple[str, str | None]]) -> dict[str, str]:
        return {**{alias: name for name, alias in named if alias}, **{name: name for name, _ in named}}

    return Spellings(
        triggers={OPEN: OPEN, **both([(t.trigger, t.alias) for t in process.transitions])},
        duties=both([(name, duty.alias) for name, duty in process.duties.items()])
        | ({RESUME: RESUME} if process.suspend else {}),
        carried=both(
            [(name, field.alias) for name, field in process.fields.items()]
            + [(name, capacity.alias) for name, capacity in process.capacities.items()]
        ),
    )


def value_of(field: FieldShape, given: Any) -> Any:
    """What `given` means for `field`. Raises `Unreadable`; whether an agency or a choice exists is not asked."""
    if field.rows is not None and isinstance(given, list) and all(isinstance(row, dict) for row in given):
        return tuple({name: _cell(field.rows, name, cell) for name, cell in row.items()} for row in given)
    if field.flag and isinstance(given, bool):
        return given
    if (field.date or field.instant) and isinstance(given, str):
        found = moment(given)
        if not (field.date and found.minute is not None):
            return found
    if field.year and isinstance(given, int | str) and str(given).isdecimal():
        return int(given)
    if field.agencies:
        return tuple(given if isinstance(given, list) else [given])
    if field.text is not None and isinstance(given, int | str) and not isinstance(given, bool):
        return str(given)
    if (field.choice or field.agency) and isinstance(given, str):
        return given
    raise Unreadable(N_("`{field}` cannot hold this: {value}"), written(given))


def _cell(columns: dict[str, FieldShape], name: str, given: Any) -> Any:
    if name not in columns:
        raise Unreadable(N_("the rows have no column called {value}"), name)
    return value_of(columns[name], given)


def trial(shape: TestShape, process: ProcessShape) -> Trial:
    spelled = spellings(process)
    steps = tuple(_scene(step, process, spelled) for step in shape.steps)
    return Trial(test=shape.test, process=shape.process, steps=steps)


def _scene(step: StepShape, process: ProcessShape, spelled: Spellings) -> Scene:
    carries: dict[str, Any] = {}
    for typed, given in step.with_.items():
        name = spelled.carried[typed]
        if name in process.capacities:
            carries[name] = tuple(given if isinstance(given, list) else [given])
        else:
            carries[name] = value_of(process.fields[name], given)

    def duty(reference: str | None) -> str | None:
        return spelled.duty(reference) if reference is not None else None

    def by_duty(found: dict[str, Any]) -> dict[str, Any]:
        return {spelled.duty(reference): value for reference, value in found.items()}

    return Scene(
        at=step.at,
        by=step.by,
        does=spelled.triggers[step.does] if step.does else None,
        extends=duty(step.extends),
        waives=duty(step.waives),
        suspends=step.suspends,
        resumes=step.resumes,
        time=step.for_,
        duty=duty(step.duty),
        happened=step.happened,
        carries=carries,
        document=step.document,
        reason=step.reason,
        refused=tuple(step.refused or ()),
        state=step.state,
        duties=by_duty(step.duties),
        late=by_duty(step.late),
        rung=by_duty(step.rung),
        told={reference: tuple(posts) for reference, posts in by_duty(step.told).items()},
        owed=tuple(spelled.duty(reference) for reference in step.owed) if step.owed is not None else None,
    )
