"""Every command there is, on a database where each may be done: what the kill tests kill in the middle of.

    errands(location)                a database of a few errands, for all of `COMMANDS` and `WORKS`
    partial(command_one, "Extend")   the work that does that command, under a request id
    partial(typed_one, "agency end shop ...")     the work that does what is typed

`COMMANDS` names every kind of `states.commands.Command`; `WORKS` what else writes: a test says when one is missing.
"""

from __future__ import annotations

import io
import shlex
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from functools import partial
from typing import Any

from cli import main
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
from states.loader import load_calendar, load_rules
from states.worktime import Duration
from tests.doomed import with_a_day_off
from tests.places import Location
from tests.support import ROOT
from workflow import amending, audit, heartbeat, rulebook
from workflow.engine import Engine
from workflow.openings import open_due
from workflow.pointers import alone
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
    """Three errands, one asked, one doing, one suspended; a newer calendar and edition that no case was brought to."""
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
    published(engine, "simulator-2", MONDAY)
    engine.close()
    return location


def staffed(location: Location) -> Location:
    """`location` with two officers of the desk."""
    for login in ("lan", "nam"):
        typed_one(
            f"officer add {login} --name {login} --agency desk --reason 'QĐ 1'", str(location), lambda _said: None
        )
    return location


def published(engine: Engine, name: str, now: datetime) -> str:
    """Publish the same rules under the name `name`."""
    text = RULES.read_bytes().replace(b"edition: simulator-1", f"edition: {name}".encode())
    with engine.database.writing(now) as connection:
        alone(connection, "edition")
        return rulebook.publish(connection, text, load_rules(text, "rules.yaml"), now, "quantri")


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


def publish_one(path: str, say: Callable[[str], None]) -> None:
    """Publish an edition."""
    engine = Engine(path)
    say(published(engine, "simulator-3", NOON))
    engine.close()


def confirm_one(path: str, say: Callable[[str], None]) -> None:
    """Say that the clock is right, as a catch-up does."""
    engine = Engine(path)
    heartbeat.confirm(engine, LATER)
    say("confirmed")
    engine.close()


def typed_one(line: str, path: str, say: Callable[[str], None]) -> None:
    """Do what is typed."""
    with redirect_stdout(io.StringIO()) as said, redirect_stderr(said):
        code = main([*shlex.split(line), "--db", path, "--now", NOON.isoformat(), "--lang", "en"])
    assert code == 0, said.getvalue()
    say(line)


WORKS: dict[str, Callable[[str, Callable[[str], None]], None]] = {
    "audit seal": seal_one,
    "openings": open_due_one,
    "rules publish": publish_one,
    "sweep --catch-up": confirm_one,
    "rules migrate": partial(typed_one, "rules migrate 1 --to simulator-2 --yes --reason 'QĐ 2'"),
}
REGISTER = {
    name: partial(typed_one, f"{name} {typed} --reason 'QĐ 2'")
    for name, typed in {
        "agency add": "bank --name Bank",
        "agency rename": "shop --name Shops",
        "agency end": "shop --from 1/5",
        "agency merge": "shop --into mill --from 1/5",
        "officer add": "binh --name Binh --agency mill",
        "officer end": "lan --from 6/4",
        "officer away": "lan 5/4..6/4 --deputy nam",
        "officer roster": "desk 9/4 lan",
    }.items()
}
"""Changes of the register: of a database that is `staffed`."""
