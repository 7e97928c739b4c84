"""A sweep that does not come is noticed (P24), and a clock that nobody can vouch for stops every write (P8)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from tests.doomed import LATE, NOTIFIED, NOTIFY, OPENED, opening
from tests.places import digest, written
from tests.real import Real
from tests.support import ROOT
from tests.terminal import on_terminal
from workflow import heartbeat
from workflow.commands.run import run
from workflow.database.base import LONGEST_SILENCE, last_recorded
from workflow.engine import Engine
from workflow.errors import ClockInDoubt
from workflow.heartbeat import last_sweep
from workflow.setup import set_up
from workflow.sweep import sweep

OPEN = "open job --title X --size little --document 1/A:2/3 --day 20/3"


@pytest.fixture
def real(place, capsys, monkeypatch, home):
    real = Real(place, capsys, monkeypatch, rules=ROOT / "tests/rules/engine.yaml")
    return real.officers(lan="desk")


def warned(real, typed="agency list"):
    """What a command says on stderr, having done what it does."""
    code, _out, err = real.run(typed)
    assert code == 0
    return err


# ---- a sweep that is missing ----------------------------------------------------------------------


def test_commands_warn_once_two_sweeps_of_the_schedule_did_not_come(real):
    real("sweep --every 30s")
    assert warned(real.at("2026-03-02 08:01")) == ""
    real.now += timedelta(seconds=1)
    assert warned(real) == (
        "warning: the last sweep was on Mon 02/03/2026 08:00, one is due every 30 seconds:"
        " nobody is reminded of anything\n"
    )
    assert run(["agency", "list", "--db", real.seen_by(real.login), "--lang", "vi"], lambda: real.now, "0") == 0
    said = real.capsys.readouterr().err
    assert said.startswith("cảnh báo: lượt quét gần nhất là 08:00 thứ Hai 02/03/2026, lẽ ra phải có 30 giây một lần")


def test_what_scripts_read_is_never_mixed_with_a_warning(real):
    real("sweep --every 30s")
    real.at("2026-03-02 09:00")
    assert warned(real, "agency list --format json") == ""
    assert warned(real, "agency list --quiet") == ""
    code, out, err = real.run("agency list --format csv")
    assert (code, out.splitlines()[0].split(",")[0]) == (0, "code")
    assert err.startswith("warning:")


def test_doctor_fails_within_two_polls_and_a_sweep_heals_it(real):
    real("sweep --every 30s")
    real.at("2026-03-02 08:01")
    real.now += timedelta(seconds=1)
    assert "sweep_silent" in real.run("doctor")[1]
    assert real.run("doctor")[2] == ""
    real("sweep")
    assert "sweep_silent" not in real.run("doctor")[1]


def test_a_heartbeat_of_a_fast_clock_hides_no_dead_worker(real):
    real.at("2026-03-12 08:00")("sweep --every 30s")
    real.at("2026-03-12 07:58")
    assert warned(real) == ""
    assert "sweep_ahead" not in real.run("doctor")[1]
    real.now -= timedelta(seconds=1)
    said = "the last sweep is recorded as of Thu 12/03/2026 08:00, which is yet to come: it may be that nobody sweeps"
    assert warned(real) == f"warning: {said}\n"
    code, out, _err = real.run("doctor")
    assert f"error sweep_ahead: {said}; set the clock that is wrong, then: phoihop sweep" in out
    assert code != 0
    real("sweep")
    assert warned(real) == ""
    assert "sweep_ahead" not in real.run("doctor")[1]


def test_a_sweep_by_hand_leaves_the_schedule_so_that_a_dead_worker_is_missed_all_the_same(real):
    real("sweep --every 30s")
    real.at("2026-03-02 09:00")("sweep")
    assert warned(real) == ""
    assert "every 30 seconds" in warned(real.at("2026-03-02 09:02"))


def test_where_nobody_said_how_often_an_hour_without_a_sweep_is_too_long(real):
    real("sweep")
    assert warned(real.at("2026-03-02 09:00")) == ""
    real.now += timedelta(seconds=1)
    assert "every 30 minutes" in warned(real)


def test_where_no_sweep_was_ever_made_it_is_said_once_something_is_due(real):
    assert warned(real) == ""
    real.by("lan")(OPEN)
    assert warned(real) == ""
    assert "no sweep was ever made" in warned(real.at("2026-03-10 08:00"))


def test_the_desk_says_whether_somebody_sweeps(real):
    real("sweep --every 1m")
    real.by("lan")
    assert real("").rstrip().endswith("Last sweep: Mon 02/03/2026 08:00, every 1 minute")
    assert real.json("")["swept"]["missing"] is False
    real.at("2026-03-02 08:03")
    code, out, err = real.run("")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1].startswith("The last sweep was on Mon 02/03/2026 08:00, one is due every 1 minute")
    assert real.json("")["swept"]["missing"] is True


def test_a_practice_database_that_is_swept_by_hand_is_not_nagged(shell):
    shell("sweep")
    shell.at("2022-06-01 08:00")
    assert shell.run("board")[2] == ""
    shell("sweep --every 5m")
    shell.at("2022-06-02 08:00")
    assert "every 5 minutes" in shell.run("board")[2]
    shell.at("2022-05-01 08:00")
    assert shell.run("board")[2] == ""
    assert "sweep_ahead" not in shell.run("doctor")[1]


@pytest.mark.parametrize("given", ["", "30", "0s", "25h", "-5m", "1d", "5 m", "٣s"])
def test_how_often_is_a_number_of_seconds_minutes_or_hours(shell, given):
    assert "how often" in shell.fails(2, f"sweep --every '{given}'")


# ---- a clock in doubt -----------------------------------------------------------------------------


def test_after_fourteen_days_nothing_is_written_until_it_is_confirmed(real):
    real.by("lan")(OPEN)
    real.now += LONGEST_SILENCE
    assert real.run("show 1")[0] == 0
    real.now += timedelta(seconds=1)
    before = digest(real.db)
    for typed in (OPEN, "advance 1 start", "sweep"):
        said = real.fails(7, typed)
        assert "what was recorded last is of" in said
        assert "hint: set the clock, or have it confirmed" in said
        assert "phoihop sweep --catch-up" in said
    real.by("quantri")
    assert "what was recorded last" in real.fails(7, "officer add x --name X --agency desk --reason r")
    assert json.loads(real.fails(7, "sweep --format json"))["error"]["code"] == "clock_in_doubt"
    assert "would fire" in real("sweep --dry-run")
    assert real.by("lan")("show 1")
    assert digest(real.db) == before


def test_a_confirmed_catch_up_lists_what_fires_and_everything_goes_on(real):
    real.by("lan")(OPEN)
    real.at("2026-04-02 08:00").by("quantri")
    assert "somebody must confirm it" in real.fails(2, "sweep --catch-up")
    listed, _line, done = real("sweep --catch-up --yes").partition("would fire.\n")
    assert "JB-2026-0001" in listed
    assert "It is Thu 02/04/2026 08:00." in listed
    assert "1 fired" in done
    real.by("lan")(OPEN.replace("20/3", "20/4").replace("2/3", "2/4"))
    assert real.run("sweep")[0] == 0


def test_who_does_not_see_every_case_cannot_confirm(real):
    real.by("lan").at("2026-04-02 08:00")
    assert "every case" in real.fails(5, "sweep --catch-up --yes")


@pytest.mark.sqlite_only("about the terminal")
def test_on_a_terminal_it_is_asked_and_only_a_yes_confirms(real):
    """The terminal is on the clock of the machine, long after the database was made."""
    words = ["sweep", "--catch-up", "--db", str(real.db), "--lang", "en"]
    code, shown = on_terminal(words, typed=["no"])
    assert (code, "Nothing was done." in shown) == (0, True)
    real.now = datetime(2099, 1, 1, tzinfo=UTC)
    code, shown = on_terminal(words, typed=["yes"])
    assert (code, "Nothing is due." in shown) == (0, True)


def test_a_practice_database_may_be_moved_through_time(shell):
    shell.at("2023-01-05 08:00")
    shell("sweep")
    assert shell.run("open matter --as so_gtvt --title Y --area land --document 1/BC:4/1/2023")[0] == 0


@pytest.fixture
def engine(place, monkeypatch):
    engine = set_up(place.new(), rules=ROOT / "escalation_rules.yaml", now=OPENED, practice=True)
    engine.open(opening("Đất đai"), OPENED)
    engine.database.clock_checked = True
    monkeypatch.setattr(engine.database, "_compare_clocks", lambda _connection, _now: None)  # 2022 is not now
    yield engine
    engine.close()


def test_the_sweeps_heartbeat_counts_as_recorded(engine):
    for day in range(10, 60, 10):
        sweep(engine, OPENED + timedelta(days=day))
    with pytest.raises(ClockInDoubt):
        sweep(engine, OPENED + timedelta(days=65))


def test_a_process_that_works_for_long_asks_once_and_notices_a_leap_of_its_clock(engine):
    asked = []
    event.listen(
        engine.database.engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_rest: asked.append(statement),
    )
    sweep(engine, NOTIFIED)
    engine.submit("VV-2022-0001", NOTIFY, NOTIFIED)
    assert sum("register_log" in statement for statement in asked) == 1
    before = written(engine.database)
    with pytest.raises(ClockInDoubt):
        sweep(engine, NOTIFIED + timedelta(days=365))
    assert written(engine.database) == before


def test_what_another_process_confirmed_is_believed(engine, place):
    late = LATE + timedelta(days=100)
    with pytest.raises(ClockInDoubt):
        sweep(engine, late)
    other = Engine(place.at("practice"))
    heartbeat.confirm(other, late)
    other.close()
    assert sweep(engine, late).fired == 1
    beat = last_sweep(engine)
    assert beat is not None
    assert beat.at == late


@pytest.mark.sqlite_only("PostgreSQL reads a small table whole, whatever its indexes")
def test_the_newest_instant_is_found_by_its_index(engine):
    asked = []
    event.listen(
        engine.database.engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_rest: asked.append(statement),
    )
    with engine.database.reading() as connection:
        last_recorded(connection)
        (statement,) = [one for one in asked if "register_log" in one]
        plan = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")]
    assert "SEARCH events USING COVERING INDEX ix_events_at" in plan


def test_a_step_back_is_stored_as_read_and_marked(shell):
    """P8: an event's place is its version; the screen says that the clock was set."""
    shell.at("2022-04-04 07:00")("advance 1 notify --as btg --with partner=tand")
    found = shell("history 1")
    assert "the clock had been set back: the act before it is of Mon 04/04/2022 08:00" in found
    assert [event["version"] for event in shell.json("history 1")] == [1, 2]
    assert found.count("set back") == 1
