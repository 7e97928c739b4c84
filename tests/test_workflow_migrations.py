"""A database that an older version really made (tests/golden/schema-3.*) is brought to this one: wholly or not at all.

Promise P18, and the harmless change of P12: an upgrade raises no alarm and touches no history.
"""

from __future__ import annotations

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import inspect

from cli import main
from tests.doomed import nobody, upgrade_one
from tests.golden import FOLDER
from tests.killing import count, kill
from tests.places import Location, Place, contents, digest, execute, rows
from workflow.audit import verify
from workflow.database import create_database, open_database, reach_database
from workflow.engine import Engine
from workflow.errors import Damaged, NotUpgraded
from workflow.migrations import upgrade
from workflow.tables import OLDEST_SCHEMA, SCHEMA_VERSION


def aged(place: Place, name: str = "aged") -> Location:
    """A database of schema 3, as the version that knew no other made it."""
    location = place.new(name)
    made = (FOLDER / f"schema-3.{place.kind}.sql").read_text("utf-8")
    if isinstance(location, Path):
        with sqlite3.connect(location) as connection:
            connection.executescript(made)
        connection.close()
    else:
        with psycopg.connect(location) as server:
            server.execute(made.encode())
    return location


@pytest.fixture
def old(place):
    return aged(place)


def upgraded(location: Location) -> tuple[int, int]:
    database = reach_database(location)
    try:
        return upgrade(database)
    finally:
        database.close()


def _where(index: Any) -> list[str]:
    return [str(value) for name, value in index.get("dialect_options", {}).items() if name.endswith("_where")]


def shape(location: Location) -> dict[str, object]:
    """Every table as the database describes it: columns with type and nullability, keys, indexes, rules."""
    database = open_database(location)
    with database.reading() as connection:
        looked = inspect(connection)
        found: dict[str, object] = {
            table: (
                sorted((c["name"], repr(c["type"]), c["nullable"]) for c in looked.get_columns(table)),
                looked.get_pk_constraint(table)["constrained_columns"],
                sorted((str(one["name"]), one["column_names"], _where(one)) for one in looked.get_indexes(table)),
                sorted((str(one["name"]), one["constrained_columns"]) for one in looked.get_foreign_keys(table)),
                sorted(f"{one['name']}: {one['sqltext']}" for one in looked.get_check_constraints(table)),
            )
            for table in looked.get_table_names()
        }
    database.close()
    return found


def test_an_upgraded_database_has_the_tables_of_a_new_one(place, old):
    upgraded(old)
    new = place.new("new")
    create_database(new, practice=True).close()
    assert shape(old) == shape(new)
    database = open_database(old)
    with database.reading() as connection:
        assert database.broken(connection) == []
    database.close()


def test_an_upgrade_raises_no_alarm_and_touches_no_history(old):
    before = {table: rows(old, f"SELECT body, hash FROM {table} ORDER BY body") for table in ("events", "seals")}
    assert upgraded(old) == (3, SCHEMA_VERSION)
    assert {table: rows(old, f"SELECT body, hash FROM {table} ORDER BY body") for table in before} == before
    database = open_database(old)
    assert verify(database, []) == []
    database.close()


def test_work_goes_on_where_the_older_version_left_it(old, capsys):
    upgraded(old)
    common = ["--db", str(old), "--now", "2022-04-18T09:00:00+07:00", "--lang", "en"]
    assert main(["advance", "CV-2022-1", "go_on", "--as", "hall", *common]) == 0
    assert "the clock runs again" in capsys.readouterr().out
    assert main(["audit", "verify", *common]) == 0


def test_upgrading_again_changes_nothing(old):
    upgraded(old)
    before = digest(old)
    assert upgraded(old) == (SCHEMA_VERSION, SCHEMA_VERSION)
    assert digest(old) == before


def test_of_two_upgrades_at_once_one_waits_and_finds_it_done(old):
    """db-16"""
    with ThreadPoolExecutor(2) as several:
        done = list(several.map(upgraded, [old, old]))
    assert sorted(done) == [(3, SCHEMA_VERSION), (SCHEMA_VERSION, SCHEMA_VERSION)]


def test_an_upgrade_killed_between_any_two_statements_is_done_or_not_begun(place, old):
    """db-15"""
    before = digest(old)
    places = count(upgrade_one, whole := place.copy(old, "whole"))
    after = digest(whole)
    assert after != before
    seen = []
    for at in range(1, places + 1):
        said, _passed = kill(upgrade_one, path := place.copy(old, "killed"), at)
        found = digest(path)
        assert found in (before, after), f"half-done at place {at}"
        assert found == after or not said, f"acknowledged and lost at place {at}"
        seen.append(found == after)
        if found == before:
            upgrade_one(str(path), nobody)
            assert digest(path) == after
    assert seen == sorted(seen)
    assert set(seen) == {False, True}


@pytest.mark.parametrize(
    ("schema", "error", "way_out"),
    [
        ("2", NotUpgraded, "use the version that made it"),
        ("99", Damaged, "use that version of phoihop"),
        ("x", Damaged, "use that version of phoihop"),
    ],
)
def test_what_cannot_be_upgraded_is_refused_and_left_as_it_is(old, schema, error, way_out):
    execute(old, "UPDATE meta SET value = ? WHERE key = 'schema'", schema)
    before = contents(old)
    with pytest.raises(Damaged) as refused:
        upgraded(old)
    assert type(refused.value) is error
    assert refused.value.hint == way_out
    assert contents(old) == before


def test_every_command_says_that_the_database_is_older_and_how_to_upgrade_it(old, capsys):
    assert main(["inbox", "--as", "hall", "--db", str(old), "--lang", "en"]) == 9
    assert "phoihop db upgrade" in capsys.readouterr().err


def test_the_command_tells_what_it_did(old, capsys):
    assert main(["db", "upgrade", "--db", str(old), "--format", "json"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert (done["schema_before"], done["schema"]) == (OLDEST_SCHEMA, SCHEMA_VERSION)
    assert main(["db", "upgrade", "--db", str(old), "--lang", "en"]) == 0
    assert "of this version already" in capsys.readouterr().out


def test_there_is_nothing_to_upgrade_where_there_is_no_database(place, capsys):
    missing = {"sqlite": 6, "postgresql": 9}[place.kind]
    assert main(["db", "upgrade", "--db", str(place.new()), "--lang", "en"]) == missing
    assert capsys.readouterr().err.startswith("phoihop: ")


def test_whoever_works_for_years_does_not_go_on_under_a_newer_schema(old):
    upgraded(old)
    engine = Engine(old)
    assert engine.office()
    execute(old, "UPDATE meta SET value = ? WHERE key = 'schema'", str(SCHEMA_VERSION + 1))
    with pytest.raises(Damaged, match="upgraded meanwhile"):
        engine.office()
    engine.close()
