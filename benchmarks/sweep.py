"""What a sweep costs, beside hand-written SQL that does the same writes in the same batches in the same run.

    python benchmarks/sweep.py [OPEN ...]        how many cases are open (default 10000 100000 1000000)

Of the open cases 1,000 fall due at once and are swept in batches of 100. The floor is SQL written here, sent by the
bare driver: it finds and locks a batch, writes the rows that the engine wrote for another thousand, commits, leaves a
heartbeat, and thinks nothing. They take turns, three thousands each, on the same database; the best counts. `growth` is
the time for the smallest number of open cases set against the time for this one. Exit code 1 says that the engine grew
1.3 times as much as the floor, or is five times slower. The database lies on the disk of the temporary folder with the
settings of a real one, and is made of copies of one case that the engine opened.

Then an empty round of the worker (sweep, openings, next instant), and what an hour of such rounds every 30 seconds
costs in CPU; and the peak memory of the process that did all this. The process is made anew for each line.
"""

from __future__ import annotations

import multiprocessing
import os
import platform
import re
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

from sqlalchemy import select, update

sys.path.insert(0, str(Path(__file__).parent.parent))

from advance import SETTINGS, postgresql, sqlite

from states.case import Document
from states.commands import Open
from workflow.engine import Engine
from workflow.openings import open_due
from workflow.setup import set_up
from workflow.shipped import shipped
from workflow.sweep import BATCH, next_due, sweep
from workflow.tables import cases, duties, events, involved, parties, texts

OPENED, FALLS_DUE = datetime(2022, 4, 4, 1, tzinfo=UTC), datetime(2022, 4, 8, 1, tzinfo=UTC)
DUE, ROUNDS = 1000, 3
SETS = 1 + 2 * ROUNDS  # the rows of one are read, then engine and floor take turns
MOST_GROWTH, MOST_TIMES = 1.3, 5.0
"""How much more the engine may grow than the floor, and how many times slower it may be."""
IDLE_ROUNDS = 200
TABLES = (cases, parties, involved, duties, events, texts)
FIRST = "VV-2022-0001"
NUMBER = re.compile(r"VV-2022-(\d{7})")
Rows = dict[str, dict[str, list[tuple[Any, ...]]]]
CLAIM = """
    SELECT d."case", c.body, c.head FROM duties d JOIN cases c ON c.number = d."case"
    WHERE d.next_at <= ? ORDER BY d.next_at, d."case", d.duty LIMIT ?
"""
LOCKED = " FOR UPDATE OF c SKIP LOCKED"
READ = {  # what the engine wrote in the thousand that came first: nothing else has a second version yet
    "cases": """
        SELECT number, title, edition, state, version, entered_at, changed_at, final, waits, idle_since,
        suspended_since, search, head, body FROM cases WHERE version = 2
    """,
    "duties": """
        SELECT d."case", d.duty, d.status, d.due_at, d.next_at, d.rung, d.unreachable_since, d.body
        FROM duties d JOIN cases c ON c.number = d."case" WHERE c.version = 2
    """,
    "events": 'SELECT "case", version, kind, at, by, body, hash FROM events WHERE version = 2',
    "climbs": 'SELECT "case", duty, climb, version FROM climbs',
    "notices": """
        SELECT "case", key, version, agency, post, kind, duty, not_before, created_at, sent_at, body
        FROM notices WHERE version = 2
    """,
}
"""What is written of a case, its number first."""
WRITE = {
    "cases": """
        UPDATE cases SET title = ?, edition = ?, state = ?, version = ?, entered_at = ?, changed_at = ?, final = ?,
        waits = ?, idle_since = ?, suspended_since = ?, search = ?, head = ?, body = ? WHERE number = ? AND version = 1
    """,
    "duties": """
        UPDATE duties SET status = ?, due_at = ?, next_at = ?, rung = ?, unreachable_since = ?, body = ?
        WHERE "case" = ? AND duty = ?
    """,
    "events": 'INSERT INTO events ("case", version, kind, at, by, body, hash) VALUES (?, ?, ?, ?, ?, ?, ?)',
    "climbs": 'INSERT INTO climbs ("case", duty, climb, version) VALUES (?, ?, ?, ?)',
    "notices": """
        INSERT INTO notices ("case", key, version, agency, post, kind, duty, not_before, created_at, sent_at, body)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """,
}
KEYS = {"cases": 1, "duties": 2}
"""How many of the columns read first say which row is changed: they come last there."""
BEAT = "UPDATE sweeps SET at = ?, due = ?, fired = ?, stale = 0, failed = 0"


class Cost(NamedTuple):
    """Seconds for a thousand due duties, of the engine and of the floor; of an empty round, CPU and clock; peak MB."""

    engine: float
    floor: float
    idle_cpu: float
    idle: float
    memory: float


