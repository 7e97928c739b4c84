"""What an act carries: whether it is all there, nothing more, and of the right type.

Checked after a line of the table is chosen. Values are as JSON has them (dates as `2022-05-04`, instants
as RFC 3339). Every fault is reported at once.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from states.case import Document
from states.commands import Advance, Office, Open
from states.errors import N_, Reason
from states.guards import may_hold
from states.ruleset import Field, Process, Transition

MOST_ROWS = 200


def faults(
    line: Transition,
    process: Process,
    office: Office,
    command: Open | Advance,
    parties: dict[str, tuple[str, ...]],
    at: datetime,
) -> tuple[Reason, ...]:
    """Every fault in what `command`, of the instant `at`, carries for `line`. `parties` are those of the case."""
    opening = isinstance(command, Open)
    required = {f.name for f in process.fields.values() if f.required} if opening else set()
    allowed = {*line.inputs, *line.takes, *required}
    given = {*command.fields, *command.parties}
    if command.document is not None:
        given.add("document")
    if (command.reason or "").strip():
        given.add("reason")
    reasons = [
        _missing(name, process) for name in (*line.inputs, *sorted(required - set(line.inputs))) if name not in given
    ]
    for name in sorted(given - allowed - {"document", "reason"}):
        known = name in process.fields or name in process.capacities
        text = N_("{field} is not recorded by this step") if known else N_("there is no field {field} in this process")
        reasons.append(Reason(code="not_taken" if known else "unknown_field", text=text, values={"field": name}))
    known_fields = {name: value for name, value in command.fields.items() if name in process.fields and name in allowed}
    reasons += value_faults(known_fields, process, office)
    for name, agencies in command.parties.items():
        if name in process.capacities and name in allowed:
            reasons += _party_faults(name, agencies, process, office, at)
    for name, capacity in line.includes.items():
        if not {office.acting(code, at) for code in parties.get(capacity, ())} & set(command.parties.get(name, ())):
            reasons.append(
                Reason(
                    code="not_included",
                    text=N_("{capacity} must be among: {field}"),
                    values={"capacity": capacity, "field": name},
                )
            )
    reasons += document_faults(command.document)
    return tuple(reasons)


def value_faults(fields: dict[str, Any], process: Process, office: Office) -> list[Reason]:
    """What is wrong with the values of `fields`, which the process declares."""
    return [fault for name, value in fields.items() for fault in _faults_of(value, process.fields[name], office, name)]


def document_faults(document: Document | None) -> list[Reason]:
    """What is wrong with a document, if there is one: its number, its dates."""
    if document is None:
        return []
    days = (document.dated, document.received)
    wrong = [] if document.number.strip() else [_missing("document", None)]
    return wrong + ([] if all(is_date(day) for day in days if day is not None) else [_wrong("document", "date")])


def _missing(name: str, process: Process | None) -> Reason:
    if name == "document":
        return Reason(code="document_required", text=N_("a document is required: its number and date"))
    if name == "reason":
        return Reason(code="reason_required", text=N_("a reason is required"))
    if process is not None and name in process.capacities:
        return Reason(code="party_required", text=N_("name the {capacity}"), values={"capacity": name})
    return Reason(code="field_required", text=N_("{field} is required"), values={"field": name})


def _party_faults(name: str, agencies: tuple[str, ...], process: Process, office: Office, at: datetime) -> list[Reason]:
    capacity = process.capacities[name]
    if not agencies or (len(agencies) > 1 and not capacity.many):
        return [Reason(code="one_agency", text=N_("name exactly one agency as {capacity}"), values={"capacity": name})]
    unknown = [a for a in agencies if a not in office.agencies]
    if unknown:
        return [_unknown(unknown)]
    misfits = [a for a in agencies if not may_hold(capacity, a, office, at)]
    if misfits:
        return [
            Reason(
                code="not_eligible",
                text=N_("cannot be {capacity}: {agencies}"),
                values={"capacity": name, "agencies": misfits},
            )
        ]
    return []


def _unknown(agencies: list[str]) -> Reason:
    return Reason(code="unknown_agency", text=N_("no such agency: {names}"), values={"names": agencies})


def _wrong(name: str, kind: str) -> Reason:
    return Reason(code="wrong_type", text=N_("{field} must be: {kind}"), values={"field": name, "kind": kind})


def _faults_of(value: Any, field: Field, office: Office, name: str) -> list[Reason]:
    """What is wrong with one value of `field`, told of under `name` (`measures.by` for a column)."""
    if field.type == "rows":
        return _row_faults(value, field, office, name)
    if field.type == "agency" and value not in office.agencies:
        return [_unknown([str(value)])]
    if field.type == "agencies":
        if not isinstance(value, list):
            return [_wrong(name, field.type)]
        unknown = [str(a) for a in value if a not in office.agencies]
        return [_unknown(unknown)] if unknown else []
    if field.type == "text" and isinstance(value, str) and len(value) > field.most:
        return [
            Reason(
                code="too_long",
                text=N_("{field} is longer than {most} characters"),
                values={"field": name, "most": field.most},
            )
        ]
    if field.type == "choice":
        choices = office.ruleset.choices[field.choice or ""]
        if value not in choices:
            return [
                Reason(
                    code="not_a_choice",
                    text=N_("{field} must be one of: {choices}"),
                    values={"field": name, "choices": list(choices)},
                )
            ]
        return []
    return [] if _fits(field.type, value) else [_wrong(name, field.type)]


def _fits(kind: str, value: Any) -> bool:
    match kind:
        case "flag":
            return isinstance(value, bool)
        case "text":
            return isinstance(value, str) and bool(value.strip())
        case "date":
            return is_date(value)
        case "instant":
            return _is_instant(value)
        case "year":
            return isinstance(value, int) and not isinstance(value, bool) and 1900 <= value <= 2200
        case _:
            return True


def _row_faults(rows: Any, field: Field, office: Office, name: str) -> list[Reason]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows) or len(rows) > MOST_ROWS:
        return [_wrong(name, "rows")]
    reasons: list[Reason] = []
    for row in rows:
        for column, spec in field.columns.items():
            if column not in row:
                reasons.append(
                    Reason(
                        code="field_required",
                        text=N_("{field} is required"),
                        values={"field": f"{name}.{column}"},
                    )
                )
            else:
                reasons += _faults_of(row[column], spec, office, f"{name}.{column}")
        for column in sorted(set(row) - set(field.columns)):
            reasons.append(
                Reason(
                    code="unknown_field",
                    text=N_("there is no field {field} in this process"),
                    values={"field": f"{name}.{column}"},
                )
            )
    return reasons


def is_date(value: Any) -> bool:
    """Whether `value` is a day in the form in which days are kept: `2022-05-04`."""
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_instant(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
