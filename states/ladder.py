"""Ladders: who is told when a duty is not done, and when the next of them is.

A ladder's rungs are unrolled into steps: a repeated rung is one step for each time it tells. A duty
keeps the number of steps behind it, so its next instant is the only timer it needs. Warnings come
before the due instant; the first other rung is reached at due and is rung 1.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from states.case import Case, Counted, Duty
from states.deadline import count
from states.ruleset import DEBTOR, Rung, Who
from states.values import Value
from states.worktime import BeyondCalendar, Duration, WorkTime


class Step(Value, frozen=True):
    """One climb to come: the rung it reaches, as people count them, and the time since the climb before.

    `warn` is the time before due (warnings only). The first step that is no warning waits for due.
    """

    rung: Rung
    number: int
    warn: Duration | None = None
    wait: Duration | None = None
    fires: str | None = None


def steps_of(rungs: tuple[Rung, ...]) -> list[Step]:
    """`rungs` unrolled."""
    steps: list[Step] = []
    number, wait = 0, None
    for rung in rungs:
        if rung.warn:
            steps.append(Step(rung=rung, number=0, warn=rung.warn))
            continue
        number += 1
        repeats = rung.times if rung.every else 0
        for told in range(repeats + 1):
            steps.append(
                Step(
                    rung=rung,
                    number=number,
                    wait=wait if told == 0 else rung.every,
                    fires=rung.fires if told == repeats else None,
                )
            )
        wait = rung.allow
    return steps


def current(steps: list[Step], duty: Duty, now: datetime) -> int:
    """The step a duty climbs at `now`. A warning after the due instant would be a lie: passed over."""
    step = duty.step
    while step < len(steps) and steps[step].warn and now >= duty.due_at:
        step += 1
    return step


def armed(steps: list[Step], case: Case, duty: Duty, clock: WorkTime, now: datetime, start: int) -> Duty:
    """`duty` with its timer set to the first step from `start` on that is not passed over.

    Passed over are warnings whose moment lies before the opening, and rungs that tell only bodies
    already told since due (unless they repeat or fire). The allowance in force is the one of the rung
    last reached, however many are passed over. A step beyond the end of the calendar has no instant yet; where the
    calendar has not even begun, `BeyondCalendar`.
    """
    step = start
    while step < len(steps) and _passed_over(steps[step], case, duty, clock):
        step += 1
    if step >= len(steps):
        return msgspec.structs.replace(duty, step=step, next_at=None, ahead=None)
    ahead: Counted | None = None
    at: datetime | None
    if (warn := steps[step].warn) is not None:
        at = clock.warn_at(duty.due_at, warn)
    elif (wait := steps[start].wait) is None:
        at = duty.due_at
    else:
        ahead = Counted(start=now, take=str(wait))
        try:
            at = count(ahead, clock)
        except BeyondCalendar:
            if now < clock.begins:  # a machine's clock that stands years back: no newer calendar would ever set it
                raise
            at = None
    return msgspec.structs.replace(duty, step=step, next_at=at, ahead=ahead)


def not_before_due(duty: Duty) -> Duty:
    """`duty`, due anew after it reached a rung: the next one never comes before it is due again."""
    if not duty.rung or duty.next_at is None:
        return duty
    return msgspec.structs.replace(duty, next_at=max(duty.next_at, duty.due_at))


def waits_for_calendar(duty: Duty) -> bool:
    """Whether the next step of `duty` lies beyond the end of the calendar: a newer one sets it."""
    return duty.status == "open" and duty.next_at is None and duty.ahead is not None


def passed_on(steps: list[Step], duty: Duty, position: int, now: datetime) -> Duty:
    """`duty`, armed after its step at `position` found nobody: the next rung is due at once.

    A warning has its due instant ahead, and the last rung has nobody to pass it on to: they keep their times.
    """
    if steps[position].warn or duty.step >= len(steps) or steps[position].rung.every:
        return duty
    return msgspec.structs.replace(duty, next_at=now, ahead=None)


def _passed_over(step: Step, case: Case, duty: Duty, clock: WorkTime) -> bool:
    if step.warn:
        try:
            return clock.warn_at(duty.due_at, step.warn) < duty.opened_at
        except BeyondCalendar:  # before the calendar begins, so before anything was opened
            return True
    if step.rung.every or step.fires:
        return False
    posts = posts_of(step.rung.tell, case, duty)
    return bool(posts) and set(posts) <= set(duty.told)


def posts_of(tell: tuple[Who, ...], case: Case, duty: Duty) -> tuple[str, ...]:
    """Whom a rung tells about `duty`: agency codes, `.leader` for the leader, each once."""
    posts: list[str] = []
    for who in tell:
        if who.body == DEBTOR:
            agencies: tuple[str, ...] = (duty.agency,) if duty.agency else ()
        else:
            agencies = case.parties.get(who.body, ()) if who.body in case.parties else (who.body,)
        posts += [f"{agency}.leader" if who.leader else agency for agency in agencies]
    return tuple(dict.fromkeys(posts))
