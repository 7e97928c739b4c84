"""What can this agency do now, and why not the rest? Asked with the same code that decides."""

from __future__ import annotations

from datetime import datetime

from states.case import Case
from states.commands import Office
from states.errors import Reason
from states.guards import Attempt, choose, hits
from states.ruleset import BACK, SYSTEM, Transition
from states.values import Value


class Option(Value, frozen=True):
    """A trigger, with the duty it would discharge where several are owed.

    `to` is the state it leads to (the case's own when it stays); `inputs` are required, `takes` may be given.
    """

    trigger: str
    allowed: bool
    to: str
    reasons: tuple[Reason, ...] = ()
    inputs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    duty: str | None = None


def options(office: Office, case: Case, agency: str, now: datetime) -> list[Option]:
    """Every trigger an agency can ever fire, in the order of the rules file: allowed now, or why not."""
    process = office.process(case)
    triggers = dict.fromkeys(line.trigger for line in process.transitions if line.by != (SYSTEM,))
    found: list[Option] = []
    for trigger in triggers:
        attempt = Attempt(office, process, case, trigger, agency, at=now)
        line = choose(attempt)
        if isinstance(line, tuple):
            first = next(t for t in process.transitions if t.trigger == trigger)
            found.append(Option(trigger=trigger, allowed=False, to=_target(first, case), reasons=line))
            continue
        owed = hits(line, attempt) if line.discharges else []
        for duty in [d.id for d in owed] if len(owed) > 1 else [None]:
            found.append(
                Option(
                    trigger=trigger,
                    allowed=True,
                    to=_target(line, case),
                    inputs=line.inputs,
                    takes=line.takes,
                    duty=duty,
                )
            )
    return found


def _target(line: Transition, case: Case) -> str:
    if line.to == BACK:
        return case.back_to or case.state
    return line.to or case.state
