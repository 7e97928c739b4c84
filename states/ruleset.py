"""What the agencies agreed, as frozen values: the checked meaning of one rules file.

`loader` makes a `Ruleset` from text; nothing else does. It may be encoded to JSON with msgspec and
read back, which is how a published edition is stored: a daily command needs no YAML and no checks.
Names follow docs/rules.md. Reading order: Process (what a case goes through), Transition, DutyRule.

`Ruleset` and `Process` compare by identity, so that caches may key on the loaded edition itself.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, get_args

from states.case import Renamed
from states.trials import Trial
from states.values import Value
from states.worktime import Duration

Label = dict[str, str]
"""Language code -> text."""

SYSTEM = "system"
DEBTOR = "debtor"
ANY = "any"
BACK = "back"
SIGNATORIES = "signatories"
OPEN = "open"
RESUME = "resume"
"""The duty that a suspension opens, see `lower`."""
RESERVED_AGENCIES = frozenset({ANY, DEBTOR, SYSTEM, SIGNATORIES, "nobody"})
"""What no agency may be called: each has a meaning of its own in rules or on screens."""


class Former(Value, frozen=True):
    """What an agency was called until the day before `until`."""

    name: Label
    until: date


class Agency(Value, frozen=True):
    """An agency: an ASCII code that is never reused, and what the plan says of it.

    The rules file gives the seed; the dates are the register's. It exists from `since` until the day before
    `until`; `successor` answers for it from then on. `name` is the newest, `former` are those before, oldest
    first. `level` is any word (province, district, commune); `sees_all` may see every case.
    """

    code: str
    name: Label
    body: bool = False
    signatory: bool = False
    leader_rank: Label = {}
    focal_points: tuple[str, ...] = ()
    parent: str | None = None
    source: str = ""
    level: str = ""
    sees_all: bool = False
    since: date | None = None
    until: date | None = None
    successor: str | None = None
    former: tuple[Former, ...] = ()


class Choice(Value, frozen=True):
    """One value of a choice, and its columns (`owner`, `chair`): competence lives here."""

    label: Label
    columns: dict[str, str] = {}


class Term(Value, frozen=True):
    """One condition: a flag (`values` empty), or a field whose value is one of `values`."""

    name: str
    values: tuple[str, ...] = ()
    negated: bool = False


When = tuple[Term, ...]
"""All of these hold."""


class Take(Value, frozen=True):
    """One line of `within:`: the first whose condition holds gives the time allowed."""

    take: Duration
    when: When = ()


class DateRef(Value, frozen=True):
    """A date the case itself gives: a field, a row's column, or a day of a year.

    `year-12-15` is field `year`, years 0, month 12, day 15; `held_on - 3wd` is field `held_on`,
    shift 3wd, sign -1.
    """

    field: str
    row: bool = False
    years: int = 0
    month: int = 0
    day: int = 0
    shift: Duration | None = None
    sign: int = 1


class Deadline(Value, frozen=True):
    """When a duty falls due: exactly one of `within`, `by`, `before`; never sooner than `at_least`.

    None of them where the act that opens the duty says when it is due.
    """

    within: tuple[Take, ...] = ()
    by: DateRef | None = None
    before: DateRef | None = None
    at_least: Duration | None = None

    @property
    def given(self) -> bool:
        """True for a date given from outside, which runs on while a case is suspended."""
        return not self.within

    @property
    def by_act(self) -> bool:
        """True where the act that opens the duty says when it is due."""
        return not self.within and self.by is None and self.before is None


class OwedBy(Value, frozen=True):
    """Who owes: one capacity, each agency of some, the agency of each row of a field, or nobody."""

    capacity: str | None = None
    each: tuple[str, ...] = ()
    rows: str | None = None

    @property
    def nobody(self) -> bool:
        return self.capacity is None and not self.each and self.rows is None

    @property
    def capacities(self) -> tuple[str, ...]:
        return (self.capacity,) if self.capacity else self.each


class Who(Value, frozen=True):
    """Whom a rung tells: `debtor`, a capacity or an agency; its first contact, or its leader."""

    body: str
    leader: bool = False


class Rung(Value, frozen=True):
    """One rung. `warn` comes before due; `allow` is the time to the next rung; `every`/`times` repeat."""

    tell: tuple[Who, ...] = ()
    warn: Duration | None = None
    allow: Duration | None = None
    every: Duration | None = None
    times: int = 0
    fires: str | None = None


class Ladder(Value, frozen=True):
    """The ordered bodies told when a duty is not done; `unreachable` is fired where one of them is nobody."""

    source: str
    rungs: tuple[Rung, ...]
    unreachable: str | None = None


class Extension(Value, frozen=True):
    """Who may extend a duty, how often, and by how much at most each time."""

    by: tuple[str, ...]
    times: int
    at_most: Duration


class DutyRule(Value, frozen=True):
    """What one party owes a case by an instant, and what happens when it does not."""

    name: str
    label: Label
    alias: str
    source: str
    owed_by: OwedBy
    deadline: Deadline
    when: When = ()
    opens_on: tuple[str, ...] = ()
    restart: bool = False
    about_actor: bool = False
    answers: tuple[str, ...] = ()
    lasts_until: tuple[str, ...] = ()
    ladder: str | None = None
    on_overdue: str | None = None
    extend: Extension | None = None
    waive_by: tuple[str, ...] = ()
    runs_on: bool = True


class Transition(Value, frozen=True):
    """One line of the table. `id` names it in a case's history: the trigger, `.2` for its second line.

    `sources` are state names in full (`any` is written out); `to` is None to stay, a state, or `back`.
    """

    id: str
    trigger: str
    source: str
    label: Label
    alias: str
    sources: tuple[str, ...] = ()
    to: str | None = None
    by: tuple[str, ...] = ()
    when: When = ()
    inputs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    includes: dict[str, str] = {}
    settled: tuple[str, ...] = ()
    discharges: tuple[str, ...] = ()
    discharges_all: tuple[str, ...] = ()
    lapses: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    times: int = 0


class State(Value, frozen=True):
    """Where a case may be."""

    name: str
    label: Label
    duties: tuple[str, ...] = ()
    suspends: bool = False
    may_wait: bool = False
    final: bool = False


class Capacity(Value, frozen=True):
    """The part an agency plays. `holds` is an agency code, `any`, or (many) `signatories`."""

    name: str
    label: Label
    alias: str
    holds: str
    many: bool = False
    default: tuple[str, str] | None = None
    excepting: str | None = None
    recorded_by: tuple[str, ...] = ()


FieldType = Literal["flag", "choice", "text", "date", "instant", "year", "agency", "agencies", "rows"]
FIELD_TYPES: tuple[FieldType, ...] = get_args(FieldType)


class Field(Value, frozen=True):
    """What a case may record. `choice` names the choices, `most` bounds a text in characters."""

    name: str
    label: Label
    alias: str
    type: FieldType
    choice: str | None = None
    most: int = 0
    columns: dict[str, Field] = {}
    per_agency: bool = False
    required: bool = False


class SuspendRule(Value, frozen=True):
    """Who may suspend a case and for how long at most."""

    by: tuple[str, ...]
    at_most: Duration
    source: str = ""


class Process(Value, frozen=True, eq=False):
    """One named state machine. `opening` are the transitions without a state before them.

    `renamed` is what earlier editions called otherwise.
    `mend` are the capacities that may correct others' acts, replace a wrongly named agency, erase a text.
    """

    name: str
    prefix: str
    label: Label
    alias: str
    source: str
    initial: str
    capacities: dict[str, Capacity]
    fields: dict[str, Field]
    states: dict[str, State]
    duties: dict[str, DutyRule]
    opening: tuple[Transition, ...]
    transitions: tuple[Transition, ...]
    suspend: SuspendRule | None = None
    mend: tuple[str, ...] = ()
    renamed: Renamed = Renamed()


class SetTo(Value, frozen=True):
    """What an opening sets a field to: the period's year moved by `years`, the day of opening moved, or a word."""

    years: int | None = None
    opened: DateRef | None = None
    word: str | None = None


