"""Control of the clock, as far as the rules allow it, and reminders by hand.

    extend(...)     more time for a duty            suspend(...)    stop the clock of the case, until a day of review
    waive(...)      letting a duty go               resume(...)     let it run again
    nudge(...)      somebody was reminded: for the record, no clock changes

A suspension parks what a suspending state would park, and opens a duty of whoever suspended to review it: so it is in
an inbox, is told when its day has come, and shows among the stuck. While it lasts, everything may be done that may be
done otherwise; what is asked anew waits with all its time, and whoever takes the case to another state ends it.
"""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from states.case import Case, Counted, Duty, Event
from states.commands import Act, Extend, Nudge, Office, Resume, Suspend, Waive
from states.dates import happened
from states.deadline import count, due_by, run_on
from states.draft import Draft
from states.errors import N_, Reason, Refused
from states.evolve import evolve
from states.ladder import not_before_due
from states.moves import end_review
from states.ruleset import RESUME
from states.worktime import BeyondCalendar, Duration, WorkTime

replace = msgspec.structs.replace


def extend(office: Office, case: Case, command: Extend, now: datetime) -> tuple[list[Event], Case]:
    duty = _meant(case, command, "extend")
    on = happened(office, case, command, now)
    draft = Draft(office, case, now, command.by, "extend", on)
    allowed = draft.rule(duty).extend
    if allowed is None:
        draft.refuse(
            Reason(
                code="not_extendable",
                text=N_("the rules allow no extension of {duty}"),
                values={"duty": duty.id},
            )
        )
    must_hold(draft, allowed.by)
    must_explain(draft, command)
    reasons = []
    if duty.status == "parked":
        reasons.append(Reason(code="parked", text=N_("the clock of {duty} is stopped"), values={"duty": duty.id}))
    elif on > duty.due_at:
        reasons.append(Reason(code="overdue", text=N_("{duty} is overdue already"), values={"duty": duty.id}))
    if duty.extended >= allowed.times:
        reasons.append(
            Reason(
                code="times",
                text=N_("already done {times} times, which is the limit"),
                values={"times": allowed.times},
            )
        )
    given = _given(duty, office.clock, str(command.time))
    if count(given, office.clock) > _latest(duty, office.clock, allowed.at_most):
        reasons.append(
            Reason(
                code="too_long",
                text=N_("an extension is {most} at most"),
                values={"most": str(allowed.at_most)},
            )
        )
    if reasons:
        draft.refuse(*reasons)
    made_of, stood = run_on(given, duty.stood, office.clock)
    later = due_by(replace(duty, stood=stood, extended=duty.extended + 1), made_of, office.clock)
    later = draft.armed(later, duty.step)
    draft.duties[duty.id] = not_before_due(later)  # given in time, it may be recorded after a rung
    event = draft.event(kind="extended", duty=duty.id, length=str(command.time), **command.carried)
    return [event], evolve(case, event)


def waive(office: Office, case: Case, command: Waive, now: datetime) -> tuple[list[Event], Case]:
    duty = _meant(case, command, "waive")
    draft = Draft(office, case, now, command.by, "waive", happened(office, case, command, now))
    by = draft.rule(duty).waive_by
    if not by:
        draft.refuse(
            Reason(
                code="not_waivable",
                text=N_("the rules do not allow {duty} to be waived"),
                values={"duty": duty.id},
            )
        )
    must_hold(draft, by)
    must_explain(draft, command)
    draft.end(duty, "waived")
    event = draft.event(kind="waived", **command.carried)
    return [event], evolve(case, event)


def _given(duty: Duty, clock: WorkTime, length: str) -> Counted:
    """What the due instant of `duty` is made of with `length` more.

    A new due instant is counted over the newest calendar, all of it. Where that would begin sooner than the
    instant that was promised, or nobody knows what that was made of, the promised instant stands.
    """
    known = duty.counted
    if known is None or count(known, clock) < duty.due_at:
        known = Counted(start=duty.due_at, left=0)
    return replace(known, more=(*known.more, length))


def _latest(duty: Duty, clock: WorkTime, most: Duration) -> datetime:
    """The latest instant to which `duty` may be extended, in whatever unit that is asked."""
    try:
        return count(_given(duty, clock, str(most)), clock)
    except BeyondCalendar:
        return clock.ends


# ---- the clock of the whole case ------------------------------------------------------------------


