"""Who may act at all: agencies that exist on the day of the act, and whoever may record it for them.

    must_exist(office, case, command, now)       refuses an act of an agency that has ended, or is yet to come
    must_record(office, case, command, now)      refuses what one agency records for another without leave
    gone(office, process, command, at)           why agencies that were named may not be

What an agency began before it ended is its successor's to go on with; nothing new is put on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from states.case import Case
from states.commands import Act, Advance, Command, Office, Open
from states.errors import N_, Reason, Refused
from states.guards import may_hold
from states.ruleset import ANY, DEBTOR, OPEN, Field, Process


def must_exist(office: Office, case: Case | None, command: Act, now: datetime) -> None:
    """Raises `Refused` where the agency whose act this is did not exist when it happened."""
    if command.by is None or (reason := missing(office, command.by, command.on or now)) is None:
        return
    raise Refused(case.case if case else "", verb(command), (reason,))


def must_record(office: Office, case: Case | None, command: Act, now: datetime) -> None:
    """Raises `Refused` where another agency types this act and the rules do not say that it may record it.

    The rules say so per capacity (`recorded_by`). The document that carries the act is required then.
    """
    if command.recorded_by is None or command.by is None:
        return
    name = case.process if case is not None else command.process if isinstance(command, Open) else ""
    process = office.ruleset.processes[name]
    asked = _in_question(office, process, case, command, now)
    capacities = dict.fromkeys(r for capacity in asked for r in process.capacities[capacity].recorded_by)
    reasons = []
    if not any(_records(office, process, case, capacity, command.recorded_by, now) for capacity in capacities):
        text = N_("{recorder} may not record this for {agency}; those who may: {capacities}")
        if not capacities:
            text = N_("{recorder} may not record this for {agency}: only that agency itself does it")
        values = {"recorder": command.recorded_by, "agency": command.by, "capacities": list(capacities)}
        reasons.append(Reason(code="not_recorder", text=text, values=values))
    elif command.document is None:
        reasons.append(
            Reason(
                code="document_required",
                text=N_("what is recorded for another agency needs its document: number and date"),
            )
        )
    if reasons:
        raise Refused(case.case if case is not None else "", verb(command), tuple(reasons))


def _in_question(office: Office, process: Process, case: Case | None, command: Act, now: datetime) -> list[str]:
    """The capacities in which the act is done; those of the whole process for who owes without holding any."""
    by, at = command.by or "", command.on or now
    if case is None:
        lines = [line for line in process.opening if line.trigger == OPEN]
        named = dict.fromkeys(name for line in lines for name in line.by if name in process.capacities)
        return [name for name in named if may_hold(process.capacities[name], by, office, at)]
    ours = office.ours(by, at)
    held = [name for name, agencies in case.parties.items() if any(code in ours for code in agencies)]
    if isinstance(command, Advance):
        wanted: set[str] = set()
        for line in process.transitions:
            if line.trigger == command.trigger and case.state in line.sources:
                wanted |= set(line.by)
                if DEBTOR in line.by:
                    wanted |= {c for duty in line.discharges for c in process.duties[duty].owed_by.capacities}
        held = [name for name in held if name in wanted] or held
    return held or list(process.capacities)


def _records(office: Office, process: Process, case: Case | None, capacity: str, recorder: str, now: datetime) -> bool:
    """Whether `recorder` holds `capacity`; in a case yet to be opened, whether the rules fix it there."""
    if case is None:
        rule = process.capacities[capacity]
        return rule.holds != ANY and may_hold(rule, recorder, office, now)
    ours = office.ours(recorder, now)
    return any(code in ours for code in case.parties.get(capacity, ()))


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


def verb(command: Command | Act) -> str:
    """What a refusal calls a command: its trigger, or the command's own name."""
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
