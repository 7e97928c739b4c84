"""Whether a rules file means something: every name exists, every line can happen, every word has a label.

Works on the shape, so that each problem stands at its own line and column. Finds everything at once.
Codes: E2xx names and references, E3xx labels, aliases and sources. The deeper proofs (can every case
still be ended, by whom) are not made here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from difflib import get_close_matches
from typing import Any

from states.errors import N_
from states.marks import Marks, Path
from states.ruleset import ANY, BACK, DEBTOR, FIELD_TYPES, OPEN, SIGNATORIES, SYSTEM, DateRef, Term
from states.shape import DutyShape, FieldShape, ProcessShape, RulesFile, RungShape, TransitionShape

CARRIED = ("document", "reason")


def check(shape: RulesFile, marks: Marks) -> None:
    """Add a problem to `marks` for everything in `shape` that cannot be meant."""
    _Labels(shape, marks).check()
    prefixes: dict[str, str] = {}
    _agencies_and_choices(shape, marks)
    for name, process in shape.processes.items():
        if process.prefix in prefixes:
            marks.add(("processes", name, "prefix"), "E210", N_("prefix {prefix} is taken by {process}"),
                      {"prefix": process.prefix, "process": prefixes[process.prefix]})  # fmt: skip
        prefixes[process.prefix] = name
        _Process(shape, name, process, marks).check()
    for n, opening in enumerate(shape.openings):
        _known(marks, ("openings", n, "process"), "process", opening.process, shape.processes)
    for name, ladder in shape.ladders.items():
        _ladder(("ladders", name, "rungs"), ladder.rungs, marks)


def _known(marks: Marks, path: Path, kind: str, name: str, known: Iterable[str]) -> bool:
    known = list(known)
    if name in known:
        return True
    near = get_close_matches(name, known, 1)
    hint = (N_("did you mean `{near}`?"), {"near": near[0]}) if near else ("", {})
    marks.add(path, "E201", N_("no {kind} is called `{name}`"), {"kind": kind, "name": name}, *hint)
    return False


def _agencies_and_choices(shape: RulesFile, marks: Marks) -> None:
    for code, agency in shape.agencies.items():
        if agency.parent:
            _known(marks, ("agencies", code, "parent"), "agency", agency.parent, shape.agencies)
    for name, values in shape.choices.items():
        for value, columns in values.items():
            label = columns.get("label")
            if label is not None and not (isinstance(label, dict) and all(isinstance(t, str) for t in label.values())):
                marks.add(("choices", name, value, "label"), "E302", N_("a label is a text for each language"))
            for column, text in columns.items():
                if column != "label" and not isinstance(text, str):
                    marks.add(("choices", name, value, column), "E211", N_("a column holds one word"))


def _ladder(path: Path, rungs: list[RungShape], marks: Marks) -> None:
    """Warnings first, then rungs each with time for the next; only the last repeats or fires."""
    climbed = False
    for n, rung in enumerate(rungs):
        here, last = (*path, n), n == len(rungs) - 1
        if not rung.tell:
            marks.add(here, "E220", N_("a rung tells somebody"))
        if rung.warn and climbed:
            marks.add(here, "E221", N_("a warning stands before the rungs that follow the due instant"))
        if rung.warn and (rung.allow or rung.every or rung.fires):
            marks.add(here, "E222", N_("a warning only tells"))
        climbed = climbed or not rung.warn
        if not last and (rung.every or rung.times or rung.fires):
            marks.add(here, "E223", N_("only the last rung repeats or fires"))
        if not last and not rung.warn and not rung.allow:
            marks.add(here, "E224", N_("a rung before the last says how long is allowed until the next"))
        if bool(rung.every) != bool(rung.times):
            marks.add(here, "E225", N_("`every` and `times` go together: repetition is bounded"))
    if not climbed:
        marks.add(path, "E226", N_("a ladder has a rung at the due instant"))


class _Labels:
    """Everything a person sees has a label in each language of the title; what is typed has an alias."""

    def __init__(self, shape: RulesFile, marks: Marks) -> None:
        self.shape, self.marks = shape, marks
        self.languages = list(shape.title)

    def check(self) -> None:
        for code, agency in self.shape.agencies.items():
            self._label(("agencies", code), dict(agency.name), "name")
        for name, values in self.shape.choices.items():
            for value, columns in values.items():
                label = columns.get("label")
                self._label(("choices", name, value), label if isinstance(label, dict) else {})
        aliases: dict[str, Path] = {}
        for name, process in self.shape.processes.items():
            here: Path = ("processes", name)
            self._label(here, process.label or {})
            self._alias(here, name, process.alias, aliases, self.shape.processes)
            self._source(here, process.source)
            self._process(here, process)
        for n, opening in enumerate(self.shape.openings):
            self._source(("openings", n), opening.source)

    def _process(self, here: Path, process: ProcessShape) -> None:
        for state, s in process.states.items():
            self._label((*here, "states", state), s.label or {})
        # One space of names: `--with`, `--set` and the options of a process are typed side by side.
        names = {*process.capacities, *process.fields}
        found: dict[str, Path] = {}
        for kind, items in (("capacities", process.capacities), ("fields", process.fields)):
            for name, item in items.items():
                self._label((*here, kind, name), item.label or {})
                self._alias((*here, kind, name), name, item.alias, found, names)
        found = {}
        for name, duty in process.duties.items():
            self._label((*here, "duties", name), duty.label or {})
            self._alias((*here, "duties", name), name, duty.alias, found, process.duties)
            self._source((*here, "duties", name), duty.source)
        found, seen = {}, set()
        triggers = {t.trigger for t in process.transitions}
        for n, line in enumerate(process.transitions):
            self._source((*here, "transitions", n), line.source)
            if line.trigger not in seen:  # the first line of a trigger speaks for all
                self._label((*here, "transitions", n), line.label or {})
                self._alias((*here, "transitions", n), line.trigger, line.alias, found, triggers)
            seen.add(line.trigger)

    def _label(self, path: Path, label: dict[str, Any], key: str = "label") -> None:
        for language in self.languages:
            if not label.get(language):
                self.marks.add(path, "E301", N_("`{key}` is missing in {language}"), {"key": key, "language": language})

    def _alias(self, path: Path, name: str, alias: str | None, found: dict[str, Path], names: Collection[str]) -> None:
        if alias is None:
            if "vi" in self.languages:
                self.marks.add(path, "E303", N_("`alias` is missing: the accent-free Vietnamese word that is typed"))
            return
        if alias in found or (alias in names and alias != name):
            self.marks.add((*path, "alias"), "E304", N_("alias `{alias}` is taken"), {"alias": alias})
        found[alias] = path

    def _source(self, path: Path, source: str | None) -> None:
        if source is None:
            self.marks.add(path, "E305", N_("`source` is missing: a paragraph of the plan, or `local choice`"))


class _Process:
    """The references of one process."""

    def __init__(self, shape: RulesFile, name: str, process: ProcessShape, marks: Marks) -> None:
        self.shape, self.process, self.marks = shape, process, marks
        self.here: Path = ("processes", name)
        self.triggers = {t.trigger for t in process.transitions}

    def known(self, path: Path, kind: str, names: Iterable[str], known: Iterable[str]) -> None:
        known = list(known)
        for name in names:
            _known(self.marks, (*self.here, *path), kind, name, known)

    def add(self, path: Path, code: str, text: str, **values: Any) -> None:
        self.marks.add((*self.here, *path), code, text, values)

    def check(self) -> None:
        p = self.process
        self.known(("initial",), "state", [p.initial], p.states)
        if p.suspend:
            self.known(("suspend",), "capacity", p.suspend.by, p.capacities)
        for name in {*p.capacities} & {*p.fields}:
            self.add(("fields", name), "E212", N_("`{name}` is a capacity too"), name=name)
        for name, capacity in p.capacities.items():
            self._capacity(("capacities", name), capacity)
        for name, field in p.fields.items():
            self._field(("fields", name), field)
        for name, state in p.states.items():
            self.known(("states", name, "duties"), "duty", state.duties, p.duties)
            if state.final and (state.duties or state.suspends or state.may_wait):
                self.add(("states", name), "E230", N_("a final state has no duties and does not wait"))
        for name, duty in p.duties.items():
            self._duty(("duties", name), name, duty)
        for n, line in enumerate(p.transitions):
            self._transition(("transitions", n), line)
        self._shadows()
        self._completions()
        self._reach()

    def _capacity(self, path: Path, capacity: Any) -> None:
        if (capacity.one is None) == (capacity.many is None):
            self.add(path, "E231", N_("a capacity holds `one` or `many`"))
        if capacity.one not in (None, ANY):
            self.known((*path, "one"), "agency", [capacity.one], self.shape.agencies)
        if capacity.many not in (None, ANY, SIGNATORIES):
            self.add((*path, "many"), "E232", N_("many are `any` or `signatories`"))
        self.known((*path, "recorded_by"), "capacity", capacity.recorded_by, self.process.capacities)
        if capacity.except_:
            self.known((*path, "except"), "capacity", [capacity.except_], self.process.capacities)
        if capacity.default:
            field, _, column = capacity.default.partition(".")
            spec = self.process.fields.get(field)
            if spec is None or spec.choice is None:
                self.known(
                    (*path, "default"),
                    "choice field",
                    [field],
                    [n for n, f in self.process.fields.items() if f.choice],
                )
                return
            for value, columns in self.shape.choices.get(spec.choice, {}).items():
                if column not in columns:
                    self.marks.add(
                        ("choices", spec.choice, value),
                        "E233",
                        N_("column `{column}` is missing"),
                        {"column": column},
                    )
                else:
                    _known(
                        self.marks,
                        ("choices", spec.choice, value, column),
                        "agency",
                        str(columns[column]),
                        self.shape.agencies,
                    )

    def _field(self, path: Path, field: FieldShape, column: bool = False) -> None:
        kinds = [kind for kind in FIELD_TYPES if getattr(field, kind) is not None]
        if len(kinds) != 1:
            self.add(path, "E234", N_("a field has exactly one type"))
            return
        if field.choice:
            self.known((*path, "choice"), "choice", [field.choice], self.shape.choices)
        if column and (field.rows or field.per or field.required):
            self.add(path, "E235", N_("a column has a type and no more"))
        if field.rows is not None:
            for name, spec in field.rows.items():
                self._field((*path, "rows", name), spec, column=True)

    # ---- duties ---------------------------------------------------------------------------------

    def _duty(self, path: Path, name: str, duty: DutyShape) -> None:
        p = self.process
        rows = self._owed_by(path, duty)
        if sum(x is not None for x in (duty.within, duty.by, duty.before)) != 1:
            self.add(path, "E240", N_("a duty has one of `within`, `by` and `before`"))
        if (duty.ladder is None) == (duty.on_overdue is None):
            self.add(
                path,
                "E241",
                N_("a duty has one of `ladder` and `on_overdue` (`ladder: none` for no reminder)"),
            )
        if duty.ladder not in (None, "none"):
            self.known((*path, "ladder"), "ladder", [duty.ladder], self.shape.ladders)
            self._rungs(path, duty.ladder)
        if duty.on_overdue:
            self._fired((*path, "on_overdue"), duty.on_overdue)
        if duty.before is not None and duty.before.shift is not None:
            self.add((*path, "before"), "E242", N_("only `by` may be shifted"))
        for key, ref in (("by", duty.by), ("before", duty.before)):
            if ref is not None:
                self._date((*path, key), ref, rows)
        for n, take in enumerate(duty.within or []):
            self._terms((*path, "within", n), take.when or (), rows)
        if duty.within and duty.within[-1].when:
            self.add((*path, "within"), "E243", N_("the last line of `within` has no condition"))
        self._terms((*path, "when"), duty.when or (), rows)
        self.known((*path, "opens_on"), "trigger", duty.opens_on, self.triggers)
        self.known((*path, "lasts_until"), "state", duty.lasts_until, p.states)
        self.known((*path, "answers"), "trigger", duty.answers, self.triggers)
        for answer in duty.answers:
            lines = [t for t in p.transitions if t.trigger == answer]
            if lines and not any(name in t.discharges for t in lines):
                self.add((*path, "answers"), "E244", N_("`{trigger}` does not discharge this duty"), trigger=answer)
        for key, rule in (("extend", duty.extend), ("waive", duty.waive)):
            if rule is not None:
                self.known((*path, key), "capacity", rule.by, p.capacities)
        opened = any(name in s.duties for s in p.states.values()) or duty.opens_on
        if not opened:
            self.add(path, "E245", N_("nothing ever opens this duty"))

    def _owed_by(self, path: Path, duty: DutyShape) -> FieldShape | None:
        p, owed = self.process, duty.owed_by
        for word in owed.each:
            field = p.fields.get(word)
            if field is not None and field.rows is not None and len(owed.each) == 1:
                if sum(c.agency is not None for c in field.rows.values()) != 1:
                    self.add(
                        (*path, "owed_by"),
                        "E246",
                        N_("the rows need exactly one column of type agency: who owes"),
                    )
                return field
        self.known(
            (*path, "owed_by"),
            "capacity",
            owed.each or ((owed.capacity,) if owed.capacity else ()),
            p.capacities,
        )
        if owed.capacity in p.capacities and p.capacities[owed.capacity].many:
            self.add(
                (*path, "owed_by"),
                "E247",
                N_("`{name}` may be many: write `each {name}`"),
                name=owed.capacity,
            )
        if owed.nobody and not duty.on_overdue:
            self.add(path, "E248", N_("a duty owed by nobody is a timer: it needs `on_overdue`"))
        return None

    def _rungs(self, path: Path, ladder: str | None) -> None:
        if ladder not in self.shape.ladders:
            return
        bodies = {DEBTOR, *self.process.capacities, *self.shape.agencies}
        for n, rung in enumerate(self.shape.ladders[ladder].rungs):
            for who in rung.tell:
                body, _, post = who.partition(".")
                if post not in ("", "leader", "focal_point"):
                    self.marks.add(
                        ("ladders", ladder, "rungs", n),
                        "E249",
                        N_("`{who}`: the post is leader or focal_point"),
                        {"who": who},
                    )
                _known(self.marks, ("ladders", ladder, "rungs", n), "debtor, capacity or agency", body, bodies)
            if rung.fires:
                self._fired((*path, "ladder"), rung.fires)

    def _fired(self, path: Path, trigger: str) -> None:
        """What a ladder fires is done by the system and needs nothing."""
        self.known(path, "trigger", [trigger], self.triggers)
        lines = [t for t in self.process.transitions if t.trigger == trigger and SYSTEM in t.by]
        if trigger in self.triggers and not lines:
            self.add(path, "E250", N_("`{trigger}` is not done by the system"), trigger=trigger)
        if any(t.inputs for t in lines):
            self.add(path, "E251", N_("`{trigger}` needs inputs, which the system does not have"), trigger=trigger)

    def _date(self, path: Path, ref: DateRef, rows: FieldShape | None) -> None:
        """A date is a column of the row, or a required field of the case."""
        kind: Callable[[FieldShape], bool] = (
            (lambda f: f.year is not None) if ref.month else (lambda f: f.date is not None)
        )
        columns = rows.rows if ref.row and rows is not None and rows.rows else {}
        fields = columns if ref.row else self.process.fields
        self.known(path, "date field", [ref.field], [n for n, f in fields.items() if kind(f)])
        field = self.process.fields.get(ref.field)
        if not ref.row and field is not None and not field.required:
            self.add(
                path,
                "E252",
                N_("`{field}` is not required, so it may be missing when this falls due"),
                field=ref.field,
            )

    def _terms(self, path: Path, terms: tuple[Term, ...], rows: FieldShape | None) -> None:
        fields = {**self.process.fields, **((rows.rows or {}) if rows else {})}
        for term in terms:
            if not _known(self.marks, (*self.here, *path), "field", term.name, fields):
                continue
            field = fields[term.name]
            if term.values and field.choice:
                self.known(path, "choice", term.values, self.shape.choices.get(field.choice, {}))
            elif bool(term.values) == (field.flag is not None):
                self.add(
                    path,
                    "E253",
                    N_("`{field}`: a flag stands alone, another field is compared"),
                    field=term.name,
                )

    # ---- transitions ----------------------------------------------------------------------------

    def _transition(self, path: Path, line: TransitionShape) -> None:
        p = self.process
        opening = line.from_ is None
        if opening != (line.trigger == OPEN):
            self.add(path, "E260", N_("`open`, and only `open`, has no `from`"))
        if line.from_ and line.from_ != [ANY]:
            self.known((*path, "from"), "state", line.from_, p.states)
            for state in line.from_:
                if state in p.states and p.states[state].final:
                    self.add((*path, "from"), "E261", N_("`{state}` is final: nothing leaves it"), state=state)
        if line.to is not None:
            self._to(path, line)
        self.known((*path, "by"), "capacity", line.by, {DEBTOR, SYSTEM, *p.capacities})
        if DEBTOR in line.by and not line.discharges:
            self.add((*path, "by"), "E262", N_("`debtor` needs `discharges`: whoever owes one of them"))
        carried = {*p.fields, *p.capacities}
        self.known((*path, "inputs"), "field or capacity", line.inputs, {*carried, *CARRIED})
        self.known((*path, "takes"), "field or capacity", line.takes, {*carried, *CARRIED})
        for name in {*line.inputs, *line.takes} & {*p.capacities}:
            if p.capacities[name].one not in (None, ANY):
                self.add(path, "E263", N_("`{name}` is fixed and cannot be named"), name=name)
        for name, capacity in line.includes.items():
            self.known((*path, "includes"), "capacity", [name, capacity], p.capacities)
        for key in ("settled", "lapses", "after"):
            self.known((*path, key), "duty", getattr(line, key), p.duties)
        self.known((*path, "discharges"), "duty", [d.removeprefix("all ") for d in line.discharges], p.duties)
        self._terms((*path, "when"), line.when or (), None)
        if line.after and line.by != [SYSTEM]:
            self.add(path, "E264", N_("a completion (`after`) is done by the system alone"))
        if line.by == [SYSTEM] and line.inputs and not opening:  # an opening is given what `openings` says
            self.add(
                path,
                "E251",
                N_("`{trigger}` needs inputs, which the system does not have"),
                trigger=line.trigger,
            )

    def _to(self, path: Path, line: TransitionShape) -> None:
        p = self.process
        sources = [s for s in self._sources(line) if s in p.states]
        if line.from_ is None:
            self.add((*path, "to"), "E265", N_("an opening leads to `initial`"))
        elif line.to == BACK:
            if not all(p.states[s].suspends for s in sources):
                self.add((*path, "to"), "E266", N_("`back` leads out of states that suspend"))
        else:
            self.known((*path, "to"), "state", [line.to or ""], p.states)
            into = p.states.get(line.to or "")
            if into is not None and into.suspends and any(p.states[s].suspends for s in sources):
                self.add((*path, "to"), "E267", N_("a suspending state does not lead into another"))

    def _sources(self, line: TransitionShape) -> list[str]:
        if line.from_ == [ANY]:
            return [name for name, state in self.process.states.items() if not state.final]
        return line.from_ or []

    def _shadows(self) -> None:
        """A line that can never win: an earlier one takes every act it could, without condition."""
        lines = self.process.transitions
        for n, line in enumerate(lines):
            for earlier in lines[:n]:
                if earlier.trigger != line.trigger:
                    continue
                free = not (earlier.when or earlier.settled or earlier.times or earlier.discharges)
                covers = set(self._sources(line)) <= set(self._sources(earlier)) and set(line.by) <= set(earlier.by)
                if free and covers and (line.from_ is None) == (earlier.from_ is None):
                    self.add(
                        ("transitions", n),
                        "E268",
                        N_("this line can never win: an earlier one of `{trigger}` always does"),
                        trigger=line.trigger,
                    )
                    break

    def _completions(self) -> None:
        """Automatic steps may not lead in a circle."""
        edges = {
            (s, line.to) for line in self.process.transitions if line.after and line.to for s in self._sources(line)
        }
        for n, line in enumerate(self.process.transitions):
            if line.after and line.to and any(_leads(line.to, s, edges) for s in self._sources(line)):
                self.add(
                    ("transitions", n),
                    "E269",
                    N_("automatic steps lead in a circle through `{state}`"),
                    state=line.to,
                )

    def _reach(self) -> None:
        p = self.process
        edges = {(s, line.to) for line in p.transitions if line.to and line.to != BACK for s in self._sources(line)}
        backs = {s for line in p.transitions if line.to == BACK for s in self._sources(line)}
        for name, state in p.states.items():
            if name != p.initial and not _leads(p.initial, name, edges):
                self.add(("states", name), "E270", N_("nothing leads to this state"))
            if not state.final and name not in backs and not any(s == name and t != name for s, t in edges):
                self.add(("states", name), "E271", N_("no way out of this state, and it is not final"))
        if p.initial in p.states and not any(line.from_ is None for line in p.transitions):
            self.add(("transitions",), "E272", N_("nothing opens a case: an `open` without `from` is missing"))


def _leads(start: str, goal: str, edges: Collection[tuple[str, str]]) -> bool:
    """Whether `goal` can be reached from `start` along `edges` (zero steps included)."""
    seen, ahead = {start}, [start]
    while ahead:
        here = ahead.pop()
        if here == goal:
            return True
        ahead += [t for s, t in edges if s == here and t not in seen]
        seen |= {t for s, t in edges if s == here}
    return False
