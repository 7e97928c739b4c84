"""The rows of a CSV file: comma, UTF-8 (with or without BOM), the first line names the columns.

    rows(path, {"day": ["ngày"], "login": []}, row)     each line by `row`, which has its cells by column

Strict: a file that is wrong is refused whole, with every fault and its line. Raises `NotFound`, `UsageError`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from workflow.commands import parse
from workflow.errors import NotFound, UsageError
from workflow.render.language import N_

Row = TypeVar("Row")
MOST_BYTES = 1_000_000
MOST_FAULTS = 50
NO_COLUMN = N_("there is no column {given}")


class CsvFaults(UsageError):
    """Everything wrong in a CSV file (`count`), the first of it with its line. Nothing of it was taken."""

    def __init__(self, path: Path, faults: list[tuple[int, UsageError]]) -> None:
        super().__init__("{count} problems in {file}", file=path.name, count=len(faults))
        self.path, self.count, self.faults = path, len(faults), faults[:MOST_FAULTS]


def rows(path: Path, columns: Mapping[str, Iterable[str]], row: Callable[[dict[str, str]], Row]) -> list[Row]:
    """What `row` makes of each line. `columns` are all there must be, each with its other spellings.

    Whatever `row` raises as `UsageError` is a fault of its line.
    """
    reader = csv.reader(io.StringIO(_read(path)), strict=True)
    faults: list[tuple[int, UsageError]] = []
    found: list[Row] = []
    try:
        keys = _header(next(reader, []), columns, path)
        for cells in reader:
            if not cells:
                continue
            try:
                found.append(row(_by_column(keys, cells)))
            except UsageError as fault:
                faults.append((reader.line_num, fault))
    except csv.Error as error:
        raise UsageError(
            N_("{path}, line {line}: {detail}"),
            path=path.name,
            line=reader.line_num,
            detail=str(error),
        ) from None
    if faults:
        raise CsvFaults(path, faults)
    return found


def _by_column(keys: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) != len(keys):
        raise UsageError(
            N_("{found} cells where the first line names {wanted} columns"),
            found=len(cells),
            wanted=len(keys),
        )
    return dict(zip(keys, cells, strict=True))


def _header(header: list[str], columns: Mapping[str, Iterable[str]], path: Path) -> list[str]:
    if len(header) == 1 and len(columns) > 1 and any(mark in header[0] for mark in ";\t|"):
        raise UsageError(N_("{path}: columns are divided by commas"), N_("save it as CSV UTF-8"), path=path.name)
    keys: list[str] = []
    faults: list[tuple[int, UsageError]] = []
    for cell in header:
        try:
            keys.append(parse.pick(cell, columns, NO_COLUMN))
        except UsageError as fault:
            faults.append((1, fault))
    if faults:
        raise CsvFaults(path, faults)
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise UsageError(N_("{path}: a column stands twice: {codes}"), path=path.name, codes=", ".join(twice))
    missing = [key for key in columns if key not in keys]
    if missing:
        raise UsageError(N_("{path}: columns are missing: {codes}"), path=path.name, codes=", ".join(missing))
    return keys


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise NotFound(N_("cannot read {path}: {detail}"), path=str(path), detail=error.strerror or "") from None
    if len(raw) > MOST_BYTES:
        raise UsageError(N_("{path} is larger than {most} bytes"), path=path.name, most=MOST_BYTES)
    try:
        decoded = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(N_("{path} is not in UTF-8"), N_("save it as CSV UTF-8"), path=path.name) from None
    if "\0" in decoded:
        raise UsageError(
            N_("{path} has a NUL character: it is no CSV file in UTF-8"),
            N_("save it as CSV UTF-8"),
            path=path.name,
        )
    return decoded
