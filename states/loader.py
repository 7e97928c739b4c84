"""From text to values: the only room that reads YAML, for rules files and calendars.

    load_rules(text, name) -> Ruleset          load_calendar(text, name) -> Calendar

Four steps, each of which reports everything it finds before the next begins: the bytes and the event
stream (size, depth, anchors, tags: counted before anything is built, because building is what a bomb
waits for); the tree with a mark for every place; the shape (`shape`, by pydantic); the meaning (`lower`
and `references`). Every fault becomes a `Problem` with file:line:column and a code; all of them together
become one `BadFile`. The strict subset of YAML 1.2 is described in docs/rules.md.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from difflib import get_close_matches
from typing import Any

import msgspec
import yaml
from pydantic import ValidationError
from yaml import nodes as yn

from states.errors import N_, BadFile, Problem
from states.lower import lower
from states.marks import Marks, Path
from states.references import check
from states.ruleset import Ruleset
from states.shape import RulesFile
from states.worktime import Calendar, CalendarError, WorkTime

MOST_BYTES = 1_000_000
MOST_NODES = 50_000
MOST_DEPTH = 20
MOST_NUMBER = 3650
_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_NOT_TRUTH = {"on", "off", "yes", "no", "y", "n"}


def load_rules(text: str | bytes, name: str) -> Ruleset:
    """The ruleset that `text` means. Raises `BadFile` with every problem found, in order of place."""
    tree, marks = _read(text, name)
    try:
        shape = RulesFile.model_validate(tree)
    except ValidationError as error:
        for fault in error.errors():
            _shape_problem(fault, marks)
        raise marks.bad_file() from None
    check(shape, marks)
    marks.raise_if_bad()
    return lower(shape)


def load_calendar(text: str | bytes, name: str) -> Calendar:
    """The calendar that `text` states. Raises `BadFile`."""
    tree, marks = _read(text, name)
    try:
        calendar = msgspec.convert(tree, Calendar)
        WorkTime(calendar)
    except (msgspec.ValidationError, CalendarError) as error:
        marks.add(_place_in(str(error)), "E180", N_("{detail}"), {"detail": str(error)})
        raise marks.bad_file() from None
    return calendar


def schema() -> dict[str, Any]:
    """JSON Schema of a rules file, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "phoihop rules file",
        **RulesFile.model_json_schema(),
    }


def _place_in(message: str) -> Path:
    """msgspec writes where: `$.days[3].is` is ("days", 3, "is")."""
    where = re.search(r"`\$([^`]*)`", message)
    parts = re.findall(r"\.([A-Za-z_]+)|\[(\d+)\]", where[1]) if where else []
    return tuple(key or int(index) for key, index in parts)


# ---- bytes and events ---------------------------------------------------------------------------


