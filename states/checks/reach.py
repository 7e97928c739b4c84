"""What is proved of each process as a whole (E50x): that cases get on, and come to an end.

    prove(ruleset, process, names, budget)

Everything is looked at in a `sketch` of the process; what fails is told with the shortest story that leads there.

- Every state is reached, every line is taken by somebody some time, every duty is opened (E501 to E504).
- From everything that can come about, an end can be reached (E505, E506, E507).
- In every state that is not final something is due, or it may wait (E508).
- Who owes can do it (E509, E510).
- What happens by itself comes to rest (E511), and what a ladder fires can happen (E512).
"""

from __future__ import annotations

from states.checks.alive import Alive
from states.checks.explore import Budget, Explored, TooMany, bottoms, explore, replayed
from states.checks.ladders import check_ladders
from states.checks.names import Names
from states.checks.sketch import HERE, HERE_SPENT, PARKED, PARKED_SPENT, Config, Sketch, Watched, several
from states.checks.steps import Step
from states.checks.story import told
from states.errors import N_
from states.ruleset import BACK, DEBTOR, SYSTEM, Process, Ruleset, Transition

MOST_ROUNDS = 6
MOST_COUNTED = 30_000  # steps looked at once more with `times` counted


def prove(
    ruleset: Ruleset, process: Process, names: Names, budget: Budget, again: Budget, places: dict[str, int]
) -> None:
    """Note everything that is not so in `process`. Work is bounded by `budget`, which is used up, and for what is
    explored once more by `again`.

    `places` says where each line of the table stands in the file's list.
    """
    try:
        _Proof(ruleset, process, names, budget, again, places).prove()
    except TooMany:
        text = N_("too much can be open at once in this process to prove that its cases end")
        hint = N_("split the process, let fewer duties live through other states, or let fewer lines wait for them")
        names.add((), "E500", text, hint=hint)


