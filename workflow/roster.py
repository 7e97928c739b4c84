"""The officers of the register, their leave, and the duty rosters of days off. What they mean is `states.roster`.

    load(connection, version)                the roster, read once per `version`
    add, end                                 an officer takes office, leaves it
    away, on_duty                            leave with a deputy, duty on a day off

Each change is made inside `pointers.changing` and written to `register_log`.
Raises `UsageError` and `Conflict` for what cannot be.
"""

from __future__ import annotations

from datetime import date

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from states.agencies import exists
from states.errors import N_
from states.roster import Leave, Officer, Roster, Shift
from workflow import pointers, register
from workflow.errors import Conflict, UsageError
from workflow.register import Why
from workflow.tables import leaves, officers, shifts

_OFFICERS = select(officers.c.body).order_by(officers.c.number)
_LEAVES = select(leaves.c.login, leaves.c.first, leaves.c.last, leaves.c.deputy).order_by(leaves.c.number)
_SHIFTS = select(shifts.c.agency, shifts.c.day, shifts.c.login).order_by(shifts.c.agency, shifts.c.day)
_NEXT_OFFICER = select(func.coalesce(func.max(officers.c.number), 0) + 1)
_NEXT_LEAVE = select(func.coalesce(func.max(leaves.c.number), 0) + 1)
_ADD = insert(officers)
_END = (
    update(officers)
    .where(officers.c.number == bindparam("b_number"))
    .values(until=bindparam("new_until"), body=bindparam("new_body"))
)
_LEAVE = insert(leaves)
_OFF_DUTY = delete(shifts).where(shifts.c.agency == bindparam("b_agency"), shifts.c.day == bindparam("b_day"))
_ON_DUTY = insert(shifts)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Officer).decode
replace = msgspec.structs.replace


def load(connection: Connection, version: str) -> Roster | None:
    """The roster as of `version` of the register; None where no agency ever had an officer."""
    found = _remembered(connection, version)
    return found if any(officer.agency for officer in found.officers) else None


def read(connection: Connection) -> Roster:
    """The roster as it is now."""
    day = date.fromisoformat
    return Roster(
        officers=tuple(map(_decode, connection.execute(_OFFICERS).scalars())),
        leaves=tuple(
            Leave(login=row.login, first=day(row.first), last=day(row.last), deputy=row.deputy)
            for row in connection.execute(_LEAVES)
        ),
        shifts=tuple(
            Shift(agency=row.agency, day=day(row.day), login=row.login) for row in connection.execute(_SHIFTS)
        ),
    )


_remembered = pointers.Remembered(read)


# ---- changes ------------------------------------------------------------------------------------


def add(connection: Connection, officer: Officer, why: Why) -> Officer:
    """Let `officer` (its number is ignored) take office. The first focal point of an agency is its first contact.

    Raises `Conflict` when the login is in office already, or the agency has a leader or first contact.
    """
    roster = read(connection)
    if officer.agency is not None:
        agency = register.agency_of(register.read(connection), officer.agency)
        if not exists(agency, officer.since or date.min):
            raise UsageError(N_("{code} does not exist on {date}"), code=agency.code, date=officer.since)
    elif not officer.admin:
        raise UsageError(N_("an officer acts for an agency: --agency AGENCY, or administers: --admin"))
    theirs = [one for one in roster.officers if _overlap(one, officer)]
    if any(one.login == officer.login and (one.agency is None) == (officer.agency is None) for one in theirs):
        raise Conflict(
            N_("{login} is in office already"), N_("end that first: phoihop officer end"), login=officer.login
        )
    colleagues = [one for one in theirs if one.agency == officer.agency is not None]
    if officer.focal_point and not any(one.first_contact for one in colleagues):
        officer = replace(officer, first_contact=True)
    _only_one(officer, colleagues)
    officer = replace(officer, number=connection.execute(_NEXT_OFFICER).scalar_one())
    row = {"number": officer.number, "login": officer.login, "agency": officer.agency}
    days = {name: day and day.isoformat() for name, day in (("since", officer.since), ("until", officer.until))}
    connection.execute(_ADD, {**row, **days, "body": _encode(officer)})
    register.note(connection, "officer_added", officer.login, why, officer)
    return officer


