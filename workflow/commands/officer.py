"""`phoihop officer ...`, and `phoihop away`: who acts for each agency, who is away, who is on duty."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from states.roster import Leave, Officer, Shift
from workflow import register, roster
from workflow.commands import sheet
from workflow.commands.agency import FROM, REASON, known_agencies
from workflow.commands.completion import agencies
from workflow.commands.context import Context
from workflow.commands.group import LazyGroup, command
from workflow.commands.parse import agency_code, day, text
from workflow.errors import UsageError
from workflow.pointers import changing
from workflow.render.json import officer_json
from workflow.render.language import N_, _
from workflow.render.register import changed_line, officer_columns, officer_rows

ROSTER = {"day": ("ngày",), "login": ("tài khoản",)}
"""The columns of a file, and how else they may be headed."""


@click.command(
    "officer",
    cls=LazyGroup,
    table={name: f"workflow.commands.officer:command_{name}" for name in ("list", "add", "end", "away", "roster")},
    page=(
        ("list", N_("the officers in office on a day")),
        ("add, end", N_("let an officer take office, or leave it")),
        ("away, roster", N_("record somebody's leave; who is on duty on a day off")),
    ),
    help=N_("The officers who act for the agencies: leaders in charge, focal points, deputies."),
    example="phoihop officer list",
)
def command_officer() -> None:
    pass


@command("list", help=N_("The officers in office now, or on a day."), example="phoihop officer list --agency btg")
@click.option("--agency", metavar=N_("AGENCY"), shell_complete=agencies, help=N_("of one agency"))
@click.option("--on", "on", metavar=N_("DATE"), help=N_("as the register stands for that day"))
@click.option("--all", "every", is_flag=True, help=N_("those who left or are yet to come, too"))
def command_list(context: Context, agency: str | None, on: str | None, every: bool) -> None:
    engine, known = known_agencies(context)
    assert context.names is not None
    today = _day(context, "--on", on)
    of = agency_code(agency, known) if agency is not None else None
    with engine.database.reading() as connection:
        found = roster.read(connection)
    listed = [one for one in found.officers if (every or one.serves(today)) and (of is None or one.agency == of)]
    listed.sort(key=lambda one: (one.agency or "", not one.leader, not one.first_contact, one.login))
    rows = officer_rows(listed, found, today, context.names)
    records = [officer_json(one, found, today) for one in listed]
    context.screen.listing(officer_columns(), rows, records, _("There is none."))


@command(
    "add",
    help=N_("Let an officer take office: the login under which they work, the name, the agency."),
    example=(
        'phoihop officer add ntlan --name "Nguyễn Thị Lan" --agency btg --focal-point \\\n'
        '    --reason "Quyết định 12/QĐ-BTG ngày 3/1/2022"'
    ),
)
@click.argument("login", required=True, metavar=N_("LOGIN"))
@click.option("--name", metavar=N_("TEXT"), help=N_("the name, as the office publishes it"))
@click.option("--agency", metavar=N_("AGENCY"), shell_complete=agencies, help=N_("for which agency they act"))
@FROM
@click.option("--leader", is_flag=True, help=N_("the one leader in charge"))
@click.option("--focal-point", is_flag=True, help=N_("one to turn to; the first of an agency is its first contact"))
@click.option("--first-contact", is_flag=True, help=N_("the one to turn to first"))
@click.option("--deputy", is_flag=True, help=N_("stands in for the leader"))
@click.option("--admin", is_flag=True, help=N_("may change the register"))
@click.option("--rank", metavar=N_("TEXT"), help=N_("the rank in office"))
@click.option("--email", metavar=N_("TEXT"), help=N_("the address of the office"))
@REASON
def command_add(
    context: Context,
    login: str,
    name: str | None,
    agency: str | None,
    first: str | None,
    leader: bool,
    focal_point: bool,
    first_contact: bool,
    deputy: bool,
    admin: bool,
    rank: str | None,
    email: str | None,
    reason: str | None,
) -> None:
    engine, known = known_agencies(context)
    if name is None:
        raise click.MissingParameter(param_hint="--name", param_type="option")
    officer = Officer(
        number=0,
        login=_login(login),
        name=text("--name", name, 100),
        agency=agency_code(agency, known) if agency is not None else None,
        since=_day(context, "--from", first),
        leader=leader,
        focal_point=focal_point or first_contact,
        first_contact=first_contact,
        deputy=deputy,
        admin=admin,
        rank=text("--rank", rank, 100) if rank is not None else "",
        email=text("--email", email, 200) if email is not None else "",
    )
    why = context.why(reason)
    with changing(engine.database, why.at) as connection:
        roster.add(connection, officer, why)
    _changed(context, officer.login)


@command(
    "end",
    help=N_("Let an officer leave office; what they did stays theirs."),
    example='phoihop officer end ntlan --from 1/3/2023 --reason "Quyết định 4/QĐ-BTG ngày 20/2/2023"',
)
@click.argument("login", required=True, metavar=N_("LOGIN"))
@FROM
@REASON
def command_end(context: Context, login: str, first: str | None, reason: str | None) -> None:
    engine, _known = known_agencies(context)
    last, why = _day(context, "--from", first), context.why(reason)
    with changing(engine.database, why.at) as connection:
        roster.end(connection, _login(login), last, why)
    _changed(context, _login(login))


@command(
    "away",
    help=N_("Record the leave of an officer, and who answers meanwhile; --back takes it back."),
    example='phoihop officer away ntlan 2/5..6/5 --deputy hvnam --reason "Đơn nghỉ phép"',
)
@click.argument("login", required=True, metavar=N_("LOGIN"))
@click.argument("days", required=True, metavar=N_("FROM..TO"))
@click.option("--deputy", metavar=N_("LOGIN"), help=N_("who answers meanwhile: somebody of the same agency"))
@click.option("--back", is_flag=True, help=N_("is there after all"))
@REASON
def command_away(context: Context, login: str, days: str, deputy: str | None, back: bool, reason: str | None) -> None:
    _leave(context, _login(login), days, deputy, back, context.why(reason))


@command(
    "away",
    help=N_("My own leave, and who answers meanwhile; --back takes it back."),
    example="phoihop away 2/5..6/5 --deputy hvnam",
)
@click.argument("days", required=True, metavar=N_("FROM..TO"))
@click.option("--deputy", metavar=N_("LOGIN"), help=N_("who answers meanwhile: somebody of the same agency"))
@click.option("--back", is_flag=True, help=N_("I am there after all"))
def command_my_leave(context: Context, days: str, deputy: str | None, back: bool) -> None:
    who = context.engine().who
    assert who is not None, "a run begins with who is at work"
    why = register.Why(officer=who.login, at=context.now, reason=_("own leave"))
    _leave(context, who.login, days, deputy, back, why)


@command(
    "roster",
    help=N_("Enter who is on duty for an agency on a day off, or a whole roster from a file (columns day, login)."),
    example=(
        'phoihop officer roster btg 30/4 ntlan --reason "Lịch trực"\n'
        'phoihop officer roster btg --rows truc.csv --reason "Lịch trực"'
    ),
)
@click.argument("agency", required=True, metavar=N_("AGENCY"), shell_complete=agencies)
@click.argument("on", required=False, metavar=N_("DATE"))
@click.argument("login", required=False, metavar=N_("LOGIN"))
@click.option("--rows", metavar=N_("FILE.csv"), help=N_("all days of a roster, from a file"))
@REASON
def command_roster(
    context: Context, agency: str, on: str | None, login: str | None, rows: str | None, reason: str | None
) -> None:
    engine, known = known_agencies(context)
    code = agency_code(agency, known)
    if (rows is None) == (on is None) or (on is None) != (login is None):
        raise UsageError(N_("give a day and a login, or a file with --rows"))

    zone = engine.office().clock.zone

    def shift(cells: dict[str, str]) -> Shift:
        return Shift(agency=code, day=day("DATE", cells["day"], context.now, zone), login=_login(cells["login"]))

    if rows is None:
        wanted = [shift({"day": on or "", "login": login or ""})]
    elif not (wanted := sheet.rows(Path(text("--rows", rows)), ROSTER, shift)):
        raise UsageError(N_("a roster has the columns day and login, and a line for each day"))
    why = context.why(reason)
    with changing(engine.database, why.at) as connection:
        roster.on_duty(connection, wanted, why)
    screen = context.screen
    if screen.format in ("json", "csv"):
        screen.listing([], [], [{"agency": s.agency, "day": s.day.isoformat(), "login": s.login} for s in wanted])
    else:
        _tell(context, code, len(wanted))


def _leave(context: Context, login: str, days: str, deputy: str | None, back: bool, why: register.Why) -> None:
    engine, _known = known_agencies(context)
    if (deputy is None) != back:
        raise UsageError(N_("say who answers meanwhile: --deputy LOGIN; or --back"))
    first, dots, last = text("FROM..TO", days).partition("..")
    leave = Leave(
        login=login,
        first=_day(context, "FROM..TO", first),
        last=_day(context, "FROM..TO", last if dots else first),
        deputy=_login(deputy) if deputy is not None else None,
    )
    with changing(engine.database, why.at) as connection:
        roster.away(connection, leave, why)
    _changed(context, login)


def _changed(context: Context, login: str) -> None:
    """What a change made of an officer."""
    engine, screen, today = context.engine(), context.screen, _day(context, "", None)
    with engine.database.reading() as connection:
        found = roster.read(connection)
    officer = next(one for one in reversed(found.officers) if one.login == login)
    if screen.format in ("json", "csv"):
        record = officer_json(officer, found, today)
        screen.json(record) if screen.format == "json" else screen.csv([record])
    else:
        _tell(context, login, 1)


def _tell(context: Context, subject: str, count: int) -> None:
    """The last `count` changes of `subject`."""
    with context.engine().database.reading() as connection:
        entries = register.log(connection, subject)
    assert context.names is not None
    for entry in entries[-count:]:
        context.screen.line(f"{subject}: {changed_line(entry, context.names)}", "bold")


def _login(given: str) -> str:
    return text("LOGIN", given, 100)


def _day(context: Context, option: str, given: str | None) -> date:
    clock = context.engine().office().clock
    return day(option, given, context.now, clock.zone) if given is not None else clock.local_date(context.now)
