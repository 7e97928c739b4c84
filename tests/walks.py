"""Random walks of legal commands over any ruleset: the engine's own property-test harness.

    walk(office, process, draw, steps) -> Walk

Walks are weighted as those that found bugs were: half the time somebody does what is owed, rarely is a
case withdrawn, deadlines come when they come. Nothing here knows a process: what an act needs is read
from the ruleset and made up by type. `Walk.check` is called after every command.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

import msgspec

from states.case import Case, Document, Event, Link
from states.commands import (
    Advance,
    Amend,
    Assign,
    Command,
    Correct,
    Expire,
    Extend,
    Join,
    Nudge,
    Office,
    Open,
    Outcome,
    Resume,
    Suspend,
    Undo,
    Waive,
)
from states.decide import decide
from states.errors import Refused
from states.evolve import evolve
from states.guards import may_hold
from states.options import Option, options
from states.ruleset import SYSTEM, DutyRule, Field, Process, Ruleset, Take, Transition
from states.worktime import Duration
from tests.support import edited_calendars

START = datetime(2022, 3, 1, 2, 0, tzinfo=UTC)
DOCUMENT = Document(number="01/CV", dated="2022-03-01")
Check = Callable[[Case, Command, Outcome, datetime], None]


def nothing(case: Case, command: Command, outcome: Outcome, now: datetime) -> None:
    """The check that checks nothing."""


@dataclass
class Walk:
    """One walk: the case as it is, its whole history, and the time."""

    office: Office
    process: Process
    dice: random.Random
    now: datetime = START
    case: Case | None = None
    history: list[Event] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    refused: int = 0
    check: Check = nothing
    mends: bool = False  # whether mistakes are made and mended too
    amends: bool = False  # whether calendars are published, and cases amended to them
    adopts: bool = False  # whether another edition is published too, and cases taken over to it
    other: Ruleset | None = None

    def submit(self, command: Command) -> Outcome | None:
        """Decide `command`; None when refused. Either way the case it was given must be as it was."""
        before = self.case
        written = msgspec.json.encode(before)
        self.commands.append(command)
        try:
            outcome = decide(self.office, self.case, command, self.now)
        except Refused:
            self.refused += 1
            return None
        finally:
            assert msgspec.json.encode(before) == written, f"{command} changed the case it was given"
        if before is not None:
            self.check(before, command, outcome, self.now)
        self.case = outcome.case
        self.history += outcome.events
        return outcome

    @property
    def folded(self) -> Case | None:
        return reduce(evolve, self.history, None)

    def run(self, steps: int) -> None:
        """Open a case and take at most `steps` commands on."""
        self.open()
        for _ in range(steps):
            if self.case is None or self.case.final:
                break
            self.step()

    # ---- one step ------------------------------------------------------------------------------

    def open(self) -> None:
        for _ in range(50):
            line = self.dice.choice(list(self.process.opening))
            opener = next((c for c in line.by if c != SYSTEM), None)
            by = self._holder(opener) if opener else None
            required = [f.name for f in self.process.fields.values() if f.required]
            names = {*line.inputs, *required, *(n for n in line.takes if self.dice.random() < 0.5)}
            fields, parties = self._carried(names, by)
            for term in line.when:
                fields[term.name] = term.values[0] if term.values else not term.negated
            command = Open(
                case=f"{self.process.prefix}-2022-0001",
                process=self.process.name,
                title="Việc thử",
                by=by,
                fields=fields,
                parties=parties,
                document=DOCUMENT,
                reason="thử",
            )
            if self.submit(command):
                return
        raise AssertionError(f"could not open {self.process.name}")

    def step(self) -> None:
        """Let time pass, let what is due happen, or let somebody act."""
        case = self.case
        assert case is not None
        luck = self.dice.random()
        if luck < 0.25:
            self.now += timedelta(minutes=self.dice.choice([7, 55, 300, 1500, 5000, 20000, 130_000]))
        due = [d for d in case.alive if d.next_at is not None and d.next_at <= self.now]
        if case.duties and luck < 0.05:  # stale as a rule: ended, parked or not yet due
            self.submit(Expire(duty=self.dice.choice(list(case.duties))))
        elif due and luck < 0.6:
            self.submit(Expire(duty=min(due, key=lambda d: (d.next_at or self.now, d.id)).id))
        elif luck < 0.65:
            self._control()
        elif luck < (0.8 if case.paused else 0.67):
            self._stop_or_go(case)
        elif self.amends and luck < 0.72:
            self._publish()
        elif self.mends and luck < 0.82:
            self._mend()
        else:
            self._act()

    def _stop_or_go(self, case: Case) -> None:
        """Stop the clock of the case, or let it run again: often enough that both happen in a walk."""
        rule = self.process.suspend
        by = self.dice.choice([a for c in (rule.by if rule else ()) for a in case.parties.get(c, ())] or ["btg"])
        if case.paused and self.dice.random() < 0.9:
            self.submit(Resume(by=by))
        else:
            until = self.now + timedelta(days=self.dice.choice([1, 3, 10, 40, 90]))
            self.submit(Suspend(until=until.date().isoformat(), by=by, reason="thử"))

    def _control(self) -> None:
        case = self.case
        assert case is not None
        if not case.alive:
            return
        duty = self.dice.choice(case.alive)
        rule = self.process.duties[duty.name]
        if rule.extend and self.dice.random() < 0.6:
            by = self.dice.choice([a for c in rule.extend.by for a in case.parties.get(c, ())] or ["btg"])
            given = duty.due_at - timedelta(minutes=30) if duty.due_at < self.now else None  # in time, recorded later
            self.submit(Extend(duty=duty.id, time=rule.extend.at_most, by=by, reason="thử", on=given))
        elif self.dice.random() < 0.3:
            by = self.dice.choice([a for held in case.parties.values() for a in held] or ["btg"])
            self.submit(Nudge(duty=duty.id, by=by, channel=self.dice.choice(["phone", "letter", None])))
        elif rule.waive_by:
            by = self.dice.choice([a for c in rule.waive_by for a in case.parties.get(c, ())] or ["btg"])
            self.submit(Waive(duty=duty.id, by=by, reason="thử"))

    def _publish(self) -> None:
        """Publish another calendar or edition; now or later the case is amended to the newest."""
        if self.adopts and self.dice.random() < 0.3:
            self._take_over()
            return
        if self.dice.random() < 0.5:
            digest, clock = self.dice.choice(list(edited_calendars().items()))
            self.office = replace(self.office, clock=clock, calendar=digest)
        if self.dice.random() < 0.8:
            self.submit(Amend())

    def _take_over(self) -> None:
        """To an edition that allows every duty more time, or back from it."""
        case, before = self.case, self.office.ruleset
        assert case is not None
        self.other, ruleset = before, self.other or slower(before)
        self.office = replace(self.office, ruleset=ruleset, edition=("1" if case.edition[0] == "0" else "0") * 64)
        self.process = ruleset.processes[self.process.name]
        assert self.submit(Amend(edition=self.office.edition, old=before)) is not None, "it fits"

    def _mend(self) -> None:
        case, acts = self.case, [event for event in self.history if event.by is not None]
        assert case is not None
        if not acts:
            return
        reason, history = "nhầm", tuple(self.history)
        menders = [a for c in self.process.mend for a in case.parties.get(c, ())]
        match self.dice.choice(("undo", "undo", "correct", "correct", "assign", "link")):
            case "undo":
                self.submit(Undo(by=acts[-1].by or "", reason=reason, history=history))
            case "correct":
                wrong = self.dice.choice(acts)
                names = [n for n in wrong.inputs if self.process.fields[n].type != "rows"]
                fields = {n: self._value(self.process.fields[n]) for n in names if self.dice.random() < 0.7}
                on = wrong.at - timedelta(minutes=self.dice.choice([0, 30, 400, 3000]))
                self.submit(
                    Correct(
                        version=wrong.version,
                        by=self.dice.choice([wrong.by or "", *menders]),
                        fields=fields,
                        corrected_on=on if self.dice.random() < 0.6 else None,
                        document=DOCUMENT if wrong.document and self.dice.random() < 0.5 else None,
                        reason=reason,
                        history=history,
                    )
                )
            case "assign" if menders:
                capacity = self.dice.choice(list(case.parties))
                held = case.parties[capacity]
                self.submit(
                    Assign(
                        capacity=capacity,
                        agency=self._holder(capacity),
                        instead_of=self.dice.choice(held) if held else None,
                        by=menders[0],
                        reason=reason,
                    )
                )
            case _:
                self.submit(Join(link=Link(relation="follows", case=f"XX-2022-{self.dice.randint(1, 9999):04d}"),
                                 by=self.dice.choice(acts).by or ""))  # fmt: skip

    def _act(self) -> None:
        case = self.case
        assert case is not None
        agencies = list(dict.fromkeys([*(a for held in case.parties.values() for a in held),
                                       *(d.agency for d in case.alive if d.agency)]))  # fmt: skip
        choices: list[tuple[str, Option]] = []
        owed: list[tuple[str, Option]] = []
        for agency in agencies:
            mine = {d.name for d in case.alive if d.agency == agency}
            for option in options(self.office, case, agency, self.now):
                if not option.allowed:
                    continue
                choices.append((agency, option))
                lines = [t for t in self.process.transitions if t.trigger == option.trigger]
                if any(mine & set(t.discharges) for t in lines):
                    owed.append((agency, option))
        if not choices:
            return
        agency, option = self.dice.choice(owed if owed and self.dice.random() < 0.6 else choices)
        if option.to in _dead_ends(self.process) and self.dice.random() < 0.95:
            return
        names = {*option.inputs, *(n for n in option.takes if self.dice.random() < 0.3)}
        fields, parties = self._carried(names, agency)
        self.submit(
            Advance(
                trigger=option.trigger,
                by=agency,
                duty=option.duty,
                fields=fields,
                parties=parties,
                document=DOCUMENT,
                reason="thử",
                on=self._on(),
            )
        )

    def _on(self) -> datetime | None:
        """When an act happened: as a rule now, sometimes days before it is recorded, rarely before the case."""
        if self.dice.random() < 0.8:
            return None
        return self.now - timedelta(minutes=self.dice.choice([30, 400, 3000, 20_000]))

    # ---- making up what an act carries ---------------------------------------------------------

    def _carried(self, names: set[str], by: str | None) -> tuple[dict[str, Any], dict[str, tuple[str, ...]]]:
        fields = {n: self._value(self.process.fields[n]) for n in sorted(names) if n in self.process.fields}
        parties = {}
        for name in sorted(names):
            if name in self.process.capacities:
                many = self.process.capacities[name].many
                count = self.dice.randint(1, 3) if many else 1
                parties[name] = tuple(dict.fromkeys(self._holder(name) for _ in range(count)))
        return fields, parties

    def _holder(self, capacity: str) -> str:
        fits = [a for a in self.office.agencies if may_hold(self.process.capacities[capacity], a, self.office)]
        return self.dice.choice(fits)

    def _value(self, spec: Field) -> Any:
        match spec.type:
            case "flag":
                return self.dice.random() < 0.4
            case "choice":
                return self.dice.choice(list(self.office.ruleset.choices[spec.choice or ""]))
            case "text":
                return "nội dung"[: spec.most or None]
            case "date":
                return (self.now + timedelta(days=self.dice.randint(0, 40))).date().isoformat()
            case "instant":
                return self.now.isoformat()
            case "year":
                return self.now.year + 1
            case "agency":
                return self.dice.choice(list(self.office.agencies))
            case "agencies":
                return self.dice.sample(list(self.office.agencies), 2)
            case "rows":
                return [
                    {name: self._value(column) for name, column in spec.columns.items()}
                    for _ in range(self.dice.randint(1, 3))
                ]


def _dead_ends(process: Process) -> set[str]:
    """Final states that only an agency's own act leads to from the beginning: rarely wanted in a walk."""
    return {
        line.to
        for line in process.transitions
        if line.to and line.to in process.states and process.states[line.to].final and line.by != (SYSTEM,)
    }


