"""What two editions of the rules say differently: by meaning, not by text, and all of it.

    differences(old, new) -> [Difference, ...]      none, exactly when they mean the same
    called_anew(old, new) -> Ruleset                `old` with what `new` says is `renamed` under its new names

Values are compared part by part down to what has no parts, so nothing can be forgotten: a field that is added to
the rules one day is compared on that day. Things with a name are matched by it, wherever they stand; of lists whose
order matters, each that stands elsewhere is a difference of its own. `from: any` is one word, however many states
there are. The name of the edition and its tests bind nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

import msgspec

from states.case import Renamed
from states.ruleset import (
    ANY,
    RESUME,
    Capacity,
    DateRef,
    DutyRule,
    Field,
    Opening,
    OwedBy,
    Process,
    Ruleset,
    Rung,
    State,
    Take,
    Term,
    Transition,
    Who,
)
from states.values import Value
from states.worktime import Duration

replace = msgspec.structs.replace

_WHOLE = (Duration, DateRef, OwedBy, Term, Who, Rung, Take)  # told as one, never part by part
_UNBINDING = {"edition", "tests"}
ORDER = "order"


class Difference(Value, frozen=True):
    """One thing said differently: the names that lead to it, and what stands there before and after.

    `where` is ("processes", "matter", "duties", "notify", "deadline", "within", "urgent"): field names of the
    ruleset, and names of its own things. `before` or `after` is None for what is only in one of the two. Of what
    stands elsewhere in a list (`ORDER` behind its name) they are what it stands behind.
    """

    where: tuple[str, ...]
    before: Any = None
    after: Any = None


def differences(old: Ruleset, new: Ruleset) -> list[Difference]:
    """Everything `new` says differently from `old`, in the order of the rules."""
    found = _parts(_any_in_a_word(called_anew(old, new)), _any_in_a_word(new), ())
    return [one for one in found if one.where[0] not in _UNBINDING and not _follows(one, old, new)]


def _follows(one: Difference, old: Ruleset, new: Ruleset) -> bool:
    """Whether it goes without saying: that a process may be suspended now, or no longer, has a duty of its own."""
    if one.where[0] != "processes" or one.where[2:] != ("duties", RESUME):
        return False
    return (old.processes[one.where[1]].suspend is None) != (new.processes[one.where[1]].suspend is None)


def _any_in_a_word(ruleset: Ruleset) -> Ruleset:
    """`ruleset` with `from: any` not written out."""

    processes = {}
    for name, process in ruleset.processes.items():
        everywhere = tuple(state.name for state in process.states.values() if not state.final)
        lines = tuple(
            replace(line, sources=(ANY,)) if line.sources == everywhere and len(everywhere) > 1 else line
            for line in process.transitions
        )
        processes[name] = replace(process, transitions=lines)
    return replace(ruleset, processes=processes)


def _compare(old: Any, new: Any, where: tuple[str, ...]) -> Iterator[Difference]:
    if isinstance(old, dict) and isinstance(new, dict) and (old or new):
        yield from _keyed(old, new, where)
    elif _named(old) is not None and _named(new) is not None and (old or new):
        before, after = _named(old) or {}, _named(new) or {}
        yield from _keyed(before, after, where)
        yield from _moved([key for key in before if key in after], [key for key in after if key in before], where)
    elif isinstance(old, Value) and type(old) is type(new) and not isinstance(old, _WHOLE):
        yield from _parts(old, new, where)
    elif old != new:
        yield Difference(where=where, before=old, after=new)


def _keyed(old: Mapping[str, Any], new: Mapping[str, Any], where: tuple[str, ...]) -> Iterator[Difference]:
    for key in (*old, *(key for key in new if key not in old)):
        if key not in new:
            yield Difference(where=(*where, key), before=old[key])
        elif key not in old:
            yield Difference(where=(*where, key), after=new[key])
        else:
            yield from _compare(old[key], new[key], (*where, key))


def _moved(before: Sequence[str], after: Sequence[str], where: tuple[str, ...]) -> Iterator[Difference]:
    """The items of a list that stand elsewhere, and what each stands behind; those that keep their order stay."""
    kept = {
        before[block.a + n]
        for block in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
        for n in range(block.size)
    }
    behind = [{key: of[n - 1] if n else "" for n, key in enumerate(of)} for of in (before, after)]
    for key in after:
        if key not in kept:
            yield Difference(where=(*where, key, ORDER), before=behind[0][key], after=behind[1][key])


def _parts(old: Value, new: Value, where: tuple[str, ...]) -> Iterator[Difference]:
    for name in old.__struct_fields__:
        yield from _compare(getattr(old, name), getattr(new, name), (*where, name))


def _named(found: Any) -> dict[str, Any] | None:
    """The items of a list by what identifies each, where each has something of the kind; else None."""
    if not isinstance(found, tuple):
        return None
    keys = [_key(item, n) for n, item in enumerate(found, 1)]
    if None in keys or len(set(keys)) < len(keys):
        return None
    return {str(key): item for key, item in zip(keys, found, strict=True)}


def _key(item: Any, place: int) -> str | None:
    match item:
        case Rung():
            return str(place)
        case Transition():
            return item.id
        case Opening():
            return item.process
        case Take():
            return ", ".join(written(term) for term in item.when)
        case _:
            return None


def written(term: Term) -> str:
    """A condition as it is told of: `urgent`, `!small`, `area=land|housing`."""
    return ("!" if term.negated else "") + term.name + ("=" + "|".join(term.values) if term.values else "")


# ---- what only has another name ------------------------------------------------------------------

_NAMES: dict[type[Value], dict[str, str]] = {
    Process: {"initial": "states", "states": "states", "duties": "duties", "fields": "fields"},
    State: {"name": "states", "duties": "duties"},
    Field: {"name": "fields"},
    Capacity: {"default": "fields"},
    DutyRule: {
        "name": "duties", "lasts_until": "states", "opens_on": "triggers", "answers": "triggers",
        "on_overdue": "triggers",
    },
    Transition: {
        "trigger": "triggers", "sources": "states", "to": "states", "inputs": "fields", "takes": "fields",
        "settled": "duties", "discharges": "duties", "discharges_all": "duties", "lapses": "duties", "after": "duties",
    },
    OwedBy: {"rows": "fields"},
    DateRef: {"field": "fields"},
    Term: {"name": "fields"},
}  # fmt: skip
"""The parts of a process that are names of its states, duties, fields and triggers."""


def called_anew(old: Ruleset, new: Ruleset) -> Ruleset:
    """`old` in the words of `new`: what a process of `new` says is `renamed` has its new name."""
    processes = {
        name: _called(process, new.processes[name].renamed) if name in new.processes else process
        for name, process in old.processes.items()
    }
    return replace(old, processes=processes)


def _called(value: Any, renamed: Renamed) -> Any:
    if isinstance(value, tuple):
        return tuple(_called(item, renamed) for item in value)
    if isinstance(value, dict):
        return {key: _called(item, renamed) for key, item in value.items()}
    if not isinstance(value, Value) or isinstance(value, Renamed):
        return value
    changes = {name: _called(getattr(value, name), renamed) for name in value.__struct_fields__}
    for name, section in _NAMES.get(type(value), {}).items():
        changes[name] = _with(changes[name], getattr(renamed, section))
    if isinstance(value, Transition):
        changes["id"] = renamed.line(value.id)
    elif isinstance(value, Field):
        changes["columns"] = value.columns
    elif isinstance(value, DateRef) and value.row:
        changes["field"] = value.field
    return type(value)(**changes)


def _with(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, tuple):
        return tuple(_with(item, names) for item in value)
    return {names.get(key, key): item for key, item in value.items()} if isinstance(value, dict) else value
