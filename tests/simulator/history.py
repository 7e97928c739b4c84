"""One history from beginning to end: who takes part, what goes wrong, and what must be true afterwards.

    history = play(seed)                    raises `Failed`, which says the seed and the rolls
    history.digest                          what was said and what is stored, in one word

Nobody plays for long: a few cases, one to three workers, two officers, one to eight weeks. Then the faults stop:
everybody is started, clocks are right, and within a minute nothing that is due may be left.
"""

from __future__ import annotations

import atexit
import hashlib
import random
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import event

from states.loader import load_rules
from states.record import decode
from states.ruleset import SYSTEM, Process
from states.worktime import WorkTime
from tests.places import contents
from tests.simulator.calendars import Dispatch, Periods, amended, periods
from tests.simulator.clerk import Clerk
from tests.simulator.dice import Dice
from tests.simulator.model import Model
from tests.simulator.players import POLL, SLACK, Editor, Officer, Worker
from tests.simulator.staff import Staff
from tests.simulator.stage import Player, Stage, Violation
from tests.support import ROOT
from workflow import audit, calendar, heartbeat, record
from workflow.database import open_database
from workflow.engine import Engine
from workflow.setup import set_up

START = datetime(2022, 3, 1, 2, 0, tzinfo=UTC)
RULES = ("tests/rules/simulator.yaml", "tests/rules/engine.yaml", "tests/rules/small.yaml", "escalation_rules.yaml")
WORKERS, OFFICERS = 3, 2
DISPATCHES = 3
"""Newer calendars that may be published."""
RESTS = (0, 10, 120, 3600, 86_400, 5 * 86_400, 13 * 86_400, 20 * 86_400)
"""Seconds that a process which died stays away."""
STEPS = (1, 60, 130, 3600, 86_400, 12 * 86_400, 40 * 86_400)
"""Seconds by which a clock is set forward or back."""
SILENCE = timedelta(days=14)
"""After so long without a record, nothing is written before somebody has said that the clock is right."""
_NEWEST = (
    "SELECT max(at) FROM (SELECT max(at) AS at FROM events UNION ALL SELECT max(at) FROM sweeps"
    " UNION ALL SELECT max(at) FROM register_log UNION ALL SELECT max(published_at) FROM editions)"
)
_OPENED = "SELECT process || ' ' || period FROM openings WHERE \"case\" IS NOT NULL"
_EVENTS = 'SELECT rowid, "case", version, body FROM events WHERE rowid > ? ORDER BY rowid'  # none is ever deleted


class Failed(AssertionError):
    """A history in which a promise was broken: the seed, and the rolls that lead there."""

    def __init__(self, said: str, seed: int | None, rolled: Sequence[float]) -> None:
        super().__init__(f"seed {seed}: {said}")
        self.said, self.seed, self.rolled = said, seed, list(rolled)

    def __reduce__(self) -> Any:
        return Failed, (self.said, self.seed, self.rolled)  # it comes from another process


