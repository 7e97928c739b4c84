"""Why a duty is due when it is, and how late it was: its time, recomputed from the events of its case alone.

    accounts(events, clocks) -> {duty id: Account}         every turn its due instant took, and how it ended

`clocks` are the calendars the events name, by digest. Nothing here reads the rules, or believes a due instant that
an event states: each is counted again from what the event says it was made of (`case.Counted`), and a property test
compares, for every duty on every walk. A duty of a history that does not say what it was made of is `known=False`.
`spans` tells the days. Reading order: Turn, Account, accounts -> _Reading.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from typing import Literal

import msgspec

from states.amend import never_back
from states.case import Case, Counted, Duty, Event, Moved, Renamed
from states.deadline import Stops, count, late_between, provisional, ran_on, run_on, stopped_due, until
from states.evolve import evolve
from states.values import Value
from states.worktime import WorkTime

replace = msgspec.structs.replace
TurnKind = Literal["opened", "stopped", "ran_on", "extended", "corrected", "undone", "amended", "taken_over", "moved"]


class Turn(Value, frozen=True):
    """One thing that made the due instant what it was from then on.

    `due_at` is as counted here; of a clock that stopped in time it stands still and means nothing. `left` are the
    seconds left since it stopped at `since` (working seconds, or by the clock where `clock`). `calendar` is the digest
    of the one it was counted over, `stood` are the stops so far that came when it was late, `length` what an extension
    gave, `back_to` the turn (its place) that an act taken back leads back to.
    """

    kind: TurnKind
    version: int
    at: datetime
    due_at: datetime
    calendar: str
    counted: Counted | None = None
    left: int | None = None
    since: datetime | None = None
    clock: bool = False
    stood: Stops = ()
    length: str | None = None
    back_to: int | None = None

    @property
    def stopped_late(self) -> bool:
        """Whether its clock stands, and it was late when it stopped."""
        return self.since is not None and self.due_at < self.since

    def late_by(self, clock: WorkTime) -> int:
        """By how much it was late when its clock stopped, stops before left out; in seconds as `left`."""
        assert self.since is not None, "its clock stands"
        late = late_between(self.due_at, self.stood, self.since)
        return sum(until(clock, since, to, by_clock=self.clock) for since, to in late)


class Account(Value, frozen=True):
    """The time of one duty: as it is now, the turns it took, and the event that ended it (the last of such)."""

    duty: Duty
    turns: tuple[Turn, ...]
    ended: Event | None = None
    corrected: Event | None = None

    @property
    def known(self) -> bool:
        """Whether its history says what its due instant is made of."""
        return all(turn.counted is not None for turn in self.turns)

    @property
    def due_at(self) -> datetime:
        """The due instant, as counted here."""
        return self.turns[-1].due_at

    @property
    def stopped_at(self) -> datetime | None:
        """Since when its clock has stood; None where it runs."""
        return self.turns[-1].since

    @property
    def left(self) -> int | None:
        """What a stopped clock has left, as counted here."""
        return self.turns[-1].left


def accounts(events: Sequence[Event], clocks: Mapping[str, WorkTime]) -> dict[str, Account]:
    """The account of every duty of one case, by its id, in the order they were opened."""
    reading = _Reading(clocks)
    for event in events:
        reading.read(event)
    case: Case | None = reduce(evolve, events, None)
    assert case is not None, "a history has a first event"
    return {
        id_: Account(
            duty=duty,
            turns=tuple(reading.turns[id_]),
            ended=reading.ended.get(id_),
            corrected=reading.corrected.get(id_),
        )
        for id_, duty in case.duties.items()
    }


@dataclass
class _Reading:
    """A history read so far: the turns of each duty, how many it had after each version, and what ended it."""

    clocks: Mapping[str, WorkTime]
    turns: dict[str, list[Turn]] = field(default_factory=dict)
    passed: dict[int, dict[str, int]] = field(default_factory=dict)
    ended: dict[str, Event] = field(default_factory=dict)
    corrected: dict[str, Event] = field(default_factory=dict)

    def read(self, event: Event) -> None:
        if event.renamed is not None:
            self._called_anew(event.renamed)
        for duty in event.opened:
            self._opened(duty, event)
        for moved in event.moved:
            self._moved(moved, event)
        for duty in event.restated:
            if event.kind == "undone":
                self._taken_back(duty, event)
            else:
                self._restated(duty, event)
        for end in event.ended:
            self.ended[end.duty] = event
        self.passed[event.version] = {id_: len(turns) - 1 for id_, turns in self.turns.items()}

    def _called_anew(self, renamed: Renamed) -> None:
        """From here on the duties are called as another edition calls them."""
        self.turns = {renamed.duty(id_): turns for id_, turns in self.turns.items()}
        self.passed = {
            version: {renamed.duty(id_): place for id_, place in places.items()}
            for version, places in self.passed.items()
        }
        self.ended = {renamed.duty(id_): event for id_, event in self.ended.items()}
        self.corrected = {renamed.duty(id_): event for id_, event in self.corrected.items()}

    def _add(self, id_: str, kind: TurnKind, event: Event, was: Turn | None, **new: object) -> Turn:
        first = {
            "counted": None,
            "left": None,
            "since": None,
            "clock": False,
            "stood": (),
            "due_at": event.at,
            "calendar": event.calendar,
        }
        kept = {name: getattr(was, name) for name in first} if was is not None else first
        turn = Turn(kind=kind, version=event.version, at=event.at, **{**kept, **new})
        self.turns.setdefault(id_, []).append(turn)
        return turn

    def _opened(self, duty: Duty, event: Event) -> None:
        due = count(duty.counted, self.clocks[event.calendar]) if duty.counted is not None else duty.due_at
        turn = self._add(duty.id, "opened", event, None, due_at=due, counted=duty.counted)
        if duty.left is not None:
            self._stopped(duty.id, turn, duty.left.clock, event)

    def _stopped(self, id_: str, was: Turn, by_clock: bool, event: Event) -> None:
        left = until(self.clocks[event.calendar], event.at, was.due_at, by_clock=by_clock)
        self._add(id_, "stopped", event, was, left=left, since=event.at, clock=by_clock)

    def _moved(self, moved: Moved, event: Event) -> None:
        id_, was = moved.duty, self.turns[moved.duty][-1]
        stood = replace(was, stood=was.stood if moved.stood is None else moved.stood)
        if moved.left is not None:
            if was.left is None:
                self._stopped(id_, was, moved.left.clock, event)
        elif was.left is not None:
            self._ran_on(id_, event, was, moved)
        elif event.kind == "extended" and event.duty == id_:
            self._extended(id_, event, was, moved)
        elif event.kind == "amended" and was.counted is not None:
            self._amended(id_, event, stood, moved.counted or was.counted)
        elif moved.counted is not None or moved.due_at != was.due_at:
            self._counted(id_, "moved", event, stood, moved.counted, moved.due_at)

    def _ran_on(self, id_: str, event: Event, was: Turn, moved: Moved) -> None:
        assert was.since is not None, "its clock stood"
        if moved.stood:  # it was late when it stopped: nothing is given back
            self._add(
                id_, "ran_on", event, was, left=None, since=None, clock=False, stood=(*was.stood, (was.since, event.at))
            )
        else:
            made_of = (
                Counted(start=ran_on(was.since, event.at), left=was.left, clock=was.clock) if was.counted else None
            )
            self._counted(id_, "ran_on", event, replace(was, stood=()), made_of, moved.due_at)

    def _amended(self, id_: str, event: Event, was: Turn, made_of: Counted) -> None:
        """A duty counted over a newer calendar, or under other rules; a turn only where that makes a difference."""
        clock = self.clocks[event.calendar]
        due = never_back(count(made_of, clock), was.due_at, was.due_at, event.at)
        firm = provisional(made_of, due, clock) == provisional(made_of, due, self.clocks[was.calendar])
        if made_of != was.counted:
            kind: TurnKind = "amended" if event.edition is None else "taken_over"
            self._add(id_, kind, event, was, due_at=due, counted=made_of, calendar=event.calendar)
        elif due != was.due_at or not firm:
            self._add(id_, "amended", event, was, due_at=due, calendar=event.calendar)

    def _extended(self, id_: str, event: Event, was: Turn, moved: Moved) -> None:
        made_of = was.counted
        if event.length is not None:
            if made_of is None or count(made_of, self.clocks[event.calendar]) < was.due_at:
                made_of = Counted(start=was.due_at, left=0)
            made_of = replace(made_of, more=(*made_of.more, event.length))
            made_of, stood = run_on(made_of, was.stood, self.clocks[event.calendar])
            was = replace(was, stood=stood)
        turn = self._counted(id_, "extended", event, was, made_of, moved.due_at)
        self.turns[id_][-1] = replace(turn, length=event.length)

    def _counted(
        self, id_: str, kind: TurnKind, event: Event, was: Turn, made_of: Counted | None, stated: datetime
    ) -> Turn:
        """A turn that counts the due instant from `made_of`; where nobody knows that, it is what the event states."""
        due = count(made_of, self.clocks[event.calendar]) if made_of is not None else stated
        running = replace(was, left=None, since=None, clock=False)
        return self._add(id_, kind, event, running, due_at=due, counted=made_of, calendar=event.calendar)

    def _restated(self, duty: Duty, event: Event) -> None:
        """A duty as a correction counts it anew; of one that has ended, when it was done."""
        was, clock = replace(self.turns[duty.id][-1], stood=duty.stood), self.clocks[event.calendar]
        if not duty.alive:
            self.corrected[duty.id] = event
        elif event.kind == "amended" and duty.counted is not None:
            self._amended(duty.id, event, was, duty.counted)
        elif was.left is not None and was.counted is not None and duty.left is not None and duty.counted is not None:
            assert was.since is not None, "its clock stands"
            by_clock = duty.left.clock
            if by_clock == was.clock:
                left = was.left + until(clock, count(was.counted, clock), count(duty.counted, clock), by_clock=by_clock)
            else:
                left = until(clock, was.since, count(duty.counted, clock), by_clock=by_clock)
            due = stopped_due(duty.counted, was.since, left, clock, by_clock=by_clock)
            self._add(duty.id, "corrected", event, was, due_at=due, counted=duty.counted, left=left, clock=by_clock)
        elif duty.left is not None:
            self._add(duty.id, "corrected", event, was, counted=duty.counted, left=duty.left.due)
        else:
            self._counted(duty.id, "corrected", event, was, duty.counted, duty.due_at)

    def _taken_back(self, duty: Duty, event: Event) -> None:
        """A duty as it was before the act that is taken back."""
        place = self.passed[(event.corrects or 1) - 1][duty.id]
        if duty.alive:
            self.ended.pop(duty.id, None)
            self.corrected.pop(duty.id, None)
        if place != len(self.turns[duty.id]) - 1:
            self._add(duty.id, "undone", event, self.turns[duty.id][place], back_to=place)


def stops_in(turns: Sequence[Turn]) -> Stops:
    """When the clock stood still, as the turns tell it; one that was taken back never was."""
    stops: list[tuple[datetime, datetime | None]] = []
    for turn in turns:
        if turn.back_to is not None:
            stops = list(stops_in(turns[: turn.back_to + 1]))
        elif turn.kind == "stopped":
            stops.append((turn.at, None))
        elif turn.kind == "ran_on":
            stops[-1] = (stops[-1][0], turn.at)
    return stops
