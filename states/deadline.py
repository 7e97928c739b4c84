"""When a duty falls due: the rule's deadline, read against a case's fields and the working calendar.

Pure arithmetic over `worktime`; the meanings of `3wd`, `before` and `by` are there. Errors:
`BeyondCalendar` from the calendar, `LookupError` (naming the field) when a date is not recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from states.ruleset import DateRef, DutyRule, When
from states.worktime import Duration, WorkTime

Row = Mapping[str, Any] | None


def holds(when: When, fields: Mapping[str, Any], row: Row) -> bool:
    """Whether all terms hold. A name is a column of `row` first, a field of the case otherwise."""
    for term in when:
        value = row[term.name] if row is not None and term.name in row else fields.get(term.name)
        true = value in term.values if term.values else bool(value)
        if true == term.negated:
            return False
    return True


def allowance(rule: DutyRule, fields: Mapping[str, Any], row: Row) -> Duration | None:
    """The time allowed: the first line of `within` that holds; None for a date given from outside."""
    if rule.deadline.given:
        return None
    for line in rule.deadline.within:
        if holds(line.when, fields, row):
            return line.take
    raise LookupError(rule.deadline.within[0].when[0].name)


def due_at(rule: DutyRule, clock: WorkTime, fields: Mapping[str, Any], row: Row, now: datetime) -> datetime:
    """The instant a duty of `rule` opened at `now` falls due."""
    deadline = rule.deadline
    if (allowed := allowance(rule, fields, row)) is not None:
        due = clock.add(now, allowed)
    elif deadline.before is not None:
        due = clock.close_before(_date(deadline.before, clock, fields, row))
    else:
        assert deadline.by is not None, "a deadline is within, by or before"
        due = clock.close_by(_date(deadline.by, clock, fields, row))
    if deadline.at_least is not None:
        due = max(due, clock.add(now, deadline.at_least))
    return due


def _date(ref: DateRef, clock: WorkTime, fields: Mapping[str, Any], row: Row) -> date:
    source = row if ref.row and row is not None else fields
    value = source.get(ref.field)
    if value is None:
        raise LookupError(ref.field)
    day = date(int(value) + ref.years, ref.month, ref.day) if ref.month else date.fromisoformat(value)
    return clock.shift(day, ref.sign, ref.shift) if ref.shift else day
