"""One event in the making: the case as it is becoming, and what it opens, ends and moves.

A command works on a `Draft`: it sets fields, ends and opens duties, moves the case (`moves` knows in
which order). `event()` then compares the duties with those before and writes down the difference, so an
event can neither forget a change nor report one that did not happen. The draft is thrown away; the case
is folded from the event.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NoReturn, cast

import msgspec

from states.case import Case, Counted, Duty, Ended, Ending, Event, Left, Moved
from states.commands import Office
from states.deadline import allowance, by_the_clock, count, counted, due_by, lateness, provisional, ran_on, until
from states.errors import N_, Reason, Refused
from states.ladder import armed, not_before_due, steps_of
from states.ruleset import DutyRule
from states.worktime import BeyondCalendar

replace = msgspec.structs.replace


class Draft:
    """The case as one event changes it. `by` is the acting agency, None for the system.

    What goes into `restated` is written down whole, whatever it was before.
    `now` is when it is recorded; `on` when it happened, the same unless given.
    """

    def __init__(
        self, office: Office, case: Case, now: datetime, by: str | None, trigger: str, on: datetime | None = None
    ) -> None:
        self.office, self.before, self.now, self.by, self.trigger = office, case, now, by, trigger
        self.on = now if on is None else on
        self.ours = office.ours(by, self.on) if by is not None else ()
        self.process = office.process(case)
        self.version = case.version + 1
        self.state, self.fields, self.parties = case.state, dict(case.fields), dict(case.parties)
        self.duties = dict(case.duties)
        self.restated: dict[str, Duty] = {}
        self.back_to = case.back_to
        self.suspended = case.suspended_since is not None
        self.paused = case.paused
        self.entered = case.version == 0
        self.final = False

    # ---- what happens to duties -------------------------------------------------------------

    @property
    def alive(self) -> list[Duty]:
        return [duty for duty in self.duties.values() if duty.alive]

    def rule(self, duty: Duty) -> DutyRule:
        return self.process.duties[duty.name]

    def end(self, duty: Duty, how: Ending, answer: str | None = None) -> None:
        """End `duty`. Late is what was done, or let go, after its instant: working seconds."""
        if duty.version == self.version:  # opened by this very event: as if it had never been
            del self.duties[duty.id]
            return
        late = lateness(duty, self.on, self.office.clock) if how != "mistaken" else 0
        self.duties[duty.id] = replace(
            duty, status=how, answer=answer, late_by=late, ended_at=self.on, next_at=None, left=None, ahead=None
        )

    def open(
        self,
        rule: DutyRule,
        debtor: tuple[str | None, dict[str, Any] | None],
        about: str | None = None,
        like: Duty | None = None,
        made_of: Counted | None = None,
    ) -> None:
        """Open a duty of `rule` for `debtor` (agency, row): its clock starts with the act for who acted, else now.

        `like` is the duty it stands in for: of the same state, and stopped at once where that was parked.
        `made_of` says when it is due where the act does, and not the rule.
        """
        agency, row = debtor
        start = self.on if agency in self.ours or agency == self.by else self.now
        number = 1 + sum(d.name == rule.name and d.agency == agency for d in self.duties.values())
        try:
            if rule.deadline.by_act and made_of is None and like is not None:
                made_of = like.counted
            made_of = made_of or counted(rule, self.fields, row, start)
            due = count(made_of, self.office.clock)
            taken = allowance(rule, self.fields, row)
            duty = Duty(
                id=f"{rule.name}@{agency or '-'}" + (f".{number}" if number > 1 else ""),
                name=rule.name,
                agency=agency,
                about=about,
                row=row,
                unit=taken.unit if taken else None,
                opened_at=start,
                due_at=due,
                version=self.version,
                state=like.state if like else self.state,
                provisional=provisional(made_of, due, self.office.clock),
                counted=made_of,
            )
            duty = self.armed(duty, 0)
            stopped = like.left is not None if like is not None else self.stops(rule) and self.paused
            self.duties[duty.id] = self.parked(duty) if stopped else duty
        except LookupError as missing:
            self.refuse_undated(rule, missing)
        except BeyondCalendar:
            self.refuse(
                Reason(
                    code="beyond_calendar",
                    values={"duty": rule.name},
                    text=N_("{duty} would fall due outside the years the calendar covers"),
                )
            )

    def armed(self, duty: Duty, start: int) -> Duty:
        """`duty` with its timer set to the first step of its ladder from `start` on."""
        steps = steps_of(self.office.ruleset.rungs(self.rule(duty)))
        return armed(steps, self.case, duty, self.office.clock, self.now, start)

    @staticmethod
    def stops(rule: DutyRule) -> bool:
        """Whether the clock of a duty of `rule` stops with the case's. A date given from outside runs on, as a rule."""
        return not (rule.deadline.given and rule.runs_on)

    def park(self) -> None:
        """Stop the clock of every duty that stops."""
        for duty in self.alive:
            if duty.left is None and self.stops(self.rule(duty)):
                self.duties[duty.id] = self.parked(duty)

    def parked(self, duty: Duty) -> Duty:
        clocked = by_the_clock(duty.unit)

        def remaining(at: datetime) -> int:
            return until(self.office.clock, self.now, at, by_clock=clocked)

        waits = duty.next_at if duty.rung else None  # before the first rung the timer follows from the due instant
        left = Left(
            due=remaining(duty.due_at),
            next=None if waits is None else max(0, remaining(waits)),
            clock=clocked,
            at=self.now,
        )
        return replace(duty, status="parked", next_at=None, left=left, ahead=None)

    def resumed(self, duty: Duty) -> Duty:
        left = duty.left
        assert left is not None, "only a parked duty resumes"

        start = self.now if left.at is None else ran_on(left.at, self.now)
        made_of = Counted(start=start, left=left.due, clock=left.clock)
        ahead = replace(made_of, left=left.next) if left.next is not None else None
        next_at = None if ahead is None else count(ahead, self.office.clock)
        running = replace(duty, status="open", next_at=next_at, left=None, ahead=ahead)
        before = self.before.duties.get(duty.id)
        if before is None or before.left is None:
            pass  # stopped by the very act that lets the clock run: it never stood
        elif left.at is not None and duty.due_at < left.at:
            running = not_before_due(replace(running, stood=(*duty.stood, (left.at, self.now))))
        else:
            running = due_by(replace(running, stood=()), made_of, self.office.clock)
        return running if duty.rung and left.next is not None else self.armed(running, duty.step)

    # ---- the result -------------------------------------------------------------------------

    @property
    def case(self) -> Case:
        """The case as far as it has become; for asking, never for keeping."""
        return replace(self.before, fields=self.fields, parties=self.parties, duties=self.duties, state=self.state)

    def refuse(self, *reasons: Reason) -> NoReturn:
        raise Refused(self.before.case, self.trigger, reasons)

    def refuse_undated(self, rule: DutyRule, missing: LookupError) -> NoReturn:
        """The date that a duty of `rule` is counted from is `missing`."""
        text = N_("{duty} has no deadline: {field} is not given")
        self.refuse(Reason(code="no_date", text=text, values={"duty": rule.name, "field": str(missing.args[0])}))

    def event(self, **header: Any) -> Event:
        """The event: its header, and the difference between the case before and now."""
        before = self.before
        stopped = before.suspended_since is not None
        same = (self.suspended, self.back_to) == (stopped, before.back_to)
        return Event(
            case=before.case,
            version=self.version,
            at=self.now,
            on=self.on,
            by=self.by,
            calendar=self.office.calendar,
            to=self.state if self.entered else None,
            from_=before.state if self.entered and before.version else None,
            inputs=_changed(before.fields, self.fields),
            parties={k: v for k, v in self.parties.items() if before.parties.get(k) != v},
            opened=tuple(d for d in self.duties.values() if d.id not in before.duties),
            ended=tuple(
                Ended(duty=d.id, how=cast(Ending, d.status), answer=d.answer, late_by=d.late_by)
                for d in self._differing()
                if d.status not in ("open", "parked")
            ),
            moved=tuple(
                Moved(
                    duty=d.id,
                    due_at=d.due_at,
                    next_at=d.next_at,
                    step=d.step,
                    rung=d.rung,
                    left=d.left,
                    provisional=d.provisional,
                    counted=d.counted if d.counted != before.duties[d.id].counted else None,
                    ahead=d.ahead,
                    stood=d.stood if d.stood != before.duties[d.id].stood else None,
                )
                for d in self._differing()
                if d.alive
            ),
            final=True if self.final else None,
            suspended=None if same else self.suspended,
            restated=tuple(self.restated.values()),
            **header,
        )

    def _differing(self) -> list[Duty]:
        before = self.before.duties
        return [d for d in self.duties.values() if d.id in before and d != before[d.id] and d.id not in self.restated]


def _changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What to record of the fields: new values; of a value per agency, only the agencies that gave one."""
    changed: dict[str, Any] = {}
    for name, value in after.items():
        old = before.get(name)
        if value == old and name in before:
            continue
        if isinstance(value, dict) and isinstance(old, dict):
            value = {key: item for key, item in value.items() if old.get(key) != item}
        changed[name] = value
    return changed
