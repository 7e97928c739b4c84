"""Inbox, overdue, stuck, desk, board, find: the right rows, for the right reason, by an index."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import Engine, event

from states import loader
from states.commands import Advance, Open
from states.errors import BadFile
from states.worktime import WorkTime
from tests.doomed import LATE, NOTIFIED, NOTIFY, OPENED, opening
from tests.shell import OPEN
from tests.support import ROOT, calendar_vn
from workflow import amending
from workflow.desk import board, desk
from workflow.find import find
from workflow.register import Why
from workflow.setup import set_up
from workflow.sweep import sweep
from workflow.worklists import inbox, overdue, owed_to, stuck, worked

IDLE = """\
edition: idle-1
title: {en: A process that forgets}
calendar: vn
agencies: {desk: {name: {en: Desk}}, board: {name: {en: Board}, body: true}}
choices: {}
ladders: {nobody: {source: local choice, rungs: [{tell: [absent]}]}}
processes:
  job:
    prefix: JB
    label: {en: Job}
    source: local choice
    capacities:
      desk: {one: desk, label: {en: Desk}}
      board: {one: board, label: {en: Board}}
      absent: {many: any, label: {en: Absent}}
    fields: {}
    initial: new
    states:
      new:     {label: {en: New}, duties: [look]}
      drawer:  {label: {en: Drawer}}
      shelf:   {label: {en: Shelf}, may_wait: true}
      asked:   {label: {en: Asked}, duties: [say]}
      done:    {label: {en: Done}, final: true}
    duties:
      look: {owed_by: desk, within: 1wd, ladder: nobody, label: {en: Look}, source: local choice}
      say:  {owed_by: board, within: 1wd, ladder: none, label: {en: Say}, source: local choice}
    transitions:
      - {trigger: open, by: desk, label: {en: Open}, source: local choice}
      - {trigger: drop, from: new, to: drawer, by: desk, discharges: [look], label: {en: Drop}, source: local choice}
      - {trigger: shelve, from: [new, drawer], to: shelf, by: desk, label: {en: Shelve}, source: local choice}
      - {trigger: ask, from: [new, shelf], to: asked, by: desk, takes: [absent], source: local choice, label: {en: Ask}}
      - {trigger: say, from: asked, to: done, by: board, discharges: [say], label: {en: Say}, source: local choice}
