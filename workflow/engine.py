"""One command, one case, one transaction: load, decide, save, commit. Sending comes afterwards.

    engine.open(command, now)              engine.submit(number, command, now, if_version)
    engine.number("VV-7", now)             which case is meant
    engine.look(number)                    a case, and the office it is judged by

On any exception nothing was written. `states.decide` is the only thing here that knows a rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, func, select

from states.case import Case, Event
from states.commands import Act, Amend, Command, Erase, Join, Office, Open, Outcome
from states.decide import decide
from states.errors import N_
from states.worktime import WorkTime
from workflow import attachments, calendar, requests, rulebook, store
from workflow.database import Database, open_database
from workflow.database.prepared import answers, together
from workflow.errors import NotFound, UsageError
from workflow.grounds import asking, grounds
from workflow.guarding import scoped
from workflow.identity import Who
from workflow.knowing import forget, known
from workflow.sight import Sees, Sight, seen
from workflow.tables import cases, counters

NONE: Mapping[str, bytes] = {}
"""The bytes of no files."""
_REFERENCE = re.compile(r"(?:([A-Za-z]{1,5})-)?(?:(\d{4})-)?(\d{1,6})", re.ASCII)
_PREFIXES = select(counters.c.prefix).where(counters.c.year == bindparam("year")).order_by(counters.c.prefix)
_COUNT = Sight(select(func.count()).select_from(cases), cases.c.number)


class Engine:
    """The engine over one database: an open one, or where it is. Raises what `open_database` raises."""

    def __init__(self, database: Database | Path | str) -> None:
        self.database = database if isinstance(database, Database) else open_database(database)
        self.who: Who | None = None

    @property
    def practice(self) -> bool:
        """Whether anybody may play any agency, at any time."""
        return self.database.practice

    @property
    def sees(self) -> Sees:
        """The agencies whose cases may be seen, see `sight`."""
        return self.who.sees if self.who is not None else None

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    # ---- commands -------------------------------------------------------------------------------

    def open(self, command: Open, now: datetime, bodies: Mapping[str, bytes] = NONE) -> Outcome:
        """Open a case under the newest edition; its number is drawn in the same transaction.

        `command.case` is ignored; `bodies` are the bytes of its files, by SHA-256. A request that was done already
        opens nothing: its outcome is that of then. Raises `Refused` (and then no number is used up),
        `UsageError`, `NotAllowed`.
        """
        clock, now = now, whole(now)
        with self.database.writing(clock) as connection:
            (found,) = answers(connection, asking("", command))
            on = grounds(found)
            if done := requests.known(connection, on.done, command, ""):
                return done
            office = rulebook.office(connection, newest=on.newest)
            process = office.ruleset.processes.get(command.process)
            if process is None:
                raise UsageError(N_("there is no process {name}"), name=command.process)
            given, command = command, scoped(command, process)
            number = store.next_number(connection, process.prefix, office.clock.year_of(now))
            signed = self._signed(office, msgspec.structs.replace(command, case=number), now)
            outcome = decide(office, None, signed, now)
            with together(connection):
                store.save(connection, office, None, outcome)
                requests.note(connection, given, "", outcome)
            attachments.put(connection, outcome.events, bodies)
        return outcome

    def submit(
        self,
        number: str,
        command: Command,
        now: datetime,
        if_version: int | None = None,
        bodies: Mapping[str, bytes] = NONE,
    ) -> Outcome:
        """Run one command on the case `number`, judged as the case is now.

        `if_version` is the version the caller saw: raises `Conflict` if the case has moved on since. `bodies`
        are the bytes of the command's files, by SHA-256. A request that was done already is not done again: its
        outcome is that of then.
        Raises `Refused`, `NotAllowed`, `NotFound`, `Busy`, `NoSpace`, `Damaged`.
        """
        clock, now = now, whole(now)
        with self.database.writing(clock) as connection:
            if isinstance(command, Act):
                self._must_see(connection, number)
            held, (found,) = store.hold(connection, number, asking(number, command))
            case, on = held.case, grounds(found)
            if done := requests.known(connection, on.done, command, number):
                return done
            if if_version is not None and case.version != if_version:
                raise store.moved_on(connection, number)
            office = rulebook.office(connection, case.edition, on.newest)
            if isinstance(command, Join):
                self._must_see(connection, command.link.case)
            ready = known(connection, number, office.process(case), self._signed(office, command, now))
            office, ready = _judged_by(connection, office, ready)
            outcome = decide(office, case, ready, now)
            if isinstance(command, Erase):  # fewer texts are left
                outcome = forget(connection, outcome)
                requests.forget(connection, number)
            else:
                held = held._replace(texts=on.texts)
            with together(connection):
                store.save(connection, office, held, outcome)
                requests.note(connection, command, number, outcome)
            attachments.put(connection, outcome.events, bodies)
        return outcome

    def rehearse(self, number: str, command: Command, now: datetime) -> Outcome:
        """What `command` would come to now. Nothing is written, and nobody is asked who they are. Raises `Refused`."""
        with self.database.reading() as connection:
            case = store.load_case(connection, number)
            office = rulebook.office(connection, case.edition)
            ready = known(connection, number, office.process(case), command)
            office, ready = _judged_by(connection, office, ready)
            return decide(office, case, ready, whole(now))

    # ---- looking --------------------------------------------------------------------------------

    def look(self, number: str) -> tuple[Office, Case]:
        """A case and the office it is judged by, as they are now. Raises `NotFound`."""
        with self.database.reading() as connection:
            self._must_see(connection, number)
            case = store.load_case(connection, number)
            return rulebook.office(connection, case.edition), case

    def case(self, number: str) -> Case:
        """The case `number` as it is now. Raises `NotFound`."""
        with self.database.reading() as connection:
            self._must_see(connection, number)
            return store.load_case(connection, number)

    def history(self, number: str) -> tuple[Office, list[Event]]:
        """Every event of a case, in order, and the office to read them by. Raises `NotFound`."""
        with self.database.reading() as connection:
            self._must_see(connection, number)
            case = store.load_case(connection, number)
            return rulebook.office(connection, case.edition), store.load_history(connection, number)

    def record(self, number: str) -> list[tuple[Event, str]]:
        """Every event of a case with its hash, in order. Raises `NotFound`."""
        with self.database.reading() as connection:
            self._must_see(connection, number)
            store.load_case(connection, number)
            return store.load_record(connection, number)

    def calendars(self, digests: Iterable[str]) -> dict[str, WorkTime]:
        """Published calendars by their digests."""
        with self.database.reading() as connection:
            return {digest: calendar.load(connection, digest) for digest in dict.fromkeys(digests)}

    def office(self) -> Office:
        """The office new cases open under: the newest edition."""
        with self.database.reading() as connection:
            return rulebook.office(connection)

    def number(self, text: str, now: datetime) -> str:
        """The case that `text` means: `7`, `VV-7` (this year's) or `VV-2022-0007`.

        Raises `NotFound` when there is none, or several.
        """
        found = _REFERENCE.fullmatch(text.strip())
        if found is None:
            raise store.unknown(text)
        prefix, year, last = found.groups()
        with self.database.reading() as connection:
            of = int(year) if year else rulebook.office(connection).clock.year_of(now)
            known = _numbers(connection, prefix.upper() if prefix else None, of, int(last), self.sees)
        if len(known) == 1:
            return known[0]
        if not known:
            raise store.unknown(text)
        raise NotFound(N_("{case} may be: {names}"), N_("write the number out"), case=text, names=", ".join(known))

    def seen(self, numbers: Iterable[str]) -> set[str]:
        """Those of `numbers` that whoever is at work may see."""
        with self.database.reading() as connection:
            return {number for number in numbers if seen(connection, number, self.sees)}

    def count(self) -> int:
        """How many cases may be seen."""
        with self.database.reading() as connection:
            count: int = connection.execute(*_COUNT.of(self.sees, {})).scalar_one()
        return count

    def _must_see(self, connection: Connection, number: str) -> None:
        """Raises `NotFound` for a case that is hidden from whoever is at work, as for one that is not there."""
        if self.sees is not None and not seen(connection, number, self.sees):
            raise store.unknown(number)

    def _signed(self, office: Office, command: Command, now: datetime) -> Any:
        """`command` with the officer who types it, and their agency where it is another's act."""
        if self.who is None or not isinstance(command, Act):
            return command
        return self.who.signed(office, command, now)


def _judged_by(connection: Connection, office: Office, command: Command) -> tuple[Office, Command]:
    """Who takes a case over to another edition is judged by that one, and says what the case was under."""
    if not isinstance(command, Amend) or command.edition is None:
        return office, command
    old = msgspec.structs.replace(command, old=office.ruleset)
    return rulebook.office(connection, command.edition), old


def _numbers(connection: Connection, prefix: str | None, year: int, last: int, sees: Sees) -> list[str]:
    prefixes = [prefix] if prefix else list(connection.execute(_PREFIXES, {"year": year}).scalars())
    numbers = [f"{prefix}-{year}-{last:04d}" for prefix in prefixes]
    return [number for number in numbers if seen(connection, number, sees)]


def whole(now: datetime) -> datetime:
    """`now` to the second, as instants are kept and shown. Earlier, so that nothing happens too soon."""
    return now.replace(microsecond=0)
