"""Why a duty is due when it is: the sentence, how the due date came about, then day by day; and all of it in JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from states.case import Counted
from states.deadline import by_the_clock
from states.spans import Span
from states.why import Turn, stops_in
from states.worktime import MICROSECOND, Duration
from workflow.render import when
from workflow.render.json import instant
from workflow.render.language import _
from workflow.render.said import Said
from workflow.render.screen import Screen
from workflow.render.story import what
from workflow.render.words import label
from workflow.worklists import is_overdue

HEAD, LATE = "bold", "bold red"


def why_page(screen: Screen, said: Said) -> None:
    """The sentence, how the due date came about, and the days."""
    duty = said.account.duty
    screen.line(what(said.names, duty), HEAD)
    overdue = is_overdue(said.office, duty, said.now)
    screen.line(said.sentence(), LATE if overdue else "")
    screen.line()
    screen.line(_("How the due date came about"), HEAD)
    screen.items((turn_line(said, turn), "") for turn in said.account.turns)
    if not said.account.known:
        screen.line("  " + _("The record of that time does not say how it was counted."))
    if said.spans:
        screen.line()
        screen.line(_("Day by day"), HEAD)
        screen.items((span_line(said, span), "") for span in said.spans)


def turn_line(said: Said, turn: Turn) -> str:
    """One turn: when, what, and the due date from then on."""
    happened = f"{said.moment(turn.at)}: {_turned(said, turn)}"
    if turn.left is not None:
        return f"{happened}, {said.left(turn)}"
    due = said.names.moment(turn.due_at, due=True)
    if turn.kind == "ran_on" and turn.due_at < turn.at:
        return f"{happened}, " + _("late since {due}").format(due=due)
    return f"{happened} → {due}"


def _turned(said: Said, turn: Turn) -> str:
    match turn.kind:
        case "opened":
            return _made_of(said, turn.counted, turn.at)
        case "stopped":
            return _("clock stopped")
        case "ran_on":
            return _("the clock runs again")
        case "extended":
            length = when.length(Duration.parse(turn.length)) if turn.length else ""
            return _("extended by {length}").format(length=length)
        case "corrected":
            return _("corrected") + ", " + _made_of(said, turn.counted, turn.at)
        case "undone":
            return _("taken back, as before")
        case "amended":
            return _("the working calendar has changed, counted anew")
        case "taken_over":
            return _("taken over to other rules") + ", " + _made_of(said, turn.counted, turn.at)
    return _("moved")


def _made_of(said: Said, made_of: Counted | None, at: datetime) -> str:
    """What a due date is counted from, told at `at`."""
    if made_of is None:
        return _("opened")
    if made_of.take is not None:
        here = made_of.start == at
        text = (_("{length} from then on") if here else _("{length} from {instant}")).format(
            length=when.length(Duration.parse(made_of.take)), instant=said.moment(made_of.start)
        )
    elif made_of.left is not None:
        text = _("with what was left")
    else:
        given = made_of.by or made_of.before
        assert given is not None, "a due date is made of something"
        text = (_("by {date}") if made_of.by else _("before {date}")).format(date=said.dated(given))
        if made_of.shift:
            moved = when.length(Duration.parse(made_of.shift[1:]))
            before = made_of.shift[0] == "-"
            text += ", " + (_("less {length}") if before else _("plus {length}")).format(length=moved)
    if made_of.at_least:
        text += ", " + _("at least {length} from {instant}").format(
            length=when.length(Duration.parse(made_of.at_least)), instant=said.moment(made_of.start)
        )
    return text


def span_line(said: Said, span: Span) -> str:
    """One day, or several alike: what kind of day, what was counted, what happened."""
    first, last = said.dated(span.first), said.dated(span.last)
    parts = [_kind(span)] if span.kind != "work" else []
    if span.stopped:
        parts.append(_("clock stopped"))
    by_clock = by_the_clock(said.account.duty.unit)
    if span.counted:
        length = when.clocked(span.counted, exact=True) if by_clock else when.span(span.counted, exact=True)
        parts.append(_("counted {length}").format(length=length) + ("" if by_clock else _hours(said, span.hours)))
    if span.late and said.waited_for:
        parts.append(_("awaiting direction"))
    elif span.late:
        length = when.span(span.late, exact=True)
        parts.append(_("late {length}").format(length=length) + _hours(said, span.late_hours))
    if not (span.counted or span.late or span.stopped) and span.kind in ("work", "worked"):
        parts.append(_("not counted"))
    parts += _marks(said, span)
    head = first if span.first == span.last else f"{first} - {last}"
    return f"{head}: {'; '.join(parts)}"


def _hours(said: Said, hours: Sequence[tuple[datetime, datetime]]) -> str:
    """Office hours of one day in brackets, and what lies between them: the break, or a clock that stood."""
    if not hours:
        return ""
    zone = said.clock.zone
    shown = ", ".join(f"{_from(begins, zone)}-{_to(ends, zone)}" for begins, ends in hours)
    gaps = [(ends, begins) for (_a, ends), (begins, _b) in pairwise(hours) if begins > ends]
    stops = stops_in(said.account.turns)
    for ends, begins in gaps:
        gap = f"{_from(ends, zone)}-{_from(begins, zone)}"
        stood = any(ends == at or begins == to for at, to in stops)
        shown += "; " + (f"{_('clock stopped')} {gap}" if stood else _("break {hours}").format(hours=gap))
    return f" ({shown})"


def _from(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M}"


def _to(at: datetime, zone: ZoneInfo) -> str:
    said = _from(at, zone)
    return "24:00" if said == "00:00" else said


def _kind(span: Span) -> str:
    name = label(span.day.name, "") if span.day else ""
    act = f" ({span.day.act})" if span.day else ""
    match span.kind:
        case "off":
            return _("day off: {name}").format(name=name) + act
        case "worked":
            return _("worked: {name}").format(name=name) + act
    return _("weekend")


def _marks(said: Said, span: Span) -> list[str]:
    """What happened on the days of `span`: the due instant, the end."""
    zone, duty = said.clock.zone, said.account.duty
    marks = []
    if said.account.left is None and _within(span, said.clock.local_date(said.account.due_at - MICROSECOND)):
        marks.append(_("due {due}").format(due=_to(said.account.due_at, zone)))
    if duty.ended_at is not None and _within(span, said.clock.local_date(duty.ended_at)):
        marks.append(f"{said.names.status(duty)} {duty.ended_at.astimezone(zone):%H:%M}")
    return marks


def _within(span: Span, day: date) -> bool:
    return span.first <= day <= span.last


# ---- for scripts ------------------------------------------------------------------------------------


def why_json(said: Said) -> dict[str, Any]:
    """One account; lengths in seconds, `counted` by the clock for duties in hours or days by the clock."""
    duty = said.account.duty
    return {
        "duty": duty.id,
        "name": duty.name,
        "agency": duty.agency,
        "status": duty.status,
        "due_at": instant(said.account.due_at),
        "provisional": duty.provisional,
        "overdue": is_overdue(said.office, duty, said.now),
        "late_by": said.late,
        "ended_at": instant(duty.ended_at),
        "known": said.account.known,
        "sentence": said.sentence(),
        "turns": [_turn_json(said, turn) for turn in said.account.turns],
        "days": [_span_json(span) for span in said.spans],
    }


def _turn_json(said: Said, turn: Turn) -> dict[str, Any]:
    made_of = turn.counted
    return {
        "turn": turn.kind,
        "version": turn.version,
        "at": instant(turn.at),
        "due_at": instant(turn.due_at),
        "calendar": turn.calendar,
        "start": instant(made_of.start) if made_of else None,
        "take": made_of.take if made_of else None,
        "by": made_of.by.isoformat() if made_of and made_of.by else None,
        "before": made_of.before.isoformat() if made_of and made_of.before else None,
        "shift": made_of.shift if made_of else None,
        "at_least": made_of.at_least if made_of else None,
        "more": list(made_of.more) if made_of else [],
        "length": turn.length,
        "left": said.left_seconds(turn),
    }


def _span_json(span: Span) -> dict[str, Any]:
    return {
        "first": span.first.isoformat(),
        "last": span.last.isoformat(),
        "day": span.kind,
        "name": dict(span.day.name) if span.day else None,
        "act": span.day.act if span.day else None,
        "counted": span.counted,
        "late": span.late,
        "stopped": span.stopped,
        "hours": [{"from": instant(begins), "to": instant(ends)} for begins, ends in span.hours],
        "late_hours": [{"from": instant(begins), "to": instant(ends)} for begins, ends in span.late_hours],
    }
