"""`phoihop files CASE [NAME]`: what was attached to a case; with NAME, one of them written out."""

from __future__ import annotations

from pathlib import Path

import click

from states.record import is_reference
from workflow.attachments import Listed, body_of, listed
from workflow.commands.acts import begin
from workflow.commands.completion import cases
from workflow.commands.context import Context
from workflow.commands.group import command
from workflow.commands.parse import text
from workflow.errors import NotFound, UsageError
from workflow.filing import write
from workflow.render.json import file_json
from workflow.render.language import N_, _
from workflow.render.screen import Column
from workflow.render.story import file_name, size


@command(
    "files",
    help=N_("The files attached to a case. With NAME (or its SHA-256) and --output, one of them written out."),
    example="phoihop files VV-7\nphoihop files VV-7 bao-cao.pdf --output .",
)
@click.argument("case", required=False, metavar=N_("CASE"), shell_complete=cases)
@click.argument("name", required=False, metavar=N_("[NAME]"))
@click.option("--output", metavar=N_("PATH"), help=N_("the file or folder to write to; nothing is overwritten"))
def command_files(context: Context, case: str | None, name: str | None, output: str | None) -> None:
    engine, __, found, ___ = begin(context, case)
    screen = context.screen
    attached = listed(engine.history(found.case)[1])
    if name is None:
        if output is not None:
            raise UsageError(N_("say which file is to be written"), N_("phoihop files CASE NAME --output PATH"))
        columns = [
            Column(_("Version"), right=True),
            Column(_("Name")),
            Column(_("Size"), right=True),
            Column("SHA-256"),
        ]
        rows = [(str(one.version), file_name(one.file), size(one.file), one.file.sha256) for one in attached]
        screen.listing(columns, rows, [file_json(one) for one in attached], _("Nothing is attached."))
        return
    one = _meant(attached, text("NAME", name), found.case)
    if output is None:
        raise UsageError(N_("say where to write it: --output PATH"))
    text("--output", output)
    target = Path(output)
    if target.is_dir():
        target /= one.file.sha256 if is_reference(one.file.name) else one.file.name
    with engine.database.reading() as connection:
        body = body_of(connection, one.file)
    written = write(target, body)
    if screen.format in ("json", "csv"):
        record = {**file_json(one), "output": str(written)}
        screen.json(record) if screen.format == "json" else screen.csv([record])
    else:
        screen.copy(_("Written: {path} ({size})").format(path=written, size=size(one.file)))


def _meant(attached: list[Listed], given: str, case: str) -> Listed:
    """The file that `given` means: a name, or at least eight figures of a SHA-256."""
    low = given.lower()
    by_hash = [one for one in attached if len(low) >= 8 and one.file.sha256.startswith(low)]
    meant = {one.file.sha256: one for one in [one for one in attached if one.file.name == given] or by_hash}
    if len(meant) > 1:
        names = ", ".join(sha256[:12] for sha256 in meant)
        raise UsageError(N_("{given} may mean any of these: {codes}"), given=given, codes=names)
    if not meant:
        raise NotFound(
            N_("{case} has no file {given}"), N_("see what there is: phoihop files {case}"), case=case, given=given
        )
    return next(iter(meant.values()))
