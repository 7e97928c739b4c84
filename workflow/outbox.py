"""The outbox: what parties must be told, stored in the transaction of what happened, sent afterwards.

Nothing here sends. A notice's key never changes, so that a second sending can be recognised as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, insert, select

from states.commands import Notice
from workflow.database.prepared import Prepared
from workflow.tables import IS_UNSENT, notices

ADD = Prepared(insert(notices))
_WAITING = (
    select(notices.c.body)
    .where(IS_UNSENT, notices.c.not_before <= bindparam("now"))
    .order_by(notices.c.not_before, notices.c.key)
    .limit(bindparam("limit"))
)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Notice).decode


def rows(told: Sequence[Notice], now: datetime) -> list[dict[str, Any]]:
    """The notices of one command, as `ADD` stores them."""
    return [
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


def waiting(connection: Connection, now: datetime, limit: int = 100) -> list[Notice]:
    """Notices that may be sent at `now` and have not been, oldest first."""
    return [_decode(body) for body in connection.execute(_WAITING, {"now": now, "limit": limit}).scalars()]
