"""The short grammars inside a value of the rules file: `3wd`, `held_on - 3wd`, `each [partner, owner]`, `not small`.

Each reader takes what YAML gave and returns the frozen value it means, or raises `Unreadable` with the
sentence that says what could be written there.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from states.errors import N_
from states.ruleset import DateRef, FieldType, OwedBy, SetTo, Term
from states.trials import DAY_MINUTES, Moment
from states.worktime import Duration

NAME = r"[a-z][a-z0-9_]*"
_EACH = re.compile(rf"each (?:({NAME})|\[({NAME}(?:, *{NAME})*)\])")
_YEAR_DAY = re.compile(rf"({NAME})([+-][0-9]{{1,2}})?-([0-9]{{2}})-([0-9]{{2}})")
_YEAR = re.compile(r"year([+-][0-9]{1,2})?")
_SHIFTED = re.compile(rf"(row\.)?({NAME})(?: ([+-]) (\S+))?")
_NOT_A_DATE = N_("not a date: {value} (write a date field, row.column, field - 3wd or year-12-15)")
_NOT_SET = N_("an opening cannot set this to {value} (write year, year+1, opened or opened + 10wd; a choice; a text)")
_NOT_A_CONDITION = N_("not a condition: {value} (write FLAG, not FLAG, FIELD: VALUE or FIELD: [VALUE, VALUE])")


_MOMENT = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})(?: +([0-9]{1,2}):([0-9]{2}))?")
_HOURS = re.compile(r"([0-9]{1,4}):([0-5][0-9])")
ENDINGS = ("done", "waived", "lapsed", "mistaken", "parked")


class Unreadable(ValueError):
    """A value that means nothing here: `text` says what could be written, `value` is what was."""

    def __init__(self, text: str, value: object) -> None:
        super().__init__(text)
        self.text, self.value = text, str(value)[:80]


def duration(text: Any) -> Duration:
    """`3wd`, `4wh`, `2d`, `6h`."""
    try:
        return Duration.parse(text)
    except (ValueError, TypeError):
        raise Unreadable(N_("not a length of time: {value} (write 3wd, 4wh, 2d or 6h)"), text) from None


def date_ref(text: Any) -> DateRef:
    """`row.by`, `ends`, `held_on - 3wd`, `year-12-15`, `year+1-01-31`."""
    if isinstance(text, str):
        if found := _YEAR_DAY.fullmatch(text):
            month, day = int(found[3]), int(found[4])
            # A day that every year has: 29 February is not one.
            if 1 <= month <= 12 and 1 <= day <= (28 if month == 2 else 30 if month in (4, 6, 9, 11) else 31):
                return DateRef(field=found[1], years=int(found[2] or 0), month=month, day=day)
        elif found := _SHIFTED.fullmatch(text):
            shift = duration(found[4]) if found[4] else None
            if shift is None or shift.unit in ("wd", "d"):
                sign = -1 if found[3] == "-" else 1
                return DateRef(field=found[2], row=bool(found[1]), shift=shift, sign=sign)
    raise Unreadable(_NOT_A_DATE, text)


def set_to(text: str, kind: FieldType) -> SetTo:
    """What an opening sets a field of `kind` to: `year`, `year+1`; `opened`, `opened + 10wd`; else a word as it is."""
    if kind == "year" and (found := _YEAR.fullmatch(text)):
        return SetTo(years=int(found[1] or 0))
    if kind == "date" and (found := _SHIFTED.fullmatch(text)) and found[2] == "opened":
        return SetTo(opened=date_ref(text))
    if kind in ("choice", "text", "agency"):
        return SetTo(word=text)
    raise Unreadable(_NOT_SET, text)


def owed_by(text: Any) -> OwedBy:
    """`lead`, `each partner`, `each [partner, owner]`, `nobody`; `each measures` of a rows field alike."""
    if isinstance(text, str):
        if text == "nobody":
            return OwedBy()
        if found := _EACH.fullmatch(text):
            return OwedBy(each=tuple(re.split(r", *", found[1] or found[2])))
        if re.fullmatch(NAME, text):
            return OwedBy(capacity=text)
    raise Unreadable(N_("not a debtor: {value} (write a capacity, each X, each [X, Y] or nobody)"), text)


def when(value: Any) -> tuple[Term, ...]:
    """`urgent`, `not small`, `{area: land}`, `{area: [land, housing]}`, or a list of these: all must hold."""
    terms: list[Term] = []
    for part in value if isinstance(value, list) and value else [value]:
        if isinstance(part, str) and (found := re.fullmatch(rf"(not )?({NAME})", part)):
            terms.append(Term(name=found[2], negated=bool(found[1])))
        elif isinstance(part, dict) and part:
            for name, allowed in part.items():
                values = allowed if isinstance(allowed, list) else [allowed]
                if not values or not all(isinstance(v, str) for v in values):
                    raise Unreadable(_NOT_A_CONDITION, written(part))
                terms.append(Term(name=name, values=tuple(values)))
        else:
            raise Unreadable(_NOT_A_CONDITION, written(part))
    return tuple(terms)


def moment(text: Any) -> Moment:
    """`29/4/2022 16:50`, `29/4/2022`."""
    if isinstance(text, str) and (found := _MOMENT.fullmatch(text)):
        minute = int(found[4]) * 60 + int(found[5]) if found[4] else None
        try:
            day = date(int(found[3]), int(found[2]), int(found[1]))
        except ValueError:
            day = date.min
        if 1900 <= day.year <= 2200 and (minute is None or (minute <= DAY_MINUTES and int(found[5]) < 60)):
            return Moment(day=day, minute=minute)
    raise Unreadable(N_("not a moment: {value} (write 29/4/2022 16:50, or the day alone)"), text)


def standing(text: Any) -> Moment | str:
    """How a duty stands in a test: when it is due, or how it ended."""
    if text in ENDINGS:
        return str(text)
    try:
        return moment(text)
    except Unreadable:
        text_ = N_("not how a duty stands: {value} (write when it is due, or done, waived, lapsed, mistaken, parked)")
        raise Unreadable(text_, text) from None


def hours(text: Any) -> int:
    """`1:30`: working hours and minutes, as seconds."""
    if isinstance(text, str) and (found := _HOURS.fullmatch(text)):
        return int(found[1]) * 3600 + int(found[2]) * 60
    raise Unreadable(N_("not working time: {value} (write hours and minutes: 1:30)"), text)


def written(value: Any) -> str:
    """A value about as it was written in the file, not as Python would print it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(written(v) for v in value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def not_blank(text: str) -> str:
    """A text that says something."""
    if not text.strip():
        raise Unreadable(N_("nothing is given here"), text)
    return text
