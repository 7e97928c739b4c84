"""`extend` and `waive`: control of a duty's time, as far as the rules allow it."""

from __future__ import annotations

import click

from states.commands import Extend, Waive
from states.worktime import Duration
from workflow.commands.acts import answer, begin, request_option
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
@click.option("--reason", metavar=N_("TEXT"), help=N_("why"))
@click.option("--document", metavar=N_("NUMBER:DATE"), help=N_("the document that carries the act"))
@click.option("--dated", metavar=N_("DATE"), help=N_("its date, where --document gives the number alone"))
@click.option("--if-version", type=int, metavar=N_("VERSION"), help=N_("only if the case is still at this version"))
@request_option
def command_extend(
    context: Context,
    case: str | None,
    duty: str | None,
    time: str | None,
    reason: str | None,
    document: str | None,
    dated: str | None,
    if_version: int | None,
    request_id: str | None,
) -> None:
    with begin(context, case) as (engine, office, found, border):
        wanted = Extend(
            duty=duty_ref(need(context, "DUTY", duty, _("which duty")), office, border.process),
            time=_length(need(context, "--for", time, _("how much (3wd, 4wh, 2d, 6h)"))),
            by=context.agency(office.agencies),
            reason=border.text("--reason", need(context, "--reason", reason, _("reason"))),
            document=border.document(document, dated),
            request=context.request(request_id),
        )
        outcome = engine.submit(found.case, wanted, context.now, if_version)
        answer(context, office, outcome)


@command(
    "waive",
    help=N_("Let a duty go, where the rules allow it. A reason is required."),
    example='phoihop waive VV-7 xac-nhan@tand --as btg --reason "Không thuộc thẩm quyền"',
)
@click.argument("case", required=False, metavar=N_("CASE"), shell_complete=cases)
@click.argument("duty", required=False, metavar=N_("DUTY"), shell_complete=duties)
@click.option("--reason", metavar=N_("TEXT"), help=N_("why"))
@click.option("--document", metavar=N_("NUMBER:DATE"), help=N_("the document that carries the act"))
@click.option("--dated", metavar=N_("DATE"), help=N_("its date, where --document gives the number alone"))
@click.option("--if-version", type=int, metavar=N_("VERSION"), help=N_("only if the case is still at this version"))
@request_option
def command_waive(
    context: Context,
    case: str | None,
    duty: str | None,
    reason: str | None,
    document: str | None,
    dated: str | None,
    if_version: int | None,
    request_id: str | None,
) -> None:
    with begin(context, case) as (engine, office, found, border):
        wanted = Waive(
            duty=duty_ref(need(context, "DUTY", duty, _("which duty")), office, border.process),
            by=context.agency(office.agencies),
            reason=border.text("--reason", need(context, "--reason", reason, _("reason"))),
            document=border.document(document, dated),
            request=context.request(request_id),
        )
        outcome = engine.submit(found.case, wanted, context.now, if_version)
        answer(context, office, outcome)


def _length(given: str) -> Duration:
    try:
        return Duration.parse(given)
    except ValueError:
        raise UsageError(N_("{given} is no length of time"), N_("write 3wd, 4wh, 2d or 6h"), given=given) from None
