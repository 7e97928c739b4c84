"""`phoihop rules publish` and `rules editions`: which rules are in force, since when, by whom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from workflow.commands.context import Context
from workflow.commands.group import command
from workflow.commands.parse import text
from workflow.render import when
from workflow.render.language import N_, _
from workflow.render.screen import Column
from workflow.rulebook import Edition

ONLY_ADMINISTRATORS = N_("only an administrator publishes rules or moves cases to them")


@command(
    "publish",
    help=N_("Publish a rules file: new cases open under it, open cases keep theirs. Refused while a test of it fails."),
    example="phoihop rules publish quy-tac-2023.yaml",
)
@click.argument("file", required=True, metavar=N_("FILE"))
def command_publish(context: Context, file: str) -> None:
    from states.checks.named import check_named
    from workflow import rulebook
    from workflow.pointers import alone
    from workflow.setup import proved_rules

    source, ruleset, marks = proved_rules(Path(text("FILE", file)))
    engine = context.engine()
    who = engine.who
    assert who is not None, "a run begins with who is at work"
    who.must_administer(ONLY_ADMINISTRATORS)
    with engine.database.writing(context.now) as connection:
        alone(connection, "edition")
        check_named(ruleset, rulebook.office(connection), context.now, marks)
        before = {edition.digest for edition in rulebook.published(connection, None)}
        digest = rulebook.publish(connection, source, ruleset, context.now, who.login)
        made = next(edition for edition in rulebook.published(connection, engine.sees) if edition.digest == digest)
        again = digest in before
    screen = context.screen
    if screen.format in ("json", "csv"):
        record = {**edition_json(made, newest=not again), "again": again}
        screen.json(record) if screen.format == "json" else screen.csv([record])
        return
    said = _("Edition {edition} is published: new cases open under it, open cases keep theirs.")
    if again:
        said = _("Edition {edition} was published already; nothing has changed.")
    screen.line(said.format(edition=made.name))
    screen.note(f"SHA-256 {digest}")


@command(
    "editions",
    help=N_("Every edition of the rules that was published, the newest first."),
    example="phoihop rules editions",
)
def command_editions(context: Context) -> None:
    from workflow import rulebook

    engine = context.engine()
    with engine.database.reading() as connection:
        found = rulebook.published(connection, engine.sees)
        newest, zone = rulebook.office(connection).edition, rulebook.office(connection).clock.zone
    rows = [
        [one.name, when.moment(one.published_at, zone), one.published_by or "", str(one.open), one.digest[:12]]
        for one in found
    ]
    columns = [
        Column(_("Edition")),
        Column(_("Published")),
        Column(_("By")),
        Column(_("Open cases")),
        Column("SHA-256"),
    ]
    context.screen.listing(columns, rows, [edition_json(one, newest=one.digest == newest) for one in found])


def edition_json(edition: Edition, *, newest: bool) -> dict[str, Any]:
    """An edition as scripts read it."""
    return {
        "edition": edition.name,
        "digest": edition.digest,
        "published_at": edition.published_at.isoformat().replace("+00:00", "Z"),
        "published_by": edition.published_by,
        "open": edition.open,
        "newest": newest,
    }
