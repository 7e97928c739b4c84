"""`phoihop audit ...`: whether what is stored is what was recorded, and seals that let others tell."""

from __future__ import annotations

from pathlib import Path

import click

from workflow.audit import Finding, seal, verify
from workflow.commands.context import Context
from workflow.commands.group import LazyGroup, command
from workflow.commands.parse import text
from workflow.engine import Engine
from workflow.errors import UsageError
from workflow.render.language import N_, _, ngettext
from workflow.render.screen import Column
from workflow.render.words import sentence

FOUND = 9


@click.command(
    "audit",
    cls=LazyGroup,
    table={
        "verify": "workflow.commands.audit:command_verify",
        "seal": "workflow.commands.audit:command_seal",
    },
    page=(
        ("verify", N_("whether every history is whole and every row follows from it")),
        ("seal", N_("fix the end of every history, and print an anchor to keep elsewhere")),
    ),
    help=N_("Is what is stored what was recorded?"),
    example="phoihop audit verify",
)
def command_audit() -> None:
    pass


@command(
    "verify",
    help=N_(
        "Verify the whole database: the chain of every history, and every row made from it. Exit 9 with a code for"
        " each finding. Give the anchors you kept, and nothing up to them can have been changed unseen."
    ),
    example="phoihop audit verify --anchors anchors.txt",
)
@click.option(
    "--anchor", "lines", multiple=True, metavar=N_("ANCHOR"), help=N_("a line that show or audit seal printed")
)
@click.option("--anchors", metavar=N_("FILE"), help=N_("a file of such lines"))
def command_verify(context: Context, lines: tuple[str, ...], anchors: str | None) -> int:
    screen, engine = context.screen, _allowed(context)
    given = [text("--anchor", line) for line in lines] + (_lines(anchors) if anchors is not None else [])
    found = verify(engine.database, given)
    records = [{"code": one.code, "case": one.case, "message": _said(one)} for one in found]
    if screen.format in ("json", "csv"):
        screen.listing([], [], records)
    elif found:
        columns = [Column(_("Code"), keep=True), Column(_("Case"), keep=True), Column(_("Finding"))]
        screen.table(columns, [[one.code, one.case or "", _said(one)] for one in found])
    else:
        cases = engine.count()
        screen.line(
            ngettext("{count} case verified: nothing found.", "{count} cases verified: nothing found.", cases).format(
                count=cases
            )
        )
        if not given:
            screen.note(_("Without an anchor kept elsewhere, a history that was cut off or written anew is not seen."))
    return FOUND if found else 0


@command(
    "seal",
    help=N_(
        "Fix the end of every history in a seal, chained to the one before, and print its anchor: keep it elsewhere."
    ),
    example="phoihop audit seal >> anchors.txt",
)
def command_seal(context: Context) -> None:
    screen = context.screen
    made = seal(_allowed(context).database, context.now)
    if screen.format in ("json", "csv"):
        record = {"seal": made.number, "heads": made.heads, "hash": made.hash, "anchor": made.anchor}
        screen.json(record) if screen.format == "json" else screen.csv([record])
        return
    screen.copy(made.anchor)


def _allowed(context: Context) -> Engine:
    """The engine, for who may look at every case."""
    engine = context.engine()
    if engine.who is not None:
        engine.who.must_see_all()
    return engine


def _said(finding: Finding) -> str:
    return sentence(finding.text, finding.values)


def _lines(given: str) -> list[str]:
    path = Path(text("--anchors", given))
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        detail = getattr(error, "strerror", None) or type(error).__name__
        raise UsageError(N_("cannot read {path}: {detail}"), path=str(path), detail=detail) from None
    return [text("--anchors", line) for line in lines if line.strip()]
