"""Whether who acts, and who is named, exists on the day of the act.

    must_exist(office, case, command, now)       refuses an act of an agency that has ended, or is yet to come
    gone(office, process, command, at)           why agencies that were named may not be

What an agency began before it ended is its successor's to go on with; nothing new is put on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from states.case import Case
from states.commands import Act, Advance, Office, Open
from states.errors import N_, Reason, Refused
from states.ruleset import Field, Process


def must_exist(office: Office, case: Case | None, command: Act, now: datetime) -> None:
    """Raises `Refused` where the agency whose act this is did not exist when it happened."""
    if command.by is None or (reason := missing(office, command.by, command.on or now)) is None:
        return
    raise Refused(case.case if case else "", verb(command), (reason,))


def gone(office: Office, process: Process, command: Open | Advance, at: datetime) -> tuple[Reason, ...]:
    """Why agencies named by `command`, into capacities or in fields, may not be named at `at`."""
    codes = [code for named in command.parties.values() for code in named]
    for name, value in command.fields.items():
        if name in process.fields:
            codes += _named(process.fields[name], value)
    return tuple(reason for code in dict.fromkeys(codes) if (reason := missing(office, code, at)) is not None)


def missing(office: Office, code: str, at: datetime) -> Reason | None:
    """Why `code` cannot act or be named at `at`; None where it can, or where the register does not hold it."""
    found, answers = office.agencies.get(code), office.acting(code, at)
    if found is None or answers == code:
        return None
    if answers is not None:
        text, values = N_("{ended} has ended; {successor} acts in its place"), {"ended": code, "successor": answers}
        return Reason(code="agency_ended", text=text, values=values)
    if found.until is not None and found.until <= office.clock.local_date(at):
        text = N_("{ended} has ended, and no agency has taken its place")
        return Reason(code="agency_ended", text=text, values={"ended": code})
    return Reason(code="agency_to_come", text=N_("{ended} did not exist yet on that day"), values={"ended": code})


def verb(command: Act) -> str:
    """What a refusal calls an act: its trigger, or the command's own name."""
    return command.trigger if isinstance(command, Advance) else type(command).__name__.lower()


def _named(field: Field, value: Any) -> Iterator[str]:
    """The agencies that a value of `field` names, as far as it is what it should be."""
    match field.type, value:
        case "agency", str():
            yield value
        case "agencies", list():
            yield from (code for code in value if isinstance(code, str))
        case "rows", list():
            for row in value:
                for column, spec in field.columns.items():
                    yield from _named(spec, row.get(column) if isinstance(row, dict) else None)
