"""`phoihop agency ...`: the register of agencies, for the administrator."""

from __future__ import annotations

from datetime import date

import click

from states.agencies import exists
from states.ruleset import Agency
from workflow import register, rulebook
from workflow.commands.completion import agencies
from workflow.commands.context import Context
from workflow.commands.group import LazyGroup, command
from workflow.commands.parse import agency_code, day, text
from workflow.engine import Engine
from workflow.pointers import changing
from workflow.render.json import agency_json, entry_json
from workflow.render.language import N_, _
from workflow.render.register import agency_columns, agency_page, agency_rows, changed_line

FROM = click.option("--from", "first", metavar=N_("DATE"), help=N_("the first day on which it holds (else today)"))
REASON = click.option("--reason", metavar=N_("TEXT"), help=N_("why: the decision's number and date"))
NAME = click.option("--name", metavar=N_("TEXT"), help=N_("its name in Vietnamese"))
NAME_EN = click.option("--name-en", metavar=N_("TEXT"), help=N_("its name in English"))


@click.command(
    "agency",
    cls=LazyGroup,
    table={
        name: f"workflow.commands.agency:command_{name}" for name in ("list", "show", "add", "rename", "merge", "end")
    },
    page=(
        ("list, show", N_("the agencies of a day; one with its names and changes")),
        ("add, rename", N_("enter an agency; give it a new name from a day on")),
        ("merge, end", N_("let another take its place; end it")),
    ),
    help=N_("The register of agencies: nothing is removed, every change has its day and its reason."),
    example="phoihop agency list",
)
def command_agency() -> None:
    pass


@command("list", help=N_("The agencies that exist now, or on a day."), example="phoihop agency list --on 1/7/2025")
@click.option("--on", "on", metavar=N_("DATE"), help=N_("as the register stands for that day"))
@click.option("--all", "every", is_flag=True, help=N_("those that have ended or are yet to come, too"))
def command_list(context: Context, on: str | None, every: bool) -> None:
    office = context.engine().office()
    names = context.speak(office)
    today = _day(context, "--on", on)
    found = [agency for agency in office.agencies.values() if every or exists(agency, today)]
    names.day = today
    rows = agency_rows(found, names)
    context.screen.listing(
        agency_columns(), rows, [agency_json(agency, today) for agency in found], _("There is none.")
    )


@command("show", help=N_("One agency: its names, its dates, every change."), example="phoihop agency show btg")
@click.argument("code", required=True, metavar=N_("AGENCY"), shell_complete=agencies)
def command_show(context: Context, code: str) -> None:
    engine, screen = context.engine(), context.screen
    office = engine.office()
    names = context.speak(office)
    agency = office.agencies[agency_code(code, office.agencies)]
    with engine.database.reading() as connection:
        entries = register.log(connection, agency.code)
    record = agency_json(agency, office.clock.local_date(context.now))
    record["changes"] = [entry_json(entry) for entry in entries]
    if screen.format in ("json", "csv"):
        screen.json(record) if screen.format == "json" else screen.csv([record])
    else:
        agency_page(screen, agency, entries, names)


@command(
    "add",
    help=N_("Enter an agency under a code that was never used."),
    example=(
        'phoihop agency add btgdv --name "Ban Tuyên giáo và Dân vận Tỉnh uỷ" --from 1/7/2025 \\\n'
        '    --leader-rank "Phó Trưởng ban" --reason "Quyết định 01-QĐ/TU ngày 20/6/2025"'
    ),
)
@click.argument("code", required=True, metavar=N_("CODE"))
@NAME
@NAME_EN
@FROM
@click.option("--parent", metavar=N_("AGENCY"), shell_complete=agencies, help=N_("the agency above it"))
@click.option("--level", metavar=N_("TEXT"), help=N_("its level, in one word: province, district, commune"))
@click.option("--signatory", is_flag=True, help=N_("it signs the yearly programme"))
@click.option("--body", is_flag=True, help=N_("it directs, and is never called late; it sees all cases"))
@click.option("--sees-all", is_flag=True, help=N_("it sees all cases"))
@click.option("--leader-rank", metavar=N_("TEXT"), help=N_("the rank its leader in charge must have"))
@click.option(
    "--focal-point", "units", multiple=True, metavar=N_("TEXT"), help=N_("its standing unit, first contact first")
)
@REASON
def command_add(
    context: Context,
    code: str,
    name: str | None,
    name_en: str | None,
    first: str | None,
    parent: str | None,
    level: str | None,
    signatory: bool,
    body: bool,
    sees_all: bool,
    leader_rank: str | None,
    units: tuple[str, ...],
    reason: str | None,
) -> None:
    engine, known = known_agencies(context)
    agency = Agency(
        code=text("CODE", code, 40),
        name=_name(name, name_en),
        parent=agency_code(parent, known) if parent is not None else None,
        level=text("--level", level, 40) if level is not None else "",
        signatory=signatory,
        body=body,
        sees_all=sees_all,
        leader_rank={"vi": text("--leader-rank", leader_rank, 100)} if leader_rank is not None else {},
        focal_points=tuple(text("--focal-point", unit, 200) for unit in units),
        since=_day(context, "--from", first),
    )
    why = context.why(reason)
    with changing(engine.database, why.at) as connection:
        register.add(connection, agency, why)
    _changed(context, agency)


