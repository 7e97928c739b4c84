"""`phoihop db ...`: the database itself."""

from __future__ import annotations

import click

from workflow.commands.context import Context, database_at
from workflow.commands.group import LazyGroup, command
from workflow.render.language import N_, _


@click.command(
    "db",
    cls=LazyGroup,
    table={"upgrade": "workflow.commands.db:command_upgrade"},
    page=(("upgrade", N_("bring a database of an older version to this one")),),
    help=N_("The database itself."),
    example="phoihop db upgrade",
)
def command_db() -> None:
    pass


@command(
    "upgrade",
    help=N_(
        "Bring a database that an older version of phoihop made to this one: wholly, or not at all. Make a copy of"
        " it first. On a server its owner must do it."
    ),
    example="phoihop db upgrade --db phoi-hop.db",
)
def command_upgrade(context: Context) -> None:
    from workflow.database import reach_database
    from workflow.migrations import upgrade  # brings Alembic: nothing else waits for it

    database = reach_database(database_at(context.database))
    try:
        had, has = upgrade(database)
    finally:
        database.close()
    screen = context.screen
    if screen.format in ("json", "csv"):
        record = {"database": database.shown, "schema_before": had, "schema": has}
        screen.json(record) if screen.format == "json" else screen.csv([record])
    elif had == has:
        screen.line(_("{path} is of this version already (schema {schema}).").format(path=database.shown, schema=has))
    else:
        said = _("{path} is upgraded, from schema {before} to {schema}.")
        screen.line(said.format(path=database.shown, before=had, schema=has))
        screen.note(_("Verify it: phoihop audit verify"))