class Desk:
    """A database of one edition to play on: made once, copied for each history, in memory where there is any.

    `staffed`: its register says who is there; otherwise everybody always is.
    """

    def __init__(self, rules: str, staffed: bool, folder: Path) -> None:
        self.rules, self.folder = rules, folder
        self.template, self.path = folder / "template.db", folder / "played.db"
        engine = set_up(self.template, rules=ROOT / rules, now=START - timedelta(days=1), practice=True)
        self.calendar = engine.office().calendar
        self.clerk = Clerk(engine.office().clock.calendar)
        self.staff = Staff(engine.office().agencies, self.clerk, random.Random(rules)) if staffed else None
        if self.staff is not None:
            self.staff.enter(engine.database, START - timedelta(days=1))
        with engine.database.writing() as connection:  # drawn at random: every run of a history has the same
            drawn = "UPDATE meta SET value = key || ? WHERE key IN ('id', 'register')"
            connection.exec_driver_sql(drawn, (f"{rules} {staffed}",))
        engine.close()
        self.ruleset = load_rules((ROOT / rules).read_bytes(), rules)
        processes = self.ruleset.processes.values()
        self.processes: list[Process] = [p for p in processes if any({*line.by} - {SYSTEM} for line in p.opening)]
        self.dispatches = [Dispatch(amended(self.clerk.calendar, n)) for n in range(DISPATCHES)]
        self._warm()
        self._engines: list[Engine] = []

    def _warm(self) -> None:
        """A process reads rules, calendars and register once: before the first history, not in one of them."""
        engine = Engine(open_database(self.template))
        engine.office()
        engine.close()
        for one in self.dispatches:
            calendar._clocks[one.digest] = WorkTime(one.calendar)

    def laid(self) -> list[Engine]:
        """A fresh copy, and an engine for each process that works on it."""
        for engine in self._engines:
            engine.database.engine.dispose()
        for left in self.folder.glob("played.db?*"):
            left.unlink()
        shutil.copyfile(self.template, self.path)
        if not self._engines:
            self._engines = [Engine(open_database(self.path)) for _ in range(WORKERS + OFFICERS + 1)]
            for engine in self._engines:
                event.listen(engine.database.engine, "connect", _never_wait)
                engine.database.engine.dispose()
        return self._engines


def _never_wait(connection: Any, _record: Any) -> None:
    """The stage knows who has the lock. Whoever would wait for the real one is told so at once."""
    connection.execute("PRAGMA busy_timeout = 0").close()


@cache
def desk(rules: str, staffed: bool) -> Desk:
    """The desk of one rules file, for the life of this process."""
    memory = Path("/dev/shm")
    folder = tempfile.TemporaryDirectory(prefix="phoihop-", dir=memory if memory.is_dir() else None)
    atexit.register(folder.cleanup)
    return Desk(rules, staffed, Path(folder.name))


