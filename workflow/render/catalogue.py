"""Keeps the message catalogue: extracts every msgid, brings the .po up to date, compiles the .mo.

    python -m workflow.render.catalogue          # needs Babel (the dev extra); prints what lacks a translation

Messages come from this project (`_`, `N_`, `ngettext`) and from the installed click, whose own sentences
are translated in the same catalogue. The template (.pot) is never kept: it is extracted when needed.
Written without dates and line numbers, so that the files change only when a message does.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from workflow.render.language import DOMAIN

ROOT = Path(__file__).parent.parent.parent
PO = ROOT / "locale" / "vi" / "LC_MESSAGES" / f"{DOMAIN}.po"
MO = PO.with_suffix(".mo")
_SOURCES = ("states", "workflow")
_KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
_NEVER = datetime(2026, 1, 1, tzinfo=UTC)  # a fixed date: the files change only when a message does


def template() -> Catalog:
    """Every message of the project and of click, with the files it stands in."""
    catalog = Catalog(project=DOMAIN, charset="utf-8", creation_date=_NEVER, revision_date=_NEVER)
    for folder, prefix in ((ROOT / name, name) for name in _SOURCES):
        _gather(catalog, folder, prefix)
    _gather(catalog, Path(click.__file__).parent, "click")
    return catalog


def _gather(catalog: Catalog, folder: Path, prefix: str) -> None:
    found = extract_from_dir(folder, [("**.py", "python")], {}, _KEYWORDS, comment_tags=())
    for filename, _line, message, comments, context in sorted(found, key=lambda f: (f[0], f[1])):
        catalog.add(
            message,
            None,
            [(f"{prefix}/{Path(filename).as_posix()}", 0)],
            auto_comments=comments,
            context=context,
        )


def stored() -> Catalog:
    """The Vietnamese catalogue as it is in the repository (empty at first)."""
    if not PO.exists():
        return Catalog(locale="vi", domain=DOMAIN, project=DOMAIN)
    with PO.open("rb") as file:
        return read_po(file, locale="vi", domain=DOMAIN)


def untranslated(catalog: Catalog) -> Iterator[Message]:
    """Messages without a translation, or with one that was only guessed."""
    for message in catalog:
        texts = message.string if isinstance(message.string, tuple | list) else (message.string,)
        if message.id and (message.fuzzy or not all(texts)):
            yield message


def compiled(catalog: Catalog) -> bytes:
    """The .mo of `catalog`."""
    written = io.BytesIO()
    write_mo(written, catalog)
    return written.getvalue()


def main() -> int:
    """Bring .po and .mo up to date. Returns 1 when translations are missing."""
    catalog = stored()
    catalog.update(template(), no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    catalog.creation_date = catalog.revision_date = _NEVER
    PO.parent.mkdir(parents=True, exist_ok=True)
    with PO.open("wb") as file:
        write_po(file, catalog, width=110, include_lineno=False, sort_output=True)
    MO.write_bytes(compiled(catalog))
    missing = list(untranslated(catalog))
    for message in missing:
        sys.stderr.write(f"not translated: {message.id!r}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
