"""PostgreSQL itself: its settings, its errors as ours, who may do what, and passwords that are never printed."""

from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from cli import clock as machine
from cli import main
from states.ruleset import Agency
from tests.doomed import LATE, NOTIFIED, NOTIFY, OPENED, opening, with_a_day_off
from tests.places import Place, contents, database, execute, name_of, rows, writer
from tests.shell import OPEN
from tests.support import ROOT
from tests.terminal import on_terminal, plain
from workflow import heartbeat, register
from workflow.audit import seal, verify
from workflow.database import base, create_database, open_database
from workflow.engine import Engine
from workflow.errors import (
    Busy,
    Damaged,
    NoSpace,
    NotAllowed,
    NotFound,
    NotUpgraded,
    Unreachable,
    UsageError,
    WorkflowError,
    WrongClock,
)
from workflow.location import shown
from workflow.pointers import changing
from workflow.register import Why
from workflow.setup import set_up
from workflow.sweep import sweep
from workflow.tables import metadata

RULES = ROOT / "escalation_rules.yaml"


@pytest.fixture
def server(tmp_path):
    place = Place("postgresql", tmp_path)
    yield place
    place.clear()


@pytest.fixture
def url(server):
    return server.new()


@pytest.fixture
def engine(url):
    engine = set_up(url, rules=RULES, now=OPENED, practice=True)
    engine.open(opening("Đất đai"), OPENED)
    yield engine
    engine.close()


# ---- settings -------------------------------------------------------------------------------------


def setting(connection, name):
    return connection.exec_driver_sql(f"SHOW {name}").scalar_one()


def test_a_look_is_of_one_moment_and_can_write_nothing(engine):
    with engine.database.reading() as connection:
        assert setting(connection, "transaction_isolation") == "repeatable read"
        assert setting(connection, "transaction_read_only") == "on"
        before = connection.exec_driver_sql("SELECT count(*) FROM cases").scalar_one()
        engine.open(opening("Nhà ở"), OPENED)
        assert connection.exec_driver_sql("SELECT count(*) FROM cases").scalar_one() == before


def test_every_connection_has_its_time_outs_and_speaks_of_utc(engine):
    with engine.database.writing() as connection:
        assert setting(connection, "transaction_isolation") == "read committed"
        assert setting(connection, "TimeZone") == "UTC"
        assert setting(connection, "lock_timeout") == "5s"
        assert setting(connection, "statement_timeout") == "1min"
        assert setting(connection, "idle_in_transaction_session_timeout") == "1min"


def test_the_indexes_over_some_rows_are_over_those_rows_only(engine, url):
    found = rows(url, "SELECT indexname FROM pg_indexes WHERE indexdef LIKE '%WHERE%' ORDER BY indexname")
    wanted = {
        i.name for t in metadata.sorted_tables for i in t.indexes if i.dialect_options["sqlite"]["where"] is not None
    }
    assert {name for (name,) in found} == wanted
    assert len(wanted) >= 6


def test_text_sorts_as_python_sorts_it(engine):
    words = ["b", "a", "Á", "B", "đ", "_", "a b", "ab", "1"]
    with engine.database.reading() as connection:
        collations = connection.exec_driver_sql(
            "SELECT DISTINCT collation_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND data_type = 'text'"
        ).scalars()
        assert set(collations) == {"C"}
        values = ", ".join(f"('{word}')" for word in words)
        query = f'SELECT w FROM (VALUES {values}) AS t (w) ORDER BY w COLLATE "C"'
        assert list(connection.exec_driver_sql(query).scalars()) == sorted(words)


# ---- making and opening ---------------------------------------------------------------------------


def test_a_database_that_has_our_tables_is_taken(engine, url):
    before = contents(url)
    with pytest.raises(UsageError, match="already"):
        set_up(url, rules=RULES, now=OPENED, practice=True)
    assert contents(url) == before


def test_a_database_of_another_program_is_left_as_it_is(url):
    execute(url, "CREATE TABLE letters (x integer)")
    with pytest.raises(UsageError, match="another program"):
        create_database(url, practice=True)
    with pytest.raises(Damaged, match="is not a phoihop database"):
        open_database(url)
    assert list(contents(url)) == ["letters"]


def test_bad_rules_leave_the_database_empty(url, tmp_path):
    (tmp_path / "rules.yaml").write_text("edition: x\n")
    with pytest.raises(Exception, match="E1"):
        set_up(url, rules=tmp_path / "rules.yaml", now=OPENED, practice=True)
    assert contents(url) == {}


