"""What an act stands on besides its case, asked for in one go: the way to a server and back is most of what it costs.

asking(number, command)        the question, to be asked for together with the case
grounds(rows)                  what its rows say
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import bindparam, literal_column, null, select, union_all

from states.commands import Act, Command
from workflow.database.prepared import Prepared, Question, Row
from workflow.tables import meta, requests, texts

_META, _REQUEST, _TEXT = range(3)
_NONE = (null().label("version"), null().label("last"))
_GROUNDS = Prepared(
    union_all(
        select(literal_column(f"{_META}").label("what"), meta.c.key, meta.c.value, *_NONE),
        select(
            literal_column(f"{_REQUEST}"), requests.c.case, requests.c.digest, requests.c.version, requests.c.last
        ).where(requests.c.id == bindparam("id")),
        select(literal_column(f"{_TEXT}"), texts.c.reference, texts.c.body, *_NONE).where(
            texts.c.case == bindparam("number")
        ),
    )
)


class Done(NamedTuple):
    """What is stored of a request: its case, the versions of its first and last event, the digest of what it asked."""

    case: str
    first: int
    last: int
    digest: str | None


class Grounds(NamedTuple):
    """Where `meta` points (`pointers.newest`); the request, None for a new one; the texts of the case by reference."""

    newest: dict[str, str]
    done: Done | None
    texts: dict[str, str]


def asking(number: str, command: Command) -> Question:
    """What `command` on the case `number` (empty for one to be opened) stands on."""
    return Question(_GROUNDS, {"number": number, "id": command.request if isinstance(command, Act) else None})


def grounds(rows: list[Row]) -> Grounds:
    """What the rows found by `asking` say."""
    found = Grounds({}, None, {})
    for what, name, value, first, last in rows:
        if what == _REQUEST:
            found = found._replace(done=Done(name, first, last, value))
        else:
            (found.newest if what == _META else found.texts)[name] = value
    return found
