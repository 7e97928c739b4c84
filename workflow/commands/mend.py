"""`correct`, `undo`, `assign`, `link`, `erase`: the acts that mend mistakes. Nothing is edited."""

from __future__ import annotations

from typing import get_args

import click

from states.case import Link, Relation
from states.commands import Assign, Correct, Erase, Join, Undo
from states.record import OWN
from workflow.commands.acts import ON, SET, SIGNED, VERSION, Typed, act_options, begin, noted, signed, submit
from workflow.commands.asking import need
from workflow.commands.completion import cases
from workflow.commands.context import Context
from workflow.commands.group import command
from workflow.commands.parse import agency_code, capacity_name, field_name, pick, text
from workflow.errors import UsageError
from workflow.render.language import N_, _

RELATIONS: dict[str, tuple[str, ...]] = {
    "duplicate_of": ("trung-voi",),
    "follows": ("tiep-theo",),
    "part_of": ("thuoc",),
}
assert set(RELATIONS) == set(get_args(Relation))
OWN_NAMES = {"title": ("trich-yeu",), "reason": ("ly-do",), "override": (), "files": ("tep",)}


@command(
    "correct",
    help=N_(
        "Record rightly what an event recorded wrongly: --set FIELD=VALUE, --on, --document. EVENT is its version."
        " A reason is required; duties are counted anew, states never change."
    ),
    example='phoihop correct VV-7 3 --document 18/CV-TAND:28/4/2022 --as tand --reason "Ghi nhầm số văn bản"',
)
@click.argument("case", required=False, metavar=N_("CASE"), shell_complete=cases)
@click.argument("event", required=False, type=int, metavar=N_("EVENT"))
@act_options(SET, ON, SIGNED, VERSION)
def command_correct(context: Context, case: str | None, event: int | None, act: Typed) -> None:
    engine, office, found, border = begin(context, case)
    if event is None:
        raise click.MissingParameter(param_hint=_("EVENT"), param_type="argument")
    carried = signed(context, act, border)
    wanted = Correct(
        version=event,
        by=context.agency(office.agencies),
        fields=border.fields(act.settings, (), (), ()),
        corrected_on=carried.pop("on"),
        **carried,
    )
    submit(context, engine, office, found, wanted, act)


@command(
    "undo",
    help=N_("Take back the last act of the agency --as, while nobody else has acted. A reason is required."),
    example='phoihop undo VV-7 --as btg --reason "Chọn nhầm thao tác"',
)
@click.argument("case", required=False, metavar=N_("CASE"), shell_complete=cases)
@act_options(SIGNED, VERSION)
def command_undo(context: Context, case: str | None, act: Typed) -> None:
    engine, office, found, border = begin(context, case)
    wanted = Undo(
        by=context.agency(office.agencies),
        **signed(context, act, border),
    )
    submit(context, engine, office, found, wanted, act)


@command(
    "assign",
    help=N_(
        "Put another agency in the place of one that was wrongly named. Its clock starts now; what the old one"
        " owed ends as mistaken, never as late. A reason is required."
    ),
    example='phoihop assign VV-7 partner=vksnd --instead-of tand --as btg --reason "Gửi nhầm cơ quan"',
)
@click.argument("case", required=False, metavar=N_("CASE"), shell_complete=cases)
@click.argument("party", required=False, metavar=N_("CAPACITY=AGENCY"))
@click.option("--instead-of", metavar=N_("AGENCY"), help=N_("which agency is replaced, where several are named"))
@act_options(SIGNED, VERSION)
def command_assign(context: Context, case: str | None, party: str | None, instead_of: str | None, act: Typed) -> None:
    engine, office, found, border = begin(context, case)
    typed = need(context, "CAPACITY=AGENCY", party, _("which agency (CAPACITY=AGENCY)"))
    capacity, equals, agency = typed.partition("=")
    if not equals:
        raise UsageError(N_("write CAPACITY=AGENCY, not {given}"), given=typed)
    wanted = Assign(
        capacity=capacity_name(capacity, border.process),
        agency=agency_code(agency, office.agencies),
        instead_of=agency_code(instead_of, office.agencies) if instead_of is not None else None,
        by=context.agency(office.agencies),
        **signed(context, act, border),
    )
    submit(context, engine, office, found, wanted, act)


@command(
    "link",
    help=N_(
        "Say how CASE is related to OTHER: duplicate_of, follows, part_of. Nothing follows of itself: a duplicate"
        " is then withdrawn."
    ),
    example="phoihop link VV-8 duplicate_of VV-7 --as btg",
)
@click.argument("case", required=False, metavar=N_("CASE"), shell_complete=cases)
@click.argument("relation", required=False, metavar=N_("RELATION"))
@click.argument("other", required=False, metavar=N_("OTHER"), shell_complete=cases)
@act_options(SIGNED, VERSION)
def command_link(context: Context, case: str | None, relation: str | None, other: str | None, act: Typed) -> None:
    engine, office, found, border = begin(context, case)
    typed = need(context, "RELATION", relation, _("relation") + f" ({', '.join(RELATIONS)})")
    kind = pick(typed, RELATIONS, N_("there is no relation {given}"))
    target = engine.number(text("OTHER", need(context, "OTHER", other, _("the other case"))), context.now)
    wanted = Join(
        link=Link(relation=kind, case=target),  # type: ignore[arg-type]  # one of RELATIONS
        by=context.agency(office.agencies),
        **noted(context, act, border),
    )
    submit(context, engine, office, found, wanted, act)


@command(
    "erase",
    help=N_(
        "Erase a text for ever, wherever the case holds it: a field, title, reason. Its hash stays, so that the"
        " record can still be verified. A reason is required."
    ),
    example='phoihop erase VV-7 title --as btg --reason "Có tên cá nhân"',
)
@click.argument("case", required=False, metavar=N_("CASE"), shell_complete=cases)
@click.argument("field", required=False, metavar=N_("FIELD"))
@act_options(SIGNED, VERSION)
def command_erase(context: Context, case: str | None, field: str | None, act: Typed) -> None:
    engine, office, found, border = begin(context, case)
    typed = need(context, "FIELD", field, _("which text (a field, title, reason)"))
    own = next((name for name, others in OWN_NAMES.items() if typed in (name, *others)), None)
    name = own or field_name(typed, border.process)
    wanted = Erase(
        field=name,
        by=context.agency(office.agencies),
        **signed(context, act, border),
    )
    submit(context, engine, office, found, wanted, act)


assert set(OWN) <= set(OWN_NAMES)
