"""The sweep: bounded, oldest first, one bad case never stops the rest."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import event, select, update

import workflow.sweep as sweeping
from states.case import Document
from states.commands import Advance, Open
from states.decide import decide
from states.errors import Refused
from tests.doomed import LATE, NOTIFIED, NOTIFY, OPENED, opening
from tests.places import digest, execute, writer, written
from tests.support import ROOT
from workflow import batch, record
from workflow.database import base
from workflow.engine import Engine
from workflow.errors import Busy, UsageError
from workflow.heartbeat import last_sweep
from workflow.reasons import LONGEST_BUG, kept, plain
from workflow.setup import set_up
from workflow.sweep import LONGEST_RETRY, RETRY, due_now, next_due, sweep
from workflow.tables import cases, duties, failures, metadata
from workflow.worklists import stuck

LETTER = Document(number="1/CV", dated="2022-04-01")


@pytest.fixture
def engine(place):
    """Three matters, of which two have been notified to three partners each: seven duties due at LATE."""
    engine = set_up(place.new(), rules=ROOT / "escalation_rules.yaml", now=OPENED, practice=True)
    for title in ("Đường cao tốc", "Bò sữa", "Bảo tàng"):
        engine.open(opening(title), OPENED)
    for number in ("VV-2022-0002", "VV-2022-0003"):
        engine.submit(number, NOTIFY, NOTIFIED)
    yield engine
    engine.close()


def broken(engine: Engine, number: str) -> bytes:
    """Break a case's row, as a bug or a bad disk would; the body as it was."""
    with engine.database.writing() as connection:
        body = connection.execute(select(cases.c.body).where(cases.c.number == number)).scalar_one()
        connection.execute(update(cases).where(cases.c.number == number).values(body=b"{}"))
    assert isinstance(body, bytes)
    return body


def mended(engine: Engine, number: str, body: bytes) -> None:
    with engine.database.writing() as connection:
        connection.execute(update(cases).where(cases.c.number == number).values(body=body))


def test_what_is_due_is_found_oldest_first_and_no_sooner(engine):
    assert due_now(engine, NOTIFIED) == []
    due = due_now(engine, LATE)
    assert len(due) == 7
    assert [one.at for one in due] == sorted(one.at for one in due)
    assert due[0].case == "VV-2022-0001"
    assert next_due(engine) == due[0].at
    assert due_now(engine, due[0].at - timedelta(seconds=1)) == []
    assert len(due_now(engine, due[0].at)) == 1


def test_a_sweep_takes_no_more_than_its_limit(engine):
    found = [sweep(engine, LATE, limit=3) for _ in range(4)]
    assert [(report.fired, report.more) for report in found] == [(3, True), (3, True), (1, False), (0, False)]


def test_a_sweep_takes_up_nothing_more_once_its_instant_has_grown_old(engine, monkeypatch):
    """A server refuses a clock that is two minutes late, so a long sweep ends before, and the next one goes on."""
    monkeypatch.setattr("workflow.sweep.BATCH", 3)
    read = iter([0, 1, 59, 61])
    monkeypatch.setattr("workflow.sweep.monotonic", lambda: next(read))
    report = sweep(engine, LATE)
    assert (report.fired, report.more) == (6, True)
    monkeypatch.undo()
    assert sweep(engine, LATE).fired == 1


def test_after_downtime_a_duty_climbs_one_rung_a_sweep_and_the_next_allowance_counts_from_the_climb(engine):
    late = LATE + timedelta(days=60)
    for rung in (1, 2, 3):
        sweep(engine, late)
        duty = engine.case("VV-2022-0002").duties["acknowledge@tand"]
        assert duty.rung == rung
        assert duty.next_at is not None
        assert duty.next_at > late
        late = duty.next_at


