"""The lines of the table of a process in a rules file (E26x) and the ways they make between states (E27x)."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from states.checks.duties import check_terms
from states.checks.names import CARRIED, Names
from states.errors import N_
from states.marks import Path
from states.ruleset import ANY, BACK, DEBTOR, OPEN, SIGNATORIES, SYSTEM
from states.shape import ProcessShape, RulesFile, TransitionShape


def check_lines(shape: RulesFile, process: ProcessShape, names: Names) -> None:
    """Note every line of `process` that cannot be meant or taken, and every state that cannot be reached or left."""
    checks = _Lines(shape, process, names)
    for n, line in enumerate(process.transitions):
        checks.check(names.below("transitions", n), line)
    checks.shadows()
    checks.completions()
    checks.reach()


class _Lines:
    def __init__(self, shape: RulesFile, process: ProcessShape, names: Names) -> None:
        self.shape, self.process, self.names = shape, process, names
        self.carried = {*process.fields, *process.capacities, *CARRIED}
        self.doers = {DEBTOR, SYSTEM, *process.capacities}
        self.alive = frozenset(name for name, state in process.states.items() if not state.final)
        self._guessed: dict[str, str | None] = {}
        self.sources = [self._sources(line) for line in process.transitions]

    def _sources(self, line: TransitionShape) -> frozenset[str]:
        if line.from_ == [ANY]:
            return self.alive
        return frozenset(meant for state in line.from_ or () if (meant := self._meant(state)) is not None)

    def _meant(self, state: str) -> str | None:
        """The state probably meant, so that one misspelt name is not also told as a state without a way to it."""
        if state in self.process.states:
            return state
        if state not in self._guessed:
            may = self.names.marks.may_hint()
            near = get_close_matches(state[:80], self.process.states, 1) if may else []
            self._guessed[state] = near[0] if near else None
        return self._guessed[state]

    def check(self, names: Names, line: TransitionShape) -> None:
        p = self.process
        opening = line.from_ is None
        if opening != (line.trigger == OPEN):
            names.add((), "E260", N_("`open`, and only `open`, has no `from`"))
        if line.from_ and line.from_ != [ANY]:
            names.all_known(("from",), "state", line.from_, p.states)
            for n, state in enumerate(line.from_):
                if state in p.states and p.states[state].final:
                    names.add(("from", n), "E261", N_("`{state}` is final: nothing leaves it"), state=state)
        if line.to is not None:
            self._to(names, line)
        self._by(names, line)
        names.all_known(("inputs",), "field or capacity", line.inputs, self.carried)
        names.all_known(("takes",), "field or capacity", line.takes, self.carried)
        for key in ("inputs", "takes"):
            for n, name in enumerate(getattr(line, key)):
                if name in p.capacities and p.capacities[name].one not in (None, ANY):
                    names.add((key, n), "E263", N_("`{name}` is fixed and cannot be named"), name=name)
        for name, capacity in line.includes.items():
            self._includes(names, line, name, capacity)
        for key in ("settled", "lapses", "after"):
            names.all_known((key,), "duty", getattr(line, key), p.duties)
        names.all_known(("discharges",), "duty", [d.removeprefix("all ") for d in line.discharges], p.duties)
        check_terms(names, ("when",), line.when or (), p.fields, self.shape)

    def _by(self, names: Names, line: TransitionShape) -> None:
        names.all_known(("by",), "capacity", line.by, self.doers)
        if DEBTOR in line.by and all(name.startswith("all ") for name in line.discharges):
            names.add(("by",), "E262", N_("`debtor` needs `discharges`: whoever owes one of them"))
        if line.after and line.by != [SYSTEM]:
            names.add((), "E264", N_("a completion (`after`) is done by the system alone"))
        if line.by == [SYSTEM] and line.inputs and line.from_ is not None:  # an opening has what `openings` sets
            text = N_("`{trigger}` needs inputs, which the system does not have")
            names.add(("inputs",), "E251", text, trigger=line.trigger)

    def _includes(self, names: Names, line: TransitionShape, name: str, capacity: str) -> None:
        """Who holds `capacity` already can be among those who are named as `name`."""
        p, here = self.process, ("includes", name)
        known = names.known(here, "capacity", name, p.capacities, key=True)
        if not names.known(here, "capacity", capacity, p.capacities) or not known:
            return
        holder = self.shape.agencies.get(p.capacities[capacity].one or "")
        if name not in {*line.inputs, *line.takes}:
            text = N_("`{name}` is not among `inputs` or `takes`, so nobody could be named")
            names.add(here, "E274", text, name=name)
        elif line.from_ is None:
            text = N_("before a case is opened nobody is `{capacity}` whom `includes` could mean")
            names.add(here, "E275", text, capacity=capacity)
        elif p.capacities[name].many == SIGNATORIES and holder is not None and not holder.signatory:
            text = N_("`{capacity}` is no signatory, so that it can never be among `{name}`")
            names.add(here, "E276", text, capacity=capacity, name=name)

    def _to(self, names: Names, line: TransitionShape) -> None:
        states, sources = self.process.states, self._sources(line)
        if line.from_ is None:
            names.add(("to",), "E265", N_("an opening has no `to`: it leads to `initial`"))
        elif line.to == BACK:
            if not all(states[s].suspends for s in sources):
                names.add(("to",), "E266", N_("`back` leads out of states that suspend"))
        elif not names.known(("to",), "state", line.to or "", states):
            pass
        elif states[line.to or ""].suspends and any(states[s].suspends for s in sources):
            names.add(("to",), "E267", N_("a suspending state does not lead into another"))

    def shadows(self) -> None:
        """A line that can never win: earlier ones without a condition take every act it could."""
        taken: dict[str, set[tuple[str, str]]] = {}
        for n, line in enumerate(self.process.transitions):
            sources = {""} if line.from_ is None else self.sources[n]  # an opening stands in no state
            acts = {(state, doer) for state in sources for doer in line.by}
            before = taken.setdefault(line.trigger, set())
            if acts and acts <= before:
                text = N_("this line can never win: an earlier one of `{trigger}` always does")
                self.names.add(("transitions", n), "E268", text, trigger=line.trigger)
            if not (line.when or line.settled or line.times or line.discharges):
                before |= acts

    def completions(self) -> None:
        """Automatic steps may not lead in a circle."""
        steps = [(n, line.to) for n, line in enumerate(self.process.transitions) if line.after and line.to]
        ways = _Ways((s, to) for n, to in steps for s in self.sources[n])
        for n, to in steps:
            if any(s in ways.beyond(to) for s in self.sources[n]):
                text = N_("automatic steps lead in a circle through `{state}`")
                self.names.add(("transitions", n), "E269", text, state=to)

    def reach(self) -> None:
        p = self.process
        targets = [line.to and (line.to if line.to == BACK else self._meant(line.to)) for line in p.transitions]
        moves = [(s, to) for n, to in enumerate(targets) if to for s in self.sources[n]]
        ways = _Ways((s, to) for s, to in moves if to != BACK)
        leaves = {s for s, to in moves if to != s}
        for name, state in p.states.items():
            here: Path = ("states", name)
            if (start := self._meant(p.initial)) and name not in ways.beyond(start):
                self.names.add(here, "E270", N_("nothing leads to this state"))
            if not state.final and name not in leaves:
                self.names.add(here, "E271", N_("no way out of this state, and it is not final"))
        if not any(line.from_ is None for line in p.transitions):
            self.names.add(("transitions",), "E272", N_("nothing opens a case: an `open` without `from` is missing"))


class _Ways:
    """Which states can be reached from which."""

    def __init__(self, steps: Iterable[tuple[str, str]]) -> None:
        self._next: dict[str, set[str]] = {}
        self._beyond: dict[str, set[str]] = {}
        for state, to in steps:
            self._next.setdefault(state, set()).add(to)

    def beyond(self, start: str) -> set[str]:
        """Every state that can be reached from `start`, itself included."""
        if start not in self._beyond:
            seen, ahead = {start}, [start]
            while ahead:
                fresh = self._next.get(ahead.pop(), set()) - seen
                seen |= fresh
                ahead += fresh
            self._beyond[start] = seen
        return self._beyond[start]