@command(
    "rename",
    help=N_("Give an agency a new name from a day on; what happened before keeps the old one."),
    example='phoihop agency rename so_xd --name "Sở Xây dựng và Giao thông" --from 1/3/2025 --reason "..."',
)
@click.argument("code", required=True, metavar=N_("AGENCY"), shell_complete=agencies)
@NAME
@NAME_EN
@FROM
@REASON
def command_rename(
    context: Context, code: str, name: str | None, name_en: str | None, first: str | None, reason: str | None
) -> None:
    engine, known = known_agencies(context)
    found = agency_code(code, known)
    called, begins, why = _name(name, name_en), _day(context, "--from", first), context.why(reason)
    with changing(engine.database, why.at) as connection:
        agency = register.rename(connection, found, called, begins, why)
    _changed(context, agency)


@command(
    "merge",
    help=N_("Let another agency take the place of one, in every open case, from a day on."),
    example='phoihop agency merge btg --into btgdv --from 1/7/2025 --reason "Quyết định 01-QĐ/TU ngày 20/6/2025"',
)
@click.argument("code", required=True, metavar=N_("AGENCY"), shell_complete=agencies)
@click.option("--into", required=True, metavar=N_("AGENCY"), shell_complete=agencies, help=N_("who takes its place"))
@FROM
@REASON
def command_merge(context: Context, code: str, into: str, first: str | None, reason: str | None) -> None:
    _end(context, code, first, reason, into)


@command(
    "end",
    help=N_("End an agency: nobody acts for it any more. Where another takes its place, see merge."),
    example='phoihop agency end huyen_thach_an --from 1/7/2025 --reason "Nghị quyết 202/2025/QH15"',
)
@click.argument("code", required=True, metavar=N_("AGENCY"), shell_complete=agencies)
@FROM
@REASON
def command_end(context: Context, code: str, first: str | None, reason: str | None) -> None:
    _end(context, code, first, reason, None)


def _end(context: Context, code: str, first: str | None, reason: str | None, into: str | None) -> None:
    engine, known = known_agencies(context)
    found, successor = agency_code(code, known), agency_code(into, known) if into is not None else None
    last, why = _day(context, "--from", first), context.why(reason)
    with changing(engine.database, why.at) as connection:
        agency = register.end(connection, found, last, successor, why)
    _changed(context, agency)


def known_agencies(context: Context) -> tuple[Engine, dict[str, Agency]]:
    """The engine, and the agencies in whose words refusals are told."""
    engine = context.engine()
    office = engine.office()
    context.speak(office)
    return engine, office.agencies


def _changed(context: Context, agency: Agency) -> None:
    """What a change made of the agency."""
    engine, screen = context.engine(), context.screen
    with engine.database.reading() as connection:
        office = rulebook.office(connection)
        entry = register.log(connection, agency.code)[-1]
    names = context.speak(office)
    record = agency_json(agency, office.clock.local_date(context.now))
    if screen.format in ("json", "csv"):
        screen.json(record) if screen.format == "json" else screen.csv([record])
    else:
        screen.line(f"{agency.code}: {changed_line(entry, names)}", "bold")


def _day(context: Context, option: str, given: str | None) -> date:
    clock = context.engine().office().clock
    return day(option, given, context.now, clock.zone) if given is not None else clock.local_date(context.now)


def _name(vi: str | None, en: str | None) -> dict[str, str]:
    given = {"vi": ("--name", vi), "en": ("--name-en", en)}
    found = {language: text(option, name, 200) for language, (option, name) in given.items() if name is not None}
    if not found:
        raise click.MissingParameter(param_hint="--name", param_type="option")
    return found
