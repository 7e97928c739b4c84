"""`phoihop sweep`: one pass over what is due, for cron, a systemd timer, or by hand."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import click

from workflow.commands.context import Context
from workflow.commands.failures import FAILED, INTERNAL
from workflow.commands.group import command
from workflow.render.language import N_, _, ngettext
from workflow.render.screen import Failure, Screen
from workflow.render.story import details, headline
from workflow.render.words import Names
from workflow.sweep import SweepReport, Swept, sweep


@command(
    "sweep",
    help=N_("Let everything happen that is due: reminders, climbs, escalations. Exit 10 if a case failed."),
    example="phoihop sweep --dry-run",
)
@click.option("--dry-run", is_flag=True, help=N_("only say what would happen"))
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, metavar=N_("N"), help=N_("at most N duties"))
def command_sweep(context: Context, dry_run: bool, limit: int) -> int:
    engine, screen = context.engine(), context.screen
    names = context.speak(engine.office())
    report = sweep(engine, context.now, limit, dry_run=dry_run)
    seen = engine.seen({one.due.case for one in report.swept})
    failed = [case for case in report.failed if case in seen]  # the others are counted, and not named
    if screen.format in ("json", "csv"):
        record = {"due": report.due, "fired": report.fired, "stale": report.stale, "failed": failed}
        screen.json(record) if screen.format == "json" else screen.csv([record])
    else:
        tell(screen, [one for one in report.swept if one.due.case in seen], names)
        screen.line(_summary(report, failed, dry_run=dry_run), "bold red" if report.failed else "")
        if report.due == limit:
            screen.note(_("That was the limit: there may be more. Sweep again."))
    if not report.failed:
        return 0
    message = _("failed: {cases}").format(cases=", ".join(failed) or len(report.failed))
    screen.error(Failure(INTERNAL, FAILED, message, hint=shlex.join(["phoihop", "stuck", *context.repeat])))
    return INTERNAL


def tell(screen: Screen, swept: Sequence[Swept], names: Names) -> None:
    """What fired, case by case, and what failed."""
    for one in swept:
        of = names.of(one.process) if one.process else names
        for event in one.events:
            screen.line(f"{one.due.case}: {headline(of, event)}", "bold")
            screen.items((text, "") for text in details(of, event))
        if one.error:
            screen.line(f"{one.due.case}: {one.due.duty}: {one.error}", "bold red")


def _summary(report: SweepReport, failed: Sequence[str], *, dry_run: bool) -> str:
    if not report.due:
        return _("Nothing is due.")
    due = ngettext("{count} duty due", "{count} duties due", report.due).format(count=report.due)
    fired = _("{count} would fire") if dry_run else _("{count} fired")
    said = f"{due}, {fired.format(count=report.fired)}"
    if report.stale:
        said += ", " + _("{count} had moved on").format(count=report.stale)
    if report.failed:
        said += ", " + _("failed: {cases}").format(cases=", ".join(failed) or len(report.failed))
    return said + "."