def walk(
    office: Office,
    process: Process,
    seed: int,
    steps: int,
    check: Check = nothing,
    mends: bool = False,
    amends: bool = False,
) -> Walk:
    """A walk of at most `steps` commands after the opening; the same seed gives the same walk."""
    taken = Walk(office=office, process=process, dice=random.Random(seed), check=check, mends=mends, amends=amends)
    taken.run(steps)
    return taken


def slower(ruleset: Ruleset) -> Ruleset:
    """The same rules, but what is owed within a time may take one more of its unit."""

    def more(take: Take) -> Take:
        return msgspec.structs.replace(take, take=Duration(count=take.take.count + 1, unit=take.take.unit))

    def longer(duty: DutyRule) -> DutyRule:
        deadline = msgspec.structs.replace(duty.deadline, within=tuple(map(more, duty.deadline.within)))
        return msgspec.structs.replace(duty, deadline=deadline)

    processes = {
        name: msgspec.structs.replace(process, duties={n: longer(duty) for n, duty in process.duties.items()})
        for name, process in ruleset.processes.items()
    }
    return msgspec.structs.replace(ruleset, processes=processes)


def lines_of(process: Process, trigger: str) -> list[Transition]:
    """All lines of `trigger`, openings included."""
    return [line for line in (*process.opening, *process.transitions) if line.trigger == trigger]
