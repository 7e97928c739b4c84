"""Setting up a database: the file, the rules, the calendar, the register, in one transaction.

The only room of `workflow` that needs the loader, and with it YAML and pydantic: no daily command does.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from states.calendar import Calendar
from states.checks.named import without_calendar
from states.errors import N_
from states.loader import load_calendar, load_rules, read_marked
from states.marks import Marks
from states.rehearse import prove
from states.roster import Officer
from states.ruleset import Ruleset
from states.worktime import WorkTime
from workflow import identity, register, roster, rulebook
from workflow.database import create_database
from workflow.engine import Engine
from workflow.errors import NotFound
from workflow.shipped import shipped

LARGEST = 2_000_000  # bytes read of one file: above the loader's own limit, so that it is the loader who refuses


def set_up(location: str | Path, *, rules: Path, now: datetime, practice: bool) -> Engine:
    """A new database with its first edition (the file `rules`), that edition's calendar, and the register.

    In a real one whoever makes it is entered as its administrator.
    Raises `NotFound` or `BadFile` before anything is made; then what `create_database` raises.
    """
    text, ruleset = read_rules(rules)
    path = calendar_path(ruleset.calendar, rules.parent)
    days_text, days = read_calendar(path)

    def fill(connection: Connection) -> None:
        register.seed(connection, ruleset.agencies)
        rulebook.publish(connection, text, ruleset, now, identity.login_on(connection))
        rulebook.publish_calendar(connection, days_text, ruleset.calendar, days, now)
        if not practice:
            login = identity.login_on(connection)
            first = Officer(number=0, login=login, name=login, admin=True, since=WorkTime(days).local_date(now))
            roster.add(connection, first, register.Why(officer=login, at=now, reason="init"))

    return Engine(create_database(location, practice=practice, fill=fill))


def read_rules(path: Path) -> tuple[bytes, Ruleset]:
    """The text of a rules file and what it means; its calendar is there. Raises `NotFound`, `BadFile`."""
    text = _read(path)
    ruleset = load_rules(text, path.name)
    _must_have_calendar(path, text, ruleset)
    return text, ruleset


def proved_rules(path: Path) -> tuple[bytes, Ruleset, Marks]:
    """As `read_rules`, and every test the file carries comes out as it says, by the file's own calendar.

    The marks say where everything stands in the file, for what the register has to say about it.
    """
    text = _read(path)
    ruleset, marks = read_marked(text, path.name)
    _must_have_calendar(path, text, ruleset)
    if ruleset.tests:
        prove(ruleset, clock_of(ruleset, path), marks)
    return text, ruleset, marks


def clock_of(ruleset: Ruleset, path: Path) -> WorkTime:
    """The calendar that the rules file at `path` names. Raises `NotFound`, `BadFile`."""
    days = calendar_path(ruleset.calendar, path.parent)
    return WorkTime(load_calendar(_read(days), days.name))


def read_calendar(path: Path) -> tuple[bytes, Calendar]:
    """The text of a calendar file and what it states. Raises `NotFound`, `BadFile`."""
    text = _read(path)
    return text, load_calendar(text, path.name)


def calendar_path(name: str, beside: Path) -> Path:
    """Where the calendar `name` of a rules file is: in `calendars/` beside the file, else the shipped one."""
    own = beside / "calendars" / f"{name}.yaml"
    return own if own.is_file() else shipped("calendars") / f"{name}.yaml"


def _must_have_calendar(path: Path, text: bytes, ruleset: Ruleset) -> None:
    """Raises `BadFile` when the calendar that the rules file at `path` names is not there."""
    if not calendar_path(ruleset.calendar, path.parent).is_file():
        raise without_calendar(ruleset, str(path.parent), read_marked(text, path.name)[1])


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST)
    except OSError as error:
        detail = error.strerror or type(error).__name__
        raise NotFound(N_("cannot read {path}: {detail}"), path=str(path), detail=detail) from error
