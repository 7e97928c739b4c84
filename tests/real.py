"""A real database, used by several people: whoever is at the keyboard is the account that types.

real = Real(place, capsys, monkeypatch)              made by `quantri`, who administers it
real.by("lan")("inbox")                              what the account `lan` types
real.at("2026-03-02 08:00")                          the host's clock

On a file the account is the operating system's. On a server everybody has a login of their own, with the rights that
docs/postgresql.md gives, word for word.
"""

from __future__ import annotations

import re
import shlex
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from tests.places import Location, Place
from tests.shell import LOCAL, Typist
from tests.support import ROOT
from workflow import identity
from workflow.commands.run import run
from workflow.database import postgresql

WHY = "--reason 'QĐ 1'"
ADMINISTRATOR, OFFICER = "quantri", "lan"


class Real(Typist):
    """One database and one clock; `by` says who types what comes next."""

    def __init__(self, place: Place, capsys: Any, monkeypatch: Any, rules: Path | None = None) -> None:
        self.db: Location = place.new("real")
        self.capsys, self.login = capsys, ADMINISTRATOR
        monkeypatch.setattr(identity, "account", lambda: self.login)
        # The clock of these tests is not that of the server: tests/test_workflow_postgresql.py compares clocks.
        monkeypatch.setattr(postgresql, "CLOCKS_APART", timedelta(days=100 * 365))
        self.known: set[str] = set()
        if isinstance(self.db, str):
            self._grant(f"CREATE ROLE {ADMINISTRATOR} LOGIN")
            self._grant(f"ALTER SCHEMA public OWNER TO {ADMINISTRATOR}")
        self.at("2026-03-02 08:00")
        self("init" if rules is None else f"init --rules {rules}")
        if isinstance(self.db, str):
            for statement in documented():
                self._grant(statement)

    def by(self, login: str) -> Real:
        if isinstance(self.db, str) and login not in self.known:
            *_others, made = documented()
            self._grant(re.sub(rf"\b{OFFICER}\b", login, made))
            self.known.add(login)
        self.login = login
        return self

    def at(self, local: str) -> Real:
        self.now = datetime.fromisoformat(local).replace(tzinfo=LOCAL).astimezone(UTC)
        return self

    def run(self, typed: str) -> tuple[int, str, str]:
        """Exit code, stdout, stderr of one command line."""
        self.capsys.readouterr()
        code = run([*shlex.split(typed), "--db", self.seen_by(self.login), "--lang", "en"], lambda: self.now, "0")
        out, err = self.capsys.readouterr()
        return code, out, err

    def seen_by(self, login: str) -> str:
        """Where the database is for `login`: on a server, with that login in its URL."""
        return str(self.db) if isinstance(self.db, Path) else re.sub("//[^/]*@", f"//{login}@", self.db)

    def officers(self, **agencies: str) -> Real:
        """Let each login act for an agency, as its focal point."""
        before = self.login
        for login, agency in agencies.items():
            self.by(ADMINISTRATOR)(f"officer add {login} --name {login.title()} --agency {agency} --focal-point {WHY}")
        return self.by(before)

    def _grant(self, statement: str) -> None:
        """As whoever runs the server. Roles outlive a database: one may be there from another test."""
        with suppress(psycopg.errors.DuplicateObject), psycopg.connect(str(self.db), autocommit=True) as connection:
            connection.execute(statement.encode())


def documented() -> list[str]:
    """The statements that docs/postgresql.md tells an administrator to type; the last makes an officer's login."""
    page = (ROOT / "docs/postgresql.md").read_text("utf-8")
    block = page.partition("```sql\n")[2].partition("```")[0]
    return [statement.strip() for statement in block.split(";") if statement.strip()]
