"""Durable advances per second, beside hand-written SQL that does the same writes in the same run.

    python benchmarks/advance.py [CASES]

Every case is opened and then notified to three partners; only the second is measured. The floor is what the engine
sent to the database, recorded once and sent again by the bare driver to a copy: the same rows, the same commits, one
look at the case first, and no thinking. One client, then eight at once, each with its own share of the cases
(default 200). Both run on the disk that holds the temporary folder, with the same settings.
"""

from __future__ import annotations

import multiprocessing
import os
import platform
import shutil
import sqlite3
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from sqlalchemy import event

sys.path.insert(0, str(Path(__file__).parent.parent))

from states.case import Document
from states.commands import Advance, Open
from states.decide import decide
from workflow.engine import Engine
from workflow.setup import set_up
from workflow.shipped import shipped

OPENED, NOTIFIED = datetime(2022, 4, 4, 1, tzinfo=UTC), datetime(2022, 4, 4, 7, tzinfo=UTC)
NOTIFY = Advance(
    trigger="notify", by="btg", parties={"partner": ("so_tnmt", "so_xd", "tand")}, reason="Gửi các cơ quan"
)
SETTINGS = ("foreign_keys = ON", "secure_delete = ON", "journal_mode = DELETE", "synchronous = EXTRA")
Statements = list[tuple[str, Any, bool]]


def number(place: int) -> str:
    """The number of the case opened at `place`."""
    return f"VV-2022-{place + 1:04d}"


def opened(path: Path, cases: int) -> None:
    """A practice database with `cases` open cases, none of them notified."""
    engine = set_up(path, rules=shipped("escalation_rules.yaml"), now=OPENED, practice=True)
    document = Document(number="31/BC", dated="2022-04-01")
    for place in range(cases):
        title = f"Vụ việc thứ {place + 1}"
        engine.open(
            Open(case="", process="matter", title=title, by="so_gtvt", fields={"area": "land"}, document=document),
            OPENED,
        )
    engine.close()


def recorded(path: Path, cases: int) -> list[Statements]:
    """What the engine sends to the database at `path` for each case: statement, values, whether many."""
    engine, found = Engine(path), [Statements() for _ in range(cases)]
    sent: Statements = []

    @event.listens_for(engine.database.engine, "before_cursor_execute")
    def _sent(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if statement.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE") or "FROM cases" in statement:
            sent.append((statement, values, many))

    for place in range(cases):
        sent.clear()
        engine.submit(number(place), NOTIFY, NOTIFIED)
        found[place] = list(sent)
    engine.close()
    return found


def by_engine(path: Path, mine: range, _sent: list[Statements]) -> None:
    """Advance the cases `mine` as the command line does."""
    engine = Engine(path)
    for place in mine:
        engine.submit(number(place), NOTIFY, NOTIFIED)
    engine.close()


def by_hand(path: Path, mine: range, sent: list[Statements]) -> None:
    """Send the same again by the bare driver."""
    connection = sqlite3.connect(path, timeout=60, isolation_level=None)
    for setting in SETTINGS:
        connection.execute(f"PRAGMA {setting}").close()
    cursor = connection.cursor()
    for place in mine:
        cursor.execute("BEGIN IMMEDIATE")
        for statement, values, many in sent[place]:
            (cursor.executemany if many else cursor.execute)(statement, values)
            if statement.startswith("SELECT"):
                cursor.fetchall()
        cursor.execute("COMMIT")
    connection.close()


def rate(work: Any, path: Path, cases: int, clients: int, sent: list[Statements]) -> float:
    """Durable advances per second of `clients` processes, each with its share of the cases."""
    shares = [range(first, cases, clients) for first in range(clients)]
    running = [CONTEXT.Process(target=_waiting, args=(work, path, share, sent, GATE)) for share in shares]
    for one in running:
        one.start()
    for _ in running:
        READY.acquire()
    start = perf_counter()
    GATE.set()
    for one in running:
        one.join()
    spent = perf_counter() - start
    GATE.clear()
    assert all(one.exitcode == 0 for one in running), "a client failed"
    return cases / spent


def _waiting(work: Any, path: Path, share: range, sent: list[Statements], gate: Any) -> None:
    READY.release()
    gate.wait()
    work(path, share, sent)


def thinking(path: Path, cases: int) -> tuple[float, float]:
    """CPU milliseconds of deciding alone, and of a whole advance, per advance."""
    engine = Engine(path)
    known = [engine.look(number(place)) for place in range(cases)]
    start = process_time()
    for office, case in known:
        decide(office, case, NOTIFY, NOTIFIED)
    decided = process_time() - start
    start = process_time()
    for place in range(cases):
        engine.submit(number(place), NOTIFY, NOTIFIED)
    whole = process_time() - start
    engine.close()
    return decided / cases * 1000, whole / cases * 1000


def main(cases: int) -> None:
    print(f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores,", end=" ")
    print(f"SQLite {sqlite3.sqlite_version}, {cases} advances, best of 3")
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "made.db")
        opened(made, cases)
        used = iter(range(1_000))

        def fresh() -> Path:
            return Path(shutil.copy(made, Path(folder, f"{next(used)}.db")))

        sent = recorded(fresh(), cases)
        print(f"{'':12}{'engine /s':>11}{'by hand /s':>12}{'times slower':>14}")
        for clients in (1, 8):
            engine, floor = [], []
            for _ in range(3):
                engine.append(rate(by_engine, fresh(), cases, clients, sent))
                floor.append(rate(by_hand, fresh(), cases, clients, sent))
            print(f"{clients} client{'s' * (clients > 1):5}{max(engine):11.0f}{max(floor):12.0f}", end="")
            print(f"{max(floor) / max(engine):14.2f}")
        decided, whole = thinking(fresh(), cases)
        statements = sum(len(found) for found in sent) / cases
        print(f"CPU per advance: {whole:.2f} ms, of which deciding {decided:.2f} ms; {statements:.0f} statements")


CONTEXT = multiprocessing.get_context("fork")
GATE, READY = CONTEXT.Event(), CONTEXT.Semaphore(0)

if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