def _only_one(officer: Officer, colleagues: list[Officer]) -> None:
    leader = next((one for one in colleagues if one.leader), None)
    if officer.leader and leader is not None:
        raise Conflict(
            N_("{code} has a leader in charge already: {name}"),
            N_("end that first: phoihop officer end"),
            code=officer.agency,
            name=leader.name,
        )
    first = next((one for one in colleagues if one.first_contact), None)
    if officer.first_contact and first is not None:
        raise Conflict(
            N_("{code} has a first contact already: {name}"),
            N_("end that first: phoihop officer end"),
            code=officer.agency,
            name=first.name,
        )


def end(connection: Connection, login: str, day: date, why: Why) -> Officer:
    """Let `login` leave office: on `day` they are in it no more. Returns the officer as it is now."""
    roster = read(connection)
    open_ended = [one for one in roster.officers if one.login == login and one.until is None]
    if not open_ended:
        raise UsageError(N_("{login} is not in office"), login=login)
    found = next((one for one in open_ended if one.agency is not None), open_ended[0])
    if found.admin and not any(one.admin and one.until is None and one != found for one in roster.officers):
        raise UsageError(
            N_("{login} is the last administrator"), N_("enter another first: phoihop officer add --admin"), login=login
        )
    if found.since is not None and day <= found.since:
        raise UsageError(N_("{login} takes office on {date}: it ends later"), login=login, date=found.since)
    ended = replace(found, until=day)
    changed = {"b_number": found.number, "new_until": day.isoformat(), "new_body": _encode(ended)}
    connection.execute(_END, changed)
    register.note(connection, "officer_ended", login, why, {"until": day, "agency": found.agency})
    return ended


def away(connection: Connection, leave: Leave, why: Why) -> None:
    """Enter a leave: the deputy, of the same agency, answers meanwhile; without one the leave is taken back."""
    roster = read(connection)
    officer = in_office(roster, leave.login, leave.first)
    if leave.last < leave.first:
        raise UsageError(N_("a leave ends on the day it begins, or later"))
    if leave.deputy is not None:
        deputy = in_office(roster, leave.deputy, leave.first)
        if deputy.login == officer.login or deputy.agency != officer.agency:
            raise UsageError(N_("a deputy is somebody else of the same agency"))
    row = {"number": connection.execute(_NEXT_LEAVE).scalar_one(), "login": leave.login, "deputy": leave.deputy}
    connection.execute(_LEAVE, {**row, "first": leave.first.isoformat(), "last": leave.last.isoformat()})
    register.note(connection, "leave", leave.login, why, leave)


def on_duty(connection: Connection, wanted: list[Shift], why: Why) -> None:
    """Enter who is on duty on days off; for a day that was entered before, the later entry holds."""
    roster = read(connection)
    known = register.read(connection)
    for shift in wanted:
        register.agency_of(known, shift.agency)
        officer = in_office(roster, shift.login, shift.day)
        if officer.agency != shift.agency:
            raise UsageError(N_("{login} is not of {code}"), login=shift.login, code=shift.agency)
        key = {"agency": shift.agency, "day": shift.day.isoformat()}
        connection.execute(_OFF_DUTY, {f"b_{name}": value for name, value in key.items()})
        connection.execute(_ON_DUTY, {**key, "login": shift.login})
        register.note(connection, "shift", shift.agency, why, shift)


def in_office(roster: Roster, login: str, day: date) -> Officer:
    """Who is in office under `login` on `day`. Raises `UsageError`."""
    found = roster.known(login, day)
    if found is None or found.agency is None:
        raise UsageError(N_("{login} is not in office on {date}"), login=login, date=day)
    return found


def _overlap(one: Officer, other: Officer) -> bool:
    """Whether both are in office on some day."""
    starts = max(one.since or date.min, other.since or date.min)
    return starts < min(one.until or date.max, other.until or date.max)
