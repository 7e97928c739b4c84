"""`phoihop init`: makes a database, real or to practise on, with rules, calendar and register in it."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from workflow import identity
from workflow.commands.context import Context, database_path, practice_path
from workflow.commands.group import command
from workflow.commands.parse import text
from workflow.errors import NotAllowed, UsageError
from workflow.render.language import N_, _, ngettext
from workflow.setup import set_up
from workflow.shipped import shipped


@command(
    "init",
    help=N_("Make a database with the rules, the calendar and the agencies in it. Who makes it administers it."),
    example="phoihop init --db phoi-hop.db\nphoihop init --practice --db thu.db --rules quy-tac.yaml",
)
@click.option("--practice", is_flag=True, help=N_("to practise on: anybody plays any agency, at any time"))
@click.option("--rules", metavar=N_("FILE"), help=N_("another rules file than the shipped one"))
def command_init(context: Context, practice: bool, rules: str | None) -> None:
    if not practice and context.db is None and not context.environ.get("PHOIHOP_DB"):
        raise UsageError(N_("say where the database is to be: --db PATH"), N_("to practise: phoihop init --practice"))
    if not practice and context.told_now is not None:
        raise NotAllowed(N_("--now sets the clock of practice databases only"))
    path = database_path(context.database)
    source = Path(text("--rules", rules)) if rules is not None else shipped("escalation_rules.yaml")
    engine = set_up(path, rules=source, now=context.now, practice=practice)
    try:
        office = engine.office()
    finally:
        engine.close()
    screen, names = context.screen, context.speak(office)
    if screen.format in ("json", "csv"):
        record = {"database": str(path), "practice": practice, "edition": office.edition, "calendar": office.calendar}
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
    for sentence in _protection(practice):
        screen.note(sentence)
    if not _found_by_itself(path, context):
        screen.note(_("To use it from now on:"))
        screen.note(f"  export PHOIHOP_DB={shlex.quote(str(path.absolute()))}", copy=True)


def _protection(practice: bool) -> list[str]:
    """What this storage protects, and what it does not."""
    if practice:
        return [
            _("Anybody may act for any agency here, and --now sets the clock: never keep real matters in it."),
            _("The file is yours alone, but whoever can write it can change it. Back it up by copying it."),
        ]
    return [
        _("You ({login}) administer it: enter the officers with phoihop officer add.").format(login=identity.account()),
        _("Who acts is the account of the operating system; nobody can give another name."),
        _("SQLite cannot stop anyone who can write the file: what they change can be found out, not prevented."),
        _("Officers must be able to write the file and its folder: give both to one group, and to nobody else."),
        _("Matters that are state secrets belong in no such file. Back it up by copying it while nobody writes."),
    ]


def _found_by_itself(path: Path, context: Context) -> bool:
    """Whether a bare command finds the database without being told."""
    if (usual := context.environ.get("PHOIHOP_DB")) is not None:
        return context.db is None and path == database_path(usual)
    try:
        return path.absolute() == practice_path(context.environ).absolute()
    except UsageError:  # there is no home folder
        return False


def _short(path: Path) -> str:
    """`path` as people write it: `~` for their home folder."""
    try:
        return str(Path("~") / path.absolute().relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(path)
