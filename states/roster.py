"""Who is reached: the officers of each agency, who is away and for whom, who is on duty on days off.

    reached(roster, agency, post, day, working)      the officer who answers for a post on a day, or None

A post is an agency's leader in charge or its focal point. Somebody away is answered for by their deputy; on a
day off the duty roster alone says who is there. An officer is somebody in office, known by the login; of them
the register holds what the office itself publishes, and nothing private.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal

from states.values import Value

Post = Literal["leader", "focal_point"]


class Officer(Value, frozen=True):
    """Somebody who acts for `agency` from `since` until the day before `until`; without agency, an administrator.

    `leader`: the one leader in charge; `focal_point`: among those to turn to, `first_contact` before the others;
    `deputy`: stands in for a leader who is away and named nobody. `rank` is the office held, `email` the office's.
    """

    number: int
    login: str
    name: str
    agency: str | None = None
    since: date | None = None
    until: date | None = None
    admin: bool = False
    leader: bool = False
    focal_point: bool = False
    first_contact: bool = False
    deputy: bool = False
    rank: str = ""
    email: str = ""

    def serves(self, day: date) -> bool:
        """Whether this officer is in office on `day`."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


class Leave(Value, frozen=True):
    """`login` is away from `first` to `last`, both days included; `deputy` None takes an earlier word back."""

    login: str
    first: date
    last: date
    deputy: str | None = None


class Shift(Value, frozen=True):
    """On `day`, a day off, `login` is on duty for `agency`."""

    agency: str
    day: date
    login: str


class Roster(Value, frozen=True):
    """Everybody in the register. Of two leaves for the same day the later entry holds."""

    officers: tuple[Officer, ...] = ()
    leaves: tuple[Leave, ...] = ()
    shifts: tuple[Shift, ...] = ()

    def of(self, agency: str, day: date) -> tuple[Officer, ...]:
        """The officers in office in `agency` on `day`."""
        return tuple(one for one in self.officers if one.agency == agency and one.serves(day))

    def known(self, login: str, day: date) -> Officer | None:
        """Who is in office under `login` on `day`: as the officer of an agency, else as an administrator."""
        found = [one for one in self.officers if one.login == login and one.serves(day)]
        return next((one for one in found if one.agency is not None), found[0] if found else None)

    def leave(self, login: str, day: date) -> Leave | None:
        """The leave of `login` on `day`, if away."""
        last = next((one for one in reversed(self.leaves) if one.login == login and one.first <= day <= one.last), None)
        return last if last is not None and last.deputy is not None else None

    def shift(self, agency: str, day: date) -> Officer | None:
        """Who is on duty for `agency` on `day`."""
        logins = [one.login for one in self.shifts if one.agency == agency and one.day == day]
        return self.known(logins[0], day) if logins else None


def reached(roster: Roster, agency: str, post: Post, day: date, *, working: bool) -> Officer | None:
    """Who answers for `post` of `agency` on `day`; None: nobody. `working`: whether `day` is a working day."""
    if not working:
        return roster.shift(agency, day)
    for officer in _holders(roster, agency, post, day):
        present = _present(roster, officer, day)
        if present is not None:
            return present
    return None


def _holders(roster: Roster, agency: str, post: Post, day: date) -> Iterator[Officer]:
    """Who holds the post, and then who stands in for them, in that order."""
    staff = roster.of(agency, day)
    if post == "leader":
        yield from (one for one in staff if one.leader)
        yield from (one for one in staff if one.deputy)
    else:
        yield from (one for one in staff if one.focal_point and one.first_contact)
        yield from (one for one in staff if one.focal_point and not one.first_contact)


def _present(roster: Roster, officer: Officer, day: date) -> Officer | None:
    """`officer`, or whoever answers for them while they are away: a deputy may be away too."""
    asked: list[str] = []
    found: Officer | None = officer
    while found is not None and found.login not in asked:
        leave = roster.leave(found.login, day)
        if leave is None:
            return found
        asked.append(found.login)
        found = roster.known(leave.deputy or "", day)
    return None
