"""Why a duty is due when it is, and how late it was: its time, recomputed from the events of its case alone.

    accounts(events, clocks) -> {duty id: Account}         every turn its due instant took, and how it ended
    days(account, clock, until) -> [Span, ...]             day by day: counted, stopped, late

`clocks` are the calendars the events name, by digest. Nothing here reads the rules, or believes a due instant that
an event states: each is counted again from what the event says it was made of (`case.Counted`), and a property test
compares, for every duty on every walk. A duty of a history that does not say what it was made of is `known=False`.
Reading order: Turn, Account, accounts -> _Reading; then Span, Stretch, days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import reduce
from itertools import pairwise
from typing import Literal, NamedTuple

import msgspec

from states.amend import never_back
from states.calendar import Day
from states.case import Case, Counted, Duty, Event, Moved, evolve
from states.deadline import count, until
from states.values import Value
from states.worktime import DAY, MICROSECOND, Duration, WorkTime

replace = msgspec.structs.replace
TurnKind = Literal["opened", "stopped", "ran_on", "extended", "corrected", "undone", "amended", "moved"]


class Turn(Value, frozen=True):
    """One thing that made the due instant what it was from then on.

    `due_at` is as counted here; of a stopped clock it stands still and means nothing, and `left` are the seconds
    left (working seconds, or by the clock where `clock`). `calendar` is the digest of the one it was counted over,
    `length` what an extension gave, `back_to` the turn (its place) that an act taken back leads back to.
    """

    kind: TurnKind
    version: int
    at: datetime
    due_at: datetime
    calendar: str
    counted: Counted | None = None
    left: int | None = None
    clock: bool = False
    length: str | None = None
    back_to: int | None = None


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

    def _add(self, id_: str, kind: TurnKind, event: Event, was: Turn | None, **new: object) -> Turn:
        first = {"counted": None, "left": None, "clock": False, "due_at": event.at, "calendar": event.calendar}
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
        self._add(id_, "stopped", event, was, left=left, clock=by_clock)

    def _moved(self, moved: Moved, event: Event) -> None:
        id_, clock, was = moved.duty, self.clocks[event.calendar], self.turns[moved.duty][-1]
        if moved.left is not None:
            if was.left is None:
                self._stopped(id_, was, moved.left.clock, event)
        elif was.left is not None:
            made_of = Counted(start=event.at, left=was.left, clock=was.clock)
            self._counted(id_, "ran_on", event, was, made_of if was.counted else None, moved.due_at)
        elif event.kind == "extended" and event.duty == id_:
            self._extended(id_, event, was, moved)
        elif event.kind == "amended" and was.counted is not None:
            due = never_back(count(was.counted, clock), was.due_at, was.due_at, event.at)
            if due != was.due_at or clock.provisional(due) != self.clocks[was.calendar].provisional(due):
                self._add(id_, "amended", event, was, due_at=due, calendar=event.calendar)
        elif moved.counted is not None or moved.due_at != was.due_at:
            self._counted(id_, "moved", event, was, moved.counted, moved.due_at)

    def _extended(self, id_: str, event: Event, was: Turn, moved: Moved) -> None:
        made_of = was.counted
        if event.length is not None:
            if made_of is None or count(made_of, self.clocks[event.calendar]) < was.due_at:
                made_of = Counted(start=was.due_at, left=0)
            made_of = replace(made_of, more=(*made_of.more, event.length))
        turn = self._counted(id_, "extended", event, was, made_of, moved.due_at)
        self.turns[id_][-1] = replace(turn, length=event.length)

    def _counted(
        self, id_: str, kind: TurnKind, event: Event, was: Turn, made_of: Counted | None, stated: datetime
    ) -> Turn:
        """A turn that counts the due instant from `made_of`; where nobody knows that, it is what the event states."""
        due = count(made_of, self.clocks[event.calendar]) if made_of is not None else stated
        return self._add(
            id_, kind, event, was, due_at=due, counted=made_of, left=None, clock=False, calendar=event.calendar
        )

    def _restated(self, duty: Duty, event: Event) -> None:
        """A duty as a correction counts it anew; of one that has ended, when it was done."""
        was, clock = self.turns[duty.id][-1], self.clocks[event.calendar]
        if not duty.alive:
            self.corrected[duty.id] = event
        elif was.left is not None and was.counted is not None and duty.counted is not None:
            more = until(clock, count(was.counted, clock), count(duty.counted, clock), by_clock=was.clock)
            self._add(duty.id, "corrected", event, was, counted=duty.counted, left=was.left + more)
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


# ---- day by day -------------------------------------------------------------------------------------


class Span(Value, frozen=True):
    """One day of a duty's time, or several alike in a row (`first` to `last`).

    `kind`: an ordinary working day, a day of the weekend, a day off, a day worked instead; `day` is how the calendar
    lists it. `counted` are the seconds counted towards the due instant (by the clock for `h` and `d`), `late` the
    working seconds after it; `hours` are when either was, unless several days are told as one. `stopped`: the clock
    stood still all day.
    """

    first: date
    last: date
    kind: Literal["work", "weekend", "off", "worked"]
    day: Day | None = None
    counted: int = 0
    late: int = 0
    hours: tuple[tuple[datetime, datetime], ...] = ()
    stopped: bool = False


class Stretch(NamedTuple):
    """A stretch of time that was counted over `clock`; `by_clock`: nights and days off count too."""

    start: datetime
    end: datetime
    clock: WorkTime
    by_clock: bool = False

    def within(self, begins: datetime, ends: datetime) -> list[tuple[datetime, datetime]]:
        """When it was counted between two instants."""
        start, end = max(self.start, begins), min(self.end, ends)
        if start >= end:
            return []
        if self.by_clock:
            return [(start, end)]
        hours = self.clock.office_hours(self.clock.local_date(begins))
        clipped = ((max(start, opens), min(end, closes)) for opens, closes in hours)
        return [(opens, closes) for opens, closes in clipped if opens < closes]


def days(account: Account, clocks: Mapping[str, WorkTime], newest: WorkTime, now: datetime) -> list[Span]:
    """The days from the start to the due instant, and on to when it was done, or to `now`.

    A given date is explained by the days from that date to the due instant. `newest` is the calendar by which
    whoever asks counts what is late now.
    """
    running = _running(account, clocks)
    late = _late(account, clocks, newest, now)
    stretches = [*running, *late]
    clock = clocks[account.turns[-1].calendar]
    first, last = _first_day(account, clock), _last_day(account, clock, stretches, now)
    single = {clock.local_date(turn.at) for turn in account.turns}
    single |= {clock.local_date(stretch.end - MICROSECOND) for stretch in stretches}
    found: list[Span] = []
    for number in range(max(first, clock.first).toordinal(), min(last, clock.last).toordinal() + 1):
        one = _day(date.fromordinal(number), running, late, clock, account)
        if found and not {one.first, found[-1].last} & single and _alike(found[-1], one):
            counted, behind = found[-1].counted + one.counted, found[-1].late + one.late
            found[-1] = replace(found[-1], last=one.last, counted=counted, late=behind, hours=())
        else:
            found.append(one)
    return found


def _running(account: Account, clocks: Mapping[str, WorkTime]) -> list[Stretch]:
    """The stretches in which the clock ran towards the due instant."""
    done: list[list[Stretch]] = []  # after each turn: what had run before, and the turn that runs now
    begun: list[datetime | None] = []
    for turn in account.turns:
        before, start = (list(done[-1]), begun[-1]) if done else ([], None)
        made_of = turn.counted
        match turn.kind:
            case "undone" if turn.back_to is not None:
                before, start = list(done[turn.back_to]), begun[turn.back_to]
            case "stopped" if start is not None:
                before.append(Stretch(start, turn.at, clocks[turn.calendar], turn.clock))
                start = None
            case "ran_on":
                start = turn.at
            case "opened" | "corrected" if turn.left is None:
                start = _counts_from(made_of, clocks[turn.calendar]) if made_of is not None else turn.at
        done.append(before)
        begun.append(start)
    last, start = account.turns[-1], begun[-1]
    if start is None:
        return done[-1]
    ended = account.duty.ended_at
    end = last.due_at if ended is None else min(last.due_at, ended)
    by_clock = account.duty.unit in ("h", "d") if last.counted is None or last.counted.left is None else last.clock
    return [*done[-1], Stretch(start, end, clocks[last.calendar], by_clock)]


def _counts_from(made_of: Counted, clock: WorkTime) -> datetime:
    """From when time counts: of days, the day on which it starts is not counted, whatever the hour."""
    if made_of.take is None or Duration.parse(made_of.take).unit not in ("wd", "d"):
        return made_of.start
    return clock.midnight(clock.local_date(made_of.start) + DAY)


def _late(account: Account, clocks: Mapping[str, WorkTime], newest: WorkTime, now: datetime) -> list[Stretch]:
    """When the duty was late: after its due instant, until it ended; of nobody's, of a stopped one, never."""
    duty, last = account.duty, account.turns[-1]
    if duty.agency is None or last.left is not None or duty.status == "mistaken":
        return []
    judged = account.corrected or account.ended
    clock = clocks[judged.calendar] if judged is not None else newest
    end = min(duty.ended_at or now, clock.ends)
    return [Stretch(last.due_at, end, clock)] if end > last.due_at else []


