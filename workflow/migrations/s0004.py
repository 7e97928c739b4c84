"""Schema 4, from 3: what suspensions, openings, the worker and published rules keep."""

from __future__ import annotations

import json

from alembic import op
from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    UniqueConstraint,
    column,
    select,
    table,
    types,
    update,
)

# As they are in schema 4, whatever `workflow.tables` says one day: a step that is out is never edited.
Text = types.Text().with_variant(types.Text(collation="C"), "postgresql")
editions = table("editions", column("digest", Text), column("body", LargeBinary))


def upgrade() -> None:
    """What `workflow.tables` says of schema 4 and schema 3 had not."""
    _openings()
    op.add_column("sweeps", Column("every", Integer))
    _published_by()


def _openings() -> None:
    op.create_table(
        "openings",
        Column("process", Text, nullable=False),
        Column("period", Text, nullable=False),
        Column("due_at", Text, nullable=False),
        Column("case", Text),
        Column("opened_at", Text),
        Column("attempts", Integer, CheckConstraint("attempts >= 0", name="ck_openings_attempts"), nullable=False),
        Column("error", Text),
        Column("retry_at", Text),
        PrimaryKeyConstraint("process", "period", name="pk_openings"),
        CheckConstraint('("case" is null) = (opened_at is null)', name="ck_openings_opened"),
        CheckConstraint('"case" is null or (error is null and retry_at is null)', name="ck_openings_done"),
        UniqueConstraint("case", name="uq_openings_case"),
        ForeignKeyConstraint(["case"], ["cases.number"], name="fk_openings_case"),
        sqlite_strict=True,
    )


def _published_by() -> None:
    """Who published an edition is kept, and its tests no longer are: they were read and never played."""
    op.add_column("editions", Column("published_by", Text))
    connection = op.get_bind()
    for digest, body in connection.execute(select(editions.c.digest, editions.c.body)).all():
        rules = json.loads(body)
        if rules.pop("tests", None):
            said = json.dumps(rules, ensure_ascii=False, separators=(",", ":")).encode()
            connection.execute(update(editions).where(editions.c.digest == digest).values(body=said))
