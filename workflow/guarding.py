"""What is typed, looked at before it is recorded: the guard of `states.scope`, its refusal one of ours (exit code 5).

scoped(command, process)       the command as it may be recorded
scoped_reason(reason)          the reason of what is no act in a case: of a change of the register
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from states.commands import Command
from states.ruleset import Process
from states.scope import OutOfScope, guarded, plain
from workflow.errors import NotAllowed

Commanded = TypeVar("Commanded", bound=Command)


def scoped(command: Commanded, process: Process) -> Commanded:
    """`command` as it may be recorded. Raises `NotAllowed` when it carries what does not belong here."""
    with _refusing():
        return guarded(command, process)


def scoped_reason(reason: str) -> str:
    """`reason` as it is. Raises `NotAllowed` when it looks like a private person."""
    with _refusing():
        plain("reason", reason)
    return reason


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except OutOfScope as out:
        raise NotAllowed(out.reason.text, out.hint, **out.reason.values) from None
