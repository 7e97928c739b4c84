"""Prepared statements: what they take, what they give, and that their errors are those of any other statement."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, event, insert, select, update
from sqlalchemy.exc import IntegrityError

from workflow.database import create_database
from workflow.database.prepared import Prepared, Question, answers, together
from workflow.errors import Unreachable
from workflow.tables import counters, sweeps

ADD = Prepared(insert(counters))
FIND = Prepared(select(counters.c.prefix, counters.c.last).where(counters.c.year == bindparam("y")))
COUNT = Prepared(
    update(counters)
    .where(counters.c.year == bindparam("y"), counters.c.prefix == bindparam("p"))
    .values(last=counters.c.last + 1)
)
BEAT = Prepared(insert(sweeps))
AT = datetime(2022, 4, 4, 8, tzinfo=UTC)
HEARTBEAT = {"only": 1, "at": AT, "due": 0, "fired": 0, "stale": 0, "failed": 0, "every": None}
ROWS = [{"prefix": prefix, "year": 2022, "last": 1} for prefix in ("VV", "YC")]


@pytest.fixture
def database(place):
    database = create_database(place.new(), practice=True)
    yield database
    database.close()


class Missed(Exception):
    """Not every row was touched."""


def found(connection, year=2022):
    return sorted(FIND.rows(connection, {"y": year}))


@pytest.mark.parametrize("sent", [lambda _: nullcontext(), together], ids=["alone", "together"])
def test_rows_are_added_found_and_changed(database, sent):
    with database.writing() as connection:
        ADD.each(connection, [])
        with sent(connection):
            ADD.each(connection, ROWS)
            assert found(connection) == [("VV", 1), ("YC", 1)]
            COUNT.must(connection, [{"y": 2022, "p": "VV"}, {"y": 2022, "p": "YC"}], Missed)
            BEAT.each(connection, [HEARTBEAT])
            COUNT.must(connection, [{"y": 2022, "p": "YC"}], Missed)
        assert found(connection) == [("VV", 2), ("YC", 3)]
        assert found(connection, 2021) == []


@pytest.mark.parametrize("sent", [lambda _: nullcontext(), together], ids=["alone", "together"])
def test_a_row_that_must_be_there_and_is_not_undoes_everything(database, sent):
    def count_two():
        with database.writing() as connection, sent(connection):
            ADD.each(connection, ROWS)
            COUNT.must(connection, [{"y": 2022, "p": "VV"}, {"y": 2022, "p": "XX"}], Missed)

    with pytest.raises(Missed):
        count_two()
    with database.reading() as connection:
        assert found(connection) == []


@pytest.mark.parametrize("rows", [1, 2, 16, 17, 300])
def test_any_number_of_rows_is_written_together(database, rows):
    many = [{"prefix": f"P{n}", "year": 2022, "last": 1} for n in range(rows)]
    with database.writing() as connection, together(connection):
        ADD.each(connection, many)
        BEAT.each(connection, [HEARTBEAT])
        COUNT.must(connection, [{"y": 2022, "p": row["prefix"]} for row in many], Missed)
    with database.reading() as connection:
        assert found(connection) == sorted((row["prefix"], 2) for row in many)


def test_several_questions_are_answered_in_their_order(database):
    with database.writing() as connection:
        ADD.each(connection, ROWS)
        asked = [Question(FIND, {"y": year}) for year in (2021, 2022, 2021)]
        none, both, again = answers(connection, *asked)
    assert (none, sorted(both), again) == ([], [("VV", 1), ("YC", 1)], [])


def test_values_go_through_the_type_of_their_column(database):
    with database.writing() as connection:
        BEAT.each(connection, [HEARTBEAT])
        assert connection.execute(select(sweeps.c.at)).scalar_one() == AT
    with pytest.raises(ValueError, match="naive"), database.writing() as connection:
        BEAT.each(connection, [{**HEARTBEAT, "at": AT.replace(tzinfo=None)}])


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


def test_a_server_that_goes_away_is_said_to_be_away_and_answers_when_it_is_back(database):
    def cut(write, ask):
        with database.writing() as connection:
            if connection.dialect.name == "sqlite":
                pytest.skip("a file does not go away")
            pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            with together(connection):
                ADD.each(connection, ROWS if write else [])
                with database.reading() as other:
                    other.exec_driver_sql(f"SELECT pg_terminate_backend({pid}, 5000)")
                answers(connection, *[Question(FIND, {"y": 2022})] * ask)

    for write, ask in ((True, 0), (False, 1), (False, 2)):
        with pytest.raises(Unreachable):
            cut(write, ask)
        with database.reading() as connection:
            assert found(connection) == []
