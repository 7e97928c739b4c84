"""The documented JSON shapes (docs/interface.md): stable keys, instants RFC 3339 in UTC, codes not labels.

Each function gives plain dicts in the documented order of keys; `Screen.json` and `Screen.csv` print them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from states.agencies import name_on
from states.case import Case, Duty, Event
from states.commands import Office
from states.errors import Problem
from states.options import Option
from states.roster import Officer, Roster
from states.ruleset import Agency
from workflow.attachments import Listed as Attachment
from workflow.desk import Change, Standing
from workflow.doctor import Finding
from workflow.heartbeat import Heartbeat
from workflow.register import Entry
from workflow.render.problem import story
from workflow.render.words import Names, sentence
from workflow.worklists import Listed, Owed, Stuck, is_overdue, late_by


def instant(at: datetime | None) -> str | None:
    """`2022-04-29T09:50:00Z`."""
    return at.isoformat().replace("+00:00", "Z") if at else None


def case_json(office: Office, case: Case, now: datetime) -> dict[str, Any]:
    """A case with all its duties, ended ones included."""
    return {
        "case": case.case,
        "process": case.process,
        "title": case.title,
        "state": case.state,
        "version": case.version,
        "edition": case.edition,
        "opened_at": instant(case.opened_at),
        "entered_at": instant(case.entered_at),
        "fields": case.fields,
        "parties": {capacity: list(held) for capacity, held in case.parties.items()},
        "duties": [duty_json(office, duty, now) for duty in case.duties.values()],
        "links": [{"relation": link.relation, "case": link.case} for link in case.links],
        "suspended_since": instant(case.suspended_since),
        "final": case.final,
    }


def duty_json(office: Office, duty: Duty, now: datetime) -> dict[str, Any]:
    """A duty; `late_by` in working seconds, as it is at `now` or as it was when it ended."""
    late = late_by(office, duty, now) if duty.alive else duty.late_by
    return _duty(duty, overdue=is_overdue(office, duty, now), late=late)


def _duty(duty: Duty, *, overdue: bool, late: int) -> dict[str, Any]:
    return {
        "duty": duty.id,
        "name": duty.name,
        "agency": duty.agency,
        "about": duty.about,
        "row": duty.row,
        "status": duty.status,
        "answer": duty.answer,
        "opened_at": instant(duty.opened_at),
        "due_at": instant(duty.due_at),
        "next_at": instant(duty.next_at),
        "rung": duty.rung,
        "overdue": overdue,
        "late_by": late,
        "provisional": duty.provisional,
        "extended": duty.extended,
        "nudged": duty.nudged,
    }


def owed_json(one: Owed) -> dict[str, Any]:
    """A row of inbox or overdue: the duty, and the case it belongs to."""
    of_case = {"case": one.case.case, "title": one.case.title, "state": one.case.state}
    return {**_duty(one.duty, overdue=one.overdue, late=one.late_by), **of_case}


def stuck_json(one: Stuck) -> dict[str, Any]:
    """A row of stuck; `since` is when the reason began, `late_by` (working seconds) is the duty's."""
    duty = one.duty
    return {
        "case": one.case.case,
        "process": one.case.process,
        "title": one.case.title,
        "state": one.case.state,
        "agency": duty.agency if duty else None,
        "duty": duty.id if duty else None,
        "due_at": instant(duty.due_at) if duty else None,
        "late_by": one.late_by,
        "rung": duty.rung if duty else None,
        "reason": one.reason,
        "since": instant(one.since),
        "provisional": duty.provisional if duty else False,
    }


def listed_json(one: Listed) -> dict[str, Any]:
    """A case as a list has it: what is kept beside the case itself."""
    return {
        "case": one.case,
        "process": one.process,
        "title": one.title,
        "state": one.state,
        "version": one.version,
        "edition": one.edition,
        "opened_at": instant(one.opened_at),
        "entered_at": instant(one.entered_at),
        "final": one.final,
    }


def standing_json(one: Standing) -> list[dict[str, Any]]:
    """The board's rows for one state: one for each agency that owes something there, at least one."""
    of_state = {"process": one.process, "state": one.state, "cases": one.cases, "suspended": one.suspended}
    debts: list[dict[str, Any]] = [
        {"agency": debt.agency, "owed": debt.owed, "overdue": debt.overdue} for debt in one.debts
    ]
    return [of_state | debt for debt in debts or [{"agency": None, "owed": 0, "overdue": 0}]]


def change_json(one: Change) -> dict[str, Any]:
    """An event in a case of ours, with the case's title."""
    return {**event_json(one.event), "title": one.case.title}


def swept_json(swept: Heartbeat | None, *, missing: bool) -> dict[str, Any] | None:
    """The last sweep, or null, and whether the one after it is missing."""
    return {**msgspec.to_builtins(swept), "at": instant(swept.at), "missing": missing} if swept else None


