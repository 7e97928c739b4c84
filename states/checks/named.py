"""What a database makes of rules: the register has the agencies they name, people are there, the calendar goes on.

without_calendar(ruleset, folder, marks)    the error (E461) for a file whose calendar is not there
check_named(ruleset, office, now, marks)    an error (E460) for each agency that is not there: asked when publishing
warn_of(ruleset, office, now, marks)        warnings of posts that nobody holds, of a calendar that ends too soon
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from states import horizon, staffing
from states.commands import Office
from states.errors import N_, BadFile
from states.marks import Marks
from states.ruleset import Ruleset

YEAR = 365  # days


def without_calendar(ruleset: Ruleset, folder: str, marks: Marks) -> BadFile:
    """The error to raise when the calendar that `ruleset`, of a file in `folder`, names is not there."""
    text, hint = N_("there is no calendar {name}"), N_("it is looked for at {path}")
    wanted = {"path": f"{folder}/calendars/{ruleset.calendar}.yaml"}
    marks.add(("calendar",), "E461", text, {"name": ruleset.calendar}, hint, wanted)
    return marks.bad_file()


def check_named(ruleset: Ruleset, office: Office, now: datetime, marks: Marks) -> None:
    """Raises `BadFile` for agencies that `ruleset` names and the office's register does not have at `now`."""
    text = N_("{agency} is not in the register, or has ended without a successor")
    for code in sorted(ruleset.named):
        if office.acting(code, now) is None:
            hint = N_("enter it first: phoihop agency add")
            marks.add(("agencies", code), "E460", text, {"agency": code}, hint)
    marks.raise_if_bad()


def warn_of(ruleset: Ruleset, office: Office, now: datetime, marks: Marks) -> None:
    """Warn of what `ruleset` would lack under `office` in the year from `now` on: people (W540), days (W541)."""
    today = office.clock.local_date(now)
    staffing.warn(replace(office, ruleset=ruleset), today, YEAR, marks)
    horizon.warn(ruleset, office.clock, today, marks)
