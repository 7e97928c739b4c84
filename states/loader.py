"""From text to values: the only room that reads YAML, for rules files and calendars.

    load_rules(text, name) -> Ruleset          load_calendar(text, name) -> Calendar
    read_marked(text, name) -> Ruleset and the marks of its places, for who goes on looking for problems

First the bytes and the event stream (size, depth, anchors, tags: counted before anything is built, because
building is what a bomb waits for); a file that fails there is read no further. Then the tree with a mark
for every place, the shape (`shape`, by pydantic), the names and labels (`checks`), each going on with
what the one before could read (`salvage`): every fault becomes a `Problem` with file:line:column and a
code, and all of them together one `BadFile`. `lower` makes the values. The strict subset of YAML 1.2 is
described in docs/rules.md.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice
from typing import Any
from unicodedata import normalize

import msgspec
import yaml
from pydantic import ValidationError
from yaml import nodes as yn

from states.calendar import Calendar, CalendarError
from states.checks.proofs import prove_all
from states.checks.references import check
from states.errors import N_, BadFile, Problem
from states.faults import IN_QUOTES, note
from states.lower import lower
from states.marks import MOST_PROBLEMS, Marks, Path
from states.ruleset import Ruleset
from states.salvage import ROUNDS, Lost, mend
from states.shape import RulesFile
from states.worktime import WorkTime

MOST_BYTES = 1_000_000
MOST_NODES = 100_000
MOST_DEPTH = 20
MOST_NUMBER = 3650
_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
# Besides what no text needs: other line ends, a second byte order mark, and what turns the direction of
# reading, by which a line shows a reviewer something else than what it says.
_CONTROL = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]|\r(?!\n)")
# libyaml 0.2.6 says so at 1,000 levels, and before the events of the first have come: it looks ahead of them.
_LOOKED_TOO_DEEP = "exceeded maximum nesting depth"
_BRACKET = N_("a bracket is never closed, or a comma is missing")
_IN_QUOTES = N_("a text cannot begin so: put it in quotes")
_INDENTED = N_("a key must come here: indent the line as its neighbours, or take out what is too much before it")
_SAID_BY_YAML = {
    "mapping values are not allowed in this context": N_(
        "a colon stands where no key can be: put a text with `: ` in it in quotes, or indent the line as its neighbours"
    ),
    "block sequence entries are not allowed in this context": N_(
        "a list cannot begin here: write it in brackets, or begin each item on a line of its own"
    ),
    "did not find expected ',' or '}'": _BRACKET,
    "did not find expected ',' or ']'": _BRACKET,
    "did not find expected key": _INDENTED,
    "did not find expected '-' indicator": _INDENTED,
    "could not find expected ':'": N_("a key without a colon behind it, or a text that goes over several lines"),
    "did not find expected node content": N_("a bracket, a comma or a colon stands where something should be said"),
    "found character that cannot start any token": _IN_QUOTES,
    "did not find expected alphabetic or numeric character": _IN_QUOTES,
    "found unexpected end of stream": N_("a text in quotes is never closed"),
    "found unknown escape character": N_("a backslash in double quotes: use single quotes"),
}
"""What libyaml says most often, in words for whoever edits the file; it knows English only, and its own terms."""
_NOT_TRUTH = {"on", "off", "yes", "no", "y", "n"}


@lru_cache(maxsize=8)
def load_rules(text: str | bytes, name: str) -> Ruleset:
    """The ruleset that `text` means. Raises `BadFile` with every problem found, in order of place.

    What a text means never changes: who makes many databases of one file has it proved once.
    """
    return read_marked(text, name)[0]


def read_marked(text: str | bytes, name: str) -> tuple[Ruleset, Marks]:
    """As `load_rules`, with the place of every path of the file: what is found later can be told where it stands."""
    tree, marks, lost = _read(text, name)
    shape = _shaped(tree, marks, lost)
    if shape is not None:
        check(shape, marks, lost)
    marks.raise_if_bad()
    assert shape is not None, "what has no shape has a problem"
    ruleset = lower(shape)
    prove_all(shape, ruleset, marks)
    marks.raise_if_bad()
    return ruleset, marks


def _shaped(tree: dict[str, Any], marks: Marks, lost: Lost) -> RulesFile | None:
    """The shape of `tree`; if it has faults, of what can be read besides them, or None if that is too little."""
    for turn in range(ROUNDS):
        try:
            return RulesFile.model_validate(tree)
        except ValidationError as error:
            faults = error.errors(include_url=False)
        if turn == 0:  # later ones only follow from what was taken out
            note(faults, marks, lost)
        if not mend(tree, faults, lost):
            return None
    return None


def load_calendar(text: str | bytes, name: str) -> Calendar:
    """The calendar that `text` states. Raises `BadFile`."""
    tree, marks, _ = _read(text, name)
    marks.raise_if_bad()
    try:
        calendar = msgspec.convert(tree, Calendar)
        WorkTime(calendar)
    except CalendarError as error:
        marks.add(error.path, "E180", error.text, error.values)
        raise marks.bad_file() from None
    except msgspec.ValidationError as error:
        detail = str(error).split(" - at `$")[0]
        marks.add(_place_in(str(error)), "E180", N_("a calendar has something else here: {detail}"), {"detail": detail})
        raise marks.bad_file() from None
    return calendar


def schema() -> dict[str, Any]:
    """JSON Schema of a rules file, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **RulesFile.model_json_schema(),
        "title": "phoihop rules file",
    }


