"""The record of a case: its events as hashed bytes, and the texts people wrote beside them.

    Written(connection, process, events, head)        rows for `ADD` and `ADD_TEXT`, in the transaction of what happened
    load(connection, number), bodies(...)             bytes with hashes in order; the texts still there
    erase(connection, number, references)             forget texts

What the bytes are is decided in `states.record`; here they are stored, salts are drawn, and references
are turned back into texts. Salt and body of an erased text are deleted: what is left of it is its hash.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select

from states import record
from states.case import Event
from states.ruleset import Process
from workflow.database.prepared import Prepared
from workflow.tables import events, texts

SHORT = 40
"""Hexadecimal digits of a hash in an anchor: 160 bits, so that the line fits a screen."""

ADD = Prepared(insert(events))
_EVENTS = select(events.c.body, events.c.hash).where(events.c.case == bindparam("number")).order_by(events.c.version)
_TEXTS = Prepared(select(texts.c.reference, texts.c.body).where(texts.c.case == bindparam("number")))
ADD_TEXT = Prepared(insert(texts))
_ERASE = delete(texts).where(texts.c.case == bindparam("b_case"), texts.c.reference == bindparam("b_reference"))


def anchor(name: str, number: int, head: str) -> str:
    """A line to keep outside the database: a case and its version, or a seal and its number, and the head there."""
    return f"{name} {number} {head[:SHORT]}"


def draw_salt() -> str:
    """16 random bytes, in hex: without them a short text could be guessed from its hash."""
    return secrets.token_hex(16)


class Written:
    """The rows of one command's events, to come after `head`, and of their texts; then `head` is the case's new one.

    `texts` are those of the case that are still there, by their references; None: they are looked up, if need be.
    """

    def __init__(
        self,
        connection: Connection,
        process: Process,
        happened: Sequence[Event],
        head: str,
        texts: Mapping[str, str] | None = None,
    ) -> None:
        number = happened[0].case
        self.texts: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.head = head
        written = dict.fromkeys(text for event in happened for text in record.texts(event, process))
        if written and texts is None:
            texts = bodies(connection, number)
        references = self._references(number, list(written), texts or {})
        for event in happened:
            raw = record.encode(event, process, references)
            self.head = record.link(self.head, raw)
            self.events.append(
                {
                    "case": event.case,
                    "version": event.version,
                    "kind": event.kind,
                    "at": event.at,
                    "by": event.by,
                    "body": raw,
                    "hash": self.head,
                }
            )

    def _references(self, number: str, written: list[str], texts: Mapping[str, str]) -> dict[str, str]:
        """What stands for each text: the same text in the same case has one salt, so that a row is known again."""
        known = {body: reference for reference, body in texts.items()}
        for body in written:
            if body not in known:
                salt = draw_salt()
                known[body] = record.reference(salt, body)
                self.texts.append({"case": number, "reference": known[body], "salt": salt, "body": body})
        return known


def bodies(connection: Connection, number: str) -> dict[str, str]:
    """The texts of a case that are still there, by their references."""
    return dict(_TEXTS.rows(connection, {"number": number}))


def erase(connection: Connection, number: str, references: Sequence[str]) -> None:
    """Forget texts for ever, with their salts: nobody can try what they may have been."""
    if references:
        connection.execute(_ERASE, [{"b_case": number, "b_reference": one} for one in references])


def load(connection: Connection, number: str) -> list[tuple[bytes, str]]:
    """The bytes of every event of a case with their hashes, in order."""
    return [(row.body, row.hash) for row in connection.execute(_EVENTS, {"number": number})]
