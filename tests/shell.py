"""`phoihop` as one types it, run inside the test's own process.

shell = Shell(place, capsys)
shell.at("2022-04-29 16:50")
shell("open matter --as btg --title 'Đất đai' --area land --document 1/BC:29/4")     # exit 0, or the test fails
shell.json("show VV-1")                                                              # what --format json prints
shell.fails(1, "advance VV-1 agree --as tand")                                       # stderr
"""

from __future__ import annotations

import json
import shlex
from datetime import datetime
from pathlib import Path
from typing import Any

from cli import main
from tests.places import Location, Place, digest, execute
from tests.support import calendar_vn

LOCAL = calendar_vn().zone
OPEN = "open matter --as so_gtvt --title 'Đất đai' --area land --document 31/BC:1/4"
PLAN = "advance 1 submit_plan --as btg --document 12/KH:4/4"


class Typist:
    """Somebody who types commands; how one is run is for the kind of database to say."""

    def run(self, typed: str) -> tuple[int, str, str]:
        """Exit code, stdout, stderr of one command line."""
        raise NotImplementedError

    def __call__(self, typed: str) -> str:
        code, out, err = self.run(typed)
        assert code == 0, f"{typed}: exit {code}: {err}"
        return out

    def json(self, typed: str) -> Any:
        return json.loads(self(f"{typed} --format json"))

    def fails(self, code: int, typed: str) -> str:
        """What a command that ends with `code` says on stderr."""
        found, _out, err = self.run(typed)
        assert found == code, f"{typed}: exit {found}: {err}"
        return err


class Shell(Typist):
    """A practice database in `place`, a virtual clock, a language. `init` makes it, or it is a copy of `made`."""

    def __init__(
        self, place: Place, capsys: Any, lang: str = "en", rules: Path | None = None, made: Location | None = None
    ) -> None:
        self.place, self.folder, self.capsys, self.lang = place, place.folder, capsys, lang
        self.db: Location = place.copy(made, "practice") if made is not None else place.new()
        self.now = "2022-04-04T08:00:00+07:00"
        if made is None:
            self(f"init --practice {f'--rules {rules}' if rules else ''}")

    def at(self, local: str) -> Shell:
        """Set the clock to a local date and time, `2022-04-29 16:50`."""
        self.now = datetime.fromisoformat(local).replace(tzinfo=LOCAL).isoformat()
        return self

    def run(self, typed: str) -> tuple[int, str, str]:
        """Exit code, stdout, stderr of one command line."""
        self.capsys.readouterr()
        words = shlex.split(typed)
        code = main([*words, "--db", str(self.db), "--now", self.now, "--lang", self.lang])
        out, err = self.capsys.readouterr()
        return code, out, err

    def sql(self, statement: str, *values: object) -> None:
        """What somebody does to the database behind the engine's back."""
        execute(self.db, statement, *values)

    def written(self) -> bytes | str:
        """All that is stored, to see whether something changed: the file's bytes, or every row."""
        return self.db.read_bytes() if isinstance(self.db, Path) else digest(self.db)
