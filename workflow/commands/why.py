"""`phoihop why CASE [DUTY]`: one sentence on who is late and why, then day by day."""

from __future__ import annotations

from collections.abc import Sequence

import click

from states.why import Account, accounts
from workflow.commands.acts import begin
from workflow.commands.completion import cases, duties
from workflow.commands.context import Context
from workflow.commands.group import command
from workflow.commands.parse import duty_ref
from workflow.errors import NotFound
from workflow.render.language import N_, _
from workflow.render.lists import without_agency
from workflow.render.said import Said
from workflow.render.why import why_json, why_page


@command(
    "why",
    help=N_(
        "Who is late and why: one sentence for every duty that is open or was late. With DUTY: how its due date came"
        " about, then day by day, counted again from the record."
    ),
    example="phoihop why VV-7 xac-nhan@so_xd",
)
@click.argument("case", required=False, metavar=N_("CASE"), shell_complete=cases)
@click.argument("duty", required=False, metavar=N_("[DUTY]"), shell_complete=duties)
def command_why(context: Context, case: str | None, duty: str | None) -> None:
    engine, office, found, border = begin(context, case)
    screen, names = context.screen, context.names
    assert names is not None
    if found.final:
        names = names.at(found.entered_at)
    events = engine.history(found.case)[1]
    clocks = engine.calendars(event.calendar for event in events)
    every = accounts(events, clocks)
    if duty is not None:
        wanted = _meant(found.case, duty_ref(duty, office, border.process), list(every.values()))
    else:
        wanted = [one for one in every.values() if one.duty.alive or one.duty.late_by]
    said = [Said(office, names, one, clocks, context.now) for one in wanted]
    if screen.format in ("json", "csv"):
        screen.listing([], [], [why_json(one) for one in said])
    elif duty is None:
        screen.line(f"{found.case}  {found.title}", "bold")
        screen.items((f"{without_agency(names, one.account.duty)}: {one.sentence()}", "") for one in said)
        if not said:
            screen.line(_("Nothing is owed now, and nothing was late."))
    else:
        for number, one in enumerate(said):
            if number:
                screen.line()
            why_page(screen, one)


def _meant(case: str, ref: str, every: Sequence[Account]) -> list[Account]:
    """The accounts of the duties that `ref` means. Raises `NotFound`."""
    found = [one for one in every if one.duty.id == ref] or [one for one in every if one.duty.is_called(ref)]
    if not found:
        raise NotFound(
            N_("this case never had the duty {duty}"), N_("see which: phoihop history {case}"), duty=ref, case=case
        )
    return found
