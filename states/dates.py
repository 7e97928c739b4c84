"""When an act happened: two dates on every act.

`at` is when an act is recorded, `on` when it happened, as its document says. Whether a duty was done in
time is judged by `on`; a duty of the acting agency counts from `on`, one of another agency from `at`:
nobody is late before being told.
"""

from __future__ import annotations

from datetime import datetime

from states.case import Case
from states.commands import Act, Office
from states.errors import N_, Reason, Refused
from states.standing import verb
from states.worktime import BeyondCalendar


def happened(office: Office, case: Case | None, command: Act, now: datetime) -> datetime:
    """When `command` happened. Raises `Refused` for what lies ahead, before the case, or too far back unexplained."""
    on = command.on
    if on is None or on == now:
        return now
    reasons = []
    if on > now:
        reasons.append(
            Reason(code="in_future", text=N_("{instant} has not come yet"), values={"instant": on.isoformat()})
        )
    if case is not None and on < case.opened_on:
        reasons.append(
            Reason(
                code="before_case",
                text=N_("the case was not opened before {instant}"),
                values={"instant": case.opened_on.isoformat()},
            )
        )
    if not reasons and not (command.reason or "").strip() and _far_back(office, on, now):
        reasons.append(Reason(code="reason_required", text=N_("an act so far back needs a reason")))
    if reasons:
        raise Refused(case.case if case else "", verb(command), tuple(reasons))
    return on


def _far_back(office: Office, on: datetime, now: datetime) -> bool:
    """Further back than the rules' `backdate` allows; without one, any backdating is."""
    if office.ruleset.backdate is None:
        return True
    try:
        return office.clock.add(on, office.ruleset.backdate) < now
    except BeyondCalendar:
        return True
