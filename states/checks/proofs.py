"""Proofs over a whole ruleset, made once its names and lines are right (E5xx, W5xx). Reading order: `sketch`, `steps`,
`explore`, `reach`; `ladders` looks at who is told.

    prove_all(shape, ruleset, marks)

Warnings do not keep a file from being used.
"""

from __future__ import annotations

from states.checks.explore import Budget
from states.checks.ladders import check_bodies, check_unused
from states.checks.names import Names
from states.checks.reach import prove
from states.marks import Marks
from states.ruleset import Ruleset
from states.salvage import Lost
from states.shape import ProcessShape, RulesFile

MOST_STEPS = 100_000
"""Steps looked at for one process, and as many again, and once more at most, for duties that no line waits for."""
MOST_IN_ALL, EACH = 1_000_000, 2_000
"""Steps looked at for one file, and at least `EACH` for a process."""


def prove_all(shape: RulesFile, ruleset: Ruleset, marks: Marks) -> None:
    """Note everything that is not so. `shape` is what `ruleset` was made of: it has the places."""
    top = Names(marks, Lost())
    check_bodies(ruleset, top)
    check_unused(ruleset, top)
    left = MOST_IN_ALL
    for name, process in ruleset.processes.items():
        most = max(min(MOST_STEPS, left), EACH)
        budget, again = Budget(most), Budget(most)
        names = Names(marks, Lost(), ("processes", name))
        prove(ruleset, process, names, budget, again, places(shape.processes[name]))
        left -= 2 * most - budget.steps - again.steps


def places(process: ProcessShape) -> dict[str, int]:
    """Where each line of the table stands in the list of the file, by its id."""
    counts: dict[str, int] = {}
    found: dict[str, int] = {}
    for n, line in enumerate(process.transitions):
        counts[line.trigger] = counts.get(line.trigger, 0) + 1
        number = counts[line.trigger]
        found[line.trigger if number == 1 else f"{line.trigger}.{number}"] = n
    return found
