"""The worker: sweeps and opens what is due, again and again, on the one clock of its process.

    Worker(connect, every, clock)       what is done in a round, and when the next one is to be
    run(worker)                         rounds until a signal, on APScheduler

Deadlines are rows, never jobs: the scheduler holds one job, the round, in memory. It comes every so often, and sooner
when something falls due before. Nobody elects a leader; workers on one server share what is due (`workflow.batch`).

The wall clock is read anew in every round. A machine that slept, or whose clock was set, is noticed within a tick:
waiting is by a clock that stands still meanwhile, so the scheduler is woken to look again.

A database that is busy or away, or a clock in doubt, is said and tried again, less and less often; what cannot mend
itself (a full disk, damage) ends the worker with its error.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from states.errors import N_
from workflow import metrics
from workflow.batch import Swept
from workflow.engine import Engine
from workflow.errors import Busy, WorkflowError
from workflow.metrics import Counts
from workflow.openings import Opened, next_opening, open_due
from workflow.sweep import BATCH, next_due, sweep, waiting

EVERY = timedelta(seconds=30)
TICK = timedelta(seconds=30)
"""The longest time for which a clock that was set goes unnoticed."""
FIRST_WAIT = timedelta(seconds=1)

log = logging.getLogger("phoihop.worker")
log.addHandler(logging.NullHandler())
logging.getLogger("apscheduler").addHandler(logging.NullHandler())  # what it has to say is said here
logging.getLogger("apscheduler").propagate = False


class Clock:
    """The clock of this process. On a practice database it may be `ahead` of the machine's, and goes on from there."""

    def __init__(self, ahead: timedelta = timedelta()) -> None:
        self.ahead = ahead

    def __call__(self) -> datetime:
        return self.machine() + self.ahead

    @staticmethod
    def machine() -> datetime:
        """What the clock of the machine says: the scheduler goes by that one."""
        return datetime.now(UTC)


class Worker:
    """What one worker does. `connect` opens the database, as often as that takes; `clock` says what time it is.

    `stopping` lets the round at hand end after the transaction at hand.
    """

    def __init__(
        self,
        connect: Callable[[], Engine],
        every: timedelta = EVERY,
        clock: Callable[[], datetime] | None = None,
        metrics_file: Path | None = None,
    ) -> None:
        self.connect, self.every, self.clock = connect, every, clock or Clock()
        self.metrics_file = metrics_file
        self.counts = Counts(every=int(every.total_seconds()))
        self.engine: Engine | None = None
        self.stopping = False
        self.at_work = Lock()  # held as long as a round lasts
        self.attempts = 0  # that failed in a row
        self._unwritten = ""

    def round(self) -> datetime:
        """Do what is due. Returns when the next round is to be.

        Raises what cannot mend itself: `NoSpace`, `Damaged`, `NotAllowed`, `NotFound`, `UsageError`.
        """
        with self.at_work:
            return self.clock() if self.stopping else self._tried()

    def _tried(self) -> datetime:
        self.counts.begin()
        try:
            at = self._round()
        except Busy as error:
            at = self._again(error.code, error.reason.text, error.reason.values)
        except WorkflowError:
            raise
        except Exception as error:  # a bug: whoever ends for it reminds nobody any more
            said = f"{type(error).__name__}: {error}"
            at = self._again("internal", N_("internal error: {detail}"), {"detail": said})
        else:
            if self.attempts:
                _say(logging.INFO, "back", N_("the database answers again"))
            self.attempts = 0
        self._write_metrics()
        return at

    def _round(self) -> datetime:
        if self.engine is None:
            self.engine = self.connect()
            where, every = self.engine.database.shown, self.counts.every
            _say(logging.INFO, "started", N_("sweeping {path}, every {every} s"), path=where, every=every)
        engine, more = self.engine, True
        while more and not self.stopping:
            now = self.clock()
            report = sweep(engine, now, BATCH, every=self.every)
            self.counts.swept(report, now)
            self._tell(engine, report.swept, now)
            more = report.more
        while not self.stopping and (opened := open_due(engine, now := self.clock(), BATCH)):
            self.counts.openings(opened)
            self._tell_openings(engine, opened)
        now = self.clock()
        self.counts.backlog, self.counts.failing = waiting(engine, now)
        ahead = [at for at in (next_due(engine, after=now), next_opening(engine, now)) if at is not None]
        return min([*ahead, now + self.every])

    def _again(self, code: str, text: str, values: dict[str, Any]) -> datetime:
        """After a failure: said the first time, and ever less often; tried again ever later, at last as usual."""
        self.attempts += 1
        self.counts.retries += 1
        if self.attempts & (self.attempts - 1) == 0:
            _say(logging.WARNING, code, text, **values)
        first_waits: int = 2 ** min(self.attempts - 1, 10)
        return self.clock() + min(FIRST_WAIT * first_waits, self.every)

    # ---- what is said ---------------------------------------------------------------------------

    def _tell(self, engine: Engine, swept: Sequence[Swept], now: datetime) -> None:
        """One line for each duty, of cases that whoever runs the worker may see; one for all."""
        if not swept:
            return
        seen = _seen(engine, [one.due.case for one in swept])
        for one in swept:
            late = int((now - one.due.at).total_seconds())
            values = {"case": one.due.case, "id": one.due.duty, "late": late}
            if one.due.case not in seen or one.result == "stale":
                continue
            if one.result == "fired":
                _say(logging.INFO, "fired", N_("{case}: {id} fired {late} s after it was due"), **values)
            else:
                text = N_("{case}: {id} failed, and is put off: {error}")
                _say(logging.WARNING, "failed", text, **values, error=one.error)
        count = {result: sum(one.result == result for one in swept) for result in ("fired", "stale", "failed")}
        text = N_("{due} due, {fired} fired, {stale} had moved on, {failed} failed")
        _say(logging.INFO, "swept", text, due=len(swept), **count)

    def _tell_openings(self, engine: Engine, opened: Sequence[Opened]) -> None:
        seen = _seen(engine, [one.case for one in opened])
        for one in opened:
            values = {"process": one.process, "period": one.period}
            if one.error:
                text = N_("the case of {process} for {period} could not be opened: {error}")
                _say(logging.WARNING, "not_opened", text, **values, error=one.error)
            elif one.case in seen:
                _say(logging.INFO, "opened", N_("{case}: opened for {period}"), case=one.case, **values)

    def _write_metrics(self) -> None:
        """Write the metrics; where that fails it is said, and no deadline waits for it."""
        if self.metrics_file is None:
            return
        try:
            metrics.write(self.metrics_file, self.counts)
        except OSError as error:
            if (said := error.strerror or type(error).__name__) != self._unwritten:
                text = N_("cannot write {path}: {detail}")
                _say(logging.WARNING, "metrics", text, path=str(self.metrics_file), detail=said)
            self._unwritten = said
        else:
            self._unwritten = ""


