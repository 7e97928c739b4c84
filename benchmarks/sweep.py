"""What a sweep costs, beside hand-written SQL that does the same writes in the same batches in the same run.

    python benchmarks/sweep.py [OPEN ...]        how many cases are open (default 10000 100000 1000000)

Of the open cases 1,000 fall due at once and are swept in batches of 100. The floor is what the engine sent to the
database, recorded for one such thousand and sent again by the bare driver for another: the same looks, rows, commits
and heartbeats, and no thinking. They take turns, three thousands each, on the same database; the best counts. `growth`
is the time for the smallest number of open cases set against the time for this one. The database lies on the disk of
the temporary folder with the settings of a real one, and is made of copies of one case that the engine opened.

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

from sqlalchemy import event, select, update

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
SETS = 1 + 2 * ROUNDS  # one is recorded, then engine and floor take turns
IDLE_ROUNDS = 200
TABLES = (cases, parties, involved, duties, events, texts)
FIRST = "VV-2022-0001"
NUMBER = re.compile(r"VV-2022-(\d{7})")
Statements = list[tuple[str, Any, bool]]


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


def recorded(engine: Engine, belongs: int) -> list[Statements]:
    """What the engine sends for the thousand of one set, transaction by transaction."""
    found: list[Statements] = []
    sent: Statements = []

    def heard(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if not statement.startswith("BEGIN"):
            sent.append((statement, values, many))

    def committed(_connection: Any) -> None:
        found.append(sent.copy())
        sent.clear()

    listeners: list[tuple[str, Callable[..., None]]] = [("before_cursor_execute", heard), ("commit", committed)]
    for name, listener in listeners:
        event.listen(engine.database.engine, name, listener)
    swept(engine, belongs)
    for name, listener in listeners:
        event.remove(engine.database.engine, name, listener)
    return found


def moved(sent: list[Statements], belongs: int) -> list[Statements]:
    """The same for the thousand of another set: other numbers, another minute."""
    before, after = (due_at(place).strftime("%Y-%m-%dT%H:%M") for place in (0, belongs))

    def text(value: str) -> str:
        return NUMBER.sub(lambda found: f"VV-2022-{int(found[1]) + belongs:07d}", value).replace(before, after)

    def one(value: Any) -> Any:
        if isinstance(value, bytes):
            return text(value.decode()).encode()
        return text(value) if isinstance(value, str) else value

    def row(values: Any) -> Any:
        if isinstance(values, dict):
            return {name: one(value) for name, value in values.items()}
        return tuple(map(one, values))

    return [[(s, list(map(row, v)) if many else row(v), many) for s, v, many in each] for each in sent]


def by_hand(path: str, sent: list[Statements]) -> float:
    """Seconds in which the bare driver sends that."""
    if "://" in path:
        import psycopg

        connection: Any = psycopg.connect(path)
        begin = None
    else:
        connection = sqlite3.connect(path, timeout=60, isolation_level=None)
        for setting in SETTINGS:
            connection.execute(f"PRAGMA {setting}").close()
        begin = "BEGIN IMMEDIATE"
    cursor = connection.cursor()
    start, written = perf_counter(), 0
    for transaction in sent:
        if begin:
            cursor.execute(begin)
        for statement, values, many in transaction:
            (cursor.executemany if many else cursor.execute)(statement, values)
            if statement.startswith("SELECT"):
                cursor.fetchall()
            elif statement.startswith("INSERT INTO climbs"):
                written += cursor.rowcount
        connection.commit()
    spent = perf_counter() - start
    connection.close()
    assert written == DUE, f"{written} written"
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
    sent = recorded(engine, 0)
    ours, floor = [], []
    for place in range(1, SETS, 2):
        ours.append(swept(engine, place))
        floor.append(by_hand(path, moved(sent, place + 1)))
    cpu, clock = idle(engine)
    engine.close()
    return Cost(min(ours), min(floor), cpu, clock, peak())


def measure(name: str, fresh: Callable[[str | None], str], sizes: list[int]) -> None:
    """Print what sweeping costs on one kind of database, one line for each number of open cases."""
    first: Cost | None = None
    for count in sizes:
        path = fresh(None)
        filled(path, count)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found = pool.apply(cost, (path,))
        first = first or found
        growth, floor_growth = found.engine / first.engine, found.floor / first.floor
        print(
            f"{name + ',':12}{count:>10,}{DUE / found.engine:>11.0f}{DUE / found.floor:>11.0f}"
            f"{found.engine / found.floor:>9.2f}{growth:>9.2f}{floor_growth:>9.2f}{growth / floor_growth:>8.2f}"
            f"{found.idle * 1000:>9.2f}{found.idle_cpu * 120:>9.2f}{found.memory:>8.0f}",
            flush=True,
        )
        if "://" not in path:
            Path(path).unlink()


def main(sizes: list[int]) -> None:
    print(f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores,", end=" ")
    print(f"SQLite {sqlite3.sqlite_version}, {DUE} due in batches of {BATCH}, best of {ROUNDS}")
    print(f"{'':12}{'':>10}{'engine':>11}{'by hand':>11}{'times':>9}{'':>9}{'its':>9}{'':>8}{'empty':>9}{'idle':>9}")
    print(
        f"{'':12}{'open':>10}{'/s':>11}{'/s':>11}{'slower':>9}{'growth':>9}{'growth':>9}{'ratio':>8}"
        f"{'ms':>9}{'CPU s/h':>9}{'MB':>8}"
    )
    for kind in (sqlite, postgresql):
        with tempfile.TemporaryDirectory() as folder:
            for fresh in kind(Path(folder)):
                measure(kind.__name__, fresh, sizes)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [10_000, 100_000, 1_000_000])
