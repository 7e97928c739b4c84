"""`phoihop calendar ...`: the working calendar that is in force, and publishing a newer one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from states.calendar import Calendar, Difference, differences
from states.errors import Reason, Refused
from states.worktime import WorkTime
from workflow import amending
from workflow.amending import Brought, InForce, Preview
from workflow.commands.asking import ask
from workflow.commands.context import Context
from workflow.commands.failures import FAILED, INTERNAL
from workflow.commands.group import LazyGroup, command
from workflow.commands.parse import text
from workflow.engine import Engine
from workflow.errors import UsageError
from workflow.register import Why
from workflow.render import calendar as render
from workflow.render.language import N_, _, ngettext
from workflow.render.screen import Failure

MOST_NAMED = 10  # cases named in one sentence


@click.command(
    "calendar",
    cls=LazyGroup,
    table={
        "show": "workflow.commands.calendar:command_show",
        "load": "workflow.commands.calendar:command_load",
    },
    page=(
        ("show", N_("days off and worked, office hours, what is provisional")),
        ("load", N_("publish a newer one, after showing what it moves")),
    ),
    help=N_("The working calendar: due dates are counted over it, and move only when it is amended."),
    example="phoihop calendar show --year 2026",
)
def command_calendar() -> None:
    pass


@command(
    "show",
    help=N_("The calendar in force: office hours, days off and worked with their legal acts, provisional years."),
    example="phoihop calendar show --year 2027",
)
@click.option("--year", type=click.IntRange(1900, 9999), metavar=N_("YEAR"), help=N_("the days of this year"))
def command_show(context: Context, year: int | None) -> None:
    engine, screen = context.engine(), context.screen
    office = engine.office()
    names, found = context.speak(office), amending.in_force(engine)
    if screen.format == "json":
        screen.json(render.calendar_json(found, office.clock, year))
    elif screen.format == "csv":
        screen.csv(render.calendar_json(found, office.clock, year)["days"])
    else:
        render.calendar_page(screen, found, office.clock, year or office.clock.year_of(context.now), names)


@command(
    "load",
    help=N_(
        "Publish a newer calendar. First every open due date that moves is shown; without a terminal --yes must say"
        " that it may. Stopped half-way, the same command goes on."
    ),
    example="phoihop calendar load vn.yaml --dry-run",
)
@click.argument("file", required=True, metavar=N_("FILE"))
@click.option("--dry-run", is_flag=True, help=N_("only show what would move"))
@click.option("--yes", is_flag=True, help=N_("do it without asking"))
def command_load(context: Context, file: str, dry_run: bool, yes: bool) -> int:
    from workflow.setup import read_calendar

    engine = context.engine()
    assert engine.who is not None, "a run begins with who is at work"
    engine.who.must_administer(N_("only an administrator may publish a calendar"))
    source, calendar = read_calendar(Path(text("FILE", file)))
    context.speak(engine.office())
    clock, digest, old = WorkTime(calendar), hashlib.sha256(source).hexdigest(), amending.in_force(engine)
    _must_cover_today(context, clock)
    if digest == old.digest and not old.behind:
        return _in_force_already(context, digest)
    changed = differences(old.calendar, calendar)
    found = _previewed(context, engine, clock, digest)
    _show(context, old, calendar, changed, found)
    brought: list[Brought] = []
    if not dry_run:
        _must_agree(context, yes)
        why = Why(officer=engine.who.login, at=context.look(), reason=_acts(changed) or Path(file).name)
        amending.publish(engine, source, engine.office().ruleset.calendar, calendar, why.at, why)
        brought = _bring(context, engine, engine.who.login)
    return _answer(context, digest, changed, found, brought, published=not dry_run)


def _must_cover_today(context: Context, clock: WorkTime) -> None:
    if not clock.first <= clock.local_date(context.now) <= clock.last:
        raise UsageError(
            N_("this calendar runs from {first} to {last}: today is not in it"), first=clock.first, last=clock.last
        )


def _previewed(context: Context, engine: Engine, clock: WorkTime, digest: str) -> Preview:
    """What would move. Raises `Refused` for a calendar that ends before a due date."""
    looked = amending.preview(engine, clock, digest, context.now)
    found = amending.gathered(context.screen.progress(looked, amending.how_many(engine), _("Open cases")))
    if found.beyond:
        cases = ", ".join(found.beyond[:MOST_NAMED]) + (", ..." if len(found.beyond) > MOST_NAMED else "")
        text = N_("due dates would fall outside the years the calendar covers, in {cases}")
        reason = Reason(code="beyond_calendar", text=text, values={"cases": cases})
        raise Refused(found.beyond[0], "calendar", (reason,))
    return found


def _show(context: Context, old: InForce, calendar: Calendar, changed: Sequence[Difference], found: Preview) -> None:
    screen = context.screen
    if screen.format in ("json", "csv"):
        return
    names = context.names
    assert names is not None
    if old.behind:
        screen.line(render.behind_line(), "bold red")
    render.changes_page(screen, changed, old.calendar, calendar)
    screen.line()
    render.moves_page(screen, found.moves, names)
    if found.unknown:
        text = ngettext(
            "{count} due date stays: its record does not say how it was counted.",
            "{count} due dates stay: their record does not say how they were counted.",
            found.unknown,
        )
        screen.line(text.format(count=found.unknown))
    if found.broken:
        screen.line(_("cannot be read: {cases}").format(cases=", ".join(found.broken)), "bold red")


def _must_agree(context: Context, yes: bool) -> None:
    """On a terminal the answer decides; without one, only --yes. Raises `UsageError`, or interrupts the run."""
    if yes:
        return
    if not context.screen.asks:
        raise UsageError(
            N_("this publishes a calendar and moves due dates: say --yes"), N_("see what moves: --dry-run")
        )
    if ask(context, _("Publish it? (yes/no)")).lower() not in ("y", "yes", "c", "co", "có"):
        raise click.Abort
    context.asked.append("--yes")


def _bring(context: Context, engine: Engine, officer: str) -> list[Brought]:
    bringing = amending.bring(engine, officer, context.look)
    return list(context.screen.progress(bringing, amending.how_many(engine), _("Open cases")))


def _acts(changed: Sequence[Difference]) -> str:
    """The legal acts behind what changes, each once."""
    acts = dict.fromkeys(one.after.act for one in changed if one.after is not None)
    return "; ".join(acts)[:500]


def _in_force_already(context: Context, digest: str) -> int:
    screen = context.screen
    if screen.format in ("json", "csv"):
        return _answer(context, digest, [], Preview(), [], published=True)
    screen.line(_("This calendar is in force already, and every open case is counted over it."))
    return 0


def _answer(
    context: Context,
    digest: str,
    changed: Sequence[Difference],
    found: Preview,
    brought: Sequence[Brought],
    *,
    published: bool,
) -> int:
    screen = context.screen
    failed = [one for one in brought if one.error]
    if screen.format == "csv":
        screen.csv([render.move_json(move) for move in found.moves])
    elif screen.format == "json":
        record: dict[str, Any] = {
            "digest": digest,
            "published": published,
            "days": [render.difference_json(one) for one in changed],
            "moves": [render.move_json(move) for move in found.moves],
            "amended": [one.case for one in brought if one.duties],
            "failed": [one.case for one in failed],
        }
        screen.json(record)
    elif published:
        screen.line()
        screen.line(_("Published: SHA-256 {digest}").format(digest=digest))
        screen.line(render.brought_line(brought))
        assert context.names is not None
        for one in failed:
            screen.line(f"{one.case}: {context.names.error(one.error)}", "bold red")
    else:
        screen.note(_("Nothing was changed."))
    if not failed:
        return 0
    count = len(failed)
    message = ngettext("{count} case could not be amended", "{count} cases could not be amended", count)
    screen.error(Failure(INTERNAL, FAILED, message.format(count=count), hint=_("load it again once they are mended")))
    return INTERNAL
