"""Who goes on, and what time it is: players that stop before every statement, and one seeded scheduler.

A player is a process: its own connections to the database, its own clock, a coroutine. `Stage.play` lets one of those
that can go on go on to its next stop, for ever the same one for the same rolls. Nothing sleeps: when everybody waits
for a time to come, it comes.

SQLite's lock is kept here as SQLite keeps it (one writer, whose commit waits for readers and lets no new one in), so
that a player who would wait for it stops instead. Whoever waits longer than `BUSY_SECONDS` is told
`Busy`, as SQLite does; the real lock is never waited for.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, NoReturn

import sqlalchemy
from greenlet import getcurrent, greenlet
from sqlalchemy import Pool, event

from tests.simulator.dice import Dice
from workflow.database.base import BUSY_SECONDS
from workflow.errors import Busy

PATIENCE = timedelta(seconds=BUSY_SECONDS)
BUSINESS = {"cases", "duties", "climbs", "parties", "involved", "notices", "texts"}
"""No row of these changes in a transaction that records no event (P13)."""
_WRITES = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM) "?(\w+)')


class Died(BaseException):
    """The process is gone, at this very instruction."""


class OutOfPatience(Busy):
    """Told to whoever waited too long for the lock of the stage: nobody else may ever be told that it is busy."""


class Violation(BaseException):
    """A promise was broken. No `except Exception` of the engine may take it for one of its own errors."""


class Player:
    """A process. `offset` is how far its clock is from the true time; `fuse` after how many stops it dies.

    `wakes` is when it goes on by itself. An `idle` one looks whether something is due each time `pace` has passed.
    """

    def __init__(self, stage: Stage, name: str, live: Callable[[], None]) -> None:
        self.stage, self.name, self.live = stage, name, live
        self.offset, self.pace = timedelta(0), timedelta(seconds=30)
        self.fuse = 0
        self.away = timedelta(0)  # how long it stays away when it dies
        self.frost = 0  # after how many stops it stands still, and for how long
        self.frozen = timedelta(0)
        self.idle = self.impatient = False
        self.wakes = stage.now
        self.wanted: Callable[[], bool] | None = None
        self.read = stage.now
        self.since = stage.now  # up, with the clock it has
        self.coroutine: greenlet | None = None

    @property
    def time(self) -> datetime:
        """What its clock says, without its looking."""
        return self.stage.now + self.offset

    @property
    def clock(self) -> datetime:
        """What its clock says as it looks; `read` is what it said the last time."""
        self.read = self.time
        return self.read

    @property
    def up(self) -> bool:
        return self.coroutine is not None

    @property
    def dying(self) -> bool:
        return self.fuse < 0

    def start(self) -> None:
        self.since = self.wakes = self.stage.now
        self.fuse, self.frost, self.wanted, self.idle = 0, 0, None, False
        self.coroutine = greenlet(self._run, parent=self.stage.scheduler)

    def _run(self) -> None:
        try:
            self.live()
        except BaseException:
            if not self.dying:  # whatever else comes up while it dies, it is dead
                raise
            self.stage.say(self, "dies")
        finally:
            self.coroutine, self.wakes = None, self.stage.now + self.away
            self.stage.let_go(self)

    def end(self) -> None:
        """It dies where it is."""
        self.fuse = -1
        if self.coroutine is not None:
            self.coroutine.switch()

    def sleep(self, until: datetime, *, idle: bool = False) -> None:
        """Do nothing before the true time is `until`."""
        self.wakes, self.idle = until, idle
        self.stage.stop(self)
        self.idle = False

    def wait(self, for_: Callable[[], bool]) -> None:
        """Stop until that is so. Raises `OutOfPatience`."""
        until = self.stage.now + PATIENCE
        while not for_():
            if self.stage.now >= until:
                self.impatient = True
                raise OutOfPatience("the database is busy")
            self.wanted, self.wakes = for_, until
            self.stage.stop(self)
        self.wanted, self.wakes = None, self.stage.now

    def can_go_on(self) -> bool:
        return self.up and (self.wakes <= self.stage.now or (self.wanted is not None and self.wanted()))


class Stage:
    """The players, the true time, and what was said. `committed` is called after every commit of a write.

    `due` says at what true time something will be due by the clock of an idle player.
    """

    def __init__(self, dice: Dice, now: datetime, tick: timedelta) -> None:
        self.dice, self.now, self.tick = dice, now, tick
        self.players: list[Player] = []
        self.committed: Callable[[Player], None] = lambda _: None
        self.due: Callable[[Player], datetime] = lambda player: player.wakes
        self.stops = self.deaths = self.still = 0
        self.said: list[str] | None = None
        self.spoken = hashlib.sha256()
        self.scheduler = getcurrent()
        self._current: Player | None = None
        self._open: dict[int, tuple[Player, Any]] = {}
        self._readers: dict[int, Player] = {}
        self._writer: tuple[int, Player] | None = None
        self._committing = False
        self._touched: dict[int, set[str]] = defaultdict(set)

    def player(self, name: str, live: Callable[[], None]) -> Player:
        self.players.append(player := Player(self, name, live))
        return player

    # ---- the scheduler --------------------------------------------------------------------------

    def play(self, until: datetime) -> None:
        """Let everybody go on until the true time is `until`."""
        while self.now < until:
            ready = [player for player in self.players if player.can_go_on()]
            if not ready:
                self._pass(until)
                continue
            player = ready[0] if len(ready) == 1 else self.dice.choice(ready)
            assert player.coroutine is not None
            self.now += self.tick
            self._current = player
            player.coroutine.switch()
            self._current = None

    def _pass(self, until: datetime) -> None:
        """Nobody can go on: the time passes until somebody can. Who is idle and finds nothing due is passed over."""
        up = [player for player in self.players if player.up]
        wakes = [max(player.wakes, self.due(player)) if player.idle else player.wakes for player in up]
        for place, player in enumerate(up):
            if player.idle and wakes[place] > player.wakes:
                wakes[place] = player.wakes + player.pace * -((player.wakes - wakes[place]) // player.pace)
        self.now = max(self.now, min([*wakes, until]))
        for player in up:
            if player.idle and player.wakes < self.now:
                player.wakes += player.pace * -((player.wakes - self.now) // player.pace)

    def stop(self, player: Player, what: str = "") -> None:
        """A stop of `player`: it goes on when the scheduler says so, or dies here."""
        if not player.dying:
            self.scheduler.switch()
        if player.dying:
            self._die(player)
        if what:
            self.stops += 1
            self.say(player, what)
            if player.frost:
                player.frost -= 1
                if not player.frost:
                    self._freeze(player)
            if player.fuse:
                player.fuse -= 1
                if not player.fuse:
                    player.fuse = -1
                    self.deaths += 1
                    self._die(player)

    def _freeze(self, player: Player) -> None:
        """The machine stands still under `player`, who may have the lock: nobody can be in time meanwhile."""
        player.wakes = self.now + player.frozen
        self.say(player, f"stands still until {player.wakes}")
        self.still += 1
        self.scheduler.switch()
        self.still -= 1
        for other in self.players:
            other.since = max(other.since, self.now)

    def _die(self, player: Player) -> NoReturn:
        """What a process leaves half-done is rolled back, before anything it has learnt to do on errors."""
        for whose, connection in self._open.values():
            if whose is player:
                connection.rollback()
        raise Died

    def say(self, player: Player, what: str) -> None:
        line = f"{self.now.isoformat()} {player.name} {what}"
        self.spoken.update(line.encode())
        if self.said is not None:
            self.said.append(line)

    def let_go(self, player: Player) -> None:
        """The operating system closes what a process held."""
        self._open = {key: held for key, held in self._open.items() if held[0] is not player}
        self._readers = {key: who for key, who in self._readers.items() if who is not player}
        if self._writer is not None and self._writer[1] is player:
            self._writer, self._committing = None, False

    # ---- stops at statements --------------------------------------------------------------------

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Every statement of every engine is a stop of whoever sends it."""
        heard: list[tuple[Any, str, Callable[..., None]]] = [
            (sqlalchemy.Engine, "before_cursor_execute", self._statement),
            (sqlalchemy.Engine, "commit", self._commit),
            (Pool, "checkin", self._released),
        ]
        for target, name, function in heard:
            event.listen(target, name, function)
        try:
            yield
        finally:
            for target, name, function in heard:
                event.remove(target, name, function)

    def _statement(self, connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        player = self._current
        if player is None:
            return
        key = id(connection.connection.dbapi_connection)
        if wrote := _WRITES.match(statement):
            self._touched[key].add(wrote[1])
        self.stop(player, statement.split("\n")[0][:60])
        if statement.startswith("BEGIN"):
            self._open[key] = player, connection.connection.dbapi_connection
        if statement == "COMMIT" and self._writer is not None:  # a commit that SQLAlchemy does not know of
            self._writer = None
        if statement == "BEGIN IMMEDIATE":
            player.wait(lambda: self._writer is None)
            self._writer = (key, player)
        elif statement == "BEGIN DEFERRED":
            player.wait(lambda: not self._committing)
            self._readers[key] = player

    def _commit(self, connection: Any) -> None:
        player = self._current
        if player is None:
            return
        self.stop(player, "COMMIT")
        key = id(connection.connection.dbapi_connection)
        if self._writer is None or self._writer[0] != key:
            return
        touched = self._touched[key]
        if touched & BUSINESS and not touched & {"events", "seals"}:
            raise Violation(f"P13: {sorted(touched)} changed, and no event says so")
        self._committing = True
        player.wait(lambda: not self._readers)

    def _released(self, dbapi_connection: Any, _record: Any) -> None:
        key = id(dbapi_connection)
        self._open.pop(key, None)
        self._readers.pop(key, None)
        self._touched.pop(key, None)
        if self._writer is None or self._writer[0] != key:
            return
        player, committed = self._writer[1], self._committing
        self._writer, self._committing = None, False
        if committed:
            self.committed(player)
            with suppress(Died):  # the connection goes back where it came from first; nothing is done after this
                self.stop(player, "has committed")
