"""A process as the proofs see it: configurations, few enough to be looked at one by one.

    Sketch(ruleset, process)        what is kept of a case, and what of that matters where

A case has instants, agencies, texts; a configuration keeps only what can change which line is taken:

- the state, and the state a suspended case would go back to;
- of each field that a condition reads, the class of its value: values that no condition tells apart are one;
- of each capacity that may be empty, whether somebody holds it;
- of each duty by name, four bits: one is owed (opened here), one is owed whose ladder has fired all it fires (here),
  and the same two for what was parked when the case was suspended. How many are owed, and by which agency, is left
  out: "some" stands for one or more. Doing one of some may leave some or none;
- of each line with `times` that is counted, how often it was taken; of the others nothing: such a line may be used
  up at any moment, and no proof relies on it.

That a rung finds nobody (`unreachable:`) may happen anywhere, whatever is owed there, and no proof relies on it.

What no line reads from a state on (a flag asked for only at the opening, a duty that nothing waits for) is dropped
there: `Sketch.plain` is the one form of all configurations that differ in nothing that matters. Every case that the
engine can bring about, mends (`correct`, `undo`, `assign`) left out, has its configuration, and every act its step
(`steps`): what is not reachable here is not reachable there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, TypeVar

from states.checks.holding import Holding
from states.deadline import holds
from states.ruleset import BACK, SYSTEM, DutyRule, Field, Process, Ruleset, Term, Transition, When

T = TypeVar("T")
HERE, HERE_SPENT, PARKED, PARKED_SPENT = 1, 2, 4, 8
BITS = 4
ALL = HERE | HERE_SPENT | PARKED | PARKED_SPENT


class Env(NamedTuple):
    """What is known besides state and duties: the class of each field, the capacities held, the counts of lines."""

    classes: tuple[int, ...]
    held: int
    counts: tuple[int, ...]


class Config(NamedTuple):
    """A configuration. `back` is -1 where the case is not suspended; `duties` has four bits for each duty."""

    state: int
    back: int
    env: int
    duties: int


@dataclass(frozen=True, eq=False, slots=True)
class Line:
    """A line of the table, its names as bits. `effective` lines change something that a proof looks at."""

    rule: Transition
    number: int
    settled: int
    after: int
    every: int
    lapses: int
    effective: bool
    counted: int | None


@dataclass(frozen=True, eq=False, slots=True)
class Watched:
    """A duty that is kept: where its bits are, whether several may be open, what it fires of itself."""

    rule: DutyRule
    shift: int
    several: bool
    fires: str | None

    @property
    def mask(self) -> int:
        return ALL << self.shift

    @property
    def runs_parked(self) -> bool:
        """Whether it runs on while the case is suspended."""
        return self.rule.deadline.given and self.rule.runs_on


def fired_by(ruleset: Ruleset, rule: DutyRule) -> str | None:
    """The trigger that fires when nothing is done about `rule`."""
    return next((rung.fires for rung in ruleset.rungs(rule) if rung.fires), None)


class Sketch:
    """The abstraction of one process. `extra` are duties to keep though no line waits for them, by the state in
    which that matters; `counted` are ids of lines whose `times` are counted; `chances` are triggers of which it is not
    kept who fires them, and when: they may be fired at any moment in these states."""

    def __init__(
        self,
        ruleset: Ruleset,
        process: Process,
        extra: Mapping[str, Collection[str]] | None = None,
        counted: Collection[str] = (),
        chances: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        self.ruleset, self.process = ruleset, process
        self.extra, self.by_chance = extra or {}, chances or {}
        self.states = list(process.states)
        self.number = {name: n for n, name in enumerate(self.states)}
        self.finals = {n for n, state in enumerate(process.states.values()) if state.final}
        self.suspending = {n for n, state in enumerate(process.states.values()) if state.suspends}
        self.fires = {name: fired_by(ruleset, rule) for name, rule in process.duties.items()}
        self.nobody = {name: trigger for name, rule in process.duties.items() if (trigger := ruleset.unreachable(rule))}
        self.every_line = (*process.opening, *process.transitions)
        self.held_at = Holding(ruleset, process)
        self.loose = [name for name in process.capacities if name not in self.held_at.always]
        self._names = names = self._kept()
        self.duties = {
            name: Watched(
                rule=process.duties[name],
                shift=BITS * n,
                several=several(process.duties[name]),
                fires=self.fires[name] if self._acts(self.fires[name], names) else None,
            )
            for n, name in enumerate(name for name in process.duties if name in names)
        }
        self.chances: dict[str, Collection[str]] = {
            **self.by_chance,
            **{trigger: self.states for trigger in self.nobody.values() if self._acts(trigger, names)},
        }
        self.here = sum((HERE | HERE_SPENT) << duty.shift for duty in self.duties.values())
        self.counted = [line.id for line in self.every_line if line.times and line.id in counted]
        self.lines = [self._line(n, line, names) for n, line in enumerate(self.every_line)]
        self._fields(names)
        self._envs: list[Env] = []
        self._env_numbers: dict[Env, int] = {}
        self._index()
        self._liveness()

    # ---- what is kept ------------------------------------------------------------------------

    def _kept(self) -> set[str]:
        """The duties that some line waits for, needs, or ends with an effect; those that fire such a line; and those
        that may find nobody to owe them, for which a step is refused."""
        names = {duty for line in self.every_line for duty in (*line.settled, *line.after)}
        names |= {name for name, rule in self.process.duties.items() if rule.owed_by.capacity in self.loose}
        names.update(*self.extra.values())
        while True:
            more = {duty for line in self.every_line if self._effective(line, names) for duty in line.discharges}
            more |= {duty for duty, trigger in self.fires.items() if self._acts(trigger, names)}
            if more <= names:
                return names
            names |= more

    def acts(self, trigger: str) -> bool:
        """Whether the system firing `trigger` changes anything that is kept."""
        return self._acts(trigger, self._names)

    def _acts(self, trigger: str | None, names: set[str]) -> bool:
        """Whether the system firing `trigger` has an effect."""
        return trigger not in (None, *self.by_chance) and any(
            line.trigger == trigger and SYSTEM in line.by and self._effective(line, names) for line in self.every_line
        )

    def _effective(self, line: Transition, names: set[str]) -> bool:
        if line.to is not None or not line.sources:
            return True
        if names & {*line.discharges, *line.discharges_all, *line.lapses}:
            return True
        carried = {*line.inputs, *line.takes}
        if carried & {*self.loose, *self._read_fields(names)}:
            return True
        rules = self.process.duties
        if any(line.trigger in rules[name].opens_on for name in names):
            return True
        return any(carried & set(rules[name].owed_by.capacities) for name in names)

    def _read_fields(self, names: set[str]) -> set[str]:
        found = {term.name for line in self.every_line for term in line.when}
        found |= {term.name for name in names for term in self.process.duties[name].when}
        return found & set(self.process.fields)

    def _line(self, number: int, line: Transition, names: set[str]) -> Line:
        return Line(
            rule=line,
            number=number,
            settled=self.mask(line.settled),
            after=self.mask(line.after),
            every=self.mask(line.discharges_all),
            lapses=self.mask(line.lapses),
            effective=self._effective(line, names),
            counted=self.counted.index(line.id) if line.id in self.counted else None,
        )

    def mask(self, names: Iterable[str]) -> int:
        """All bits of the duties `names`, as far as they are kept."""
        found = 0
        for name in names:
            if name in self.duties:
                found |= self.duties[name].mask
        return found

    # ---- fields ------------------------------------------------------------------------------

    def _fields(self, names: set[str]) -> None:
        """Of each field that is read, its values by what conditions see of them; class 0 has the field not given."""
        whens = [line.when for line in self.every_line]
        whens += [self._of_case(name) for name in self.duties]
        terms: dict[str, set[Term]] = {}
        for when in whens:
            for term in when:
                terms.setdefault(term.name, set()).add(term)
        self.fields = [name for name in self.process.fields if name in terms]
        self.classes: list[list[Any]] = []
        self.given: list[list[int]] = []  # the classes that a given value may have
        for name in self.fields:
            asked = sorted(terms[name], key=str)
            classes: dict[tuple[bool, ...], int] = {}
            samples: list[Any] = []
            given: list[int] = []
            for value in (None, *self.values(self.process.fields[name], asked)):
                seen = tuple(holds((term,), {name: value}, None) for term in asked)
                if seen not in classes:
                    classes[seen] = len(samples)
                    samples.append(value)
                if value is not None and classes[seen] not in given:
                    given.append(classes[seen])
                    if samples[classes[seen]] is None:
                        samples[classes[seen]] = value
            self.classes.append(samples)
            self.given.append(given)

    def values(self, field: Field, terms: list[Term]) -> list[Any]:
        """What `field` may hold, as far as `terms` can tell it apart."""
        if field.type == "flag":
            return [False, True]
        if field.type == "choice":
            return list(self.ruleset.choices[field.choice or ""])
        return [*(value for term in terms for value in term.values), "\0"]

    def _of_case(self, name: str) -> When:
        """The conditions of a duty that look at the case and not at a row."""
        rule = self.process.duties[name]
        columns = self.process.fields[rule.owed_by.rows].columns if rule.owed_by.rows else {}
        return tuple(term for term in rule.when if term.name not in columns)

    # ---- environments ------------------------------------------------------------------------

    def env(self, env: Env) -> int:
        """The number of `env`."""
        if env not in self._env_numbers:
            self._env_numbers[env] = len(self._envs)
            self._envs.append(env)
        return self._env_numbers[env]

    def env_of(self, number: int) -> Env:
        return self._envs[number]

    def _index(self) -> None:
        """Questions asked again and again, answered once."""

        @cache
        def true(when: When, env: int) -> bool:
            classes = self._envs[env].classes
            values = {name: self.classes[n][classes[n]] for n, name in enumerate(self.fields)}
            return holds(when, values, None)

        self.true = true
        self.holds_of_case = {name: self._of_case(name) for name in self.duties}
        self.openers: dict[str, list[Watched]] = {}
        for duty in self.duties.values():
            for trigger in duty.rule.opens_on:
                self.openers.setdefault(trigger, []).append(duty)
        self.state_duties = [
            [self.duties[name] for name in state.duties if name in self.duties]
            for state in self.process.states.values()
        ]
        self.groups: list[dict[str, list[Line]]] = [{} for _ in self.states]
        self.completions: list[list[Line]] = [[] for _ in self.states]
        for line in self.lines:
            for source in line.rule.sources:
                self.groups[self.number[source]].setdefault(line.rule.trigger, []).append(line)
                if line.rule.after:
                    self.completions[self.number[source]].append(line)
        self.leaving = [self._leaving(to) for to in self.states]

    def _leaving(self, to: str) -> tuple[int, int]:
        """On entering `to`: the bits of duties that last, and of those that belong to a state and nothing else."""
        lasting = belonging = 0
        for duty in self.duties.values():
            if not duty.rule.lasts_until:
                belonging |= duty.mask
            elif to not in duty.rule.lasts_until:
                lasting |= duty.mask
        return lasting, belonging

    def held(self, env: int, capacity: str) -> bool:
        """Whether somebody holds `capacity`."""
        if capacity in self.held_at.always:
            return True
        return bool(self._envs[env].held >> self.loose.index(capacity) & 1)

    # ---- what matters where ------------------------------------------------------------------

    def _liveness(self) -> None:
        reads: list[set[str]] = [set() for _ in self.states]
        fields: list[set[str]] = [set() for _ in self.states]
        ways: dict[int, set[int]] = {n: set() for n, _ in enumerate(self.states)}
        for n, name in enumerate(self.states):
            reads[n] |= set(self.extra.get(name, ()))
        for line in self.lines:
            for source in (self.number[s] for s in line.rule.sources):
                fields[source].update(term.name for term in line.rule.when)
                reads[source].update(line.rule.settled, line.rule.after)
                if line.effective:
                    reads[source].update(line.rule.discharges)
                    reads[source].update(d.rule.name for d in self.duties.values() if d.fires == line.rule.trigger)
                opened = list(self.openers.get(line.rule.trigger, ()))
                if line.rule.to is not None:
                    targets = self.targets(line.rule.to, source)
                    ways[source] |= targets
                    opened += [d for target in targets for d in self.state_duties[target]]
                for duty in opened:
                    fields[source].update(term.name for term in self.holds_of_case[duty.rule.name])
        self.live: list[int] = []
        self.live_fields: list[tuple[bool, ...]] = []
        for n in range(len(self.states)):
            beyond = closure(ways, n)
            self.live.append(self.mask({name for m in beyond for name in reads[m]}))
            told = {name for m in beyond for name in fields[m]}
            self.live_fields.append(tuple(name in told for name in self.fields))

    def targets(self, to: str, source: int) -> set[int]:
        """The states to which `to` may lead from `source`."""
        if to != BACK:
            return {self.number[to]}
        return {
            self.number[s]
            for line in self.every_line
            if line.to is not None and line.to != BACK and self.number[line.to] == source
            for s in line.sources
        } - self.suspending

    def plain(self, state: int, back: int, env: int, duties: int) -> Config:
        """The configuration without what does not matter any more."""
        if state in self.finals:
            return Config(state, -1, 0, 0)
        return Config(state, back, self._plain_env(state, env), duties & self.live[state])

    @cache  # noqa: B019  a sketch lives as long as one check of one file
    def _plain_env(self, state: int, env: int) -> int:
        known, live = self._envs[env], self.live_fields[state]
        classes = tuple(value if alive else 0 for value, alive in zip(known.classes, live, strict=True))
        return self.env(known._replace(classes=classes))


def several(rule: DutyRule) -> bool:
    """Whether a case may owe several of one name at once."""
    return bool(rule.owed_by.each) or rule.owed_by.rows is not None or rule.about_actor


def closure(ways: Mapping[T, set[T]], start: T) -> set[T]:
    """Everything that can be reached from `start`, itself included."""
    seen, ahead = {start}, [start]
    while ahead:
        fresh = ways[ahead.pop()] - seen
        seen |= fresh
        ahead += fresh
    return seen
