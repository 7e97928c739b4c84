"""The table: which line of a process answers a trigger in a state. Built on `transitions`.

One stateless `Machine` per process and edition; cases are never registered with it. The library walks
the lines of a trigger in file order and asks us whether each holds; the first that does is taken. Its
traps are kept in this room: no automatic `to_<state>` triggers (they would bypass every rule), guards
as callables that return a real bool (it imports strings and calls them), no queue.

An opening is a transition from `START`, which is also how Mermaid writes the beginning.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

from transitions import Machine

from states.ruleset import BACK, Process, Transition

START = "[*]"

Judge = Callable[[Transition], bool]


class _Probe:
    """Stands in for a case while the machine is asked: it has a state and nothing else."""

    def __init__(self, state: str) -> None:
        self.state = state


def resolve(process: Process, state: str, trigger: str, judge: Judge) -> Transition | None:
    """The first line of `trigger` from `state` for which `judge` says True, in file order.

    None if there is none; the judge has then been asked about every line there is.
    """
    chosen: list[Transition] = []

    def holds(line: Transition) -> bool:
        if not judge(line):
            return False
        chosen.append(line)
        return True

    event = _machine_for(process).events.get(trigger)
    if event is None or state not in event.transitions:
        return None
    event.trigger(_Probe(state), holds)
    return chosen[0] if chosen else None


@lru_cache(maxsize=64)
def _machine_for(process: Process) -> Machine:
    machine = Machine(
        model=None,
        states=[START, *process.states],
        initial=START,
        auto_transitions=False,
        queued=False,
    )
    for line in (*process.opening, *process.transitions):
        # None keeps the state: where `back` leads is the case's affair, not the table's.
        to = process.initial if not line.sources else line.to if line.to not in (None, BACK) else None
        machine.add_transition(line.trigger, list(line.sources) or START, to, conditions=[partial(_ask, line)])
    return machine


def _ask(line: Transition, holds: Judge) -> bool:
    return bool(holds(line))  # the library compares with `== True`: anything but a bool is false
