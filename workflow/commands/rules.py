"""`phoihop rules ...`: the rules file, for who owns it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import click
import msgspec

from states.errors import BadFile
from states.ruleset import Ruleset
from workflow.commands.context import Context
from workflow.commands.group import LazyGroup, command
from workflow.commands.parse import process_name, text
from workflow.render.diagram import diagram
from workflow.render.json import problem_json
from workflow.render.language import N_, _, ngettext
from workflow.render.problem import problem_lines
from workflow.render.rules import rules_page
from workflow.render.words import Names


@click.command(
    "rules",
    cls=LazyGroup,
    table={
        "check": "workflow.commands.rules:command_check",
        "show": "workflow.commands.rules:command_show",
        "diagram": "workflow.commands.rules:command_diagram",
        "schema": "workflow.commands.rules:command_schema",
        "diff": "workflow.commands.compare:command_diff",
        "coverage": "workflow.commands.compare:command_coverage",
        "bounds": "workflow.commands.compare:command_bounds",
        "publish": "workflow.commands.editions:command_publish",
        "editions": "workflow.commands.editions:command_editions",
        "migrate": "workflow.commands.editions:command_migrate",
    },
    page=(
        ("check", N_("every error of a rules file, with its place and the way out")),
        ("show", N_("what the rules say, in words")),
        ("diagram", N_("the states as a Mermaid diagram")),
        ("diff", N_("what two editions say differently, in words")),
        ("bounds", N_("the worst case in working days until each state")),
        ("coverage", N_("rows of the acceptance list, and what proves each")),
        ("publish", N_("let new cases open under a rules file")),
        ("editions", N_("every edition published: when, by whom")),
        ("migrate", N_("take open cases over to an edition")),
        ("schema", N_("JSON Schema of rules files, for editors")),
    ),
    help=N_("The rules file: check it, read it, draw it."),
    example="phoihop rules check escalation_rules.yaml",
)
def command_rules() -> None:
    pass


@command(
    "check",
    help=N_(
        "Check a rules file, prove it and run its tests: every error at once, with file:line:column. Exit 3 if any. "
        "Warns of a calendar that ends too soon; with --db also of days in a year on which a rung reaches nobody."
    ),
    example="phoihop rules check escalation_rules.yaml",
)
@click.argument("file", required=True, metavar=N_("FILE"))
def command_check(context: Context, file: str) -> int:
    from states import horizon
    from states.checks.named import warn_of
    from workflow.setup import clock_of, proved_rules

    screen, path = context.screen, Path(text("FILE", file))
    try:
        source, ruleset, marks = proved_rules(path)
    except BadFile as bad:
        if screen.format in ("json", "csv"):
            screen.listing([], [], [problem_json(problem) for problem in bad.problems])
        raise
    if context.db is not None:  # who is there: only where a database was named
        warn_of(ruleset, context.engine().office(), context.now, marks)
    else:
        clock = clock_of(ruleset, path)
        horizon.warn(ruleset, clock, clock.local_date(context.now), marks)
    if screen.format in ("json", "csv"):
        screen.listing([], [], [problem_json(warning) for warning in marks.warnings])
        return 0
    for warning in marks.warnings:
        for line in problem_lines(warning):
            screen.line(line)
    processes = len(ruleset.processes)
    count = ngettext("{count} process", "{count} processes", processes).format(count=processes)
    screen.line(_("{file}: no errors. Edition {edition}, {processes}.").format(
        file=path.name, edition=ruleset.edition, processes=count
    ))  # fmt: skip
    if tests := len(ruleset.tests):
        played = ngettext("{count} test: it comes out as it says.", "{count} tests: all come out as they say.", tests)
        screen.line(played.format(count=tests))
    screen.note(f"SHA-256 {hashlib.sha256(source).hexdigest()}")
    return 0


@command(
    "show",
    help=N_("What the rules say, in words: those of FILE, else those of the database."),
    example="phoihop rules show escalation_rules.yaml",
)
@click.argument("file", required=False, metavar=N_("[FILE]"))
@click.option("--process", metavar=N_("PROCESS"), help=N_("only this process"))
def command_show(context: Context, file: str | None, process: str | None) -> None:
    names, processes = _read(context, file, process)
    if context.screen.format in ("json", "csv"):
        record = json.loads(msgspec.json.encode(names.ruleset))
        context.screen.json(record) if context.screen.format == "json" else context.screen.csv([record])
        return
    rules_page(context.screen, names, processes)


@command(
    "diagram",
    help=N_("The states of a process as a Mermaid diagram: of FILE, else of the database."),
    example="phoihop rules diagram escalation_rules.yaml --process matter",
)
@click.argument("file", required=False, metavar=N_("[FILE]"))
@click.option("--process", metavar=N_("PROCESS"), help=N_("only this process"))
def command_diagram(context: Context, file: str | None, process: str | None) -> None:
    names, processes = _read(context, file, process)
    drawn = {name: diagram(names.of(name), names.ruleset.processes[name]) for name in processes}
    if context.screen.format in ("json", "csv"):
        context.screen.listing([], [], [{"process": name, "diagram": said} for name, said in drawn.items()])
        return
    for line in "\n".join(drawn.values()).splitlines():
        context.screen.copy(line)


@command(
    "schema",
    help=N_("JSON Schema of rules files: an editor that knows it completes and checks while one types."),
    example="phoihop rules schema > escalation_rules.schema.json",
)
def command_schema(context: Context) -> None:
    from states.loader import schema

    context.screen.json(schema())


def _read(context: Context, file: str | None, process: str | None) -> tuple[Names, list[str]]:
    """The words of the rules in question, and the processes asked for."""
    if file is not None:
        from zoneinfo import ZoneInfo

        from workflow.setup import read_rules

        ruleset: Ruleset = read_rules(Path(text("FILE", file)))[1]
        names = Names(ruleset, agencies=ruleset.agencies, zone=ZoneInfo("UTC"))  # a rules file shows no instants
    else:
        names = context.speak(context.engine().office())
    wanted = [process_name(process, names.ruleset)] if process is not None else list(names.ruleset.processes)
    return names, wanted
