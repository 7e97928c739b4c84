"""`phoihop open PROCESS --title T`: opens a case and prints its number."""

from __future__ import annotations

import click

from states.commands import Open, Outcome
from states.errors import Refused
from states.opening import TITLE_LENGTH
from workflow.commands.acts import FIELDS, ON, SIGNED, Typed, act_options, answer
from workflow.commands.asking import complete, need
from workflow.commands.completion import processes
from workflow.commands.context import Context
from workflow.commands.group import command
from workflow.commands.parse import process_name, text
from workflow.commands.values import Border
from workflow.render.language import N_, _, current
from workflow.render.steps import arguments


@command(
    "open",
    help=N_(
        "Open a case of PROCESS for the agency --as, and print its number."
        " Fields of the process are options too: --area land, --urgent."
    ),
    example=(
        'phoihop open matter --as ubnd --title "Đất đai cho đường cao tốc Đồng Đăng - Trà Lĩnh" \\\n'
        "    --area land --document 45/BC-UBND:29/4/2022"
    ),
    fields=True,
)
@click.argument("process", required=False, metavar=N_("PROCESS"), shell_complete=processes)
@click.option("--title", metavar=N_("TEXT"), help=N_("what the case is about, never a person"))
@act_options(FIELDS, ON, SIGNED)
def command_open(context: Context, process: str | None, title: str | None, act: Typed) -> None:
    engine = context.engine()
    office = engine.office()
    kinds = ", ".join((current() == "vi" and one.alias) or name for name, one in office.ruleset.processes.items())
    typed = need(context, "PROCESS", process, _("process") + f" ({kinds})")
    name = process_name(typed, office.ruleset)
    names = context.speak(office, name)
    border = Border(office, office.ruleset.processes[name], context.now)
    wanted = Open(
        case="",
        process=name,
        title=text("--title", need(context, "--title", title, _("title")), TITLE_LENGTH),
        by=context.agency(office.agencies),
        fields=border.fields(act.settings, context.words, act.row, act.rows),
        parties=border.parties(act.parties),
        **act.carried(border),
        request=context.request(act.request_id),
    )

    def submit(command: Open) -> Outcome:
        return engine.open(command, context.now, act.bodies)

    try:
        outcome = complete(context, border, wanted, submit)
    except Refused as refused:
        refused.case = ""  # the number drawn for it was given back
        context.way_out = arguments(names, refused.reasons)
        raise
    answer(context, office, outcome)