def _place_in(message: str) -> Path:
    """msgspec writes where: `$.days[3].is` is ("days", 3, "is")."""
    where = re.search(r"`\$([^`]*)`", message)
    parts = re.findall(r"\.([A-Za-z_]+)|\[(\d+)\]", where[1]) if where else []
    return tuple(key or int(index) for key, index in parts)


# ---- bytes and events ---------------------------------------------------------------------------


def _read(text: str | bytes, name: str) -> tuple[dict[str, Any], Marks, Lost]:
    """The tree of a file that is YAML and not too much of it; what is wrong in the tree is noted, not raised."""
    marks, lost = Marks(name), Lost()
    decoded = _decoded(text, marks)
    _scan(decoded, marks)
    marks.raise_if_bad()
    try:
        root = yaml.compose(decoded, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise _broken(error, decoded, marks) from None
    if not isinstance(root, yn.MappingNode):
        marks.at(1, 1, "E108", N_("expected a mapping that begins with `edition:`"))
        raise marks.bad_file()
    return _build(root, (), marks, lost), marks, lost


def _decoded(text: str | bytes, marks: Marks) -> str:
    try:
        encoded = text if isinstance(text, bytes) else text.encode("utf-8")
        text = encoded.decode("utf-8")
    except UnicodeError as error:
        offset = getattr(error, "start", 0)
        marks.at(1, 1, "E101", N_("not UTF-8 at byte {offset}"), {"offset": offset})
        raise marks.bad_file() from None
    if len(encoded) > MOST_BYTES:
        marks.at(1, 1, "E102", N_("larger than {most} bytes"), {"most": MOST_BYTES})
        raise marks.bad_file()
    text = text.removeprefix("\ufeff")
    for found in islice(_CONTROL.finditer(text), MOST_PROBLEMS + 1):
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        marks.at(line, column, "E103", *_control(found[0]))
    marks.raise_if_bad()
    return text


def _control(letter: str) -> tuple[str, dict[str, str]]:
    if letter == "\t":
        return N_("a tab (U+{code}): indent and separate with spaces"), {"code": "0009"}
    return N_("a control character (U+{code})"), {"code": f"{ord(letter):04X}"}


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
        seen: yaml.Mark | None = getattr(error, "problem_mark", None)
        if getattr(error, "problem", None) == _LOOKED_TOO_DEEP and seen and seen.index < len(text):
            _scan(text[: seen.index], marks)
            return
        raise _broken(error, text, marks) from None
    if documents == 0:
        marks.at(1, 1, "E108", N_("the file is empty; expected a mapping that begins with `edition:`"))


def _broken(error: yaml.YAMLError, text: str, marks: Marks) -> BadFile:
    """What the parser stumbled on, where it stands; what is never closed, where it is opened."""
    place, opened = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    lines = text.split("\n")
    if opened and place and place.line >= len(lines) - 1 and not "".join(lines[place.line :]).strip():
        place = opened
    line = min(place.line, len(lines) - 1) if place else 0
    column = min(place.column, len(lines[line])) if place else 0
    detail = str(getattr(error, "problem", None) or "not YAML").replace("\n", " ")
    said = _SAID_BY_YAML.get(detail, N_("not readable as YAML: {detail}"))
    marks.at(line + 1, column + 1, "E109", said, {"detail": detail})
    return marks.bad_file()


# ---- the tree -----------------------------------------------------------------------------------


def _build(node: yn.Node, path: Path, marks: Marks, lost: Lost) -> Any:
    """Plain values of `node`, remembering where each stands. Booleans are `true`/`false` only."""
    if not (isinstance(node, yn.ScalarNode) and _is_empty(node)):  # that stands nowhere, but at its key or list
        marks.place(path, node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node, yn.MappingNode):
        return _mapping(node, path, marks, lost)
    if isinstance(node, yn.SequenceNode):
        return [_build(item, (*path, n), marks, lost) for n, item in enumerate(node.value)]
    assert isinstance(node, yn.ScalarNode), "a node is a mapping, a sequence or a scalar"
    return _scalar(node, path, marks, lost)


def _mapping(node: yn.MappingNode, path: Path, marks: Marks, lost: Lost) -> dict[str, Any]:
    built: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line, column = key_node.start_mark.line + 1, key_node.start_mark.column + 1
        if not isinstance(key_node, yn.ScalarNode):
            marks.at(line, column, "E110", N_("a key must be a plain word"))
            lost.add((*path, "?"))
            continue
        key = key_node.value
        if _CONTROL.search(key) or "\n" in key:
            marks.at(line, column, "E110", N_("a key must be a plain word"))
            lost.add((*path, "?"))
        elif key == "<<" and not key_node.style:
            marks.at(line, column, "E111", N_("merge keys are not allowed: write it out"))
            lost.add(path)
        elif key.lower() in _NOT_TRUTH and not key_node.style:
            marks.at(line, column, "E112", N_("`{key}` is not allowed as a key"), {"key": key})
            lost.add((*path, key))
        elif key in built:
            first = marks.line_of_key((*path, key))
            values = {"key": key[:80], "line": first}
            marks.at(line, column, "E113", N_("`{key}` is given twice; first at line {line}"), values)
        else:
            marks.place_key((*path, key), line, column)
            marks.place((*path, key), line, column)
            built[key] = _build(value_node, (*path, key), marks, lost)
            if not isinstance(value_node, yn.ScalarNode):
                marks.place((*path, key), line, column)
    return built


def _is_empty(node: yn.ScalarNode) -> bool:
    """`key:` with nothing behind it, as far as YAML sees."""
    return not node.value and not node.style


def _scalar(node: yn.ScalarNode, path: Path, marks: Marks, lost: Lost) -> str | int | bool:
    text: str = normalize("NFC", node.value)
    if "\n" in text:
        marks.add(path, "E116", N_("more than one line: write it on one"))
        lost.add(path)
    elif found := _CONTROL.search(text):  # by an escape, "\x1b"
        marks.add(path, "E103", *_control(found[0]))
        lost.add(path)
    if node.style:  # quoted: what it says, letter by letter
        return text
    if text in ("true", "false"):
        return text == "true"
    if _INTEGER.fullmatch(text):
        if len(text) > 5 or not 0 <= int(text) <= MOST_NUMBER:
            values = {"most": MOST_NUMBER}
            marks.add(path, "E114", N_("a number must be from 0 to {most}"), values, *IN_QUOTES)
            lost.add(path)
            return 0
        return int(text)
    if text in ("", "~", "null"):
        marks.add(path, "E115", N_("nothing is given here"))
        lost.add(path)
    return text


__all__ = ["BadFile", "Problem", "load_calendar", "load_rules", "read_marked", "schema"]
