"""H3: a fleet of real workers, killed at random and started again, until everything that was due has happened.

    crowded(location, cases)                           a database in which ten duties of each case fall due at LATE
    tally = run(location, LATE, workers=8, dice=..., kills=20)
    seconds = lateness(location, workers=2)            how late the last of what falls due at once is, with workers up

Each worker is a process of its own that sweeps without pause until nothing is due. It tells what fired only after the
sweep that committed it: what was told is acknowledged, and must be there. Afterwards every duty that was due has
climbed once more, by its row, by its event and by its key: none was lost, none doubled.
"""

from __future__ import annotations

import multiprocessing
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime, timedelta
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple

from sqlalchemy import func, select

from states.commands import Advance
from tests.doomed import NOTIFIED, OPENED, opening
from tests.killing import serve
from tests.places import Location, rows
from tests.simulator.bugs import planted
from tests.support import ROOT
from workflow.audit import verify
from workflow.batch import DUE
from workflow.database import open_database
from workflow.engine import Engine
from workflow.errors import Busy, Unreachable
from workflow.setup import set_up
from workflow.sweep import sweep
from workflow.tables import climbs, events, failures

_UNTOLD = (
    """SELECT "case", version FROM events WHERE kind = 'climbed' AND NOT EXISTS"""
    ' (SELECT 1 FROM notices WHERE notices."case" = events."case" AND notices.version = events.version)'
)
_SERVER = multiprocessing.get_context("forkserver")
DUTIES = 10  # of each case
AHEAD = timedelta(seconds=8)
Key = tuple[str, str]


class Tally(NamedTuple):
    """What came of a run: duties due, climbs made, workers killed; what was lost or doubled, and audit's findings."""

    due: int
    fired: int
    kills: int
    lost: int
    doubled: int
    findings: int
    failed: int

    @property
    def clean(self) -> bool:
        return self.fired == self.due and not (self.lost or self.doubled or self.findings or self.failed)


def crowded(location: Location, cases: int) -> Location:
    """A new database at `location` with `cases` matters, each notified to ten partners who do not answer."""
    engine = set_up(location, rules=ROOT / "escalation_rules.yaml", now=OPENED, practice=True)
    partners = [code for code, one in engine.office().agencies.items() if not one.body and code != "btg"][:DUTIES]
    notify = Advance(trigger="notify", by="btg", parties={"partner": tuple(partners)})
    for n in range(cases):
        number = engine.open(opening(f"Việc {n}"), OPENED).case.case
        engine.submit(number, notify, NOTIFIED)
    engine.close()
    return location


def run(
    location: Location,
    now: datetime,
    *,
    workers: int,
    dice: random.Random,
    kills: int,
    limit: int = 20,
    bug: str | None = None,
) -> Tally:
    """Let `workers` do all that is due at `now`, killing `kills` of them on the way; what came of it.

    With the `bug` of that name planted in each of them.
    """
    serve()
    due, before = _due(location, now), _climbs(location)
    told: list[tuple[str, int]] = []
    killed = 0
    running = [_started(location, now, limit, bug) for _ in range(workers)]
    while running:
        wait([pipe for _process, pipe in running], timeout=dice.uniform(0.0, 0.08))
        for process, pipe in list(running):
            alive = _heard(pipe, told)
            if not alive:
                process.join()
                running.remove((process, pipe))
        if running and killed < kills:
            process, pipe = running.pop(dice.randrange(len(running)))
            process.kill()
            process.join()
            _heard(pipe, told)
            killed += process.exitcode == -9
            running.append(_started(location, now, limit, bug))
    return _tally(location, due, before, told, killed)


def _started(location: Location, now: datetime, limit: int, bug: str | None) -> tuple[Any, Connection]:
    ours, theirs = _SERVER.Pipe(duplex=False)
    process = _SERVER.Process(target=work, args=(str(location), now, limit, bug, theirs))
    process.start()
    theirs.close()
    return process, ours


def _heard(pipe: Connection, told: list[tuple[str, int]]) -> bool:
    """Take in what a worker has told; whether it may tell more."""
    try:
        while pipe.poll():
            told += pipe.recv()
    except (EOFError, OSError):
        return False
    return True


def work(location: str, now: datetime, limit: int, bug: str | None, pipe: Connection) -> None:
    """One worker: sweep until nothing is due, and tell what fired."""
    with planted(bug) if bug else nullcontext():
        _sweep(Engine(location), now, limit, pipe)


def _sweep(engine: Engine, now: datetime, limit: int, pipe: Connection) -> None:
    while True:
        try:
            report = sweep(engine, now, limit)
        except Unreachable:
            raise
        except Busy:
            continue
        pipe.send([(event.case, event.version) for one in report.swept for event in one.events])
        if not report.due:
            return


# ---- in time -------------------------------------------------------------------------------------


def lateness(location: Location, workers: int) -> float:
    """Seconds from the instant at which most of the duties at `location` fall due until the last of them has fired.

    `workers` processes of the real command are up and sweep every thirty seconds; their clocks are set to some seconds
    before. Counted from before they start, so it is rather too much. Raises `AssertionError` when they never do.
    """
    ((at, many),) = rows(
        location, "SELECT next_at, count(*) FROM duties GROUP BY next_at ORDER BY count(*) DESC LIMIT 1"
    )
    due, before = datetime.fromisoformat(at), len(rows(location, "SELECT 1 FROM climbs"))
    set_to = (due - AHEAD).isoformat()
    words = [sys.executable, str(ROOT / "cli.py"), "--quiet", "--db", str(location), "--now", set_to, "worker"]
    start = time.monotonic()
    running = [subprocess.Popen(words) for _ in range(workers)]
    try:
        while len(rows(location, "SELECT 1 FROM climbs")) < before + many:
            assert time.monotonic() < start + 300, "due, and nobody does it"
            time.sleep(0.1)
        return time.monotonic() - start - AHEAD.total_seconds()
    finally:
        for worker in running:
            worker.terminate()
            worker.wait()


# ---- counting -------------------------------------------------------------------------------------


def _due(location: Location, now: datetime) -> set[Key]:
    database = open_database(location)
    with database.reading() as connection:
        found = {(row.case, row.duty) for row in connection.execute(DUE, {"now": now, "limit": 1_000_000})}
    database.close()
    return found


def _climbs(location: Location) -> Counter[Key]:
    return Counter((case, duty) for case, duty in rows(location, 'SELECT "case", duty FROM climbs'))


def _versions(location: Location) -> Iterator[tuple[str, int]]:
    return ((case, version) for case, version in rows(location, 'SELECT "case", version FROM events'))


def _tally(location: Location, due: set[Key], before: Counter[Key], told: list[Any], killed: int) -> Tally:
    made = _climbs(location)
    made.subtract(before)
    fired = sum(made.values())
    lost: list[Any] = [key for key in due if made[key] < 1] + sorted(set(told) - set(_versions(location)))
    lost += rows(location, _UNTOLD)
    doubled = [key for key, count in made.items() if count > (key in due)]
    database = open_database(location)
    with database.reading() as connection:
        failed = connection.execute(select(func.count()).select_from(failures)).scalar_one()
        climbed = select(func.count()).select_from(events).where(events.c.kind == "climbed")
        by_event = connection.execute(climbed).scalar_one()
        by_key = connection.execute(select(func.count()).select_from(climbs)).scalar_one()
    findings = verify(database)
    database.close()
    doubled += [("events", str(by_event))] * (by_event != by_key)
    return Tally(len(due), fired, killed, len(lost), len(doubled), len(findings), failed)
