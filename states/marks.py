"""Where things stand in a file, and what was found wrong there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from states.errors import N_, BadFile, Problem, Told

Path = tuple[str | int, ...]
"""Keys and indexes from the top of the file: ("processes", "matter", "duties", "notify")."""

MOST_PROBLEMS = 1000
MOST_HINTS = 200


class Marks:
    """The place of every path of one file, and the problems found so far.

    A path stands where its value stands when that is a single word or number, and where its key stands
    when it holds more: the eye is led to what is wrong, not to the line after it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: dict[tuple[int, int, str, str], Problem] = {}
        self._places: dict[Path, tuple[int, int]] = {}
        self._keys: dict[Path, tuple[int, int]] = {}
        self._hints = 0

    def place(self, path: Path, line: int, column: int) -> None:
        """Remember that `path` stands at `line`, `column` (both from 1)."""
        self._places[path] = (line, column)

    def place_key(self, path: Path, line: int, column: int) -> None:
        """Remember that the key of `path` stands at `line`, `column` (both from 1)."""
        self._keys[path] = (line, column)

    def line_of_key(self, path: Path) -> int:
        return self._keys[path][0]

    def _where(self, path: Path, key: bool) -> tuple[int, int]:
        if key and path in self._keys:
            return self._keys[path]
        while path and path not in self._places:
            path = path[:-1]
        return self._places.get(path, (1, 1))

    def line_at(self, path: Path) -> int:
        """The line on which `path`, or the nearest place above it, stands."""
        return self._where(path, key=False)[0]

    def may_hint(self) -> bool:
        """Whether to look for what may have been meant: a bounded number of times in one file."""
        self._hints += 1
        return self._hints <= MOST_HINTS

    def at(self, line: int, column: int, code: str, text: str, values: Mapping[str, Any] | None = None) -> None:
        """A problem at a known place."""
        self._note(Problem(file=self.name, line=line, column=column, code=code, text=text, values=values or {}))

    def add(
        self,
        path: Path,
        code: str,
        text: str,
        values: Mapping[str, Any] | None = None,
        hint: str = "",
        hint_values: Mapping[str, Any] | None = None,
        *,
        key: bool = False,
        story: tuple[Told, ...] = (),
    ) -> None:
        """A problem at `path` (at its key, if `key`), or at the nearest place above it."""
        line, column = self._where(path, key)
        problem = Problem(
            file=self.name, line=line, column=column, code=code, text=text, values=values or {},
            hint=hint, hint_values=hint_values or {}, story=story,
        )  # fmt: skip
        self._note(problem)

    def _note(self, problem: Problem) -> None:
        self.problems.setdefault((problem.line, problem.column, problem.code, str(problem)), problem)

    def bad_file(self) -> BadFile:
        """Everything found, in order of place; beyond a bound, how much more there is."""
        found = [self.problems[key] for key in sorted(self.problems)]
        if (more := len(found) - MOST_PROBLEMS) > 0:
            first = found[MOST_PROBLEMS]
            tail = Problem(
                file=self.name, line=first.line, column=first.column, code="E199",
                text=N_("and {count} more problems from here on"), values={"count": more},
            )  # fmt: skip
            found = [*found[:MOST_PROBLEMS], tail]
        return BadFile(tuple(found))

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What does not keep the file from being used, in order of place."""
        return tuple(self.problems[key] for key in sorted(self.problems) if self.problems[key].is_warning)

    def raise_if_bad(self) -> None:
        if not all(problem.is_warning for problem in self.problems.values()):
            raise self.bad_file()
