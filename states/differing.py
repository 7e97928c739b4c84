"""What two editions of the rules say differently: by meaning, not by text, and all of it.

    differences(old, new) -> [Difference, ...]      none, exactly when they mean the same

Values are compared part by part down to what has no parts, so nothing can be forgotten: a field that is added to
the rules one day is compared on that day. Things with a name are matched by it, wherever they stand; of lists whose
order matters, a changed order is a difference of its own. The name of the edition and its tests bind nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from states.ruleset import DateRef, OwedBy, Ruleset, Rung, Take, Term, Transition, Who
from states.values import Value
from states.worktime import Duration

_WHOLE = (Duration, DateRef, OwedBy, Term, Who, Rung, Take)  # told as one, never part by part
_UNBINDING = {"edition", "tests"}
ORDER = "order"


class Difference(Value, frozen=True):
    """One thing said differently: the names that lead to it, and what stands there before and after.

    `where` is ("processes", "matter", "duties", "notify", "deadline", "within", "urgent"): field names of the
    ruleset, and names of its own things. `before` or `after` is None for what is only in one of the two.
    """

    where: tuple[str, ...]
    before: Any = None
    after: Any = None


def differences(old: Ruleset, new: Ruleset) -> list[Difference]:
    """Everything `new` says differently from `old`, in the order of the rules."""
    return [one for one in _parts(old, new, ()) if one.where[0] not in _UNBINDING]


def _compare(old: Any, new: Any, where: tuple[str, ...]) -> Iterator[Difference]:
    if isinstance(old, dict) and isinstance(new, dict) and (old or new):
        yield from _keyed(old, new, where)
    elif _named(old) is not None and _named(new) is not None and (old or new):
        before, after = _named(old) or {}, _named(new) or {}
        yield from _keyed(before, after, where)
        common = [key for key in before if key in after]
        if common != (moved := [key for key in after if key in before]):
            yield Difference(where=(*where, ORDER), before=tuple(common), after=tuple(moved))
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
        case Take():
            return ", ".join(written(term) for term in item.when)
        case _:
            return None


def written(term: Term) -> str:
    """A condition as it is told of: `urgent`, `!small`, `area=land|housing`."""
    return ("!" if term.negated else "") + term.name + ("=" + "|".join(term.values) if term.values else "")
