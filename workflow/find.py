"""Finding cases by what people remember: words of the title, a document's number, an agency.

The search is over a folded column (see text.py), so that "uỷ" finds "ủy" and "Đảng" finds "Ðảng".
"""

from __future__ import annotations

import re

from sqlalchemy import and_, bindparam, select

from workflow.engine import Engine
from workflow.sight import Sight
from workflow.tables import IS_OPEN, cases
from workflow.text import folded
from workflow.worklists import LISTED_COLUMNS, Listed, listed

_OPEN = Sight(
    select(*LISTED_COLUMNS)
    .where(IS_OPEN, cases.c.number.like(bindparam("start"), escape="\\"))
    .order_by(cases.c.opened_at.desc(), cases.c.number.desc())
    .limit(bindparam("limit")),
    cases.c.number,
)
MOST_FOUND = 200
MOST_WORDS = 8
_SYNTAX = re.compile(r"[\\%_]")  # what LIKE reads as more than itself
# One statement for each number of words: every one of them must occur, in any order.
_FIND = [
    Sight(
        select(*LISTED_COLUMNS)
        .where(and_(*(cases.c.search.like(bindparam(f"word{n}"), escape="\\") for n in range(words))))
        .order_by(cases.c.opened_at.desc(), cases.c.number.desc())
        .limit(bindparam("limit")),
        cases.c.number,
    )
    for words in range(1, MOST_WORDS + 1)
]


def find(engine: Engine, text: str, limit: int = MOST_FOUND) -> list[Listed]:
    """Cases in which every word of `text` begins a word, newest first, at most `limit`.

    Looked through are number, title, document numbers, and the codes and names of the parties.
    """
    words = list(dict.fromkeys(folded(text).split()))[:MOST_WORDS]
    if not words:
        return []
    values = {f"word{n}": "% " + _SYNTAX.sub(r"\\\g<0>", word) + "%" for n, word in enumerate(words)}
    with engine.database.reading() as connection:
        rows = connection.execute(*_FIND[len(words) - 1].of(engine.sees, {**values, "limit": limit})).all()
    return [listed(row) for row in rows]


def open_cases(engine: Engine, start: str, limit: int = MOST_FOUND) -> list[Listed]:
    """Open cases whose number begins with `start`, newest first, at most `limit`."""
    values: dict[str, object] = {"start": _SYNTAX.sub(r"\\\g<0>", start) + "%", "limit": limit}
    with engine.database.reading() as connection:
        rows = connection.execute(*_OPEN.of(engine.sees, values)).all()
    return [listed(row) for row in rows]
