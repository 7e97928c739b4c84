"""`extend`, `waive`, `suspend`, `resume`: control of time, as far as the rules allow; `nudge`: a reminder by hand."""

from __future__ import annotations

from typing import get_args

import click

from states.case import Channel
from states.commands import Extend, Nudge, Resume, Suspend, Waive
from states.worktime import Duration
from workflow.commands.acts import ON, SIGNED, VERSION, Typed, act_options, begin, noted, signed, submit
from workflow.commands.asking import need
from workflow.commands.completion import cases, duties
from workflow.commands.context import Context
from workflow.commands.group import command
from workflow.commands.parse import day, duty_ref, pick
from workflow.errors import UsageError
from workflow.render.language import N_, _

CHANNELS: dict[str, tuple[str, ...]] = {"phone": ("dien-thoai",), "letter": ("cong-van", "van-ban")}
assert set(CHANNELS) == set(get_args(Channel))


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
    engine, office, found, border = begin(context, case)
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
    engine, office, found, border = begin(context, case)
    wanted = Waive(
        duty=duty_ref(need(context, "DUTY", duty, _("which duty")), office, border.process),
        by=context.agency(office.agencies),
        **signed(context, act, border, found),
    )
    submit(context, engine, office, found, wanted, act)


@command(
    "suspend",
    help=N_(
        "Stop the clock of a case until a day of review, where the rules allow it. Open duties keep the time they had"
        " left; given dates run on. A reason is required."
    ),
    example='phoihop suspend VV-7 --until 30/4 --as btg --reason "Chờ kết luận thanh tra"',
)
@click.argument("case", required=False, metavar=N_("CASE"), shell_complete=cases)
@click.option("--until", metavar=N_("DATE"), help=N_("the day on which the suspension is reviewed"))
@act_options(SIGNED, VERSION)
def command_suspend(context: Context, case: str | None, until: str | None, act: Typed) -> None:
    engine, office, found, border = begin(context, case)
    typed = need(context, "--until", until, _("until which day"))
    wanted = Suspend(
        until=day("--until", typed, context.now, office.clock.zone).isoformat(),
        by=context.agency(office.agencies),
        **signed(context, act, border, found),
    )
    submit(context, engine, office, found, wanted, act)


@command(
    "resume",
    help=N_("Let the clock of a suspended case run again: its duties have the time they had left."),
    example="phoihop resume VV-7 --as btg",
)
@click.argument("case", required=False, metavar=N_("CASE"), shell_complete=cases)
@act_options(SIGNED, VERSION)
def command_resume(context: Context, case: str | None, act: Typed) -> None:
    engine, office, found, border = begin(context, case)
    wanted = Resume(by=context.agency(office.agencies), **noted(context, act, border, found))
    submit(context, engine, office, found, wanted, act)


@command(
    "nudge",
    help=N_(
        "Remind whoever owes a duty, and say so in the record (đôn đốc). No clock changes; the debtor gets a notice."
    ),
    example="phoihop nudge VV-7 xac-nhan@tand --by phone --as btg",
)
@click.argument("case", required=False, metavar=N_("CASE"), shell_complete=cases)
@click.argument("duty", required=False, metavar=N_("DUTY"), shell_complete=duties)
@click.option("--by", "channel", metavar="phone|letter", help=N_("how: by phone, or by letter"))
@act_options(ON, SIGNED, VERSION)
def command_nudge(
    context: Context,
    case: str | None,
    duty: str | None,
    channel: str | None,
    act: Typed,
) -> None:
    engine, office, found, border = begin(context, case)
    wanted = Nudge(
        duty=duty_ref(need(context, "DUTY", duty, _("which duty")), office, border.process),
        channel=pick(channel, CHANNELS, N_("there is no way {given} to remind")) if channel else None,  # type: ignore[arg-type]  # one of CHANNELS
        by=context.agency(office.agencies),
        **noted(context, act, border, found),
    )
    submit(context, engine, office, found, wanted, act)


def _length(given: str) -> Duration:
    try:
        return Duration.parse(given)
    except ValueError:
        raise UsageError(N_("{given} is no length of time"), N_("write 3wd, 4wh, 2d or 6h"), given=given) from None
