"""What only the database knows of a command, filled in before it is decided, and done after.

known(connection, number, process, command)       the command as it may be decided
forget(connection, outcome)                       after an erasure: the texts gone, the case without them
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import reduce

import msgspec
from sqlalchemy import Connection

from states.case import Event
from states.commands import Command, Correct, Erase, Outcome, Undo
from states.evolve import evolve
from states.record import named
from states.ruleset import Process
from workflow import record, rulebook, store
from workflow.guarding import scoped


def known(connection: Connection, number: str, process: Process, command: Command) -> Command:
    """`command` with the history it speaks of, or the references of the texts it erases.

    Raises `NotAllowed` for what does not belong in the record.
    """
    command = scoped(command, process)
    match command:
        case Correct() | Undo():
            return msgspec.structs.replace(command, history=tuple(store.load_history(connection, number)))
        case Erase():
            kept = record.bodies(connection, number)
            held = [store.read_event(raw, number, {}) for raw, _head in record.load(connection, number)]
            found = dict.fromkeys(_under(connection, held, command.field))
            return msgspec.structs.replace(command, references=tuple(text for text in found if text in kept))
    return command


def _under(connection: Connection, history: list[Event], field: str) -> Iterator[str]:
    """The texts a history holds under `field`, whatever older editions called it."""
    read_by = list(rulebook.processes_of(connection, history))
    for event, process in zip(reversed(history), reversed(read_by), strict=True):
        yield from named(event, process, field)
        if event.renamed is not None:
            field = {new: old for old, new in event.renamed.fields.items()}.get(field, field)


def forget(connection: Connection, outcome: Outcome) -> Outcome:
    """Erase the texts an erasure names; the outcome's case then is the fold of a history without them.

    The chain of hashes stays whole: it never held more than the texts' salted hashes.
    """
    number = outcome.case.case
    record.erase(connection, number, [text for event in outcome.events for text in event.erased])
    after = reduce(evolve, [*store.load_history(connection, number), *outcome.events], None)
    assert after is not None, "a case has a history"
    return replace(outcome, case=after)
