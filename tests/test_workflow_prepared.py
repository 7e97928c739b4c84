"""Prepared statements: what they take, what they give, and that their errors are those of any other statement."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, event, insert, select, update
from sqlalchemy.exc import IntegrityError

from workflow.database import create_database
from workflow.database.prepared import Prepared, together
from workflow.tables import counters, sweeps

ADD = Prepared(insert(counters))
FIND = Prepared(select(counters.c.prefix, counters.c.last).where(counters.c.year == bindparam("y")))
COUNT = Prepared(update(counters).where(counters.c.year == bindparam("y")).values(last=counters.c.last + 1))
BEAT = Prepared(insert(sweeps))
ROWS = [{"prefix": prefix, "year": 2022, "last": 1} for prefix in ("VV", "YC")]


@pytest.fixture
def database(place):
    database = create_database(place.new(), practice=True)
    yield database
    database.close()


def test_rows_are_added_found_and_counted_one_after_another_or_together(database):
    with database.writing() as connection:
        ADD.each(connection, [])
        with together(connection):
            ADD.each(connection, ROWS)
            assert COUNT.run(connection, {"y": 2022}) == 2
            assert sorted(FIND.rows(connection, {"y": 2022})) == [("VV", 2), ("YC", 2)]
        assert COUNT.run(connection, {"y": 2021}) == 0
        assert FIND.rows(connection, {"y": 2021}) == []


def test_values_go_through_the_type_of_their_column(database):
    at = datetime(2022, 4, 4, 8, tzinfo=UTC)
    beat = {"only": 1, "at": at, "due": 0, "fired": 0, "stale": 0, "failed": 0, "every": None}
    with database.writing() as connection:
        BEAT.run(connection, beat)
        assert connection.execute(select(sweeps.c.at)).scalar_one() == at
    with pytest.raises(ValueError, match="naive"), database.writing() as connection:
        BEAT.run(connection, {**beat, "at": at.replace(tzinfo=None)})


def test_a_value_that_is_not_given_is_an_error(database):
    with pytest.raises(KeyError), database.writing() as connection:
        FIND.rows(connection, {})


@pytest.mark.parametrize("sent", [lambda _: nullcontext(), together], ids=["alone", "together"])
def test_what_the_database_refuses_is_refused_as_for_any_statement_and_undone(database, sent):
    with pytest.raises(IntegrityError), database.writing() as connection, sent(connection):
        ADD.each(connection, [*ROWS, ROWS[0]])
    with database.reading() as connection:
        assert FIND.rows(connection, {"y": 2022}) == []


def test_who_listens_to_statements_hears_these_too(database):
    heard = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: heard.append((given[2][:6], given[5])))
    with database.writing() as connection:
        ADD.each(connection, ROWS)
        FIND.rows(connection, {"y": 2022})
    assert heard[-2:] == [("INSERT", True), ("SELECT", False)]
