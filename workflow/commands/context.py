"""What a command is given: the clock, the options, the screen, and the engine when asked.

    context.now          aware UTC, as the clock was read last; `--now` where that is allowed
    context.look()       read the clock again: somebody was waited for
    context.engine()     the database, opened on first use (this imports sqlalchemy, not before)
    context.agency(...)  `--as`, resolved to a code
    context.screen       where everything is printed
    context.names        set it once a case is known, so that refusals are told in its process' words

Raises `UsageError` (exit 2) for what was typed wrongly, `NotAllowed` (exit 5) for `--now` on a real database.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workflow.commands.parse import agency_code, now_given, text
from workflow.errors import NotAllowed, UsageError
from workflow.location import is_server, shown
from workflow.render.language import N_, _
from workflow.render.screen import Screen

if TYPE_CHECKING:
    from states.commands import Office
    from states.errors import Reason
    from states.ruleset import Agency
    from workflow.engine import Engine
    from workflow.identity import Who
    from workflow.register import Why
    from workflow.render.words import Names

MOST_URL = 2000
_REQUEST = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


@dataclass
class Context:
    """One run of `phoihop`. `args` is argv without the program.

    `words` are the unknown options a command with `fields=True` was given; `asked` and `asked_first`
    (arguments, which belong at `place` of `args`, behind the command's name) are the answers to questions,
    for the command that is printed to copy.
    """

    clock: Callable[[], datetime]
    screen: Screen
    version: str
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    by: str | None = None
    db: str | None = None
    told_now: str | None = None
    verbose: bool = False
    args: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    place: int = 0
    asked_first: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    names: Names | None = None
    asks_for: str = ""  # the request id of what this run writes
    way_out: str = ""  # the hint of a refusal: what can be done instead
    warned: bool = False  # whether this run itself says, or is, what the others would miss
    _engine: Engine | None = None
    _warning: Reason | None = None

    def __post_init__(self) -> None:
        self.read = self.clock()  # what the clock of the machine said when it was read last

    def set_option(self, name: str, value: Any) -> None:
        """Keep what one of the common options was given."""
        match name:
            case "format":
                self.screen.format = value
            case "quiet":
                self.screen.quiet = True
            case "no_color":
                self.screen.colour = False
            case "now":
                self.told_now = value
            case "lang":
                pass  # chosen before anything was parsed, see run.py
            case _:
                setattr(self, name, value)

    @property
    def now(self) -> datetime:
        """The instant of what is done now, aware UTC. Raises `UsageError` when `--now` is no RFC 3339 instant."""
        return self.read if self.told_now is None else now_given(self.told_now)

    def look(self) -> datetime:
        """Read the clock again, after an answer or much work: a server refuses a clock that is late. Returns `now`."""
        self.read = self.clock()
        return self.now

    @property
    def database(self) -> str:
        """Path or URL of the database: --db, else PHOIHOP_DB, else the practice one of this user."""
        if self.db is not None:
            return self.db
        return self.environ.get("PHOIHOP_DB") or str(practice_path(self.environ))

    @property
    def repeat(self) -> list[str]:
        """The options that a command to paste must bear to mean the same database and instant, without a password."""
        database = ["--db", shown(self.db)] if self.db is not None else []
        return database + (["--now", self.told_now] if self.told_now else [])

    def request(self, given: str | None) -> str:
        """The id of what this run asks for: --request-id, else one drawn now. Raises `UsageError`."""
        import secrets  # only who writes needs it

        self.asks_for = text("--request-id", given) if given is not None else secrets.token_hex(8)
        if not _REQUEST.fullmatch(self.asks_for):
            raise UsageError(
                N_("{given} is no request id"), N_("up to 64 letters, digits, points, - or _"), given=self.asks_for
            )
        return self.asks_for

    @property
    def typed(self) -> list[str]:
        """The command as it was typed, with the answers to questions, without a password: to be pasted."""
        args = [shown(word) if "://" in word else word for word in self.args]
        return ["phoihop", *args[: self.place], *self.asked_first, *args[self.place :], *self.asked]

    @property
    def retry(self) -> str:
        """The command that asks for the same again; empty for one that bears no request id."""
        if not self.asks_for:
            return ""
        words = self.typed
        if not any(word.split("=")[0] == "--request-id" for word in words):
            words[self.place + 1 : self.place + 1] = ["--request-id", self.asks_for]
        return shlex.join(words)

    def engine(self) -> Engine:
        """The engine on the database, opened once; closed by `close`."""
        if self._engine is None:
            from workflow.database import open_database
            from workflow.engine import Engine
            from workflow.heartbeat import warning
            from workflow.identity import known

            database = open_database(database_at(self.database))
            try:
                if self.told_now is not None and not database.practice:
                    raise NotAllowed(N_("--now sets the clock of practice databases only"))
                database.clock_checked = self.told_now is None
                engine = Engine(database)
                engine.who = known(database, self.now)
                if not self.warned:
                    self._warning = warning(engine, self.now)
            except BaseException:
                database.close()
                raise
            self._engine = engine  # only now: nobody looks into a database without having said who they are
        return self._engine

    def warn(self) -> None:
        """Say on stderr what is amiss with the database that was opened, whatever this run was about."""
        if self._warning is not None and self._engine is not None:
            from workflow.render.words import sentence

            names = self.names or self.speak(self._engine.office())
            self.screen.warn(sentence(self._warning.text, self._warning.values, names))

    def agency(self, agencies: Mapping[str, Agency]) -> str:
        """The agency this run acts for, as a code: `--as`, else the officer's own; else asked for on a terminal.

        Raises `UsageError` when there is nobody to ask.
        """
        if self.by is None and self.who is not None and self.who.agency is not None:
            return self.who.agency
        if self.by is None and self.screen.asks:
            from workflow.commands.asking import need

            self.by = need(self, "--as", None, f"{_('Agency')} ({', '.join(agencies)})")
        if self.by is None:
            raise UsageError(
                N_("say whose act it is: --as AGENCY"),
                N_("agencies: {codes}"),
                codes=", ".join(agencies),
            )
        return agency_code(self.by, agencies)

    def why(self, reason: str | None) -> Why:
        """Who changes the register in this run, when, and why. Raises `UsageError` without a reason, `NotAllowed`."""
        from workflow.commands.asking import need
        from workflow.register import Why

        who = self.engine().who
        assert who is not None, "a run begins with who is at work"
        who.must_administer()
        given = text("--reason", need(self, "--reason", reason, _("why")))
        return Why(officer=who.login, at=self.now, reason=given)

    @property
    def who(self) -> Who | None:
        """Who is at work, once the database is open."""
        return self._engine.who if self._engine is not None else None

    def speak(self, office: Office, process: str | None = None) -> Names:
        """The words of `office` (and of one process), kept for refusals."""
        from workflow.render.words import Names

        day = office.clock.local_date(self.now)
        zone, roster = office.clock.zone, office.roster
        self.names = Names(office.ruleset, agencies=office.agencies, zone=zone, process=process, day=day, roster=roster)
        return self.names

    def close(self) -> None:
        if self._engine is not None:
            self._engine.database.close()


def database_at(given: str) -> Path | str:
    """What --db or PHOIHOP_DB means: a file, or the URL of a server. Raises `UsageError` for any other URL."""
    if is_server(given):
        return text("--db", given, MOST_URL)
    if given.startswith("sqlite:///"):
        return Path(given.removeprefix("sqlite:///"))
    if "://" in given:
        raise UsageError(
            N_("phoihop keeps its data in an SQLite file or on PostgreSQL, not in {given}"),
            N_("give a path or postgresql://HOST/NAME: --db"),
            given=given.split("://")[0],
        )
    return Path(text("--db", given))


def practice_path(environ: Mapping[str, str]) -> Path:
    """Where this user's practice database is found when nothing else is said.

    Raises `UsageError` when there is no home folder.
    """
    if sys.platform == "win32" and environ.get("LOCALAPPDATA"):
        return Path(environ["LOCALAPPDATA"], "phoihop", "practice.db")
    if environ.get("XDG_DATA_HOME"):
        return Path(environ["XDG_DATA_HOME"], "phoihop", "practice.db")
    try:
        home = Path.home()
    except RuntimeError:
        raise UsageError(
            N_("there is no home folder to keep a practice database in"), N_("say which: --db PATH")
        ) from None
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "phoihop" / "practice.db"
    return home / ".local" / "share" / "phoihop" / "practice.db"
