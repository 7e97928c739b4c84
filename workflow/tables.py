"""The tables. Rows only: no behaviour, no lazy loading, no default that reads a clock.

    meta      schema version, database id, newest edition and calendar
    editions, calendars, agencies                          the office commands are judged by
    officers, leaves, shifts                               who acts for them, who is away, who is on duty
    register_log                                           every change of the register, never edited
    counters                                               the last number per process and year
    involved                                               which agencies ever took part in a case
    cases, parties, duties                                 each case as it is now
    events, climbs                                         what happened, never edited
    texts                                                  what people wrote, which may be erased
    seals                                                  the heads of all histories, fixed in a chain
    attachments                                            files, each once, by the SHA-256 of its bytes
    notices                                                the outbox
    requests                                               which commands were done, for whoever asks again
    failures, sweeps                                       what the sweep could not do, its heartbeat
    openings                                               which periods' cases were opened by themselves

A case is kept twice on purpose. `events` is the truth; `cases`, `parties` and `duties` are caches of its
fold (a test proves it after every walk), kept so that one indexed query answers an inbox. `duties` holds
open and parked duties only: what ended lives on in the case's body. Bodies are JSON as msgspec writes it.

A condition a partial index stands on is a constant here, so that index and query cannot drift apart.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    TypeDecorator,
    literal_column,
    types,
)

from workflow.errors import unreadable

SCHEMA_VERSION = 4
OLDEST_SCHEMA = 3
"""The oldest schema that `workflow.migrations` leads from to this one."""

Text = types.Text().with_variant(types.Text(collation="C"), "postgresql")
"""Text that sorts by its code points wherever it is kept, as SQLite and Python sort it."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, kept as UTC text of one length, so that it sorts as time does.

    Naive datetimes are refused with `ValueError`: nobody knows what they mean.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> str | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive datetime cannot be stored: {value!r}")
        return _kept(value)

    def process_result_value(self, value: str | None, dialect: Any) -> datetime | None:
        return None if value is None else instant(value)


