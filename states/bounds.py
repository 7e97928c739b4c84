"""How long a case can take at most, in working days from its opening to each state, if everybody uses all their time.

    bounds(process, ruleset, clock) -> [Bound, ...]

"All their time" is the deadline, every extension, and every rung of the ladder up to the last one; nobody is later.
At every instant before a state is reached some duty runs (the proofs of `rules check` see to that), so the time is
at most what all duties that can be opened before it take together. How often each can be opened is counted: from
how often states are entered and lines taken, cut by `times`. What can go round without such a cut is not bounded,
and it is said by what. Duties that a state opens together run together; others are added up, so a bound may be
higher than any case, never lower. Given dates are not in it: they are named (`dates`). Duties that hold nothing up are
not in it either (`_idle`): done at once, they would leave a case without any, which the proofs rule out.

Three assumptions, told to the reader: what conditions read does not change during the case; an act that no duty asks
for and no `times` counts is not done (`uncounted` names those that would open a duty); nothing is waived, mended or
suspended by hand. Working days are counted as deadlines count them: the day of the opening is not one. Reading order:
bounds -> _kinds, _Counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cache
from itertools import product
from typing import Any

from states.deadline import holds
from states.ladder import steps_of
from states.ruleset import BACK, SYSTEM, DutyRule, Process, Ruleset, Transition, When
from states.values import Value
from states.worktime import BeyondCalendar, Duration, WorkTime

MOST_KINDS = 256
INF = math.inf


class Bound(Value, frozen=True):
    """The most working days until `state` is entered, where the fields are as in `given`; None: not bounded.

    `given` holds flags, and of choices all the values that conditions do not tell apart, "" being not given.

    `why` names what can go round without end (triggers), or the states that may wait; `dates` the duties on the way
    whose date is given from outside, which is not counted.
    """

    state: str
    given: dict[str, bool | tuple[str, ...]]
    days: int | None
    why: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()


def bounds(process: Process, ruleset: Ruleset, clock: WorkTime) -> list[Bound]:
    """Every state but the first, for every kind of case that conditions tell apart."""
    kinds = _kinds(process, ruleset)[0]
    found = [
        _bound(process, ruleset, clock, state, dict(kind))
        for state in process.states
        if state != process.initial
        for kind in product(*kinds)
    ]
    return [bound for bound in found if bound is not None]


def untold(process: Process, ruleset: Ruleset) -> tuple[str, ...]:
    """The fields by which kinds of case are not told apart, because there would be too many: they may be anything."""
    return tuple(_kinds(process, ruleset)[1])


def uncounted(process: Process) -> tuple[str, ...]:
    """The triggers that would open a duty again and again, but that no duty asks for and nothing counts."""
    lines = [line for line in process.transitions if _is_free(line) and _opens(process, line.trigger)]
    return tuple(dict.fromkeys(line.trigger for line in lines))


def _is_free(line: Transition) -> bool:
    """Whether no duty asks for an act and nothing counts it. One that goes to a state is counted with the state."""
    return not (line.discharges or line.times or line.after or line.by == (SYSTEM,)) and line.to is None


def _opens(process: Process, trigger: str) -> bool:
    return any(trigger in rule.opens_on for rule in process.duties.values())


def _kinds(process: Process, ruleset: Ruleset) -> tuple[list[list[tuple[str, Any]]], list[str]]:
    """Every way in which each field that conditions of duties and lines read can be, as far as they tell it apart;
    and the fields left out because there would be more than `MOST_KINDS` kinds of case."""
    read: dict[str, set[tuple[str, ...]]] = {}
    for when in _conditions(process):
        for term in when:
            if term.name in process.fields:
                read.setdefault(term.name, set()).add(term.values)
    found: list[list[tuple[str, Any]]] = []
    left = []
    for name, asked in read.items():
        field = process.fields[name]
        ways: list[tuple[str, Any]] = [(name, False), (name, True)]
        if field.type != "flag":
            kinds: dict[tuple[bool, ...], tuple[str, ...]] = {}
            for value in (*ruleset.choices[field.choice or ""], *([] if field.required else [""])):
                kind = tuple(value in values for values in sorted(asked))
                kinds[kind] = (*kinds.get(kind, ()), value)
            ways = [(name, values) for values in kinds.values()]
        if math.prod(map(len, found)) * len(ways) > MOST_KINDS:
            left.append(name)
        else:
            found.append(ways)
    return found, left


def _conditions(process: Process) -> Iterator[When]:
    for duty in process.duties.values():
        yield duty.when
        yield from (take.when for take in duty.deadline.within)
    yield from (line.when for line in (*process.opening, *process.transitions))


def _bound(process: Process, ruleset: Ruleset, clock: WorkTime, state: str, kind: dict[str, Any]) -> Bound | None:
    given = {name: value[0] if isinstance(value, tuple) else value for name, value in kind.items()}
    counts = _Counts(process, ruleset, state, given)
    if state not in counts.before:
        return None  # not reached in this kind of case
    lengths = {
        name: longest(rule, ruleset, clock, _read(process, rule, given))
        for name, rule in counts.duties.items()
        if not (rule.deadline.given or name in counts.idle)
    }
    days: float = 0
    for name in counts.before - {state}:
        rule = process.states[name]
        if together := max((lengths[d] for d in rule.duties if d in lengths), default=0):
            days += counts.entered[name] * together
        if rule.suspends:
            days += counts.visits[name]
    days += sum(counts.asked(d) * length for d, length in lengths.items() if length and counts.rules[d].opens_on)
    days += sum(counts.handed(d) * length for d, length in lengths.items() if length)
    waiting = [n for n in counts.before if process.states[n].may_wait and n != state]
    dates = [d for d, rule in counts.duties.items() if rule.deadline.given and counts.opened[d]]
    bounded = days < INF and not waiting
    why = () if bounded else (*counts.round(), *waiting)
    return Bound(state=state, given=kind, days=int(days) if bounded else None, why=tuple(why), dates=tuple(dates))


def longest(rule: DutyRule, ruleset: Ruleset, clock: WorkTime, given: Mapping[str, Any] | None) -> int:
    """The most working days a duty can take: its deadline, its extensions, its ladder up to the last telling.

    `given` holds flags and choices by name; what is not in it may be anything (None: all).
    """
    known = given or {}
    days = 0
    for take in rule.deadline.within:
        if _may_hold(take.when, known):
            days = max(days, _days(take.take, clock))
            if all(term.name in known for term in take.when):
                break  # it surely holds: what stands below is not reached
    if rule.deadline.at_least is not None:
        days = max(days, _days(rule.deadline.at_least, clock))
    if rule.extend is not None:
        days += rule.extend.times * _days(rule.extend.at_most, clock)
    for rung in ruleset.rungs(rule):
        if rung.allow is not None:
            days += _days(rung.allow, clock)
        if rung.every is not None:
            days += rung.times * _days(rung.every, clock)
    return days


@cache
def _days(length: Duration, clock: WorkTime) -> int:
    """The most working days that `length` spans, wherever in the years of the calendar it begins: late in a day."""
    if length.unit == "wd":
        return length.count
    working = [0]  # days up to each day of the calendar, it included
    for n in range((clock.last - clock.first).days + 1):
        working.append(working[-1] + clock.is_working(clock.first + timedelta(days=n)))
    most = 0
    for n in range(1, len(working) - 1):
        begins = clock.midnight(clock.first + timedelta(days=n)) - timedelta(seconds=1)
        try:
            ends = clock.local_date(clock.add(begins, length))
        except BeyondCalendar:
            break
        most = max(most, working[min((ends - clock.first).days + 1, len(working) - 1)] - working[n])
    return most or length.count  # longer than the calendar


def _may_hold(when: When, given: Mapping[str, Any]) -> bool:
    """Whether `when` may hold: what is not fixed by `given` (a row's column) may be either way."""
    return all(term.name not in given or holds((term,), given, None) for term in when)


def _read(process: Process, rule: DutyRule, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """`given` as the conditions of `rule` read it: a name is a column of its row first."""
    columns = process.fields[rule.owed_by.rows].columns if rule.owed_by.rows else {}
    return {name: value for name, value in given.items() if name not in columns}


class _Counts:
    """How often, before `goal` is entered, each state is entered, each line taken, each duty opened: at most.

    Counts begin at infinity and are lowered by what each needs to have happened before, until nothing is lowered.
    """

    def __init__(self, process: Process, ruleset: Ruleset, goal: str, given: Mapping[str, Any]) -> None:
        self.process, self.goal, self.rules = process, goal, process.duties
        self.lines = [line for line in process.transitions if _may_hold(line.when, given)]
        self.lines = [line for line in self.lines if set(line.sources) - {goal}]
        self.fired = {name: _fires(rule, ruleset) for name, rule in process.duties.items()}
        self.idle = {name for name, rule in process.duties.items() if _idle(process, rule, self.fired[name])}
        self.before = self._reached()
        self.lines = [line for line in self.lines if self._on_the_way(line)]
        self.duties = {
            name: rule for name, rule in process.duties.items() if _may_hold(rule.when, _read(process, rule, given))
        }
        self.visits: dict[str, float] = dict.fromkeys(process.states, INF)
        self.entered = dict(self.visits)  # other than by going back, which opens nothing
        self.taken: dict[str, float] = {line.id: INF for line in self.lines}
        self.opened: dict[str, float] = dict.fromkeys(process.duties, INF)
        while self._lower():
            pass

    def _reached(self) -> set[str]:
        """The states on the ways from the first one to `goal`, itself included; without it, none leads there."""
        found, fresh = set(), [self.process.initial]
        while fresh:
            state = fresh.pop()
            if state not in found:
                found.add(state)
                fresh += (
                    []
                    if state == self.goal
                    else [to for line in self.lines if state in line.sources for to in self._to(line)]
                )
        back: set[str] = set()
        wanted = [self.goal] if self.goal in found else []
        while wanted:
            state = wanted.pop()
            if state not in back:
                back.add(state)
                wanted += [s for line in self.lines if state in self._to(line) for s in line.sources if s in found]
        return back

    def _on_the_way(self, line: Transition) -> bool:
        """Whether `line` may be taken before the goal is entered, or enters it."""
        targets = self._to(line)
        return bool(set(line.sources) & (self.before - {self.goal})) and (
            not targets or bool(set(targets) & self.before)
        )

    def _to(self, line: Transition) -> list[str]:
        if line.to is None:
            return []
        if line.to != BACK:
            return [line.to]
        into = (other.sources for other in self.process.transitions if other.to in line.sources)
        return list(dict.fromkeys(state for sources in into for state in sources))

    def _lower(self) -> bool:
        changed = False
        for state in self.process.states:
            first = state == self.process.initial
            changed |= _lowered(self.visits, state, self._entries(state, back=True) + first)
            changed |= _lowered(self.entered, state, self._entries(state, back=False) + first)
        for line in self.lines:
            changed |= _lowered(self.taken, line.id, self._most(line))
        for name, rule in self.rules.items():
            changed |= _lowered(self.opened, name, self._openings(name, rule))
        return changed

    def _entries(self, state: str, *, back: bool) -> float:
        """How often `state` is entered: no state is left more often than it is visited."""
        into = [line for line in self.lines if state in self._to(line) and (back or line.to != BACK)]
        by_source: dict[str, float] = {}
        entries: float = 0
        for line in into:
            if len(line.sources) == 1:
                by_source[line.sources[0]] = by_source.get(line.sources[0], 0) + self.taken[line.id]
            else:
                entries += self.taken[line.id]
        return entries + sum(min(count, self.visits[source]) for source, count in by_source.items())

    def _most(self, line: Transition) -> float:
        """How often a line can be taken: what it needs each time anew has happened so often."""
        most: list[float] = [line.times or INF]
        if self._to(line) == [self.goal]:
            most.append(1)
        here = [source for source in line.sources if source in self.before and source != self.goal]
        if line.to is not None and not any(source in self._to(line) for source in here):
            most.append(sum(self.visits[source] for source in here))
        if line.discharges and not any(
            self.rules[d].owed_by.each or self.rules[d].owed_by.rows for d in line.discharges
        ):
            most.append(sum(self.opened[d] for d in line.discharges))
        if line.after:
            most.append(sum(self.visits[s] for s in here) + sum(self.opened[d] for d in line.after))
        elif line.by == (SYSTEM,):
            most.append(
                sum(self.opened[d] * fired[line.trigger] for d, fired in self.fired.items() if line.trigger in fired)
            )
        elif _is_free(line):
            most.append(0)  # see the assumptions
        return min(most)

    def _openings(self, name: str, rule: DutyRule) -> float:
        if name not in self.duties:
            return 0
        asked = sum(
            self.visits[s] for s, state in self.process.states.items() if name in state.duties and s != self.goal
        )
        asked += sum(self.taken[line.id] for line in self.lines if line.trigger in rule.opens_on)
        asked += any(line.trigger in rule.opens_on for line in self.process.opening)
        asked += self.handed(name)
        if rule.restart or rule.about_actor or rule.owed_by.each or rule.owed_by.rows:
            return asked  # several are open at once, or one stands in for another
        ended = sum(self.taken[line.id] for line in self.lines if self._ends(line, name, rule))
        return min(asked, 1 + self.handed(name) + ended)

    def asked(self, name: str) -> float:
        """How often a trigger opens a duty, besides the states that do."""
        rule = self.rules[name]
        by_states = sum(
            self.entered[s] for s, state in self.process.states.items() if name in state.duties and s != self.goal
        )
        asked = sum(self.taken[line.id] for line in self.lines if line.trigger in rule.opens_on)
        asked += any(line.trigger in rule.opens_on for line in self.process.opening)
        return min(asked, self.opened[name]) if by_states < INF else self.opened[name]

    def handed(self, name: str) -> float:
        """How often a duty begins anew because somebody is named who owes it: instead of another, or besides."""
        rule = self.rules[name]
        if name not in self.duties or not rule.owed_by.capacities:
            return 0
        named = set(rule.owed_by.capacities)
        return sum(
            self.taken[line.id]
            for line in self.lines
            if named & {*line.inputs, *line.takes} and self._may_go_on(line, name, rule)
        )

    def _may_go_on(self, line: Transition, name: str, rule: DutyRule) -> bool:
        """Whether a duty of `rule` may be open when `line` is taken, and goes on after it."""
        there: set[str] = set()
        fresh = list(self._home(name, rule))
        while fresh:
            state = fresh.pop()
            if state not in there and state not in rule.lasts_until:
                there.add(state)
                if rule.lasts_until:
                    fresh += [to for other in self.lines if state in other.sources for to in self._to(other)]
        return bool(there & set(line.sources)) and (line.to is None or bool(there & set(self._to(line))))

    def _home(self, name: str, rule: DutyRule) -> set[str]:
        """The states in which a duty that does not last may be open; in one that stops the clock it is parked."""
        home = {s for s, state in self.process.states.items() if name in state.duties}
        for other in self.process.transitions:
            if other.trigger in rule.opens_on:
                home |= {*other.sources, *self._to(other)}
        return home

    def _ends(self, line: Transition, name: str, rule: DutyRule) -> bool:
        """Whether taking `line` may end a duty of `rule`, so that it can be opened again."""
        if name in (*line.discharges, *line.discharges_all, *line.lapses):
            return True
        if line.to is None:
            return False
        if rule.lasts_until:
            return line.to in rule.lasts_until
        home = self._home(name, rule)
        return any(to not in home and not self.process.states[to].suspends for to in self._to(line))

    def round(self) -> list[str]:
        """The triggers that can be fired without end."""
        endless = dict.fromkeys(
            line.trigger for line in self.lines if self.taken[line.id] == INF and self._matters(line)
        )
        return list(endless)

    def _matters(self, line: Transition) -> bool:
        opens = any(
            line.trigger in rule.opens_on and self.opened[d] == INF and d not in self.idle
            for d, rule in self.rules.items()
        )
        return opens or any(self.visits[to] == INF for to in self._to(line))


def _fires(rule: DutyRule, ruleset: Ruleset) -> dict[str, int]:
    """The triggers that a duty of `rule` fires when it is not done, and how often; each rung may find nobody."""
    steps = steps_of(ruleset.rungs(rule))
    found: dict[str, int] = {}
    for trigger in (*(step.fires for step in steps), *[ruleset.unreachable(rule)] * len(steps)):
        if trigger is not None:
            found[trigger] = found.get(trigger, 0) + 1
    return found


def _idle(process: Process, rule: DutyRule, fires: Mapping[str, int]) -> bool:
    """Whether nothing waits for a duty and nothing follows from it, done or not done: no state, no other duty."""
    if fires:
        return False
    for line in process.transitions:
        if rule.name in (*line.after, *line.settled, *line.lapses):
            return False
        ends = rule.name in (*line.discharges, *line.discharges_all)
        if ends and (line.to is not None or SYSTEM in line.by or _opens(process, line.trigger)):
            return False
    return True


def _lowered(counts: dict[str, float], key: str, most: float) -> bool:
    if most >= counts[key]:
        return False
    counts[key] = most
    return True
