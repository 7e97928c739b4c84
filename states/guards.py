"""Guards: whether a line of the table may be taken now, and every reason why not.

A rule is chosen by who acts, `when`, `settled`, `discharges` and `times`, in file order; what the act
carries (inputs) never chooses it and is checked afterwards, in `inputs`. `decide` and `options` ask the
same questions here, so there is no second rulebook.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from states.case import Case, Duty
from states.commands import Office
from states.deadline import holds
from states.errors import N_, Reason, Refused
from states.machine import START, resolve
from states.ruleset import ANY, DEBTOR, OPEN, SIGNATORIES, SYSTEM, Capacity, Process, Term, Transition


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to fire a trigger. `by` None is the system; `duty` names the duty meant or expired.

    `at` is when the act happened: an agency acts for those it has succeeded by then. `ours` are the codes
    under which the case may know the acting agency.
    """

    office: Office
    process: Process
    case: Case
    trigger: str
    by: str | None
    duty: str | None = None
    at: datetime | None = None
    ours: tuple[str, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        if self.by is not None:
            ours = self.office.ours(self.by, self.at) if self.at is not None else (self.by,)
            object.__setattr__(self, "ours", ours)


def choose(attempt: Attempt) -> Transition | tuple[Reason, ...]:
    """The line of the table this takes, or the reasons why none can be taken."""
    if attempt.case.final:
        return (Reason(code="final", text=N_("the case has ended: {state}"), values={"state": attempt.case.state}),)
    state = START if attempt.case.version == 0 else attempt.case.state
    refused: list[tuple[Reason, ...]] = []

    def may(line: Transition) -> bool:
        unmet = refusals(line, attempt)
        refused.append(unmet)
        return not unmet

    line = resolve(attempt.process, state, attempt.trigger, may)
    if line is not None:
        return line
    return _nearest(refused) or (_elsewhere(attempt),)


def chosen(attempt: Attempt) -> Transition:
    """As `choose`; raises `Refused` when there is no such line, or when the duty meant is unclear or another's."""
    line = choose(attempt)
    if isinstance(line, tuple):
        raise Refused(attempt.case.case, attempt.trigger, line)
    found = hits(line, attempt) if line.discharges else []
    if attempt.by is not None and attempt.duty is not None and not (found or _all_meant(line, attempt)):
        text, values = N_("this step does not discharge {duty}"), {"duty": attempt.duty}
        raise Refused(attempt.case.case, attempt.trigger, (Reason(code="not_its_duty", text=text, values=values),))
    if len(found) > 1:
        meant = Reason(
            code="which_duty",
            text=N_("say which is meant: {duties}"),
            values={"duties": [d.id for d in found]},
        )
        raise Refused(attempt.case.case, attempt.trigger, (meant,))
    return line


def refusals(line: Transition, attempt: Attempt) -> tuple[Reason, ...]:
    """Every reason why `line` may not be taken by this act; none when it may."""
    if (stranger := _not_theirs(line, attempt)) is not None:
        return (stranger,)  # whoever may not act at all is told that, and no more
    reasons = []
    failed = tuple(term for term in line.when if not holds((term,), attempt.case.fields, None))
    if failed:
        reasons.append(Reason(code="condition", text=N_("only where: {terms}"), values={"terms": _written(failed)}))
    unsettled = [d.id for d in attempt.case.alive if d.name in line.settled]
    if unsettled:
        reasons.append(
            Reason(code="not_settled", text=N_("still to be done first: {duties}"), values={"duties": unsettled})
        )
    if line.discharges and not hits(line, attempt):
        names = list(line.discharges)
        reasons.append(
            Reason(
                code="nothing_owed",
                text=N_("nothing of this is owed now: {duties}"),
                values={"duties": names},
            )
        )
    if line.times and attempt.case.taken.get(line.id, 0) >= line.times:
        reasons.append(
            Reason(
                code="times",
                text=N_("already done {times} times, which is the limit"),
                values={"times": line.times},
            )
        )
    return tuple(reasons)


def hits(line: Transition, attempt: Attempt) -> list[Duty]:
    """The duties one of which the plain names of `discharges` would close: the actor's own.

    A duty owed by one capacity may be closed by whoever may fire; one `about` its actor only by that
    agency; by the system it is the duty that expired. A parked duty may be discharged. To name one that the line
    ends besides (`all`) picks none of them.
    """
    found, ours = [], attempt.ours
    picked = attempt.duty is not None and not _all_meant(line, attempt)
    for duty in attempt.case.alive:
        rule = attempt.process.duties[duty.name]
        if duty.name not in line.discharges or (picked and not duty.is_called(attempt.duty or "")):
            continue
        if attempt.by is None:
            theirs = attempt.duty is not None
        elif rule.about_actor:
            theirs = duty.about in ours
        elif rule.owed_by.each or rule.owed_by.rows is not None or DEBTOR in line.by:
            theirs = duty.agency in ours
        else:
            theirs = True
        if theirs:
            found.append(duty)
    # `settle@btg` is the id of one duty and the short name of `settle@btg.2` too: an id wins.
    return [duty for duty in found if duty.id == attempt.duty] or found


def _all_meant(line: Transition, attempt: Attempt) -> bool:
    """Whether an agency names a duty that `line` only ends with all of its name, whoever owes them."""
    if attempt.by is None or attempt.duty is None:
        return False
    names = {*line.discharges_all} - {*line.discharges}
    return any(duty.name in names and duty.is_called(attempt.duty) for duty in attempt.case.alive)


def may_hold(capacity: Capacity, agency: str, office: Office, at: datetime | None = None) -> bool:
    """Whether `agency` may be named into `capacity` at all at `at`."""
    seed = office.agencies.get(agency)
    if seed is None:
        return False
    if capacity.holds == SIGNATORIES:
        return seed.signatory or any(office.agencies[code].signatory for code in _succeeded(agency, office, at))
    if capacity.holds in (ANY, agency):
        return True
    return at is not None and office.acting(capacity.holds, at) == agency


def _succeeded(agency: str, office: Office, at: datetime | None) -> tuple[str, ...]:
    return office.ours(agency, at) if at is not None else ()


def _not_theirs(line: Transition, attempt: Attempt) -> Reason | None:
    if attempt.by is None:
        if SYSTEM in line.by:
            return None
        return Reason(
            code="not_automatic",
            text=N_("{trigger} is not done by the system"),
            values={"trigger": attempt.trigger},
        )
    if DEBTOR in line.by and any(d.agency in attempt.ours and d.name in line.discharges for d in attempt.case.alive):
        return None
    if _holds_part(line, attempt, attempt.by):
        return None
    if line.by == (SYSTEM,):
        return Reason(
            code="automatic",
            text=N_("{trigger} happens by itself when its time comes"),
            values={"trigger": attempt.trigger},
        )
    if line.by == (DEBTOR,):
        return Reason(
            code="nothing_owed",
            text=N_("nothing of this is owed now: {duties}"),
            values={"duties": list(line.discharges)},
        )
    return _stranger(attempt, (line,))


def _holds_part(line: Transition, attempt: Attempt, agency: str) -> bool:
    """Whether `agency` is in one of the capacities a line is for; who opens may be whoever can hold it."""
    named = [capacity for capacity in line.by if capacity not in (SYSTEM, DEBTOR)]
    if attempt.trigger == OPEN and attempt.case.version == 0:
        known = attempt.process.capacities
        return any(may_hold(known[capacity], agency, attempt.office, attempt.at) for capacity in named)
    ours = attempt.ours
    return any(code in ours for capacity in named for code in attempt.case.parties.get(capacity, ()))


def _stranger(attempt: Attempt, lines: Sequence[Transition]) -> Reason:
    named = dict.fromkeys(c for line in lines for c in line.by if c not in (SYSTEM, DEBTOR))
    return Reason(
        code="not_your_act",
        text=N_("{agency} may not do this; it is for: {capacities}"),
        values={"agency": attempt.by, "capacities": list(named)},
    )


def _elsewhere(attempt: Attempt) -> Reason:
    """Nothing of this trigger here: it is unknown, for others, or belongs to other states."""
    lines = [
        line for line in (*attempt.process.opening, *attempt.process.transitions) if line.trigger == attempt.trigger
    ]
    if not lines:
        return Reason(
            code="unknown_trigger",
            text=N_("there is no {trigger} in this process"),
            values={"trigger": attempt.trigger},
        )
    theirs = [
        line for line in lines if attempt.by is None or DEBTOR in line.by or _holds_part(line, attempt, attempt.by)
    ]
    if not theirs and any(line.by != (SYSTEM,) for line in lines):
        return _stranger(attempt, lines)
    states = list(dict.fromkeys(s for line in theirs or lines for s in line.sources))
    return Reason(
        code="wrong_state",
        text=N_("not possible while {state}; it is possible while: {states}"),
        values={"state": attempt.case.state, "states": states},
    )


def _nearest(refused: Sequence[tuple[Reason, ...]]) -> tuple[Reason, ...]:
    """The reasons that help: not those of lines for others, nor for other kinds of case, where there are more."""

    def distance(reasons: tuple[Reason, ...]) -> int:
        codes = {reason.code for reason in reasons}
        return 2 if codes & {"not_your_act", "automatic"} else 1 if "condition" in codes else 0

    least = min(map(distance, refused), default=0)
    kept: list[Reason] = []
    for reasons in refused:
        kept += [reason for reason in reasons if distance(reasons) == least and reason not in kept]
    return tuple(kept)


def _written(terms: tuple[Term, ...]) -> list[str]:
    """Conditions for people: field names, `!` before what must not hold, values behind `=`."""
    return [("!" if t.negated else "") + t.name + ("=" + "|".join(t.values) if t.values else "") for t in terms]
