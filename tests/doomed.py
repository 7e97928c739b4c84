"""What the kill tests do in a process that is killed on the way. Imports no more than it needs: it is loaded often."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from states.case import Document, File
from states.commands import Advance, Open
from states.loader import load_calendar
from tests.support import ROOT
from workflow import record
from workflow.database import reach_database
from workflow.engine import Engine
from workflow.setup import set_up
from workflow.sweep import sweep

# Two runs of the same command must leave the same bytes, to be compared.
record.draw_salt = lambda: "5a" * 16

OPENED = datetime(2022, 4, 4, 1, tzinfo=UTC)
NOTIFIED = datetime(2022, 4, 4, 7, tzinfo=UTC)
LATE = datetime(2022, 4, 8, 1, tzinfo=UTC)
PARTNERS: dict[str, tuple[str, ...]] = {"partner": ("so_tnmt", "so_xd", "tand")}
NOTIFY = Advance(trigger="notify", by="btg", parties=PARTNERS)


def opening(title: str) -> Open:
    return Open(
        case="", process="matter", title=title, by="so_gtvt", fields={"area": "land"},
        document=Document(number="31/BC-SGTVT", dated="2022-04-01"),
    )  # fmt: skip


def nobody(_said: str) -> None:
    """Who listens when nobody does."""


def create_one(path: str, say: Callable[[str], None]) -> None:
    engine = set_up(path, rules=ROOT / "tests/rules/simulator.yaml", now=OPENED, practice=True)
    say(engine.database.id)
    engine.close()


def open_one(path: str, say: Callable[[str], None]) -> None:
    engine = Engine(path)
    say(engine.open(opening("Đất đai"), OPENED).case.case)
    engine.close()


def advance_one(path: str, say: Callable[[str], None]) -> None:
    engine = Engine(path)
    say(str(engine.submit("VV-2022-0001", NOTIFY, NOTIFIED).case.version))
    engine.close()


PLAN = b"a plan of the plots"
FILE = File(name="plan.pdf", sha256=hashlib.sha256(PLAN).hexdigest(), size=len(PLAN))


def attach_one(path: str, say: Callable[[str], None]) -> None:
    engine = Engine(path)
    command = msgspec.structs.replace(NOTIFY, files=(FILE,))
    say(str(engine.submit("VV-2022-0001", command, NOTIFIED, bodies={FILE.sha256: PLAN}).case.version))
    engine.close()


def sweep_all(path: str, say: Callable[[str], None]) -> None:
    """Sweep as a worker does, in batches of two duties, until nothing is due."""
    engine = Engine(path)
    while (report := sweep(engine, LATE, limit=2)).due:
        for one in report.swept:
            say(one.result)
    engine.close()


def load_all(path: str, say: Callable[[str], None]) -> None:
    """What `calendar load` does once it may: publish a calendar with one more day off, and bring every case to it."""
    from workflow import amending
    from workflow.register import Why

    engine = Engine(path)
    text = with_a_day_off()
    why = Why(officer="quantri", at=NOTIFIED, reason="storm")
    amending.publish(engine, text, "vn", load_calendar(text, "vn.yaml"), NOTIFIED, why)
    say("published")
    for one in amending.bring(engine, "quantri", lambda: NOTIFIED):
        say(one.case)
    engine.close()


def with_a_day_off(day: str = "2022-04-05") -> bytes:
    """The shipped calendar, and `day` given off."""
    more = f'  - {{date: "{day}", is: off, name: {{vi: "Nghỉ bão", en: "Storm"}}, act: "Công văn 1/UBND"}}\n'
    return (ROOT / "calendars/vn.yaml").read_text("utf-8").rstrip("\n").encode() + b"\n" + more.encode()


def half_done(path: str, say: Callable[[str], None]) -> None:
    """A command that commits in the middle: what the harness is for."""
    engine = Engine(path)
    with engine.database.writing() as connection:
        connection.exec_driver_sql("UPDATE cases SET version = version + 1 WHERE number = 'VV-2022-0001'")
    with engine.database.writing() as connection:
        connection.exec_driver_sql("UPDATE duties SET rung = 1 WHERE \"case\" = 'VV-2022-0001'")
    say("done")
    engine.close()


def upgrade_one(path: str, say: Callable[[str], None]) -> None:
    from workflow.migrations import upgrade

    database = reach_database(path)
    say(str(upgrade(database)))
    database.close()
