"""The worker: rounds on a clock that the test sets, then real processes that are started, watched and stopped."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from queue import SimpleQueue
from typing import Any

import pytest
from apscheduler.events import EVENT_JOB_MODIFIED
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from prometheus_client.parser import text_string_to_metric_families

import workflow.worker
from tests.doomed import LATE, NOTIFIED, NOTIFY, OPENED, opening
from tests.places import execute, rows, writer
from tests.support import ROOT
from workflow.commands.worker import Lines
from workflow.database import base
from workflow.engine import Engine
from workflow.errors import Busy, Damaged, Unreachable, UsageError
from workflow.heartbeat import last_sweep
from workflow.identity import Who
from workflow.reasons import kept
from workflow.setup import set_up
from workflow.sweep import due_now, next_due
from workflow.worker import Clock, Worker, _until

SECOND = timedelta(seconds=1)


@pytest.fixture
def location(place):
    """Three matters, of which two have been notified to three partners each: seven duties due at LATE."""
    engine = set_up(place.new(), rules=ROOT / "escalation_rules.yaml", now=OPENED, practice=True)
    for title in ("Đường cao tốc", "Bò sữa", "Bảo tàng"):
        engine.open(opening(title), OPENED)
    for number in ("VV-2022-0002", "VV-2022-0003"):
        engine.submit(number, NOTIFY, NOTIFIED)
    engine.close()
    return place.at("practice")


class Hands:
    """A worker whose clock the test sets, and what it says."""

    def __init__(self, location: Any, caplog: Any, **options: Any) -> None:
        self.now, self.caplog = LATE, caplog
        caplog.set_level(logging.INFO, "phoihop.worker")
        self.worker = Worker(lambda: Engine(location), clock=lambda: self.now, **options)

    def at(self, now: datetime) -> datetime:
        self.now = now
        return self.worker.round()

    def said(self, event: str) -> list[Any]:
        return [getattr(one, "values", {}) for one in self.caplog.records if getattr(one, "event", "") == event]

    @property
    def engine(self) -> Engine:
        assert self.worker.engine is not None
        return self.worker.engine


@pytest.fixture
def hands(location, caplog) -> Iterator[Hands]:
    hands = Hands(location, caplog)
    yield hands
    if hands.worker.engine is not None:
        hands.worker.engine.close()


# ---- a round --------------------------------------------------------------------------------------


def test_a_round_does_all_that_is_due_however_much_and_leaves_its_schedule(hands, monkeypatch):
    monkeypatch.setattr(workflow.worker, "BATCH", 2)
    hands.at(LATE)
    assert len(hands.said("fired")) == 7
    assert due_now(hands.engine, LATE) == []
    beat = last_sweep(hands.engine)
    assert beat is not None
    assert (beat.at, beat.every) == (LATE, 30)


def test_it_looks_every_thirty_seconds_and_sooner_when_something_falls_due(hands):
    assert hands.at(OPENED) == OPENED + 30 * SECOND
    first = next_due(hands.engine)
    assert first is not None
    assert hands.at(first - 10 * SECOND) == first
    assert hands.said("fired") == []
    hands.at(first)
    assert hands.said("fired") == [{"case": "VV-2022-0001", "id": "notify@btg", "late": 0}]


def test_a_duty_that_was_put_off_does_not_keep_it_busy(hands, location):
    execute(location, "UPDATE cases SET body = ? WHERE number = 'VV-2022-0002'", b"{}")
    assert hands.at(LATE) > LATE
    assert len(hands.said("failed")) == 3
    assert hands.worker.counts.failing == 3
    assert hands.worker.counts.backlog == 0


def test_a_laptop_that_slept_for_nine_days_catches_up_once_a_rung_for_each_duty(hands):
    """time-03"""
    hands.at(LATE)
    slept = LATE + timedelta(days=9)
    hands.at(slept)
    assert {hands.engine.case("VV-2022-0002").duties[f"acknowledge@{one}"].climb for one in ("tand", "so_xd")} == {2}
    fired = len(hands.said("fired"))
    hands.at(slept + SECOND)
    assert len(hands.said("fired")) == fired


def test_a_clock_that_is_set_back_stops_nothing_and_fires_nothing_again(hands):
    """time-01"""
    hands.at(LATE)
    back = LATE - timedelta(days=3650)
    assert hands.at(back) == back + 30 * SECOND
    assert len(hands.said("fired")) == 7
    assert hands.at(LATE + SECOND) > LATE
    assert len(hands.said("fired")) == 7


def test_a_busy_database_is_said_ever_less_often_tried_ever_later_and_never_ends_it(hands, location, monkeypatch):
    monkeypatch.setattr(base, "BUSY_SECONDS", 0.01)
    hands.at(OPENED)
    hands.worker.engine.close()
    hands.worker.engine = None
    waits = []
    with writer(location):
        for _ in range(7):
            waits.append((hands.at(LATE) - LATE).total_seconds())
    assert waits == [1, 2, 4, 8, 16, 30, 30]
    assert len(hands.said("busy")) == 3  # of attempts 1, 2 and 4
    hands.at(LATE)
    assert len(hands.said("fired")) == 7
    assert len(hands.said("back")) == 1


def test_a_database_that_is_not_there_yet_is_waited_for(location, caplog):
    answers: list[Any] = [Unreachable("away"), Busy("busy"), Engine(location)]

    def connect() -> Engine:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, Engine)
        return answer

    hands = Hands(location, caplog)
    hands.worker.connect = connect
    for _ in range(3):
        hands.at(LATE)
    assert len(hands.said("fired")) == 7
    assert hands.worker.counts.retries == 2
    hands.engine.close()


def test_a_bug_is_said_and_never_ends_it(hands, monkeypatch):
    def wrong(*_args: Any, **_options: Any) -> None:
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(workflow.worker, "open_due", wrong)
    assert hands.at(LATE) == LATE + SECOND
    assert hands.said("internal") == [{"detail": "ZeroDivisionError: by nought"}]
    assert len(hands.said("fired")) == 7


def test_what_cannot_mend_itself_ends_it(hands, location):
    hands.at(OPENED)
    execute(location, "UPDATE meta SET value = '99' WHERE key = 'schema'")
    with pytest.raises(Damaged):
        hands.at(LATE)


def test_it_stops_after_the_transaction_at_hand(hands, monkeypatch):
    monkeypatch.setattr(workflow.worker, "BATCH", 2)
    tell = hands.worker._tell

    def stopped(*args: Any) -> None:
        tell(*args)
        hands.worker.stopping = True

    monkeypatch.setattr(hands.worker, "_tell", stopped)
    hands.at(LATE)
    assert len(hands.said("fired")) == 2
    assert len(due_now(hands.engine, LATE)) == 5


def test_a_scheduler_whose_clock_was_set_back_is_made_to_look_again():
    """Mutant seen failing: the scheduler only woken; it then waits for the year it had in mind."""
    worker = Worker(lambda: pytest.fail("not asked"), every=timedelta(milliseconds=10))
    scheduler = BackgroundScheduler()
    scheduler.start(paused=True)
    far = Clock.machine() + timedelta(days=365)
    scheduler.add_job(int, IntervalTrigger(seconds=1), id="round", next_run_time=far)
    ends: SimpleQueue[int | Exception] = SimpleQueue()
    scheduler.add_listener(lambda _event: ends.put(signal.SIGTERM), EVENT_JOB_MODIFIED)
    late = threading.Timer(5, ends.put, [signal.SIGINT])
    late.start()
    assert _until(ends, scheduler, worker) == signal.SIGTERM
    late.cancel()
    assert scheduler.get_job("round").next_run_time <= Clock.machine()
    scheduler.shutdown()


# ---- what it measures -----------------------------------------------------------------------------


def measured(path: Any) -> dict[str, float]:
    """The metrics as the library of Prometheus reads them."""
    families = list(text_string_to_metric_families(path.read_text("utf-8")))
    assert all(family.documentation and family.type != "unknown" for family in families)
    return {sample.name: sample.value for family in families for sample in family.samples}


def test_the_metrics_are_what_prometheus_reads(location, caplog, tmp_path):
    path = tmp_path / "phoihop.prom"
    hands = Hands(location, caplog, metrics_file=path)
    hands.at(LATE)
    found = measured(path)
    assert found["phoihop_sweep_due_total"] == found["phoihop_sweep_fired_total"] == 7
    assert found["phoihop_last_sweep_timestamp_seconds"] == LATE.timestamp()
    assert found["phoihop_sweep_interval_seconds"] == 30
    assert found["phoihop_backlog_duties"] == found["phoihop_failing_duties"] == 0
    assert found["phoihop_sweep_late_by_seconds_count"] == 7
    latest = found["phoihop_sweep_late_by_max_seconds"]
    assert latest == max(one["late"] for one in hands.said("fired"))
    assert found["phoihop_sweep_late_by_seconds_sum"] == sum(one["late"] for one in hands.said("fired"))
    assert not list(tmp_path.glob(".phoihop*"))
    hands.at(LATE + SECOND)
    assert measured(path)["phoihop_sweep_late_by_max_seconds"] == 0
    hands.engine.close()


def test_a_metrics_file_that_cannot_be_written_is_said_once_and_no_deadline_waits(location, caplog, tmp_path):
    hands = Hands(location, caplog, metrics_file=tmp_path / "none" / "phoihop.prom")
    hands.at(OPENED)
    hands.at(LATE)
    assert len(hands.said("metrics")) == 1
    assert len(hands.said("fired")) == 7
    hands.engine.close()


# ---- a process ------------------------------------------------------------------------------------


class Process:
    """A worker in a process of its own, read line by line as it speaks."""

    def __init__(self, location: Any, now: str, *options: str) -> None:
        words = ["worker", "--db", str(location), "--now", now, "--format", "json", *options]
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "cli.py"), *words], stderr=subprocess.PIPE, text=True, env=environ
        )
        self.lines: list[Any] = []
        self.guard = threading.Timer(60, self.process.kill)  # a test that fails ends all the same
        self.guard.start()

    def until(self, event: str) -> Any:
        """Read until it says `event`, or ends."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(json.loads(line))
            if self.lines[-1]["event"] == event:
                return self.lines[-1]
        pytest.fail(f"it ended without {event}: {self.lines}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal. Returns the exit code."""
        self.process.send_signal(number)
        assert self.process.stderr is not None
        self.lines += [json.loads(line) for line in self.process.stderr if line.startswith('{"at"')]
        code = self.process.wait(60)
        self.guard.cancel()
        self.process.stderr.close()
        return code

    def count(self, event: str) -> int:
        return sum(line["event"] == event for line in self.lines)


def test_a_worker_wakes_when_something_falls_due_and_stops_on_sigterm(location):
    worker = Process(location, "2022-04-05T10:29:54Z")
    assert worker.until("started")["every"] == 30
    fired = worker.until("fired")
    assert (fired["case"], fired["id"]) == ("VV-2022-0001", "notify@btg")
    assert fired["late"] < 20  # it looks every thirty
    assert worker.stop() == 0
    assert worker.lines[-1]["event"] == "stopped"


def test_a_worker_that_is_interrupted_says_so(location):
    worker = Process(location, "2022-04-04T08:00:00Z")
    worker.until("started")
    assert worker.stop(signal.SIGINT) == 130


def test_a_duty_that_fails_is_said_once_and_only_where_its_case_may_be_seen(hands, location):
    """Mutant: the sweep says it, too."""
    for number in ("VV-2022-0001", "VV-2022-0002"):
        execute(location, "UPDATE cases SET body = ? WHERE number = ?", b"{}", number)
    hands.caplog.set_level(logging.INFO, "phoihop")
    hands.at(OPENED)
    hands.engine.who = Who(login="w", practice=True, sees=("tand",))
    hands.at(LATE)
    assert {one["case"] for one in hands.said("failed")} == {"VV-2022-0002"}
    assert hands.said("swept")[-1]["failed"] == 4
    said = [repr(vars(one)) for one in hands.caplog.records]
    assert not [one for one in said if "VV-2022-0001" in one]
    assert len([one for one in said if "VV-2022-0002" in one]) == len(hands.said("failed")) == 3
    assert {getattr(one, "event", None) for one in hands.caplog.records} == {"started", "fired", "failed", "swept"}


@pytest.mark.parametrize("as_json", [True, False])
def test_no_line_of_the_log_can_act_on_a_terminal_and_an_error_is_told_in_words(as_json):
    hostile = "\x9b31m\u202e\x1b]0;\x07"
    record = logging.makeLogRecord({"msg": "{case}: {error}", "levelno": logging.WARNING, "levelname": "WARNING"})
    record.event, record.values = "failed", {"case": hostile, "error": kept(UsageError("{name} is a table", name="x"))}
    line = Lines(lambda: LATE, as_json=as_json).format(record)
    assert not set(hostile[:1] + "\u202e\x1b\x07") & set(line)
    if as_json:
        told = json.loads(line)
        assert (told["case"], told["error"]) == (hostile, "x is a table")
    else:
        assert line.endswith(": x is a table")


def test_workers_share_what_is_due_and_none_fires_twice(place, caplog):
    engine = set_up(place.new(), rules=ROOT / "escalation_rules.yaml", now=OPENED, practice=True)
    for n in range(40):
        engine.open(opening(f"Việc {n}"), OPENED)
        engine.submit(f"VV-2022-{n + 1:04d}", NOTIFY, NOTIFIED)
    engine.close()
    location = place.at("practice")
    workers = [Process(location, "2022-04-08T01:00:00Z", "--every", "1s") for _ in range(2)]
    for worker in workers:
        worker.until("started")
    assert [worker.stop() for worker in workers] == [0, 0]
    last = Hands(location, caplog)
    last.at(LATE)  # what the others left when they were stopped
    last.engine.close()
    assert len(last.said("fired")) + sum(worker.count("fired") for worker in workers) == 120
    climbed = rows(location, 'SELECT "case", duty, climb FROM climbs')
    assert len(climbed) == len(set(climbed)) == 120


def test_a_worker_ends_with_the_exit_code_of_what_cannot_mend_itself(location):
    execute(location, "UPDATE meta SET value = '99' WHERE key = 'schema'")
    worker = Process(location, "2022-04-04T08:00:00Z")
    assert worker.process.stderr is not None
    assert json.loads(worker.process.stderr.read())["error"]["code"] == "damaged"
    assert worker.stop() == 9
