"""The outbox: what parties must be told, stored in the transaction of what happened, sent afterwards.

Nothing here sends. A notice's key never changes, so that a second sending can be recognised as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import insert

from states.commands import Notice
from workflow.database.prepared import Prepared
from workflow.tables import notices

ADD = Prepared(insert(notices))
_encode = msgspec.json.Encoder().encode


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
