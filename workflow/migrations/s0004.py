"""Schema 4, from 3: what suspensions, openings, the worker and published rules keep."""

from __future__ import annotations


def upgrade() -> None:
    """What `workflow.tables` says of schema 4 and schema 3 had not."""
