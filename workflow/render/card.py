"""A case on one card: what it is, who takes part, what was recorded, what is owed, what to type next."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from datetime import datetime

from states.case import Case, Duty, Event
from states.commands import Office
from states.options import Option, options
from states.ruleset import RESUME
from workflow.attachments import Listed as Attachment
from workflow.render import when
from workflow.render.language import _, ngettext
from workflow.render.screen import Column, Screen
from workflow.render.steps import command_line, typed_trigger
from workflow.render.story import file_name, given_more, headline, recorded, size, what
from workflow.render.words import Names, declared
from workflow.worklists import is_overdue, late_by, late_by_clock

LATE, HEAD = "bold red", "bold"
OTHERS = ("not_your_act", "automatic")  # reasons that will not pass with time


def card(
    screen: Screen,
    office: Office,
    case: Case,
    names: Names,
    now: datetime,
    agency: str | None,
    extra: Sequence[str] = (),
    attached: Sequence[Attachment] = (),
    last: Event | None = None,
) -> None:
    """Print the card.

    `agency` decides whose next commands end it; None: those of all who owe something. `last` is the last act,
    where the card is to say whose it was and who typed it.
    """
    screen.line(f"{case.case}  {case.title}", HEAD)
    screen.line(
        _("{process}: {state} since {since}, version {version}").format(
            process=names.process_label(),
            state=names.state(case.state),
            since=names.moment(case.entered_at),
            version=case.version,
        )
    )
    if last is not None:
        said = "; ".join(filter(None, (headline(names, last), recorded(names, last))))
        screen.line(_("last act: {act}").format(act=said))
    if case.suspended_since:
        screen.line(_("clock stopped since {since}").format(since=names.moment(case.suspended_since)))
    _pairs(screen, _("Parties"), ((names.capacity(n), names.agencies_of(h)) for n, h in _in_order(names, case) if h))
    _pairs(screen, _("Linked cases"), ((names.relation(link.relation), link.case) for link in case.links))
    _recorded(screen, case, names)
    _pairs(screen, _("Files"), ((file_name(one.file), size(one.file)) for one in attached))
    _owed(screen, office, case, names, now)
    _next(screen, office, case, names, now, agency, extra)


def _in_order(names: Names, case: Case) -> list[tuple[str, tuple[str, ...]]]:
    return declared(names.process.capacities if names.process else {}, case.parties)


def _pairs(screen: Screen, title: str, pairs: Iterable[tuple[str, str]]) -> None:
    found = list(pairs)
    if not found:
        return
    screen.line()
    screen.line(title, HEAD)
    screen.pairs(found)


def _recorded(screen: Screen, case: Case, names: Names) -> None:
    fields = names.process.fields if names.process else {}
    recorded = declared(fields, case.fields)
    tables = [n for n in case.fields if n in fields and fields[n].type == "rows" and case.fields[n]]
    _pairs(
        screen,
        _("Recorded"),
        ((names.field(n), names.value(n, v)) for n, v in recorded if n not in tables),
    )
    for name in tables:
        screen.line()
        screen.line(names.field(name), HEAD)
        columns = [Column(names.field(f"{name}.{c}").split(": ")[-1]) for c in fields[name].columns]
        screen.table(columns, [names.cells(name, row) for row in case.fields[name]])


def _owed(screen: Screen, office: Office, case: Case, names: Names, now: datetime) -> None:
    ended = [d for d in case.duties.values() if not d.alive]
    screen.line()
    if case.alive:
        screen.line(_("To be done"), HEAD)
        screen.items(
            (
                f"{what(names, d)}: {due_in_words(office, d, names, now)}{_given(d)}",
                LATE if is_overdue(office, d, now) else "",
            )
            for d in sorted(case.alive, key=lambda d: d.due_at)
        )
    elif not case.final:
        screen.line(_("Nothing is owed now."))
    else:
        screen.line(_("The case has ended."))
    if ended:
        screen.line()
        screen.line(_("Ended"), HEAD)
        screen.items((f"{what(names, d)}: {_how(d, names)}", "") for d in ended)


def _given(duty: Duty) -> str:
    """How often a duty was extended and reminded of."""
    said = given_more(duty)
    if duty.nudged:
        said += "; " + ngettext("reminded once", "reminded {count} times", duty.nudged).format(count=duty.nudged)
    return said


def due_in_words(office: Office, duty: Duty, names: Names, now: datetime) -> str:
    """When a duty is due, and whether that has passed."""
    if duty.status == "parked":
        return _("clock stopped")
    due = names.moment(duty.due_at, due=True) + (" " + _("(provisional)") if duty.provisional else "")
    if duty.agency is None:
        return _("on {due}").format(due=due)
    if is_overdue(office, duty, now):
        late = when.late_said(late_by(office, duty, now), late_by_clock(duty, now))
        return _("due {due}, overdue by {length}").format(due=due, length=late)
    if now > duty.due_at:
        return _("due {due}, awaiting direction").format(due=due)
    return _("due {due}").format(due=due)


def _how(duty: Duty, names: Names) -> str:
    said = names.status(duty)
    if duty.answer and duty.status == "done":
        said += f" ({names.answer(duty.answer)})"
    if duty.ended_at:
        said += f", {names.short(duty.ended_at)}"
    if duty.late_by:
        said += ", " + _("late by {length}").format(length=when.working(duty.late_by))
    elif duty.status == "done" and duty.rung and duty.ended_at and duty.ended_at <= duty.due_at:
        said += " " + _("(answered in time, recorded later)")
    return said


# ---- what comes next ----------------------------------------------------------------------------


def _next(
    screen: Screen,
    office: Office,
    case: Case,
    names: Names,
    now: datetime,
    agency: str | None,
    extra: Sequence[str],
) -> None:
    """Commands to paste: of `agency` all that is allowed now, of everybody else what they owe."""
    if case.final:
        return
    wanted = [agency] if agency else [duty.agency for duty in case.alive if duty.agency]
    for debtor in dict.fromkeys(office.acting(code, now) for code in wanted):
        if debtor is None:  # nobody acts any more for who owes it
            continue
        allowed = [o for o in options(office, case, debtor, now) if o.allowed]
        if agency is None:
            allowed = [o for o in allowed if _discharges(office, case, o, debtor, now)]
        shown = [command_line(names, case, o, debtor, extra) for o in _owed_first(office, case, allowed, debtor, now)]
        if RESUME in _owed_by(office, case, debtor, now):
            shown.insert(0, shlex.join(["phoihop", "resume", case.case, "--as", debtor, *extra]))
        if not shown:
            continue
        screen.line()
        screen.line(_("Next, for {agency}").format(agency=names.agency(debtor)), HEAD)
        for command in shown:
            screen.copy(f"  {command}")


def _owed_first(office: Office, case: Case, allowed: list[Option], agency: str, now: datetime) -> list[Option]:
    return sorted(allowed, key=lambda option: not _discharges(office, case, option, agency, now))


def _owed_by(office: Office, case: Case, agency: str, now: datetime) -> set[str]:
    """The names of the duties that `agency` owes, those of agencies it succeeded included."""
    ours = office.ours(agency, now)
    return {duty.name for duty in case.alive if duty.agency in ours}


def _discharges(office: Office, case: Case, option: Option, agency: str, now: datetime) -> bool:
    """Whether the option would close something `agency` owes."""
    owed = _owed_by(office, case, agency, now)
    return any(
        line.trigger == option.trigger and case.state in line.sources and owed & set(line.discharges)
        for line in office.process(case).transitions
    )


def options_table(
    screen: Screen,
    office: Office,
    case: Case,
    names: Names,
    found: Sequence[Option],
    agency: str,
    now: datetime,
    extra: Sequence[str] = (),
) -> None:
    """What `agency` can do now, as commands to paste, and why not the rest."""
    allowed = _owed_first(office, case, [option for option in found if option.allowed], agency, now)
    screen.line(
        _("{case}, {state}: {agency} can do now").format(
            case=case.case, state=names.state(case.state), agency=names.agency(agency)
        ),
        HEAD,
    )
    if not allowed:
        screen.line("  " + _("nothing"))
    for option in allowed:
        to = f" → {names.state(option.to)}" if option.to != case.state else ""
        duty = f" ({names.duty(option.duty)})" if option.duty else ""
        screen.line(f"  {names.trigger(option.trigger)}{duty}{to}")
        screen.copy(f"    {command_line(names, case, option, agency, extra)}")
    rest = [option for option in found if not option.allowed]
    for_others = [o for o in rest if any(reason.code in OTHERS for reason in o.reasons)]
    later = [option for option in rest if option not in for_others]
    if later:
        screen.line()
        screen.line(_("Not now"), HEAD)
        screen.items(
            (
                f"{names.trigger(o.trigger)} ({typed_trigger(names, o.trigger)}): "
                + "; ".join(names.reason(reason) for reason in o.reasons),
                "",
            )
            for o in later
        )
    if for_others:
        screen.line()
        screen.line(_("For others"), HEAD)
        screen.items([("; ".join(names.trigger(option.trigger) for option in for_others), "")])
