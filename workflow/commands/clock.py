"""`extend` and `waive`: control of a duty's time, as far as the rules allow it."""

from __future__ import annotations

import click

from states.commands import Extend, Waive
from states.worktime import Duration
from workflow.commands.acts import ON, SIGNED, VERSION, Typed, act_options, begin, signed, submit
from workflow.commands.asking import need
from workflow.commands.completion import cases, duties
from workflow.commands.context import Context
from workflow.commands.group import command
from workflow.commands.parse import duty_ref
from workflow.errors import UsageError
from workflow.render.language import N_, _


@command(
    "extend",
    help=N_("Give a duty more time, where the rules allow it. A reason is required."),
    example='phoihop extend VV-7 du-thao --for 3wd --as btg --reason "Chờ ý kiến của Sở"',
)
@click.argument("case", required=False, metavar=N_("CASE"), shell_complete=cases)
@click.argument("duty", required=False, metavar=N_("DUTY"), shell_complete=duties)
@click.option("--for", "time", metavar=N_("LENGTH"), help=N_("how much: 3wd working days, 4wh office hours, 2d, 6h"))
@act_options(ON, SIGNED, VERSION)
def command_extend(
    context: Context,
    case: str | None,
    duty: str | None,
    time: str | None,
    act: Typed,
) -> None:
    with begin(context, case) as (engine, office, found, border):
        wanted = Extend(
            duty=duty_ref(need(context, "DUTY", duty, _("which duty")), office, border.process),
            time=_length(need(context, "--for", time, _("how much (3wd, 4wh, 2d, 6h)"))),
            by=context.agency(office.agencies),
            **signed(context, act, border, found),
        )
        submit(context, engine, office, found, wanted, act)


@command(
    "waive",
    help=N_("Let a duty go, where the rules allow it. A reason is required."),
    example='phoihop waive VV-7 xac-nhan@tand --as btg --reason "Không thuộc thẩm quyền"',
)
@click.argument("case", required=False, metavar=N_("CASE"), shell_complete=cases)
@click.argument("duty", required=False, metavar=N_("DUTY"), shell_complete=duties)
@act_options(ON, SIGNED, VERSION)
def command_waive(
    context: Context,
    case: str | None,
    duty: str | None,
    act: Typed,
) -> None:
    with begin(context, case) as (engine, office, found, border):
        wanted = Waive(
            duty=duty_ref(need(context, "DUTY", duty, _("which duty")), office, border.process),
            by=context.agency(office.agencies),
            **signed(context, act, border, found),
        )
        submit(context, engine, office, found, wanted, act)


def _length(given: str) -> Duration:
    try:
        return Duration.parse(given)
    except ValueError:
        raise UsageError(N_("{given} is no length of time"), N_("write 3wd, 4wh, 2d or 6h"), given=given) from None
