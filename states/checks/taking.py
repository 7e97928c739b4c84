"""Taking a line of the table in a sketch, as `moves.take` and the completions of `decide` do in a case.

    Taking(sketch).come_to(config, line, ...)       what it may come to: nothing where it is refused
    Taking(sketch).completed(stages)                the completions that follow of themselves
    Taking(sketch).waived(config, duty, less)       letting a duty go

A stage is a configuration within a step. Where several things may come of one (how many rows there are, whether the
newcomer owes), every one of them is followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from states.checks.sketch import HERE, HERE_SPENT, PARKED, PARKED_SPENT, Config, Env, Line, Sketch, Watched
from states.ruleset import BACK, DutyRule

Given = tuple[tuple[str, int], ...]
"""Fields given with an act and the class of each value."""
Spots = tuple[Config, ...]
Key = tuple[int, int, int, int, int, tuple[int, ...], tuple[str, ...], bool, int]
NONE: frozenset[int] = frozenset()


class Stage(NamedTuple):
    """A configuration within a step; `seen` are all duties that were open in it, `done` the completions taken."""

    state: int
    back: int
    env: int
    duties: int
    seen: int
    entered: bool
    done: frozenset[int]


class Nobody(Exception):
    """A duty would be owed by nobody: the step is refused."""


class Taking:
    """Takes lines of one sketch. `taken` collects the ids of those that were seen to be taken."""

    def __init__(self, sketch: Sketch) -> None:
        self.sketch = sketch
        self.taken: set[str] = set()
        self._known: dict[Key, Spots] = {}
        self._touches: dict[tuple[int, int], int] = {}
        self._joined = self._welcomes()

    def come_to(
        self,
        at: Config,
        line: Line,
        less: Sequence[int],
        given: Given,
        named: tuple[str, ...],
        *,
        wholly: bool = False,
        seen: int = 0,
    ) -> Spots:
        """What taking `line` comes to, with `less` left of the duties. Nothing: it is refused; `wholly`: perhaps."""
        env = self._env_after(at.env, line, given, named)
        touched = self._touched(at.state, line)
        for left in less:  # what fell due is changed too, whatever the line says of it
            touched |= left ^ at.duties
        kept = tuple([left & touched for left in less])
        key = (line.number, at.state, at.back, env, at.duties & touched, kept, named, wholly, seen)
        if key not in self._known:
            self._known[key] = self._come_to(key, line)
        rest = at.duties & ~touched
        if not rest:
            return self._known[key]
        return tuple([Config(to, back, env_, duties | rest) for to, back, env_, duties in self._known[key]])

    def _come_to(self, key: Key, line: Line) -> Spots:
        _, state, back, env, duties, less, named, wholly, seen = key
        stages = [Stage(state, back, env, left, duties | seen, False, NONE) for left in less]
        try:
            stages = self._taken_all(stages, line, named)
        except Nobody:
            return ()
        found = self.completed(stages, wholly=wholly)
        if found:
            self.taken.add(line.rule.id)
        return found

    def waived(self, at: Config, duty: Watched, less: Iterable[int]) -> Spots:
        """What letting go one of `duty` comes to."""
        stages = [Stage(at.state, at.back, at.env, left, at.duties, False, NONE) for left in less]
        return self.completed(stages)

    def _touched(self, state: int, line: Line) -> int:
        """The duties that taking `line` in `state` looks at or changes; the others are passed on as they are."""
        key = (state, line.number)
        if key not in self._touches:
            carried = {*line.rule.inputs, *line.rule.takes}
            wide = line.rule.to is not None or carried & set(self.sketch.process.capacities)
            self._touches[key] = -1 if wide else self._narrow(state, self._looks_at(line))
        return self._touches[key]

    def _narrow(self, state: int, touched: int) -> int:
        """`touched`, and what completions touch that may follow; all, where one leads to another state."""
        while True:
            before = touched
            for line in self.sketch.completions[state]:
                if line.after & touched:
                    if line.rule.to is not None:
                        return -1
                    touched |= self._looks_at(line)
            if touched == before:
                return touched

    def _looks_at(self, line: Line) -> int:
        touched = line.every | line.lapses | line.settled | line.after | self.sketch.mask(line.rule.discharges)
        for duty in self.sketch.openers.get(line.rule.trigger, ()):
            touched |= duty.mask
        return touched

    def _taken_all(self, stages: list[Stage], line: Line, named: tuple[str, ...]) -> list[Stage]:
        if line.every:
            stages = [stage._replace(duties=stage.duties & ~line.every) for stage in stages]
        for capacity in named:
            stages = [after for stage in stages for after in self._name(stage, capacity)]
        if line.lapses:
            stages = [stage._replace(duties=stage.duties & ~line.lapses) for stage in stages]
        if line.rule.to is not None:
            stages = [after for stage in stages for after in self._move(stage, line.rule.to)]
        return [after for stage in stages for after in self.open_on(stage, line.rule.trigger, named)]

    def _env_after(self, env: int, line: Line, given: Given, named: tuple[str, ...]) -> int:
        if not given and not named and line.counted is None:
            return env
        sketch = self.sketch
        classes, held, counts = sketch.env_of(env)
        for name, value in given:
            n = sketch.fields.index(name)
            classes = (*classes[:n], value, *classes[n + 1 :])
        for name in named:
            if name in sketch.loose:
                held |= 1 << sketch.loose.index(name)
        if line.counted is not None:
            n = line.counted
            counts = (*counts[:n], counts[n] + 1, *counts[n + 1 :])
        return sketch.env(Env(classes, held, counts))

    def _name(self, stage: Stage, capacity: str) -> list[Stage]:
        """Naming into many: the newcomer may owe what the others were asked. Into one: clocks begin afresh."""
        stages = [stage]
        if self.sketch.process.capacities[capacity].many:
            for duty in self._joined[stage.state].get(capacity, ()):
                if self.sketch.true(self.sketch.holds_of_case[duty.rule.name], stage.env):
                    stages += [s._replace(duties=s.duties | HERE << duty.shift) for s in stages]
            return stages
        for duty in self.sketch.duties.values():
            if duty.fires is None or capacity not in duty.rule.owed_by.capacities:
                continue
            for spent, fresh in ((HERE_SPENT, HERE), (PARKED_SPENT, PARKED)):
                bit = spent << duty.shift
                stages += [
                    s._replace(duties=s.duties & ~kept | fresh << duty.shift)
                    for s in stages
                    if s.duties & bit
                    for kept in (bit, 0)
                ]
        return stages

    def _move(self, stage: Stage, to: str) -> list[Stage]:
        sketch, duties = self.sketch, stage.duties
        back = to == BACK
        target = stage.back if back else sketch.number[to]
        if target < 0:
            target = stage.state
        lasting, belonging = sketch.leaving[target]
        here, parked = duties & sketch.here, duties & ~sketch.here
        if target in sketch.suspending and stage.back < 0:
            duties = (here & (lasting | belonging)) << 2
            after = stage._replace(state=target, back=stage.state, duties=duties, entered=True)
        else:
            kept = (here | parked >> 2) & lasting
            if stage.back < 0:
                kept |= here & belonging if target == stage.state else 0
            elif target == stage.back:
                kept |= parked >> 2 & belonging
            if target in sketch.finals:
                kept = 0
            after = stage._replace(state=target, back=-1, duties=kept, entered=True)
        return [after] if back else self.open_state(after)

    def open_state(self, stage: Stage) -> list[Stage]:
        stages = [stage]
        for duty in self.sketch.state_duties[stage.state]:
            stages = [s for one in stages for s in self._open(one, duty, named=(), on_state=True)]
        return stages

    def open_on(self, stage: Stage, trigger: str, named: tuple[str, ...]) -> list[Stage]:
        stages = [stage]
        for duty in self.sketch.openers.get(trigger, ()):
            stages = [s for one in stages for s in self._open(one, duty, named, on_state=False)]
        return stages

    def _open(self, stage: Stage, duty: Watched, named: tuple[str, ...], *, on_state: bool) -> list[Stage]:
        """`stage` after `duty` was opened for everybody who owes it, in every way that may come out."""
        bits, rest, fresh = stage.duties & duty.mask, stage.duties & ~duty.mask, HERE << duty.shift
        restart = duty.rule.restart and not on_state
        outcomes: Iterable[int]
        if not self.sketch.true(self.sketch.holds_of_case[duty.rule.name], stage.env):
            outcomes = {0, bits} if restart and duty.several else {0} if restart else {bits}
        elif duty.rule.owed_by.rows is not None:
            outcomes = {bits, bits | fresh, *({0, fresh} if restart else ())}
        elif not self._anybody(duty.rule, stage.env):
            outcomes = {0, bits} if restart else {bits}
        elif restart:
            only = duty.several and set(duty.rule.owed_by.each) & set(named)
            outcomes = {fresh, bits | fresh} if only or duty.rule.about_actor else {fresh}
        elif bits:
            outcomes = {bits, bits | fresh} if duty.several else {bits}
        else:
            outcomes = {fresh}
        state, back, env, _, seen, entered, done = stage
        return [Stage(state, back, env, rest | one, seen | bits, entered, done) for one in outcomes]

    def _anybody(self, rule: DutyRule, env: int) -> bool:
        """Whether somebody owes `rule`. Raises `Nobody` where a capacity that owes alone is empty."""
        if rule.owed_by.nobody:
            return True
        held = any(self.sketch.held(env, capacity) for capacity in rule.owed_by.capacities)
        if not held and rule.owed_by.capacity is not None:
            raise Nobody
        return held

    def holds(self, at: Config, line: Line) -> bool:
        """Whether `when`, `settled` and (where counted) `times` are met, and one of `discharges` may be owed."""
        if at.duties & line.settled or not self.sketch.true(line.rule.when, at.env):
            return False
        return line.counted is None or self.sketch.env_of(at.env).counts[line.counted] < line.rule.times

    # ---- completions -----------------------------------------------------------------------------

    def completed(self, stages: Iterable[Stage], *, wholly: bool = False) -> Spots:
        """Each of `stages` with the completions that follow; without those that are refused, or nothing if `wholly`."""
        found: dict[Config, None] = {}
        for stage in dict.fromkeys(stages):
            try:
                for config in self._completed(stage):
                    found[config] = None
            except Nobody:
                if wholly:
                    return ()
        return tuple(found)

    def _completed(self, stage: Stage) -> list[Config]:
        sketch = self.sketch
        for line in sketch.completions[stage.state]:
            if line.number in stage.done or line.rule.discharges or stage.duties & line.after:
                continue
            at = Config(stage.state, stage.back, stage.env, stage.duties)
            if not (stage.entered or stage.seen & line.after) or not self.holds(at, line):
                continue
            env = self._env_after(stage.env, line, (), ())
            done = stage._replace(env=env, seen=stage.seen | stage.duties, done=stage.done | {line.number})
            found: list[Config] = []
            for after in self._taken_all([done], line, ()):
                found += self._completed(after)
            self.taken.add(line.rule.id)
            if line.rule.times and line.counted is None:  # or it is used up
                found += self._completed(stage._replace(done=stage.done | {line.number}))
            return found
        return [sketch.plain(stage.state, stage.back, stage.env, stage.duties)]

    # ---- what is known beforehand ------------------------------------------------------------------

    def _welcomes(self) -> list[dict[str, list[Watched]]]:
        """By state and capacity of many: the duties that may have been opened there and a newcomer would owe too."""
        sketch = self.sketch
        found: list[dict[str, list[Watched]]] = [{} for _ in sketch.states]
        for duty in sketch.duties.values():
            if duty.rule.about_actor:
                continue
            for line in sketch.lines:
                if line.rule.trigger in duty.rule.opens_on:
                    into = {line.rule.to} if line.rule.to not in (None, BACK) else set(line.rule.sources)
                    into = into if line.rule.to != BACK else set(sketch.states)
                    places = [sketch.number[s] for s in into or {sketch.process.initial} if s is not None]
                else:
                    places = []
                places += [n for n, _ in enumerate(sketch.states) if duty in sketch.state_duties[n]]
                for n in places:
                    for capacity in duty.rule.owed_by.each:
                        here = found[n].setdefault(capacity, [])
                        if duty not in here:
                            here.append(duty)
        return found
