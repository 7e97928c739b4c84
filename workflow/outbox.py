"""The outbox: what parties must be told, stored in the transaction of what happened, sent afterwards.

Nothing here sends. A notice's key never changes, so that a second sending can be recognised as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, bindparam, insert, select

from states.commands import Notice
from workflow.database.prepared import Prepared
from workflow.tables import IS_UNSENT, notices

_ADD = Prepared(insert(notices))
_WAITING = (
    select(notices.c.body)
    .where(IS_UNSENT, notices.c.not_before <= bindparam("now"))
    .order_by(notices.c.not_before, notices.c.key)
    .limit(bindparam("limit"))
)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Notice).decode


def put(connection: Connection, told: Sequence[Notice], now: datetime) -> None:
    """Store the notices of one command."""
    rows = [
        {
            "key": notice.key,
            "case": notice.case,
            "version": notice.version,
            "agency": notice.agency,
            "post": notice.post,
            "kind": notice.kind,
            "duty": notice.duty,
            "not_before": notice.not_before,
            "created_at": now,
            "sent_at": None,
            "body": _encode(notice),
        }
        for notice in told
    ]
    _ADD.each(connection, rows)


def waiting(connection: Connection, now: datetime, limit: int = 100) -> list[Notice]:
    """Notices that may be sent at `now` and have not been, oldest first."""
    return [_decode(body) for body in connection.execute(_WAITING, {"now": now, "limit": limit}).scalars()]
