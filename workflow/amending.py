"""Publishing a calendar, and bringing every open case to it: preview, publish, one `Amend` per case.

    preview(engine, clock, digest, now)      every due date that would move, before anything is written
    publish(engine, text, ..., why)          the newest from now on; `amended` still points at the one before
    behind(connection)                       whether cases may still have to be brought to the newest
    bring(engine, officer, clock)            an `Amend` for each open case, each in its own transaction

Killed half-way, what was amended is amended, and `behind` stays true: the same command goes on, because a case that
is where the newest calendar puts it gives no event. Only when every case was brought to it does `amended` point at
the newest. Looks are short: no lock is held while somebody reads a preview.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, bindparam, func, select

from states.calendar import Calendar
from states.case import Case, Duty
from states.commands import Amend, Office
from states.decide import decide
from states.errors import Refused
from states.values import Value
from states.worktime import WorkTime
from workflow import register, rulebook, store
from workflow.engine import Engine, whole
from workflow.errors import BrokenCase, Busy, Damaged, NoSpace
from workflow.pointers import alone, newest, point
from workflow.reasons import kept
from workflow.tables import IS_OPEN, calendars, cases, duties

BATCH = 200  # cases read in one look
JUST_OPENED = timedelta(hours=1)
"""An opening that was under way when a calendar was published is done, or undone, long before this has passed."""
AMENDED = "amended"
"""The pointer to the calendar that every open case has been brought to; missing: the one of the beginning."""

_IS_OPEN = duties.c.status == "open"
_CASES = (
    select(duties.c.case)
    .where(_IS_OPEN, duties.c.case > bindparam("after"))
    .group_by(duties.c.case)
    .order_by(duties.c.case)
    .limit(BATCH)
)
_JUST_OPENED = select(cases.c.number).where(IS_OPEN, cases.c.opened_at >= bindparam("since")).order_by(cases.c.number)
_HOW_MANY = select(func.count(duties.c.case.distinct())).where(_IS_OPEN)
_PUBLISHED = select(calendars.c.name, calendars.c.published_at, calendars.c.body).where(
    calendars.c.digest == bindparam("digest")
)


class Move(Value, frozen=True):
    """A due instant that a calendar moves, or makes firm or provisional: the duty as it is, and what it becomes."""

    case: str
    process: str
    duty: Duty
    due_at: datetime
    provisional: bool

    @property
    def moves(self) -> bool:
        """Whether the instant itself moves."""
        return self.due_at != self.duty.due_at


class Preview(Value, frozen=True):
    """What a calendar would move; `beyond` are the cases with a due date it does not reach, `broken` cannot be read.

    `unknown` is how many due dates stay because their history does not say how they were counted: those of before
    that was kept.
    """

    moves: tuple[Move, ...] = ()
    beyond: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    unknown: int = 0


class Brought(Value, frozen=True):
    """One case that was brought to the newest calendar: its duties that changed; or why it was not."""

    case: str
    duties: tuple[str, ...] = ()
    error: str = ""


class InForce(Value, frozen=True):
    """The newest calendar as it was published; `behind`: cases may still have to be brought to it."""

    digest: str
    name: str
    published_at: datetime
    calendar: Calendar
    behind: bool


def in_force(engine: Engine) -> InForce:
    """The newest calendar. Raises `Damaged`."""
    with engine.database.reading() as connection:
        digest = rulebook.office(connection).calendar
        row = connection.execute(_PUBLISHED, {"digest": digest}).one()
        calendar = msgspec.json.decode(row.body, type=Calendar)
        return InForce(
            digest=digest, name=row.name, published_at=row.published_at, calendar=calendar, behind=behind(connection)
        )


def behind(connection: Connection) -> bool:
    """Whether some case may still count over an older calendar than the newest."""
    now = newest(connection)
    return now.get(AMENDED, now.get("calendar")) != now.get("calendar")


def how_many(engine: Engine) -> int:
    """How many cases have a duty whose time runs."""
    with engine.database.reading() as connection:
        count: int = connection.execute(_HOW_MANY).scalar_one()
    return count


def preview(engine: Engine, clock: WorkTime, digest: str, now: datetime) -> Iterator[Preview]:
    """What the calendar `digest` would move, case by case; nothing is written."""
    now = whole(now)
    after = ""
    while True:
        with engine.database.reading() as connection:
            numbers = connection.execute(_CASES, {"after": after}).scalars().all()
            found = [_previewed(connection, number, clock, digest, now) for number in numbers]
        yield from found
        if not numbers:
            return
        after = numbers[-1]


def gathered(previews: Iterator[Preview]) -> Preview:
    """All previews as one."""
    found = list(previews)
    return Preview(
        moves=tuple(move for one in found for move in one.moves),
        beyond=tuple(case for one in found for case in one.beyond),
        broken=tuple(case for one in found for case in one.broken),
        unknown=sum(one.unknown for one in found),
    )


def publish(engine: Engine, text: bytes, name: str, calendar: Calendar, now: datetime, why: register.Why) -> None:
    """Make `calendar`, which `text` states, the newest, and write down who did so and why."""
    with engine.database.writing(now) as connection:
        alone(connection, "calendar")
        before = newest(connection)
        if AMENDED not in before:
            point(connection, AMENDED, before["calendar"])
        digest = rulebook.publish_calendar(connection, text, name, calendar, whole(now))
        if digest != before["calendar"]:
            what = {"digest": digest, "before": before["calendar"]}
            register.note(connection, "calendar_published", f"calendar/{name}", why, what)


def bring(engine: Engine, officer: str | None, clock: Callable[[], datetime]) -> Iterator[Brought]:
    """Amend every open case to the newest calendar, one transaction each. Raises `Busy`, `NoSpace`, `Damaged`.

    `clock` is read for each case: all of them may take hours. A case that cannot be amended is told with its error, and
    the others go on; then cases are still behind.
    """
    with engine.database.reading() as connection:
        wanted = newest(connection)["calendar"]
    since = clock() - JUST_OPENED
    failed: set[str] = set()
    after = ""
    while True:
        with engine.database.reading() as connection:
            numbers = connection.execute(_CASES, {"after": after}).scalars().all()
            last = not numbers
            if last:  # what was being opened while this went on
                numbers = connection.execute(_JUST_OPENED, {"since": since}).scalars().all()
        for number in numbers:
            if number in failed:
                continue
            one = _brought(engine, number, officer, clock())
            if one.error:
                failed.add(number)
            yield one
        if last:
            break
        after = numbers[-1]
    if not failed:
        with engine.database.writing(clock()) as connection:
            alone(connection, "calendar")
            if newest(connection)["calendar"] == wanted:  # else somebody published another one meanwhile
                point(connection, AMENDED, wanted)


def _previewed(connection: Connection, number: str, clock: WorkTime, digest: str, now: datetime) -> Preview:
    try:
        case = store.load_case(connection, number)
    except BrokenCase:
        return Preview(broken=(number,))
    office = replace(rulebook.office(connection, case.edition), clock=clock, calendar=digest)
    unknown = sum(duty.status == "open" and duty.counted is None for duty in case.alive)
    try:
        return Preview(moves=tuple(_moves(office, case, now)), unknown=unknown)
    except Refused:  # only a calendar that does not reach far enough refuses an amendment
        return Preview(beyond=(number,))


def _moves(office: Office, case: Case, now: datetime) -> Iterator[Move]:
    after = decide(office, case, Amend(), now).case
    for duty in case.alive:
        anew = after.duties[duty.id]
        if (anew.due_at, anew.provisional) != (duty.due_at, duty.provisional):
            yield Move(
                case=case.case, process=case.process, duty=duty, due_at=anew.due_at, provisional=anew.provisional
            )


def _brought(engine: Engine, number: str, officer: str | None, now: datetime) -> Brought:
    try:
        outcome = engine.submit(number, Amend(officer=officer), now)
    except (Busy, NoSpace, Damaged):
        raise
    except Exception as error:  # one bad case does not keep the others from their due dates
        return Brought(case=number, error=kept(error))
    return Brought(case=number, duties=tuple(moved.duty for event in outcome.events for moved in event.moved))
