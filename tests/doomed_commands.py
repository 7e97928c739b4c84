"""Every command there is, on a database where each may be done: what the kill tests kill in the middle of.

    errands(location)                a database of a few errands, for all of `COMMANDS` and `WORKS`
    partial(command_one, "Extend")   the work that does that command, under a request id

`COMMANDS` names every kind of `states.commands.Command`; `WORKS` what else writes: a test says when one is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from states.case import Document, Link
from states.commands import (
    Advance,
    Amend,
    Assign,
    Correct,
    Erase,
    Expire,
    Extend,
    Join,
    Nudge,
    Open,
    Resume,
    Suspend,
    Undo,
    Waive,
)
from states.loader import load_calendar
from states.worktime import Duration
from tests.doomed import with_a_day_off
from tests.places import Location
from tests.support import ROOT
from workflow import amending, audit
from workflow.engine import Engine
from workflow.openings import open_due
from workflow.register import Why
from workflow.setup import set_up

RULES = ROOT / "tests/rules/simulator.yaml"
MONDAY = datetime(2022, 4, 4, 1, tzinfo=UTC)
NOON = datetime(2022, 4, 4, 4, tzinfo=UTC)
LATER = datetime(2022, 4, 12, 3, tzinfo=UTC)
ASKED, DOING, STOPPED = "ER-2022-0001", "ER-2022-0002", "ER-2022-0003"
WHY: dict[str, Any] = {"by": "desk", "reason": "lý do", "request": "doomed"}
DAY = Duration.parse("1wd")


def an_errand(**carried: Any) -> Open:
    fields = {"size": "big", "day": "2022-05-05", "note": "ghi chú"}
    letter = Document(number="1/CV", dated="2022-04-01")
    return Open(case="", process="errand", title="Việc vặt", by="desk", fields=fields, document=letter, **carried)


COMMANDS: dict[str, tuple[str, Any, datetime]] = {
    "Open": ("", an_errand(request="doomed"), NOON),
    "Advance": (ASKED, Advance(trigger="accept", by="mill", request="doomed"), NOON),  # and what follows: it begins
    "Expire": (ASKED, Expire(duty="accept@mill"), LATER),
    "Extend": (ASKED, Extend(duty="accept@mill", time=DAY, **WHY), NOON),
    "Waive": (ASKED, Waive(duty="accept@mill", **WHY), NOON),
    "Suspend": (ASKED, Suspend(until="2022-04-20", **WHY), NOON),
    "Resume": (STOPPED, Resume(**WHY), NOON),
    "Nudge": (ASKED, Nudge(duty="accept@mill", **WHY), NOON),
    "Correct": (DOING, Correct(version=4, fields={"day": "2022-05-20"}, **WHY), NOON),
    "Undo": (DOING, Undo(**WHY), NOON),
    "Assign": (ASKED, Assign(capacity="doer", agency="farm", **WHY), NOON),
    "Join": (ASKED, Join(link=Link(relation="follows", case=DOING), **WHY), NOON),
    "Erase": (DOING, Erase(field="note", **WHY), NOON),
    "Amend": (ASKED, Amend(officer="quantri"), NOON),
}


def errands(location: Location) -> Location:
    """Three errands, one asked, one doing, one suspended; and a newer calendar that no case was brought to yet."""
    engine = set_up(location, rules=RULES, now=MONDAY, practice=True)
    for _ in range(3):
        engine.open(an_errand(), MONDAY)
    engine.submit(STOPPED, Suspend(until="2022-04-20", by="desk", reason="lý do"), MONDAY)
    engine.submit(DOING, Advance(trigger="accept", by="mill"), MONDAY)
    consulted: dict[str, Any] = {"fields": {"day": "2022-05-06"}, "parties": {"helper": ("farm", "shop")}}
    engine.submit(DOING, Advance(trigger="consult", by="desk", **consulted), MONDAY)
    text = with_a_day_off()
    why = Why(officer="quantri", at=MONDAY, reason="bão")
    amending.publish(engine, text, "vn", load_calendar(text, "vn.yaml"), MONDAY, why)
    engine.close()
    return location


def command_one(name: str, path: str, say: Callable[[str], None]) -> None:
    """Do the command of that name."""
    number, command, now = COMMANDS[name]
    engine = Engine(path)
    outcome = engine.submit(number, command, now) if number else engine.open(command, now)
    say(f"{outcome.case.case} {outcome.case.version}")
    engine.close()


def seal_one(path: str, say: Callable[[str], None]) -> None:
    """Seal, unless the heads there are were sealed."""
    engine = Engine(path)
    say(str(audit.seal(engine.database, NOON).number))
    engine.close()


def open_due_one(path: str, say: Callable[[str], None]) -> None:
    """Open the cases whose period has come."""
    engine = Engine(path)
    for opened in open_due(engine, LATER):
        say(opened.case)
    engine.close()


WORKS: dict[str, Callable[[str, Callable[[str], None]], None]] = {"seal": seal_one, "openings": open_due_one}