def due_at(place: int) -> datetime:
    """When the cases of a set fall due: a minute after those of the one before."""
    return FALLS_DUE + timedelta(minutes=place)


# ---- many open cases ------------------------------------------------------------------------------


def filled(path: str, count: int) -> None:
    """A practice database at `path` with `count` open cases, all copies of the first but for number and due date."""
    engine = set_up(path, rules=shipped("escalation_rules.yaml"), now=OPENED, practice=True)
    document = Document(number="31/BC", dated="2022-04-01")
    opening = Open(case="", process="matter", title="Đất", by="so_gtvt", fields={"area": "land"}, document=document)
    engine.open(opening, OPENED)
    with engine.database.engine.connect() as connection:
        model = {table.name: connection.exec_driver_sql(f"SELECT * FROM {table.name}").all() for table in TABLES}
        due: datetime = connection.execute(select(duties.c.due_at)).scalar_one()
        connection.execute(update(duties).values(next_at=None))  # the first itself takes no part
        connection.commit()
    engine.close()
    shown = due.replace(tzinfo=None).isoformat()
    load = _into_server if "://" in path else _into_file
    load(path, {name: _copies(rows, count, shown) for name, rows in model.items()})


def _copies(rows: Any, count: int, due: str) -> Iterator[tuple[Any, ...]]:
    """The rows of `count` more cases: that one number, that one instant are another everywhere."""
    step = count // DUE
    for place in range(step, count + step):
        belongs = place % step
        at = due_at(belongs) if belongs < SETS else datetime(2023, 1, 2, tzinfo=UTC) + timedelta(seconds=place)
        number, instant = f"VV-2022-{place:07d}", at.replace(tzinfo=None).isoformat()
        for row in rows:
            yield tuple(_replaced(value, number, due, instant) for value in row)


def _replaced(value: Any, number: str, due: str, instant: str) -> Any:
    if isinstance(value, str):
        return value.replace(FIRST, number).replace(due, instant)
    if isinstance(value, bytes):
        return value.replace(FIRST.encode(), number.encode()).replace(due.encode(), instant.encode())
    return value


def _into_file(path: str, tables: dict[str, Iterator[tuple[Any, ...]]]) -> None:
    connection = sqlite3.connect(path)
    for setting in ("foreign_keys = OFF", "synchronous = OFF", "journal_mode = OFF", "cache_size = -200000"):
        connection.execute(f"PRAGMA {setting}").close()
    with connection:
        for name, rows in tables.items():
            places = ", ".join("?" * len(connection.execute(f"SELECT * FROM {name} LIMIT 1").description))
            connection.executemany(f"INSERT INTO {name} VALUES ({places})", rows)
    connection.close()


def _into_server(url: str, tables: dict[str, Iterator[tuple[Any, ...]]]) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # the copies refer to what is there
        for name, rows in tables.items():
            with connection.cursor().copy(f"COPY {name} FROM STDIN".encode()) as copy:
                for row in rows:
                    copy.write_row(row)
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


# ---- the engine and the floor ---------------------------------------------------------------------


