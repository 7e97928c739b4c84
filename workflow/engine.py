"""One command, one case, one transaction: load, decide, save, commit. Sending comes afterwards.

On any exception nothing was written. `states.decide` is the only thing here that knows a rule.
"""

from __future__ import annotations

import re
from datetime import datetime

import msgspec
from sqlalchemy import Connection, func, select

from states.case import Case, Event
from states.commands import Command, Office, Open, Outcome
from states.decide import decide
from states.errors import N_
from workflow import rulebook, store
from workflow.database import Database
from workflow.errors import NotFound, UsageError
from workflow.tables import cases

_SHORT = re.compile(r"(?:([A-Za-z]{1,5})-)?(?:(\d{4})-)?(\d{1,6})")


class Engine:
    """The engine over one database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def open(self, command: Open, now: datetime) -> Outcome:
        """Open a case under the current edition; its number is drawn in the same transaction.

        `command.case` is ignored. Raises `Refused` (and then no number is used up).
        """
        now = _whole(now)
        with self.database.writing() as connection:
            office = rulebook.office(connection)
            if command.process not in office.ruleset.processes:
                raise UsageError(N_("there is no process {name}"), name=command.process)
            prefix = office.ruleset.processes[command.process].prefix
            number = store.next_number(connection, prefix, office.clock.local_date(now).year)
            outcome = decide(office, None, msgspec.structs.replace(command, case=number), now)
            store.save(connection, office, None, outcome)
        return outcome

    def submit(self, number: str, command: Command, now: datetime, if_version: int | None = None) -> Outcome:
        """Run one command on the case `number`, judged as the case is now.

        `if_version` is the version the caller saw: raises `Conflict` if the case has moved on since.
        """
        now = _whole(now)
        with self.database.writing() as connection:
            case = store.load_case(connection, number)
            if if_version is not None and case.version != if_version:
                raise store.moved_on(connection, number)
            office = rulebook.office(connection, case.edition)
            outcome = decide(office, case, command, now)
            store.save(connection, office, case, outcome)
        return outcome

    def look(self, number: str) -> tuple[Office, Case]:
        """A case and the office it is judged by, as they are now."""
        with self.database.reading() as connection:
            case = store.load_case(connection, number)
            return rulebook.office(connection, case.edition), case

    def history(self, number: str) -> tuple[Office, list[Event]]:
        """Every event of a case, in order."""
        with self.database.reading() as connection:
            case = store.load_case(connection, number)
            return rulebook.office(connection, case.edition), store.load_history(connection, number)

    def office(self) -> Office:
        """The office of the current edition."""
        with self.database.reading() as connection:
            return rulebook.office(connection)

    def number(self, text: str, now: datetime) -> str:
        """The case that `text` means: `7`, `VV-7` (this year's) or `VV-2022-0007`. Raises `NotFound`."""
        with self.database.reading() as connection:
            return self._number(connection, text, now)

    def _number(self, connection: Connection, text: str, now: datetime) -> str:
        found = _SHORT.fullmatch(text.strip())
        if found is None:
            raise NotFound(N_("there is no case {case}"), N_("look for it: phoihop find TEXT"), case=text)
        prefix, year, last = found.groups()
        year = year or str(rulebook.office(connection).clock.local_date(now).year)
        pattern = f"{prefix.upper() if prefix else '%'}-{year}-{int(last):04d}"
        like = select(cases.c.number).where(cases.c.number.like(pattern))
        numbers: list[str] = list(connection.execute(like).scalars())
        if len(numbers) == 1:
            return numbers[0]
        if numbers:
            raise UsageError(N_("{case} may be: {names}"), case=text, names=numbers)
        raise NotFound(N_("there is no case {case}"), N_("look for it: phoihop find TEXT"), case=text)

    def count(self) -> int:
        """How many cases there are."""
        with self.database.reading() as connection:
            return connection.execute(select(func.count()).select_from(cases)).scalar_one()


def _whole(now: datetime) -> datetime:
    """Instants are kept to the second; a fraction would only make equal things differ."""
    return now.replace(microsecond=0)
