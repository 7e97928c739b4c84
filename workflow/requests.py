"""Request ids: a command that is sent again after a lost connection is told what it did the first time.

    known(connection, done, command, number)    what the request did, or None: it is new
    note(connection, command, number, outcome)  in the transaction of what it does

Whoever sends a command draws an id for it and keeps the id for every retry. The row is written in the same
transaction as the act, so that there are both or neither, whatever is killed or cut at whatever moment.
The same id with another content is a mistake, and is refused.

What is compared is a digest of the whole command. It would confirm a guess at a text that was erased, so whoever
erases texts of a case calls `forget`: from then on the id alone decides.
"""

from __future__ import annotations

import hashlib

import msgspec
from sqlalchemy import Connection, bindparam, text, update

from states.case import Case
from states.commands import Act, Command, Outcome
from states.errors import N_
from states.evolve import evolve
from workflow import store
from workflow.database.prepared import Prepared
from workflow.errors import Busy, UsageError
from workflow.grounds import Done
from workflow.tables import requests

# Valid as it stands on both databases: of two that send the same at once, one is told that the other is doing it.
_NOTE = Prepared(
    text(
        'INSERT INTO requests (id, "case", version, last, digest) VALUES (:id, :case, :version, :last, :digest)'
        " ON CONFLICT (id) DO NOTHING"
    )
)
_FORGET = update(requests).where(requests.c.case == bindparam("b_case")).values(digest=None)


def known(connection: Connection, done: Done | None, command: Command, number: str) -> Outcome | None:
    """The outcome of then, if the request of `command` was `done` already: its events, and the case after them.

    `number` is the case, empty for an opening. Raises `UsageError` when the id was used for another command.
    """
    if not isinstance(command, Act) or done is None:
        return None
    if done.digest is not None and done.digest != digest(command, number):
        raise UsageError(
            N_("the request id {request} was used for another command, on {case}"),
            N_("leave --request-id out: a new one is drawn"),
            request=command.request,
            case=done.case,
        )
    events = store.load_history(connection, done.case)[: done.last]
    case: Case | None = None
    for event in events:
        case = evolve(case, event)
    assert case is not None, "a request has at least one event"
    return Outcome(case=case, events=tuple(events[done.first - 1 :]), notices=(), again=True)


def note(connection: Connection, command: Command, number: str, outcome: Outcome) -> None:
    """Keep what the request of `command` did. Raises `Busy` when the same request is being done elsewhere."""
    if not isinstance(command, Act) or command.request is None or not outcome.events:
        return
    row = {
        "id": command.request,
        "case": outcome.case.case,
        "version": outcome.events[0].version,
        "last": outcome.events[-1].version,
        "digest": digest(command, number),
    }
    busy = (N_("the same request is being done just now"), N_("try again in a moment"))
    _NOTE.must(connection, [row], lambda: Busy(*busy))


def forget(connection: Connection, number: str) -> None:
    """Forget what the requests of a case contained, when texts of it are erased. Their ids stay known."""
    connection.execute(_FORGET, {"b_case": number})


def digest(command: Act, number: str) -> str:
    """The SHA-256 of what a command asks for, and of which case; its request id is no part of that."""
    plain = msgspec.structs.replace(command, request=None, **({"case": ""} if hasattr(command, "case") else {}))
    return hashlib.sha256(msgspec.json.encode([type(command).__name__, number, plain], order="sorted")).hexdigest()