def test_one_bad_case_is_put_off_and_shown_and_the_others_go_on(engine):
    body = broken(engine, "VV-2022-0002")
    report = sweep(engine, LATE)
    assert report.failed == ("VV-2022-0002",)
    assert (report.due, report.fired) == (7, 4)
    found = {one.case.case: one for one in stuck(engine, LATE, every=True) if one.reason == "failing"}
    assert set(found) == {"VV-2022-0002"}
    assert plain(found["VV-2022-0002"].error).startswith("what is stored of VV-2022-0002 cannot be read")
    # put off: not tried at once, twice as long each time, and healed by the first success
    assert sweep(engine, LATE + RETRY - timedelta(seconds=1)).due == 0
    mended(engine, "VV-2022-0002", body)
    assert sweep(engine, LATE + RETRY).fired == 3
    assert not [one for one in stuck(engine, LATE, every=True) if one.reason == "failing"]


def test_each_failure_doubles_the_wait_up_to_a_limit(engine):
    broken(engine, "VV-2022-0002")
    now, waits = LATE, []
    for _ in range(10):
        assert "VV-2022-0002" in sweep(engine, now).failed
        with engine.database.reading() as connection:
            retry = connection.execute(select(failures.c.retry_at).limit(1)).scalar_one()
        waits.append(retry - now)
        now = retry
    assert waits[:3] == [RETRY, 2 * RETRY, 4 * RETRY]
    assert waits[-1] == LONGEST_RETRY
    assert waits == sorted(waits)


def test_a_failure_that_is_cleared_up_by_hand_is_forgotten_with_its_duty(engine):
    body = broken(engine, "VV-2022-0001")
    assert sweep(engine, LATE).failed == ("VV-2022-0001",)
    mended(engine, "VV-2022-0001", body)
    engine.submit("VV-2022-0001", NOTIFY, LATE)
    assert not [one for one in stuck(engine, LATE, every=True) if one.reason == "failing"]


def test_a_failing_case_does_not_use_up_the_limit_for_ever(engine):
    broken(engine, "VV-2022-0001")
    assert sweep(engine, LATE, limit=1).failed == ("VV-2022-0001",)
    assert sweep(engine, LATE, limit=1).fired == 1


def test_a_dry_run_says_what_would_fire_and_writes_nothing(engine):
    before = written(engine.database)
    report = sweep(engine, LATE, dry_run=True)
    assert (report.due, report.fired) == (7, 7)
    assert written(engine.database) == before
    assert last_sweep(engine) is None
    assert len(due_now(engine, LATE)) == 7


def test_a_dry_run_does_not_even_note_a_failure(engine):
    broken(engine, "VV-2022-0002")
    before = written(engine.database)
    assert sweep(engine, LATE, dry_run=True).failed == ("VV-2022-0002",)
    assert written(engine.database) == before


def test_what_is_due_by_its_row_but_not_by_its_case_is_put_off_too(engine):
    """A row that a bug left behind would otherwise come first in every sweep."""
    with engine.database.writing() as connection:
        connection.execute(update(duties).where(duties.c.duty == "acknowledge@tand").values(next_at=OPENED))
    report = sweep(engine, NOTIFIED)
    assert (report.due, report.fired, report.failed) == (2, 0, ("VV-2022-0002", "VV-2022-0003"))
    assert due_now(engine, NOTIFIED) == []
    assert {one.reason for one in stuck(engine, NOTIFIED, every=True)} == {"failing"}


def test_a_duty_that_ended_between_looking_and_doing_is_stale_and_nothing_failed(engine):
    due = due_now(engine, LATE)[0]
    assert due.duty == "notify@btg"
    engine.submit("VV-2022-0001", NOTIFY, LATE)
    assert batch.alone(engine, due, LATE).result == "stale"
    assert stuck(engine, NOTIFIED) == []


def test_every_sweep_leaves_a_heartbeat_even_when_nothing_was_due(engine):
    sweep(engine, NOTIFIED)
    beat = last_sweep(engine)
    assert beat is not None
    assert (beat.at, beat.due) == (NOTIFIED, 0)
    sweep(engine, LATE)
    beat = last_sweep(engine)
    assert beat is not None
    assert (beat.at, beat.due, beat.fired, beat.stale, beat.failed) == (LATE, 7, 7, 0, 0)


