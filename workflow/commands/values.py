"""Field values as typed into values as JSON has them, by the field types of the process.

    fields_of(...)      --set FIELD=VALUE, --urgent, --question "..." and rows, merged into one dict
    parties_of(...)     --with CAPACITY=AGENCY
    document_of(...)    --document NUMBER --dated DATE, or NUMBER:DATE
    rows_of_file(...)   --rows FIELD=FILE.csv, see `sheet`

Raises `UsageError`. Whether the rules take a field now is for `states` to say; here only its form counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from states.case import Document
from states.commands import Office
from states.ruleset import Field, Process
from workflow.commands import parse, sheet
from workflow.errors import UsageError
from workflow.render.language import N_
from workflow.text import slug

_TRUE = {"true", "yes", "1", "co", "x"}
_FALSE = {"false", "no", "0", "khong"}
_NO_CHOICE = N_("there is no such choice: {given}")


@dataclass(frozen=True)
class Border:
    """What typed values are read by: the office, the process, and the instant (for days without a year)."""

    office: Office
    process: Process
    now: datetime

    def text(self, name: str, given: str) -> str:
        """Free text of an act: a reason."""
        return parse.text(name, given)

    # ---- one value ------------------------------------------------------------------------------

    def value(self, name: str, field: Field, given: str) -> Any:
        """`given` as JSON has a value of `field`; `name` is what the message calls it."""
        given = parse.text(name, given)
        zone = self.office.clock.zone
        match field.type:
            case "flag":
                return _flag(name, given)
            case "choice":
                choices = self.office.ruleset.choices[field.choice or ""]
                labels = {code: choice.label.values() for code, choice in choices.items()}
                return parse.pick(given, labels, _NO_CHOICE)
            case "date":
                return parse.day(name, given, self.now, zone).isoformat()
            case "instant":
                at = parse.instant(name, given, self.now, zone)
                return at.isoformat().replace("+00:00", "Z")
            case "year":
                if not (given.isascii() and given.isdigit() and len(given) == 4):
                    raise UsageError(N_("{name}: {given} is no year"), name=name, given=given)
                return int(given)
            case "agency":
                return parse.agency_code(given, self.office.agencies)
            case "agencies":
                return [parse.agency_code(one, self.office.agencies) for one in given.split(",")]
            case "rows":
                raise UsageError(
                    N_("{name} is a table"),
                    N_('write --row {name} "column=value; column=value", or --rows {name}=FILE.csv'),
                    name=field.name,
                )
            case _:
                return given

    # ---- options --------------------------------------------------------------------------------

    def fields(
        self,
        settings: Sequence[str],
        words: Sequence[str],
        rows: Sequence[tuple[str, str]],
        files: Sequence[str],
    ) -> dict[str, Any]:
        """Every field given: `settings` of --set, `words` (unknown options), `rows`, `files` of --rows."""
        found: dict[str, Any] = {}
        for setting in settings:
            name, value = self._split("--set", setting)
            _once(found, name)
            found[name] = self.value(name, self.process.fields[name], value)
        for name, given in self._options(words):
            _once(found, name)
            found[name] = given
        tables: dict[str, list[dict[str, Any]]] = {}
        for given_name, row in rows:
            name = parse.field_name(given_name, self.process)
            tables.setdefault(name, []).append(self._row(name, row))
        for given_file in files:
            name, path = self._split("--rows", given_file)
            tables.setdefault(name, []).extend(self.rows_of_file(name, Path(path)))
        for name, table in tables.items():
            _once(found, name)
            found[name] = table
        return found

    def _split(self, option: str, given: str) -> tuple[str, str]:
        name, equals, value = given.partition("=")
        if not equals:
            raise UsageError(N_("{option} is written FIELD=VALUE, not {given}"), option=option, given=given)
        return parse.field_name(name, self.process), value

    def _options(self, words: Sequence[str]) -> list[tuple[str, Any]]:
        """Fields written as options: `--urgent`, `--area land`, `--area=land`."""
        found: list[tuple[str, Any]] = []
        rest = list(words)
        while rest:
            word = rest.pop(0)
            if not word.startswith("--") or len(word) == 2:
                raise UsageError(N_("{given} is one word too many"), N_("put quotes around a text"), given=word)
            typed, equals, value = word[2:].partition("=")
            try:
                name = parse.field_name(typed, self.process)
            except UsageError as unknown:
                raise UsageError(
                    N_("there is no option {given}"), unknown.hint, **{**unknown.reason.values, "given": f"--{typed}"}
                ) from None
            field = self.process.fields[name]
            if field.type == "flag" and not equals:
                found.append((name, True))
                continue
            if not equals:
                if not rest:
                    raise UsageError(N_("{name} wants a value"), name=f"--{typed}")
                value = rest.pop(0)
            found.append((name, self.value(f"--{typed}", field, value)))
        return found

    def parties(self, given: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """--with CAPACITY=AGENCY, repeatable; several agencies may stand behind one comma each."""
        found: dict[str, tuple[str, ...]] = {}
        for setting in given:
            capacity, equals, agencies = setting.partition("=")
            if not equals:
                raise UsageError(N_("{option} is written CAPACITY=AGENCY, not {given}"), option="--with", given=setting)
            name = parse.capacity_name(capacity, self.process)
            codes = [parse.agency_code(one, self.office.agencies) for one in agencies.split(",")]
            found[name] = tuple(dict.fromkeys((*found.get(name, ()), *codes)))
        return found

    def on(self, given: str, opened: datetime | None) -> datetime:
        """When an act happened: a moment, or a day, which means the opening of office on it.

        Of the day on which the case was `opened`, a day alone means the moment it was.
        """
        clock = self.office.clock
        try:
            on = parse.day("--on", given, self.now, clock.zone)
        except UsageError as no_day:
            try:
                return parse.instant("--on", given, self.now, clock.zone)
            except UsageError:
                raise no_day from None
        if opened is not None and clock.local_date(opened) == on:
            return opened
        return clock.opening(on)

    def document(
        self, number: str | None, dated: str | None, received: str | None = None, arrival: str | None = None
    ) -> Document | None:
        """A document's number and date (`NUMBER:DATE` carries both), the day it came in, its arrival number."""
        if number is None:
            if dated is not None or received is not None or arrival is not None:
                lone = "--dated" if dated is not None else "--received" if received is not None else "--arrival"
                raise UsageError(N_("{option} needs --document"), option=lone)
            return None
        number = parse.text("--document", number, most=100)
        if dated is None:
            number, colon, dated = number.rpartition(":")
            if not colon or not number.strip():
                raise UsageError(
                    N_("a document has a number and a date"),
                    N_("write --document NUMBER:DATE, or add --dated DATE"),
                )
        on = parse.day("--dated", dated, self.now, self.office.clock.zone)
        came = parse.day("--received", received, self.now, self.office.clock.zone) if received is not None else None
        return Document(
            number=number.strip(),
            dated=on.isoformat(),
            received=came.isoformat() if came else None,
            arrival=parse.text("--arrival", arrival, most=100) if arrival is not None else None,
        )

    # ---- tables ---------------------------------------------------------------------------------

    def _row(self, name: str, given: str) -> dict[str, Any]:
        """`phase=before; agency=ubnd; by=29/4; title=...` as one row."""
        columns = self._columns(name)
        row: dict[str, Any] = {}
        for part in parse.text(name, given).split(";"):
            if not part.strip():
                continue
            typed, equals, value = part.partition("=")
            if not equals:
                raise UsageError(
                    N_('a row is written "column=value; column=value", not {given}'),
                    N_("columns: {codes}"),
                    given=part.strip(),
                    codes=", ".join(columns),
                )
            column = parse.pick(typed, _spellings(columns), sheet.NO_COLUMN)
            _once(row, column)
            row[column] = self.value(f"{name}.{column}", columns[column], value)
        return row

    def rows_of_file(self, name: str, path: Path) -> list[dict[str, Any]]:
        """The rows of a CSV file whose first line names columns of the table `name`."""
        columns = self._columns(name)

        def row(cells: dict[str, str]) -> dict[str, Any]:
            return {key: self.value(key, columns[key], cell) for key, cell in cells.items() if cell}

        return sheet.rows(path, _spellings(columns), row)

    def _columns(self, name: str) -> dict[str, Field]:
        field = self.process.fields[name]
        if field.type != "rows":
            raise UsageError(N_("{name} is no table"), N_("write --set {name}=VALUE"), name=name)
        return field.columns


def _spellings(columns: dict[str, Field]) -> dict[str, list[str]]:
    return {n: [s for s in (c.alias, *c.label.values()) if s] for n, c in columns.items()}


def _flag(name: str, given: str) -> bool:
    typed = slug(given)
    if typed in _TRUE or typed in _FALSE:
        return typed in _TRUE
    raise UsageError(N_("{name} is true or false, not {given}"), name=name, given=given)


def _once(found: dict[str, Any], name: str) -> None:
    if name in found:
        raise UsageError(N_("{name} is given twice"), name=name)
