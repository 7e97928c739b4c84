"""`phoihop advance CASE [TRIGGER]`: what an agency does; without TRIGGER, what it can do and why not the rest."""

from __future__ import annotations

import shlex

import click

from states.commands import Advance, Outcome
from states.errors import Refused
from states.options import options
from workflow.commands.acts import FIELDS, ON, SIGNED, VERSION, Typed, act_options, answer, begin
from workflow.commands.asking import complete
from workflow.commands.completion import cases, duties, triggers
from workflow.commands.context import Context
from workflow.commands.group import command
from workflow.commands.parse import duty_ref, trigger_name
from workflow.render.card import options_table
from workflow.render.json import option_json
from workflow.render.language import N_
from workflow.render.steps import arguments


@command(
    "advance",
    help=N_(
        "Fire TRIGGER on CASE for the agency --as. Without TRIGGER: what it can do now, and why not the rest."
        " Fields of the process are options too: --urgent, --question TEXT."
    ),
    example=(
        "phoihop advance VV-7 --as btg\n"
        "phoihop advance VV-7 thong-bao --as btg --with partner=tand --with partner=vksnd\n"
        "phoihop advance VV-7 gui-ke-hoach --as btg --document 12/KH-BTG:6/5/2022 \\\n"
        '    --row measures "phase=before; agency=ubnd; by=20/5/2022; title=Gặp gỡ các hộ dân"'
    ),
    fields=True,
)
@click.argument("case", required=False, metavar=N_("CASE"), shell_complete=cases)
@click.argument("trigger", required=False, metavar=N_("[TRIGGER]"), shell_complete=triggers)
@act_options(FIELDS, ON, SIGNED, VERSION)
@click.option(
    "--duty", metavar=N_("DUTY"), shell_complete=duties, help=N_("which duty is meant, where several are open")
)
def command_advance(context: Context, case: str | None, trigger: str | None, duty: str | None, act: Typed) -> None:
    engine, office, found, border = begin(context, case)
    by = context.agency(office.agencies)
    names = context.names
    assert names is not None
    acting = office.acting(by, context.now)  # whoever took its place, where it has ended
    if trigger is None:
        listed = options(office, found, acting or by, context.now)
        if context.screen.format in ("json", "csv"):
            records = [option_json(option, names) for option in listed]
            context.screen.listing([], [], records)
        else:
            options_table(context.screen, office, found, names, listed, acting or by, context.now, context.repeat)
        return
    wanted = Advance(
        trigger=trigger_name(trigger, border.process),
        by=by,
        fields=border.fields(act.settings, context.words, act.row, act.rows),
        parties=border.parties(act.parties),
        **act.carried(border, found),
        request=context.request(act.request_id),
        duty=duty_ref(duty, office, border.process) if duty is not None else None,
    )

    def submit(command: Advance) -> Outcome:
        return engine.submit(found.case, command, context.now, act.if_version, act.bodies)

    if acting is not None:
        context.way_out = shlex.join(["phoihop", "advance", found.case, "--as", acting, *context.repeat])
    try:
        outcome = complete(context, border, wanted, submit)
    except Refused as refused:
        if more := arguments(names, refused.reasons):
            context.way_out = more
        raise
    answer(context, office, outcome)
