"""Who holds what from the opening of a case on: surely, never, or perhaps."""

from __future__ import annotations

from collections.abc import Iterator

from states.ruleset import ANY, SIGNATORIES, SYSTEM, Process, Ruleset, Transition


class Holding:
    """Which capacities somebody surely holds from the opening on, and which some lines of opening may leave empty."""

    def __init__(self, ruleset: Ruleset, process: Process) -> None:
        self.ruleset, self.process = ruleset, process
        required = {name for name, field in process.fields.items() if field.required}
        self.first = {
            (line.id, doer): self._at(line, doer, required)
            for line in process.opening
            for doer in openers(process, line)
        }
        sure = [{name for name, held in first.items() if held} for first in self.first.values()]
        self.always = set.intersection(*sure) if sure else set()

    def fits(self, capacity: str, name: str) -> bool:
        """Whether whoever holds `capacity` can surely be named as `name` too."""
        return self.process.capacities[name].holds != SIGNATORIES or self.process.capacities[capacity].holds != ANY

    def _at(self, line: Transition, doer: str | None, required: set[str]) -> dict[str, bool | None]:
        """For each capacity whether it is held after this opening; None: it may be."""
        given = {*line.inputs, *required}
        found: dict[str, bool | None] = {}
        for name, capacity in self.process.capacities.items():
            held: bool | None = False
            if name == doer or name in given:
                held = True
            elif capacity.holds == SIGNATORIES:
                held = any(agency.signatory for agency in self.ruleset.agencies.values())
            elif capacity.holds != ANY or (capacity.default is not None and capacity.default[0] in given):
                held = True
            elif name in line.takes or (capacity.default is not None and capacity.default[0] in line.takes):
                held = None
            found[name] = held
        for name, capacity in self.process.capacities.items():
            if capacity.excepting and found[name]:
                found[name] = self._without(name, capacity.excepting)
        return found

    def _without(self, name: str, other: str) -> bool | None:
        """Whether `name` is held by anybody besides the holder of `other`."""
        one, two = self.process.capacities[name], self.process.capacities[other]
        if one.holds == SIGNATORIES and not two.many:
            signing = [code for code, agency in self.ruleset.agencies.items() if agency.signatory]
            return True if len(signing) > 1 else None
        return None


def openers(process: Process, line: Transition) -> Iterator[str | None]:
    """Who may open by `line`: an agency in its first capacity, or the system (None)."""
    first = next((name for name in line.by if name in process.capacities), None)
    if first is not None:
        yield first
    if SYSTEM in line.by or first is None:
        yield None
