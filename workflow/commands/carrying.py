"""What an act carries besides its own options: why a person's number may stand, the document's marking, files.

    @carried_options                        adds --override-identity, --marking, --file; they arrive as `carried`
    Waive(..., **carried.words())           what of it the command itself holds
    engine.submit(..., bodies=carried.bodies)   the bytes of the files

Every command that writes takes these. A secret marking ends the run before anything is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import click
import msgspec

from states.scope import secrecy
from workflow.commands.context import Context
from workflow.commands.parse import text
from workflow.errors import NotAllowed, UsageError
from workflow.filing import MOST_FILES, Attached, label, read
from workflow.render.language import N_


@dataclass(frozen=True)
class Carried:
    """What an act carries, checked."""

    override: str | None = None
    attached: tuple[Attached, ...] = ()

    @property
    def bodies(self) -> dict[str, bytes]:
        """The bytes of the files, by SHA-256."""
        return {one.file.sha256: one.body for one in self.attached}

    def words(self) -> dict[str, Any]:
        """The part of a command that these options fill."""
        return {"override": self.override, "files": tuple(one.file for one in self.attached)}


def carried_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options every act has; they arrive together as `carried`."""

    def gathered(
        context: Context, /, override: str | None, marking: str | None, files: tuple[str, ...], **values: Any
    ) -> Any:
        if marking is not None:
            refuse_secret(text("--marking", marking, most=100))
        why = text("--override-identity", override, most=500) if override is not None else None
        return function(context, carried=Carried(why, attached_of(files)), **values)

    gathered.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]  # click's own mark
    options = (
        click.option("--file", "files", multiple=True, metavar=N_("PATH"), help=N_("a file to keep with the act")),
        click.option("--marking", metavar=N_("MARK"), help=N_("the secrecy marking on the document, if it bears one")),
        click.option(
            "--override-identity",
            "override",
            metavar=N_("REASON"),
            help=N_("why a person's number must stand"),
        ),
    )
    for option in reversed(options):
        gathered = option(gathered)
    return gathered


def attached_of(paths: Sequence[str]) -> tuple[Attached, ...]:
    """The files at `paths`, read. Raises `UsageError`: too many, no plain file, too large, a name that cannot be."""
    if len(paths) > MOST_FILES:
        raise UsageError(N_("an act has {most} files at most, not {found}"), most=MOST_FILES, found=len(paths))
    found: dict[str, Attached] = {}
    for given in paths:
        text("--file", given)  # what it is called on the disk stays as it is: it may be written decomposed there
        path = Path(given)
        name = label(given)
        if not name:
            raise UsageError(N_("{path} is no plain file"), path=given)
        one = read(path, name)
        stem, suffix = PurePath(name).stem, PurePath(name).suffix
        number = 2
        while one.file.name in found and found[one.file.name].file.sha256 != one.file.sha256:
            one = Attached(msgspec.structs.replace(one.file, name=f"{stem} ({number}){suffix}"), one.body)
            number += 1
        found[one.file.name] = one
    return tuple(found.values())


def refuse_secret(marking: str) -> None:
    """Nothing, for a document that is no secret. Raises `NotAllowed` for one that is, `UsageError` for riddles."""
    match secrecy(marking):
        case "secret":
            raise NotAllowed(
                N_("a document marked “{marking}” does not belong here: state secrets are kept out of this system"),
                N_("Law on the Protection of State Secrets, 2018: ask the officer in charge of secret documents"),
                marking=marking,
            )
        case "unknown":
            raise UsageError(
                N_("--marking: {given} is no level of secrecy"),
                N_("leave it out for an ordinary document; urgency is no secrecy"),
                given=marking,
            )