def suspend(office: Office, case: Case, command: Suspend, now: datetime) -> tuple[list[Event], Case]:
    draft = Draft(office, case, now, command.by, "suspend", happened(office, case, command, now))
    rule = draft.process.suspend
    if rule is None or RESUME not in draft.process.duties:  # an edition published before there was this command
        draft.refuse(Reason(code="not_suspendable", text=N_("the rules do not allow this process to be suspended")))
    must_hold(draft, rule.by)
    must_explain(draft, command)
    if case.final:
        draft.refuse(Reason(code="final", text=N_("the case has ended: {state}"), values={"state": case.state}))
    if case.suspended_since is not None:
        since = {"instant": case.suspended_since.isoformat()}
        draft.refuse(Reason(code="suspended", text=N_("the clock is stopped since {instant}"), values=since))
    review = Counted(start=now, by=_day(draft, command.until))
    ends = count(review, office.clock)
    if ends <= now:
        draft.refuse(Reason(code="in_past", text=N_("{date} has passed"), values={"date": command.until}))
    if ends > office.clock.add(now, rule.at_most):
        most = {"most": str(rule.at_most)}
        draft.refuse(Reason(code="too_long", text=N_("a suspension is {most} at most"), values=most))
    draft.park()
    draft.suspended = draft.paused = True
    draft.open(draft.process.duties[RESUME], (command.by, None), made_of=review)
    event = draft.event(kind="suspended", **command.carried)
    return [event], evolve(case, event)


def _day(draft: Draft, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        text = text[:20]
        draft.refuse(Reason(code="wrong_type", text=N_("{value} is no date"), values={"value": text}))


def resume(office: Office, case: Case, command: Resume, now: datetime) -> tuple[list[Event], Case]:
    draft = Draft(office, case, now, command.by, "resume", happened(office, case, command, now))
    if not case.paused or draft.process.suspend is None:
        text = N_("the case is not suspended")
        if case.suspended_since is not None:
            text = N_("the clock is stopped by the state {state}, and runs again when the case leaves it")
        draft.refuse(Reason(code="not_suspended", text=text, values={"state": case.state}))
    must_hold(draft, draft.process.suspend.by)
    end_review(draft, "done")
    draft.suspended = draft.paused = False
    for duty in draft.alive:
        if duty.left is not None:
            draft.duties[duty.id] = draft.resumed(duty)
    event = draft.event(kind="resumed", **command.carried)
    return [event], evolve(case, event)


# ---- reminders by hand ----------------------------------------------------------------------------


def nudge(office: Office, case: Case, command: Nudge, now: datetime) -> tuple[list[Event], Case]:
    duty = _meant(case, command, "nudge")
    draft = Draft(office, case, now, command.by, "nudge", happened(office, case, command, now))
    must_hold(draft, tuple(draft.process.capacities))
    if duty.agency is None:
        draft.refuse(Reason(code="nobody_owes", text=N_("{duty} is owed by nobody"), values={"duty": duty.id}))
    if duty.agency in draft.ours:
        draft.refuse(Reason(code="own_duty", text=N_("{duty} is your own duty"), values={"duty": duty.id}))
    if duty.status == "parked":
        draft.refuse(Reason(code="parked", text=N_("the clock of {duty} is stopped"), values={"duty": duty.id}))
    event = draft.event(kind="nudged", duty=duty.id, channel=command.channel, **command.carried)
    return [event], evolve(case, event)


# ---- which duty, who, why -------------------------------------------------------------------------


def _meant(case: Case, command: Extend | Waive | Nudge, verb: str) -> Duty:
    found = [duty for duty in case.alive if duty.is_called(command.duty)]
    exact = [duty for duty in found if duty.id == command.duty]
    found = exact or found
    if len(found) == 1:
        return found[0]
    if found:
        raise Refused(
            case.case,
            verb,
            (
                Reason(
                    code="which_duty",
                    text=N_("say which is meant: {duties}"),
                    values={"duties": [d.id for d in found]},
                ),
            ),
        )
    raise Refused(
        case.case,
        verb,
        (
            Reason(
                code="nothing_owed",
                text=N_("nothing of this is owed now: {duties}"),
                values={"duties": [command.duty]},
            ),
        ),
    )


def must_hold(draft: Draft, by: tuple[str, ...]) -> None:
    """Raises `Refused` unless the acting agency holds one of these capacities."""
    if not any(code in draft.ours for capacity in by for code in draft.parties.get(capacity, ())):
        draft.refuse(
            Reason(
                code="not_your_act",
                text=N_("{agency} may not do this; it is for: {capacities}"),
                values={"agency": draft.by, "capacities": list(by)},
            )
        )


def must_explain(draft: Draft, command: Act) -> None:
    """Raises `Refused` for an act without a reason."""
    if not (command.reason or "").strip():
        draft.refuse(Reason(code="reason_required", text=N_("a reason is required")))
