"""The faults of shape that pydantic finds, told in our own words and at our own places."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from states.errors import N_
from states.marks import Marks
from states.salvage import Lost, place_of
from states.shape import EXPECTED, RulesFile

IN_QUOTES: tuple[str, dict[str, Any]] = (N_("write text that looks like a number in quotes"), {})


def note(faults: Iterable[Any], marks: Marks, lost: Lost) -> None:
    """Every fault of `ValidationError.errors()` as a problem, except in what was lost before."""
    for fault in faults:
        _note(fault, marks, lost)


def _note(fault: Any, marks: Marks, lost: Lost) -> None:
    """One of pydantic's faults as a problem of ours, at the deepest place it names."""
    path = place_of(fault)
    if lost.covers(path):
        return
    context = fault.get("ctx", {})
    match fault["type"]:
        case "extra_forbidden":
            key = str(path[-1])[:80]
            near = get_close_matches(key, RulesFile.keys_at(path[:-1]), 1) if marks.may_hint() else []
            hint = (N_("did you mean `{near}`?"), {"near": near[0]}) if near else ("", {})
            marks.add(path, "E120", N_("unknown key `{key}`"), {"key": key}, *hint, key=True)
        case "missing":
            marks.add(path[:-1], "E121", N_("`{key}` is missing"), {"key": str(path[-1])}, key=True)
        case "value_error":
            error = context["error"]
            marks.add(path, "E122", error.text, {"value": error.value})
        case "string_pattern_mismatch":
            value = {"value": str(fault["input"])[:80]}
            marks.add(path, "E122", EXPECTED[context["pattern"]], value, key=fault["loc"][-1] == "[key]")
        case "string_type":
            hint = IN_QUOTES if isinstance(fault["input"], int) else ("", {})
            marks.add(path, "E123", N_("text is expected here"), {}, *hint)
        case kind:
            text, values = _wanted(kind, context)
            marks.add(path, "E123", text, values)


def _wanted(kind: str, context: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """What pydantic's fault `kind` wants, in our words."""
    match kind:
        case "int_type":
            return N_("a number is expected here"), {}
        case "bool_type":
            return N_("true or false is expected here"), {}
        case "list_type":
            return N_("a list is expected here"), {}
        case "dict_type" | "model_type":
            return N_("keys with values are expected here"), {}
        case "literal_error":
            words = str(context["expected"]).replace("'", "").replace("True", "true").replace(" or ", ", ")
            return N_("only this may stand here: {words}"), {"words": words}
        case "greater_than_equal":
            return N_("the least here is {least}"), {"least": context["ge"]}
        case "too_short":
            return N_("nothing is given here"), {}
        case "too_long" | "string_too_long":
            return N_("the most here is {most}"), {"most": context["max_length"]}
    raise AssertionError(f"the shape has no such fault: {kind}")