def run(worker: Worker) -> int | Exception:
    """Rounds until a signal, whose number is returned, or until what cannot mend itself, which is returned."""
    ends: SimpleQueue[int | Exception] = SimpleQueue()  # the one queue that a signal's handler may put something into
    scheduler = BackgroundScheduler(timezone=UTC)

    def ended(event: Any) -> None:
        # Only now may the job run again: while it runs, a time that has come would be passed over.
        if event.exception is not None:
            ends.put(event.exception)
        elif not worker.stopping:
            wait = max(event.retval - worker.clock(), timedelta())
            scheduler.modify_job("round", next_run_time=Clock.machine() + wait)

    def stop(number: int, _frame: Any) -> None:
        worker.stopping = True
        ends.put(number)

    scheduler.add_listener(ended, EVENT_JOB_EXECUTED | EVENT_JOB_ERROR)
    scheduler.add_job(
        worker.round,
        IntervalTrigger(seconds=worker.every.total_seconds()),
        id="round",
        next_run_time=Clock.machine(),
        misfire_grace_time=None,
        coalesce=True,
        max_instances=1,
    )
    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        scheduler.start()
        end = _until(ends, scheduler, worker)
        worker.stopping = True
        scheduler.shutdown(wait=False)  # it would wait for the round with locks that the end of the round asks for
        with worker.at_work:
            pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if worker.engine is not None:
        worker.engine.close()
    if not isinstance(end, Exception):
        _say(logging.INFO, "stopped", N_("stopped"))
    return end


def _until(ends: SimpleQueue[int | Exception], scheduler: BackgroundScheduler, worker: Worker) -> int | Exception:
    """What ends the worker. Meanwhile the scheduler is made to look at the wall clock every tick."""
    while True:
        try:
            return ends.get(timeout=min(worker.every, TICK).total_seconds())
        except Empty:
            if scheduler.get_job("round").next_run_time - Clock.machine() > worker.every:  # the clock was set back
                scheduler.modify_job("round", next_run_time=Clock.machine())
            scheduler.wakeup()


def _seen(engine: Engine, numbers: Sequence[str]) -> set[str]:
    return set(numbers) if engine.sees is None else engine.seen(numbers)


def _say(level: int, event: str, text: str, **values: Any) -> None:
    """One event of the log: `event` is stable and for programs, `text` a msgid whose places `values` fill."""
    log.log(level, text, extra={"event": event, "values": values})
