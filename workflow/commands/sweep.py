"""`phoihop sweep`: one pass over what is due, for cron, a systemd timer, or by hand."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import click

from workflow import heartbeat
from workflow.batch import Swept
from workflow.commands import parse
from workflow.commands.asking import ask
from workflow.commands.context import Context
from workflow.commands.failures import FAILED, INTERNAL
from workflow.commands.group import command
from workflow.engine import Engine
from workflow.errors import UsageError
from workflow.openings import Opened, open_due
from workflow.reasons import plain
from workflow.render.language import N_, _, ngettext
from workflow.render.screen import Failure, Screen
from workflow.render.story import details, headline
from workflow.render.words import Names
from workflow.sweep import BATCH, SweepReport, sweep
from workflow.text import slug

MOST_LISTED = 10_000


@command(
    "sweep",
    help=N_(
        "Let everything happen that is due: reminders, climbs, escalations, cases that open by themselves."
        " Exit 10 if a case failed."
    ),
    example="phoihop sweep --dry-run",
)
@click.option("--dry-run", is_flag=True, help=N_("only say what would happen"))
@click.option("--limit", type=click.IntRange(1, 10_000), default=BATCH, metavar=N_("N"), help=N_("at most N duties"))
@click.option(
    "--every", metavar=N_("TIME"), help=N_("how often this is run (30s, 5m, 1h): commands warn when it is not")
)
@click.option("--catch-up", is_flag=True, help=N_("after a long outage: list what would fire, and have it confirmed"))
@click.option("--yes", is_flag=True, help=N_("with --catch-up: it is confirmed"))
def command_sweep(context: Context, dry_run: bool, limit: int, every: str | None, catch_up: bool, yes: bool) -> int:
    context.warned = True
    rhythm = parse.every(every) if every is not None else None
    engine, screen = context.engine(), context.screen
    names = context.speak(engine.office())
    if catch_up and not dry_run and not _confirmed(context, engine, names, yes=yes):
        screen.line(_("Nothing was done."))
        return 0
    report = sweep(engine, context.now, limit, dry_run=dry_run, every=rhythm)
    opened = open_due(engine, context.look(), limit, dry_run=dry_run)
    seen = engine.seen({one.due.case for one in report.swept} | {one.case for one in opened})
    shown = [one for one in opened if one.case in seen or not one.case]
    failed = [case for case in report.failed if case in seen]  # the others are counted, and not named
    if screen.format in ("json", "csv"):
        record = {"due": report.due, "fired": report.fired, "stale": report.stale, "failed": failed}
        record["opened"] = [opening_json(one) for one in shown]
        screen.json(record) if screen.format == "json" else screen.csv([record])
    else:
        tell(screen, [one for one in report.swept if one.due.case in seen], names)
        tell_openings(screen, shown, names, dry_run=dry_run)
        bad = report.failed or any(one.error for one in opened)
        screen.line(_summary(report, failed, opened, dry_run=dry_run), "bold red" if bad else "")
        if report.more or len(opened) == limit:
            screen.note(_("That was the limit: there may be more. Sweep again."))
    unopened = [f"{one.process} {one.period}" for one in opened if one.error]
    if not report.failed and not unopened:
        return 0
    named = [*failed, *unopened]
    message = _("failed: {cases}").format(cases=", ".join(named) or len(report.failed))
    look = "stuck" if report.failed else "doctor"
    screen.error(Failure(INTERNAL, FAILED, message, hint=shlex.join(["phoihop", look, *context.repeat])))
    return INTERNAL


def _confirmed(context: Context, engine: Engine, names: Names, *, yes: bool) -> bool:
    """Whether somebody who has seen what would fire says that the clock is right; then everything may be written again.

    Raises `NotAllowed` for who does not see every case, `UsageError` where there is nobody to ask.
    """
    screen, now = context.screen, context.now
    assert engine.who is not None, "a run begins with who is at work"
    engine.who.must_see_all()
    if not yes and not screen.asks:
        raise UsageError(N_("somebody must confirm it"), N_("look with sweep --dry-run, then add --yes"))
    if screen.format not in ("json", "csv"):
        due = sweep(engine, now, MOST_LISTED, dry_run=True)
        opening = open_due(engine, now, MOST_LISTED, dry_run=True)
        tell(screen, due.swept, names)
        tell_openings(screen, opening, names, dry_run=True)
        screen.line(_("It is {instant}.").format(instant=names.moment(now)), "bold")
        screen.line(_summary(due, due.failed, opening, dry_run=True))
    if not yes and slug(ask(context, _("Is that right (yes or no)"))) not in ("yes", "y", "co", "c"):
        return False
    heartbeat.confirm(engine, context.look())
    return True


def tell(screen: Screen, swept: Sequence[Swept], names: Names) -> None:
    """What fired, case by case, and what failed."""
    for one in swept:
        of = names.of(one.process) if one.process else names
        for event in one.events:
            screen.line(f"{one.due.case}: {headline(of, event)}", "bold")
            screen.items((text, "") for text in details(of, event))
        if one.error:
            screen.line(f"{one.due.case}: {one.due.duty}: {of.error(one.error)}", "bold red")


def tell_openings(screen: Screen, opened: Sequence[Opened], names: Names, *, dry_run: bool) -> None:
    """Which cases were opened by themselves, and which could not be."""
    for one in opened:
        of = names.of(one.process)
        if one.error:
            screen.line(f"{one.process} {one.period}: {of.error(one.error)}", "bold red")
        for event in one.events:
            said = _("{title} would open").format(title=event.title) if dry_run else headline(of, event)
            screen.line(f"{one.case}: {said}" if one.case else said, "bold")
            screen.items((text, "") for text in details(of, event))


def opening_json(one: Opened) -> dict[str, str | None]:
    """One case that was opened by itself, or was to be."""
    return {"process": one.process, "period": one.period, "case": one.case or None, "error": plain(one.error) or None}


def _summary(report: SweepReport, failed: Sequence[str], opened: Sequence[Opened], *, dry_run: bool) -> str:
    said = []
    if report.due:
        fired = _("{count} would fire") if dry_run else _("{count} fired")
        said.append(ngettext("{count} duty due", "{count} duties due", report.due).format(count=report.due))
        said.append(fired.format(count=report.fired))
    if report.stale:
        said.append(_("{count} had moved on").format(count=report.stale))
    if report.failed:
        said.append(_("failed: {cases}").format(cases=", ".join(failed) or len(report.failed)))
    if born := sum(not one.error for one in opened):
        would = ngettext("{count} case would open", "{count} cases would open", born)
        did = ngettext("{count} case opened", "{count} cases opened", born)
        said.append((would if dry_run else did).format(count=born))
    return ", ".join(said) + "." if said else _("Nothing is due.")
