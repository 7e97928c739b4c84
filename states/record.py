"""The record: an event as the bytes that are kept and hashed for ever, format 1.

    encode(event, process, references) -> bytes       decode(raw, texts) -> Event
    link(previous, raw) -> head                       reference(salt, text) -> "sha256:..."

An event is one JSON object: UTF-8, no spaces, keys sorted, what is at its default left out, instants in
whole seconds ending in Z, no fractions anywhere. Those very bytes are hashed and never written anew: a
database's own JSON would come back with other spaces one day. Each event is hashed together with the
hash before it, so that a history cannot be shortened, reordered or changed in the middle unseen.

Texts people wrote (title, reasons, text fields, names of files) stand in it as salted hashes; their bodies are kept
elsewhere and may be erased without breaking the chain. docs/record.md has a worked example that
`sha256sum` confirms. This format cannot change: a later one gets the next number.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from states.case import Duty, Event
from states.ruleset import Field, Process

FORMAT = 1
GENESIS = "0" * 64
"""What stands before the first event of a history."""

OWN = ("title", "reason", "override")
"""Texts of an event itself, besides those of its fields."""

_REFERENCE = re.compile(r"sha256:[0-9a-f]{64}")


class UnknownFormat(ValueError):
    """The bytes are of a format this version does not know."""


def reference(salt: str, text: str) -> str:
    """What stands for `text` in the record: the SHA-256 of its salt (hex), a line feed, and the text."""
    return "sha256:" + hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()


def is_reference(text: object) -> bool:
    """Whether a text is a reference whose body is gone: it was erased."""
    return isinstance(text, str) and _REFERENCE.fullmatch(text) is not None


def link(previous: str, raw: bytes) -> str:
    """The head of a history after `raw`: the SHA-256 of the head before (hex) and the event, a line each."""
    return hashlib.sha256(previous.encode() + b"\n" + raw + b"\n").hexdigest()


def texts(event: Event, process: Process) -> dict[str, None]:
    """The texts an event holds, each once, in order of appearance."""
    found: dict[str, None] = {}
    _mapped(event, process, lambda text: found.setdefault(text) or text)
    return found


def named(event: Event, process: Process, name: str) -> list[str]:
    """The texts an event holds under `name`: a field, `title`, `reason`, `override`, or `files` for their names."""
    if name in OWN:
        return [said] if (said := getattr(event, name)) is not None else []
    if name == "files":
        return [file.name for file in event.files]
    bare = msgspec.structs.replace(event, title=None, reason=None, override=None, files=())
    only = msgspec.structs.replace(process, fields={name: process.fields[name]}) if name in process.fields else None
    return list(texts(bare, only)) if only is not None else []


def encode(event: Event, process: Process, references: Mapping[str, str]) -> bytes:
    """The bytes of `event`, its texts replaced by their `references`. Raises `KeyError` for one without."""
    plain = msgspec.to_builtins(_mapped(event, process, references.__getitem__))
    return msgspec.json.encode({"format": FORMAT, **plain}, order="sorted")


def decode(raw: bytes, bodies: Mapping[str, str]) -> Event:
    """The event that `raw` is, its references replaced by `bodies`; one without a body stays a reference.

    Raises `UnknownFormat`, and `msgspec.ValidationError` for what is no event.
    """
    plain = msgspec.json.decode(raw)
    if not isinstance(plain, dict) or plain.pop("format", None) != FORMAT:
        raise UnknownFormat(raw[:40])
    return msgspec.convert(_restored(plain, bodies) if bodies else plain, Event)


# ---- where texts stand ----------------------------------------------------------------------------


def _mapped(event: Event, process: Process, change: Callable[[str], str]) -> Event:
    """`event` with every text people wrote put through `change`."""
    fields = process.fields
    replaced: dict[str, Any] = {
        "inputs": {name: _value(fields.get(name), value, change) for name, value in event.inputs.items()},
        "opened": tuple(_row_changed(duty, process, change) for duty in event.opened),
        "restated": tuple(_row_changed(duty, process, change) for duty in event.restated),
    }
    if (past := event.restores) is not None:
        was = {name: _value(fields.get(name), value, change) for name, value in past.fields.items()}
        replaced["restores"] = msgspec.structs.replace(past, fields=was)
    for name in OWN:
        if (said := getattr(event, name)) is not None:
            replaced[name] = change(said)
    replaced["files"] = tuple(msgspec.structs.replace(file, name=change(file.name)) for file in event.files)
    return msgspec.structs.replace(event, **replaced)


def _value(field: Field | None, value: Any, change: Callable[[str], str]) -> Any:
    if field is None or value is None:
        return value
    if field.type == "text":
        if field.per_agency and isinstance(value, dict):
            return {agency: change(text) for agency, text in value.items()}
        return change(value)
    if field.type == "rows":
        return [_row(field.columns, row, change) for row in value]
    return value


def _row(columns: Mapping[str, Field], row: Mapping[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    return {name: _value(columns.get(name), value, change) for name, value in row.items()}


def _row_changed(duty: Duty, process: Process, change: Callable[[str], str]) -> Duty:
    table = process.duties[duty.name].owed_by.rows
    if duty.row is None or table is None or table not in process.fields:
        return duty
    return msgspec.structs.replace(duty, row=_row(process.fields[table].columns, duty.row, change))


def _restored(plain: Any, bodies: Mapping[str, str]) -> Any:
    """`plain` with every reference that has a body replaced by it. A reference is no word anybody types."""
    if isinstance(plain, str):
        return bodies.get(plain, plain)
    if isinstance(plain, dict):
        return {key: _restored(value, bodies) for key, value in plain.items()}
    if isinstance(plain, list):
        return [_restored(value, bodies) for value in plain]
    return plain
