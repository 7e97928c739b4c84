"""`phoihop init --practice`: makes a database with rules, calendar and register in it."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

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
    help=N_("Make a database with the rules, the calendar and the agencies in it. This version makes practice ones."),
    example="phoihop init --practice\nphoihop init --practice --db thu.db --rules quy-tac.yaml\n"
    "phoihop init --practice --db postgresql://may-chu/tap_su",
)
@click.option("--practice", is_flag=True, help=N_("to practise on: anybody plays any agency, at any time"))
@click.option("--rules", metavar=N_("FILE"), help=N_("another rules file than the shipped one"))
def command_init(context: Context, practice: bool, rules: str | None) -> None:
    if not practice:
        raise NotAllowed(
            N_("this version makes practice databases only: nobody's identity is checked yet"),
            N_("to practise: phoihop init --practice"),
        )
    path = database_at(context.database)
    source = Path(text("--rules", rules)) if rules is not None else shipped("escalation_rules.yaml")
    engine = set_up(path, rules=source, now=context.now, practice=True)
    try:
        office = engine.office()
    finally:
        engine.close()
    screen, names = context.screen, context.speak(office)
    if screen.format in ("json", "csv"):
        record = {"database": shown(path), "practice": True, "edition": office.edition, "calendar": office.calendar}
        screen.json(record) if screen.format == "json" else screen.csv([record])
        return
    count = len(office.agencies)
    screen.line(_("Practice database made: {path}").format(path=_short(path)), "bold")
    screen.line(
        _("Rules {edition} ({processes}), {agencies}.").format(
            edition=office.ruleset.edition,
            processes=", ".join(names.process_label(name) for name in office.ruleset.processes),
            agencies=ngettext("{count} agency", "{count} agencies", count).format(count=count),
        )
    )
    screen.note(_("Anybody may act for any agency here, and --now sets the clock: never keep real matters in it."))
    if isinstance(path, Path):
        screen.note(_("The file is yours alone, but whoever can write it can change it. Back it up by copying it."))
    else:
        screen.note(_("Whoever may write its tables can change them. Back it up with pg_dump."))
    if not _found_by_itself(path, context):
        screen.note(_("To use it from now on:"))
        place = shown(path.absolute() if isinstance(path, Path) else path)
        screen.note(f"  export PHOIHOP_DB={shlex.quote(place)}", copy=True)


def _found_by_itself(path: Path | str, context: Context) -> bool:
    """Whether a bare command finds the database without being told."""
    if not isinstance(path, Path):
        return shown(context.environ.get("PHOIHOP_DB", "")) == shown(path)
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
