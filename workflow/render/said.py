"""Who is late and why, in one sentence that can be pasted.

    said = Said(office, names, account, clocks, now)
    said.sentence()          Sở Xây dựng chậm 1 ngày 2 giờ làm việc: hạn hết thứ Tư 25/02, nhận văn bản ...

The sentence is true in every state of a duty. A body is never said to be late: it is being waited for. A year is
written where it is not the current one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from states.commands import Office
from states.deadline import by_the_clock, late_on_the_clock, lateness
from states.spans import Span, days
from states.why import Account, Turn
from states.worktime import DAY, MICROSECOND, WorkTime
from workflow.render import when
from workflow.render.language import N_, _
from workflow.render.words import Names
from workflow.worklists import is_overdue, late_by

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
        """How late it is at `now`, or was when its clock stopped or it ended: working seconds."""
        duty = self.account.duty
        if duty.status == "parked":
            return lateness(duty, self.now, self.office.clock)
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
        due = self._since() if self._stood_at_its_end else due
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
            clocked = by_the_clock(duty.unit)
            left = int((duty.due_at - self.now).total_seconds())
            length = (
                when.clocked(left, exact=True)
                if clocked
                else when.working(self.clock.between(self.now, duty.due_at), exact=True)
            )
            return _("{agency} is in time so far: {due}, {length} left").format(agency=agency, due=due, length=length)
        if not is_overdue(self.office, duty, self.now):
            return _("{agency}: awaiting direction, {due}").format(agency=agency, due=due)
        return _("{agency} is late by {length}: {due}, not done by {instant}").format(
            agency=agency, length=self._late_until(self.now), due=due, instant=self.moment(self.now)
        )

    def _late_until(self, end: datetime) -> str:
        """How late it was by `end`; of what is counted by the clock, nights and days off are told too."""
        duty = self.account.duty
        by_clock = late_on_the_clock(duty, end) if by_the_clock(duty.unit) else 0
        return when.late_said(self.late, by_clock, exact=True)

    def _done(self, agency: str, due: str) -> str:
        duty = self.account.duty
        done = self._was_done()
        if self.waited_for:
            return _("{agency}: {due}, {done}").format(agency=agency, due=due, done=done)
        stood = self._stood_at_its_end
        if duty.late_by or (duty.ended_at and duty.ended_at > duty.due_at and not stood):
            end = self.account.stopped_at if stood else duty.ended_at
            said = _("{agency} was late by {length}: {due}, {done}").format(
                agency=agency, length=self._late_until(end or self.now), due=due, done=done
            )
            return f"{said}; {self._since()}" if stood else said
        if stood:
            return f"{agency}: {self._since()}, {done}"
        said = _("{agency} was in time: {due}, {done}").format(agency=agency, due=due, done=done)
        if duty.rung:
            said += "; " + _("reminders went out before it was recorded")
        return said

    @property
    def _stood_at_its_end(self) -> bool:
        """Whether its clock stood when it was done or let go, which may have been recorded later."""
        ended, stopped = self.account.duty.ended_at, self.account.stopped_at
        return ended is not None and stopped is not None and stopped < ended

    def _was_done(self) -> str:
        duty, event = self.account.duty, self.account.ended
        assert duty.ended_at is not None, "what ended has an end"
        ended, letter = self.clock.local_date(duty.ended_at), event.document if event is not None else None
        received = date.fromisoformat(letter.received) if letter is not None and letter.received else None
        done, arrived = _("done {instant}"), _("letter received {instant}")
        if received is not None and received != ended:
            done += ", " + arrived.format(instant=self.dated(received))
        elif received is not None or (letter is not None and event is not None and event.recorded_by):
            done = arrived
        said = done.format(instant=self.moment(duty.ended_at))
        recorded = self.clock.local_date(event.at) if event is not None else None
        if recorded is not None and recorded != ended:
            said += " " + _("(recorded {date})").format(date=self.day(recorded))
        return said

    def _stopped(self, agency: str) -> str:
        turn = self.account.turns[-1]
        what = _("awaiting direction") if self.waited_for and turn.stopped_late else self.left(turn)
        return f"{agency}: {self._since()}, {what}"

    def left_seconds(self, turn: Turn) -> int | None:
        """What a stopped clock had left, negative where it was late by that; None of one that runs."""
        return -turn.late_by(self.clocks[turn.calendar]) if turn.stopped_late else turn.left

    def left(self, turn: Turn) -> str:
        """What a stopped clock had left, or how late it was."""
        seconds = abs(self.left_seconds(turn) or 0)
        length = when.clocked(seconds, exact=True) if turn.clock else when.working(seconds, exact=True)
        return (_("late by {length}") if turn.stopped_late else _("{length} left")).format(length=length)

    def _since(self) -> str:
        at = self.account.stopped_at
        assert at is not None, "it stands still"
        return _("clock stopped since {since}").format(since=self.moment(at))

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
