"""The duties of a process in a rules file (E24x, E25x): who owes, by when, what opens and ends them."""

from __future__ import annotations

from collections.abc import Callable

from states.checks.names import Names
from states.errors import N_
from states.inputs import is_date
from states.marks import Path
from states.ruleset import DEBTOR, FIELD_TYPES, SYSTEM, DateRef, FieldType, Term
from states.shape import DutyShape, FieldShape, ProcessShape, RulesFile

_READ = ("flag", "choice", "text", "date", "agency")
"""The types of field that a condition can read."""


def check_duties(shape: RulesFile, process: ProcessShape, names: Names) -> None:
    """Note everything in the duties of `process` that cannot be meant."""
    checks = _Duties(shape, process, names)
    for name, duty in process.duties.items():
        checks.check(name, duty)


def check_terms(
    names: Names, path: Path, terms: tuple[Term, ...], fields: dict[str, FieldShape], shape: RulesFile
) -> None:
    """Conditions name fields of one value: a flag stands alone, another is compared with values it may have."""
    for term in terms:
        if not names.known(path, "field", term.name, fields):
            continue
        field = fields[term.name]
        kind = field_type(field)
        if kind is None:
            continue  # told of where it is declared
        if bool(term.values) == (kind == "flag"):
            flag = N_("`{field}` is a flag and stands alone: `{field}` or `not {field}`")
            other = N_("`{field}` is no flag: say what it is compared with")
            names.add(path, "E253", flag if kind == "flag" else other, field=term.name)
        elif kind not in _READ or field.per is not None:
            text = N_(
                "no condition can read `{field}`: that takes a flag, a choice, a text, a date or an agency, "
                "and not one for each agency"
            )
            names.add(path, "E254", text, field=term.name)
        else:
            for value in term.values:
                _check_value(names, path, term.name, field, value, shape)


def _check_value(names: Names, path: Path, name: str, field: FieldShape, value: str, shape: RulesFile) -> None:
    """A condition compares `field` with a value it may have."""
    if field.choice in shape.choices:
        names.known(path, "value", value, shape.choices[field.choice])
    elif field.agency:
        names.known(path, "agency", value, shape.agencies)
    elif (field.date and not is_date(value)) or (field.text and not (value.strip() and len(value) <= field.text)):
        names.add(path, "E255", N_("`{field}` can never be `{value}`"), field=name, value=value[:80])


def field_type(field: FieldShape) -> FieldType | None:
    """The one type of a field; None if it has none or several."""
    types = [kind for kind in FIELD_TYPES if getattr(field, kind) is not None]
    return types[0] if len(types) == 1 else None


