"""Commands ready to paste: what an agency types next, with places for what only it knows.

    command_line(names, case, option, agency)   phoihop advance VV-2022-0001 thong-bao --as btg --with ...
    argument(names, "document")                 --document NUMBER:DATE

What is typed (triggers, capacities, fields) is written by its alias in Vietnamese, by its name in English.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from states.case import Case
from states.errors import Reason
from states.options import Option
from states.ruleset import Field
from workflow.render.language import _, current
from workflow.render.words import Names, label
from workflow.text import slug

MOST_CHOICES = 6
MISSING = ("document_required", "reason_required", "party_required", "field_required")


def command_line(names: Names, case: Case, option: Option, agency: str, extra: Sequence[str] = ()) -> str:
    """The `advance` of one option; `extra` are options to repeat, like --db."""
    words = ["phoihop", "advance", case.case, typed_trigger(names, option.trigger), "--as", agency]
    if option.duty:
        words += ["--duty", option.duty]
    said = [shlex.join([*words, *extra]), *(argument(names, name) for name in option.inputs)]
    return " ".join(said)


def typed_trigger(names: Names, trigger: str) -> str:
    """A trigger as one types it in the language in use."""
    lines = names.process.transitions if names.process else ()
    alias = next((line.alias for line in lines if line.trigger == trigger and line.alias), "")
    return alias if alias and current() == "vi" else trigger


def argument(names: Names, name: str) -> str:
    """How the input `name` is given: a field, a capacity, `document` or `reason`."""
    if name == "document":
        return "--document " + _("NUMBER:DATE")
    if name == "reason":
        return '--reason "' + _("WHY") + '"'
    process = names.process
    if process is None:
        return f"--set {name}=" + _("VALUE")
    if name in process.fields:
        return _field(names, name, process.fields[name])
    capacity = process.capacities[name]
    typed = capacity.alias if capacity.alias and current() == "vi" else name
    return f"--with {typed}=" + _("AGENCY")


def arguments(names: Names, reasons: Sequence[Reason]) -> str:
    """What to add to a command that was refused because something was missing; else nothing."""
    wanted = []
    for reason in reasons:
        name = {"document_required": "document", "reason_required": "reason"}.get(reason.code)
        name = name or reason.values.get("capacity") or str(reason.values.get("field", ""))
        if reason.code not in MISSING or "." in name:
            return ""
        wanted.append(argument(names, name))
    return " ".join(wanted)


def _field(names: Names, name: str, field: Field) -> str:
    typed = _typed(field, name).replace("_", "-")
    match field.type:
        case "flag":
            return f"--{typed}"
        case "choice":
            return f'--{typed} "{_choices(names, field)}"'
        case "date":
            return f"--{typed} " + _("DATE")
        case "instant":
            return f'--{typed} "' + _("DATE TIME") + '"'
        case "year":
            return f"--{typed} " + _("YEAR")
        case "agency" | "agencies":
            return f"--{typed} " + _("AGENCY")
        case "rows":
            cells = "; ".join(f"{_typed(spec, column)}={_cell(names, spec)}" for column, spec in field.columns.items())
            return f'--row {typed} "{cells}"'
        case _:
            return f'--{typed} "' + _("TEXT") + '"'


def _typed(field: Field, name: str) -> str:
    """A field or a column as one types it; a column has no alias, but its label is understood."""
    if current() != "vi":
        return name
    return field.alias or slug(label(field.label, name))


def _choices(names: Names, field: Field) -> str:
    """The values to choose from; of many, the first few."""
    known = names.ruleset.choices.get(field.choice or "", {})
    codes = [slug(label(choice.label, code)) if current() == "vi" else code for code, choice in known.items()]
    return "|".join(codes if len(codes) <= MOST_CHOICES else [*codes[: MOST_CHOICES - 1], "..."])


def _cell(names: Names, column: Field) -> str:
    match column.type:
        case "choice":
            return _choices(names, column)
        case "agency":
            return _("AGENCY")
        case "date":
            return _("DATE")
        case _:
            return _("TEXT")
