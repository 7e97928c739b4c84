"""One case, its duties, and its events: values only. `evolve` makes the one of the others.

Field values are kept as JSON has them (an ISO date is a string): they mean the same in ten years.
Reading order: Counted, Duty, Case, Event.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from states.values import Value
from states.worktime import Unit

DutyStatus = Literal["open", "parked", "done", "waived", "lapsed", "mistaken"]
Ending = Literal["done", "waived", "lapsed", "mistaken"]
EventKind = Literal[
    "opened",
    "advanced",
    "climbed",
    "extended",
    "waived",
    "corrected",
    "undone",
    "assigned",
    "linked",
    "erased",
    "amended",
    "suspended",
    "resumed",
    "nudged",
]
Channel = Literal["phone", "letter"]
Relation = Literal["duplicate_of", "follows", "part_of"]
ALIVE = ("open", "parked")
NOBODY, NOT_ALL, PASSED_ON = "nobody_reachable", "not_all_reachable", "passed_on"
"""What `blocked` says of a climb that found nobody at any of its posts, or at some; of one that came at once for it."""


class Counted(Value, frozen=True):
    """What an instant is made of: from this and a calendar alone it can be counted again (`deadline.count`).

    Exactly one of: `take`, a length (`3wd`) from `start`; `by` or `before`, a given date, moved by `shift`
    (`-3wd`); `left`, the seconds that a stopped clock had left when it ran again at `start`: working seconds,
    or seconds by the clock where `clock`. Never sooner than `at_least` after `start`; `more` are the lengths
    given since, in order.
    """

    start: datetime
    take: str | None = None
    by: date | None = None
    before: date | None = None
    shift: str | None = None
    at_least: str | None = None
    left: int | None = None
    clock: bool = False
    more: tuple[str, ...] = ()


class Left(Value, frozen=True):
    """What a parked duty still had: seconds to its due instant, and to its next rung if it has reached one.

    Working seconds, or seconds by the clock where `clock` (a duty counted in h or d). Negative when it
    was already late: then nothing is given back, and its due instant stays. Before the first rung there is
    no `next`: the timer follows from the due instant when the clock runs again. `at` is when it stopped,
    None in histories written before that was kept.
    """

    due: int
    next: int | None = None
    clock: bool = False
    at: datetime | None = None


class Duty(Value, frozen=True):
    """What one agency owes a case by an instant. `agency` None is a timer: owed by nobody, never late.

    `id` is `name@agency`, `.2` for its second opening. `state` is the state that opened it, `version`
    the event that did. `climb` counts climbs and never goes back; `step` is how many entries of its
    ladder are behind it; `rung` is the rung reached as people count them, warnings being 0.
    `told` are the posts told since it fell due; `blocked` says why the last climb could not do its work.
    `unit` is what its time is counted in (`wd`, `wh`, `d`, `h`), None for a given date. `counted` is what
    `due_at` is made of, `ahead` what `next_at` is made of where that does not follow from `due_at`; both are
    None in histories written before they were kept. `extended` and `nudged` count how often that was done. `stood`
    is when its clock stood still (from, to) after it was due: that time is nobody's lateness.
    """

    id: str
    name: str
    opened_at: datetime
    due_at: datetime
    version: int
    state: str
    agency: str | None = None
    about: str | None = None
    row: dict[str, Any] | None = None
    unit: Unit | None = None
    status: DutyStatus = "open"
    next_at: datetime | None = None
    climb: int = 0
    step: int = 0
    rung: int = 0
    told: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    left: Left | None = None
    extended: int = 0
    nudged: int = 0
    provisional: bool = False
    answer: str | None = None
    ended_at: datetime | None = None
    late_by: int = 0
    counted: Counted | None = None
    ahead: Counted | None = None
    stood: tuple[tuple[datetime, datetime], ...] = ()

    @property
    def alive(self) -> bool:
        return self.status in ALIVE

    @property
    def unreached(self) -> bool:
        """Whether the rung it reached found a post empty, or stands in for one that found nobody."""
        return not {NOBODY, NOT_ALL, PASSED_ON}.isdisjoint(self.blocked)

    def is_called(self, text: str) -> bool:
        """Whether a person who writes `text` may mean this duty: its id, its name, or name@agency."""
        return text in (self.id, self.name, f"{self.name}@{self.agency or '-'}")


class Link(Value, frozen=True):
    """A plain reference to another case. Nothing fires across cases."""

    relation: Relation
    case: str


class Case(Value, frozen=True):
    """One matter going through a process. `fields` and `parties` hold what was recorded so far.

    `opened_at` is when the opening was recorded, `opened_on` when it happened; `entered_at` and
    `entered_version` say when the state was entered; `back_to` is the state a suspended case returns to;
    `taken` counts how often each line of the table was taken; `documents` are the numbers of those that
    carried its acts.
    """

    case: str
    process: str
    title: str
    state: str
    version: int
    edition: str
    opened_at: datetime
    opened_on: datetime
    entered_at: datetime
    entered_version: int
    fields: dict[str, Any] = {}
    parties: dict[str, tuple[str, ...]] = {}
    duties: dict[str, Duty] = {}
    taken: dict[str, int] = {}
    documents: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    back_to: str | None = None
    suspended_since: datetime | None = None
    final: bool = False

    @property
    def alive(self) -> list[Duty]:
        """The duties that are open or parked, in the order they were opened."""
        return [duty for duty in self.duties.values() if duty.alive]

    @property
    def paused(self) -> bool:
        """Whether its clock was stopped by a command: it stands where it stood, and does not wait in a state."""
        return self.suspended_since is not None and self.back_to is None

    @property
    def next_at(self) -> datetime | None:
        """The earliest instant at which something is due to happen, if any."""
        return min((d.next_at for d in self.alive if d.next_at is not None), default=None)


class Document(Value, frozen=True):
    """A document that carries an act: number and date as written on it, the day it came in and its arrival number."""

    number: str
    dated: str
    received: str | None = None
    arrival: str | None = None


class File(Value, frozen=True):
    """A file kept with an act: its name, the SHA-256 of its bytes, how many there are."""

    name: str
    sha256: str
    size: int


class Ended(Value, frozen=True):
    """A duty that ended: how, the answer given, and how late in working seconds."""

    duty: str
    how: Ending
    answer: str | None = None
    late_by: int = 0


class Moved(Value, frozen=True):
    """A duty whose instants changed, as they are now. `counted` and `stood` are given where they changed."""

    duty: str
    due_at: datetime
    step: int
    rung: int
    next_at: datetime | None = None
    left: Left | None = None
    provisional: bool = False
    counted: Counted | None = None
    ahead: Counted | None = None
    stood: tuple[tuple[datetime, datetime], ...] | None = None


class Renamed(Value, frozen=True):
    """What another edition calls by another name: the old name -> the new one."""

    states: dict[str, str] = {}
    duties: dict[str, str] = {}
    fields: dict[str, str] = {}
    triggers: dict[str, str] = {}

    def line(self, id: str) -> str:
        """The id of a line of the table under the new name of its trigger."""
        trigger, dot, number = id.partition(".")
        return self.triggers.get(trigger, trigger) + dot + number

    def duty(self, id: str) -> str:
        """The id of a duty under its new name."""
        name, at, rest = id.partition("@")
        return self.duties.get(name, name) + at + rest


class Past(Value, frozen=True):
    """What a case was before the act that is taken back; its duties are in `Event.restated`."""

    state: str
    entered_at: datetime
    entered_version: int
    fields: dict[str, Any]
    parties: dict[str, tuple[str, ...]]
    taken: dict[str, int]
    documents: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    back_to: str | None = None
    suspended_since: datetime | None = None
    final: bool = False


class Event(Value, frozen=True, rename={"from_": "from"}):
    """A fact, never edited. `on` is when it happened, `at` when it was recorded.

    `by` is the agency whose act it was, `officer` who typed it, `recorded_by` that officer's agency where
    it is another. `override` is why a text that looked like a personal identity was let stand.
    `inputs` are the field values it set (a value per agency is merged into the field), `parties` the
    capacities it changed, each in full. `duty`, `due_at`, `late_by` (working seconds), `told`,
    `missed` (posts at which nobody was) and `blocked` belong to a climb; `process`, `title`, `edition` to an
    opening. `length` is what an extension gave (`3wd`), `channel` how somebody was reminded. An amendment moves
    duties to where the newest `calendar` puts them, or takes the case to another `edition`, in which states,
    duties, fields and triggers may be `renamed`: before anything else in the event; who holds a part that is
    new there is among its `parties`.

    What mends a mistake names in `corrects` the version it mends: a correction gives the right `inputs`,
    `document` and `corrected_on` of that event, taking it back `restores` what was before. `restated` are
    duties whole, as they are from now on. `erased` are the references of texts that are gone, `field` is
    what they were.
    """

    case: str
    version: int
    kind: EventKind
    at: datetime
    on: datetime
    calendar: str
    officer: str | None = None
    recorded_by: str | None = None
    request: str | None = None
    trigger: str | None = None
    rule: str | None = None
    from_: str | None = None
    to: str | None = None
    by: str | None = None
    document: Document | None = None
    reason: str | None = None
    override: str | None = None
    files: tuple[File, ...] = ()
    inputs: dict[str, Any] = {}
    parties: dict[str, tuple[str, ...]] = {}
    opened: tuple[Duty, ...] = ()
    ended: tuple[Ended, ...] = ()
    moved: tuple[Moved, ...] = ()
    final: bool | None = None
    suspended: bool | None = None
    duty: str | None = None
    due_at: datetime | None = None
    late_by: int = 0
    length: str | None = None
    channel: Channel | None = None
    told: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    process: str | None = None
    title: str | None = None
    edition: str | None = None
    corrects: int | None = None
    corrected_on: datetime | None = None
    restated: tuple[Duty, ...] = ()
    restores: Past | None = None
    link: Link | None = None
    erased: tuple[str, ...] = ()
    field: str | None = None
    renamed: Renamed | None = None

    @property
    def entered(self) -> bool:
        """Whether this step entered a state (a return to the same state counts)."""
        return self.to is not None
