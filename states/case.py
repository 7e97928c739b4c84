"""One case, its duties, its events, and how an event changes it.

    evolve(case, event) -> case

`evolve` needs nothing but the event: an event lists every duty it opened, ended or moved with its
instants, so a case is always the fold of its history, whatever happens to the rules, the calendar or
the register afterwards. The row in the database is a cache of that fold.

Field values are kept as JSON has them (an ISO date is a string): they mean the same in ten years.
Reading order: Counted, Duty, Case, Event, evolve.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

import msgspec

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
NOBODY, PASSED_ON = "nobody_reachable", "passed_on"
"""What `blocked` says of a climb that found nobody at any post it tells, and of the one that came at once for it."""


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
    """What a parked duty still had: seconds to its due instant, and to its next rung.

    Working seconds, or seconds by the clock where `clock` (a duty counted in h or d). Negative when it
    was already late: lateness, too, is given back to the second.
    """

    due: int
    next: int | None = None
    clock: bool = False


class Duty(Value, frozen=True):
    """What one agency owes a case by an instant. `agency` None is a timer: owed by nobody, never late.

    `id` is `name@agency`, `.2` for its second opening. `state` is the state that opened it, `version`
    the event that did. `climb` counts climbs and never goes back; `step` is how many entries of its
    ladder are behind it; `rung` is the rung reached as people count them, warnings being 0.
    `told` are the posts told since it fell due; `blocked` says why the last climb could not do its work.
    `unit` is what its time is counted in (`wd`, `wh`, `d`, `h`), None for a given date. `counted` is what
    `due_at` is made of, `ahead` what `next_at` is made of where that does not follow from `due_at`; both are
    None in histories written before they were kept. `extended` and `nudged` count how often that was done.
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

    @property
    def alive(self) -> bool:
        return self.status in ALIVE

    @property
    def unreached(self) -> bool:
        """Whether the rung it reached found nobody, or stands in for one that did."""
        return NOBODY in self.blocked or PASSED_ON in self.blocked

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
    """A duty whose instants changed, as they are now. `counted` is given where `due_at` is made of something else."""

    duty: str
    due_at: datetime
    step: int
    rung: int
    next_at: datetime | None = None
    left: Left | None = None
    provisional: bool = False
    counted: Counted | None = None
    ahead: Counted | None = None


class Renamed(Value, frozen=True):
    """What another edition calls by another name: the old name -> the new one."""

    states: dict[str, str] = {}
    duties: dict[str, str] = {}
    fields: dict[str, str] = {}

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
    capacities it changed, each in full. `duty`, `due_at`, `late_by` (working seconds), `told` and
    `blocked` belong to a climb; `process`, `title`, `edition` to an opening. `length` is what an extension
    gave (`3wd`), `channel` how somebody was reminded. An amendment moves duties to where the newest `calendar`
    puts them, or takes the case to another `edition`, in which states, duties and fields may be `renamed`: before
    anything else in the event.

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


def evolve(case: Case | None, event: Event) -> Case:
    """`case` after `event`. The first event of a history makes the case out of nothing."""
    if case is None:
        case = _born(event)
    if event.renamed is not None:
        case = called_anew(case, event.renamed)
    changes: dict[str, Any] = {"version": event.version}
    if event.to is not None:
        changes |= {"state": event.to, "entered_at": event.at, "entered_version": event.version}
    if event.rule is not None:
        changes["taken"] = {**case.taken, event.rule: case.taken.get(event.rule, 0) + 1}
    if event.inputs:
        changes["fields"] = {
            **case.fields,
            **{k: _merged(case.fields.get(k), v) for k, v in event.inputs.items()},
        }
    if event.document is not None and event.document.number not in case.documents:
        changes["documents"] = (*case.documents, event.document.number)
    if event.parties:
        changes["parties"] = {**case.parties, **event.parties}
    if event.suspended is True:
        changes |= {"back_to": event.from_, "suspended_since": event.at}
    elif event.suspended is False:
        changes |= {"back_to": None, "suspended_since": None}
    if event.final is not None:
        changes["final"] = event.final
    if event.edition is not None:
        changes["edition"] = event.edition
    if event.link is not None:
        changes["links"] = (*case.links, event.link)
    if event.corrects == 1 and event.corrected_on is not None:
        changes["opened_on"] = event.corrected_on
    if event.restores is not None:
        changes |= {name: getattr(event.restores, name) for name in Past.__struct_fields__}
    changes["duties"] = _duties_after(case.duties, event)
    return msgspec.structs.replace(case, **changes)


def called_anew(case: Case, renamed: Renamed) -> Case:
    """`case` in the words of an edition that calls some things by other names; nothing else changes."""

    def state(name: str) -> str:
        return renamed.states.get(name, name)

    duties = [
        msgspec.structs.replace(
            duty, id=renamed.duty(duty.id), name=renamed.duties.get(duty.name, duty.name), state=state(duty.state)
        )
        for duty in case.duties.values()
    ]
    return msgspec.structs.replace(
        case,
        state=state(case.state),
        back_to=state(case.back_to) if case.back_to is not None else None,
        fields={renamed.fields.get(name, name): value for name, value in case.fields.items()},
        duties={duty.id: duty for duty in duties},
    )


def _born(event: Event) -> Case:
    if event.kind != "opened" or not (event.process and event.title and event.edition and event.to):
        raise ValueError("a history starts with an opening")
    return Case(
        case=event.case,
        process=event.process,
        title=event.title,
        state=event.to,
        version=0,
        edition=event.edition,
        opened_at=event.at,
        opened_on=event.on,
        entered_at=event.at,
        entered_version=event.version,
    )


def _merged(old: Any, new: Any) -> Any:
    return {**old, **new} if isinstance(old, dict) and isinstance(new, dict) else new


def _duties_after(before: dict[str, Duty], event: Event) -> dict[str, Duty]:
    duties = dict(before)
    if event.duty is not None:
        duties[event.duty] = _marked(duties[event.duty], event)
    for moved in event.moved:
        duties[moved.duty] = msgspec.structs.replace(
            duties[moved.duty],
            status="open" if moved.left is None else "parked",
            due_at=moved.due_at,
            next_at=moved.next_at,
            step=moved.step,
            rung=moved.rung,
            left=moved.left,
            provisional=moved.provisional,
            counted=moved.counted or duties[moved.duty].counted,
            ahead=moved.ahead,
        )
    for ended in event.ended:
        duties[ended.duty] = msgspec.structs.replace(
            duties[ended.duty],
            status=ended.how,
            answer=ended.answer,
            late_by=ended.late_by,
            ended_at=event.on,
            next_at=None,
            left=None,
            ahead=None,
        )
    for duty in (*event.opened, *event.restated):
        duties[duty.id] = duty
    return duties


def _marked(duty: Duty, event: Event) -> Duty:
    """The duty an event is about: counted as climbed, extended or reminded of."""
    if event.kind == "extended":
        return msgspec.structs.replace(duty, extended=duty.extended + 1)
    if event.kind == "nudged":
        return msgspec.structs.replace(duty, nudged=duty.nudged + 1)
    if event.kind != "climbed":
        return duty
    told = duty.told if event.at < duty.due_at else (*duty.told, *(t for t in event.told if t not in duty.told))
    return msgspec.structs.replace(duty, climb=duty.climb + 1, told=told, blocked=event.blocked)
