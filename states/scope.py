"""What belongs in the record: matters between agencies, no private persons, no state secrets.

    texts_of(command, process)          every text a command carries, with the code of its place
    guarded(command, process)           the command as it may be recorded, or `OutOfScope`
    plain(place, text)                  nothing, or `OutOfScope` for a text that no override lets stand
    secrecy(marking)                    what a marking on a document says: none, secret, or nothing known

Persons are looked for in texts (`personal`); secrets never are: "bí mật", "mật ong" and "mật độ" are honest
words. What says that a document is secret is its marking (dấu chỉ mức độ mật), so that is what is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypeVar, cast

import msgspec

from states.commands import Act, Amend, Command
from states.errors import N_, PhoihopError, Reason
from states.personal import Kind, Likeness, likenesses
from states.ruleset import Field, Process
from states.secrecy import is_level, is_none

Commanded = TypeVar("Commanded", bound=Command)

_SAID: dict[Kind, str] = {
    "citizen": N_("{field} has what looks like a citizen identity number ({shown})"),
    "old_citizen": N_("{field} has what looks like an old identity card number ({shown})"),
    "passport": N_("{field} has what looks like a passport number ({shown})"),
    "phone": N_("{field} has what looks like a telephone number ({shown})"),
}


class OutOfScope(PhoihopError):
    """A command carries what does not belong in the record: a `reason`, the first of all, and a hint."""

    def __init__(self, reason: Reason, hint: str) -> None:
        self.reason, self.hint = reason, hint
        super().__init__(str(reason))


def guarded(command: Commanded, process: Process) -> Commanded:
    """`command` as it may be recorded. Raises `OutOfScope` when a text of it looks like a private person.

    Its `override` lets such texts stand; where there are none it is dropped, because it would say of the event
    what is not so. The override itself holds no such number: it would be the one text nobody looks at.
    """
    act: Command = command
    if isinstance(act, Amend) and act.reason is not None:
        plain("reason", act.reason)
    if not isinstance(act, Act):
        return command
    found = [(place, one) for place, text in texts_of(act, process) for one in likenesses(text)]
    if act.override is None:
        for place, one in found:
            hint = N_("write of agencies and posts; if it must stand: --override-identity REASON")
            raise OutOfScope(_looks_like(place, one), hint)
        return command
    plain("override", act.override, N_("say why it must stand, without the number"))
    return command if found else cast(Commanded, msgspec.structs.replace(act, override=None))


def plain(place: str, text: str, hint: str = N_("write of agencies and posts")) -> None:
    """Raise `OutOfScope` when `text`, which nothing lets stand, looks like a private person."""
    for one in likenesses(text):
        raise OutOfScope(_looks_like(place, one), hint)


def _looks_like(place: str, one: Likeness) -> Reason:
    return Reason(code=one.kind, text=_SAID[one.kind], values={"field": place, "shown": one.shown})


def texts_of(command: Act, process: Process) -> Iterator[tuple[str, str]]:
    """Every text that a person wrote into `command`: the code of its place (`measures.title`) and the text."""
    for name in ("title", "reason"):
        if isinstance(text := getattr(command, name, None), str):
            yield name, text
    if command.document is not None:
        yield "document", command.document.number
        if command.document.arrival is not None:
            yield "document", command.document.arrival
    for file in command.files:
        yield "file", file.name
    given: dict[str, Any] = getattr(command, "fields", {})
    for name, value in given.items():
        if name in process.fields:
            yield from _texts(name, process.fields[name], value)


def _texts(name: str, field: Field, value: Any) -> Iterator[tuple[str, str]]:
    if field.type == "text" and isinstance(value, str):
        yield name, value
    elif field.type == "rows" and isinstance(value, list):
        for row in value:
            if isinstance(row, dict):
                for column, cell in row.items():
                    if column in field.columns:
                        yield from _texts(f"{name}.{column}", field.columns[column], cell)


def secrecy(marking: str) -> Literal["none", "secret", "unknown"]:
    """What the marking on a document says, in any spelling, with or without accents, in Vietnamese or English."""
    if is_none(marking):
        return "none"
    return "secret" if is_level(marking) else "unknown"
