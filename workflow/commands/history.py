"""`phoihop history CASE`: every event, in order: who did what and when, and what that did to the duties."""

from __future__ import annotations

from datetime import datetime

import click

from workflow.commands.acts import begin
from workflow.commands.completion import cases
from workflow.commands.context import Context
from workflow.commands.group import command
from workflow.render.json import event_json
from workflow.render.language import N_
from workflow.render.story import afterwards, details, headline, set_back


@command("history", help=N_("Every event of a case, in order."), example="phoihop history VV-7 --format json")
@click.argument("case", required=False, metavar=N_("CASE"), shell_complete=cases)
def command_history(context: Context, case: str | None) -> None:
    engine, __, found, ___ = begin(context, case)
    screen, names = context.screen, context.names
    assert names is not None
    record = engine.record(found.case)
    if screen.format in ("json", "csv"):
        screen.listing([], [], [event_json(event, head) for event, head in record])
        return
    screen.line(f"{found.case}  {found.title}", "bold")
    mended = {event.corrects: event for event, _head in record if event.corrects}
    newest: datetime | None = None
    for event, _head in record:
        screen.line()
        screen.hang(f"{event.version:>3}  ", f"{names.moment(event.at)}  {headline(names, event)}")
        screen.items(
            (text, "")
            for text in [
                *details(names, event),
                *afterwards(mended.get(event.version)),
                *set_back(names, event, newest),
            ]
        )
        newest = max(newest or event.at, event.at)
