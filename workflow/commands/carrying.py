"""What an act carries besides words: files, read and checked, and the document's marking, which is only looked at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath

import msgspec

from states.scope import secrecy
from workflow.commands.parse import text
from workflow.errors import NotAllowed, UsageError
from workflow.filing import MOST_FILES, Attached, label, read
from workflow.render.language import N_


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
