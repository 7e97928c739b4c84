"""What the processes of a history do: workers sweep, officers act, and say again what nobody answered.

A worker is the real one, round by round, without the scheduler that waits between them. An officer looks at a case,
does something the rules allow (drawn as the random walks draw it), under a request id; an officer who died before an
answer came sends the same again. Whatever the engine answers that it should not is a violation.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from states.commands import Act, Command, Office, Open, Outcome
from states.errors import Refused
from states.ruleset import Process
from tests.simulator.calendars import Dispatch
from tests.simulator.stage import OutOfPatience, Player, Violation
from tests.walks import Walk
from workflow import amending, heartbeat, worker
from workflow.engine import Engine, whole
from workflow.errors import ClockInDoubt, Conflict, NotAllowed
from workflow.register import Why

if TYPE_CHECKING:
    from tests.simulator.history import History

POLL = timedelta(seconds=30)
SLACK = timedelta(seconds=5)
GAPS = (7, 55, 300, 1500, 5000, 20_000)
"""Minutes between two acts of an officer."""


@dataclass
class Drawn(Walk):
    """A walk that decides nothing: what it would do next is `drawn`."""

    drawn: Command | None = None

    def submit(self, command: Command) -> Outcome | None:
        self.drawn = command
        return Outcome(case=self.case, events=(), notices=())  # type: ignore[arg-type]  # for `open`: it is enough

    def next(self) -> Command | None:
        assert self.case is not None
        luck = self.dice.random()
        if luck < (0.3 if self.case.paused else 0.6):
            self._act()
        elif luck < 0.7:
            self._stop_or_go(self.case)
        elif luck < 0.85:
            self._control()
        else:
            self._mend()
        return self.drawn


class Round(worker.Worker):
    """A worker that does not forgive what it could not do, unless the stage had the lock elsewhere."""

    def __init__(self, history: History, player: Player, engine: Engine) -> None:
        super().__init__(lambda: engine, POLL, lambda: player.clock)
        self.history, self.player, self.in_doubt = history, player, False

    def _again(self, code: str, text: str, values: dict[str, Any]) -> datetime:
        self.in_doubt = code == ClockInDoubt.code and self.history.in_doubt(self.player.read)
        if not self.player.impatient and not self.in_doubt:
            raise Violation(f"a round failed: {code}, {text.format(**values)}")
        return super()._again(code, text, values)


class Worker:
    """One worker: the real rounds, when the worker wants them. `due` is what was due at `now`, when a round began."""

    def __init__(self, history: History, name: str, engine: Engine) -> None:
        self.history, self.engine = history, engine
        self.player: Player = history.stage.player(name, self.live)
        self.player.pace = POLL
        self.now = history.stage.now
        self.due: dict[tuple[str, str], int] = {}

    def live(self) -> None:
        player, stage = self.player, self.history.stage
        rounds = Round(self.history, player, self.engine)
        while True:
            player.impatient = rounds.in_doubt = False
            self.now = whole(player.clock)
            self.due = self.history.model.due(self.now)
            until = max(rounds.round() - player.offset, stage.now)
            if rounds.in_doubt:
                self.asked()
                until = stage.now
            elif not rounds.attempts:
                if rounds.counts.failing:
                    self.history.nothing_failed()
                self.history.opened(self)
            player.sleep(until, idle=True)

    def asked(self) -> None:
        """Hours later somebody looks why nothing is written: the clock is put right, or its time confirmed."""
        player, dice = self.player, self.history.dice
        self.due = {}
        player.since = self.history.stage.now + timedelta(hours=dice.choice((1, 8, 40)))
        player.sleep(player.since)
        if player.offset and dice.happens(0.5):
            player.offset = timedelta(0)
            return
        self.history.confirming = True
        try:
            heartbeat.confirm(self.engine, player.clock)
        except OutOfPatience:
            pass
        finally:
            self.history.confirming = False


class Editor:
    """Who publishes newer calendars, brings the open cases to them, and goes on where that was stopped."""

    def __init__(self, history: History, engine: Engine) -> None:
        self.history, self.engine = history, engine
        self.player: Player = history.stage.player("editor", self.live)
        self.publishing: Dispatch | None = None
        self.left = list(history.desk.dispatches)

    def live(self) -> None:
        dice, player, stage = self.history.dice, self.player, self.history.stage
        while True:
            if self.publishing is None:
                player.sleep(stage.now + timedelta(days=dice.choice((90, 3, 8, 20))))
                self.publishing = self.left.pop(0) if self.left and self.history.faults else None
            if self.publishing is not None:
                try:
                    self.publish(self.publishing)
                except OutOfPatience:
                    player.sleep(stage.now + timedelta(seconds=1))
                except ClockInDoubt:
                    self.history.doubted(player)
                else:
                    self.publishing = None

    def publish(self, dispatch: Dispatch) -> None:
        now = self.player.clock
        self.history.model.clerks[dispatch.digest] = dispatch.clerk
        why = Why(officer="editor", at=now, reason="a dispatch")
        amending.publish(self.engine, dispatch.text, "vn", dispatch.calendar, now, why)
        for brought in amending.bring(self.engine, "editor", lambda: now):
            if brought.error:
                raise Violation(f"P10: {brought.case} was not brought to the newest calendar: {brought.error}")
        self.player.stage.stop(self.player)
        if behind := self.history.model.behind(self.player.clock):
            raise Violation(f"P10: {behind} are not counted over the newest calendar")


@dataclass
class Sent:
    """A command under its request id. `number` is empty for an opening."""

    number: str
    command: Any
    if_version: int | None = None


@dataclass
class Officer:
    """Somebody at a desk; `unanswered` is what was sent and not answered, `answered` what was done for certain."""

    history: History
    name: str
    engine: Engine
    unanswered: Sent | None = None
    answered: dict[str, tuple[str, int]] = field(default_factory=dict)
    player: Player = field(init=False)
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.player = self.history.stage.player(self.name, self.live)

    def live(self) -> None:
        dice, player, stage = self.history.dice, self.player, self.history.stage
        while self.history.faults:
            if self.unanswered is None:
                player.sleep(stage.now + timedelta(minutes=dice.choice(GAPS)))
                self.unanswered = self.draw()
            if self.unanswered is not None:
                self.send(self.unanswered)
                self.unanswered = None

    def send(self, sent: Sent) -> None:
        """Send it until there is an answer, and judge the answer."""
        while True:
            try:
                outcome = self._sent(sent)
            except (Refused, NotAllowed, Conflict):
                self.player.stage.stop(self.player)
                return
            except OutOfPatience:
                self.player.sleep(self.player.stage.now + timedelta(seconds=1))
                continue
            except ClockInDoubt:
                self.history.doubted(self.player)
                continue
            self.player.stage.stop(self.player)  # it dies here rather than hear the answer
            if outcome.events:
                first = outcome.events[0]
                if sent.if_version is not None and first.version != sent.if_version + 1:
                    raise Violation(f"P3: {first.case} had moved on from {sent.if_version}, and that was not said")
                self.answered[sent.command.request or ""] = (first.case, first.version)
            return

    def _sent(self, sent: Sent) -> Outcome:
        if isinstance(sent.command, Open):
            return self.engine.open(sent.command, self.player.clock)
        return self.engine.submit(sent.number, sent.command, self.player.clock, sent.if_version)

    # ---- what to do -----------------------------------------------------------------------------

    def draw(self) -> Sent | None:
        dice, model = self.history.dice, self.history.model
        if len(model.cases) < self.history.least_cases or dice.happens(0.05):
            process = dice.choice(self.history.processes)
            return Sent("", self._named(self._opening(process)))
        number = dice.choice(list(model.cases))
        office, case = self.engine.look(number)
        if case.final:
            return None
        history = self.engine.history(number)[1]
        drawn = Drawn(office, office.process(case), dice, whole(self.player.clock), case, history).next()
        if drawn is None or not isinstance(drawn, Act):
            return None
        return Sent(number, self._named(drawn), case.version if dice.happens(0.4) else None)

    def _opening(self, process: Process) -> Command:
        office: Office = self.engine.office()
        walk = Drawn(office, process, dice=self.history.dice, now=whole(self.player.clock))
        walk.open()
        assert walk.drawn is not None
        return walk.drawn

    def _named(self, command: Any) -> Act:
        changes: dict[str, Any] = {"request": f"{self.name}-{next(self.numbers)}"}
        if hasattr(command, "history"):
            changes["history"] = ()  # the engine knows
        named: Act = msgspec.structs.replace(command, **changes)
        return named