def file_json(one: Attachment) -> dict[str, Any]:
    """A file of a case, with the version of the event that carries it."""
    return {"version": one.version, **msgspec.to_builtins(one.file)}


def event_json(event: Event, hash: str | None = None) -> dict[str, Any]:
    """An event. `hash` is null where it was not read from the record."""
    return {
        "case": event.case,
        "version": event.version,
        "kind": event.kind,
        "trigger": event.trigger,
        "from": event.from_,
        "to": event.to,
        "by": event.by,
        "officer": event.officer,
        "recorded_by": event.recorded_by,
        "on": instant(event.on),
        "at": instant(event.at),
        "inputs": {**event.inputs, **{name: list(held) for name, held in event.parties.items()}},
        "document": msgspec.to_builtins(event.document),
        "reason": event.reason,
        "override": event.override,
        "files": [msgspec.to_builtins(file) for file in event.files],
        "corrects": event.corrects,
        "channel": event.channel,
        "duties": _changes(event),
        "hash": hash,
    }


def _changes(event: Event) -> list[dict[str, Any]]:
    changes: list[tuple[str, str, datetime | None, int, bool]] = []
    if event.kind == "climbed" and event.duty:
        changes.append((event.duty, "climbed", event.due_at, event.late_by, False))
    changes += [(m.duty, "moved" if m.left is None else "parked", m.due_at, 0, m.provisional) for m in event.moved]
    changes += [(e.duty, e.how, None, e.late_by, False) for e in event.ended]
    changes += [(d.id, "restated", d.due_at, d.late_by, d.provisional) for d in event.restated]
    changes += [(d.id, "opened", d.due_at, 0, d.provisional) for d in event.opened]
    keys = ("duty", "change", "due_at", "late_by", "provisional")
    return [dict(zip(keys, (d, how, instant(due), *rest), strict=True)) for d, how, due, *rest in changes]


def outcome_json(office: Office, case: Case, events: Sequence[Event], now: datetime) -> dict[str, Any]:
    """What a command answers: the case as it is now, and the events, its own first."""
    return {**case_json(office, case, now), "events": [event_json(event) for event in events]}


def option_json(option: Option, names: Names) -> dict[str, Any]:
    """One thing an agency may do now, or why not. `duty` only where several could be meant."""
    shown: dict[str, Any] = {
        "trigger": option.trigger,
        "to": option.to,
        "allowed": option.allowed,
        "reasons": [{"code": reason.code, "text": names.reason(reason)} for reason in option.reasons],
        "inputs": list(option.inputs),
    }
    return shown | ({"duty": option.duty} if option.duty else {})


def problem_json(problem: Problem) -> dict[str, Any]:
    """One error of a file, in the language in use."""
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "code": problem.code,
        "message": sentence(problem.text, problem.values),
        "hint": sentence(problem.hint, problem.hint_values) if problem.hint else None,
        "story": story(problem.story) if problem.story else None,
    }


def agency_json(agency: Agency, today: date) -> dict[str, Any]:
    """An agency of the register; days are ISO dates, `until` is the first on which it exists no more."""
    return {
        "code": agency.code,
        "name": dict(name_on(agency, today)),
        "level": agency.level or None,
        "parent": agency.parent,
        "signatory": agency.signatory,
        "body": agency.body,
        "sees_all": agency.sees_all or agency.body,
        "leader_rank": dict(agency.leader_rank),
        "focal_points": list(agency.focal_points),
        "since": agency.since and agency.since.isoformat(),
        "until": agency.until and agency.until.isoformat(),
        "successor": agency.successor,
        "former": [{"name": dict(f.name), "until": f.until.isoformat()} for f in agency.former],
    }


def officer_json(officer: Officer, roster: Roster, today: date) -> dict[str, Any]:
    """An officer of the register, and who answers for them today if they are away."""
    leave = roster.leave(officer.login, today)
    return {
        "login": officer.login,
        "name": officer.name,
        "agency": officer.agency,
        "leader": officer.leader,
        "focal_point": officer.focal_point,
        "first_contact": officer.first_contact,
        "deputy": officer.deputy,
        "admin": officer.admin,
        "rank": officer.rank or None,
        "email": officer.email or None,
        "since": officer.since and officer.since.isoformat(),
        "until": officer.until and officer.until.isoformat(),
        "away_until": leave.last.isoformat() if leave else None,
        "answered_for_by": leave.deputy if leave else None,
    }


def finding_json(finding: Finding, names: Names) -> dict[str, Any]:
    """One finding of `doctor`."""
    return {
        "code": finding.code,
        "level": finding.level,
        "subject": finding.subject,
        "message": sentence(finding.text, finding.values, names),
        "hint": sentence(finding.hint, finding.values, names),
    }


def entry_json(entry: Entry) -> dict[str, Any]:
    """One change of the register."""
    return {
        "at": instant(entry.at),
        "officer": entry.officer,
        "change": entry.change,
        "subject": entry.subject,
        "reason": entry.reason,
        "what": entry.what,
    }
