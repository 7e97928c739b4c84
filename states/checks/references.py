"""Whether a rules file means something: every name exists and every line can happen.

Works on the shape, so that each problem stands at its own line and column. Finds everything at once.
Codes: E20x names, E21x the file, E22x ladders, E23x states, capacities and fields, E24x-E25x duties;
E26x-E27x are in `lines` (transitions and the ways between states), E3xx in `labels`, E40x in
`trials`. The deeper proofs (can every case still be ended, by whom) are not made here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from states.checks.duties import check_duties, field_type
from states.checks.labels import check_labels
from states.checks.lines import check_lines
from states.checks.names import CARRIED, Names
from states.checks.private import check_private
from states.checks.trials import check_trials
from states.errors import N_
from states.grammar import Unreadable, set_to
from states.marks import Marks, Path
from states.ruleset import ANY, BACK, DEBTOR, FIELD_TYPES, RESERVED_AGENCIES, RESUME, SIGNATORIES, SYSTEM
from states.salvage import Lost
from states.shape import CapacityShape, FieldShape, OpeningShape, ProcessShape, RulesFile, RungShape

RESERVED = {
    "capacities": {DEBTOR, SYSTEM, ANY, SIGNATORIES, "nobody", *CARRIED},
    "fields": {*CARRIED},
    "states": {ANY, BACK},
    "duties": {RESUME},
}
_TAKEN = N_("`{name}` has a meaning of its own in the rules: choose another name")
_DAY = {"year": r"(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])", "month": r"0[1-9]|1[0-9]|2[0-8]"}


def check(shape: RulesFile, marks: Marks, lost: Lost) -> None:
    """Add a problem to `marks` for everything in `shape` that cannot be meant, as far as it was not `lost`."""
    names = Names(marks, lost)
    check_labels(shape, marks, lost)
    check_private(shape, names)
    _agencies_and_choices(shape, names)
    used = {duty.ladder for process in shape.processes.values() for duty in process.duties.values()}
    bodies = {DEBTOR, *shape.agencies, *(name for process in shape.processes.values() for name in process.capacities)}
    for name, ladder in shape.ladders.items():
        here = names.below("ladders", name, "rungs")
        _ladder(here, ladder.rungs)
        for n, m, body, _ in _told(ladder.rungs):
            if name not in used:  # otherwise the processes that use it have to know them
                here.known((n, "tell", m), "body", body, bodies)
    prefixes: dict[str, str] = {}
    for name, process in shape.processes.items():
        here = names.below("processes", name)
        if process.prefix in prefixes:
            here.add(("prefix",), "E210", N_("prefix {prefix} is taken by {process}"),
                     prefix=process.prefix, process=prefixes[process.prefix])  # fmt: skip
        prefixes.setdefault(process.prefix, name)
        _process(shape, process, here)
        check_duties(shape, process, here)
        check_lines(shape, process, here)
    periods: set[tuple[str, str]] = set()
    for n, opening in enumerate(shape.openings):
        here = names.below("openings", n)
        _opening(shape, opening, here)
        if (opening.process, opening.every) in periods:  # a period is opened once
            here.add((), "E218", N_("process {process} is opened every {every} already"),
                     process=opening.process, every=opening.every)  # fmt: skip
        periods.add((opening.process, opening.every))
    check_trials(shape, names)


def _agencies_and_choices(shape: RulesFile, names: Names) -> None:
    for code, agency in shape.agencies.items():
        if agency.parent:
            names.known(("agencies", code, "parent"), "agency", agency.parent, shape.agencies)
        if code in RESERVED_AGENCIES:
            names.add(("agencies", code), "E213", _TAKEN, name=code)
    for name, values in shape.choices.items():
        for value, columns in values.items():
            for column, text in columns.items():
                if column != "label" and not isinstance(text, str):
                    names.add(("choices", name, value, column), "E211", N_("a column holds one word"))


def _ladder(names: Names, rungs: list[RungShape]) -> None:
    """Warnings first, then rungs each with time for the next; only the last repeats or fires."""
    climbed = False
    for n, rung in enumerate(rungs):
        last = n == len(rungs) - 1
        if not rung.tell:
            names.add((n,), "E220", N_("this rung tells nobody"))
        if rung.warn and climbed:
            names.add((n, "warn"), "E221", N_("a warning stands before the rungs that follow the deadline"))
        if rung.warn and (rung.allow or rung.every or rung.fires):
            names.add((n,), "E222", N_("a warning (`warn`) only tells: it has no `allow`, `every`, `times` or `fires`"))
        climbed = climbed or not rung.warn
        if not last and (rung.every or rung.times or rung.fires):
            names.add((n,), "E223", N_("only the last rung repeats or fires"))
        if not last and not rung.warn and not rung.allow:
            names.add((n,), "E224", N_("a rung before the last says how long is allowed until the next"))
        if bool(rung.every) != bool(rung.times):
            names.add((n,), "E225", N_("`every` and `times` go together: repetition is bounded"))
    for n, m, body, post in _told(rungs):
        if post not in ("", ".leader", ".focal_point"):
            text = N_("`{who}`: the post is leader or focal_point")
            names.add((n, "tell", m), "E227", text, who=(body + post)[:80])
    if not climbed:
        names.add((), "E226", N_("this ladder has only warnings: a rung must stand at the deadline"))


def _told(rungs: list[RungShape]) -> Iterator[tuple[int, int, str, str]]:
    """Each entry of each `tell`: the rung, the place in it, the body, and `.post` or nothing."""
    for n, rung in enumerate(rungs):
        for m, who in enumerate(rung.tell):
            body, dot, post = who.partition(".")
            yield n, m, body, dot + post


def _process(shape: RulesFile, p: ProcessShape, names: Names) -> None:
    names.known(("initial",), "state", p.initial, p.states)
    if p.suspend:
        names.all_known(("suspend", "by"), "capacity", p.suspend.by, p.capacities)
    if p.mend:
        names.all_known(("mend", "by"), "capacity", p.mend.by, p.capacities)
    if p.renamed:
        for kind, section, known in (
            ("state", "states", p.states), ("duty", "duties", p.duties), ("field", "fields", p.fields),
            ("trigger", "triggers", {line.trigger for line in p.transitions}),
        ):  # fmt: skip
            for old, new in getattr(p.renamed, section).items():
                names.known(("renamed", section, old), kind, new, known)
                if old in known:
                    text = N_("`{name}` is still there: only what is gone was renamed")
                    names.add(("renamed", section, old), "E219", text, name=old)
    for name in p.fields:
        if name in p.capacities:
            names.add(("fields", name), "E212", N_("`{name}` is a capacity too"), name=name)
    sections = (("capacities", p.capacities), ("fields", p.fields), ("states", p.states), ("duties", p.duties))
    for section, items in sections:
        for name in items:
            if name in RESERVED[section]:
                names.add((section, name), "E213", _TAKEN, name=name)
    filled = _filled(p)
    for name, capacity in p.capacities.items():
        _capacity(shape, p, names.below("capacities", name), capacity)
        if name not in filled and capacity.many in (None, ANY, SIGNATORIES):  # else it was told what `many` may be
            text = N_("nobody could ever be `{name}`: let an opening or a line name it, or give it a default")
            names.add(("capacities", name), "E236", text, name=name)
    for name, field in p.fields.items():
        _field(shape, names.below("fields", name), field)
    for name, state in p.states.items():
        names.all_known(("states", name, "duties"), "duty", state.duties, p.duties)
        if state.final and (state.duties or state.suspends or state.may_wait):
            names.add(
                ("states", name),
                "E230",
                N_("a final state has no duties, suspends nothing and does not wait: the case is over"),
            )


def _filled(p: ProcessShape) -> set[str]:
    """The capacities somebody may come to hold: fixed, of who opens, named by a line, or by default."""
    openings = [line for line in p.transitions if line.from_ is None]
    given = {name for name, field in p.fields.items() if field.required}
    given |= {name for line in openings for name in (*line.inputs, *line.takes)}
    filled = {name for line in openings for name in line.by}
    filled |= {name for line in p.transitions for name in (*line.inputs, *line.takes)}
    for name, capacity in p.capacities.items():
        fixed = capacity.one not in (None, ANY) or capacity.many == SIGNATORIES
        field = (capacity.default or "").partition(".")[0]
        if fixed or (capacity.default and (field in given or field not in p.fields)):
            filled.add(name)
    return filled


def _capacity(shape: RulesFile, p: ProcessShape, names: Names, capacity: CapacityShape) -> None:
    if (capacity.one is None) == (capacity.many is None):
        names.add((), "E231", N_("a capacity holds `one` or `many`"))
    if capacity.one not in (None, ANY):
        names.known(("one",), "agency", capacity.one or "", shape.agencies)
    if capacity.many not in (None, ANY, SIGNATORIES):
        names.add(("many",), "E232", N_("many are `any` or `signatories`"))
    names.all_known(("recorded_by",), "capacity", capacity.recorded_by, p.capacities)
    if capacity.except_:
        names.known(("except",), "capacity", capacity.except_, p.capacities)
    if capacity.default:
        _default(shape, p, names, capacity.default)


def _default(shape: RulesFile, p: ProcessShape, names: Names, default: str) -> None:
    """`area.owner`: a choice field, each value of which has an agency in that column."""
    field, _, column = default.partition(".")
    choices = {n: f.choice for n, f in p.fields.items() if f.choice}
    if not names.known(("default",), "choice field", field, choices):
        return
    top = Names(names.marks, names.lost)
    for value, columns in shape.choices.get(choices[field], {}).items():
        here = ("choices", choices[field], value)
        if column not in columns:
            top.add((*here, column), "E233", N_("column `{column}` is missing"), column=column)
        elif isinstance(columns[column], str):
            top.known((*here, column), "agency", columns[column], shape.agencies)


def _field(shape: RulesFile, names: Names, field: FieldShape, column: bool = False) -> None:
    if field_type(field) is None:
        types = ", ".join(FIELD_TYPES)
        names.add((), "E234", N_("a field has exactly one type: {types}"), types=types)
        return
    if field.choice:
        names.known(("choice",), "choice", field.choice, shape.choices)
    if column and (field.rows or field.per or field.required):
        names.add((), "E235", N_("a column has a type and no more"))
    for name, spec in (field.rows or {}).items():
        _field(shape, names.below("rows", name), spec, column=True)


def _opening(shape: RulesFile, opening: OpeningShape, names: Names) -> None:
    if not re.fullmatch(_DAY[opening.every], opening.open_at):
        text = N_("not a day of every {every}: {value} (write 11-15 for a year, 05 for a month, up to the 28th)")
        names.add(("open_at",), "E214", text, every=opening.every, value=opening.open_at[:80])
    if not names.known(("process",), "process", opening.process, shape.processes):
        return
    process = shape.processes[opening.process]
    for name, text in opening.set.items():
        if names.known(("set", name), "field", name, process.fields, key=True):
            _set_to(shape, process.fields[name], text, names, ("set", name))
    for name, agency in opening.with_.items():
        if names.known(("with", name), "capacity", name, process.capacities, key=True):
            names.known(("with", name), "agency", agency, shape.agencies)
    if {*opening.set} <= {*process.fields} and {*opening.with_} <= {*process.capacities}:
        _opens(opening, process, names)


def _set_to(shape: RulesFile, field: FieldShape, text: str, names: Names, path: Path) -> None:
    """What an opening sets is of the field's type."""
    kind = field_type(field)
    if kind is None:  # told already
        return
    try:
        set_to(text, kind)
    except Unreadable as unreadable:
        names.add(path, "E215", unreadable.text, value=unreadable.value)
        return
    if kind == "choice":
        names.known(path, "value", text, shape.choices.get(field.choice or "", {text}))
    elif kind == "agency":
        names.known(path, "agency", text, shape.agencies)


def _opens(opening: OpeningShape, process: ProcessShape, names: Names) -> None:
    """A line lets the system open the process with what this opening gives, and with nothing else."""
    given, required = {*opening.set, *opening.with_}, {n for n, field in process.fields.items() if field.required}
    openings = [line for line in process.transitions if line.from_ is None]
    lines = [line for line in openings if SYSTEM in line.by]
    known = {*process.fields, *process.capacities, *CARRIED}
    if not openings or any(name not in known for line in lines for name in (*line.inputs, *line.takes)):
        return  # told already
    if not lines:
        names.add(("process",), "E216", N_("no `open` of this process is done by the system"))
    elif not any(required | {*line.inputs} <= given <= required | {*line.inputs, *line.takes} for line in lines):
        line = lines[0]
        if lacking := sorted((required | {*line.inputs}) - given):
            text, wrong = N_("a case needs more than this opening gives (`set`, `with`): {names}"), lacking
        else:
            text = N_("this opening gives what the `open` line of the system does not take: {names}")
            wrong = sorted(given - required - {*line.inputs, *line.takes})
        names.add((), "E217", text, names=", ".join(wrong))
