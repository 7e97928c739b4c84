"""The shape of a rules file, as pydantic models: which keys there are and what each may hold.

Names are not looked up here (`references` does that) and nothing is decided (`lower` makes the frozen
values). Short grammars inside a value (`3wd`, `not small`, `each [partner, owner]`, `held_on - 3wd`) are
read by the validators at the top. The models also give the JSON Schema that editors use.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from states.errors import N_
from states.ruleset import DateRef, OwedBy, Term
from states.worktime import Duration

NAME = r"[a-z][a-z0-9_]*"
_EACH = re.compile(rf"each (?:({NAME})|\[({NAME}(?:, *{NAME})*)\])")
_YEAR_DAY = re.compile(rf"({NAME})([+-]\d{{1,2}})?-(\d\d)-(\d\d)")
_SHIFTED = re.compile(rf"(row\.)?({NAME})(?: ([+-]) (\S+))?")


def _wrong(text: str, value: object) -> PydanticCustomError:
    return PydanticCustomError("grammar", "{text}", {"text": text, "value": str(value)[:80]})


def duration(text: Any) -> Duration:
    try:
        return Duration.parse(text)
    except (ValueError, TypeError):
        raise _wrong(N_("not a length of time: {value} (write 3wd, 4wh, 2d or 6h)"), text) from None


def date_ref(text: Any) -> DateRef:
    """`row.by`, `ends`, `held_on - 3wd`, `year-12-15`, `year+1-01-31`."""
    if isinstance(text, str):
        if found := _YEAR_DAY.fullmatch(text):
            month, day = int(found[3]), int(found[4])
            if 1 <= month <= 12 and 1 <= day <= (29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31):
                return DateRef(field=found[1], years=int(found[2] or 0), month=month, day=day)
        elif found := _SHIFTED.fullmatch(text):
            shift = duration(found[4]) if found[4] else None
            if shift is None or shift.unit in ("wd", "d"):
                sign = -1 if found[3] == "-" else 1
                return DateRef(field=found[2], row=bool(found[1]), shift=shift, sign=sign)
    raise _wrong(N_("not a date: {value} (write a date field, row.column, field - 3wd or year-12-15)"), text)


def owed_by(text: Any) -> OwedBy:
    """`lead`, `each partner`, `each [partner, owner]`, `nobody`; `each measures` of a rows field alike."""
    if isinstance(text, str):
        if text == "nobody":
            return OwedBy()
        if found := _EACH.fullmatch(text):
            return OwedBy(each=tuple(re.split(r", *", found[1] or found[2])))
        if re.fullmatch(NAME, text):
            return OwedBy(capacity=text)
    raise _wrong(N_("not a debtor: {value} (write a capacity, each X, each [X, Y] or nobody)"), text)


def when(value: Any) -> tuple[Term, ...]:
    """`urgent`, `not small`, `{area: land}`, `{area: [land, housing]}`, or a list of these: all must hold."""
    terms: list[Term] = []
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, str) and (found := re.fullmatch(rf"(not )?({NAME})", part)):
            terms.append(Term(name=found[2], negated=bool(found[1])))
        elif isinstance(part, dict) and part:
            for name, allowed in part.items():
                values = allowed if isinstance(allowed, list) else [allowed]
                if not values or not all(isinstance(v, str) for v in values):
                    raise _wrong(N_("not a condition: {value}"), part)
                terms.append(Term(name=name, values=tuple(values)))
        else:
            raise _wrong(N_("not a condition: {value}"), part)
    return tuple(terms)


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _takes(value: Any) -> Any:
    return [{"take": value}] if isinstance(value, str) else value


def _not_blank(text: str) -> str:
    if not text.strip():
        raise _wrong(N_("nothing is given here"), text)
    return text


_TEXT = {"type": "string"}
Text = Annotated[str, AfterValidator(_not_blank)]
Word = Annotated[str, Field(pattern=rf"^{NAME}$")]
AliasText = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Words = Annotated[list[str], BeforeValidator(_listed)]
Time = Annotated[Any, AfterValidator(duration), WithJsonSchema({"type": "string", "pattern": "^[0-9]+(wd|wh|d|h)$"})]
Date = Annotated[Any, AfterValidator(date_ref), WithJsonSchema(_TEXT)]
Debtor = Annotated[Any, AfterValidator(owed_by), WithJsonSchema(_TEXT)]
Condition = Annotated[Any, AfterValidator(when), WithJsonSchema({"type": ["string", "object", "array"]})]
Language = Annotated[str, Field(pattern=r"^(vi|en)$")]
Labels = Annotated[dict[Language, Text], Field(min_length=1)]


class Shape(BaseModel):
    """A mapping of the file: its keys are these and no others."""

    model_config = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True, populate_by_name=True)


class AgencyShape(Shape):
    name: Labels
    body: bool = False
    signatory: bool = False
    leader_rank: Labels | None = None
    focal_points: list[Text] = []
    parent: Word | None = None
    source: Text | None = None


class RungShape(Shape):
    tell: list[Text] = Field(default=[], description="debtor, a capacity or an agency; .leader for its leader")
    warn: Time | None = None
    allow: Time | None = None
    every: Time | None = None
    times: int = 0
    fires: Word | None = None


class LadderShape(Shape):
    source: Text
    rungs: list[RungShape] = Field(min_length=1)


class CapacityShape(Shape):
    one: Word | None = None
    many: Word | None = None
    default: str | None = Field(default=None, pattern=rf"^{NAME}\.{NAME}$", description="field.column")
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
    rows: dict[Word, FieldShape] | None = None
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
    discharges: list[Annotated[str, Field(pattern=rf"^(all )?{NAME}$")]] = []
    lapses: list[Word] = []
    after: list[Word] = []
    times: int = 0
    label: Labels | None = None
    alias: AliasText | None = None
    source: Text | None = None


class SuspendShape(Shape):
    by: Words
    at_most: Time


class ProcessShape(Shape):
    prefix: str = Field(pattern=r"^[A-Z]{1,5}$")
    label: Labels | None = None
    alias: AliasText | None = None
    source: Text | None = None
    suspend: SuspendShape | None = None
    capacities: dict[Word, CapacityShape]
    fields: dict[Word, FieldShape] = {}
    initial: Word
    states: dict[Word, StateShape] = Field(min_length=1)
    duties: dict[Word, DutyShape] = {}
    transitions: list[TransitionShape] = Field(min_length=1)


class OpeningShape(Shape):
    process: Word
    every: Literal["year", "month"]
    open_at: Text
    set: dict[Word, str] = {}
    with_: dict[Word, str] = Field(default={}, alias="with")
    source: Text | None = None


class RulesFile(Shape):
    """The whole file."""

    edition: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=60)
    title: Labels
    grounds: list[Text] = []
    calendar: Word
    backdate: Time | None = None
    undo_within: Time | None = None
    agencies: dict[Word, AgencyShape]
    choices: dict[Word, dict[Word, dict[str, Any]]] = {}
    ladders: dict[Word, LadderShape] = {}
    processes: dict[Word, ProcessShape] = Field(min_length=1)
    openings: list[OpeningShape] = []
    tests: list[dict[str, Any]] = []

    @classmethod
    def keys_at(cls, path: tuple[Any, ...]) -> list[str]:
        """The keys a mapping at `path` may hold, for a hint; empty where they are names of the file's own."""
        table: dict[str, type[Shape]] = {
            "agencies": AgencyShape,
            "ladders": LadderShape,
            "rungs": RungShape,
            "processes": ProcessShape,
            "extend": ExtendShape,
            "waive": WaiveShape,
            "suspend": SuspendShape,
            "capacities": CapacityShape,
            "fields": FieldShape,
            "rows": FieldShape,
            "states": StateShape,
            "duties": DutyShape,
            "transitions": TransitionShape,
            "openings": OpeningShape,
            "within": TakeShape,
        }
        model: type[Shape] = cls
        for part in path:
            model = table.get(str(part), model)
        return [field.alias or name for name, field in model.model_fields.items()]
