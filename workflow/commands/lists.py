"""Lists over all cases: `inbox`, `overdue`, `stuck`, `find`, `board`, and the desk, which bare `phoihop` shows."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import click

from workflow.commands.context import Context
from workflow.commands.group import command
from workflow.commands.parse import day, text
from workflow.desk import board, desk
from workflow.find import MOST_FOUND, find
from workflow.render import lists
from workflow.render.json import change_json, listed_json, owed_json, standing_json, stuck_json, swept_json
from workflow.render.language import N_, _
from workflow.worklists import inbox, overdue, stuck


@command("inbox", help=N_("What the agency --as owes, soonest first."), example="phoihop inbox --as btg --since 25/4")
@click.option("--since", metavar=N_("DATE"), help=N_("only what was asked for since then"))
def command_inbox(context: Context, since: str | None) -> None:
    engine, screen = context.engine(), context.screen
    office = engine.office()
    names = context.speak(office)
    agency = context.agency(office.agencies)
    found = inbox(engine, agency, context.now)
    if since is not None:
        first = datetime.combine(day("--since", since, context.now, names.zone), time(), names.zone)
        found = [one for one in found if one.duty.opened_at >= first]
    if screen.format in ("json", "csv"):
        screen.listing([], [], [owed_json(one) for one in found])
    elif found:
        lists.owed_table(screen, found, names, debtor=False)
    else:
        screen.line(_("{agency} owes nothing.").format(agency=names.agency(agency)))


@command(
    "overdue",
    help=N_("Every overdue duty, by agency, with the focal point to call. --as shows one agency."),
    example="phoihop overdue --format csv",
)
def command_overdue(context: Context) -> None:
    engine, screen = context.engine(), context.screen
    office = engine.office()
    names = context.speak(office)
    found = overdue(engine, context.now)
    if context.by is not None:
        agency = context.agency(office.agencies)
        ours = office.ours(agency, context.now)
        found = [one for one in found if one.duty.agency in ours]
    if screen.format in ("json", "csv"):
        screen.listing([], [], [owed_json(one) for one in found])
    elif found:
        lists.overdue_groups(screen, found, names)
    else:
        screen.line(_("Nothing is overdue."))


@command(
    "stuck",
    help=N_("Open cases that do not move, stuck for longest first, each with its worst reason."),
    example="phoihop stuck --all",
)
@click.option("--all", "every", is_flag=True, help=N_("every reason of every case"))
def command_stuck(context: Context, every: bool) -> None:
    engine, screen = context.engine(), context.screen
    names = context.speak(engine.office())
    found = stuck(engine, context.now, every=every)
    if screen.format in ("json", "csv"):
        screen.listing([], [], [stuck_json(one) for one in found])
    elif found:
        lists.stuck_table(screen, found, names)
    else:
        screen.line(_("No case is stuck."))


@command(
    "find",
    help=N_("Cases by words of the title, document number or agency; accents and capitals do not matter."),
    example='phoihop find "cao toc"',
)
@click.argument("words", nargs=-1, required=True, metavar=N_("TEXT..."))
def command_find(context: Context, words: tuple[str, ...]) -> None:
    engine, screen = context.engine(), context.screen
    names = context.speak(engine.office())
    wanted = text("TEXT", " ".join(words))
    found = find(engine, wanted)
    nothing = _("No case has “{text}”.").format(text=wanted)
    screen.listing(lists.case_columns(), lists.case_rows(found, names), [listed_json(one) for one in found], nothing)
    if len(found) == MOST_FOUND:
        screen.note(_("Only the newest {count} are shown: add a word.").format(count=MOST_FOUND))


@command("board", help=N_("Where all open cases stand, by state and agency."), example="phoihop board")
def command_board(context: Context) -> None:
    engine, screen = context.engine(), context.screen
    names = context.speak(engine.office())
    found = board(engine, context.now)
    if screen.format in ("json", "csv"):
        screen.listing([], [], [record for one in found for record in standing_json(one)])
    elif found:
        lists.board_tables(screen, found, names)
    else:
        screen.line(_("No case is open."))


@command("desk", help=N_("My desk: owed by us, owed to us, changed since yesterday."), example="phoihop --as btg")
def command_desk(context: Context) -> None:
    context.warned = context.screen.format in (None, "table")  # the page itself says it
    engine, screen = context.engine(), context.screen
    office = engine.office()
    names = context.speak(office)
    agency = context.agency(office.agencies)
    yesterday = context.now.astimezone(names.zone).date() - timedelta(days=1)
    since = datetime.combine(yesterday, time(), names.zone).astimezone(UTC)
    found = desk(engine, agency, since, context.now)
    if screen.format == "json":
        screen.json(
            {
                "agency": agency,
                "owed": [owed_json(one) for one in found.owed],
                "awaited": [owed_json(one) for one in found.awaited],
                "changed": [change_json(one) for one in found.changed],
                "swept": swept_json(found.swept, missing=found.missing is not None),
            }
        )
    elif screen.format == "csv":
        screen.csv([owed_json(one) for one in found.owed])
    else:
        lists.desk_page(screen, found, names, agency, context.now)