class _Proof:
    def __init__(
        self, ruleset: Ruleset, process: Process, names: Names, budget: Budget, again: Budget, places: dict[str, int]
    ) -> None:
        self.ruleset, self.process, self.names, self.places = ruleset, process, names, places
        self.budget, self.again = budget, again
        self.may_count = True  # not again once that was too much
        self.extra: dict[str, set[str]] = {}
        # What happens by itself is not chosen: how often it did is counted from the start.
        self.counted = {line.id for line in process.transitions if line.times and line.by == (SYSTEM,)}

    def prove(self) -> None:
        found, idle = self._explored(self.budget)
        lost = set(range(len(found.configs))) - found.ending()
        counted = {line.id for line in self.process.transitions if line.times} - self.counted
        if (lost or idle) and counted:  # it may hang on how often a line was taken: count, if that is not too much
            before, self.counted = self.counted, self.counted | counted
            try:
                found, idle = self._explored(Budget(min(self.budget.steps, MOST_COUNTED)))
            except TooMany:
                self.counted = before
            lost = set(range(len(found.configs))) - found.ending()
        alive = Alive(found)
        self._reached(found, alive)
        self._dischargeable(found, alive)
        self._fired(found, alive)
        self._loops(alive)
        check_ladders(self.ruleset, self.process, self.names, alive)
        self._ends(found, lost)
        for state, n in idle.items():
            text = N_("in “{state}” a case may lie for ever: nothing is due, and it does not say `may_wait: true`")
            self._add(("states", state), "E508", text, found, n, N_("nothing is due"), state=state)

    def _explored(self, budget: Budget) -> tuple[Explored, dict[str, int]]:
        """Everything reachable, with all that may be due where it matters; and where nothing is."""
        found = explore(self._sketch(), budget)
        idle = self._idle(found)
        for _ in range(MOST_ROUNDS):
            if not idle or not self._refined(found, idle):
                break
            found = explore(self._sketch(), budget)
            idle = self._idle(found)
        return found, idle

    def _sketch(self) -> Sketch:
        return Sketch(self.ruleset, self.process, self.extra, self.counted)

    def _add(
        self, path: tuple[str | int, ...], code: str, text: str, found: Explored, n: int, so: str, **values: str
    ) -> None:
        story = told(self.ruleset, found.sketch, found.path(n), so)
        self.names.add(path, code, text, story=story, **values)

    # ---- everything is reached -----------------------------------------------------------------

    def _reached(self, found: Explored, alive: Alive) -> None:
        reached = {found.sketch.states[config.state] for config in found.configs}
        reached |= {line.to or "" for line in self.process.transitions if line.id in alive.taken}  # one may lead on
        missing = [name for name in found.sketch.states if name not in reached]
        for name in missing:
            text = N_("no case can come to this state: the lines that lead here can never be taken")
            self.names.add(("states", name), "E501", text)
        for line in (*self.process.opening, *self.process.transitions):
            if line.id in alive.taken or line.to in missing or (line.sources and set(line.sources) <= set(missing)):
                continue  # what was told of a state need not be told of each of its lines
            here = ("transitions", self.places[line.id])
            if (winner := alive.shadowed(line)) is not None:
                text = N_("this line can never win: `{trigger}` at line {line} always does")
                where = self.names.marks.line_at((*self.names.here, "transitions", self.places[winner]))
                self.names.add(here, "E503", text, trigger=line.trigger, line=where)
            else:
                text = N_("this line can never be taken: what it wants is never so in the states it is for")
                self.names.add(here, "E502", text)
        for name in self.process.duties:
            if name in alive.never:
                text = N_("this duty is never opened: its condition can never hold")
                self.names.add(("duties", name, "when"), "E504", text)

    # ---- every case can end --------------------------------------------------------------------

    def _ends(self, found: Explored, lost: set[int]) -> None:
        if not lost:
            return
        groups = bottoms(found, lost)
        seen: set[int] = set()
        for group in groups:
            n = min(group)
            state = found.configs[n].state
            if state in seen:
                continue
            seen.add(state)
            name = found.sketch.states[state]
            if len(group) == 1 and not found.acts[n] and not found.waits[n]:
                text = N_("in “{state}” a case may get stuck: nobody can do anything that leads on")
                self._add(("states", name), "E505", text, found, n, N_("nobody can act"), state=name)
            else:
                text = N_("from “{state}” there may be no way to an end, whatever is done")
                self._add(("states", name), "E506", text, found, n, N_("no end can be reached"), state=name)
        if lost and not groups:
            n = min(lost, key=lambda m: (not self._leaf(found, lost, m), m))
            name = found.sketch.states[found.configs[n].state]
            text = N_("from “{state}” no end is sure: it hangs on who is named, or on what may be used up")
            self._add(("states", name), "E507", text, found, n, N_("an end is not sure"), state=name)

    def _leaf(self, found: Explored, lost: set[int], n: int) -> bool:
        return all(m == n or m not in lost for m in found.ahead(n))

    # ---- something is due ----------------------------------------------------------------------

    def _idle(self, found: Explored) -> dict[str, int]:
        """By state, the nearest configuration in which nothing is due though the state may not wait."""
        idle: dict[str, int] = {}
        for n, config in enumerate(found.configs):
            name = found.sketch.states[config.state]
            state = self.process.states[name]
            if not (state.final or state.may_wait or name in idle or _due(found.sketch, config)):
                idle[name] = n
        return idle

    def _refined(self, found: Explored, idle: dict[str, int]) -> bool:
        """Keep what is due in the stories of `idle` though no line waits for it. False: there is nothing of that."""
        more = False
        for state, n in idle.items():
            known = self.extra.get(state, set())
            every = {**self.extra, state: set(self.process.duties)}
            sketch = Sketch(self.ruleset, self.process, every, self.counted)
            here = [c for c in replayed(found.path(n), sketch) if sketch.states[c.state] == state]
            due = {name for name, duty in sketch.duties.items() if any(c.duties & duty.mask for c in here)} - known
            if due:
                self.extra[state] = known | due
                more = True
        return more

    # ---- who owes can do it --------------------------------------------------------------------

    def _dischargeable(self, found: Explored, alive: Alive) -> None:
        for name, rule in self.process.duties.items():
            where = {state for state, open_ in alive.states.items() if name in open_}
            if not where or rule.owed_by.nobody or rule.waive_by:
                continue
            lines = [
                line
                for line in self.process.transitions
                if line.id in alive.taken
                and name in (*line.discharges, *line.discharges_all)
                and where & set(line.sources)
            ]
            if not lines:
                text = N_("nobody can do this duty: no line that can be taken discharges it, and nobody may waive it")
                self.names.add(("duties", name), "E509", text)
            elif (undone := self._undone(alive, name, where, lines)) is not None:
                text = N_("where this leads, nobody can do this duty any more, and nobody may waive it")
                if {line.id for line in self.process.transitions if line.times} - {*undone[0].sketch.counted}:
                    text = N_(
                        "where this leads, it hangs on `times` whether this duty can be done, and nobody may waive it"
                    )
                self._add(("duties", name), "E509", text, *undone, N_("it cannot be done"))
            elif several(rule) and not any(self._each(found, line.id, name) for line in lines):
                text = N_("this duty may be owed by an agency that no line lets do it: let `by: debtor` discharge it")
                self.names.add(("duties", name), "E510", text)

    def _undone(self, alive: Alive, name: str, where: set[str], lines: list[Transition]) -> tuple[Explored, int] | None:
        """Where `name`, open in the states `where` and discharged by `lines`, cannot be done any more, if anywhere.

        Explored once more where it is not kept wherever it may be open, and with `times` counted if it hangs on that
        and is not too much: what may be used up is no way to do it.
        """
        found, sketch = alive.found, alive.found.sketch
        if any(self._ever(found, name, line, where) for line in lines):
            return None
        seen = sketch.mask([name])
        if not all(sketch.live[sketch.number[state]] & seen for state in where):
            extra = {**self.extra, **{state: {*self.extra.get(state, ()), name} for state in where}}
            sketch = Sketch(self.ruleset, self.process, extra, self.counted, alive.unforeseen())
            found = explore(sketch, self.again)
        n = self._never_done(found, name)
        if n is None:
            return None
        counted = {line.id for line in self.process.transitions if line.times}
        if counted - self.counted and self.may_count:
            budget = Budget(self.again.steps)
            try:
                found = explore(Sketch(self.ruleset, self.process, sketch.extra, counted, sketch.by_chance), budget)
            except TooMany:
                self.may_count = False
                return found, n
            self.again.steps = budget.steps
            n = self._never_done(found, name)
        return None if n is None else (found, n)

    def _ever(self, found: Explored, name: str, line: Transition, where: set[str]) -> bool:
        """Whether somebody may take `line`, which discharges `name`, whenever that is open in one of `where`.

        Out of a state that suspends, `back` leads to where it was open too, unless it ends there.
        """
        same = [one for one in self.process.transitions if one.trigger == line.trigger]
        earlier = [one for one in same[: same.index(line)] if name not in (*one.discharges, *one.discharges_all)]
        if not _free(line) or any({*one.sources} & {*line.sources} for one in earlier):
            return False
        if not any(by == DEBTOR or by in found.sketch.held_at.always for by in line.by):
            return False
        back = {s for one in self.process.transitions if one.to == BACK and _free(one) for s in one.sources}
        return where <= {*line.sources, *(() if self.process.duties[name].lasts_until else back)}

    def _never_done(self, found: Explored, name: str) -> int | None:
        """The nearest configuration in which `name` is owed and from which no step that ends it can be reached.

        Not of those from which no end can be reached either: that is told by itself.
        """
        sketch = found.sketch
        used_up = {line.id for line in sketch.every_line if line.times} - {*sketch.counted}
        mask = sketch.mask([name])
        owed = {n for n, config in enumerate(found.configs) if config.duties & mask}
        ends: set[int] = set()
        before: dict[int, list[int]] = {}
        for n in range(len(found.configs)):
            steps = [step for step in found.ways(n) if _relied_on(step, used_up)]
            if n in owed and any(_does(step, name) for step in steps if step.kind != "wait"):
                ends.add(n)
            for target in {found.number[config] for step in steps for config in step.may}:
                before.setdefault(target, []).append(n)
        ahead = list(ends)
        while ahead:
            fresh = [n for n in before.get(ahead.pop(), ()) if n not in ends]
            ends.update(fresh)
            ahead += fresh
        never = owed - ends
        return min(never & found.ending(), default=None) if never else None

    def _each(self, found: Explored, line: str, duty: str) -> bool:
        """Whether `line` ends every duty of that name, whoever owes it."""
        rule = next(one for one in self.process.transitions if one.id == line)
        if duty in rule.discharges_all:
            return True
        return found.steps.surely_hit(rule, self.process.duties[duty])

    # ---- what happens by itself ----------------------------------------------------------------

    def _fired(self, found: Explored, alive: Alive) -> None:
        for name, trigger in (*found.sketch.fires.items(), *found.sketch.nobody.items()):
            where = {state for state, open_ in alive.states.items() if name in open_}
            if trigger is None or not where:
                continue
            lines = [line for line in self.process.transitions if line.trigger == trigger and SYSTEM in line.by]
            lines = [line for line in lines if name in line.discharges or not line.discharges]
            if not any(line.id in alive.taken and where & set(line.sources) for line in lines):
                text = N_("`{trigger}` is fired in vain: no line of it can be taken where this duty is open")
                self.names.add(("duties", name), "E512", text, trigger=trigger)

    def _loops(self, alive: Alive) -> None:
        """A duty that opens itself anew by what it fires, through others perhaps, would do so for ever."""
        causes = alive.causes()
        told_of: set[str] = set()
        for name in causes:
            round_ = _round(causes, name)
            if round_ and name not in told_of:
                told_of.update(round_)
                text = N_("what happens by itself never rests: {duties} open each other anew, and nobody has to act")
                self.names.add(("duties", name), "E511", text, duties=list(round_))