"""


@pytest.fixture
def engine(place):
    engine = set_up(place.new(), rules=ROOT / "escalation_rules.yaml", now=OPENED, practice=True)
    for title in ("Đường cao tốc Đồng Đăng - Trà Lĩnh", "Dự án bò sữa"):
        engine.open(opening(title), OPENED)
    engine.submit("VV-2022-0002", NOTIFY, NOTIFIED)
    yield engine
    engine.close()


@pytest.fixture
def idle(place, tmp_path, monkeypatch):
    """A database with rules that were published before the proofs: it keeps them, and its cases go on."""
    monkeypatch.setattr(loader, "prove_all", lambda *_: None)
    path = tmp_path / "idle.yaml"
    path.write_text(IDLE, "utf-8")
    engine = set_up(place.new("idle"), rules=path, now=OPENED, practice=True)
    yield engine
    engine.close()


def act(engine, number, trigger, now, by="desk"):
    engine.submit(number, Advance(trigger=trigger, by=by), now)


def new_job(engine):
    return engine.open(Open(case="", process="job", title="Việc", by="desk"), OPENED).case.case


def test_rules_that_leave_a_case_idle_are_not_read_any_more():
    """What `idle` is about comes from editions that are there already."""
    with pytest.raises(BadFile) as caught:
        loader.read_marked(IDLE, "idle.yaml")
    assert {problem.code for problem in caught.value.problems} == {"E508", "E521"}


# ---- inbox and overdue ----------------------------------------------------------------------------


def test_an_inbox_holds_what_the_agency_owes_soonest_first(engine):
    assert [(one.case.case, one.duty.id) for one in inbox(engine, "btg", NOTIFIED)] == [("VV-2022-0001", "notify@btg")]
    engine.submit("VV-2022-0001", NOTIFY, NOTIFIED + timedelta(days=1))
    owed = inbox(engine, "tand", LATE)
    assert [one.case.case for one in owed] == ["VV-2022-0002", "VV-2022-0001"]
    assert [one.duty.due_at for one in owed] == sorted(one.duty.due_at for one in owed)
    assert inbox(engine, "vksnd", LATE) == []


def test_what_is_owed_to_an_agency_is_what_others_owe_in_its_cases(engine):
    waiting = owed_to(engine, "so_gtvt", NOTIFIED)
    assert {(one.case.case, one.duty.agency) for one in waiting} == {
        ("VV-2022-0001", "btg"), ("VV-2022-0002", "so_tnmt"), ("VV-2022-0002", "so_xd"), ("VV-2022-0002", "tand"),
    }  # fmt: skip
    assert not [one for one in owed_to(engine, "tand", NOTIFIED) if one.duty.agency == "tand"]


def test_overdue_is_what_is_past_its_instant_and_not_what_falls_due_now(engine):
    due = engine.case("VV-2022-0001").duties["notify@btg"].due_at
    assert overdue(engine, due) == []
    (late,) = overdue(engine, due + timedelta(hours=15))
    assert (late.duty.id, late.late_by, late.overdue) == ("notify@btg", 3600, True)  # since offices opened again


def test_a_body_is_never_called_overdue_its_answer_is_awaited(idle):
    number = new_job(idle)
    act(idle, number, "ask", OPENED)
    late = OPENED + timedelta(days=3)
    assert overdue(idle, late) == []
    (one,) = stuck(idle, late)
    assert one.duty is not None
    assert (one.reason, one.duty.id) == ("awaiting_direction", "say@board")
    (owed,) = inbox(idle, "board", late)
    assert not owed.overdue
    assert owed.late_by > 0


# ---- stuck ----------------------------------------------------------------------------------------


def test_a_case_that_waits_for_nothing_is_stuck_unless_the_rules_say_it_may_wait(idle):
    number = new_job(idle)
    act(idle, number, "drop", NOTIFIED)
    assert [(one.reason, one.since, one.duty) for one in stuck(idle, LATE)] == [("no_next_step", NOTIFIED, None)]
    act(idle, number, "shelve", LATE)
    assert stuck(idle, LATE + timedelta(days=9)) == []


def test_what_the_calendar_does_not_reach_is_counted_as_far_as_it_goes():
    """Mutant: it ends when its last day begins."""
    clock = calendar_vn()
    day = timedelta(days=1)
    assert worked(clock, clock.begins - 9 * day, clock.opening(date(2022, 1, 5))) == 8 * 3600
    assert worked(clock, clock.opening(date(2028, 12, 29)), clock.ends + 9 * day) == 8 * 3600
    assert worked(clock, clock.begins - 9 * day, clock.begins - day) == 0
    assert worked(clock, clock.ends + day, clock.ends + 9 * day) == 0
    days = tuple(one for one in clock.calendar.days if one.date.year < 2028)
    shorter = WorkTime(msgspec.structs.replace(clock.calendar, days=days))
    assert worked(shorter, clock.opening(date(2027, 12, 31)), shorter.ends + 9 * day) == 8 * 3600


def test_a_case_that_is_idle_since_before_a_newer_calendar_begins_hides_no_other(idle):
    number = new_job(idle)
    act(idle, number, "drop", NOTIFIED)
    publish(idle, without(2022), NOTIFIED)
    assert idle.office().clock.first == date(2023, 1, 1)
    found = stuck(idle, datetime(2023, 1, 4, tzinfo=UTC))
    assert [(one.reason, one.since, one.stuck_for) for one in found] == [("no_next_step", NOTIFIED, 8 * 3600)]


def without(*years):
    """The shipped calendar without the days of these years: it begins later, or ends sooner."""
    lines = (ROOT / "calendars/vn.yaml").read_text("utf-8").splitlines()
    return "\n".join(line for line in lines if not any(f'{{date: "{year}' in line for year in years)).encode()


def publish(engine, text, now):
    why = Why(officer="quantri", at=now, reason="r")
    amending.publish(engine, text, "vn", loader.load_calendar(text, "vn.yaml"), now, why)


def test_a_rung_beyond_the_calendar_is_shown_until_a_newer_one_reaches_it(engine):
    """Who is told at the rung before is told all the same."""
    publish(engine, without(*range(2023, 2029)), OPENED)
    engine.open(opening("Cuối năm"), datetime(2022, 12, 27, 2, tzinfo=UTC))
    late = datetime(2022, 12, 30, 3, tzinfo=UTC)
    assert sweep(engine, late).failed == ()
    assert engine.history("VV-2022-0003")[1][-1].told == ("btg",)
    shown = {one.reason for one in stuck(engine, late, every=True) if one.case.case == "VV-2022-0003"}
    assert shown == {"beyond_calendar", "overdue"}
    publish(engine, without(), late)
    assert not [one for one in amending.bring(engine, None, lambda: late) if one.error]
    assert not [one for one in stuck(engine, late, every=True) if one.reason == "beyond_calendar"]
    assert engine.case("VV-2022-0003").duties["notify@btg"].next_at > late


def test_a_case_stays_idle_since_it_became_so(idle):
    number = new_job(idle)
    act(idle, number, "drop", NOTIFIED)
    with pytest.raises(Exception, match="drop"):
        act(idle, number, "drop", LATE)
    assert [one.since for one in stuck(idle, LATE)] == [NOTIFIED]


def test_a_rung_that_reached_nobody_is_shown(idle):
    number = new_job(idle)
    sweep(idle, LATE)
    found = {one.reason: one for one in stuck(idle, LATE, every=True)}
    assert set(found) == {"overdue", "unreachable"}
    assert found["unreachable"].since == LATE
    act(idle, number, "drop", LATE)
    assert {one.reason for one in stuck(idle, LATE, every=True)} == {"no_next_step"}


def test_worst_is_stuck_for_longest_in_working_time_and_each_case_stands_once(engine):
    found = stuck(engine, LATE)
    assert [one.case.case for one in found] == ["VV-2022-0001", "VV-2022-0002"]
    assert [one.stuck_for for one in found] == sorted((one.stuck_for for one in found), reverse=True)
    every = stuck(engine, LATE, every=True)
    assert len(every) == 4
    assert {one.case.case for one in every} == {one.case.case for one in found}


def test_what_runs_by_the_clock_is_as_late_as_the_clock_says(shell):
    """Urgent, due before a long weekend and untouched until it is over: nobody worked for a minute meanwhile."""
    shell.at("2022-04-27 08:00")(OPEN.replace("1/4", "27/4"))
    shell.at("2022-04-29 16:50")(f"{OPEN.replace('31/', '32/').replace('1/4', '29/4')} --urgent")
    shell.at("2022-05-03 23:00")
    listed, shown = shell("overdue"), shell("show 3")
    assert "4 days by the clock" in listed
    assert "minute" not in listed
    assert "overdue by 4 days by the clock" in shown
    assert [one["late_by"] for one in shell.json("overdue") if one["case"] == "VV-2022-0003"] == [0]
    for typed in ("overdue", "stuck"):
        lines = [line for line in shell(typed).splitlines() if line.startswith("VV")]
        assert [line.split()[0] for line in lines] == ["VV-2022-0001", "VV-2022-0003", "VV-2022-0002"]
        assert lines[1].endswith("  4 days by the clock")
        assert "by the clock" not in lines[0] + lines[2]


def test_a_case_that_moves_is_not_stuck(engine):
    assert stuck(engine, NOTIFIED) == []


# ---- desk, board, find ----------------------------------------------------------------------------


def test_the_desk_shows_what_others_did_in_our_cases(engine):
    found = desk(engine, "so_gtvt", OPENED - timedelta(hours=1), NOTIFIED)
    assert [(c.case.case, c.event.by) for c in found.changed] == [("VV-2022-0002", "btg")]
    assert found.swept is None
    assert desk(engine, "so_gtvt", NOTIFIED + timedelta(seconds=1), NOTIFIED).changed == ()
    sweep(engine, LATE)
    assert desk(engine, "vksnd", OPENED, LATE).changed == ()
    swept = desk(engine, "btg", LATE, LATE)
    assert swept.swept is not None
    assert {c.event.kind for c in swept.changed} == {"climbed"}


def test_the_board_counts_cases_and_what_each_agency_owes_in_them(engine):
    standings = {one.state: one for one in board(engine, LATE)}
    assert {state: one.cases for state, one in standings.items()} == {"reported": 1, "notified": 1}
    assert {(d.agency, d.owed, d.overdue) for d in standings["notified"].debts} == {
        ("so_tnmt", 1, 1), ("so_xd", 1, 1), ("tand", 1, 1),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("cao tốc", [1]), ("CAO TOC", [1]), ("đồng đăng", [1]), ("Ðồng Ðăng", [1]), ("bò sữa", [2]),
        ("31/bc", [2, 1]), ("Ban Tuyên giáo Tỉnh ủy", [2, 1]), ("tinh uy", [2, 1]), ("tand", [2]),
        ("VV-2022-0002", [2]), ("sgtvt", [2, 1]), ("lĩnh cao", [1]), ("bò cao", []), ("%", []),
        ("_", []), ("", []), ("   ", []),
    ],
)  # fmt: skip
def test_a_case_is_found_by_what_people_remember(engine, text, numbers):
    assert [one.case for one in find(engine, text)] == [f"VV-2022-{n:04d}" for n in numbers]


# ---- the cost -------------------------------------------------------------------------------------


@pytest.mark.sqlite_only("PostgreSQL reads a small table whole, whatever its indexes")
@pytest.mark.parametrize(
    "look",
    [
        lambda engine: inbox(engine, "btg", LATE),
        lambda engine: overdue(engine, LATE),
        lambda engine: owed_to(engine, "btg", LATE),
        lambda engine: stuck(engine, LATE),
        lambda engine: sweep(engine, LATE),
        lambda engine: desk(engine, "btg", OPENED, LATE),
        lambda engine: engine.number("2", LATE),
        lambda engine: engine.submit("VV-2022-0001", NOTIFY, LATE),
    ],
    ids=["inbox", "overdue", "owed to", "stuck", "sweep", "desk", "number", "advance"],
)
def test_nothing_done_daily_reads_a_whole_table_that_grows(engine, look):
    statements = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        statements.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    look(engine)
    event.remove(Engine, "before_cursor_execute", note)
    plans = []
    with engine.database.reading() as connection:
        for statement, parameters in statements:
            if statement.startswith(("SELECT", "UPDATE", "DELETE")):
                parameters = parameters[0] if isinstance(parameters, list) else parameters
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
                plans += [row[-1] for row in plan]
    assert any("INDEX" in step for step in plans)
    grow = ("cases", "duties", "parties", "events", "climbs", "notices")
    assert not [step for step in plans if step.startswith(tuple(f"SCAN {table}" for table in grow))]


def test_a_list_by_the_clock_of_utc_is_the_list_by_any_other(engine):
    elsewhere = datetime.fromisoformat("2022-04-08T08:00:00+07:00")
    assert elsewhere.astimezone(UTC) == LATE
    assert overdue(engine, elsewhere) == overdue(engine, LATE)