def _read(text: str | bytes, name: str) -> tuple[dict[str, Any], Marks]:
    marks = Marks(name)
    decoded = _decoded(text, marks)
    _scan(decoded, marks)
    marks.raise_if_bad()
    try:
        root = yaml.compose(decoded, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise _broken(error, marks) from None
    tree = _build(root, (), marks)
    marks.raise_if_bad()
    return tree, marks


def _decoded(text: str | bytes, marks: Marks) -> str:
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            marks.at(1, 1, "E101", N_("not UTF-8 at byte {offset}"), {"offset": error.start})
            raise marks.bad_file() from None
    text = text.removeprefix("\ufeff")
    if len(text.encode()) > MOST_BYTES:
        marks.at(1, 1, "E102", N_("larger than {most} bytes"), {"most": MOST_BYTES})
        raise marks.bad_file()
    for number, line in enumerate(text.split("\n"), 1):
        for column, letter in enumerate(line.removesuffix("\r"), 1):
            if letter < " " or letter == "\x7f" or "\x80" <= letter <= "\x9f" or letter == "\ufeff":
                marks.at(
                    number,
                    column,
                    "E103",
                    N_("a control character (U+{code})"),
                    {"code": f"{ord(letter):04X}"},
                )
    marks.raise_if_bad()
    return text


def _scan(text: str, marks: Marks) -> None:
    """Count and refuse on the event stream, which never builds anything and cannot blow up."""
    depth = nodes = documents = 0
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            mark = event.start_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents == 2:
                    marks.at(line, column, "E104", N_("a second document; a rules file is one document"))
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                marks.at(line, column, "E105", N_("anchors and aliases are not allowed: write it out"))
            if getattr(event, "tag", None):
                marks.at(line, column, "E106", N_("tags are not allowed"))
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            nodes += isinstance(event, yaml.NodeEvent)
            if depth > MOST_DEPTH or nodes > MOST_NODES:
                marks.at(line, column, "E107", N_("nested too deeply or too long for a rules file"))
                return
    except yaml.YAMLError as error:
        raise _broken(error, marks) from None
    if documents == 0:
        marks.at(1, 1, "E108", N_("the file is empty; expected a mapping that begins with `edition:`"))


def _broken(error: yaml.YAMLError, marks: Marks) -> BadFile:
    place = getattr(error, "problem_mark", None)
    line, column = (place.line + 1, place.column + 1) if place else (1, 1)
    detail = str(getattr(error, "problem", None) or "not YAML").replace("\n", " ")
    marks.at(line, column, "E109", N_("not readable as YAML: {detail}"), {"detail": detail})
    return marks.bad_file()


# ---- the tree -----------------------------------------------------------------------------------


def _build(node: yn.Node | None, path: Path, marks: Marks) -> Any:
    """Plain values of `node`, remembering where each stands. Booleans are `true`/`false` only."""
    assert node is not None, "an empty file was refused"
    marks.place(path, node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node, yn.MappingNode):
        return _mapping(node, path, marks)
    if path == ():
        marks.add(path, "E108", N_("expected a mapping that begins with `edition:`"))
        return {}
    if isinstance(node, yn.SequenceNode):
        return [_build(item, (*path, n), marks) for n, item in enumerate(node.value)]
    assert isinstance(node, yn.ScalarNode), "a node is a mapping, a sequence or a scalar"
    return _scalar(node, path, marks)


def _mapping(node: yn.MappingNode, path: Path, marks: Marks) -> dict[Hashable, Any]:
    built: dict[Hashable, Any] = {}
    for key_node, value_node in node.value:
        line, column = key_node.start_mark.line + 1, key_node.start_mark.column + 1
        if not isinstance(key_node, yn.ScalarNode):
            marks.at(line, column, "E110", N_("a key must be a plain word"))
            continue
        key = key_node.value
        if key == "<<" and not key_node.style:
            marks.at(line, column, "E111", N_("merge keys are not allowed: write it out"))
        elif key.lower() in _NOT_TRUTH and not key_node.style:
            marks.at(line, column, "E112", N_("`{key}` is not allowed as a key"), {"key": key})
        elif key in built:
            first = marks.line_of((*path, key))
            marks.at(
                line,
                column,
                "E113",
                N_("`{key}` is given twice; first at line {line}"),
                {"key": key, "line": first},
            )
        else:
            built[key] = _build(value_node, (*path, key), marks)
            marks.place((*path, key), line, column)
    return built


def _scalar(node: yn.ScalarNode, path: Path, marks: Marks) -> str | int | bool:
    text: str = node.value
    if node.style:  # quoted: what it says, letter by letter
        return text
    if text in ("true", "false"):
        return text == "true"
    if _INTEGER.fullmatch(text):
        if len(text) > 5 or not 0 <= int(text) <= MOST_NUMBER:
            marks.add(path, "E114", N_("a number must be from 0 to {most}"), {"most": MOST_NUMBER})
            return 0
        return int(text)
    if text in ("", "~", "null"):
        marks.add(path, "E115", N_("nothing is given here"))
    return text


# ---- the shape ----------------------------------------------------------------------------------


def _shape_problem(fault: Any, marks: Marks) -> None:
    """One of pydantic's faults as a problem of ours, at the deepest place it names."""
    path = tuple(part for part in fault["loc"] if part != "[key]")
    match fault["type"]:
        case "extra_forbidden":
            known = fault.get("ctx", {}).get("known", ()) or RulesFile.keys_at(path[:-1])
            near = get_close_matches(str(path[-1]), known, 1)
            hint = (N_("did you mean `{near}`?"), {"near": near[0]}) if near else ("", {})
            marks.add(path, "E120", N_("unknown key `{key}`"), {"key": str(path[-1])}, *hint)
        case "missing":
            marks.add(path[:-1], "E121", N_("`{key}` is missing"), {"key": str(path[-1])})
        case "grammar":
            marks.add(path, "E122", fault["ctx"]["text"], {"value": fault["ctx"]["value"]})
        case _:
            marks.add(path, "E123", N_("{detail}"), {"detail": fault["msg"]})


__all__ = ["BadFile", "Problem", "load_calendar", "load_rules", "schema"]