def _does(step: Step, duty: str) -> bool:
    """Whether `step` is the doing of `duty`."""
    return step.duty == duty or (step.line is not None and duty in step.line.discharges_all)


def _relied_on(step: Step, used_up: set[str]) -> bool:
    """Whether `step` can be made to happen, or happens when its time comes, by no line that may be used up."""
    lines = {*step.taken, *((step.line.id,) if step.line else ())}
    return not step.by_chance and not lines & used_up


def _free(line: Transition) -> bool:
    """Whether an agency may take `line` whatever is so: nothing but what it discharges is asked for."""
    return line.by != (SYSTEM,) and not (line.when or line.settled or line.times or line.includes or line.after)


def _due(sketch: Sketch, config: Config) -> bool:
    """Whether somebody owes something, or a timer runs, at `config`."""
    return any(_runs(duty, config.duties >> duty.shift) for duty in sketch.duties.values())


def _runs(duty: Watched, bits: int) -> bool:
    spent = 0 if duty.rule.owed_by.nobody and duty.fires else HERE_SPENT | PARKED_SPENT
    parked = PARKED | PARKED_SPENT if duty.runs_parked else 0
    return bool(bits & (HERE | spent) & (HERE | HERE_SPENT | parked) or bits & (PARKED | spent) & parked)


def _round(causes: dict[str, set[str]], start: str) -> tuple[str, ...]:
    """A shortest way from `start` back to itself; nothing if there is none."""
    came: dict[str, str] = {}
    ahead = [start]
    while ahead:
        following: list[str] = []
        for here in ahead:
            for there in sorted(causes.get(here, ())):
                if there == start:
                    way = [here]
                    while way[-1] != start:
                        way.append(came[way[-1]])
                    return tuple(way[::-1])
                if there not in came:
                    came[there] = here
                    following.append(there)
        ahead = following
    return ()
