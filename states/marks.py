"""Where things stand in a file, and what was found wrong there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from states.errors import BadFile, Problem

Path = tuple[str | int, ...]
"""Keys and indexes from the top of the file: ("processes", "matter", "duties", "notify")."""


class Marks:
    """The place of every path of one file, and the problems found so far."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []
        self._places: dict[Path, tuple[int, int]] = {}

    def place(self, path: Path, line: int, column: int) -> None:
        """Remember that `path` stands at `line`, `column` (both from 1)."""
        self._places[path] = (line, column)

    def line_of(self, path: Path) -> int:
        return self._where(path)[0]

    def _where(self, path: Path) -> tuple[int, int]:
        while path and path not in self._places:
            path = path[:-1]
        return self._places.get(path, (1, 1))

    def at(self, line: int, column: int, code: str, text: str, values: Mapping[str, Any] | None = None) -> None:
        """A problem at a known place."""
        self.problems.append(
            Problem(file=self.name, line=line, column=column, code=code, text=text, values=values or {})
        )

    def add(
        self,
        path: Path,
        code: str,
        text: str,
        values: Mapping[str, Any] | None = None,
        hint: str = "",
        hint_values: Mapping[str, Any] | None = None,
    ) -> None:
        """A problem at `path`, or at the nearest place above it."""
        line, column = self._where(path)
        problem = Problem(
            file=self.name, line=line, column=column, code=code, text=text, values=values or {},
            hint=hint, hint_values=hint_values or {},
        )  # fmt: skip
        if problem not in self.problems:
            self.problems.append(problem)

    def bad_file(self) -> BadFile:
        """Everything found, in order of place."""
        return BadFile(tuple(sorted(self.problems, key=lambda p: (p.line, p.column, p.code))))

    def raise_if_bad(self) -> None:
        if self.problems:
            raise self.bad_file()
