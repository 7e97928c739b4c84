"""One pass over what is due: bounded, oldest first, and one bad case never stops the rest.

    sweep(engine, now, limit)        let it happen, and leave a heartbeat
    due_now(engine, now), next_due(engine, after)

After an outage a duty climbs one rung per sweep. A duty whose `Expire` fails is put off, twice as long each time, and
shows among the stuck; the rest go on. Trouble of the database itself (busy, full, damaged) is nobody's case: it ends
the sweep, and what was not reached is still due. How many of them share a transaction is for `workflow.batch` to say.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from time import monotonic

from sqlalchemy import bindparam, func, insert, select, update

from states.commands import Expire
from states.values import Value
from workflow import batch, heartbeat, store
from workflow.batch import Due, Result, Swept
from workflow.engine import Engine, whole
from workflow.errors import Busy, Unreachable
from workflow.heartbeat import Heartbeat
from workflow.tables import IS_ARMED, duties, failures

BATCH = 100
"""At most so many duties share a transaction."""
LONGEST = 60
"""Seconds after which a sweep takes up nothing more: its instant grows old, and a server refuses a late clock."""
RETRY = timedelta(minutes=5)
LONGEST_RETRY = timedelta(hours=6)

_NEXT = select(duties.c.next_at).where(IS_ARMED).order_by(duties.c.next_at).limit(1)
_NEXT_AFTER = _NEXT.where(duties.c.next_at > bindparam("after"))
_BACKLOG = select(func.count()).select_from(batch.DUE.limit(None).order_by(None).subquery())
_FAILING = select(func.count()).select_from(failures)
_THESE = (duties.c.case == bindparam("case"), duties.c.duty == bindparam("duty"))
_ALIVE = select(duties.c.duty).where(*_THESE)
_THIS = (failures.c.case == bindparam("b_case"), failures.c.duty == bindparam("b_duty"))
_ATTEMPTS = select(failures.c.attempts).where(*_THIS)
_FIRST_FAILURE = insert(failures)
_NEXT_FAILURE = (
    update(failures)
    .where(*_THIS)
    .values(attempts=bindparam("new_attempts"), error=bindparam("new_error"), retry_at=bindparam("new_retry_at"))
)


class SweepReport(Value, frozen=True):
    """What one sweep did, duty by duty, oldest first."""

    swept: tuple[Swept, ...] = ()
    more: bool = False  # it ended at its limit, or at its time: there may be more

    def _count(self, result: Result) -> int:
        return sum(one.result == result for one in self.swept)

    @property
    def due(self) -> int:
        return len(self.swept)

    @property
    def fired(self) -> int:
        return self._count("fired")

    @property
    def stale(self) -> int:
        return self._count("stale")

    @property
    def failed(self) -> tuple[str, ...]:
        """The numbers of the cases in which something failed."""
        return tuple(dict.fromkeys(one.due.case for one in self.swept if one.result == "failed"))


def sweep(
    engine: Engine, now: datetime, limit: int = BATCH, *, dry_run: bool = False, every: timedelta | None = None
) -> SweepReport:
    """Let everything due at `now` happen, and record that a sweep was made.

    At most `limit` duties, and nothing more is taken up after `LONGEST` seconds. `every` is how often whoever sweeps
    does so, for the heartbeat. With `dry_run` nothing is written: each is judged by itself, as if the others had not
    happened. Raises `Busy`, `NoSpace`, `Damaged`.
    """
    if dry_run:
        found = due_now(engine, now, limit)
        return SweepReport(swept=tuple(_rehearsed(engine, due, now) for due in found), more=len(found) == limit)
    swept: dict[tuple[str, str], Swept] = {}
    busy: Busy | None = None
    more, end = False, monotonic() + LONGEST
    while not (more := _take(engine, now, limit, swept, end)):
        # What somebody else has is waited for last. What was armed anew for an instant past is for the next sweep.
        left = next((due for due in due_now(engine, now, limit) if due.key not in swept), None)
        if left is None:
            break
        try:
            _keep(engine, batch.alone(engine, left, now), now, swept)
        except Unreachable:
            raise
        except Busy as error:
            busy = error
            break
    report = SweepReport(swept=tuple(sorted(swept.values(), key=lambda one: one.due.place)), more=more)
    _beat(engine, report, now, every)
    if busy is not None:
        raise busy
    return report


def due_now(engine: Engine, now: datetime, limit: int = BATCH) -> list[Due]:
    """The duties whose instant has come, oldest first. One put off after a failure waits for its retry."""
    with engine.database.reading() as connection:
        rows = connection.execute(batch.DUE, {"now": whole(now), "limit": limit}).all()
    return [Due(case=row.case, duty=row.duty, agency=row.agency, at=row.next_at) for row in rows]


def next_due(engine: Engine, after: datetime | None = None) -> datetime | None:
    """The earliest instant (after `after`) at which something is to happen, if any: what a worker waits for."""
    with engine.database.reading() as connection:
        asked = connection.execute(_NEXT) if after is None else connection.execute(_NEXT_AFTER, {"after": after})
        at: datetime | None = asked.scalar()
    return at


def waiting(engine: Engine, now: datetime) -> tuple[int, int]:
    """How many duties are due and have not fired, and how many were put off after a failure."""
    with engine.database.reading() as connection:
        due: int = connection.execute(_BACKLOG, {"now": whole(now)}).scalar_one()
        failing: int = connection.execute(_FAILING).scalar_one()
    return due, failing


def _take(engine: Engine, now: datetime, limit: int, swept: dict[tuple[str, str], Swept], end: float) -> bool:
    """Let what nobody else has happen, batch by batch. Returns whether it ended at `limit` or `end` (monotonic)."""
    place: batch.Place | None = batch.FIRST
    while place is not None:
        room = limit - len(swept)
        if room <= 0 or monotonic() > end:
            return True
        found, place = batch.claimed(engine, now, place, min(room, BATCH), swept)
        for one in found:
            _keep(engine, one, now, swept)
    return False


def _rehearsed(engine: Engine, due: Due, now: datetime) -> Swept:
    """What would become of one due duty."""
    try:
        outcome = engine.rehearse(due.case, Expire(duty=due.duty), now)
    except batch.TROUBLE:
        raise
    except Exception as error:
        return batch.failed(due, error)  # shown, not kept
    if not outcome.events:
        return Swept(due=due, result="stale")
    return Swept(due=due, result="fired", process=outcome.case.process, events=outcome.events)


def _keep(engine: Engine, one: Swept, now: datetime, swept: dict[tuple[str, str], Swept]) -> None:
    """Keep what became of a duty. A failure is tried again later, twice as late each time: it starves nobody."""
    if one.result == "failed":
        _put_off(engine, one, now)
    swept[one.due.key] = one


def _put_off(engine: Engine, failure: Swept, now: datetime) -> None:
    due, at, now = failure.due, now, whole(now)
    key = {"b_case": due.case, "b_duty": due.duty}
    with engine.database.writing(at) as connection:
        store.lock(connection, due.case)
        attempts = (connection.execute(_ATTEMPTS, key).scalar() or 0) + 1
        retry_at = later(now, attempts)
        if attempts > 1:
            changed = {"new_attempts": attempts, "new_error": failure.error, "new_retry_at": retry_at}
            connection.execute(_NEXT_FAILURE, key | changed)
        elif connection.execute(_ALIVE, {"case": due.case, "duty": due.duty}).first() is not None:
            row = {"case": due.case, "duty": due.duty, "since": now, "attempts": 1}
            connection.execute(_FIRST_FAILURE, {**row, "error": failure.error, "retry_at": retry_at})


def later(now: datetime, attempts: int) -> datetime:
    """When to try again what has failed `attempts` times."""
    first_waits: int = 2 ** min(attempts - 1, 7)  # 2 ** 7 of them are past the longest one
    return now + min(RETRY * first_waits, LONGEST_RETRY)


def _beat(engine: Engine, report: SweepReport, now: datetime, every: timedelta | None) -> None:
    failed = report.due - report.fired - report.stale
    seconds = None if every is None else int(every.total_seconds())
    counts = {"due": report.due, "fired": report.fired, "stale": report.stale, "failed": failed}
    heartbeat.record(engine, Heartbeat(at=whole(now), **counts, every=seconds), now)
