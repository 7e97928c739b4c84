"""A process as a Mermaid state diagram, in the language in use.

Written by us: the diagram of the library `transitions` marks one state as the active one, has no word for
going back after a suspension, and lets a label break the text.
"""

from __future__ import annotations

from states.ruleset import BACK, SYSTEM, Process, Transition
from workflow.render.language import _
from workflow.render.rules import deadline, owed_by, rung_line
from workflow.render.words import Names

_SYNTAX = str.maketrans('";:#', "',-.")


def diagram(names: Names, process: Process) -> str:
    """Mermaid text (`stateDiagram-v2`): states and ways, what is owed by when, and who is told when it is not done.

    An act that leaves a case in its state is drawn by the duties it opens alone.
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
    drawn += _note("left", process.initial, _ladders(names, process))
    return "\n".join(drawn) + "\n"


def _opened(process: Process, state: str) -> list[str]:
    """The duties that come up in `state`: its own, and those opened there by acts that are not for every state."""
    everywhere = sum(not one.final for one in process.states.values())
    here = [t for t in process.transitions if state in t.sources and t.to is None and len(t.sources) < everywhere]
    asked = [name for name, rule in process.duties.items() if any(line.trigger in rule.opens_on for line in here)]
    return list(dict.fromkeys([*process.states[state].duties, *asked]))


def _duty(names: Names, process: Process, name: str) -> str:
    rule = process.duties[name]
    said = f"{names.duty_name(name)} ({owed_by(names, rule.owed_by)}): {deadline(names, rule.deadline)}"
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