def swept(engine: Engine, belongs: int) -> float:
    """Seconds in which the engine sweeps the thousand of one set."""
    start = perf_counter()
    fired = sum(sweep(engine, due_at(belongs), BATCH).fired for _ in range(DUE // BATCH))
    spent = perf_counter() - start
    assert fired == DUE, f"{fired} fired"
    return spent


def connected(path: str) -> Any:
    """The bare driver's connection, with the settings of a real database."""
    if "://" in path:
        import psycopg

        return psycopg.connect(path)
    connection = sqlite3.connect(path, timeout=60, isolation_level=None)
    for setting in SETTINGS:
        connection.execute(f"PRAGMA {setting}").close()
    return connection


def read(path: str) -> Rows:
    """What the engine has written for the first thousand, by table and case."""
    connection, found = connected(path), Rows()
    for table, statement in READ.items():
        of_case = found.setdefault(table, {})
        for row in connection.cursor().execute(statement).fetchall():
            of_case.setdefault(row[0], []).append(row[KEYS[table] :] + row[: KEYS[table]] if table in KEYS else row)
    connection.close()
    return found


def moved(rows: Rows, belongs: int) -> Rows:
    """The same for the thousand of another set: other numbers, another minute."""
    before, after = (due_at(place).strftime("%Y-%m-%dT%H:%M") for place in (0, belongs))

    def text(value: str) -> str:
        return NUMBER.sub(lambda found: f"VV-2022-{int(found[1]) + belongs:07d}", value).replace(before, after)

    def one(value: Any) -> Any:
        if isinstance(value, bytes):
            return text(value.decode()).encode()
        return text(value) if isinstance(value, str) else value

    return {
        table: {text(case): [tuple(map(one, row)) for row in many] for case, many in of_case.items()}
        for table, of_case in rows.items()
    }


def by_hand(path: str, rows: Rows, belongs: int) -> float:
    """Seconds in which the bare driver sweeps the thousand of one set, writing `rows`."""
    connection, server = connected(path), "://" in path
    cursor = connection.cursor()

    def said(statement: str) -> str:
        return statement.replace("?", "%s") if server else statement

    claim = said(CLAIM + LOCKED if server else CLAIM)
    write = {table: said(statement) for table, statement in WRITE.items()}
    beat, now = said(BEAT), due_at(belongs).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    start, written = perf_counter(), dict.fromkeys(WRITE, 0)
    for _ in range(DUE // BATCH):
        if not server:
            cursor.execute("BEGIN IMMEDIATE")
        claimed = [case for case, _body, _head in cursor.execute(claim, (now, BATCH)).fetchall()]
        cursor.execute("SELECT key, value FROM meta").fetchall()
        for table, statement in write.items():
            cursor.executemany(statement, [row for case in claimed for row in rows[table].get(case, ())])
            written[table] += cursor.rowcount
        connection.commit()
        if not server:
            cursor.execute("BEGIN IMMEDIATE")
        cursor.execute(beat, (now, BATCH, BATCH))
        connection.commit()
    spent = perf_counter() - start
    connection.close()
    assert written == {table: sum(map(len, of_case.values())) for table, of_case in rows.items()}, written
    assert written["climbs"] == DUE, written
    return spent


def idle(engine: Engine) -> tuple[float, float]:
    """CPU and clock seconds of a worker's round when nothing is due."""
    now = due_at(SETS)
    cpu, clock = process_time(), perf_counter()
    for _ in range(IDLE_ROUNDS):
        sweep(engine, now)
        open_due(engine, now)
        next_due(engine, after=now)
    return (process_time() - cpu) / IDLE_ROUNDS, (perf_counter() - clock) / IDLE_ROUNDS


def peak() -> float:
    """The most memory this process ever had, in MB."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def cost(path: str) -> Cost:
    """What sweeping costs on the database at `path`."""
    engine = Engine(path)
    swept(engine, 0)
    rows = read(path)
    ours, floor = [], []
    for place in range(1, SETS, 2):
        ours.append(swept(engine, place))
        floor.append(by_hand(path, moved(rows, place + 1), place + 1))
    cpu, clock = idle(engine)
    engine.close()
    return Cost(min(ours), min(floor), cpu, clock, peak())


def measure(name: str, fresh: Callable[[str | None], str], sizes: list[int]) -> Iterator[str]:
    """Print what sweeping costs on one kind of database, one line for each number of open cases. What is too much."""
    first: Cost | None = None
    for count in sizes:
        path = fresh(None)
        filled(path, count)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found = pool.apply(cost, (path,))
        first = first or found
        growth, floor_growth = found.engine / first.engine, found.floor / first.floor
        if growth / floor_growth > MOST_GROWTH:
            yield f"{name}, {count:,} open: it grew {growth / floor_growth:.2f} times as much as the floor"
        if found.engine / found.floor > MOST_TIMES:
            yield f"{name}, {count:,} open: it is {found.engine / found.floor:.2f} times slower than the floor"
        print(
            f"{name + ',':12}{count:>10,}{DUE / found.engine:>11.0f}{DUE / found.floor:>11.0f}"
            f"{found.engine / found.floor:>9.2f}{growth:>9.2f}{floor_growth:>9.2f}{growth / floor_growth:>8.2f}"
            f"{found.idle * 1000:>9.2f}{found.idle_cpu * 120:>9.2f}{found.memory:>8.0f}",
            flush=True,
        )
        if "://" not in path:
            Path(path).unlink()


def main(sizes: list[int]) -> int:
    print(f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores,", end=" ")
    print(f"SQLite {sqlite3.sqlite_version}, {DUE} due in batches of {BATCH}, best of {ROUNDS}")
    print(f"{'':12}{'':>10}{'engine':>11}{'by hand':>11}{'times':>9}{'':>9}{'its':>9}{'':>8}{'empty':>9}{'idle':>9}")
    print(
        f"{'':12}{'open':>10}{'/s':>11}{'/s':>11}{'slower':>9}{'growth':>9}{'growth':>9}{'ratio':>8}"
        f"{'ms':>9}{'CPU s/h':>9}{'MB':>8}"
    )
    too_much: list[str] = []
    for kind in (sqlite, postgresql):
        with tempfile.TemporaryDirectory() as folder:
            for fresh in kind(Path(folder)):
                too_much += measure(kind.__name__, fresh, sizes)
    for said in too_much:
        print(f"TOO MUCH: {said}")
    return 1 if too_much else 0


if __name__ == "__main__":
    sys.exit(main([int(size) for size in sys.argv[1:]] or [10_000, 100_000, 1_000_000]))
