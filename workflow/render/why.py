"""Why a duty is due when it is, in words: one sentence to paste, how the due date came about, then day by day.

    said = Said(office, names, account, clocks, now)
    said.sentence()          Sở Xây dựng chậm 1 ngày 2 giờ làm việc: hạn hết thứ Tư 25/02, nhận văn bản ...
    why_page(screen, said)   the sentence, the turns, the days

The sentence is true in every state of a duty. A body is never said to be late: it is being waited for. A year is
written where it is not the current one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from states.case import Counted
from states.commands import Office
from states.why import Account, Span, Turn, days
from states.worktime import DAY, MICROSECOND, Duration, WorkTime
from workflow.render import when
from workflow.render.json import instant
from workflow.render.language import N_, _
from workflow.render.screen import Screen
from workflow.render.story import what
from workflow.render.words import Names, label
from workflow.worklists import is_overdue, late_by

HEAD, LATE = "bold", "bold red"
_ENDED = {
    "waived": N_("{agency} was let off {instant}: {due}"),
    "lapsed": N_("{agency} no longer owes it since {instant}: {due}"),
}


@dataclass(frozen=True)
class Said:
    """One account, ready to be told to whoever asks at `now`."""

    office: Office
    names: Names
    account: Account
    clocks: Mapping[str, WorkTime]
    now: datetime

    @property
    def clock(self) -> WorkTime:
        """The calendar over which the due instant was counted last."""
        return self.clocks[self.account.turns[-1].calendar]

    @property
    def late(self) -> int:
        """How late it is at `now`, or was when it ended: working seconds."""
        duty = self.account.duty
        return late_by(self.office, duty, self.now) if duty.alive else duty.late_by

    @property
    def waited_for(self) -> bool:
        """Whether it is owed by a body, which is never called late."""
        debtor = self.office.agencies.get(self.account.duty.agency or "")
        return debtor is not None and debtor.body

    @cached_property
    def spans(self) -> list[Span]:
        return days(self.account, self.clocks, self.office.clock, self.now)

    # ---- the sentence ---------------------------------------------------------------------------

    def sentence(self) -> str:
        """One sentence, which can be pasted as it is."""
        duty = self.account.duty
        due = self.due()
        if duty.agency is None:
            return self._by_itself(due)
        agency = self.names.agency(duty.agency)
        match duty.status:
            case "parked":
                return self._stopped(agency)
            case "open":
                return self._open(agency, due)
            case "done":
                return self._done(agency, due)
            case "mistaken":
                return _("{agency} was named by mistake: it owed nothing").format(agency=agency)
        assert duty.ended_at is not None, "what ended has an end"
        said = _(_ENDED[duty.status]).format(agency=agency, instant=self.moment(duty.ended_at), due=due)
        if duty.late_by and not self.waited_for:
            said += "; " + _("by then late by {length}").format(length=when.working(duty.late_by, exact=True))
        return said

    def due(self) -> str:
        """When it is due: `due by the end of Wed 25/02` where the office closes then."""
        at = self.account.due_at
        day = self.clock.local_date(at - MICROSECOND)
        hours = self.clock.office_hours(day)
        closes = at == self.clock.midnight(day + DAY) or bool(hours and at == hours[-1][1])
        said = (
            _("due by the end of {day}").format(day=self.dated(day))
            if closes
            else _("due {due}").format(due=self.moment(at))
        )
        return said + (" " + _("(provisional)") if self.account.duty.provisional else "")

    def _open(self, agency: str, due: str) -> str:
        duty = self.account.duty
        if self.now <= duty.due_at:
            clocked = duty.unit in ("h", "d")
            left = int((duty.due_at - self.now).total_seconds())
            length = (
                clock_length(left) if clocked else when.working(self.clock.between(self.now, duty.due_at), exact=True)
            )
            return _("{agency} is in time so far: {due}, {length} left").format(agency=agency, due=due, length=length)
        if not is_overdue(self.office, duty, self.now):
            return _("{agency}: awaiting direction, {due}").format(agency=agency, due=due)
        return _("{agency} is late by {length}: {due}, not done by {instant}").format(
            agency=agency, length=when.working(self.late, exact=True), due=due, instant=self.moment(self.now)
        )

    def _done(self, agency: str, due: str) -> str:
        duty = self.account.duty
        done = self._was_done()
        if self.waited_for:
            return _("{agency}: {due}, {done}").format(agency=agency, due=due, done=done)
        if duty.late_by or (duty.ended_at and duty.ended_at > duty.due_at and self.account.left is None):
            length = when.working(duty.late_by, exact=True)
            return _("{agency} was late by {length}: {due}, {done}").format(
                agency=agency, length=length, due=due, done=done
            )
        if self.account.left is not None:
            return _("{agency}: clock stopped, {done}").format(agency=agency, done=done)
        said = _("{agency} was in time: {due}, {done}").format(agency=agency, due=due, done=done)
        if duty.rung:
            said += "; " + _("reminders went out before it was recorded")
        return said

    def _was_done(self) -> str:
        duty, event = self.account.duty, self.account.ended
        assert duty.ended_at is not None, "what ended has an end"
        letter = event is not None and event.document is not None and (event.recorded_by or event.document.received)
        text = _("letter received {instant}") if letter else _("done {instant}")
        said = text.format(instant=self.moment(duty.ended_at))
        recorded = self.clock.local_date(event.at) if event is not None else None
        if recorded is not None and recorded != self.clock.local_date(duty.ended_at):
            said += " " + _("(recorded {date})").format(date=self.day(recorded))
        return said

    def _stopped(self, agency: str) -> str:
        turn = self.account.turns[-1]
        since = next(t.at for t in reversed(self.account.turns) if t.kind in ("stopped", "undone"))
        left = turn.left or 0
        said = _("{agency}: clock stopped since {instant}").format(agency=agency, instant=self.moment(since))
        if left >= 0:
            length = clock_length(left) if turn.clock else when.working(left, exact=True)
            return said + ", " + _("{length} left").format(length=length)
        if self.waited_for:
            return said + ", " + _("awaiting direction")
        length = clock_length(-left) if turn.clock else when.working(-left, exact=True)
        return said + ", " + _("late by {length}").format(length=length)

    def _by_itself(self, due: str) -> str:
        duty = self.account.duty
        if duty.status == "parked":
            return _("Owed by nobody: clock stopped")
        said = _("Owed by nobody, comes by itself: {due}").format(due=due)
        if duty.ended_at is None:
            return said
        return f"{said}; {self.names.status(duty)} {self.moment(duty.ended_at)}"

    # ---- dates ----------------------------------------------------------------------------------

    def day(self, on: date) -> str:
        """A date, without its year where that is the current one."""
        return when.day(on) if on.year != self.clock.local_date(self.now).year else f"{on:%d/%m}"

    def dated(self, on: date) -> str:
        """A date with its weekday, likewise."""
        return when.dated(on).replace(when.day(on), self.day(on))

    def moment(self, at: datetime) -> str:
        """An instant with its weekday, likewise."""
        on = self.clock.local_date(at)
        return self.names.moment(at).replace(when.day(on), self.day(on))


def clock_length(seconds: int) -> str:
    """A length by the clock, said to be one."""
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    said = when.length(Duration(count=hours, unit="h")) if hours else ""
    if minutes:
        return " ".join(filter(None, (said, _("{count} min").format(count=minutes))))
    return said or _("less than a minute")


# ---- the page ---------------------------------------------------------------------------------------


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
        left = turn.left
        length = clock_length(abs(left)) if turn.clock else when.working(left, exact=True)
        tail = _("{length} left") if left >= 0 else _("late by {length}")
        return f"{happened}, {tail.format(length=length)}"
    return f"{happened} → {said.names.moment(turn.due_at, due=True)}"


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
    zone = said.clock.zone
    shown = ", ".join(f"{a.astimezone(zone):%H:%M}-{_to(b, zone)}" for a, b in span.hours)
    by_clock = said.account.duty.unit in ("h", "d")
    if span.counted:
        length = clock_length(span.counted) if by_clock else when.span(span.counted, exact=True)
        parts.append(_("counted {length}").format(length=length))
    if span.late and not said.waited_for:
        parts.append(_("late {length}").format(length=when.span(span.late, exact=True)))
    if shown and not by_clock:
        parts[-1:] = [f"{parts[-1]} ({shown}{_lunch(said, span)})"] if parts else [shown]
    if not (span.counted or span.late or span.stopped) and span.kind in ("work", "worked"):
        parts.append(_("not counted"))
    parts += _marks(said, span)
    head = first if span.first == span.last else f"{first} - {last}"
    return f"{head}: {'; '.join(parts)}"


def _to(at: datetime, zone: Any) -> str:
    local = at.astimezone(zone)
    return "24:00" if local.time() == datetime.min.time() else f"{local:%H:%M}"


def _lunch(said: Said, span: Span) -> str:
    """The break between two office hours of one day, where both were counted."""
    zone = said.clock.zone
    for (_a, ends), (begins, _b) in zip(span.hours, span.hours[1:], strict=False):
        if begins > ends:
            gap = f"{ends.astimezone(zone):%H:%M}-{begins.astimezone(zone):%H:%M}"
            return "; " + _("break {hours}").format(hours=gap)
    return ""


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
        "turns": [_turn_json(turn) for turn in said.account.turns],
        "days": [_span_json(span) for span in said.spans],
    }


def _turn_json(turn: Turn) -> dict[str, Any]:
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
        "left": turn.left,
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
    }