def test_trouble_of_the_database_is_nobodys_case_and_ends_the_sweep(engine, place, monkeypatch):
    monkeypatch.setattr(base, "BUSY_SECONDS", 0.05)
    other = Engine(place.at("practice"))
    with writer(place.at("practice")), pytest.raises(Busy):
        sweep(other, LATE)
    other.close()
    assert not stuck(engine, NOTIFIED)
    assert len(due_now(engine, LATE)) == 7


def test_what_fired_is_told_with_its_events(engine):
    report = sweep(engine, LATE, limit=1)
    (one,) = report.swept
    assert (one.process, one.due.duty, [event.kind for event in one.events]) == ("matter", "notify@btg", ["climbed"])


# ---- many cases in one transaction ----------------------------------------------------------------


def test_what_is_due_shares_one_transaction_and_its_heartbeat_has_another(engine):
    commits: list[object] = []
    event.listen(engine.database.engine, "commit", commits.append)
    assert sweep(engine, LATE).fired == 7
    assert len(commits) == 2


def test_what_failed_is_told_in_the_language_in_use(shell):
    """Mutant: the words of the exception are kept."""
    shell.sql("UPDATE cases SET body = ? WHERE number = 'VV-2022-0001'", b"{}")
    shell.at("2022-04-12 08:00").lang = "vi"
    code, out, _err = shell.run("sweep")
    said = "không đọc được dữ liệu đã lưu của VV-2022-0001"
    assert (code, said in out) == (10, True)
    stuck_now = shell("stuck --all")
    assert said in stuck_now
    assert "BrokenCase" not in out + stuck_now


def test_what_is_kept_of_an_error_is_its_reasons_and_of_a_bug_its_words():
    refused = Refused("VV-2022-0001", "x", (batch.NOTHING, batch.NOTHING))
    assert plain(kept(refused)) == f"{batch.NOTHING.text}; {batch.NOTHING.text}"
    assert plain(kept(UsageError("{given} is one word too many", given="a\0b"))) == "a\0b is one word too many"
    assert kept(KeyError("a\0b")) == "KeyError: 'a\\x00b'"
    assert kept(ValueError("a\0b")) == "ValueError: a\N{REPLACEMENT CHARACTER}b"
    assert len(kept(ValueError("x" * 9999))) == LONGEST_BUG
    assert plain(kept(UsageError("{given}", given="x" * 9999))) == f"UsageError: {'x' * 9999}"[:LONGEST_BUG]
    assert (
        plain("Refused: VV-2022-0001: : of a database of before") == "Refused: VV-2022-0001: : of a database of before"
    )


def test_one_row_that_cannot_be_written_fails_alone_and_the_others_of_its_batch_happen(engine, place):
    """A climb that was recorded already, as no bug may leave it behind: the database itself refuses a second one."""
    execute(place.at("practice"), "INSERT INTO climbs VALUES ('VV-2022-0002', 'acknowledge@tand', 1, 1)")
    report = sweep(engine, LATE)
    assert (report.due, report.fired, report.failed) == (7, 6, ("VV-2022-0002",))
    (failed,) = [one for one in report.swept if one.result == "failed"]
    assert failed.due.duty == "acknowledge@tand"
    assert failed.error.startswith("IntegrityError")
    assert [event.version for event in engine.history("VV-2022-0002")[1]] == [1, 2, 3, 4]


