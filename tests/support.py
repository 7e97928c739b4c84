"""What many tests need: an office made from real files."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from states.commands import Office
from states.loader import load_calendar, load_rules
from states.worktime import WorkTime

ROOT = Path(__file__).parent.parent


@cache
def calendar_vn() -> WorkTime:
    """The shipped Vietnamese calendar."""
    return WorkTime(load_calendar((ROOT / "calendars/vn.yaml").read_bytes(), "vn.yaml"))


@cache
def office_of(path: str) -> Office:
    """The office of one rules file (a path from the project's root) and the shipped calendar."""
    text = (ROOT / path).read_bytes()
    ruleset = load_rules(text, path)
    return Office(
        ruleset=ruleset,
        edition=hashlib.sha256(text).hexdigest(),
        clock=calendar_vn(),
        calendar="0" * 64,
        agencies=ruleset.agencies,
    )
