"""Who is there: posts that nobody holds, leave with deputies who may be away too, duty on some days off.

Staff(agencies, clerk, chance)      drawn once for a desk
staff.enter(database, at)           into the real register
staff.finds(post, at)               whether anybody is there, said in other words than the engine's
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date, datetime, timedelta

import msgspec

from states.roster import Leave, Officer, Shift
from tests.simulator.clerk import Clerk
from workflow import pointers, roster
from workflow.database import Database
from workflow.register import Why

FIRST, DAYS = date(2022, 3, 1), 150


class Staff:
    """The officers of each agency, by login, and when they are away or on duty."""

    def __init__(self, agencies: Iterable[str], clerk: Clerk, chance: random.Random) -> None:
        self.clerk = clerk
        self.officers: list[Officer] = []
        self.leaves: list[Leave] = []
        self.shifts: list[Shift] = []
        for code in agencies:
            self._draw(code, chance)

    def _draw(self, code: str, chance: random.Random) -> None:
        logins = [f"{code}.{n}" for n in range(4)]
        posts = (
            Officer(number=0, login="", name="", leader=True),
            Officer(number=0, login="", name="", deputy=True),
            Officer(number=0, login="", name="", focal_point=True, first_contact=True),
            Officer(number=0, login="", name="", focal_point=True),
        )
        for login, post in zip(logins, posts, strict=True):
            if chance.random() < 0.6:
                self.officers.append(msgspec.structs.replace(post, login=login, name=login, agency=code))
        here = [one.login for one in self.officers if one.agency == code]
        for login in here if len(here) > 1 else ():
            for _ in range(chance.randint(0, 2)):
                first = FIRST + timedelta(days=chance.randrange(DAYS))
                last = first + timedelta(days=chance.choice((0, 5, 40)))
                deputy = chance.choice([other for other in here if other != login])
                self.leaves.append(Leave(login=login, first=first, last=last, deputy=deputy))
        for n in range(DAYS):
            day = FIRST + timedelta(days=n)
            if here and not self.clerk.works(day) and chance.random() < 0.5:
                self.shifts.append(Shift(agency=code, day=day, login=chance.choice(here)))

    def enter(self, database: Database, at: datetime) -> None:
        """Write everybody into the register."""
        why = Why(officer="", at=at, reason="simulated")
        with pointers.changing(database, at) as connection:
            for officer in self.officers:
                roster.add(connection, officer, why)
            for leave in self.leaves:
                roster.away(connection, leave, why)
            roster.on_duty(connection, self.shifts, why)

    def finds(self, post: str, at: datetime, clerk: Clerk) -> bool:
        """Whether somebody answers at `post` (an agency, or its `.leader`) on the day of `at`."""
        code, day = post.removesuffix(".leader"), clerk.day(at)
        if not clerk.works(day):
            return any((shift.agency, shift.day) == (code, day) for shift in self.shifts)
        wanted = ("leader", "deputy") if post != code else ("focal_point",)
        holders = [o.login for o in self.officers if o.agency == code and any(getattr(o, role) for role in wanted)]
        return any(self._answers(login, day) for login in holders)

    def _answers(self, login: str, day: date) -> bool:
        """Whether that officer, or who stands in, or who stands in for that one, and so on, is there."""
        asked = set()
        while login not in asked:
            asked.add(login)
            leaves = [leave for leave in self.leaves if leave.login == login and leave.first <= day <= leave.last]
            if not leaves:
                return True
            login = leaves[-1].deputy or login
        return False
