"""The register on the screen: agencies and their changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from states.roster import Officer, Roster
from states.ruleset import Agency
from workflow.register import Entry
from workflow.render import when
from workflow.render.language import N_, _
from workflow.render.screen import Column, Screen
from workflow.render.words import Names, label

_CHANGES = {
    "agency_added": N_("entered, from {since} on: {name}"),
    "agency_renamed": N_("called {name} from {since} on"),
    "agency_ended": N_("ended, exists no more from {until} on"),
    "officer_added": N_("takes office from {since} on: {name}, {agency}"),
    "officer_ended": N_("leaves office from {until} on"),
    "leave": N_("away from {first} to {last}; {deputy} answers meanwhile"),
    "back": N_("is there after all from {first} to {last}"),
    "shift": N_("{login} is on duty on {day}"),
    "agency_merged": N_("ended; {successor} acts in its place from {until} on"),
}


def agency_columns() -> list[Column]:
    return [
        Column(_("Code"), keep=True),
        Column(_("Name")),
        Column(_("Level")),
        Column(_("Under")),
        Column(_("From"), keep=True),
        Column(_("Until"), keep=True),
    ]


def agency_rows(found: Iterable[Agency], names: Names) -> list[list[str]]:
    """One row per agency; `until` is the first day on which it exists no more."""
    return [
        [
            agency.code,
            names.own_name(agency.code),
            agency.level,
            agency.parent or "",
            _day(agency.since),
            _day(agency.until) + (f" → {agency.successor}" if agency.successor else ""),
        ]
        for agency in found
    ]


def agency_page(screen: Screen, agency: Agency, entries: Sequence[Entry], names: Names) -> None:
    """One agency: what it is, what it was called, what was changed and why."""
    screen.line(f"{agency.code}  {names.own_name(agency.code)}", "bold")
    pairs = [
        (_("level"), agency.level),
        (_("under"), names.agency(agency.parent) if agency.parent else ""),
        (_("exists from"), _day(agency.since)),
        (_("exists no more from"), _day(agency.until)),
        (_("acts in its place"), names.own_name(agency.successor) if agency.successor else ""),
        (_("rank of its leader"), label(agency.leader_rank, "") if agency.leader_rank else ""),
        (_("focal points"), "; ".join(agency.focal_points)),
    ]
    flags = [(agency.signatory, _("signs the yearly programme")), (agency.body, _("directs; is never called late"))]
    pairs.append(
        (_("notes"), "; ".join(said for true, said in [*flags, (agency.sees_all, _("sees all cases"))] if true))
    )
    pairs += [(_("until {date}").format(date=when.day(f.until)), label(f.name, agency.code)) for f in agency.former]
    screen.pairs((name, value) for name, value in pairs if value)
    if entries:
        screen.line()
        screen.line(_("Changes"), "bold")
        screen.items((f"{names.short(entry.at)}  {changed_line(entry, names)}", "") for entry in entries)


def officer_columns() -> list[Column]:
    return [
        Column(_("Agency")),
        Column(_("Officer")),
        Column(_("Login"), keep=True),
        Column(_("Part")),
        Column(_("From"), keep=True),
        Column(_("Until"), keep=True),
    ]


def officer_rows(found: Iterable[Officer], roster: Roster, today: date, names: Names) -> list[list[str]]:
    """One row per officer: for whom, the parts they play, who answers while they are away."""
    rows = []
    for officer in found:
        parts = [
            (officer.leader, _("leader in charge")),
            (officer.first_contact, _("first contact")),
            (officer.focal_point and not officer.first_contact, _("focal point")),
            (officer.deputy, _("deputy")),
            (officer.admin, _("administrator")),
        ]
        said = [part for true, part in parts if true]
        if leave := roster.leave(officer.login, today):
            said.append(_("away to {date}: {deputy} answers").format(date=when.day(leave.last), deputy=leave.deputy))
        named = ", ".join(filter(None, (officer.name, officer.rank, officer.email)))
        agency = names.own_name(officer.agency) if officer.agency else ""
        rows.append([agency, named, officer.login, "; ".join(said), _day(officer.since), _day(officer.until)])
    return rows


def changed_line(entry: Entry, names: Names) -> str:
    """One change in words: what, who recorded it, why."""
    what = entry.what
    kind = "agency_merged" if what.get("successor") else entry.change
    if kind == "leave" and not what.get("deputy"):
        kind = "back"
    name = what.get("name") or {}
    places = {
        "name": name if isinstance(name, str) else label(name, entry.subject),
        "agency": names.own_name(what["agency"]) if what.get("agency") else _("administrator"),
        "deputy": what.get("deputy"),
        "login": what.get("login"),
        **{key: _written(what.get(key)) for key in ("first", "last", "day")},
        "since": _written(what.get("from") or what.get("since")),
        "until": _written(what.get("until")),
        "successor": names.own_name(what.get("successor") or ""),
    }
    said = _(_CHANGES[kind]).format(**places) if kind in _CHANGES else kind
    return f"{said} ({entry.officer}: {entry.reason})"


def _day(day: date | None) -> str:
    return when.day(day) if day is not None else ""


def _written(day: str | None) -> str:
    return when.day(date.fromisoformat(day)) if day else _("ever")
