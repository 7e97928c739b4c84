"""The steps between configurations: what an act, a deadline or the beginning of a case can come to.

    Steps(sketch).first()           every way a case may begin
    Steps(sketch).acts(config)      what agencies may do there
    Steps(sketch).waits(config)     what happens if nobody does anything

The order within a step is that of `moves.take`, and completions follow as in `decide`. A step has `may`, all
configurations it might come to, and `sure`, those it comes to where it certainly can be taken (None where that is
not certain). A proof that something cannot happen looks at `may`; a proof that somebody can make it happen looks at
`sure`, and all of them must do. Doing one of several duties may leave some or none: who can do one can do them all,
one after the other, so that `sure` has none left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Literal

from states.checks.holding import openers
from states.checks.sketch import HERE, HERE_SPENT, PARKED, PARKED_SPENT, Config, Env, Line, Sketch, Watched
from states.checks.taking import NONE, Given, Nobody, Spots, Stage, Taking
from states.ruleset import ANY, DEBTOR, SYSTEM, DutyRule, Transition


@dataclass(frozen=True, slots=True)
class Step:
    """One way on. `by` is a capacity, `debtor`, or None for the system; `duty` what it does, or what fell due."""

    kind: Literal["open", "act", "waive", "wait"]
    may: Spots
    sure: Spots | None
    line: Transition | None = None
    by: str | None = None
    duty: str | None = None
    given: Given = ()
    taken: tuple[str, ...] = ()  # ids of the lines taken of themselves, by a deadline or a completion

    @property
    def by_chance(self) -> bool:
        """Whether nobody can make it happen."""
        return self.kind == "act" and self.by is None


class Steps:
    """The steps of one sketch; `taking` knows which lines were seen to be taken."""

    def __init__(self, sketch: Sketch) -> None:
        self.sketch = sketch
        self.taking = Taking(sketch)
        self._by_state = [list(self._acting(n)) for n, _ in enumerate(sketch.states)]
        self._waivable = [duty for duty in sketch.duties.values() if duty.rule.waive_by]
        self._firing = {
            trigger: [d for n, d in sketch.duties.items() if trigger in (sketch.nobody.get(n), sketch.fires[n])]
            for trigger in sketch.chances
        }
        self._sure_hits = {
            (line.number, name): self.surely_hit(line.rule, sketch.duties[name].rule)
            for line in sketch.lines
            for name in line.rule.discharges
            if name in sketch.duties
        }

    # ---- beginning ---------------------------------------------------------------------------

    def first(self) -> Iterator[Step]:
        sketch = self.sketch
        for line in sketch.lines:
            if line.rule.sources:
                continue
            for doer in openers(sketch.process, line.rule):
                yield from self._first(line, doer)

    def _first(self, line: Line, doer: str | None) -> Iterator[Step]:
        sketch, rule = self.sketch, line.rule
        required = {name for name, field in sketch.process.fields.items() if field.required}
        given = {*rule.inputs, *required}
        choices = [
            sketch.given[n] if name in given else [0, *sketch.given[n]] if name in rule.takes else [0]
            for n, name in enumerate(sketch.fields)
        ]
        held = sketch.held_at.first[rule.id, doer]
        bits = [(1,) if held[name] else (0,) if held[name] is False else (0, 1) for name in sketch.loose]
        counts = tuple(int(name == rule.id) for name in sketch.counted)
        for classes in product(*[dict.fromkeys(choice) for choice in choices]):
            for some in product(*bits):
                env = sketch.env(Env(classes, sum(bit << n for n, bit in enumerate(some)), counts))
                if not sketch.true(rule.when, env) or self._taken_before(line, doer, env):
                    continue
                start = Stage(sketch.number[sketch.process.initial], -1, env, 0, 0, True, NONE)
                try:
                    stages = self.taking.open_state(start)
                    stages = [after for stage in stages for after in self.taking.open_on(stage, rule.trigger, ())]
                    may = self.taking.completed(stages)
                except Nobody:
                    continue
                self.taking.taken.add(rule.id)
                known = {*given, *rule.takes}
                chosen = tuple((name, classes[n]) for n, name in enumerate(sketch.fields) if name in known)
                yield Step("open", may, None, line=rule, by=doer, given=chosen)

    def _taken_before(self, line: Line, doer: str | None, env: int) -> bool:
        """Whether an earlier line of opening surely wins."""
        for earlier in self.sketch.lines[: line.number]:
            same = not earlier.rule.sources and earlier.rule.trigger == line.rule.trigger
            theirs = (doer or SYSTEM) in earlier.rule.by or any(
                self.sketch.process.capacities[name].holds == ANY
                for name in earlier.rule.by
                if doer is not None and name in self.sketch.process.capacities
            )
            if same and theirs and self.sketch.true(earlier.rule.when, env):
                return True
        return False

    # ---- acting ------------------------------------------------------------------------------

    def acts(self, at: Config) -> Iterator[Step]:
        """Whatever an agency may do at `at`, as far as it changes anything."""
        sketch = self.sketch
        for line, earlier, needed in self._by_state[at.state]:
            if (not needed or at.duties & needed) and self.taking.holds(at, line):
                yield from self._act(at, line, earlier)
        for duty in self._waivable:
            if at.duties & duty.mask and any(sketch.held(at.env, name) for name in duty.rule.waive_by):
                less = self._less(at.duties, duty)
                may, none = self.taking.waived(at, duty, less), self.taking.waived(at, duty, less[:1])
                yield Step("waive", may, none or None, duty=duty.rule.name)
        for trigger, states in sketch.chances.items():
            if sketch.states[at.state] in states:
                yield from self._by_chance(at, trigger)

    def _by_chance(self, at: Config, trigger: str) -> Iterator[Step]:
        """What a rung that finds nobody may set off, and what else is fired unforeseen: no proof may rely on it."""
        firing = [duty for duty in self._firing[trigger] if at.duties & duty.mask]
        for duty in (None, *firing):  # a line with `discharges` is for the duty that fires
            for line in self.sketch.groups[at.state].get(trigger, ()):
                rule, mine = line.rule, duty is not None and duty.rule.name in line.rule.discharges
                if SYSTEM not in rule.by or rule.after or (rule.discharges and not mine):
                    continue
                if not self.taking.holds(at, line):
                    continue
                if mine == (duty is not None):
                    less = self._less(at.duties, duty) if duty else [at.duties]
                    if outcome := self.taking.come_to(at, line, less, (), ()):
                        yield Step("act", outcome, None, line=rule, taken=(rule.id,))
                if not (rule.times and line.counted is None):
                    break

    def _acting(self, state: int) -> Iterator[tuple[Line, list[Line], int]]:
        """The lines that an agency may take in `state` with an effect: each with those before it, and what it needs."""
        for lines in self.sketch.groups[state].values():
            for n, line in enumerate(lines):
                if line.effective and not line.rule.after and line.rule.by != (SYSTEM,):
                    yield line, lines[:n], self.sketch.mask(line.rule.discharges)

    def _less(self, duties: int, duty: Watched) -> list[int]:
        """What may be left after one of `duty` has ended; first: none."""
        bits, rest = duties & duty.mask, duties & ~duty.mask
        found = [rest]
        if duty.several:
            part = bits
            while part:
                found.append(rest | part)
                part = (part - 1) & bits
        return found

    def _act(self, at: Config, line: Line, earlier: list[Line]) -> Iterator[Step]:
        doers = [name for name in line.rule.by if name not in (SYSTEM, DEBTOR) and self.sketch.held(at.env, name)]
        if DEBTOR in line.rule.by:
            doers.append(DEBTOR)
        if not all(self.sketch.held(at.env, capacity) for capacity in line.rule.includes.values()):
            return
        meant: list[Watched | None] = [
            self.sketch.duties[name]
            for name in line.rule.discharges
            if name in self.sketch.duties and at.duties & self.sketch.duties[name].mask
        ]
        if not line.rule.discharges:
            meant = [None]
        for duty in meant:
            found = [(doer, self._before(at, earlier, doer, duty)) for doer in doers]
            able = [(doer, before) for doer, before in found if before is not None]
            if not able:
                continue
            for given, named in self._carried(at, line):
                yield self._step(at, line, duty, given, named, able)

    def _step(
        self,
        at: Config,
        line: Line,
        duty: Watched | None,
        given: Given,
        named: tuple[str, ...],
        able: list[tuple[str, list[Line]]],
    ) -> Step:
        less = self._less(at.duties, duty) if duty else [at.duties]
        # Where the case stays, all of them are done one after the other; where it moves on, the first is enough.
        needed = less[:1] if line.rule.to is None else less
        sure: Spots | None = self.taking.come_to(at, line, needed, given, named, wholly=True)
        may = sure if sure and len(needed) == len(less) else self.taking.come_to(at, line, less, given, named)
        if sure and self._certain(line, duty):
            for other in min((before for _, before in able), key=len):  # what might be taken instead
                sure = self._or(sure, at, other)
        else:
            sure = None
        return Step(
            "act", may, sure or None, line=line.rule, by=able[0][0], duty=duty.rule.name if duty else None, given=given
        )

    def _or(self, sure: Spots, at: Config, other: Line) -> Spots:
        """`sure`, and whatever `other` comes to; nothing when that is not certain either."""
        if not sure or other.rule.inputs or other.rule.includes:
            return ()
        duties = [self.sketch.duties[name] for name in other.rule.discharges if name in self.sketch.duties]
        less = [left for duty in duties if at.duties & duty.mask for left in self._less(at.duties, duty)]
        found = self.taking.come_to(at, other, less or [at.duties], (), (), wholly=True)
        return (*sure, *found) if found else ()

    def _certain(self, line: Line, duty: Watched | None) -> bool:
        if line.rule.times and line.counted is None:
            return False
        if not all(self.sketch.held_at.fits(capacity, name) for name, capacity in line.rule.includes.items()):
            return False
        return duty is None or self._sure_hits[line.number, duty.rule.name]

    def wins(self, at: Config, line: Line) -> bool:
        """Whether somebody who may take `line` at `at` finds no earlier line of its trigger that surely wins."""
        lines = self.sketch.groups[at.state][line.rule.trigger]
        earlier = lines[: lines.index(line)]
        doers = [by for by in line.rule.by if by in (SYSTEM, DEBTOR) or self.sketch.held(at.env, by)]
        return any(self._before(at, earlier, doer, None) is not None for doer in doers)

    def _before(self, at: Config, earlier: list[Line], doer: str, duty: Watched | None) -> list[Line] | None:
        """Earlier lines that this doer might take instead; None where one surely wins."""
        maybe: list[Line] = []
        for line in earlier:
            match self._wins(at, line, doer, duty):
                case True:
                    return None
                case None:
                    maybe.append(line)
        return maybe

    def _wins(self, at: Config, line: Line, doer: str, duty: Watched | None) -> bool | None:
        if not self.taking.holds(at, line):
            return False
        sketch, rule = self.sketch, line.rule
        open_ = [name for name in rule.discharges if name not in sketch.duties or at.duties & sketch.duties[name].mask]
        if rule.discharges and not open_:
            return False
        mine = duty is not None and duty.rule.name in rule.discharges
        sure = doer in rule.by and (doer != DEBTOR or mine)
        if not sure and not (DEBTOR in rule.by and open_) and not self._may_be(doer, rule.by, at.env):
            return False
        if not sure or (rule.times and line.counted is None):
            return None
        if not rule.discharges or (doer == DEBTOR and duty is not None and not duty.rule.about_actor):
            return True
        owed = [sketch.process.duties[name].owed_by.capacity for name in open_]
        about = [sketch.process.duties[name].about_actor for name in open_]
        kept = [name in sketch.duties for name in open_]
        return True if any(o is not None and not a and k for o, a, k in zip(owed, about, kept, strict=True)) else None

    def _may_be(self, doer: str, by: tuple[str, ...], env: int) -> bool:
        """Whether the agency that is `doer` may also hold one of the capacities `by`."""
        known = self.sketch.process.capacities
        held = [known[name] for name in by if name in known and self.sketch.held(env, name)]
        if doer not in known:
            return bool(held)
        one = known[doer]  # two capacities fixed to different agencies are never held by one
        return any(
            one.many or other.many or ANY in (one.holds, other.holds) or one.holds == other.holds for other in held
        )

    def _carried(self, at: Config, line: Line) -> Iterator[tuple[Given, tuple[str, ...]]]:
        """What may come with the act: fields that are read, and capacities that are named."""
        sketch, rule = self.sketch, line.rule
        fields: list[list[tuple[str, int] | None]] = []
        for n, name in enumerate(sketch.fields):
            if name in rule.inputs or name in rule.takes:
                left: list[tuple[str, int] | None] = [] if name in rule.inputs else [None]
                fields.append([*left, *((name, known) for known in sketch.given[n])])
        named: list[tuple[str | None, ...]] = []
        for name in dict.fromkeys((*rule.inputs, *rule.takes)):
            if name in sketch.process.capacities:
                named.append((name,) if name in (*rule.inputs, *rule.includes) else (None, name))
        for values in product(*fields):
            for who in product(*named):
                yield tuple(v for v in values if v), tuple(w for w in who if w)

    # ---- waiting -----------------------------------------------------------------------------

    def waits(self, at: Config) -> Iterator[Step]:
        """Each deadline that may pass next at `at` and fire something; all of them, if nobody acts."""
        for duty in self.sketch.duties.values():
            if duty.fires is None:
                continue
            for pending, spent in ((HERE, HERE_SPENT), (PARKED, PARKED_SPENT)):
                if at.duties & (pending << duty.shift) and (pending == HERE or duty.runs_parked):
                    yield self._expired(at, duty, pending << duty.shift, spent << duty.shift)

    def _expired(self, at: Config, duty: Watched, pending: int, spent: int) -> Step:
        left = [at.duties & ~pending, *([at.duties] if duty.several else [])]
        refused = [Stage(at.state, at.back, at.env, duties | spent, at.duties, False, NONE) for duties in left]
        found: set[Config] = set()
        taken: list[str] = []
        for line in self.sketch.groups[at.state].get(duty.fires or "", ()):
            rule = line.rule
            mine = duty.rule.name in rule.discharges
            if SYSTEM not in rule.by or rule.after or not self.taking.holds(at, line) or (rule.discharges and not mine):
                continue
            outcome = self.taking.come_to(
                at, line, left if mine else [duties | spent for duties in left], (), (), seen=spent
            )
            found.update(outcome)
            if outcome:
                taken.append(rule.id)
            if not (rule.times and line.counted is None):
                break
        else:
            taken.append("")
            found.update(self.taking.completed(refused))
        if not found:
            found.update(self.taking.completed(refused))
        return Step("wait", tuple(found), tuple(found), duty=duty.rule.name, taken=tuple(taken))

    # ---- what is known beforehand ---------------------------------------------------------------

    def surely_hit(self, line: Transition, rule: DutyRule) -> bool:
        """Whether, of whatever is open of `rule`, somebody who may take `line` can close each one."""
        if rule.about_actor:
            return self._actors(rule) <= set(line.by) - {SYSTEM, DEBTOR}
        if rule.owed_by.nobody:
            return DEBTOR not in line.by
        if DEBTOR in line.by or rule.owed_by.capacity is not None:
            return True
        return bool(rule.owed_by.each) and set(rule.owed_by.each) <= set(line.by)

    def _actors(self, rule: DutyRule) -> set[str]:
        """In which capacities those act about whom `rule` is opened; with a name of none where that is not known."""
        process = self.sketch.process
        lines = [line for line in self.sketch.every_line if line.trigger in rule.opens_on]
        actors = {name for line in lines for name in line.by}
        if DEBTOR in actors:
            owed = [process.duties[name].owed_by for line in lines if DEBTOR in line.by for name in line.discharges]
            actors |= {name for by in owed for name in (by.capacities or (SYSTEM,))}
            actors.discard(DEBTOR)
        if any(rule.name in state.duties for state in process.states.values()):
            actors.add(SYSTEM)
        where = {s for line in lines for s in line.sources}
        where |= {line.to for line in process.transitions if where & set(line.sources) and line.to} & {
            name for name, state in process.states.items() if state.suspends
        }
        if rule.lasts_until:
            where = set(process.states)
        lost = {n for n in actors if n in process.capacities and not process.capacities[n].many}
        lost &= {
            name for line in process.transitions if where & set(line.sources) for name in (*line.inputs, *line.takes)
        }
        return actors | ({SYSTEM} if lost else set())
