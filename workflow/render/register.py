"""The register on the screen: agencies and their changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

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


def changed_line(entry: Entry, names: Names) -> str:
    """One change in words: what, who recorded it, why."""
    what = entry.what
    kind = "agency_merged" if what.get("successor") else entry.change
    places = {
        "name": label(what.get("name") or {}, entry.subject),
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
