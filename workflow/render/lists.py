"""Lists over several cases: what is owed, what is stuck, what was found, the board, the desk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from states.case import Duty
from workflow.desk import Change, Desk, Standing
from workflow.render import when
from workflow.render.language import N_, _, ngettext
from workflow.render.screen import Column, Screen
from workflow.render.story import given_more, headline, what
from workflow.render.words import Names, sentence
from workflow.worklists import Listed, Owed, Stuck

HEAD = "bold"
_REASONS = {
    "overdue": N_("overdue"),
    "awaiting_direction": N_("awaiting direction"),
    "suspended": N_("suspended"),
    "no_next_step": N_("no next step"),
    "unreachable": N_("nobody was reached"),
    "beyond_calendar": N_("the next reminder lies beyond the calendar"),
    "failing": N_("the sweep fails"),
}


def case_column() -> Column:
    return Column(_("Case"), keep=True)


# ---- what is owed -------------------------------------------------------------------------------


def owed_table(screen: Screen, found: Sequence[Owed], names: Names, *, debtor: bool) -> None:
    """Duties of several cases, soonest first; `debtor` adds who owes each."""
    columns = [
        case_column(),
        Column(_("Title")),
        Column(_("To be done")),
        Column(_("Due"), keep=True),
        Column(_("Late by")),
    ]
    screen.table(columns, (_owed_row(one, names.of(one.case.process), debtor=debtor) for one in found))
    if any(one.duty.provisional for one in found):
        screen.line(_("* provisional: its year is not decreed yet"))


def _owed_row(one: Owed, names: Names, *, debtor: bool) -> list[str]:
    duty = one.duty
    said = (what(names, duty) if debtor else without_agency(names, duty)) + given_more(duty)
    due = _("clock stopped") if duty.status == "parked" else names.short(duty.due_at, due=True)
    late = when.late(one.late_by, one.by_clock) if one.overdue else _("awaiting direction") if one.late_by else ""
    return [one.case.case, one.case.title, said, due + (" *" if duty.provisional else ""), late]


def without_agency(names: Names, duty: Duty) -> str:
    """A duty in the list of the one who owes it."""
    said = names.duty_name(duty.name)
    if duty.about:
        said += " " + _("on what {agency} says").format(agency=names.agency(duty.about))
    title = (duty.row or {}).get("title")
    return f"{said}: {title}" if title else said


def overdue_groups(screen: Screen, found: Sequence[Owed], names: Names) -> None:
    """Overdue duties under the agency that owes them, whose first contact is named; the latest agency first."""

    def debtor(one: Owed) -> str:
        return names.answers(one.duty.agency or "")

    worst: dict[str, int] = {}
    for one in found:
        worst[debtor(one)] = max(worst.get(debtor(one), 0), one.weight)
    ordered = sorted(found, key=lambda one: (-worst[debtor(one)], debtor(one), -one.weight))
    for first, (agency, group) in enumerate(groupby(ordered, key=debtor)):
        if first:
            screen.line()
        screen.line(_called(names, agency), HEAD)
        owed_table(screen, list(group), names, debtor=False)


def _called(names: Names, agency: str) -> str:
    """An agency with the focal point to call."""
    known = names.agencies.get(agency)
    called = [*known.focal_points[:1]] if known else []
    if (officer := names.first_contact(agency)) is not None:
        called.append(", ".join(filter(None, (officer.name, officer.email))))
    if not called:
        return names.agency(agency)
    return _("{agency}; call: {focal_point}").format(agency=names.agency(agency), focal_point=", ".join(called))


# ---- what does not move -------------------------------------------------------------------------


def stuck_table(screen: Screen, found: Sequence[Stuck], names: Names) -> None:
    """Cases that do not move, worst first, each with its reason."""
    columns = [case_column(), Column(_("Title")), Column(_("State")), Column(_("Reason")), Column(_("For"))]
    rows = []
    for one in found:
        of = names.of(one.case.process)
        reason = reason_text(one, of)
        rows.append(
            [one.case.case, one.case.title, of.state(one.case.state), reason, when.late(one.stuck_for, one.by_clock)]
        )
    screen.table(columns, rows)


def reason_text(one: Stuck, names: Names) -> str:
    """Why a case is stuck: the reason, and the duty at fault."""
    said = _(_REASONS[one.reason])
    if one.duty is not None:
        said += ": " + what(names, one.duty) + given_more(one.duty)
    return f"{said} ({names.error(one.error)})" if one.error else said


# ---- cases --------------------------------------------------------------------------------------


def case_rows(found: Sequence[Listed], names: Names) -> list[list[str]]:
    """Cases as a list shows them: number, title, state, opened."""
    rows = []
    for one in found:
        of = names.of(one.process)
        rows.append([one.case, one.title, of.state(one.state), names.short(one.opened_at)])
    return rows


def case_columns() -> list[Column]:
    return [case_column(), Column(_("Title")), Column(_("State")), Column(_("Opened"), keep=True)]


# ---- the board and the desk ---------------------------------------------------------------------


def board_tables(screen: Screen, found: Sequence[Standing], names: Names) -> None:
    """Open cases by process and state, and what each agency owes in them."""
    for first, (process, group) in enumerate(groupby(found, key=lambda standing: standing.process)):
        standings, of = list(group), names.of(process)
        order = list(of.process.states) if of.process else []
        standings.sort(key=lambda one: order.index(one.state) if one.state in order else len(order))
        count = sum(one.cases for one in standings)
        if first:
            screen.line()
        open_cases = ngettext("{count} open case", "{count} open cases", count).format(count=count)
        screen.line(f"{of.process_label()}: {open_cases}", HEAD)
        columns = [
            Column(_("State")),
            Column(_("Cases"), right=True),
            Column(_("Agency")),
            Column(_("Owes"), right=True),
            Column(_("Overdue"), right=True),
        ]
        screen.table(columns, [row for one in standings for row in _standing_rows(one, of)])


def _standing_rows(one: Standing, names: Names) -> list[list[str]]:
    head = [names.state(one.state), str(one.cases) + (f" ({_stopped(one.suspended)})" if one.suspended else "")]
    if not one.debts:
        return [[*head, "", "", ""]]
    rows = []
    for place, debt in enumerate(one.debts):
        late = str(debt.overdue) if debt.overdue else ""
        rows.append([*(head if place == 0 else ["", ""]), names.agency(debt.agency), str(debt.owed), late])
    return rows


def _stopped(count: int) -> str:
    return ngettext("{count} with the clock stopped", "{count} with the clock stopped", count).format(count=count)


def desk_page(screen: Screen, found: Desk, names: Names, agency: str, now: datetime) -> None:
    """What an agency should know this morning."""
    screen.line(f"{names.agency(agency)}, {names.moment(now)}", HEAD)
    screen.line()
    screen.line(_("Owed by us"), HEAD)
    _owed_or_nothing(screen, found.owed, names, debtor=False)
    screen.line()
    screen.line(_("Owed to us"), HEAD)
    _owed_or_nothing(screen, found.awaited, names, debtor=True)
    screen.line()
    screen.line(_("Changed since yesterday"), HEAD)
    if found.changed:
        screen.items((_change(change, names.of(change.case.process)), "") for change in found.changed)
    else:
        screen.line("  " + _("nothing"))
    screen.line()
    alive = found.swept is not None and found.missing is None
    screen.line(swept_line(found, names), "" if alive else "bold red")


def _owed_or_nothing(screen: Screen, found: Sequence[Owed], names: Names, *, debtor: bool) -> None:
    if found:
        owed_table(screen, found, names, debtor=debtor)
    else:
        screen.line("  " + _("nothing"))


def _change(change: Change, names: Names) -> str:
    return f"{names.short(change.event.at)}  {change.case.case}  {headline(names, change.event)}"


def swept_line(found: Desk, names: Names) -> str:
    """When the last sweep was made, or that one is missing: without sweeps nobody is reminded of anything."""
    swept = found.swept
    if found.missing is not None:
        said = sentence(found.missing.text, found.missing.values, names)
        return said[:1].upper() + said[1:]
    if swept is None:
        return _("No sweep has been made yet: nobody is reminded of anything. Make one: phoihop sweep")
    said = _("Last sweep: {instant}").format(instant=names.moment(swept.at))
    if swept.every is not None:
        said += ", " + _("every {every}").format(every=when.rhythm(swept.every))
    if swept.failed:
        failed = ngettext("{count} failure", "{count} failures", swept.failed).format(count=swept.failed)
        said += f" ({failed}; phoihop stuck)"
    return said