class _Duties:
    def __init__(self, shape: RulesFile, process: ProcessShape, names: Names) -> None:
        self.shape, self.process, self.names = shape, process, names
        self.discharged: dict[str, set[str]] = {}  # by trigger
        self.automatic: dict[str, bool] = {}  # triggers done by the system: whether they need inputs
        for line in process.transitions:
            known = self.discharged.setdefault(line.trigger, set())
            known.update(d.removeprefix("all ") for d in line.discharges)
            if SYSTEM in line.by:
                self.automatic[line.trigger] = self.automatic.get(line.trigger, False) or bool(line.inputs)
        final = {name for name, state in process.states.items() if state.final}
        self.going_on = {line.trigger for line in process.transitions if line.to not in final}
        self.of_states = {duty for state in process.states.values() for duty in state.duties}

    def check(self, name: str, duty: DutyShape) -> None:
        p, names = self.process, self.names.below("duties", name)
        rows = self._owed_by(names, duty)
        self._deadline(names, duty, rows)
        self._overdue(names, duty)
        fields = {**p.fields, **((rows.rows or {}) if rows else {})}
        check_terms(names, ("when",), duty.when or (), fields, self.shape)
        for n, take in enumerate(duty.within or []):
            check_terms(names, ("within", n, "when"), take.when or (), fields, self.shape)
        names.all_known(("opens_on",), "trigger", duty.opens_on, self.discharged)
        names.all_known(("lasts_until",), "state", duty.lasts_until, p.states)
        names.all_known(("answers",), "trigger", duty.answers, self.discharged)
        for n, answer in enumerate(duty.answers):
            if answer in self.discharged and name not in self.discharged[answer]:
                text = N_("`{trigger}` does not discharge this duty")
                names.add(("answers", n), "E244", text, trigger=answer)
        for key, rule in (("extend", duty.extend), ("waive", duty.waive)):
            if rule is not None:
                names.all_known((key, "by"), "capacity", rule.by, p.capacities)
        if name not in self.of_states and not duty.opens_on:
            names.add((), "E245", N_("nothing ever opens this duty: no state lists it and it has no `opens_on`"))
        elif name not in self.of_states and {*duty.opens_on} <= {*self.discharged} - self.going_on:
            names.add(("opens_on",), "E245", N_("nothing ever opens this duty: what it is opened on ends the case"))

    def _owed_by(self, names: Names, duty: DutyShape) -> FieldShape | None:
        """The rows field whose rows owe, if that is how it is owed."""
        p, owed = self.process, duty.owed_by
        if len(owed.each) == 1 and (field := p.fields.get(owed.each[0])) is not None and field.rows is not None:
            if sum(column.agency is not None for column in field.rows.values()) != 1:
                text = N_("the rows of `{field}` need exactly one column of type agency: who owes")
                names.add(("owed_by",), "E246", text, field=owed.each[0])
            return field
        for name in owed.each or ((owed.capacity,) if owed.capacity else ()):
            names.known(("owed_by",), "capacity", name, p.capacities)
        if owed.capacity in p.capacities and p.capacities[owed.capacity].many:
            names.add(("owed_by",), "E247", N_("`{name}` may be many: write `each {name}`"), name=owed.capacity)
        if owed.nobody and not duty.on_overdue:
            names.add((), "E248", N_("a duty owed by nobody is a timer: it needs `on_overdue`"))
        return None

    def _deadline(self, names: Names, duty: DutyShape, rows: FieldShape | None) -> None:
        if sum(way is not None for way in (duty.within, duty.by, duty.before)) != 1:
            names.add((), "E240", N_("a duty has one of `within`, `by` and `before`"))
        if duty.before is not None and duty.before.shift is not None:
            names.add(("before",), "E242", N_("only `by` may be shifted"))
        for key, ref in (("by", duty.by), ("before", duty.before)):
            if ref is not None:
                self._date(names, (key,), ref, rows)
        if duty.within and duty.within[-1].when:
            names.add(("within",), "E243", N_("the last line of `within` has no condition"))

    def _date(self, names: Names, path: Path, ref: DateRef, rows: FieldShape | None) -> None:
        """A date is a column of the row, or a required field of the case."""
        wanted: Callable[[FieldShape], bool] = (
            (lambda f: f.year is not None) if ref.month else (lambda f: f.date is not None)
        )
        fields = ((rows.rows or {}) if rows else {}) if ref.row else self.process.fields
        kind = "year field" if ref.month else "date column" if ref.row else "date field"
        known = [name for name, field in fields.items() if wanted(field)]
        if names.known(path, kind, ref.field, known) and not ref.row and not fields[ref.field].required:
            text = N_("`{field}` is not required, so it may be missing when this duty opens")
            names.add(path, "E252", text, field=ref.field)

    def _overdue(self, names: Names, duty: DutyShape) -> None:
        if (duty.ladder is None) == (duty.on_overdue is None):
            text = N_("a duty has one of `ladder` and `on_overdue` (`ladder: none` for no reminder)")
            names.add((), "E241", text)
        if duty.ladder not in (None, "none") and names.known(
            ("ladder",), "ladder", duty.ladder or "", self.shape.ladders
        ):
            self._rungs(names, duty.ladder or "")
        if duty.on_overdue:
            self._fired(names, "on_overdue", duty.on_overdue)

    def _rungs(self, names: Names, ladder: str) -> None:
        """A ladder serves several processes: whom it tells and what it fires must exist in each."""
        bodies = {DEBTOR, *self.process.capacities, *self.shape.agencies}
        if unreachable := self.shape.ladders[ladder].unreachable:
            self._fired(Names(names.marks, names.lost, ("ladders", ladder)), "unreachable", unreachable)
        for n, rung in enumerate(self.shape.ladders[ladder].rungs):
            here = Names(names.marks, names.lost, ("ladders", ladder, "rungs", n))
            for m, who in enumerate(rung.tell):
                here.known(("tell", m), "told", who.partition(".")[0], bodies, process=self.names.here[-1])
            if rung.fires:
                self._fired(here, "fires", rung.fires)

    def _fired(self, names: Names, key: str, trigger: str) -> None:
        """What a ladder fires is done by the system and needs nothing."""
        kind = "trigger" if key == "on_overdue" else "fired"
        if not names.known((key,), kind, trigger, self.discharged, process=self.names.here[-1]):
            return
        path = (key,)
        if trigger not in self.automatic:
            names.add(path, "E250", N_("`{trigger}` is not done by the system"), trigger=trigger)
        elif self.automatic[trigger]:
            names.add(path, "E251", N_("`{trigger}` needs inputs, which the system does not have"), trigger=trigger)
