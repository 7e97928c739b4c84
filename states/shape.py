"""The shape of a rules file, as pydantic models: which keys there are and what each may hold.

Names are not looked up here (`checks` does that) and nothing is decided (`lower` makes the frozen
values). What is written inside a value (`3wd`, `not small`) is read by `grammar`. The models also give
the JSON Schema that editors use. Every collection is bounded, so that checking stays quick.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from states.errors import N_
from states.grammar import NAME, date_ref, duration, hours, moment, not_blank, owed_by, standing, when

MOST_PROCESSES, MOST_CAPACITIES, MOST_STATES, MOST_DUTIES, MOST_TRANSITIONS = 60, 50, 100, 200, 500
MOST_RUNGS, MOST_NAMES = 20, 200
MOST_TESTS, MOST_STEPS = 500, 200

_WORD = rf"^{NAME}$"
_ALIAS = r"^[a-z0-9]+(-[a-z0-9]+)*$"
LANGUAGE = r"^(vi|en)$"
_DISCHARGED = rf"^(all )?{NAME}$"
_COLUMN_OF = rf"^{NAME}\.{NAME}$"
_PREFIX = r"^[A-Z]{1,5}$"
_EDITION = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
_TOLD = rf"^{NAME}(\..*)?$"
_TYPED = r"^[a-z][a-z0-9_-]*$"
_DUTY_REF = rf"^[a-z][a-z0-9_-]*(@({NAME}|-)(\.[0-9]{{1,4}})?)?$"
_POST = rf"^{NAME}(\.leader)?$"

EXPECTED: dict[str, str] = {
    _WORD: N_("not a name: {value} (small letters a-z, digits and _, a letter first)"),
    _ALIAS: N_("not an alias: {value} (small letters without accents and digits, joined by -)"),
    LANGUAGE: N_("not a language: {value} (vi or en)"),
    _DISCHARGED: N_("not a duty: {value} (write a duty, or `all DUTY`)"),
    _COLUMN_OF: N_("not a column: {value} (write field.column)"),
    _PREFIX: N_("not a prefix: {value} (1 to 5 capital letters A-Z)"),
    _EDITION: N_("not an edition: {value} (letters, digits and . _ -)"),
    _TYPED: N_("not a name or an alias: {value}"),
    _DUTY_REF: N_("not a duty: {value} (write DUTY or DUTY@AGENCY)"),
    _POST: N_("not who is told: {value} (write an agency, with .leader for its leader)"),
    _TOLD: N_("not a body: {value} (write debtor, a capacity or an agency, with .leader for its leader)"),
}
"""What each pattern of this file wants, in words."""


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _takes(value: Any) -> Any:
    return value if isinstance(value, list | dict) else [{"take": value}]


_TEXT = {"type": "string"}
Text = Annotated[str, AfterValidator(not_blank)]
Word = Annotated[str, Field(pattern=_WORD)]
AliasText = Annotated[str, Field(pattern=_ALIAS)]
Words = Annotated[list[str], BeforeValidator(_listed), Field(min_length=1)]
Time = Annotated[Any, AfterValidator(duration), WithJsonSchema({"type": "string", "pattern": "^[0-9]+(wd|wh|d|h)$"})]
Date = Annotated[Any, AfterValidator(date_ref), WithJsonSchema(_TEXT)]
Debtor = Annotated[Any, AfterValidator(owed_by), WithJsonSchema(_TEXT)]
Condition = Annotated[Any, AfterValidator(when), WithJsonSchema({"type": ["string", "object", "array"]})]
_WHEN_TEXT = "^[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}( +[0-9]{1,2}:[0-9]{2})?$"
At = Annotated[Any, AfterValidator(moment), WithJsonSchema({"type": "string", "pattern": _WHEN_TEXT})]
Standing = Annotated[Any, AfterValidator(standing), WithJsonSchema(_TEXT)]
Hours = Annotated[Any, AfterValidator(hours), WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,4}:[0-5][0-9]$"})]
Typed = Annotated[str, Field(pattern=_TYPED)]
DutyRef = Annotated[str, Field(pattern=_DUTY_REF)]
Posts = Annotated[
    list[Annotated[str, Field(pattern=_POST)]],
    BeforeValidator(_listed),
    WithJsonSchema({"type": ["string", "array"], "items": _TEXT}),
]
Language = Annotated[str, Field(pattern=LANGUAGE)]
Labels = Annotated[dict[Language, Text], Field(min_length=1)]


class Shape(BaseModel):
    """A mapping of the file: its keys are these and no others."""

    model_config = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True)


class AgencyShape(Shape):
    name: Labels
    body: bool = False
    signatory: bool = False
    leader_rank: Labels | None = None
    focal_points: list[Text] = []
    parent: Word | None = None
    source: Text | None = None
    level: Text | None = None
    sees_all: bool = False


class RungShape(Shape):
    tell: list[Annotated[str, Field(pattern=_TOLD)]] = Field(
        default=[], description="debtor, a capacity or an agency; .leader for its leader"
    )
    warn: Time | None = None
    allow: Time | None = None
    every: Time | None = None
    times: int = 0
    fires: Word | None = None


class LadderShape(Shape):
    source: Text
    unreachable: Word | None = Field(default=None, description="fired when a rung finds nobody at any post it tells")
    rungs: list[RungShape] = Field(min_length=1, max_length=MOST_RUNGS)


class CapacityShape(Shape):
    one: Word | None = None
    many: Word | None = None
    default: str | None = Field(default=None, pattern=_COLUMN_OF, description="field.column")
    except_: Word | None = Field(default=None, alias="except")
    recorded_by: list[Word] = []
    label: Labels | None = None
    alias: AliasText | None = None


class FieldShape(Shape):
    flag: Literal[True] | None = None
    choice: Word | None = None
    text: int | None = Field(default=None, ge=1)
    date: Literal[True] | None = None
    instant: Literal[True] | None = None
    year: Literal[True] | None = None
    agency: Literal[True] | None = None
    agencies: Literal[True] | None = None
    rows: dict[Word, FieldShape] | None = Field(default=None, min_length=1, max_length=MOST_NAMES)
    per: Literal["agency"] | None = None
    required: bool = False
    label: Labels | None = None
    alias: AliasText | None = None


class StateShape(Shape):
    label: Labels | None = None
    duties: list[Word] = []
    suspends: bool = False
    may_wait: bool = False
    final: bool = False


class TakeShape(Shape):
    when: Condition | None = None
    take: Time


class ExtendShape(Shape):
    by: Words
    times: int = Field(ge=1)
    at_most: Time


class WaiveShape(Shape):
    by: Words


class DutyShape(Shape):
    owed_by: Debtor
    label: Labels | None = None
    alias: AliasText | None = None
    source: Text | None = None
    when: Condition | None = None
    within: Annotated[list[TakeShape], BeforeValidator(_takes)] | None = Field(default=None, min_length=1)
    by: Date | None = None
    before: Date | None = None
    at_least: Time | None = None
    opens_on: list[Word] = []
    again: Literal["keep", "restart"] = "keep"
    about: Literal["actor"] | None = None
    answers: list[Word] = []
    lasts_until: list[Word] = []
    ladder: Word | None = None
    on_overdue: Word | None = None
    extend: ExtendShape | None = None
    waive: WaiveShape | None = None
    runs_on: bool = True


class TransitionShape(Shape):
    trigger: Word
    from_: Words | None = Field(default=None, alias="from")
    to: Word | None = None
    by: Words
    when: Condition | None = None
    inputs: list[Word] = []
    takes: list[Word] = []
    includes: dict[Word, Word] = {}
    settled: list[Word] = []
    discharges: list[Annotated[str, Field(pattern=_DISCHARGED)]] = []
    lapses: list[Word] = []
    after: list[Word] = []
    times: int = 0
    label: Labels | None = None
    alias: AliasText | None = None
    source: Text | None = None


class SuspendShape(Shape):
    by: Words
    at_most: Time
    source: Text | None = None


class MendShape(Shape):
    by: Words


class RenamedShape(Shape):
    """What earlier editions called otherwise: old name -> new name."""

    states: dict[Word, Word] = {}
    duties: dict[Word, Word] = {}
    fields: dict[Word, Word] = {}
    triggers: dict[Word, Word] = {}


class ProcessShape(Shape):
    prefix: str = Field(pattern=_PREFIX)
    label: Labels | None = None
    alias: AliasText | None = None
    source: Text | None = None
    suspend: SuspendShape | None = None
    mend: MendShape | None = None
    renamed: RenamedShape | None = None
    capacities: dict[Word, CapacityShape] = Field(max_length=MOST_CAPACITIES)
    fields: dict[Word, FieldShape] = Field(default={}, max_length=MOST_NAMES)
    initial: Word
    states: dict[Word, StateShape] = Field(min_length=1, max_length=MOST_STATES)
    duties: dict[Word, DutyShape] = Field(default={}, max_length=MOST_DUTIES)
    transitions: list[TransitionShape] = Field(min_length=1, max_length=MOST_TRANSITIONS)


class OpeningShape(Shape):
    process: Word
    every: Literal["year", "month"]
    open_at: Text
    set: dict[Word, str] = {}
    with_: dict[Word, str] = Field(default={}, alias="with")
    source: Text | None = None


class StepShape(Shape):
    at: At = Field(description="when: 29/4/2022 16:50; a day alone is the opening of office")
    by: Word | None = Field(default=None, description="whose act it is; without it time passes")
    does: Typed | None = Field(default=None, description="a trigger, by name or alias")
    extends: DutyRef | None = None
    waives: DutyRef | None = None
    suspends: At | None = Field(default=None, description="stops the clock of the case, to be reviewed by this day")
    resumes: bool = Field(default=False, description="lets it run again")
    for_: Time | None = Field(default=None, alias="for")
    duty: DutyRef | None = None
    happened: At | None = Field(default=None, description="when it happened, if before it was recorded")
    with_: dict[Typed, Any] = Field(default={}, alias="with", description="fields and parties, by name or alias")
    document: Text | None = None
    reason: Text | None = None
    refused: Words | None = Field(default=None, description="the codes of the reasons")
    state: Word | None = None
    duties: dict[DutyRef, Standing] = Field(default={}, description="due when, or done, waived, lapsed, parked")
    late: dict[DutyRef, Hours] = Field(default={}, description="working hours and minutes: 1:30")
    rung: dict[DutyRef, Annotated[int, Field(ge=0)]] = {}
    told: dict[DutyRef, Posts] = Field(default={}, description="who was told since the step before")
    owed: list[DutyRef] | None = Field(default=None, description="everything open or parked, and nothing else")


class TestShape(Shape):
    test: Text
    process: Word
    steps: list[StepShape] = Field(min_length=1, max_length=MOST_STEPS)


class RulesFile(Shape):
    """The whole file."""

    edition: str = Field(pattern=_EDITION, max_length=60)
    title: Labels
    grounds: list[Text] = []
    calendar: Word
    backdate: Time | None = None
    undo_within: Time | None = None
    agencies: dict[Word, AgencyShape]
    choices: dict[Word, Annotated[dict[Word, dict[Word, Any]], Field(max_length=MOST_NAMES)]] = {}
    ladders: dict[Word, LadderShape] = {}
    processes: dict[Word, ProcessShape] = Field(min_length=1, max_length=MOST_PROCESSES)
    openings: list[OpeningShape] = []
    tests: list[TestShape] = Field(default=[], max_length=MOST_TESTS)

    @classmethod
    def keys_at(cls, path: tuple[Any, ...]) -> list[str]:
        """The keys a mapping at `path` may hold, for a hint; none where they are names of the file's own."""
        model: type[Shape] = cls
        named = False  # the next part is a name or an index of the file's own
        for part in path:
            if named:
                named = False
            elif (inner := _INSIDE.get((model, str(part)))) is not None:
                model, named = inner, part not in ("extend", "waive", "suspend", "mend", "renamed")
            else:
                return []
        return [] if named else [field.alias or name for name, field in model.model_fields.items()]


_INSIDE: dict[tuple[type[Shape], str], type[Shape]] = {
    (RulesFile, "agencies"): AgencyShape,
    (RulesFile, "ladders"): LadderShape,
    (RulesFile, "processes"): ProcessShape,
    (RulesFile, "openings"): OpeningShape,
    (RulesFile, "tests"): TestShape,
    (TestShape, "steps"): StepShape,
    (LadderShape, "rungs"): RungShape,
    (ProcessShape, "suspend"): SuspendShape,
    (ProcessShape, "mend"): MendShape,
    (ProcessShape, "renamed"): RenamedShape,
    (ProcessShape, "capacities"): CapacityShape,
    (ProcessShape, "fields"): FieldShape,
    (ProcessShape, "states"): StateShape,
    (ProcessShape, "duties"): DutyShape,
    (ProcessShape, "transitions"): TransitionShape,
    (FieldShape, "rows"): FieldShape,
    (DutyShape, "within"): TakeShape,
    (DutyShape, "extend"): ExtendShape,
    (DutyShape, "waive"): WaiveShape,
}