def test_an_empty_database_is_not_ours_yet(url):
    with pytest.raises(Damaged):
        open_database(url)


@pytest.mark.parametrize(("schema", "error"), [("1", NotUpgraded), ("99", Damaged), ("x", Damaged)])
def test_a_database_of_another_version_is_refused(engine, url, schema, error):
    execute(url, "UPDATE meta SET value = ? WHERE key = 'schema'", schema)
    with pytest.raises(Damaged) as refused:
        open_database(url)
    assert type(refused.value) is error


def test_a_database_says_what_it_is(url):
    made = create_database(url, practice=False)
    opened = open_database(url)
    assert (opened.practice, opened.id) == (False, made.id)
    assert opened.clock_checked
    made.close()
    opened.close()


# ---- errors ---------------------------------------------------------------------------------------


def test_who_waits_too_long_for_a_case_is_told_that_it_is_busy(engine, url, monkeypatch):
    monkeypatch.setattr(base, "BUSY_SECONDS", 0.05)
    late = Engine(url)
    with writer(url):
        with pytest.raises(Busy, match="somebody else is writing"):
            late.submit("VV-2022-0001", NOTIFY, NOTIFIED)
        assert late.case("VV-2022-0001").version == 1  # looking is still possible
    assert late.submit("VV-2022-0001", NOTIFY, NOTIFIED).case.version == 2
    late.close()


def test_other_cases_go_on_while_one_is_written(engine, url):
    engine.open(opening("Nhà ở"), OPENED)
    with engine.database.writing() as connection:
        connection.exec_driver_sql("SELECT 1 FROM cases WHERE number = 'VV-2022-0001' FOR UPDATE")
        other = Engine(url)
        assert other.submit("VV-2022-0002", NOTIFY, NOTIFIED).case.version == 2
        other.close()


def test_a_sweep_does_what_nobody_else_has_first_and_the_rest_afterwards(engine, url, monkeypatch):
    """The case that comes first is held: another one is swept all the same, before the sweep gives up."""
    monkeypatch.setattr(base, "BUSY_SECONDS", 0.05)
    engine.open(opening("Nhà ở"), OPENED)
    swept = Engine(url)
    with engine.database.writing() as connection:
        connection.exec_driver_sql("SELECT 1 FROM cases WHERE number = 'VV-2022-0001' FOR UPDATE")
        with pytest.raises(Busy):
            sweep(swept, LATE)
    assert rows(url, "SELECT \"case\" FROM events WHERE kind = 'climbed'") == [("VV-2022-0002",)]
    assert {due.due.case for due in sweep(swept, LATE).swept if due.result == "fired"} >= {"VV-2022-0001"}
    swept.close()


@pytest.mark.parametrize(
    ("where", "error", "words"),
    [
        ("postgresql:///nowhere?host=/nowhere/at/all", Unreachable, "cannot be reached"),
        ("postgresql://127.0.0.1:1/cases", Unreachable, "cannot be reached"),
        ("postgresql://host/cases?colour=red", UsageError, "is no URL of a database"),
    ],
)
def test_a_server_that_is_not_there_or_a_url_that_is_none_is_told(where, error, words):
    for way in (open_database, lambda url: create_database(url, practice=True)):
        with pytest.raises(error, match=words):
            way(where)


def test_a_database_that_is_not_on_the_server_is_not_found(url):
    with pytest.raises(NotFound):
        open_database(database("never_created"))


