"""Opening a case: the title, the first fields and parties, the duties of the state it begins in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from states.case import Case, Event
from states.commands import Office, Open
from states.dates import happened
from states.draft import Draft
from states.errors import N_, Reason, Refused
from states.evolve import evolve
from states.guards import Attempt, chosen
from states.inputs import faults
from states.moves import open_on_trigger, open_state_duties
from states.ruleset import ANY, OPEN, SIGNATORIES, Capacity, Process, Transition
from states.standing import gone

TITLE_LENGTH = 300


def open_case(office: Office, command: Open, now: datetime) -> tuple[list[Event], Case]:
    process = office.ruleset.processes[command.process]
    on = happened(office, None, command, now)
    title = command.title.strip()
    unborn = Case(
        case=command.case,
        process=process.name,
        title=title,
        state=process.initial,
        version=0,
        edition=office.edition,
        opened_at=now,
        opened_on=on,
        entered_at=now,
        entered_version=1,
        fields=dict(command.fields),  # given fields are set before the rule is chosen
    )
    if not title or len(title) > TITLE_LENGTH:
        raise Refused(
            command.case,
            OPEN,
            (Reason(code="title", text=N_("a title has 1 to {most} characters"), values={"most": TITLE_LENGTH}),),
        )
    line = chosen(Attempt(office, process, unborn, OPEN, command.by, at=on))
    if wrong := (*faults(line, process, office, command, {}, on), *gone(office, process, command, on)):
        raise Refused(command.case, OPEN, wrong)
    draft = Draft(office, msgspec.structs.replace(unborn, fields={}), now, command.by, OPEN, on)
    draft.fields = dict(command.fields)
    draft.parties = _first_parties(office, process, line, command, on)
    open_state_duties(draft)
    open_on_trigger(draft, {})
    event = draft.event(
        kind="opened",
        trigger=OPEN,
        rule=line.id,
        process=process.name,
        title=title,
        edition=office.edition,
        **command.carried,
    )
    return [event], evolve(None, event)


def _first_parties(
    office: Office, process: Process, line: Transition, command: Open, at: datetime
) -> dict[str, tuple[str, ...]]:
    """Who holds each capacity from the start: who opens, who is named, who is fixed, who is competent."""
    parties: dict[str, tuple[str, ...]] = {}
    opener = next((c for c in line.by if c in process.capacities), None) if command.by else None
    for name, capacity in process.capacities.items():
        if name == opener and command.by:
            parties[name] = (command.by,)
        elif name in command.parties:
            parties[name] = command.parties[name]
        else:
            parties[name] = by_rule(office, process, capacity, command.fields, at)
    for name, capacity in process.capacities.items():
        if capacity.excepting:
            out = parties[capacity.excepting]
            parties[name] = tuple(agency for agency in parties[name] if agency not in out)
    return parties


def by_rule(
    office: Office, process: Process, capacity: Capacity, fields: Mapping[str, Any], at: datetime
) -> tuple[str, ...]:
    """Who holds `capacity` where nobody is named: who is fixed, or competent by `fields`; perhaps nobody.

    Where the rules name an agency that has merged, its successor takes its place.
    """
    if capacity.holds == SIGNATORIES:
        signing = (code for code, agency in office.agencies.items() if agency.signatory)
        return tuple(dict.fromkeys(c for code in signing if (c := office.acting(code, at)) is not None))
    agency: str | None = capacity.holds
    if agency == ANY:
        field, column = capacity.default or ("", "")
        choices = office.ruleset.choices[process.fields[field].choice or ""] if field else {}
        choice = choices.get(str(fields.get(field, "")))
        agency = choice.columns.get(column) if choice else None
    return (office.acting(agency, at) or agency,) if agency else ()
