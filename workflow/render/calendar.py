"""A working calendar on the screen and in JSON: its hours, its days, and what a newer one would change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from states.calendar import Calendar, Day, Difference
from states.worktime import WorkTime
from workflow.amending import Brought, InForce, Move
from workflow.render import when
from workflow.render.json import instant
from workflow.render.language import N_, _, ngettext
from workflow.render.lists import case_column
from workflow.render.screen import Column, Screen
from workflow.render.words import Names, label

HEAD = "bold"
KINDS = {"off": N_("off"), "work": N_("worked")}


# ---- one calendar -----------------------------------------------------------------------------------


def calendar_page(screen: Screen, found: InForce, clock: WorkTime, year: int, names: Names) -> None:
    """The calendar in force: where it reaches, its hours, and the listed days of `year`."""
    first, last = when.day(clock.first), when.day(clock.last)
    screen.line(_("Calendar {name}: {first} to {last}, {zone}").format(
        name=found.name, first=first, last=last, zone=found.calendar.zone
    ), HEAD)  # fmt: skip
    screen.line(f"SHA-256 {found.digest}")
    screen.line(_("published {instant}").format(instant=names.moment(found.published_at)))
    if clock.provisional_years:
        years = ", ".join(map(str, clock.provisional_years))
        screen.line(_("not decreed yet, provisional: {years}").format(years=years))
    if found.behind:
        screen.line(behind_line(), "bold red")
    screen.line()
    week = ", ".join(when.weekday(name) for name in found.calendar.week)
    screen.line(_("Working days: {days}").format(days=week))
    for hours in found.calendar.hours:
        said = _("office hours from {date}: {hours}").format(date=when.day(hours.starts), hours=", ".join(hours.open))
        screen.items([(f"{said} ({hours.source})", "")])
    screen.line()
    days = [day for day in found.calendar.days if day.date.year == year]
    if days:
        screen.table(_day_columns(), [_day_row(day) for day in days])
    else:
        screen.line(_("No day of {year} is listed.").format(year=year))


def behind_line() -> str:
    """That the work of a calendar's publication was not finished."""
    return _("Not every open case is counted over it yet: load it once more to finish.")


def calendar_json(found: InForce, clock: WorkTime, year: int | None) -> dict[str, Any]:
    """The calendar in force; `days` of one year where it is given."""
    return {
        "name": found.name,
        "digest": found.digest,
        "published_at": instant(found.published_at),
        "behind": found.behind,
        "zone": found.calendar.zone,
        "first": clock.first.isoformat(),
        "last": clock.last.isoformat(),
        "provisional": list(clock.provisional_years),
        "week": list(found.calendar.week),
        "hours": [
            {"from": hours.starts.isoformat(), "open": list(hours.open), "source": hours.source}
            for hours in found.calendar.hours
        ],
        "days": [day_json(day) for day in found.calendar.days if year in (None, day.date.year)],
    }


def day_json(day: Day) -> dict[str, Any]:
    """A day that differs from its weekday."""
    return {
        "date": day.date.isoformat(),
        "is": day.kind,
        "name": dict(day.name),
        "act": day.act,
        "provisional": day.provisional,
    }


def _day_columns() -> list[Column]:
    return [Column(_("Day"), keep=True), Column(""), Column(_("Name")), Column(_("Act"))]


def _day_row(day: Day) -> list[str]:
    return [_dated(day.date), _kind(day), label(day.name, ""), day.act]


def _dated(day: date) -> str:
    return when.dated(day)


def _kind(day: Day) -> str:
    return _(KINDS[day.kind]) + (" *" if day.provisional else "")


# ---- what a newer one changes -----------------------------------------------------------------------


def changes_page(screen: Screen, found: Sequence[Difference], old: Calendar, new: Calendar) -> None:
    """The days and hours that a newer calendar has otherwise."""
    screen.line(_("What changes"), HEAD)
    said = [(_difference(one), "") for one in found]
    if old.hours != new.hours:
        known = {hours.starts: hours.open for hours in old.hours}
        said += [
            (_("office hours from {date}: {hours}").format(date=when.day(h.starts), hours=", ".join(h.open)), "")
            for h in new.hours
            if known.get(h.starts) != h.open
        ]
    if old.week != new.week:
        said.append((_("Working days: {days}").format(days=", ".join(when.weekday(name) for name in new.week)), ""))
    if old.zone != new.zone:
        said.append((_("time zone: {zone}").format(zone=new.zone), ""))
    screen.items(said or [(_("no day and no office hour"), "")])


def _difference(one: Difference) -> str:
    if one.after is None:
        return _("{day}: no longer listed ({name})").format(
            day=_dated(one.date), name=label(one.before.name, "") if one.before else ""
        )
    said = f"{_dated(one.date)}: {_(KINDS[one.after.kind])}, {label(one.after.name, '')} ({one.after.act})"
    was_provisional = one.before is not None and one.before.provisional
    if one.after.provisional:
        return said + " " + _("(provisional)")
    return said + (", " + _("now decreed") if was_provisional else "")


def moves_page(screen: Screen, found: Sequence[Move], names: Names) -> None:
    """Every due date that moves, and how many only become firm or provisional."""
    moving = [move for move in found if move.moves]
    count = len(moving)
    if moving:
        screen.line(ngettext("{count} due date moves", "{count} due dates move", count).format(count=count), HEAD)
        columns = [
            case_column(),
            Column(_("To be done")),
            Column(_("Due until now"), keep=True),
            Column(_("New due date"), keep=True),
        ]
        screen.table(columns, [_move_row(move, names.of(move.process)) for move in moving])
    else:
        screen.line(_("No due date moves."))
    firm = sum(not move.moves and not move.provisional for move in found)
    if firm:
        text = ngettext("{count} due date becomes firm.", "{count} due dates become firm.", firm)
        screen.line(text.format(count=firm))
    loose = sum(not move.moves and move.provisional for move in found)
    if loose:
        text = ngettext("{count} due date becomes provisional.", "{count} due dates become provisional.", loose)
        screen.line(text.format(count=loose))


def _move_row(move: Move, names: Names) -> list[str]:
    due = names.short(move.due_at, due=True) + (" *" if move.provisional else "")
    was = names.short(move.duty.due_at, due=True) + (" *" if move.duty.provisional else "")
    return [move.case, names.duty(move.duty), was, due]


def move_json(move: Move) -> dict[str, Any]:
    """One due date that changes."""
    return {
        "case": move.case,
        "duty": move.duty.id,
        "agency": move.duty.agency,
        "old": instant(move.duty.due_at),
        "new": instant(move.due_at),
        "provisional": move.provisional,
    }


def difference_json(one: Difference) -> dict[str, Any]:
    """One day that a newer calendar lists otherwise."""
    return {
        "date": one.date.isoformat(),
        "before": day_json(one.before) if one.before else None,
        "after": day_json(one.after) if one.after else None,
    }


def brought_line(found: Sequence[Brought]) -> str:
    """How many cases changed."""
    changed = sum(bool(one.duties) for one in found)
    return ngettext("{count} case amended.", "{count} cases amended.", changed).format(count=changed)
