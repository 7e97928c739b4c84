"""The register: which agencies there are. Seeded from the rules' `agencies:` when a database is made.

From then on the register, not the rules file, says who an agency is; codes are never reused.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec
from sqlalchemy import Connection, insert, select

from states.ruleset import Agency
from workflow.tables import agencies

_ALL = select(agencies.c.body).order_by(agencies.c.code)
_ADD = insert(agencies)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Agency).decode


def seed(connection: Connection, known: dict[str, Agency]) -> None:
    """Copy `known` into an empty register."""
    rows = [{"code": a.code, "is_body": a.body, "body": _encode(a)} for a in known.values()]
    if rows:
        connection.execute(_ADD, rows)


def load(connection: Connection) -> dict[str, Agency]:
    """Every agency by its code."""
    return _decoded(tuple(connection.execute(_ALL).scalars()))


@lru_cache(maxsize=8)
def _decoded(bodies: tuple[bytes, ...]) -> dict[str, Agency]:
    return {agency.code: agency for agency in map(_decode, bodies)}
