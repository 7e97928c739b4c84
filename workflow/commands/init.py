"""`phoihop init`: makes a database, real or to practise on, with rules, calendar and register in it."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from workflow import identity
from workflow.commands.context import Context, database_at, practice_path
from workflow.commands.group import command
from workflow.commands.parse import text
from workflow.errors import NotAllowed, UsageError
from workflow.location import shown
from workflow.render.language import N_, _, ngettext
from workflow.setup import set_up
from workflow.shipped import shipped


@command(
    "init",
    help=N_("Make a database with the rules, the calendar and the agencies in it. Who makes it administers it."),
    example="phoihop init --db phoi-hop.db\nphoihop init --practice --db thu.db --rules quy-tac.yaml\n"
    "phoihop init --practice --db postgresql://may-chu/tap_su",
)
@click.option("--practice", is_flag=True, help=N_("to practise on: anybody plays any agency, at any time"))
@click.option("--rules", metavar=N_("FILE"), help=N_("another rules file than the shipped one"))
def command_init(context: Context, practice: bool, rules: str | None) -> None:
    if not practice and context.db is None and not context.environ.get("PHOIHOP_DB"):
        raise UsageError(N_("say where the database is to be: --db PATH"), N_("to practise: phoihop init --practice"))
    if not practice and context.told_now is not None:
        raise NotAllowed(N_("--now sets the clock of practice databases only"))
    path = database_at(context.database)
    source = Path(text("--rules", rules)) if rules is not None else shipped("escalation_rules.yaml")
    engine = set_up(path, rules=source, now=context.now, practice=practice)
    try:
        office, login = engine.office(), identity.identity(engine.database)
    finally:
        engine.close()
    screen, names = context.screen, context.speak(office)
    if screen.format in ("json", "csv"):
        record = {"database": shown(path), "practice": practice, "edition": office.edition, "calendar": office.calendar}
        screen.json(record) if screen.format == "json" else screen.csv([record])
        return
    count = len(office.agencies)
    made = _("Practice database made: {path}") if practice else _("Database made: {path}")
    screen.line(made.format(path=_short(path)), "bold")
    screen.line(
        _("Rules {edition} ({processes}), {agencies}.").format(
            edition=office.ruleset.edition,
            processes=", ".join(names.process_label(name) for name in office.ruleset.processes),
            agencies=ngettext("{count} agency", "{count} agencies", count).format(count=count),
        )
    )
    for sentence in _protection(practice, server=not isinstance(path, Path), login=login):
        screen.note(sentence)
    if not _found_by_itself(path, context):
        screen.note(_("To use it from now on:"))
        place = shown(path.absolute() if isinstance(path, Path) else path)
        screen.note(f"  export PHOIHOP_DB={shlex.quote(place)}", copy=True)


def _protection(practice: bool, *, server: bool, login: str) -> list[str]:
    """What this storage protects, and what it does not."""
    if server:
        kept = [_("Whoever may write its tables can change them. Back it up with pg_dump.")]
    elif practice:
        kept = [_("The file is yours alone, but whoever can write it can change it. Back it up by copying it.")]
    else:
        kept = [
            _("SQLite cannot stop anyone who can write the file: what they change can be found out, not prevented."),
            _("Officers must be able to write the file and its folder: give both to one group, and to nobody else."),
            _("Matters that are state secrets belong in no such file. Back it up by copying it while nobody writes."),
        ]
    if practice:
        return [
            _("Anybody may act for any agency here, and --now sets the clock: never keep real matters in it."),
            *kept,
        ]
    account = _("Who acts is the account of the operating system; nobody can give another name.")
    return [
        _("You ({login}) administer it: enter the officers with phoihop officer add.").format(login=login),
        _("Who acts is the login of the database; nobody can give another name.") if server else account,
        *kept,
    ]


def _found_by_itself(path: Path | str, context: Context) -> bool:
    """Whether a bare command finds the database without being told."""
    if not isinstance(path, Path):
        return context.db is None and shown(context.environ.get("PHOIHOP_DB", "")) == shown(path)
    if (usual := context.environ.get("PHOIHOP_DB")) is not None:
        return context.db is None and database_at(usual) == path
    try:
        return path.absolute() == practice_path(context.environ).absolute()
    except UsageError:  # there is no home folder
        return False


def _short(path: Path | str) -> str:
    """`path` as people write it: `~` for their home folder, a URL without its password."""
    if not isinstance(path, Path):
        return shown(path)
    try:
        return str(Path("~") / path.absolute().relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(path)
