"""Going on after a fault of shape, so that one reading of a file tells everything that is wrong with it.

`mend` takes what could not be read out of the tree, or puts a stand-in where something must be, and
remembers its path in `Lost`. The checks of names and labels then run on the rest, and `Lost.hides` says
which of their findings may only be consequences: nobody is told of a fault that is none. Where a whole
section is unreadable there is nothing to check names against, and the checks are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from states.marks import Path

ROUNDS = 5
SECTIONS = ("agencies", "choices", "ladders", "processes", "capacities", "fields", "states", "duties", "transitions")
WHOLE = {"E236", "E244", "E245", "E250", "E251", "E268", "E269", "E270", "E271", "E272"}
"""Codes found by looking at a process as a whole: any loss in it may be their cause."""
_WORDS = {(key,) for key in ("prefix", "label", "alias", "source", "name", "leader_rank", "focal_points")}

_STAND_IN: dict[str, Any] = {
    "edition": "lost", "title": {"en": "lost"}, "calendar": "lost", "name": {"en": "lost"}, "source": "lost",
    "prefix": "ZZZZZ", "initial": "lost", "owed_by": "nobody", "trigger": "lost", "by": ["system"], "take": "1wd",
    "times": 1, "at_most": "1wd", "process": "lost", "every": "year", "open_at": "01-01",
    "test": "lost", "steps": [{"at": "1/1/2022"}], "at": "1/1/2022",
}  # fmt: skip


class Lost:
    """The paths of what could not be read, and what follows from it."""

    def __init__(self) -> None:
        self.paths: set[Path] = set()
        self._items: set[Path] = set()
        self._names: set[str] = set()
        self._triggers = False
        self._processes: dict[str, set[str]] = {}

    def add(self, path: Path) -> None:
        """`path` could not be read."""
        self.paths.add(path)
        item = _item(path)
        if path[len(item) : len(item) + 1] in _WORDS or (path[:1] == ("processes",) and path[2:3] in _WORDS):
            return  # words for people: nothing else depends on them
        self._items.add(item)
        if item:
            self._names.add(str(item[-1]))
            self._triggers = self._triggers or path[-1] == "trigger" or path[-2:-1] == ("transitions",)
        if len(path) > 2 and path[0] == "processes":
            self._processes.setdefault(str(path[1]), set()).add(str(path[2]))

    @property
    def too_much(self) -> bool:
        """Whether a section is gone against whose names everything else would have to be checked."""
        for path in self.paths:
            depth = len(path)
            if path[:1] == ("processes",) and depth == 2:
                return True
            if path[:1] == ("choices",) and depth == 2:
                return True
            of_section = depth == 1 or (depth == 3 and path[0] == "processes")
            if of_section and get_close_matches(str(path[-1])[:40], SECTIONS, 1):
                return True
        return False

    def touches(self, process: str) -> bool:
        """Whether anything but words is lost in this process."""
        return process in self._processes

    def covers(self, path: Path) -> bool:
        """Whether `path` is lost itself, or stands in something that is."""
        return any(path[:n] in self.paths for n in range(len(path) + 1))

    def hides(self, path: Path, code: str, name: str = "", kind: str = "") -> bool:
        """Whether a finding at `path` may only follow from what is lost; `name`, of `kind`, is what it looked for."""
        if not self.paths:
            return False
        if self.covers(path):
            return True
        if code.startswith("E3"):
            return code in ("E301", "E303") and ("title",) in self.paths
        if code == "E201":
            return name in self._names or (self._triggers and kind in ("trigger", "fired"))
        touched = self._processes.get(str(path[1]), set()) if len(path) > 1 and path[0] == "processes" else set()
        if touched - {"duties", "transitions"} or (touched and code in WHOLE):
            return True
        return _item(path) in self._items


def mend(tree: dict[str, Any], faults: Iterable[Any], lost: Lost) -> bool:
    """Take the causes of pydantic's `faults` out of `tree`, in place. False when too little would be left."""
    mended: set[Path] = set()
    for fault in faults:
        path = place_of(fault)
        if not any(path[:n] in mended for n in range(len(path) + 1)):
            mended.add(_mend(tree, path, fault["type"]))
    for path in mended:
        lost.add(path)
    return not lost.too_much


def _item(path: Path) -> Path:
    """The named thing in which `path` stands: a duty, a transition, a choice, an agency."""
    depth = {"processes": 4, "choices": 3}.get(str(path[0]), 2) if path else 0
    return path[:depth]


def place_of(fault: Any) -> Path:
    """Where a fault is; pydantic writes `[key]` behind a key that is itself wrong."""
    return tuple(part for part in fault["loc"] if part != "[key]")


def _mend(tree: dict[str, Any], path: Path, kind: str) -> Path:
    """Take the cause of a fault of `kind` at `path` out of `tree`; the path of what is lost by that."""
    if kind == "missing":
        holder = _reach(tree, path[:-1])
        if isinstance(holder, dict):
            holder[path[-1]] = _STAND_IN.get(str(path[-1]), {})
        return path
    while path and not _has(_reach(tree, path[:-1]), path[-1]):
        path = path[:-1]  # parts that the shape added: `within: 3wd` is read as a list
    if kind in ("dict_type", "model_type") and path:
        _reach(tree, path[:-1])[path[-1]] = {}
        return path
    while path and not isinstance(_reach(tree, path[:-1]), dict):
        path = path[:-1]  # out of a list: its other items keep their places
    if path:
        del _reach(tree, path[:-1])[path[-1]]
    return path


def _has(holder: Any, part: str | int) -> bool:
    if isinstance(holder, dict):
        return part in holder
    return isinstance(holder, list) and isinstance(part, int) and part < len(holder)


def _reach(tree: Any, path: Path) -> Any:
    """What stands at `path`; None where nothing does."""
    for part in path:
        if not _has(tree, part):
            return None
        tree = tree[part]
    return tree