def test_what_a_rung_of_the_same_case_has_just_parked_is_stale_and_nothing_failed(place):
    """Found by the simulator: the row of what had moved on a moment ago, in the same batch, was not written yet."""
    engine = set_up(place.new(), rules=ROOT / "tests/rules/engine.yaml", now=OPENED, practice=True)
    order = {"size": "big", "day": "2022-05-20"}
    opened = Open(case="", process="job", title="Bàn", by="desk", fields=order, document=LETTER)
    number = engine.open(opened, OPENED).case.case
    for trigger, by, fields in (("start", "desk", {}), ("ask", "desk", {}), ("nay", "mill", {"view": "không"})):
        engine.submit(number, Advance(trigger=trigger, by=by, fields=fields), OPENED)
    report = sweep(engine, OPENED + timedelta(days=20))  # nobody heard them, so the case is halted, and making waits
    assert {one.due.duty: one.result for one in report.swept}["make@mill"] == "stale"
    assert report.failed == ()
    assert engine.case(number).duties["make@mill"].status == "parked"
    assert stuck(engine, LATE, every=True) == []
    engine.close()


def test_a_bug_in_deciding_one_duty_leaves_its_case_as_it_was_and_stops_nobody(engine, monkeypatch):
    def decided(office, case, command, now):
        if command.duty == "acknowledge@so_xd":
            raise ZeroDivisionError
        return decide(office, case, command, now)

    monkeypatch.setattr(batch, "decide", decided)
    report = sweep(engine, LATE)
    assert (report.fired, report.failed) == (5, ("VV-2022-0002", "VV-2022-0003"))
    assert engine.case("VV-2022-0002").duties["acknowledge@so_xd"].rung == 0


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_the_size_of_a_batch_changes_nothing_in_what_happens(engine, place, monkeypatch, caplog, size):
    """Mutants seen failing: a batch without its last duty; a change of a case that forgets the one before it."""
    monkeypatch.setattr(record, "draw_salt", lambda: "5a" * 16)
    engine.close()
    other = place.copy(place.at("practice"), "other")
    found = []
    for location, most in ((place.at("practice"), 100), (other, size)):
        monkeypatch.setattr(sweeping, "BATCH", most)
        swept = Engine(location)
        found.append(sweep(swept, LATE))
        swept.close()
    assert not caplog.records  # none was done one by one
    assert found[0] == found[1]
    assert found[0].fired == 7
    assert digest(place.at("practice")) == digest(other)


MANY = 20_000


def crowded(location):
    """Copies of the first case and its duty, each due a minute after the one before; the server has counted them."""
    for table, key in (("cases", "number"), ("duties", '"case"')):
        names = [f'"{column.name}"' for column in metadata.tables[table].columns]
        given = {
            key.strip('"'): "'VV-2022-1' || substr(cast(100000 + n as text), 2)",
            "next_at": "'2022-05-' || case when n % 28 < 9 then '0' else '' end || (1 + n % 28) || 'T01:00:00.000000Z'",
        }
        values = ", ".join(given.get(name.strip('"'), name) for name in names)
        counted = f"(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {MANY}) SELECT n FROM c)"
        execute(
            location,
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM {table}, {counted} AS many"
            f" WHERE {key} = 'VV-2022-0001'",
        )
    execute(location, "ANALYZE")


def test_a_batch_is_found_by_its_index_however_many_cases_are_open(engine, place):
    """The plan is read as it is made for the statement that is sent, where twenty thousand cases are open."""
    asked = []
    event.listen(
        engine.database.engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, values, _context, _many: asked.append((statement, values)),
    )
    sweep(engine, OPENED)
    ((claim, values),) = [one for one in asked if "cases.body" in one[0]]
    crowded(place.at("practice"))
    with engine.database.reading() as connection:
        if connection.dialect.name == "sqlite":
            steps = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {claim}", values)]
            assert steps[0].startswith("SEARCH duties USING INDEX ix_duties_next_at_case_duty")
            assert not [step for step in steps if step.startswith(("SCAN", "USE TEMP"))]
        else:
            cursor = psycopg.RawCursor(connection.connection.dbapi_connection)
            plan = "\n".join(row[0] for row in cursor.execute(f"EXPLAIN {claim}", values))
            assert "Index Scan using ix_duties_next_at_case_duty" in plan, plan
            assert "Seq Scan on duties" not in plan
            assert "Seq Scan on cases" not in plan
            assert "Sort" not in plan, plan
