"""Statements of the hot path: compiled once for each database, run on the driver's own cursor.

    FIND = Prepared(select(...))
    FIND.rows(connection, {"number": "VV-2022-0001"})       every row, as the driver gives it
    SAVE.run(connection, values)                            how many rows it touched
    with together(connection):
        ADD.each(connection, rows)                          once for each; in such a block without waiting for it

An act runs a dozen statements, and SQLAlchemy's way from a statement to a cursor costs more than deciding does
(benchmarks/advance.py). Here values still go through the type of their column; rows do not, so these statements ask
for texts, numbers and bytes only. Errors are SQLAlchemy's, and whoever listens to the statements of an engine
hears these as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.exc import DBAPIError

Values = Mapping[str, Any]
_CURSOR, _PIPELINE = "cursor", "pipeline"  # kept in `Connection.info`, as long as the driver's connection lasts


class _Compiled:
    """A statement as one dialect has it, and how values become the driver's."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.text = str(compiled)
        self.order: list[str] | None = compiled.positiontup
        self.fixed = {name: value for name, value in compiled.params.items() if value is not None}
        self.names = list(compiled.bind_names.values())
        self.processed = {
            name: process
            for bound, name in compiled.bind_names.items()
            if (process := bound.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        }

    def values(self, given: Values) -> Any:
        """`given` as the driver wants it. Raises `KeyError` when something is missing."""
        ready = {**self.fixed, **given}
        for name, process in self.processed.items():
            ready[name] = process(ready[name])
        if self.order is None:
            return {name: ready[name] for name in self.names}
        return tuple([ready[name] for name in self.order])


class Prepared:
    """A statement that is run often. Raises what `Connection.execute` raises."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, connection: Connection, values: Values) -> list[tuple[Any, ...]]:
        """Every row."""
        rows: list[tuple[Any, ...]] = self._run(connection, values, lambda _connection, cursor: cursor.fetchall())
        return rows

    def run(self, connection: Connection, values: Values) -> int:
        """How many rows it touched."""
        touched: int = self._run(connection, values, _touched)
        return touched

    def run_each(self, connection: Connection, many: Sequence[Values]) -> int:
        """Run it once for each of `many`, which are some; how many rows were touched in all."""
        if len(many) == 1:  # sparing the driver what it does for several
            return self.run(connection, many[0])
        touched: int = self._run(connection, many, _touched)
        return touched

    def each(self, connection: Connection, many: Sequence[Values]) -> None:
        """Run it once for each of `many`; not at all when there are none."""
        if many:
            self._run(connection, many, lambda _connection, _cursor: None)

    def _run(self, connection: Connection, given: Any, answer: Callable[[Connection, Any], Any]) -> Any:
        dialect = connection.dialect
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = _Compiled(self._statement, dialect)
        many = not isinstance(given, Mapping)
        values = [found.values(one) for one in given] if many else found.values(given)
        with _errors(connection, found.text, values):
            cursor = connection.info.get(_CURSOR)
            if cursor is None:
                cursor = connection.info[_CURSOR] = connection.connection.cursor()
            for heard in connection.dispatch.before_cursor_execute:
                heard(connection, cursor, found.text, values, None, many)
            (cursor.executemany if many else cursor.execute)(found.text, values)
            for heard in connection.dispatch.after_cursor_execute:
                heard(connection, cursor, found.text, values, None, many)
            return answer(connection, cursor)


def _touched(connection: Connection, cursor: Any) -> int:
    if pipeline := connection.info.get(_PIPELINE):
        pipeline.sync()
    return int(cursor.rowcount)


@contextmanager
def together(connection: Connection) -> Iterator[None]:
    """What `each` sends in the block is not waited for, where the database can do that; only for prepared statements.

    On a server the way there and back is most of what a statement costs. An error comes when something is asked
    next, at the latest at the end of the block.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    driver: Any = connection.connection.dbapi_connection
    with _errors(connection, "", None), driver.pipeline() as pipeline:
        connection.info[_PIPELINE] = pipeline
        try:
            yield
        finally:
            del connection.info[_PIPELINE]


@contextmanager
def _errors(connection: Connection, text: str, values: Any) -> Iterator[None]:
    """The driver's errors as SQLAlchemy raises them; a connection that is lost is not used again."""
    dialect = connection.dialect
    base = dialect.loaded_dbapi.Error
    try:
        yield
    except base as error:
        lost = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
        if lost:
            connection.invalidate(error)
        raise DBAPIError.instance(text, values, error, base, connection_invalidated=lost, dialect=dialect) from error
