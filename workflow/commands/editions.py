"""`phoihop rules publish`, `editions` and `migrate`: which rules are in force, since when, for which cases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from workflow.commands.asking import ask
from workflow.commands.context import Context
from workflow.commands.group import command
from workflow.commands.parse import text
from workflow.errors import UsageError
from workflow.render import migrating as render
from workflow.render import when
from workflow.render.json import problem_json
from workflow.render.language import N_, _
from workflow.render.problem import problem_lines
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
    from states.checks.named import check_named, warn_of
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
        office = rulebook.office(connection)
        check_named(ruleset, office, context.now, marks)
        warn_of(ruleset, office, context.now, marks)
        before = {edition.digest for edition in rulebook.published(connection, None)}
        digest = rulebook.publish(connection, source, ruleset, context.now, who.login)
        made = next(edition for edition in rulebook.published(connection, engine.sees) if edition.digest == digest)
        again = digest in before
    screen = context.screen
    if screen.format in ("json", "csv"):
        warnings = [problem_json(warning) for warning in marks.warnings]
        record = {**edition_json(made, newest=not again), "again": again, "warnings": warnings}
        screen.json(record) if screen.format == "json" else screen.csv([record])
        return
    said = _("Edition {edition} is published: new cases open under it, open cases keep theirs.")
    if again:
        said = _("Edition {edition} was published already; nothing has changed.")
    for warning in marks.warnings:
        for line in problem_lines(warning):
            screen.line(line)
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


@command(
    "migrate",
    help=N_(
        "Take open cases over to another edition: all of them, or those named. First it is shown what moves and which"
        " case cannot go, and why; without a terminal --yes must say that it may."
    ),
    example="phoihop rules migrate --to cao-bang-2023.1 --dry-run",
)
@click.argument("numbers", nargs=-1, metavar=N_("[CASE]..."))
@click.option("--to", "to", metavar=N_("EDITION"), required=True, help=N_("the edition, by its name"))
@click.option("--reason", metavar=N_("TEXT"), help=N_("why: the decision's number and date"))
@click.option("--dry-run", is_flag=True, help=N_("only show what would move"))
@click.option("--yes", is_flag=True, help=N_("do it without asking"))
def command_migrate(
    context: Context, numbers: tuple[str, ...], to: str, reason: str | None, dry_run: bool, yes: bool
) -> int:
    from workflow import moving, rulebook

    engine = context.engine()
    who = engine.who
    assert who is not None, "a run begins with who is at work"
    who.must_administer(ONLY_ADMINISTRATORS)
    why = text("--reason", reason) if reason is not None else None
    with engine.database.reading() as connection:
        digest = rulebook.named(connection, text("--to", to))
        office = rulebook.office(connection, digest)
    names = context.speak(office)
    chosen = [engine.number(number, context.now) for number in numbers]
    found = list(moving.plans(engine, office, chosen, context.now))
    done: list[moving.Plan] = []
    if context.screen.format not in ("json", "csv"):
        render.plans_page(context.screen, names, found, context.now)
    if found and not dry_run:
        must_agree(context, yes)
        going = [plan for plan in found if not plan.reasons]
        moved = (moving.move(engine, plan, digest, who.login, why, context.look()) for plan in going)
        done = list(context.screen.progress(moved, len(going), _("Open cases")))
    render.migrated(context.screen, names, found, done, context.now, dry_run=dry_run)
    return 1 if any(plan.reasons for plan in (done if done else found)) else 0


def must_agree(context: Context, yes: bool) -> None:
    """On a terminal the answer decides; without one, only --yes. Raises `UsageError`, or interrupts the run."""
    if yes:
        return
    if not context.screen.asks:
        raise UsageError(N_("this moves cases to other rules: say --yes"), N_("see what moves: --dry-run"))
    if ask(context, _("Take them over? (yes/no)")).lower() not in ("y", "yes", "c", "co", "có"):
        raise click.Abort
    context.asked.append("--yes")


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
