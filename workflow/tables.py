"""The tables. Rows only: no behaviour, no lazy loading, no default that reads a clock.

A case is kept twice on purpose. `events` is the truth; `cases.body` and `duties` are caches of its fold
(tests prove both), kept so that one indexed query answers an inbox. `duties` holds open and parked
duties only: what ended lives in the case's body.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BLOB,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
    text,
)

SCHEMA_VERSION = 1
APPLICATION_ID = 0x70686F69  # "phoi", in the header of an SQLite file: says whose file it is


class Instant(TypeDecorator[datetime]):
    """An aware instant, kept as UTC text that sorts as time does. Naive datetimes are refused."""

    impl = String(20)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> str | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive datetime cannot be stored: {value!r}")
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def process_result_value(self, value: str | None, dialect: Any) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

meta = Table("meta", metadata, Column("key", String, primary_key=True), Column("value", String, nullable=False))

editions = Table(
    "editions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("text", BLOB, nullable=False),
    Column("body", BLOB, nullable=False),
    Column("published_at", Instant, nullable=False),
)

calendars = Table(
    "calendars",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("name", String, nullable=False),
    Column("text", BLOB, nullable=False),
    Column("body", BLOB, nullable=False),
    Column("published_at", Instant, nullable=False),
)

agencies = Table("agencies", metadata, Column("code", String, primary_key=True), Column("body", BLOB, nullable=False))

counters = Table(
    "counters",
    metadata,
    Column("prefix", String, primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("last", Integer, nullable=False),
)

cases = Table(
    "cases",
    metadata,
    Column("number", String, primary_key=True),
    Column("process", String, nullable=False),
    Column("title", String, nullable=False),
    Column("state", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("edition", String(64), ForeignKey("editions.digest"), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("final", Boolean(create_constraint=True, name="final_bool"), nullable=False),
    Column("waits", Boolean(create_constraint=True, name="waits_bool"), nullable=False),
    Column("search", String, nullable=False),
    Column("body", BLOB, nullable=False),
    CheckConstraint("version >= 1", name="version"),
)
Index("ix_cases_open", cases.c.number, sqlite_where=text("final = 0"))

events = Table(
    "events",
    metadata,
    Column("case", String, ForeignKey("cases.number"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("body", BLOB, nullable=False),
)

duties = Table(
    "duties",
    metadata,
    Column("case", String, ForeignKey("cases.number"), primary_key=True),
    Column("duty", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("agency", String),
    Column("status", String, nullable=False),
    Column("body_owes", Boolean(create_constraint=True, name="body_owes_bool"), nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("next_at", Instant),
    Column("unreachable", Boolean(create_constraint=True, name="unreachable_bool"), nullable=False),
    CheckConstraint("status in ('open', 'parked')", name="status"),
    CheckConstraint("status = 'open' or next_at is null", name="parked_sleeps"),
)
Index("ix_duties_next_at", duties.c.next_at, sqlite_where=text("next_at is not null"))
Index("ix_duties_due_at", duties.c.due_at, sqlite_where=text("status = 'open'"))
Index("ix_duties_agency_due_at", duties.c.agency, duties.c.due_at)

climbs = Table(
    "climbs",
    metadata,
    Column("case", String, primary_key=True),
    Column("duty", String, primary_key=True),
    Column("climb", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
    ForeignKeyConstraint(["case", "version"], ["events.case", "events.version"]),
)

outbox = Table(
    "outbox",
    metadata,
    Column("key", String, primary_key=True),
    Column("case", String, ForeignKey("cases.number"), nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("body", BLOB, nullable=False),
)

failures = Table(
    "failures",
    metadata,
    Column("case", String, ForeignKey("cases.number"), primary_key=True),
    Column("duty", String, primary_key=True),
    Column("since", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", String, nullable=False),
    Column("retry_at", Instant, nullable=False),
)

sweeps = Table(
    "sweeps",
    metadata,
    Column("only", Integer, CheckConstraint("only = 1", name="one_row"), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("due", Integer, nullable=False),
    Column("fired", Integer, nullable=False),
    Column("stale", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
)
