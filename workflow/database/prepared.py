"""Statements of the hot path: compiled once for each database, run on the driver's own cursor.

    FIND = Prepared(select(...))
    FIND.rows(connection, {"number": "VV-2022-0001"})       every row, as the driver gives it
    with together(connection):
        SAVE.must(connection, rows, error)                  once for each: each touches one row, or it is an error
        ADD.each(connection, rows)                          once for each; to a server, the block in as few as may be

An act runs a dozen statements, and SQLAlchemy's way from a statement to a cursor costs more than deciding does
(benchmarks/advance.py). Here values still go through the type of their column; rows do not, so these statements ask
for texts, numbers and bytes only. Errors are SQLAlchemy's, and whoever listens to the statements of an engine
hears these as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.exc import DBAPIError

Values = Mapping[str, Any]
Row = tuple[Any, ...]
Otherwise = Callable[[], Exception]
_CURSOR, _JOINED = "cursor", "joined"  # kept in `Connection.info`, as long as the driver's connection lasts
_PLACES = "numeric_dollar"  # the server's own way to write them
_TABLE = re.compile(r"(?:INTO|UPDATE|FROM)\s+(\w+)")
_ROW = re.compile(r"VALUES (\([^()]+\))")
_PLACE = re.compile(r"\$(\d+)")
_FEW = 16
"""More rows of a table go to a server by themselves: it keeps a plan of each statement, and each number is another."""


class _Compiled:
    """A statement as one dialect has it, and how values become the driver's: by their places, on every database."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        by_place: Any = type(dialect)
        compiled = statement.compile(dialect=dialect if dialect.positional else by_place(paramstyle=_PLACES))
        self.text = str(compiled)
        self.table = found[1] if (found := _TABLE.search(self.text)) else ""
        self.order: list[str] = compiled.positiontup
        self.fixed = {name: value for name, value in compiled.params.items() if value is not None}
        self.processed = {
            name: process
            for bound, name in compiled.bind_names.items()
            if (process := bound.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        }

    def values(self, given: Values) -> Row:
        """`given` as the driver wants it. Raises `KeyError` when something is missing."""
        ready = {**self.fixed, **given}
        for name, process in self.processed.items():
            ready[name] = process(ready[name])
        return tuple([ready[name] for name in self.order])

    def for_rows(self, rows: int, before: int) -> list[str]:
        """It for so many rows, after so many other values: one statement if it adds rows, else one for each."""
        row = _ROW.search(self.text)
        again = [self._after(before + n * len(self.order), row[1] if row else self.text) for n in range(rows)]
        return [self.text[: row.start(1)] + ", ".join(again) + self.text[row.end(1) :]] if row else again

    @staticmethod
    def _after(before: int, text: str) -> str:
        return _PLACE.sub(lambda place: f"${before + int(place[1])}", text)


class _Part(NamedTuple):
    """A statement with the values of each row it is run for, and the error to raise unless it touches so many rows."""

    found: _Compiled
    many: list[Row]
    otherwise: Otherwise | None = None

    def check(self, touched: int) -> None:
        """Raise that error unless `touched` is right."""
        if self.otherwise is not None and touched != len(self.many):
            raise self.otherwise()


class Prepared:
    """A statement that is run often. Raises what `Connection.execute` raises."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, connection: Connection, values: Values) -> list[Row]:
        """Every row."""
        return answers(connection, Question(self, values))[0]

    def each(self, connection: Connection, many: Sequence[Values]) -> None:
        """Run it once for each of `many`, which are of different rows; not at all when there are none."""
        if many:
            self._write(connection, self.part(connection, many))

    def must(self, connection: Connection, many: Sequence[Values], otherwise: Otherwise) -> None:
        """The same. Raises what `otherwise` makes, now or when the block ends, unless each has touched one row."""
        if many:
            self._write(connection, self.part(connection, many)._replace(otherwise=otherwise))

    def part(self, connection: Connection, many: Sequence[Values]) -> _Part:
        """What is sent of it for `many`."""
        dialect = connection.dialect
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = _Compiled(self._statement, dialect)
        return _Part(found, [found.values(one) for one in many])

    def _write(self, connection: Connection, part: _Part) -> None:
        joined = connection.info.get(_JOINED)
        if joined is None:
            _send(connection, part)
        else:
            joined.add(part)


class Question(NamedTuple):
    """What is to be looked up."""

    prepared: Prepared
    values: Values


def answers(connection: Connection, *questions: Question) -> list[list[Row]]:
    """Every row of each of `questions`, which a server is asked in one go: it answers them in their order.

    Each is of the moment in which the one before was answered, and so after whatever that one had to wait for.
    """
    if joined := connection.info.get(_JOINED):
        joined.send()
    parts = [prepared.part(connection, [values]) for prepared, values in questions]
    if connection.dialect.positional or len(parts) == 1:
        found: list[list[Row]] = []
        for part in parts:
            with _heard(connection, [part]) as cursor:
                cursor.execute(part.found.text, part.many[0])
                found.append(cursor.fetchall())
        return found
    cursors = [_cursor(connection) for _ in parts]
    driver: Any = connection.connection.dbapi_connection
    with _heard(connection, parts), driver.pipeline():
        for cursor, part in zip(cursors, parts, strict=True):
            cursor.execute(part.found.text, part.many[0])
    return [cursor.fetchall() for cursor in cursors]


class _Joined:
    """The parts of one statement to come. They happen in no order, so no two of them are about the same table."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.parts: list[_Part] = []

    def add(self, part: _Part) -> None:
        """One more part, or a statement of its own after those before."""
        many = len(part.many) > _FEW
        if many or any(part.found.table == other.found.table for other in self.parts):
            self.send()
        if many:
            _send(self.connection, part)
        else:
            self.parts.append(part)

    def send(self) -> None:
        """Send what there is."""
        parts, self.parts = self.parts, []
        if not parts:
            return
        text = _joined(tuple((part.found, len(part.many), part.otherwise is not None) for part in parts))
        values = [value for part in parts for row in part.many for value in row]
        with _heard(self.connection, parts) as cursor:
            cursor.execute(text, values)
            touched = cursor.fetchone()
        for part, count in zip((part for part in parts if part.otherwise is not None), touched, strict=True):
            part.check(count)


@contextmanager
def together(connection: Connection) -> Iterator[None]:
    """What is written in the block goes to a server in as few statements as may be; only prepared statements.

    On a server each statement's way there and back, its beginning and its end are most of what it costs. One is sent as
    the block ends, and others before where a table comes up again. A look in the block is taken after what was written
    before it.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    info = connection.info  # not to be had any more once the connection is lost
    joined = info[_JOINED] = _Joined(connection)
    try:
        yield
        joined.send()
    finally:
        del info[_JOINED]


@lru_cache(maxsize=1000)
def _joined(shape: tuple[tuple[_Compiled, int, bool], ...]) -> str:
    """One statement that does several, each for so many rows, and answers how many rows the counted ones touched."""
    parts: list[str] = []
    counts: list[str] = []
    values = 0
    for found, rows, counted in shape:
        first = len(parts)
        told = " RETURNING 1" if counted else ""
        parts += [f"p{first + n} AS ({text}{told})" for n, text in enumerate(found.for_rows(rows, values))]
        values += rows * len(found.order)
        if counted:
            counts.append(" + ".join(f"(SELECT count(*) FROM p{n})" for n in range(first, len(parts))))
    return f"WITH {', '.join(parts)} SELECT {', '.join(counts)}"


def _send(connection: Connection, part: _Part) -> None:
    with _heard(connection, [part]) as cursor:
        if len(part.many) == 1:  # sparing the driver what it does for several
            cursor.execute(part.found.text, part.many[0])
        else:
            cursor.executemany(part.found.text, part.many)
        touched = cursor.rowcount
    part.check(touched)


@contextmanager
def _heard(connection: Connection, parts: list[_Part]) -> Iterator[Any]:
    """The driver's cursor, to run `parts` with; whoever listens is told before and after.

    The driver's errors are raised as SQLAlchemy's; a connection that is lost is not used again.
    """
    dialect = connection.dialect
    base = dialect.loaded_dbapi.Error
    told = [(part.found.text, *((part.many[0], False) if len(part.many) == 1 else (part.many, True))) for part in parts]
    try:
        cursor = connection.info.get(_CURSOR)
        if cursor is None:
            cursor = connection.info[_CURSOR] = _cursor(connection)
        for heard in connection.dispatch.before_cursor_execute:
            for text, values, many in told:
                heard(connection, cursor, text, values, None, many)
        yield cursor
        for heard in connection.dispatch.after_cursor_execute:
            for text, values, many in told:
                heard(connection, cursor, text, values, None, many)
    except base as error:
        lost = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
        if lost:
            connection.invalidate(error)
        text, values, _many = told[0]
        raise DBAPIError.instance(text, values, error, base, connection_invalidated=lost, dialect=dialect) from error


def _cursor(connection: Connection) -> Any:
    """A cursor of the driver that takes values by their places."""
    if connection.dialect.positional:
        return connection.connection.cursor()
    return connection.dialect.loaded_dbapi.RawCursor(connection.connection.dbapi_connection)
