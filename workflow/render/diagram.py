"""A process as a Mermaid state diagram, in the language in use.

Written by us: the diagram of the library `transitions` marks one state as the active one, has no word for
going back after a suspension, and lets a label break the text.
"""

from __future__ import annotations

from collections.abc import Iterable

from states.ruleset import BACK, SYSTEM, Process, Transition
from workflow.render.language import _
from workflow.render.rules import conditions, deadline, owed_by, rung_line
from workflow.render.words import Names

_SYNTAX = str.maketrans('";:#', "',-.")


def diagram(names: Names, process: Process) -> str:
    """Mermaid text (`stateDiagram-v2`): states and ways, what is owed by when, and who is told when it is not done.

    An act that leaves a case in its state is drawn by the duties it opens alone. What may come up in any state is noted
    once, beside the first.
    """
    arrows: dict[tuple[str, str], list[str]] = {}
    for line in process.opening:
        _draw(arrows, "[*]", process.initial, names, line)
    for line in process.transitions:
        for source in line.sources:
            for target in _targets(process, source, line):
                _draw(arrows, source, target, names, line)
    drawn = ["stateDiagram-v2"]
    drawn += [f'    state "{_plain(names.state(name))}" as {name}' for name in process.states]
    drawn += [f"    {source} --> {target}: {' / '.join(said)}" for (source, target), said in arrows.items()]
    drawn += [f"    {state.name} --> [*]" for state in process.states.values() if state.final]
    for state in process.states.values():
        drawn += _note("right", state.name, [_duty(names, process, d) for d in _opened(process, state.name)])
    anywhere = [_("in any state: {duty}").format(duty=_duty(names, process, name)) for name in _anywhere(process)]
    drawn += _note("left", process.initial, [*anywhere, *_ladders(names, process)])
    return "\n".join(drawn) + "\n"


def _opened(process: Process, state: str) -> list[str]:
    """The duties that come up in `state`: its own, and those opened there or on the way into it by what is done."""
    into = [t for t in process.transitions for source in t.sources if state in _targets(process, source, t)]
    here = [t for t in process.transitions if t.to is None and state in t.sources and not _everywhere(process, t)]
    first = process.opening if state == process.initial else ()
    return list(dict.fromkeys([*process.states[state].duties, *_asked(process, (*first, *into, *here))]))


def _anywhere(process: Process) -> list[str]:
    """The duties opened by acts that may be done in every state."""
    return _asked(process, [t for t in process.transitions if t.to is None and _everywhere(process, t)])


def _everywhere(process: Process, line: Transition) -> bool:
    return len(line.sources) == sum(not state.final for state in process.states.values()) > 1


def _asked(process: Process, lines: Iterable[Transition]) -> list[str]:
    triggers = {line.trigger for line in lines}
    return [name for name, rule in process.duties.items() if triggers & set(rule.opens_on)]


def _duty(names: Names, process: Process, name: str) -> str:
    rule = process.duties[name]
    where = f", {conditions(names, rule.when)}" if rule.when else ""
    said = f"{names.duty_name(name)} ({owed_by(names, rule.owed_by)}{where}): {deadline(names, rule.deadline)}"
    if rule.on_overdue:
        return f"{said} → {names.trigger(rule.on_overdue)}"
    return f"{said} ⏰ {rule.ladder}" if rule.ladder else said


def _ladders(names: Names, process: Process) -> list[str]:
    """Each ladder the process uses, rung by rung."""
    used = dict.fromkeys(rule.ladder for rule in process.duties.values() if rule.ladder and not rule.on_overdue)
    return [
        f"⏰ {name}: " + " → ".join(rung_line(names, rung) for rung in names.ruleset.ladders[name].rungs)
        for name in used
    ]


def _note(side: str, state: str, lines: list[str]) -> list[str]:
    if not lines:
        return []
    # A colon or semicolon would end the note in some versions of Mermaid.
    said = [_plain(line.replace("; ", " / ").replace(": ", " – ")) for line in lines]
    return [f"    note {side} of {state}", *(f"        {line}" for line in said), "    end note"]


def _targets(process: Process, source: str, line: Transition) -> list[str]:
    """Where a line leads. `back` may lead to any state that leads into the suspending one."""
    if line.to is None:
        return []
    if line.to != BACK:
        return [line.to]
    into = (other.sources for other in process.transitions if other.to == source)
    return list(dict.fromkeys(state for sources in into for state in sources))


def _draw(arrows: dict[tuple[str, str], list[str]], source: str, target: str, names: Names, line: Transition) -> None:
    said = _plain(names.trigger(line.trigger))
    if line.by == (SYSTEM,):
        said += " " + _("(by itself)")
    found = arrows.setdefault((source, target), [])
    if said not in found:
        found.append(said)


def _plain(text: str) -> str:
    """`text` without what Mermaid reads as syntax."""
    return text.translate(_SYNTAX)
