"""Noting what is wrong with the names in a rules file, with a guess at what was meant."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Any

from states.errors import N_, Told
from states.marks import Marks, Path
from states.salvage import Lost

MOST_GUESSED = 300
MISSING = {
    "agency": N_("no agency is called `{name}`"),
    "body": N_("no capacity or agency is called `{name}`"),
    "capacity": N_("no capacity is called `{name}`"),
    "choice": N_("no choice is called `{name}`"),
    "choice field": N_("no field with a choice is called `{name}`"),
    "date column": N_("the rows have no column of type date called `{name}`"),
    "date field": N_("no field of type date is called `{name}`"),
    "duty": N_("no duty is called `{name}`"),
    "field": N_("no field is called `{name}`"),
    "field or capacity": N_("no field or capacity is called `{name}`"),
    "fired": N_("process `{process}` uses this ladder and has no trigger `{name}`"),
    "ladder": N_("no ladder is called `{name}`"),
    "process": N_("no process is called `{name}`"),
    "state": N_("no state is called `{name}`"),
    "told": N_("process `{process}` uses this ladder and has no capacity or agency `{name}`"),
    "trigger": N_("no trigger is called `{name}`"),
    "value": N_("no value of the choice is called `{name}`"),
    "year field": N_("no field of type year is called `{name}`"),
}
"""What is said of a name that is none, by what was looked for."""
CARRIED = ("document", "reason")
"""What an act may carry besides the fields and capacities of its process."""


class Names:
    """Adds to `marks` what is found at a path below `here`, unless it may only follow from what is `lost`."""

    def __init__(self, marks: Marks, lost: Lost, here: Path = ()) -> None:
        self.marks, self.lost, self.here = marks, lost, here

    def below(self, *here: str | int) -> Names:
        return Names(self.marks, self.lost, (*self.here, *here))

    def add(
        self, path: Path, code: str, text: str, *, hint: str = "", story: tuple[Told, ...] = (), **values: Any
    ) -> None:
        """A finding at `path`."""
        if not self.lost.hides((*self.here, *path), code):
            self.marks.add((*self.here, *path), code, text, values, hint, story=story)

    def known(
        self, path: Path, kind: str, name: str, known: Collection[str], *, key: bool = False, **values: Any
    ) -> bool:
        """Whether `name` is one of `known`, which are of `kind` (of `MISSING`); noted if not, at its key if `key`."""
        if name in known:
            return True
        if not self.lost.hides((*self.here, *path), "E201", name, kind):
            near = get_close_matches(name[:80], sorted(known)[:MOST_GUESSED], 1) if self.marks.may_hint() else []
            hint = (N_("did you mean `{near}`?"), {"near": near[0]}) if near else ("", {})
            self.marks.add((*self.here, *path), "E201", MISSING[kind], {**values, "name": name[:80]}, *hint, key=key)
        return False

    def all_known(self, path: Path, kind: str, names: Iterable[str], known: Collection[str]) -> None:
        """As `known`, each name of a list at its own place."""
        for n, name in enumerate(names):
            self.known((*path, n), kind, name, known)