def _first_day(account: Account, clock: WorkTime) -> date:
    made_of = account.turns[-1].counted
    given = made_of and (made_of.by or made_of.before)
    if given:
        return min(given, clock.local_date(account.due_at))
    first = account.turns[0]
    start = made_of.start if made_of is not None and made_of.take is not None else None
    return clock.local_date(min(start or first.at, first.counted.start if first.counted is not None else first.at))


def _last_day(account: Account, clock: WorkTime, stretches: Sequence[Stretch], now: datetime) -> date:
    if account.left is not None:
        last = account.duty.ended_at or now
    else:
        last = max([s.end for s in stretches], default=account.due_at)
    return clock.local_date(last - MICROSECOND)


def _day(day: date, running: Sequence[Stretch], late: Sequence[Stretch], clock: WorkTime, account: Account) -> Span:
    begins, ends = clock.midnight(day), clock.midnight(day + DAY)
    towards = [part for stretch in running for part in stretch.within(begins, ends)]
    after = [part for stretch in late for part in stretch.within(begins, ends)]
    clock = next((s.clock for s in (*running, *late) if s.start < ends and s.end > begins), clock)
    listed = clock.listed(day)
    ordinary: Literal["work", "weekend"] = "work" if clock.is_working(day) else "weekend"
    return Span(
        first=day,
        last=day,
        kind=ordinary if listed is None else "off" if listed.kind == "off" else "worked",
        day=listed,
        counted=_seconds(towards),
        late=_seconds(after),
        hours=(*towards, *after),
        stopped=_stopped(account, begins, ends),
    )


def _seconds(parts: Sequence[tuple[datetime, datetime]]) -> int:
    return sum(int((end - start).total_seconds()) for start, end in parts)


def _stopped(account: Account, begins: datetime, ends: datetime) -> bool:
    """Whether the clock stood still from `begins` to `ends`."""
    turns = [*account.turns, None]
    return any(
        turn is not None and turn.left is not None and turn.at <= begins and (after is None or after.at >= ends)
        for turn, after in pairwise(turns)
    )


def _alike(one: Span, other: Span) -> bool:
    """Whether two days in a row may be told as one: both of a kind, of one name, and as much of each counted."""
    length = (one.last - one.first).days + 1
    named = (one.day.name, one.day.act) if one.day else None
    return (one.kind, one.stopped, named, one.counted, one.late) == (
        other.kind,
        other.stopped,
        (other.day.name, other.day.act) if other.day else None,
        other.counted * length,
        other.late * length,
    )
