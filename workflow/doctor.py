"""What is not as the plan and this storage need it: checks of the register, the calendar, the sweep, the file.

    for finding in examine(engine, now): ...

Each check is one function over what was read once, and gives findings: a code, whom or what it is about, a
sentence and the way out. An `error` is something without which duties go unheard; a `warning` will be one, or
is the office's own to judge. Nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import func, select

from states.agencies import acting, exists
from states.commands import Office
from states.errors import N_
from states.roster import Officer, Post, Roster, reached
from states.ruleset import Agency
from states.values import Value
from workflow import roster, rulebook
from workflow.amending import behind
from workflow.engine import Engine
from workflow.heartbeat import Heartbeat, last_sweep, missing
from workflow.tables import IS_OPEN, cases, failures, openings, parties
from workflow.text import slug

AHEAD = 14  # days: how far ahead leave and duty rosters are looked at
HORIZON, NEAR = timedelta(days=365), timedelta(days=90)
UNDECREED = timedelta(days=60)

_HELD = select(parties.c.agency).join(cases, cases.c.number == parties.c.case).where(IS_OPEN).distinct()
_FAILING = select(func.count()).select_from(failures)
_UNOPENED = (
    select(openings.c.process, openings.c.period, openings.c.error)
    .where(openings.c.error.is_not(None))
    .order_by(openings.c.due_at, openings.c.process)
)
_POSTS: tuple[Post, ...] = ("leader", "focal_point")
Level = Literal["error", "warning"]


class Finding(Value, frozen=True):
    """One thing that is not as it should be. `text` and `hint` are msgids, `values` fills their places."""

    code: str
    level: Level
    subject: str
    text: str
    hint: str
    values: dict[str, Any] = {}


@dataclass(frozen=True)
class Seen:
    """Everything the checks look at, read once."""

    office: Office
    roster: Roster
    today: date
    now: datetime
    swept: Heartbeat | None
    failing: int
    unopened: tuple[Any, ...]
    held: frozenset[str]
    unsafe: tuple[tuple[str, str], ...]
    practice: bool
    behind: bool

    @property
    def staffed(self) -> list[tuple[Agency, tuple[Officer, ...]]]:
        """The agencies that must name people, with those in office today. A practice register may name none."""
        if self.practice and not any(one.agency for one in self.roster.officers):
            return []
        found = [one for one in self.office.agencies.values() if exists(one, self.today) and not one.body]
        return [(agency, self.roster.of(agency.code, self.today)) for agency in found]


def examine(engine: Engine, now: datetime) -> list[Finding]:
    """Everything found, errors first. Raises what reading raises."""
    with engine.database.reading() as connection:
        office = rulebook.office(connection)
        seen = Seen(
            office=office,
            roster=roster.read(connection),
            today=office.clock.local_date(now),
            now=now,
            swept=last_sweep(engine),
            failing=connection.execute(_FAILING).scalar_one(),
            unopened=tuple(connection.execute(_UNOPENED).all()),
            held=frozenset(connection.execute(_HELD).scalars()),
            unsafe=tuple(engine.database.unsafe(connection)),
            practice=engine.practice,
            behind=behind(connection),
        )
    found = [finding for check in CHECKS for finding in check(seen)]
    return sorted(found, key=lambda finding: finding.level != "error")


# ---- the register -------------------------------------------------------------------------------


def leaders(seen: Seen) -> Iterator[Finding]:
    """Exactly one leader in charge per agency (III.3 b1), of the rank the plan says."""
    for agency, staff in seen.staffed:
        found = [one for one in staff if one.leader]
        if len(found) != 1:
            text = N_("{agency} has no leader in charge") if not found else N_("{agency} has {count} leaders in charge")
            code = "no_leader" if not found else "several_leaders"
            yield _people(code, agency, text, count=len(found))
        ranks = {slug(rank) for rank in agency.leader_rank.values()}
        for one in found:
            if ranks and slug(one.rank) not in ranks:
                yield Finding(
                    code="rank",
                    level="warning",
                    subject=one.login,
                    text=N_("{name}, leader in charge of {agency}, is not entered as: {rank}"),
                    hint=N_("enter the rank: phoihop officer end, then officer add --rank"),
                    values={"name": one.name, "agency": agency.code, "rank": next(iter(agency.leader_rank.values()))},
                )


def focal_points(seen: Seen) -> Iterator[Finding]:
    """One focal point or more per agency, of whom exactly one is turned to first (III.3 b2)."""
    for agency, staff in seen.staffed:
        firsts = [one for one in staff if one.first_contact]
        if not any(one.focal_point for one in staff):
            yield _people("no_focal_point", agency, N_("{agency} has no focal point"))
        elif len(firsts) != 1:
            text = N_("{agency} has {count} first contacts, and needs one")
            yield _people("first_contact", agency, text, count=len(firsts))


def _people(code: str, agency: Agency, text: str, **values: Any) -> Finding:
    hint = N_("enter who it is: phoihop officer add LOGIN --agency {code}")
    return Finding(
        code=code,
        level="error",
        subject=agency.code,
        text=text,
        hint=hint,
        values={"agency": agency.code, "code": agency.code, **values},
    )


def deputies(seen: Seen) -> Iterator[Finding]:
    """Whoever is away in the days to come is answered for by somebody who is there."""
    for agency, _staff in seen.staffed:
        for post in _POSTS:
            for day in _days(seen, working=True):
                held = any(
                    one.leader if post == "leader" else one.focal_point for one in seen.roster.of(agency.code, day)
                )
                if held and reached(seen.roster, agency.code, post, day, working=True) is None:
                    yield Finding(
                        code="no_deputy",
                        level="error",
                        subject=agency.code,
                        text=N_("on {day} nobody answers for the leader in charge of {agency}")
                        if post == "leader"
                        else N_("on {day} nobody answers for the focal point of {agency}"),
                        hint=N_("name a deputy who is there: phoihop officer away"),
                        values={"agency": agency.code, "day": day},
                    )
                    break


def duty_rosters(seen: Seen) -> Iterator[Finding]:
    """Days off to come have somebody on duty: what is counted by the clock runs through them."""
    for agency, staff in seen.staffed:
        bare = [day for day in _days(seen, working=False) if seen.roster.shift(agency.code, day) is None]
        if staff and bare:
            yield Finding(
                code="no_duty",
                level="warning",
                subject=agency.code,
                text=N_("{agency} has nobody on duty on {count} days off, the first on {day}"),
                hint=N_("enter the duty roster: phoihop officer roster {code} --rows FILE.csv"),
                values={"agency": agency.code, "code": agency.code, "count": len(bare), "day": bare[0]},
            )


def _days(seen: Seen, *, working: bool) -> list[date]:
    clock = seen.office.clock
    ahead = (seen.today + timedelta(days=n) for n in range(AHEAD))
    return [day for day in ahead if clock.first <= day <= clock.last and clock.is_working(day) == working]


def successors(seen: Seen) -> Iterator[Finding]:
    """Somebody acts for every agency that still takes part in an open case."""
    for code in sorted(seen.held):
        if acting(seen.office.agencies, code, seen.today) is None:
            yield Finding(
                code="no_successor",
                level="error",
                subject=code,
                text=N_("{ended} has ended and takes part in open cases: nobody acts for it"),
                hint=N_("say who takes its place: phoihop agency merge {code} --into AGENCY"),
                values={"ended": code, "code": code},
            )


def administrators(seen: Seen) -> Iterator[Finding]:
    """Somebody may change the register."""
    if not seen.practice and not any(one.admin and one.serves(seen.today) for one in seen.roster.officers):
        yield Finding(
            code="no_administrator",
            level="error",
            subject="register",
            text=N_("nobody may change the register any more"),
            hint=N_("restore the last good copy of the file"),
        )


# ---- time, and where it is kept -----------------------------------------------------------------


def calendar(seen: Seen) -> Iterator[Finding]:
    """The calendar reaches as far as deadlines may, is decreed in time, and every open case is counted over it."""
    last = seen.office.clock.last
    if last - seen.today < HORIZON:
        yield Finding(
            code="calendar",
            level="error" if last - seen.today < NEAR else "warning",
            subject="calendar",
            text=N_("the calendar ends on {day}: what falls due later is refused"),
            hint=N_("publish a calendar with the years to come"),
            values={"day": last},
        )
    decreed = seen.office.clock.decreed_until
    if decreed < last and decreed - seen.today < UNDECREED:
        yield Finding(
            code="not_decreed",
            level="warning",
            subject="calendar",
            text=N_("the days off of {year} are provisional, as are the due dates in it"),
            hint=N_("when they are decreed: phoihop calendar load FILE"),
            values={"year": decreed.year + 1},
        )
    if seen.behind:
        yield Finding(
            code="calendar_behind",
            level="error",
            subject="calendar",
            text=N_("a calendar was published, and not every open case is counted over it yet"),
            hint=N_("finish it: phoihop calendar load FILE, with the same file"),
        )


def sweeps(seen: Seen) -> Iterator[Finding]:
    """Somebody sweeps: without it nobody is reminded of anything."""
    hint = N_("keep a worker running, or let a timer sweep: docs/worker.md")
    if seen.swept is None:
        text = N_("no sweep was ever made: nobody is reminded of anything")
        yield Finding(code="no_sweep", level="error", subject="sweep", text=text, hint=hint)
    elif (said := missing(seen.swept, seen.now, practice=seen.practice)) is not None:
        if said.code == "sweep_ahead":
            hint = N_("set the clock that is wrong, then: phoihop sweep")
        yield Finding(code=said.code, level="error", subject="sweep", text=said.text, hint=hint, values=said.values)
    if seen.failing:
        yield Finding(
            code="failing",
            level="error",
            subject="sweep",
            text=N_("the sweep fails on {count} duties"),
            hint=N_("see which: phoihop stuck"),
            values={"count": seen.failing},
        )


def unopened(seen: Seen) -> Iterator[Finding]:
    """The cases that the rules open by themselves are opened."""
    for row in seen.unopened:
        yield Finding(
            code="not_opened",
            level="error",
            subject=f"{row.process} {row.period}",
            text=N_("the case of {process} for {period} could not be opened: {error}"),
            hint=N_("put the rules or the register right, then: phoihop sweep"),
            values={"process": row.process, "period": row.period, "error": row.error},
        )


def storage(seen: Seen) -> Iterator[Finding]:
    """The database does what the record relies on."""
    for setting, value in seen.unsafe:
        yield Finding(
            code="storage",
            level="error",
            subject=setting,
            text=N_("the database has {setting} = {value}, which may lose or leak what is written"),
            hint=N_("see docs/interface.md, Where the data is"),
            values={"setting": setting, "value": value},
        )


CHECKS: tuple[Callable[[Seen], Iterator[Finding]], ...] = (
    leaders, focal_points, deputies, duty_rosters, successors, administrators, calendar, sweeps, unopened, storage,
)  # fmt: skip
