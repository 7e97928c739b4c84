"""`phoihop rules diff`, `bounds` and `coverage`: what rules come to, before they are adopted."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import msgspec

from states.ruleset import Ruleset
from workflow.commands.context import Context
from workflow.commands.group import command
from workflow.commands.parse import process_name, text
from workflow.moving import Effect
from workflow.render.language import N_, _
from workflow.render.migrating import effect_json, effect_line
from workflow.render.screen import Column
from workflow.render.words import Names


@command(
    "diff",
    help=N_("What NEW says differently from OLD, in words. Each is a rules file, or the name of a published edition."),
    example="phoihop rules diff cao-bang-2022.1 quy-tac-2023.yaml",
)
@click.argument("old", required=True, metavar=N_("OLD"))
@click.argument("new", required=True, metavar=N_("NEW"))
def command_diff(context: Context, old: str, new: str) -> None:
    from states.differing import called_anew, differences
    from workflow.render.differences import difference_line

    before, after = _edition(context, "OLD", old), _edition(context, "NEW", new)
    was, now = _words(called_anew(before, after)), _words(after)
    found = differences(before, after)
    lines = [difference_line(one, was, now) for one in found]
    felt = _effect(context, old, after)
    screen = context.screen
    if screen.format in ("json", "csv"):
        records: list[dict[str, Any]] = [
            {
                "where": list(one.where),
                "before": msgspec.to_builtins(one.before),
                "after": msgspec.to_builtins(one.after),
                "text": line,
            }
            for one, line in zip(found, lines, strict=True)
        ]
        if screen.format == "csv":
            screen.csv(records)
        else:
            screen.json({"differences": records, "effect": effect_json(felt) if felt is not None else None})
        return
    screen.line(f"{before.edition} → {after.edition}", "bold")
    for line in lines:
        screen.line(f"  {line}")
    if not lines:
        screen.line(_("They mean the same."))
    if felt is not None:
        screen.line()
        screen.line(_("The open cases under {edition}, taken over:").format(edition=before.edition))
        screen.line("  " + effect_line(felt))


@command(
    "bounds",
    help=N_("The worst case in working days until each state, if everybody takes all the time the rules allow."),
    example="phoihop rules bounds escalation_rules.yaml",
)
@click.argument("file", required=True, metavar=N_("FILE"))
@click.option("--process", metavar=N_("PROCESS"), help=N_("only this process"))
def command_bounds(context: Context, file: str, process: str | None) -> None:
    from states.bounds import bounds, uncounted, untold
    from workflow.render.bounds import bound_json, bounds_page
    from workflow.setup import clock_of, read_rules

    path = Path(text("FILE", file))
    ruleset = read_rules(path)[1]
    clock, names = clock_of(ruleset, path), _words(ruleset)
    wanted = [process_name(process, ruleset)] if process is not None else list(ruleset.processes)
    found = {name: bounds(ruleset.processes[name], ruleset, clock) for name in wanted}
    if context.screen.format in ("json", "csv"):
        context.screen.listing([], [], [bound_json(name, one) for name, many in found.items() for one in many])
        return
    for name, many in found.items():
        rules = ruleset.processes[name]
        bounds_page(context.screen, names.of(name), many, untold(rules, ruleset), uncounted(rules))


@command(
    "coverage",
    help=N_("The rows of the acceptance list: which rule or command carries each, what proves it, what is missing."),
    example="phoihop rules coverage escalation_rules.yaml",
)
@click.argument("file", required=False, metavar=N_("[FILE]"))
@click.option("--missing", is_flag=True, help=N_("only what nothing carries, or nothing proves"))
def command_coverage(context: Context, file: str | None, missing: bool) -> None:
    from workflow.coverage import coverage
    from workflow.setup import clock_of, read_rules
    from workflow.shipped import shipped

    path = Path(text("FILE", file)) if file is not None else shipped("escalation_rules.yaml")
    ruleset = read_rules(path)[1]
    every = coverage(ruleset, clock_of(ruleset, path))
    found = [one for one in every if not missing or one.status != "proved"]
    records: list[dict[str, Any]] = [
        {
            "row": one.row.id,
            "section": one.row.section,
            "scope": one.row.scope,
            "what": one.row.what,
            "status": one.status,
            "carriers": [carrier.name for carrier in one.carriers],
            "proofs": list(one.proofs),
            "unproved": list(one.unproved),
        }
        for one in found
    ]
    said = {"proved": _("proved"), "unproved": _("not proved"), "missing": _("missing")}
    lines = [
        [
            one.row.id,
            one.row.section,
            one.row.what,
            said[one.status],
            ", ".join(carrier.name for carrier in one.carriers),
            ", ".join(one.unproved),
            "; ".join(one.proofs),
        ]
        for one in found
    ]
    heads = (_("Row"), "§", _("What"), _("Status"), _("Carried by"), _("Not proved"), _("Proved by"))
    columns = [Column(name) for name in heads]
    context.screen.listing(columns, lines, records)
    if context.screen.format not in ("json", "csv"):
        counts = {status: sum(one.status == status for one in every) for status in said}
        context.screen.note(
            _("{proved} rows are proved, {unproved} carried but not proved, {missing} missing.").format(**counts)
        )


def _edition(context: Context, name: str, given: str) -> Ruleset:
    """The ruleset of a file, or of an edition of the database. Raises `NotFound`, `BadFile`."""
    from workflow import rulebook
    from workflow.setup import read_rules

    given = text(name, given)
    if is_file(given):
        return read_rules(Path(given))[1]
    with context.engine().database.reading() as connection:
        return rulebook.office(connection, rulebook.named(connection, given)).ruleset


def _effect(context: Context, old: str, new: Ruleset) -> Effect | None:
    """What taking the open cases of the published edition `old` over would do; None for a file, and for who
    may not see every case."""
    from workflow import moving, rulebook

    if is_file(old):
        return None
    engine = context.engine()
    if engine.sees is not None and not (engine.who and engine.who.admin):
        return None
    with engine.database.reading() as connection:
        under = rulebook.named(connection, old)
    office = moving.under_rules(engine, new)
    return moving.effect(list(moving.plans(engine, office, (), context.now, under)), context.now)


def is_file(given: str) -> bool:
    """Whether `given` means a file, not an edition."""
    return Path(given).is_file() or given.endswith((".yaml", ".yml"))


def _words(ruleset: Ruleset) -> Names:
    return Names(ruleset, agencies=ruleset.agencies, zone=ZoneInfo("UTC"))  # rules show no instants