def test_who_has_no_right_to_a_table_is_not_allowed(engine, url):
    name = name_of(url)
    execute(url, f"CREATE ROLE o_{name} LOGIN")
    try:
        theirs = url.replace("//postgres@", f"//o_{name}@")
        with pytest.raises(NotAllowed):
            open_database(theirs)
        execute(url, f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO o_{name}")
        reader = Engine(theirs)
        assert reader.case("VV-2022-0001").version == 1
        with pytest.raises(NotAllowed):
            reader.submit("VV-2022-0001", NOTIFY, NOTIFIED)
        reader.close()
    finally:
        execute(url, f"DROP OWNED BY o_{name}")
        execute(url, f"DROP ROLE o_{name}")


def test_a_database_that_is_read_only_can_be_read_and_says_so(engine, url):
    execute(url, f"ALTER DATABASE {name_of(url)} SET default_transaction_read_only = on")
    reader = Engine(url)
    assert reader.case("VV-2022-0001").version == 1
    with pytest.raises(NoSpace):
        reader.submit("VV-2022-0001", NOTIFY, NOTIFIED)
    reader.close()


def test_a_table_that_is_gone_is_damage(engine, url):
    execute(url, "DROP TABLE climbs, failures")
    with pytest.raises(Damaged):
        sweep(engine, LATE)


def test_a_session_that_was_ended_by_an_administrator_is_told_and_the_next_command_goes_on(engine, url):
    execute(
        url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ? AND pid <> pg_backend_pid()",
        name_of(url),
    )  # fmt: skip
    with pytest.raises(Unreachable):
        engine.case("VV-2022-0001")
    assert engine.case("VV-2022-0001").version == 1


# ---- the clock ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("apart", "stops"), [(0, False), (110, False), (130, True), (-110, False), (-130, True)])
def test_a_clock_more_than_two_minutes_from_the_servers_stops_every_write(engine, apart, stops):
    engine.database.clock_checked = True
    with engine.database.reading() as connection:
        theirs: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
    heartbeat.confirm(engine, theirs)  # the case was opened years ago
    now = theirs + timedelta(seconds=apart)
    written = engine.count()
    if stops:
        for write in (
            lambda: engine.open(opening("Nhà ở"), now),
            lambda: engine.submit("VV-2022-0001", NOTIFY, now),
            lambda: sweep(engine, now),
        ):
            with pytest.raises(WrongClock, match="nothing was done"):
                write()
        assert engine.count() == written
    else:
        assert engine.open(opening("Nhà ở"), now).case.version == 1


def test_on_a_practice_database_the_clock_is_set_with_now_and_checked_without(url, capsys):
    common = ["--db", url, "--lang", "en"]
    assert main(["init", "--practice", *common]) == 0
    assert main([*shlex.split(OPEN), *common, "--now", "2022-04-04T08:00:00+07:00"]) == 0
    from workflow.commands.run import run

    wrong = datetime.now(UTC) - timedelta(hours=1)  # noqa: TID251  # what the clock of this machine would say
    assert run([*shlex.split(OPEN), *common], lambda: wrong, "0") == 7
    assert "the clock of this machine says" in capsys.readouterr().err


def late_at_first(by=timedelta(minutes=3)):
    """A clock that was looked at three minutes ago, when it is looked at again: somebody thought for so long."""
    lags = iter([by])
    return lambda: machine() - next(lags, timedelta())


@pytest.mark.parametrize(
    ("typed", "answers", "shown"),
    [
        ("sweep --catch-up", ["yes"], "Nothing is due."),
        ("calendar load {storm}", ["yes"], "Published: SHA-256"),
        ("open matter --as so_gtvt --area land --document 31/BC:1/4", ["Đất đai"], "opens the case"),
        ("officer add lan --name Lan --agency btg", ["QĐ 1"], "lan"),
        ("rules migrate --to {edition}", ["yes"], "1 case"),
    ],
)
def test_who_takes_three_minutes_to_answer_is_not_told_that_the_clock_is_wrong(url, tmp_path, typed, answers, shown):
    """Mutant: the instant of before the question is what is written."""
    common = ["--db", url, "--lang", "en"]
    assert main(["init", "--practice", *common]) == 0
    (storm := tmp_path / "vn.yaml").write_bytes(with_a_day_off())
    edition = ""
    if "migrate" in typed:
        assert main([*shlex.split(OPEN), *common]) == 0
        newer = tmp_path / "newer.yaml"
        edition = "newer-1"
        newer.write_text(re.sub(r"(?m)^edition: .*$", f"edition: {edition}", RULES.read_text("utf-8")), "utf-8")
        assert main(["rules", "publish", str(newer), *common]) == 0
    words = shlex.split(typed.format(storm=storm, edition=edition))
    code, said = on_terminal([*words, *common], answers, clock=late_at_first())
    assert (code, shown in plain(said)) == (0, True), said


# ---- passwords ------------------------------------------------------------------------------------

SECRETS = [
    ("postgresql://a:S3cret@h/db", "postgresql://a@h/db"),
    ("postgresql://a:S3/cr@et@h:5433/db?sslmode=require", "postgresql://a@h:5433/db?sslmode=require"),
    ("postgresql://a@h/db?password=S3cret", "postgresql://a@h/db"),
    ("postgresql://a@h/db?password=S3cret&sslmode=require", "postgresql://a@h/db?sslmode=require"),
    ("postgresql://:S3cret@h/db", "postgresql://@h/db"),
    ("postgresql://h:5432/db", "postgresql://h:5432/db"),
    ("--db=postgres://a:S3cret@h/db", "--db=postgres://a@h/db"),
    ("cases:of@home.db", "cases:of@home.db"),
]


@pytest.mark.parametrize(("typed", "printed"), SECRETS)
def test_a_url_is_printed_without_its_password(typed, printed):
    assert shown(typed) == printed


def test_no_screen_repeats_the_password_of_the_url(url, capsys):
    """What is pasted asks PGPASSFILE for it, as psql does."""
    secret = url.replace("postgres@", "postgres:S3cret@")
    common = ["--db", secret, "--now", "2022-04-04T08:00:00+07:00", "--lang", "en"]
    for words in ("init --practice", "init --practice", OPEN, "show 1 --as btg", "advance 1 --as btg",
                  "advance 1 resolve --as ubnd", "init --practice --format json", "sweep"):  # fmt: skip
        main([*shlex.split(words), *common])
    out, err = capsys.readouterr()
    assert "postgresql://postgres@" in out
    assert "S3cret" not in out + err
    for broken in (secret.replace("host=", "host=/nowhere"), secret + "&colour=red", "postgresql://a:S3cret@h:x/d"):
        assert main(["stuck", "--db", broken, "--format", "json"]) in (2, 7)
        told = capsys.readouterr().err
        assert json.loads(told)["error"]["code"] in ("usage", "unreachable")
        assert "S3cret" not in told


def test_what_a_database_says_of_itself_is_a_sentence_of_ours(url):
    for error in (Unreachable, WrongClock, NotUpgraded):
        assert issubclass(error, WorkflowError)


# ---- the audit of a server's tables ---------------------------------------------------------------


@pytest.mark.parametrize(
    "harm",
    [
        "ALTER TABLE cases DROP CONSTRAINT ck_cases_version",
        "DROP INDEX ix_events_at",
        "ALTER TABLE events ADD COLUMN note text",
        "ALTER TABLE editions DROP CONSTRAINT uq_editions_name",
        "CREATE FUNCTION f() RETURNS trigger AS 'BEGIN RETURN NULL; END' LANGUAGE plpgsql;"
        " CREATE TRIGGER t BEFORE INSERT ON notices EXECUTE FUNCTION f()",
    ],
)
def test_tables_that_were_altered_are_found_and_others_raise_no_alarm(engine, url, harm):
    assert verify(engine.database) == []
    execute(url, harm)
    assert {finding.code for finding in verify(engine.database)} == {"database"}


# ---- several at once ------------------------------------------------------------------------------


def test_the_register_is_changed_by_one_at_a_time_and_nobody_else_waits_for_that(engine, url, monkeypatch):
    monkeypatch.setattr(base, "BUSY_SECONDS", 0.05)
    other, why = Engine(url), Why(officer="q", at=OPENED, reason="Quyết định 1")
    with changing(engine.database, OPENED) as connection:
        register.add(connection, Agency(code="so_a", name={"vi": "Sở A"}), why)
        with pytest.raises(Busy), changing(other.database, OPENED):
            pass
        assert other.submit("VV-2022-0001", NOTIFY, NOTIFIED).case.version == 2
    with changing(other.database, OPENED) as connection:
        register.add(connection, Agency(code="so_b", name={"vi": "Sở B"}), why)
    assert rows(url, "SELECT subject FROM register_log ORDER BY number") == [("so_a",), ("so_b",)]
    assert {"so_a", "so_b"} <= set(engine.office().agencies)
    other.close()


def test_what_moves_while_a_seal_is_made_is_left_to_the_next_seal(engine, url):
    other = Engine(url)

    def move(_connection, _cursor, statement, *_rest):
        if statement.startswith("INSERT INTO seals"):
            other.submit("VV-2022-0001", NOTIFY, NOTIFIED)

    event.listen(engine.database.engine, "before_cursor_execute", move)
    assert seal(engine.database, NOTIFIED).heads == 1
    event.remove(engine.database.engine, "before_cursor_execute", move)
    assert rows(url, "SELECT version, sealed FROM cases") == [(2, 1)]
    assert seal(engine.database, NOTIFIED).heads == 1
    assert verify(engine.database) == []
    other.close()


def test_a_write_is_read_committed_whatever_the_server_does_by_itself(url):
    create_database(url, practice=True).close()
    execute(url, f"ALTER DATABASE {name_of(str(url))} SET default_transaction_isolation = 'repeatable read'")
    opened = open_database(url)
    for _ in range(2):  # the second time on a connection that was given back after a look
        with opened.writing() as connection:
            assert setting(connection, "transaction_isolation") == "read committed"
        with opened.reading() as connection:
            assert setting(connection, "transaction_isolation") == "repeatable read"
    opened.close()