class History:
    """One history. `faults` says whether anything may still go wrong."""

    digest: str  # all that was said and all that is stored, in one word, once it is over

    def __init__(self, dice: Dice, *, tell: bool = False) -> None:
        self.dice = dice
        self.desk = desk(dice.choice(RULES), dice.happens(0.4))
        self.processes = self.desk.processes
        tick = timedelta(milliseconds=dice.choice((1, 3, 10)))
        self.stage = Stage(dice, START, tick)
        self.stage.said = [] if tell else None
        self.stage.committed, self.stage.due = self.committed, self.due
        self.model = Model(self.desk.ruleset, {self.desk.calendar: self.desk.clerk}, self.desk.staff)
        self.faults = True
        self.least_cases = dice.randint(1, 3)
        engines = self.desk.laid()
        self.checked = dice.happens(0.5)  # as in a real database; a practice one believes every clock
        for engine in engines:
            engine.database.clock_checked, engine.database._recorded = self.checked, None
        self.confirming = False
        self.newest = START - timedelta(days=1)  # recorded; earlier again when a heartbeat of a fast clock is replaced
        self.latest = self.newest  # ever recorded: whoever works on may remember it
        self.workers = [Worker(self, f"worker {n}", engines[n]) for n in range(dice.randint(1, WORKERS))]
        self.editor = Editor(self, engines[-1])
        self.officers = [Officer(self, f"officer {n}", engines[WORKERS + n]) for n in range(OFFICERS)]
        self.read = 0
        self.observer = sqlite3.connect(self.desk.path)
        self.sweeps = 0
        self.beat: Any = None
        self.kinds: Counter[str] = Counter()

    # ---- while it goes on -----------------------------------------------------------------------

    def committed(self, player: Player) -> None:
        """`player` has committed: the model reads what is new."""
        self.newest = datetime.fromisoformat(self.observer.execute(_NEWEST).fetchone()[0])
        if self.checked and not self.confirming and self.newest > self.latest + SILENCE:
            raise Violation(f"P8: {self.newest} was written, and the last record was of {self.latest}")
        self.latest = max(self.latest, self.newest)
        (self.model.calendar,) = self.observer.execute("SELECT value FROM meta WHERE key = 'calendar'").fetchone()
        for row, number, version, body in self.observer.execute(_EVENTS, (self.read,)).fetchall():
            event = decode(body, {})
            if event.at > player.read:
                raise Violation(f"P5: {number}, version {version} says {event.at}, which is still to come")
            self.model.read(event, self.stage.now)
            self.kinds[event.kind] += 1
            self.read = row
        beat = self.observer.execute("SELECT at FROM sweeps").fetchone()
        if beat != self.beat:
            self.beat = beat
            for worker in self.workers:
                if worker.player is player:
                    self.swept(worker)

    @property
    def periods(self) -> Periods:
        """When cases open by themselves, by the newest calendar."""
        return periods(self.desk.ruleset, self.model.clerks[self.model.calendar], START - timedelta(days=1))

    def due(self, player: Player) -> datetime:
        """When something is due by the clock of `player`: until then it looks and finds nothing."""
        times = [at for at in (self.model.next_at, self.periods.next_at(player.time)) if at is not None]
        return min([*(at - player.offset for at in times), player.wakes + timedelta(days=7)])

    def swept(self, worker: Worker) -> None:
        """A sweep has left its heartbeat: nothing that was due when it began is as due as it was."""
        self.sweeps += 1
        for key, climb in worker.due.items():
            if self.model.still(key, climb, worker.now):
                raise Violation(f"P7: {key} was due and {worker.player.name} left it")

    def opened(self, worker: Worker) -> None:
        """A round is over: every case that opens by itself and whose period has come is there, once."""
        opened = [name for (name,) in self.observer.execute(_OPENED)]
        now = min(worker.now, worker.player.time)  # its clock may have been set back since its round began
        missed = self.periods.come(now) - set(opened)
        if missed or len(opened) != len(set(opened)):
            raise Violation(f"P7: {worker.player.name} left {missed} unopened of {sorted(opened)}")
        self.in_time()

    def in_doubt(self, now: datetime) -> bool:
        """Whether nothing may be written at `now` before somebody has confirmed the clock."""
        return self.checked and now > self.newest + SILENCE

    def doubted(self, player: Player) -> None:
        """`player` was told that its clock is in doubt, and tries again when others have looked at theirs."""
        if not self.in_doubt(player.read):
            raise Violation(f"P8: {player.name} may not write at {player.read}; the last record is of {self.newest}")
        player.offset = timedelta(0)
        player.sleep(self.stage.now + timedelta(hours=9))

    def in_time(self) -> None:
        """P6: nothing is later than a poll and some seconds by the clock of a worker that was up all the time."""
        for player in [worker.player for worker in self.workers if worker.player.up and not self.stage.still]:
            for owed in self.model.owed:
                if not owed.is_at(player.time) or self.in_doubt(player.time):
                    continue
                assert owed.duty.next_at is not None
                since = max(owed.duty.next_at - player.offset, owed.armed, player.since)
                if self.stage.now > since + POLL + SLACK:
                    raise Violation(f"P6: {owed.duty.id} was due at {owed.duty.next_at}, and {player.name} is up")

    # ---- what goes wrong ------------------------------------------------------------------------

    def play(self) -> None:
        dice, stage = self.dice, self.stage
        for player in stage.players:
            player.start()
        for _ in range(dice.randint(3, 12)):
            self.trouble()
            stage.play(stage.now + timedelta(minutes=dice.choice((10, 120, 1500, 5000, 9000))))
            self.in_time()
        self.faults = False
        for player in stage.players:
            player.offset = timedelta(0)
            player.fuse = player.frost = 0
            player.since = stage.now
            if not player.up:
                player.start()
            else:
                player.wakes = stage.now
        if self.in_doubt(stage.now + timedelta(seconds=60)):  # the fortnight may end within that minute
            heartbeat.confirm(self.workers[0].engine, stage.now)
            self.newest = self.latest = stage.now
        stage.play(stage.now + timedelta(seconds=60))
        self.over()

    def trouble(self) -> None:
        """Somebody will die somewhere, somebody is started again, a clock is set."""
        dice, stage = self.dice, self.stage
        for player in stage.players:
            if not player.up and stage.now >= player.wakes:
                player.start()
            if player.up and dice.happens(0.5):
                player.fuse = dice.randint(1, 80)
                player.away = timedelta(seconds=dice.choice(RESTS))
            elif player.up and dice.happens(0.2):
                player.frost = dice.randint(1, 60)
                player.frozen = timedelta(seconds=dice.choice((6, 40, 600)))
        if dice.happens(0.25):
            player = dice.choice(stage.players)
            step = timedelta(seconds=dice.choice(STEPS))
            player.offset = player.offset + (step if dice.happens(0.5) else -step)
            player.since = max(player.since, stage.now)  # later where it waits for somebody to look at the clock
            stage.say(player, f"has its clock set to {player.time}")

    # ---- afterwards -----------------------------------------------------------------------------

    def over(self) -> None:
        """The faults have stopped a minute ago."""
        now = self.stage.now
        late = self.model.due(now - POLL - SLACK)
        if late:
            raise Violation(f"P25: a minute after the faults, {sorted(late)} are still due")
        for officer in self.officers:
            for request, where in officer.answered.items():
                done = self.model.requests.get(request, [])
                if done[:1] != [where]:
                    raise Violation(f"P1: {request} was answered with {where}, and is {done}")
        for request, done in self.model.requests.items():
            if len(done) != 1:
                raise Violation(f"P3: {request} was done {len(done)} times: {done}")
        self._rows()
        if found := audit.verify(self.workers[0].engine.database):
            raise Violation(f"P9: {[(f.code, f.case, dict(f.values)) for f in found]}")

    def _rows(self) -> None:
        rows = self.observer.execute('SELECT "case", duty, climb FROM climbs').fetchall()
        if len(rows) != len(self.model.climbs) or set(rows) != self.model.climbs:
            raise Violation(f"P4: {len(rows)} climbs are counted, {len(self.model.climbs)} happened")
        told = self.observer.execute(
            "SELECT \"case\", version, agency, post FROM notices WHERE kind = 'climbed'"
        ).fetchall()
        if len(told) != len(self.model.told) or set(told) != self.model.told:
            raise Violation("P14: the notices of climbs are not what the climbs told")
        by_themselves = sum(case.by_itself for case in self.model.cases.values())
        if self.observer.execute('SELECT count(*), count("case") FROM openings').fetchone() != (by_themselves,) * 2:
            raise Violation(f"P4: {by_themselves} cases were opened by themselves, or not every period was opened")
        self.nothing_failed()

    def nothing_failed(self) -> None:
        """No duty is noted as one that a sweep could not do."""
        if errors := [error for (error,) in self.observer.execute("SELECT error FROM failures")]:
            raise Violation(f"P4: {len(errors)} duties failed, and nothing should: {errors}")

    def close(self) -> None:
        """Let go of everybody who is still on the stage."""
        for player in self.stage.players:
            player.end()
        self.observer.close()
        stored = repr(sorted(contents(self.desk.path).items()))  # now: the next history lies in the same place
        self.digest = hashlib.sha256(self.stage.spoken.digest() + stored.encode()).hexdigest()


@contextmanager
def _salted(dice: Dice) -> Iterator[None]:
    """Salts come from the dice: the same history has the same bytes."""
    before, drawn = record.draw_salt, iter(range(10**9))
    record.draw_salt = lambda: f"{next(drawn):032x}"
    try:
        yield
    finally:
        record.draw_salt = before


def play(seed: int | None, rolled: Sequence[float] | None = None, *, tell: bool = False) -> History:
    """The history of `seed`, or of what was `rolled`. Raises `Failed`; any error that nobody expects is one."""
    dice = Dice(seed) if rolled is None else Dice.again(rolled)
    history = History(dice, tell=tell)
    with _salted(dice), history.stage.listening():
        try:
            history.play()
        except (Exception, Violation) as error:
            said = str(error) if isinstance(error, Violation) else f"{type(error).__name__}: {error}"
            failed = Failed(said, seed, dice.rolled)
            failed.history = history  # type: ignore[attr-defined]  # for whoever wants to read what was said
            raise failed from error
        finally:
            history.close()
    return history
