"""`phoihop show CASE`: one card that ends in the next commands, ready to paste."""

from __future__ import annotations

import click

from workflow.attachments import listed
from workflow.commands.acts import begin
from workflow.commands.completion import cases
from workflow.commands.context import Context
from workflow.commands.group import command
from workflow.commands.parse import agency_code
from workflow.record import anchor
from workflow.render.card import card
from workflow.render.json import case_json
from workflow.render.language import N_, _


@command(
    "show",
    help=N_("A case on one card, with what to type next. --as says for which agency."),
    example="phoihop show VV-7 --as btg",
)
@click.argument("case", required=False, metavar=N_("CASE"), shell_complete=cases)
def command_show(context: Context, case: str | None) -> None:
    engine, office, found, __ = begin(context, case)
    screen, names = context.screen, context.names
    assert names is not None
    if found.final:  # nothing more will happen in it: its agencies keep the names they had
        names = names.at(found.entered_at)
    agency = agency_code(context.by, office.agencies) if context.by is not None else None
    record = case_json(office, found, context.now)
    if screen.format == "json":
        screen.json(record)
    elif screen.format == "csv":
        screen.csv([record])
    else:
        chain = engine.record(found.case)
        history = [event for event, _head in chain]
        acts = [] if engine.practice else [event for event in history if event.by]
        last = acts[-1] if acts else None
        card(screen, office, found, names, context.now, agency, context.repeat, listed(history), last)
        screen.line()
        screen.line(_("Anchor, to be kept elsewhere:"))
        screen.copy("  " + anchor(found.case, history[-1].version, chain[-1][1]))
