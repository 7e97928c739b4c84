"""Which lines can be taken and which duties may be open in each state, the ones included that a sketch leaves out.

What no line waits for is not in the sketch: it changes nothing. Here it is added, more coarsely, on the states and
lines that the sketch was seen to reach.
"""

from __future__ import annotations

from functools import cached_property

from states.checks.explore import Explored
from states.checks.sketch import Config, Line, closure
from states.deadline import holds
from states.ruleset import BACK, DEBTOR, SYSTEM, DutyRule, Transition


class Alive:
    """What may be so in `found`: `taken` are ids of lines, `states` the duties that may be open by state."""

    def __init__(self, found: Explored) -> None:
        self.found, self.sketch, self.process = found, found.sketch, found.sketch.process
        self.taken = set(found.steps.taking.taken)
        self.reached = {self.sketch.states[config.state] for config in found.configs}
        self.states: dict[str, set[str]] = {name: set() for name in self.sketch.states}
        self.never = {name for name, rule in self.process.duties.items() if not self._can_hold(rule)}
        while self._more():
            pass

    def _more(self) -> bool:
        before = sum(map(len, self.states.values())) + len(self.taken)
        rules = self.process.duties
        for state in self.reached:
            self.states[state] |= set(self.process.states[state].duties)
        for line in (*self.process.opening, *self.process.transitions):
            if line.id not in self.taken:
                if line.sources and not self.sketch.lines[self._number[line.id]].effective and self._takeable(line):
                    self.taken.add(line.id)
                continue
            for source in line.sources or (self.process.initial,):
                if source not in self.reached:
                    continue
                for target in self._targets(line, source):
                    self.states[target] |= {n for n, rule in rules.items() if line.trigger in rule.opens_on}
                    self.states[target] |= {n for n in self.states[source] if self._lasts(rules[n], source, target)}
        for state in self.reached:
            self.states[state] -= self.never
            if self.process.states[state].final:
                self.states[state] = set()
        return sum(map(len, self.states.values())) + len(self.taken) > before

    def _can_hold(self, rule: DutyRule) -> bool:
        """Whether each field or column that the condition of `rule` reads may have a value that satisfies it."""
        known = dict(self.process.fields)
        given = {name for name, field in known.items() if field.required}
        given |= {n for line in (*self.process.opening, *self.process.transitions) for n in (*line.inputs, *line.takes)}
        if rule.owed_by.rows is not None:
            columns = known[rule.owed_by.rows].columns
            known, given = {**known, **columns}, {*given, *columns}
        for name in {term.name for term in rule.when}:
            terms = tuple(term for term in rule.when if term.name == name)
            values = self.sketch.values(known[name], list(terms)) if name in given else []
            if not any(holds(terms, {name: value}, None) for value in (None, *values)):
                return False
        return True

    @cached_property
    def _number(self) -> dict[str, int]:
        return {line.rule.id: line.number for line in self.sketch.lines}

    def _targets(self, line: Transition, source: str) -> set[str]:
        if line.to is None or not line.sources:
            return {source}
        if line.to != BACK:
            return {line.to}
        return {self.sketch.states[n] for n in self.sketch.targets(line.to, self.sketch.number[source])} & self.reached

    def _lasts(self, rule: DutyRule, source: str, target: str) -> bool:
        """Whether `rule`, open in `source`, may be so in `target`: it lasts, or it is parked.

        What comes back from being parked was open in `target` before.
        """
        if rule.lasts_until:
            return target not in rule.lasts_until
        return source == target or self.process.states[target].suspends

    def _takeable(self, line: Transition) -> bool:
        """Whether a line that changes nothing of the sketch can be taken somewhere."""
        compiled = self.sketch.lines[self._number[line.id]]
        sources = {s for s in line.sources if s in self.reached}
        if line.after:
            return False  # completions wait for what is kept, so that exploring has seen them
        if line.by == (SYSTEM,):
            fired = (*self.sketch.fires.items(), *self.sketch.nobody.items())
            firing = {name for name, trigger in fired if trigger == line.trigger}
            sources = {s for s in sources if firing & self.states[s]}
        if line.discharges:
            sources = {s for s in sources if set(line.discharges) & self.states[s]}
        return self._met(compiled, sources)

    def _met(self, line: Line, sources: set[str]) -> bool:
        return any(
            self.sketch.states[at.state] in sources and self._possible(line, at) and self.found.steps.wins(at, line)
            for at in self.found.configs
        )

    def _possible(self, line: Line, at: Config) -> bool:
        sketch, rule = self.sketch, line.rule
        if at.duties & line.settled or not sketch.true(rule.when, at.env):
            return False
        if not any(by in (SYSTEM, DEBTOR) or sketch.held(at.env, by) for by in rule.by):
            return False
        kept = [name for name in rule.discharges if name in sketch.duties]
        loose = [name for name in rule.discharges if name not in kept and name in self.states[sketch.states[at.state]]]
        return not rule.discharges or bool(loose) or any(at.duties & sketch.duties[name].mask for name in kept)

    def shadowed(self, line: Transition) -> str | None:
        """The line that wins wherever `line` could be taken; None where it could not be anyway."""
        compiled = self.sketch.lines[self._number[line.id]]
        same = [one for one in self.sketch.lines[: compiled.number] if one.rule.trigger == line.trigger]
        if not line.sources:
            return next((one.rule.id for one in same if not one.rule.sources), None)
        winners: list[str] = []
        for at in self.found.configs:
            if self.sketch.states[at.state] in line.sources and self._possible(compiled, at):
                if self.found.steps.wins(at, compiled):
                    return None
                here = [one for one in same if self.sketch.states[at.state] in one.rule.sources]
                winners += [one.rule.id for one in here if self._possible(one, at)]
        return winners[0] if winners else None

    def unforeseen(self) -> dict[str, set[str]]:
        """The triggers whose firing changes nothing of the sketch: in which states one may be fired."""
        fired: dict[str, set[str]] = {}
        for name, trigger in (*self.sketch.fires.items(), *self.sketch.nobody.items()):
            if trigger is not None and not self.sketch.acts(trigger):
                fired.setdefault(trigger, set()).update(s for s, open_ in self.states.items() if name in open_)
        return fired

    def causes(self) -> dict[str, set[str]]:
        """By duty, the duties that are opened by what it fires and by the completions that follow of themselves.

        A line with `times` is used up some time: nothing goes on for ever by it. Nor does it by a rung that finds
        nobody, where what that opens stays open: nothing is opened then when it comes round.
        """
        after = {name: self._followed(name, trigger) for name, trigger in self.sketch.fires.items()}
        nobody = {name: self._followed(name, trigger) for name, trigger in self.sketch.nobody.items()}
        causes = {name: self._opened(lines) | self._opened(nobody.get(name, [])) for name, lines in after.items()}
        found: dict[str, set[str]] = {}
        for name, lines in after.items():
            beyond = closure(causes, name)
            round_ = [line for one in beyond for line in (*after[one], *nobody.get(one, []))]
            opened = {n for n in self._opened(nobody.get(name, [])) if self._anew(self.process.duties[n], round_)}
            found[name] = self._opened(lines) | opened
        return {name: opened for name, opened in found.items() if opened}

    def _followed(self, name: str, trigger: str | None) -> list[Transition]:
        """The lines of `trigger`, fired because of `name`, and the completions that may follow them."""
        automatic = [line for line in self.process.transitions if line.id in self.taken and not line.times]
        completions = [line for line in automatic if line.after]
        lines = [line for line in automatic if line.trigger == trigger and SYSTEM in line.by and not line.after]
        lines = [line for line in lines if any(name in self.states[s] for s in line.sources)]
        followed: list[Transition] = []
        while lines:
            line = lines.pop()
            followed.append(line)
            into = {line.to} if line.to not in (None, BACK) else set()
            for next_ in completions:
                there = set(next_.sources) & (into or set(line.sources))
                ended = {*line.discharges, *line.discharges_all, *line.lapses} & set(next_.after)
                if next_ not in followed and there and (into or ended):
                    lines.append(next_)
        return followed

    def _opened(self, lines: list[Transition]) -> set[str]:
        """The duties that `lines` open, by their triggers or by the states to which they lead."""
        triggers, into = {line.trigger for line in lines}, {line.to for line in lines}
        opened = {n for n, rule in self.process.duties.items() if triggers & set(rule.opens_on)}
        return opened | {n for name, state in self.process.states.items() if name in into for n in state.duties}

    def _anew(self, rule: DutyRule, lines: list[Transition]) -> bool:
        """Whether `rule`, opened by one of `lines` while it may be open already, may begin afresh."""
        into = {line.to for line in lines if line.to is not None}
        ended = {n for line in lines for n in (*line.discharges, *line.discharges_all, *line.lapses)}
        left = into & set(rule.lasts_until) if rule.lasts_until else into
        return rule.restart or rule.name in ended or bool(left)
