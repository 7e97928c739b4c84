"""What many tests need: an office made from real files."""

from __future__ import annotations

import hashlib
import random
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import msgspec

from states.calendar import Calendar, Day, Hours
from states.commands import Office
from states.loader import load_calendar, load_rules
from states.ruleset import Ruleset
from states.worktime import WorkTime

ROOT = Path(__file__).parent.parent


@cache
def calendar_vn() -> WorkTime:
    """The shipped Vietnamese calendar."""
    return WorkTime(load_calendar((ROOT / "calendars/vn.yaml").read_bytes(), "vn.yaml"))


@cache
def edited_calendars(count: int = 8) -> dict[str, WorkTime]:
    """The shipped calendar as it might be published later, by digest: days given off, Saturdays worked, other hours."""
    found = [calendar_vn().calendar, *(_edited(calendar_vn().calendar, random.Random(n)) for n in range(1, count))]
    return {hashlib.sha256(msgspec.json.encode(one)).hexdigest(): WorkTime(one) for one in found}


def _edited(calendar: Calendar, dice: random.Random) -> Calendar:
    days = {listed.date: listed for listed in calendar.days}
    for gone in dice.sample(list(days), 20):
        if sum(other.date.year == gone.year and other.kind == "off" for other in days.values()) > 1:
            del days[gone]
    first, last = date(2022, 1, 1), date(2028, 12, 31)
    for _ in range(dice.randint(5, 120)):
        day = first + timedelta(dice.randint(0, (last - first).days))
        days[day] = Day(
            date=day,
            kind="work" if day.weekday() == 5 else "off",
            name={"en": "Decreed"},
            act="act 1",
            provisional=day.year > 2026,
        )
    hours = list(calendar.hours)
    if dice.random() < 0.5:
        hours.append(Hours(starts=date(2022, 4, 15), open=("07:00-11:30", "14:00-17:00"), source="summer"))
        hours.append(Hours(starts=date(2022, 10, 15), open=hours[0].open, source="winter"))
    return msgspec.structs.replace(calendar, days=tuple(days.values()), hours=tuple(hours))


@cache
def office_of(path: str) -> Office:
    """The office of one rules file (a path from the project's root) and the shipped calendar."""
    text = (ROOT / path).read_bytes()
    return office_with(load_rules(text, path), hashlib.sha256(text).hexdigest())


def office_with(ruleset: Ruleset, edition: str = "0" * 64) -> Office:
    """The office of rules that stand in no file, and the shipped calendar."""
    return Office(ruleset=ruleset, edition=edition, clock=calendar_vn(), calendar="0" * 64, agencies=ruleset.agencies)
