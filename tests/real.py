"""A real database, used by several people: whoever is at the keyboard is the account that types.

real = Real(tmp_path, capsys, monkeypatch)           made by `quantri`, who administers it
real.by("lan")("inbox")                              what the account `lan` types
real.at("2026-03-02 08:00")                          the host's clock
"""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.shell import LOCAL, Typist
from workflow import identity
from workflow.commands.run import run

WHY = "--reason 'QĐ 1'"


class Real(Typist):
    """One database and one clock; `by` says who types what comes next."""

    def __init__(self, folder: Path, capsys: Any, monkeypatch: Any, rules: Path | None = None) -> None:
        self.db, self.capsys = folder / "real.db", capsys
        self.login = "quantri"
        monkeypatch.setattr(identity, "account", lambda: self.login)
        self.at("2026-03-02 08:00")
        self("init" if rules is None else f"init --rules {rules}")

    def by(self, login: str) -> Real:
        self.login = login
        return self

    def at(self, local: str) -> Real:
        self.now = datetime.fromisoformat(local).replace(tzinfo=LOCAL).astimezone(UTC)
        return self

    def run(self, typed: str) -> tuple[int, str, str]:
        """Exit code, stdout, stderr of one command line."""
        self.capsys.readouterr()
        code = run([*shlex.split(typed), "--db", str(self.db), "--lang", "en"], self.now, "0")
        out, err = self.capsys.readouterr()
        return code, out, err

    def officers(self, **agencies: str) -> Real:
        """Let each login act for an agency, as its focal point."""
        before = self.login
        for login, agency in agencies.items():
            self.by("quantri")(f"officer add {login} --name {login.title()} --agency {agency} --focal-point {WHY}")
        return self.by(before)