def _kept(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def instant(value: str) -> datetime:
    """The instant that a column of `UtcDateTime` holds as `value`. Raises `Damaged` for anything else.

    The same instant written in another form is something else too: it would not sort as time does.
    """
    try:
        at = datetime.fromisoformat(value)
        if _kept(at) != value:
            raise ValueError(f"not written as instants are kept: {value!r}")
    except (ValueError, TypeError, OverflowError) as error:
        raise unreadable(str(error)) from error
    return at


class Flag(TypeDecorator[bool]):
    """Yes or no, kept as 1 or 0: a strict table of SQLite knows no booleans."""

    impl = Integer
    cache_ok = True

    def process_result_value(self, value: int | None, dialect: Any) -> bool | None:
        return None if value is None else bool(value)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _table(name: str, *parts: Any) -> Table:
    return Table(name, metadata, *parts, sqlite_strict=True)


def _only(condition: ColumnElement[bool]) -> dict[str, Any]:
    """The options of an index over the rows for which `condition` holds; `database.postgresql` takes them over."""
    return {"sqlite_where": condition}


def _case(**options: Any) -> Column[str]:
    return Column("case", Text, ForeignKey("cases.number"), nullable=False, **options)


# ---- the office -----------------------------------------------------------------------------------

meta = _table("meta", Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

editions = _table(
    "editions",
    Column("digest", Text, CheckConstraint("length(digest) = 64", name="digest"), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("text", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
    Column("published_by", Text),  # the login; null: before that was kept
)

calendars = _table(
    "calendars",
    Column("digest", Text, CheckConstraint("length(digest) = 64", name="digest"), primary_key=True),
    Column("name", Text, nullable=False),
    Column("text", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
)

agencies = _table(
    "agencies",
    Column("code", Text, primary_key=True),
    Column("is_body", Flag, CheckConstraint("is_body in (0, 1)", name="is_body"), nullable=False),
    Column("since", Text),  # days are ISO dates; `until` is the first on which it exists no more
    Column("until", Text),
    Column("successor", Text, ForeignKey("agencies.code")),
    Column("body", LargeBinary, nullable=False),
    CheckConstraint("successor is null or until is not null", name="succeeded_has_ended"),
    CheckConstraint("since is null or until is null or since <= until", name="begins_before_it_ends"),
)

officers = _table(
    "officers",
    Column("number", Integer, primary_key=True),
    Column("login", Text, nullable=False),
    Column("agency", Text, ForeignKey("agencies.code")),  # null: administers only
    Column("since", Text),
    Column("until", Text),
    Column("body", LargeBinary, nullable=False),
)
Index(None, officers.c.login)

leaves = _table(
    "leaves",
    Column("number", Integer, primary_key=True),
    Column("login", Text, nullable=False),
    Column("first", Text, nullable=False),
    Column("last", Text, nullable=False),
    Column("deputy", Text),  # null: is back after all
    CheckConstraint("first <= last", name="in_order"),
)

shifts = _table(
    "shifts",
    Column("agency", Text, ForeignKey("agencies.code"), primary_key=True),
    Column("day", Text, primary_key=True),
    Column("login", Text, nullable=False),
)

register_log = _table(
    "register_log",
    Column("number", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("officer", Text, nullable=False),
    Column("change", Text, nullable=False),
    Column("subject", Text, nullable=False),  # the code of an agency, or a login
    Column("reason", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
Index(None, register_log.c.subject, register_log.c.number)

IS_NO_BODY = agencies.c.is_body == literal_column("0")

counters = _table(
    "counters",
    Column("prefix", Text, primary_key=True),
    Column("year", Integer, CheckConstraint("year between 1900 and 9999", name="year"), primary_key=True),
    Column("last", Integer, CheckConstraint("last >= 1", name="last"), nullable=False),
)

# ---- cases ----------------------------------------------------------------------------------------

cases = _table(
    "cases",
    Column("number", Text, primary_key=True),
    Column("process", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", Integer, CheckConstraint("version >= 1", name="version"), nullable=False),
    Column("edition", Text, ForeignKey("editions.digest"), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("entered_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),  # of the last event
    Column("final", Flag, CheckConstraint("final in (0, 1)", name="final"), nullable=False),
    Column("waits", Flag, CheckConstraint("waits in (0, 1)", name="waits"), nullable=False),  # `may_wait`
    # Since when nothing is to come, though the rules do not say that the case may wait.
    Column("idle_since", UtcDateTime),
    Column("suspended_since", UtcDateTime),
    Column("search", Text, nullable=False),  # folded, see text.py
    Column("head", Text, CheckConstraint("length(head) = 64", name="head"), nullable=False),  # of its history
    Column("sealed", Integer, nullable=False, default=0),  # the version that the last seal fixed
    Column("body", LargeBinary, nullable=False),
    CheckConstraint("idle_since is null or (final = 0 and waits = 0)", name="idle_is_open"),
    CheckConstraint("suspended_since is null or final = 0", name="suspended_is_open"),
)
IS_OPEN = cases.c.final == literal_column("0")
IS_IDLE = cases.c.idle_since.is_not(None)
Index(None, cases.c.process, cases.c.state, **_only(IS_OPEN))
Index(None, cases.c.idle_since, **_only(IS_IDLE))
Index(None, cases.c.opened_at, cases.c.number)

parties = _table(
    "parties",
    _case(primary_key=True),
    Column("capacity", Text, primary_key=True),
    Column("agency", Text, ForeignKey("agencies.code"), primary_key=True),
)
Index(None, parties.c.agency, parties.c.case)

# Who is, or ever was, a party or owed something: it may see the case. Only ever added to.
involved = _table(
    "involved",
    _case(primary_key=True),
    Column("agency", Text, ForeignKey("agencies.code"), primary_key=True),
)
Index(None, involved.c.agency, involved.c.case)

duties = _table(
    "duties",
    _case(primary_key=True),
    Column("duty", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("agency", Text, ForeignKey("agencies.code")),  # null: a timer, owed by nobody
    Column("status", Text, CheckConstraint("status in ('open', 'parked')", name="alive"), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("next_at", UtcDateTime),
    Column("rung", Integer, CheckConstraint("rung >= 0", name="rung"), nullable=False),
    # Since when the rung it reached has told nobody.
    Column("unreachable_since", UtcDateTime),
    Column("body", LargeBinary, nullable=False),
    CheckConstraint("status = 'open' or next_at is null", name="parked_sleeps"),
)
IS_OWED = (duties.c.status == literal_column("'open'")) & duties.c.agency.is_not(None)
IS_ARMED = duties.c.next_at.is_not(None)
IS_UNREACHABLE = duties.c.unreachable_since.is_not(None)
Index(None, duties.c.next_at, duties.c.case, duties.c.duty, **_only(IS_ARMED))
Index(None, duties.c.due_at, duties.c.case, **_only(IS_OWED))
Index(None, duties.c.agency, duties.c.due_at)
Index(None, duties.c.unreachable_since, duties.c.case, **_only(IS_UNREACHABLE))

# ---- what happened --------------------------------------------------------------------------------

events = _table(
    "events",
    _case(primary_key=True),
    Column("version", Integer, CheckConstraint("version >= 1", name="version"), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("by", Text),
    Column("body", LargeBinary, nullable=False),  # the bytes as they were hashed, see states/record.py
    Column("hash", Text, CheckConstraint("length(hash) = 64", name="hash"), nullable=False),
)
Index(None, events.c.at)

texts = _table(
    "texts",
    _case(primary_key=True),
    Column("reference", Text, primary_key=True),
    Column("salt", Text, CheckConstraint("length(salt) = 32", name="salt"), nullable=False),
    Column("body", Text, nullable=False),
)

attachments = _table(
    "attachments",
    Column("sha256", Text, CheckConstraint("length(sha256) = 64", name="sha256"), primary_key=True),
    Column("size", Integer, CheckConstraint("size >= 1 and size = length(body)", name="size"), nullable=False),
    Column("body", LargeBinary, nullable=False),
)


def _of_event() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["case", "version"], ["events.case", "events.version"])


climbs = _table(
    "climbs",
    Column("case", Text, primary_key=True),
    Column("duty", Text, primary_key=True),
    Column("climb", Integer, CheckConstraint("climb >= 1", name="climb"), primary_key=True),
    Column("version", Integer, nullable=False),
    _of_event(),
)

notices = _table(
    "notices",
    Column("key", Text, primary_key=True),
    Column("case", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("agency", Text, ForeignKey("agencies.code"), nullable=False),
    Column("post", Text, CheckConstraint("post in ('focal_point', 'leader')", name="post"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("duty", Text),
    Column("not_before", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("body", LargeBinary, nullable=False),
    CheckConstraint("sent_at is null or sent_at >= not_before", name="never_early"),
    _of_event(),
)
IS_UNSENT = notices.c.sent_at.is_(None)
Index(None, notices.c.not_before, **_only(IS_UNSENT))

requests = _table(
    "requests",
    Column("id", Text, primary_key=True),
    _case(),
    Column("version", Integer, nullable=False),  # of its first event
    Column("last", Integer, nullable=False),  # of its last one
    Column("digest", Text, CheckConstraint("length(digest) = 64", name="digest")),  # null: forgotten, see requests.py
    CheckConstraint("last >= version", name="order"),
    _of_event(),
)
Index(None, requests.c.case)

seals = _table(
    "seals",
    Column("number", Integer, CheckConstraint("number >= 1", name="number"), primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("body", LargeBinary, nullable=False),  # the bytes as they were hashed: the heads fixed anew
    Column("hash", Text, CheckConstraint("length(hash) = 64", name="hash"), nullable=False),
)

# ---- the sweep ------------------------------------------------------------------------------------

failures = _table(
    "failures",
    Column("case", Text, primary_key=True),
    Column("duty", Text, primary_key=True),
    Column("since", UtcDateTime, nullable=False),
    Column("attempts", Integer, CheckConstraint("attempts >= 1", name="attempts"), nullable=False),
    Column("error", Text, nullable=False),
    Column("retry_at", UtcDateTime, nullable=False),
    # What failed is gone when the duty is: nothing is left to retry.
    ForeignKeyConstraint(["case", "duty"], ["duties.case", "duties.duty"], ondelete="CASCADE"),
)

sweeps = _table(
    "sweeps",
    Column("only", Integer, CheckConstraint('"only" = 1', name="one_row"), primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("due", Integer, nullable=False),
    Column("fired", Integer, nullable=False),
    Column("stale", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("every", Integer),  # seconds between two sweeps, where whoever sweeps said it
    CheckConstraint("fired >= 0 and stale >= 0 and failed >= 0 and fired + stale + failed = due", name="adds_up"),
)

# A period is opened once: this key and its case are written together. Without a case, it has failed so far.
openings = _table(
    "openings",
    Column("process", Text, primary_key=True),
    Column("period", Text, primary_key=True),  # 2022, or 2022-11
    Column("due_at", UtcDateTime, nullable=False),
    Column("case", Text, ForeignKey("cases.number"), unique=True),
    Column("opened_at", UtcDateTime),
    Column("attempts", Integer, CheckConstraint("attempts >= 0", name="attempts"), nullable=False),  # that failed
    Column("error", Text),
    Column("retry_at", UtcDateTime),
    CheckConstraint('("case" is null) = (opened_at is null)', name="opened"),
    CheckConstraint('"case" is null or (error is null and retry_at is null)', name="done"),
)
