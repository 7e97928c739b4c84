"""Whether the calendar reaches far enough for a file: a duty that begins today must be countable to its end (rules-26).

    warn(ruleset, clock, today, marks)      one warning (W541) at `calendar:`, if some duty may not be

Far enough is as long as the longest duty of the file can take: its deadline, every extension, its ladder up to the last
telling. Not a whole case: what a case owes later begins later, when a newer calendar has been published, and some cases
have no bound. A date given from outside says itself how far it reaches, and is refused when it is given.

It is a warning and not an error: the file is as right as it was, it is the calendar that must be continued.
"""

from __future__ import annotations

from datetime import date, timedelta

from states.bounds import longest
from states.errors import N_
from states.marks import Marks
from states.ruleset import Ruleset
from states.worktime import WorkTime


def warn(ruleset: Ruleset, clock: WorkTime, today: date, marks: Marks) -> None:
    """Warn if a duty that begins on `today` may take more working days than `clock` has left."""
    lengths = {
        (process.name, name): longest(rule, ruleset, clock, None)
        for process in ruleset.processes.values()
        for name, rule in process.duties.items()
    }
    if not lengths:
        return
    first = max(lengths, key=lambda duty: lengths[duty])
    left = working_days_left(clock, today)
    if lengths[first] > left:
        text = N_(
            "the calendar covers {first} to {last}: `{duty}`, begun today, may take {days} working days, of which it"
            " has only {left}"
        )
        covered = {"first": f"{clock.first:%d/%m/%Y}", "last": f"{clock.last:%d/%m/%Y}", "left": left}
        hint = N_("continue the calendar: list the days off of the years to come")
        marks.add(("calendar",), "W541", text, {**covered, "duty": first[1], "days": lengths[first]}, hint)


def working_days_left(clock: WorkTime, today: date) -> int:
    """The working days after `today` up to the last day of the calendar; before it begins, none can be counted."""
    days = (clock.last - today).days if today >= clock.first else 0
    return sum(clock.is_working(today + timedelta(days=n)) for n in range(1, days + 1))
