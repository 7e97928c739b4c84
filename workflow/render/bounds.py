"""The worst case of a process: how long until each state, by what the conditions read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from states.bounds import Bound
from workflow.render.language import _, ngettext
from workflow.render.screen import Column, Screen
from workflow.render.words import Names, inside


def bounds_page(
    screen: Screen, names: Names, found: Sequence[Bound], untold: Sequence[str], uncounted: Sequence[str]
) -> None:
    """One table for a process: each state, the kinds of case that differ, the most working days.

    Below it: the fields by which kinds of case are not told apart, and the triggers that are not counted.
    """
    screen.line(f"{names.process_label()}", "bold")
    rows = []
    for state in dict.fromkeys(bound.state for bound in found):
        for bound in telling([one for one in found if one.state == state]):
            rows.append([names.state(state), _given(names, bound), _days(names, bound), _dates(names, bound)])
    columns = [Column(_("State")), Column(_("Where")), Column(_("At most")), Column(_("Not counted: given dates"))]
    screen.table(columns, rows)
    screen.note(
        _(
            "If everybody takes all the time allowed, every extension, and every rung but its last; if what conditions"
            " read does not change, no act is repeated that no duty asks for and nothing counts, and nothing is waived,"
            " mended or suspended by hand."
        )
    )
    if uncounted:
        acts = ", ".join(inside(names.trigger(one)) for one in uncounted)
        screen.note(_("Nothing limits how often this opens a duty anew: {acts}.").format(acts=acts))
    if untold:
        fields = ", ".join(inside(names.field(one)) for one in untold)
        screen.note(
            _("There are too many kinds of case to tell all apart. Whatever these are: {fields}.").format(fields=fields)
        )


def telling(found: Sequence[Bound]) -> list[Bound]:
    """Of the bounds of one state, one for each kind of case that differs; `given` says only what makes it differ."""
    told = [name for name in (found[0].given if found else {}) if _differs(found, name)]
    kinds = {tuple(bound.given[name] for name in told): bound for bound in found}
    return [
        Bound(
            state=one.state, given={name: one.given[name] for name in told}, days=one.days, why=one.why, dates=one.dates
        )
        for one in kinds.values()
    ]


def _differs(found: Sequence[Bound], name: str) -> bool:
    """Whether two kinds of case that differ in nothing but `name` have other bounds."""
    seen: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for bound in found:
        rest = tuple((key, value) for key, value in bound.given.items() if key != name)
        said = (bound.days, bound.why, bound.dates)
        if seen.setdefault(rest, said) != said:
            return True
    return False


def _given(names: Names, bound: Bound) -> str:
    said = []
    for name, value in bound.given.items():
        if isinstance(value, bool):
            said.append(names.place("term", name if value else f"!{name}"))
        else:
            said.append(_values(names, name, value))
    return ", ".join(inside(one) for one in said)


def _values(names: Names, field: str, values: Sequence[str]) -> str:
    """The values of a choice that make one kind: the first, and how many more; "" is not given."""
    if not values[0]:
        return _("{field}: not given").format(field=names.field(field))
    more = sum(value != "" for value in values[1:])
    said = names.place("term", f"{field}={values[0]}") + (f" (+{more})" if more else "")
    return said if values[-1] else _("{value} or not given").format(value=said)


def _days(names: Names, bound: Bound) -> str:
    if bound.days is not None:
        return ngettext("{count} working day", "{count} working days", bound.days).format(count=bound.days)
    process = names.process
    assert process is not None
    why = [names.state(one) if one in process.states else names.trigger(one) for one in bound.why]
    return _("not bounded: {why}").format(why=", ".join(inside(one) for one in why))


def _dates(names: Names, bound: Bound) -> str:
    return ", ".join(inside(names.duty_name(name)) for name in bound.dates)


def bound_json(process: str, bound: Bound) -> dict[str, Any]:
    """A bound as scripts read it: `working_days` is null where there is none."""
    return {
        "process": process,
        "state": bound.state,
        "given": bound.given,
        "working_days": bound.days,
        "why": list(bound.why),
        "given_dates": list(bound.dates),
    }
