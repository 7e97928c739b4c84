"""The days on which a rung would reach nobody: what a ladder is worth with the officers that are entered.

    unreached(office, first, days)      gaps, by agency and post
    warn(office, first, days, marks)    the same as warnings (W540), at the agency where the file has it

A rung that tells whoever is late may tell any agency of the register, as long as it exists. On working days somebody
must be at each post; on days off only where a duty is counted by the clock (`h`), for its notices do not wait for the
office to open.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from states.agencies import exists, name_on
from states.commands import Office
from states.errors import N_
from states.marks import Marks
from states.ruleset import DEBTOR, DutyRule, Process
from states.values import Value

MOST_TOLD = 5
"""Of the gaps of one post; of more, the first ones and how many there are."""


class Gap(Value, frozen=True):
    """From `first` to `last`, both included, nobody is reached at `post` of `agency` (a code, `.leader` behind it)."""

    post: str
    first: date
    last: date


def unreached(office: Office, first: date, days: int) -> list[Gap]:
    """Every gap of the `days` from `first` on that the calendar covers, by post, in order of time."""
    wanted, named = _posts(office), office.ruleset.named
    found: list[Gap] = []
    for post in sorted(wanted):
        code, open_ = post.partition(".")[0], None
        for n in range(days):
            day = first + timedelta(days=n)
            if not office.clock.first <= day <= office.clock.last:
                break
            if not (office.clock.is_working(day) or wanted[post]):
                continue  # nobody need be there, and a gap goes on over it
            noon = datetime.combine(day, time(12), office.clock.zone).astimezone(UTC)
            owes = code in named or exists(office.agencies[code], day)
            if owes and not office.reached(post, noon):
                open_ = Gap(post=post, first=open_.first if open_ else day, last=day)
            elif open_ is not None:
                found.append(open_)
                open_ = None
        if open_ is not None:
            found.append(open_)
    return found


def warn(office: Office, first: date, days: int, marks: Marks) -> None:
    """Warn at each agency of the days on which one of its posts, that a rung tells, is held by nobody."""
    gaps: dict[str, list[str]] = {}
    for gap in unreached(office, first, days):
        said = dict.fromkeys(f"{day:%d/%m/%Y}" for day in (gap.first, gap.last))
        gaps.setdefault(gap.post, []).append("-".join(said))
    for post, ranges in gaps.items():
        if len(ranges) > MOST_TOLD:
            ranges[MOST_TOLD:] = [f"… (×{len(ranges)})"]
        code, leader, _ = post.partition(".")
        text = N_("a rung may tell {agency}, where nobody is reached: {days}")
        if leader:
            text = N_("a rung may tell the leader of {agency}, where nobody is reached: {days}")
        name = name_on(office.agencies[code], first) if code in office.agencies else code
        marks.add(("agencies", code), "W540", text, {"agency": name, "days": ranges})


def _posts(office: Office) -> dict[str, bool]:
    """Each post that some rung may tell, and whether it is told on days off too."""
    wanted: dict[str, bool] = {}
    ruleset = office.ruleset
    for process in ruleset.processes.values():
        for rule in process.duties.values():
            clocked = any(take.take.unit == "h" for take in rule.deadline.within)
            for rung in ruleset.rungs(rule):
                for who in rung.tell:
                    for code in _agencies(office, process, rule, who.body):
                        post = f"{code}.leader" if who.leader else code
                        wanted[post] = wanted.get(post, False) or clocked
    return wanted


def _agencies(office: Office, process: Process, rule: DutyRule, body: str) -> list[str]:
    """Whom `body` may mean: those fixed to it, else any agency of the register that is not a body."""
    capacities = rule.owed_by.capacities if body == DEBTOR else (body,) if body in process.capacities else ()
    known = {**office.ruleset.agencies, **office.agencies}
    if not capacities and body in known:
        return [body]
    held = [process.capacities[name].holds for name in capacities]
    if held and all(code in known for code in held):
        return held
    return [code for code, agency in office.agencies.items() if not agency.body]
