"""A damaged file: whatever reads what is damaged says so, and nothing else suffers."""

from __future__ import annotations

import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.doomed import LATE, NOTIFIED, NOTIFY, OPENED, opening
from tests.support import ROOT
from workflow import calendar, register, rulebook
from workflow.desk import board, desk
from workflow.engine import Engine
from workflow.errors import BrokenCase, Damaged
from workflow.find import find
from workflow.setup import set_up
from workflow.sweep import sweep
from workflow.worklists import inbox, overdue, owed_to, stuck

LOOKS = {
    "office": lambda engine: engine.office(),
    "case": lambda engine: engine.case("VV-2022-0002"),
    "history": lambda engine: engine.history("VV-2022-0002"),
    "number": lambda engine: engine.number("2", LATE),
    "inbox": lambda engine: inbox(engine, "btg", LATE),
    "overdue": lambda engine: overdue(engine, LATE),
    "owed_to": lambda engine: owed_to(engine, "btg", LATE),
    "stuck": lambda engine: stuck(engine, LATE),
    "desk": lambda engine: desk(engine, "so_gtvt", OPENED, LATE),
    "board": lambda engine: board(engine, LATE),
    "find": lambda engine: find(engine, "cao"),
    "open": lambda engine: engine.open(opening("Nhà ở"), NOTIFIED),
    "advance": lambda engine: engine.submit("VV-2022-0001", NOTIFY, NOTIFIED),
    "sweep": lambda engine: sweep(engine, LATE),
}

NEEDS_THE_OFFICE = "office history number inbox overdue owed_to stuck board desk open advance sweep"

NEW_CASES_AND_LISTS = "office number inbox overdue stuck owed_to board desk open"


def damaged(path: Path) -> set[str]:
    """What of everything one may do with the database at `path` tells of damage. Nothing else may be raised."""
    rulebook._rulesets.clear()
    calendar._clocks.clear()
    register.load.known.clear()
    try:
        engine = Engine(path)
    except Damaged:
        return {"opening"}
    told = set()
    try:
        for name, look in LOOKS.items():
            try:
                look(engine)
            except (Damaged, BrokenCase):
                told.add(name)
    finally:
        engine.close()
    return told


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "practice.db"
    engine = set_up(path, rules=ROOT / "escalation_rules.yaml", now=OPENED, practice=True)
    for title in ("Đường cao tốc", "Bò sữa"):
        engine.open(opening(title), OPENED)
    engine.submit("VV-2022-0002", NOTIFY, NOTIFIED)
    engine.close()
    return path


@pytest.mark.parametrize("length", [8, 1000], ids=["a few bytes", "a quarter of a page"])
def test_wherever_a_file_is_damaged_that_is_what_is_said_and_never_a_traceback(sound, length):
    """Bytes that no text holds, laid over one place after another: whatever reads them says `Damaged`."""
    raw = sound.read_bytes()
    path = sound.with_name("damaged.db")
    dice = random.Random(length)
    told = set()
    for _ in range(25):
        at = dice.randrange(100, len(raw) - length)
        path.write_bytes(raw[:at] + b"\xff" * length + raw[at + length :])
        told |= damaged(path)
        path.unlink()
    assert len(told) >= 5


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE cases SET body = x'ff' WHERE number = 'VV-2022-0002'", "case history"),
        ("UPDATE events SET body = CAST('{}' AS BLOB) WHERE version = 2", "history desk"),
        ("UPDATE duties SET body = x'22ff22'", "inbox overdue stuck owed_to desk"),
        ("UPDATE cases SET opened_at = 'yesterday'", "inbox overdue stuck owed_to desk find"),
        ("UPDATE duties SET next_at = '0' WHERE next_at is not null", "sweep"),
        ("UPDATE meta SET value = '?' WHERE key = 'edition'", NEW_CASES_AND_LISTS),
        ("UPDATE cases SET search = CAST(x'20632063616ff0' AS TEXT)", ""),
        ("UPDATE agencies SET body = CAST('[]' AS BLOB)", NEEDS_THE_OFFICE),
        ("UPDATE calendars SET body = CAST(replace(CAST(body AS TEXT), 'off', 'odd') AS BLOB)", NEEDS_THE_OFFICE),
        ("UPDATE calendars SET body = CAST(replace(CAST(body AS TEXT), '2028-', '2029-') AS BLOB)", NEEDS_THE_OFFICE),
        ("ALTER TABLE parties RENAME TO guests", "owed_to desk open advance"),
        ("DELETE FROM meta WHERE key = 'schema'", "opening"),
    ],
)  # fmt: skip
def test_what_is_not_as_it_was_written_is_named_by_whatever_reads_it(sound, change, told):
    path = sound.with_name("altered.db")
    shutil.copy(sound, path)
    connection = sqlite3.connect(path)
    connection.execute(change)
    connection.commit()
    connection.close()
    found = damaged(path)
    path.unlink()
    assert set(told.split()) == found
