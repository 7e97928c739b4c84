"""Every configuration a case may come to, by the shortest way, and from which of them an end is sure to be reachable.

    explore(sketch, budget) -> Explored         breadth first: the way to each configuration is a shortest one
    Explored.ending()                           those from which agencies that want to can end the case

Ending is worked out backwards from the final states. An act helps if everything it may come to is known to end;
waiting helps if every deadline that may pass next leads to what is known to end: which one is first, nobody chooses.
Work is counted in steps, and a budget bounds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from states.checks.sketch import Config, Sketch
from states.checks.steps import Step, Steps


class TooMany(Exception):
    """More steps than the budget allows."""


@dataclass
class Budget:
    """How many steps may still be looked at."""

    steps: int

    def spend(self) -> None:
        self.steps -= 1
        if self.steps < 0:
            raise TooMany


@dataclass
class Explored:
    """What was found: configurations in the order of their distance, how each was first reached, where each leads."""

    sketch: Sketch
    steps: Steps
    configs: list[Config] = field(default_factory=list)
    number: dict[Config, int] = field(default_factory=dict)
    came: list[tuple[int, Step]] = field(default_factory=list)  # the one before (-1: the beginning), and the step
    acts: list[list[Step]] = field(default_factory=list)
    waits: list[list[Step]] = field(default_factory=list)

    def reach(self, config: Config, before: int, step: Step) -> None:
        if config not in self.number:
            self.number[config] = len(self.configs)
            self.configs.append(config)
            self.came.append((before, step))

    def path(self, number: int) -> list[Step]:
        """The steps of a shortest way to a configuration, from the opening."""
        found: list[Step] = []
        while number >= 0:
            number, step = self.came[number]
            found.append(step)
        return found[::-1]

    def ways(self, number: int) -> tuple[Step, ...]:
        """The steps from there."""
        return (*self.acts[number], *self.waits[number])

    def ahead(self, number: int) -> Iterator[int]:
        """Where one step may lead from there."""
        for step in self.ways(number):
            for config in step.may:
                yield self.number[config]

    def ending(self) -> set[int]:
        """The configurations from which the case can surely be ended."""
        ways: list[tuple[int, set[int]]] = []  # a configuration, and all of what one way on from it may come to
        for n in range(len(self.configs)):
            for step in self.acts[n]:
                if step.sure:
                    ways.append((n, {self.number[config] for config in step.sure}))
            if self.waits[n]:
                ways.append((n, {self.number[config] for step in self.waits[n] for config in step.may}))
        into: dict[int, list[int]] = {}
        left = [len(targets) for _, targets in ways]
        for way, (_, targets) in enumerate(ways):
            for target in targets:
                into.setdefault(target, []).append(way)
        found = {n for n, config in enumerate(self.configs) if config.state in self.sketch.finals}
        ahead = list(found)
        while ahead:
            for way in into.get(ahead.pop(), ()):
                left[way] -= 1
                start = ways[way][0]
                if not left[way] and start not in found:
                    found.add(start)
                    ahead.append(start)
        return found


def explore(sketch: Sketch, budget: Budget) -> Explored:
    """Everything reachable in `sketch`. Raises `TooMany`."""
    found = Explored(sketch, Steps(sketch))
    for step in found.steps.first():
        budget.spend()
        for config in step.may:
            found.reach(config, -1, step)
    n = 0
    while n < len(found.configs):
        config = found.configs[n]
        final = config.state in sketch.finals
        acts = [] if final else list(found.steps.acts(config))
        waits = [] if final else list(found.steps.waits(config))
        found.acts.append(acts)
        found.waits.append(waits)
        for step in (*acts, *waits):
            budget.spend()
            for target in (*step.may, *(step.sure or ())):
                found.reach(target, n, step)
        n += 1
    return found


def replayed(path: list[Step], sketch: Sketch) -> list[Config]:
    """Where `path`, found in another sketch of the same process, may lead in `sketch`: by the same lines and duties.

    What is given on the way is not compared: the sketches may tell values apart that the other does not.
    """
    steps = Steps(sketch)
    here: list[Config] = []
    for taken in path:
        ways = steps.first() if not here else (s for at in here for s in (*steps.acts(at), *steps.waits(at)))
        here = list(dict.fromkeys(config for step in ways if _same(step, taken) for config in step.may))
        if not here:
            return []
    return here


def _same(one: Step, other: Step) -> bool:
    return (one.kind, one.duty, one.line and one.line.id) == (other.kind, other.duty, other.line and other.line.id)


def bottoms(explored: Explored, among: set[int]) -> list[set[int]]:
    """The groups within `among` that nothing leads out of: once in one, always in it. Nearest to the opening first."""
    order: list[int] = []
    seen: set[int] = set()
    for root in sorted(among):  # an explicit stack: processes may be long
        if root in seen:
            continue
        seen.add(root)
        stack = [(root, iter(set(explored.ahead(root))))]
        while stack:
            here, ahead = stack[-1]
            for target in ahead:
                if target in among and target not in seen:
                    seen.add(target)
                    stack.append((target, iter(set(explored.ahead(target)))))
                    break
            else:
                order.append(here)
                stack.pop()
    before: dict[int, list[int]] = {n: [] for n in among}
    for n in among:
        for target in set(explored.ahead(n)):
            if target in among:
                before[target].append(n)
    groups: list[set[int]] = []
    placed: set[int] = set()
    for root in reversed(order):
        if root in placed:
            continue
        group, ahead_ = {root}, [root]
        placed.add(root)
        while ahead_:
            for source in before[ahead_.pop()]:
                if source not in placed:
                    placed.add(source)
                    group.add(source)
                    ahead_.append(source)
        groups.append(group)
    closed = [group for group in groups if all(t in group for n in group for t in explored.ahead(n))]
    return sorted(closed, key=min)
