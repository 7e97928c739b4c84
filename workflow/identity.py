"""Who is at the keyboard: the account under which the command runs, never an option.

    identity(database)               the login, as the register knows officers by
    known(database, now)             who that is in the register, and what they may see

With an SQLite file it is the account of the operating system; under sudo the one who called sudo. Only root
is believed when it says who that was: everybody else could write anything into their environment.

In a practice database anybody plays any agency. In a real one an officer acts for one agency. What another
agency did is recorded for it where the rules say so (`states.standing`), and the record says by whom.
"""

from __future__ import annotations

import os
from datetime import datetime
from typing import TypeVar

import msgspec
from sqlalchemy import Connection

from states.commands import Act, Office
from states.errors import N_
from states.roster import Officer, Roster
from states.standing import missing
from states.values import Value
from workflow import roster, rulebook
from workflow.database import Database, login_of
from workflow.errors import NotAllowed

AnyAct = TypeVar("AnyAct", bound=Act)


class Who(Value, frozen=True):
    """Somebody at work. `sees` are the codes whose cases they see, None for all; see `sight`.

    `officer` is None in a practice database, where anybody plays any agency, and for who only administers;
    `administrators` are those to turn to.
    """

    login: str
    practice: bool
    officer: Officer | None = None
    admin: bool = False
    sees: tuple[str, ...] | None = None
    administrators: str = ""

    @property
    def agency(self) -> str | None:
        """The agency whose act it is where nothing else is said."""
        return self.officer.agency if self.officer is not None else None

    def signed(self, office: Office, act: AnyAct, now: datetime) -> AnyAct:
        """`act` with who types it, and for whom they work where it is another agency's act.

        Raises `NotAllowed` for somebody who acts for no agency.
        """
        if self.practice:
            return msgspec.structs.replace(act, officer=self.login)
        if self.agency is None:
            raise NotAllowed(
                N_("{login} administers the register and acts for no agency"),
                N_("an administrator enters officers: phoihop officer add; administrators: {names}"),
                login=self.login,
                names=self.administrators,
            )
        own = act.by in office.ours(self.agency, now)
        return msgspec.structs.replace(act, officer=self.login, recorded_by=None if own else self.agency)

    def must_administer(self, text: str = N_("only an administrator may change the register")) -> None:
        """Raises `NotAllowed`, saying `text`, unless they may change the register, and what else is for all."""
        if not (self.practice or self.admin):
            raise NotAllowed(
                text,
                N_("administrators: {names}"),
                names=self.administrators,
            )

    def must_see_all(self) -> None:
        """Raises `NotAllowed` unless no case is hidden from them, or they administer the database."""
        if not (self.practice or self.admin or self.sees is None):
            raise NotAllowed(
                N_("this is for who sees every case, and for administrators"),
                N_("administrators: {names}"),
                names=self.administrators,
            )


def identity(database: Database) -> str:
    """The login of whoever runs this command on `database`."""
    with database.reading() as connection:
        return login_on(connection)


def login_on(connection: Connection) -> str:
    """The login of whoever is connected: the server's, else the account of the operating system."""
    return login_of(connection) or account()


def known(database: Database, now: datetime) -> Who:
    """Who is at work on `database` at `now`. Raises `NotAllowed` where the register does not know them."""
    login = identity(database)
    if database.practice:
        return Who(login=login, practice=True, admin=True)
    with database.reading() as connection:
        found = roster.read(connection)
        office = rulebook.office(connection)
    day = office.clock.local_date(now)
    officer = found.known(login, day)
    administrators = _administrators(found, office, now)
    if officer is None:
        raise NotAllowed(
            N_("{login} is no officer of this database"),
            N_("administrators: {names}"),
            login=login,
            names=administrators,
        )
    admin = any(one.admin for one in found.officers if one.login == login and one.serves(day))
    if officer.agency is not None and (ended := missing(office, officer.agency, now)) is not None and not admin:
        # Whether they go on in the agency that took its place is not for the program to say.
        raise NotAllowed(ended.text, N_("administrators: {names}"), **ended.values, names=administrators)
    if officer.agency is None or office.acting(officer.agency, now) != officer.agency:
        return Who(login=login, practice=False, admin=admin, sees=(), administrators=administrators)
    return Who(
        login=login,
        practice=False,
        officer=officer,
        admin=admin,
        sees=_sees(office, officer.agency, now),
        administrators=administrators,
    )


def _sees(office: Office, agency: str, now: datetime) -> tuple[str, ...] | None:
    found = office.agencies.get(agency)
    if found is not None and (found.body or found.sees_all):
        return None
    return office.ours(agency, now)


def _administrators(found: Roster, office: Office, now: datetime) -> str:
    day = office.clock.local_date(now)
    return ", ".join(f"{one.name} ({one.login})" for one in found.officers if one.admin and one.serves(day))


def account() -> str:
    """The account of the operating system; under sudo, whose sudo it is."""
    try:
        import pwd
    except ImportError:  # not a Unix: the one environment variable its own tools go by
        return os.environ.get("USERNAME", "?").lower()
    number = os.getuid()
    called = os.environ.get("SUDO_UID", "")
    if os.geteuid() == 0 and called.isdecimal():
        number = int(called)
    try:
        return pwd.getpwuid(number).pw_name
    except (KeyError, OverflowError):
        return str(number)
