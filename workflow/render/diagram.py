"""A process as a Mermaid state diagram, in the language in use.

Written by us: the diagram of the library `transitions` marks one state as the active one, has no word for
going back after a suspension, and lets a label break the text.
"""

from __future__ import annotations

from states.ruleset import BACK, SYSTEM, Process, Transition
from workflow.render.language import _
from workflow.render.words import Names

_SYNTAX = str.maketrans('";:#', "',-.")


def diagram(names: Names, process: Process) -> str:
    """Mermaid text (`stateDiagram-v2`). Acts that leave a case in its state are not drawn."""
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
    return "\n".join(drawn) + "\n"


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
