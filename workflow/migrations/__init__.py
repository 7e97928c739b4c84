"""Bringing a database of an older version to this one: the whole way in one transaction, by one at a time.

    upgrade(database) -> (the schema it had, the schema it has)

Each step is a room of its own (`s0004` leads from schema 3 to 4), written with Alembic's operations and never edited
once a version with it is out. Killed at any statement, the database is as it was. The number is the row `schema` of
`meta`, which every start reads anyway: Alembic's own table beside it would be a second truth.

What a step makes must be what `workflow.tables` makes new; a test compares the two on both databases, starting
from databases that the older version really made (tests/golden).
"""

from __future__ import annotations

from importlib import import_module

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import select

from workflow.database.base import Database, other_version
from workflow.pointers import point
from workflow.tables import OLDEST_SCHEMA, SCHEMA_VERSION, meta

_SCHEMA = select(meta.c.value).where(meta.c.key == "schema")


def upgrade(database: Database) -> tuple[int, int]:
    """Bring `database`, reached and not yet identified, to the schema of this version.

    Raises `Damaged` for a newer one, or one that says nothing of itself; `NotUpgraded` for one too old to begin from;
    `Busy`; `NotAllowed` for who may not change its tables.
    """
    with database.upgrading() as connection:
        said = str(connection.execute(_SCHEMA).scalar())
        if not said.isdecimal() or not OLDEST_SCHEMA <= int(said) <= SCHEMA_VERSION:
            raise other_version(database.shown, said)
        with Operations.context(MigrationContext.configure(connection)):
            for number in range(int(said) + 1, SCHEMA_VERSION + 1):
                import_module(f"workflow.migrations.s{number:04d}").upgrade()
        point(connection, "schema", str(SCHEMA_VERSION))
    return int(said), SCHEMA_VERSION
