"""The only door to the terminal. What comes from data is printed as text, never as markup.

    screen.line("...")                  one line on stdout
    screen.note("...")                  one line that --quiet drops
    screen.table(columns, rows)         a table: fits the terminal; complete and uncut when piped
    screen.listing(columns, rows, records)   table, json or csv, as --format says
    screen.json(value)                  one JSON document
    screen.progress(found, total, "...")     the same again, with a bar for who waits at a terminal
    screen.warn("...")                  one line on stderr, beside what the command prints
    screen.error(failure)               `phoihop: ...` and `hint: ...` on stderr, or the JSON object

Control, bidirectional and zero-width characters are shown as escapes (`clean`), so that nothing stored
can move the cursor, set the clipboard or turn text around. rich is imported only when a table or a style
is really printed.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TextIO, TypeVar

from workflow.render.language import _

Step = TypeVar("Step")
WIDE = 100_000  # columns of a pipe: nothing is wrapped or cut there
# Unicode's Cc, Cf, Cs, Zl and Zp (a test compares), and letters that show nothing.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u180e\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb\U000110bd\U000110cd"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
_ERASED = re.compile(r"sha256:[0-9a-f]{64}")
_PADDING = re.compile(r" +(?=\x1b\[0m$)")  # of the last column of a table, where it has a colour
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\N{FULLWIDTH EQUALS SIGN}", "＋", "－", "＠")


def clean(text: str) -> str:
    """`text` with every character that could act on a terminal written out (`\\x1b`, `\\u202e`).

    What stands for an erased text is shown as the word for it.
    """
    text = _ERASED.sub(lambda _found: _("(erased)"), text)
    return _HIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def as_json(value: Any, indent: int | None = None) -> str:
    """`value` as JSON in UTF-8, every character that could act on a terminal escaped as JSON allows."""
    text = json.dumps(_without_erased(value), ensure_ascii=False, indent=indent)
    return _HIDDEN.sub(lambda c: c[0] if c[0] == "\n" else json.dumps(c[0])[1:-1], text)


class Column(NamedTuple):
    """A column of a table. `keep` never wraps it (case numbers, dates); `right` aligns numbers."""

    title: str
    keep: bool = False
    right: bool = False


class Failure(NamedTuple):
    """What went wrong, ready to print: exit code, stable code, sentence, reasons, way out.

    `lines` is what people read below the sentence; scripts have the reasons.
    """

    exit: int
    code: str
    message: str
    reasons: tuple[tuple[str, str], ...] = ()
    hint: str = ""
    lines: tuple[str, ...] = ()


class Screen:
    """stdout and stderr of one run. `format`, `quiet` and `colour` are set by the options."""

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None) -> None:
        # A stream that was closed before we began (`>&-`) is None: what is meant for it is dropped.
        self.out, self.err = out or sys.stdout or io.StringIO(), err or sys.stderr or io.StringIO()
        self.format: str | None = None
        self.quiet = False
        self.colour = not os.environ.get("NO_COLOR")
        for stream in (self.out, self.err):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")

    @property
    def terminal(self) -> bool:
        """Whether a person is looking: only then are there colours, a width, questions."""
        return self.out.isatty()

    @property
    def asks(self) -> bool:
        """Whether a missing value may be asked for."""
        reads = sys.stdin is not None and sys.stdin.isatty()
        return self.terminal and reads and self.format not in ("json", "csv")

    @property
    def width(self) -> int:
        """Columns there are to fill: those of the terminal, or what COLUMNS says it has."""
        if not self.terminal:
            return WIDE
        told = os.environ.get("COLUMNS", "")
        try:
            return (
                int(told) if told.isdecimal() and int(told) else os.get_terminal_size(self.out.fileno()).columns or 80
            )
        except OSError:
            return 80

    @property
    def utf(self) -> bool:
        return (getattr(self.out, "encoding", None) or "utf-8").lower().startswith("utf")

    # ---- lines ----------------------------------------------------------------------------------

    def line(self, text: str = "", style: str = "") -> None:
        """One line; words are wrapped at the edge of a terminal. `style` is rich's (`bold`, `red`)."""
        if not self.terminal:
            self.out.write(clean(text) + "\n")
            return
        from rich.text import Text

        self.rich(Text(clean(text), style=style))

    def hang(self, lead: str, text: str) -> None:
        """One line that begins with `lead`; where a terminal ends, the rest hangs under the start of `text`."""
        if not self.terminal:
            self.line(lead + text)
            return
        from rich.table import Table
        from rich.text import Text

        grid = Table.grid()
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        grid.add_row(Text(clean(lead)), Text(clean(text)))
        self.rich(grid)

    def copy(self, text: str) -> None:
        """A command to copy: one line, never wrapped by us."""
        self.out.write(clean(text) + "\n")

    def note(self, text: str, *, copy: bool = False) -> None:
        """A line that is only courtesy: not printed with --quiet, nor where a script reads. `copy`: has a command."""
        if not self.quiet and self.format not in ("json", "csv"):
            self.copy(text) if copy else self.line(text)

    def rich(self, *renderables: Any) -> None:
        """Print rich's values. Everything that comes from data must have gone through `clean`."""
        from rich.console import Console

        held = io.StringIO()
        console = Console(
            file=held,
            width=self.width,
            force_terminal=self.terminal,
            no_color=not self.colour,
            color_system="auto" if self.terminal and self.colour else None,
            markup=False,
            emoji=False,
            highlight=False,
        )
        for renderable in renderables:
            console.print(renderable)
        self.out.writelines(_PADDING.sub("", text.rstrip()) + "\n" for text in held.getvalue().splitlines())

    def pairs(self, found: Iterable[tuple[str, str]]) -> None:
        """Names and values, one below the other; long values stay in their column on a terminal."""
        from rich.table import Table
        from rich.text import Text

        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column()
        grid.add_column(max_width=30 if self.terminal else None)
        grid.add_column(overflow="fold")
        for name, value in found:
            grid.add_row("", Text(clean(name)), Text(clean(value)))
        self.rich(grid)

    def items(self, found: Iterable[tuple[str, str]]) -> None:
        """A list of (text, style), further lines of an item hung under its first."""
        if not self.terminal:
            self.out.writelines(f"  - {clean(text)}\n" for text, __ in found)
            return
        from rich.table import Table
        from rich.text import Text

        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        for text, style in found:
            grid.add_row("  -", Text(clean(text), style=style))
        self.rich(grid)

    def progress(self, found: Iterable[Step], total: int, text: str) -> Iterator[Step]:
        """`found`, one by one; where a person waits at a terminal, a bar on stderr shows how far it has come."""
        if self.quiet or not self.err.isatty():
            yield from found
            return
        from rich.console import Console
        from rich.progress import Progress

        console = Console(file=self.err, no_color=not self.colour, markup=False, highlight=False)
        with Progress(console=console, transient=True) as bar:
            yield from bar.track(found, total=total, description=clean(text))

    # ---- tables, json, csv ----------------------------------------------------------------------

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
        """A table with a ruled head. Cells are plain strings."""
        from rich import box
        from rich.table import Table
        from rich.text import Text

        head = box.SIMPLE_HEAD if self.utf else box.Box("    \n    \n -- \n" + "    \n" * 5, ascii=True)
        table = Table(box=head, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
        for column in columns:
            table.add_column(
                Text(column.title),
                no_wrap=column.keep,
                overflow="fold",
                justify="right" if column.right else "left",
            )
        for row in rows:
            table.add_row(*(Text(clean(cell)) for cell in row))
        self.rich(table)

    def listing(
        self,
        columns: Sequence[Column],
        rows: Iterable[Sequence[str]],
        records: Sequence[Mapping[str, Any]],
        empty: str = "",
    ) -> None:
        """One list, three forms: `rows` for people, `records` (documented keys) for scripts.

        `empty` is what people read instead of an empty table.
        """
        if self.format == "json":
            self.json(list(records))
        elif self.format == "csv":
            self.csv(records)
        elif not records:
            self.line(empty)
        else:
            self.table(columns, rows)

    def json(self, value: Any, *, err: bool = False) -> None:
        """One JSON document, readable, in UTF-8; hidden characters are escaped as JSON allows."""
        (self.err if err else self.out).write(as_json(value, indent=2) + "\n")

    def csv(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Records as CSV under their keys; a cell that a spreadsheet would run gets a leading `'`."""
        if not records:
            return
        writer = csv.writer(self.out, lineterminator="\n")
        writer.writerow(records[0])
        for record in records:
            writer.writerow(_cell(_without_erased(value)) for value in record.values())

    def warn(self, text: str) -> None:
        """One line on stderr that is not about this command: not with --quiet, nor where a script reads errors."""
        if not self.quiet and self.format != "json":
            self.out.flush()
            self.err.write(_("warning:") + f" {clean(text)}\n")

    # ---- what went wrong ------------------------------------------------------------------------

    def error(self, failure: Failure) -> None:
        """What went wrong, on stderr: for people one line and a hint, for scripts one object."""
        self.out.flush()
        if self.format == "json":
            shown = {
                "code": failure.code,
                "message": failure.message,
                "reasons": [{"code": code, "text": text} for code, text in failure.reasons],
                "hint": failure.hint or None,
            }
            self.json({"error": shown}, err=True)
            return
        # Sentences of others (click, SQLite) may hold line ends: here one sentence is one line.
        self.err.write(f"phoihop: {clean(' '.join(failure.message.split()))}\n")
        self.err.writelines(f"{clean(text)}\n" for text in failure.lines)
        if failure.hint:
            self.err.write(f"{_('hint:')} {clean(failure.hint)}\n")


def _without_erased(value: Any) -> Any:
    """`value` with null for every text that is erased."""
    if isinstance(value, str):
        return None if _ERASED.fullmatch(value) else value
    if isinstance(value, Mapping):
        return {key: _without_erased(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_erased(item) for item in value]
    return value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        value = ";".join(value)
    text = clean(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    return "'" + text if text.startswith(_FORMULA) else text