class Opening(Value, frozen=True):
    """A case the scheduler opens itself, once per period.

    `open_at` is `11-15` in a year, `05` in a month; `set` holds texts that `grammar.set_to` reads.
    """

    process: str
    every: Literal["year", "month"]
    open_at: str
    source: str
    set: dict[str, str] = {}
    with_: dict[str, str] = {}


class Ruleset(Value, frozen=True, eq=False):
    """The checked meaning of one rules file."""

    edition: str
    title: Label
    calendar: str
    agencies: dict[str, Agency]
    choices: dict[str, dict[str, Choice]]
    ladders: dict[str, Ladder]
    processes: dict[str, Process]
    grounds: tuple[str, ...] = ()
    backdate: Duration | None = None
    undo_within: Duration | None = None
    openings: tuple[Opening, ...] = ()
    tests: tuple[Trial, ...] = ()

    @property
    def named(self) -> set[str]:
        """The agencies the rules themselves put into a part, tell by a ladder, or open a case with."""
        processes = self.processes.values()
        capacities = [capacity for process in processes for capacity in process.capacities.values()]
        agencies = {capacity.holds for capacity in capacities} - {ANY, SIGNATORIES}
        for process in processes:
            for field, column in (c.default for c in process.capacities.values() if c.default is not None):
                choice = self.choices[process.fields[field].choice or ""]
                agencies |= {value.columns[column] for value in choice.values() if column in value.columns}
        told = {who.body for ladder in self.ladders.values() for rung in ladder.rungs for who in rung.tell}
        agencies |= told - {DEBTOR} - {capacity.name for capacity in capacities}
        return agencies | {agency for opening in self.openings for agency in opening.with_.values()}

    def rungs(self, duty: DutyRule) -> tuple[Rung, ...]:
        """The rungs of `duty`'s ladder; `on_overdue` is one that only fires, and whoever suspended is told once."""
        if duty.on_overdue:
            return (Rung(fires=duty.on_overdue),)
        if duty.name == RESUME:
            return (Rung(tell=(Who(body=DEBTOR),)),)
        return self.ladders[duty.ladder].rungs if duty.ladder else ()

    def unreachable(self, duty: DutyRule) -> str | None:
        """The trigger that `duty`'s ladder fires when a rung finds nobody."""
        return self.ladders[duty.ladder].unreachable if duty.ladder else None
