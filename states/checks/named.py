"""Whether the register has the agencies that rules name: asked when they are published, not before."""

from __future__ import annotations

from datetime import datetime

from states.commands import Office
from states.errors import N_
from states.marks import Marks
from states.ruleset import Ruleset


def check_named(ruleset: Ruleset, office: Office, now: datetime, marks: Marks) -> None:
    """Raises `BadFile` for agencies that `ruleset` names and the office's register does not have at `now`."""
    text = N_("{agency} is not in the register, or has ended without a successor")
    for code in sorted(ruleset.named):
        if office.acting(code, now) is None:
            hint = N_("enter it first: phoihop agency add")
            marks.add(("agencies", code), "E460", text, {"agency": code}, hint)
    marks.raise_if_bad()
