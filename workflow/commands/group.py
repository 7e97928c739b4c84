"""How a command is declared, and the groups that load commands only when they are called.

    @command(
        "waive",
        help=N_("Let a duty go, where the rules allow it."),
        example='phoihop waive VV-7 xac-nhan --as btg --reason "..."',
    )
    @click.argument("case", required=False, metavar=N_("CASE"))     # asked for on a terminal: see asking.need
    @click.option("--reason", metavar=N_("TEXT"), help=N_("why"))
    def command_waive(context: Context, case: str, reason: str | None) -> None: ...

The declared object is what the table in `commands/table.py` names (`workflow.commands.waive:command_waive`).
Help texts are msgids and are translated when printed. Every command takes the options of `options.py`;
`fields=True` lets it take the fields of a process as options too (they arrive in `context.words`).
A command may return an exit code; None is 0.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from workflow.commands.options import HelpOption, common_options
from workflow.render.language import _

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

MARGIN = 2


class Translated(click.Command):
    """A command whose help is msgids, translated when printed, and which takes the common options."""

    example = ""

    def __init__(self, *args: Any, example: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.example = example
        self._common: list[click.Parameter] = [*common_options(), HelpOption()]

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        return [*self.params, *self._common]

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        return None  # it is among the common options

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        names = [param.metavar or "" for param in self.params if isinstance(param, click.Argument)]
        return [*(_(name) for name in names), _("[OPTIONS]")]

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        for line in textwrap.wrap(
            _(self.help) if self.help else "", formatter.width - 2 * MARGIN, break_on_hyphens=False
        ):
            formatter.write(" " * MARGIN + line + "\n")
        if self.example:
            with formatter.section(_("Example")):
                for line in self.example.splitlines():
                    formatter.write(" " * MARGIN + line + "\n")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with _translated(self.get_params(ctx)):
            own = _records(self.params, ctx)
            common = _records(self._common, ctx)
        for title, records in ((_("Options"), own), (_("Options on every command"), common)):
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)

    def get_short_help_str(self, limit: int = 45) -> str:
        return _(self.help) if self.help else ""


@contextmanager
def _translated(params: list[click.Parameter]) -> Any:
    """Help texts and metavars of `params` in the language in use, for as long as they are printed."""
    before = [(p, p.help, p.metavar) for p in params if isinstance(p, click.Option)]
    try:
        for param, text, metavar in before:
            param.help = _(text) if text else text
            param.metavar = _(metavar) if metavar else metavar
        yield
    finally:
        for param, text, metavar in before:
            param.help, param.metavar = text, metavar


def _records(params: list[click.Parameter], ctx: click.Context) -> list[tuple[str, str]]:
    found = (param.get_help_record(ctx) for param in params if isinstance(param, click.Option))
    return [record for record in found if record is not None]


class LazyGroup(Translated, click.Group):
    """A group that knows its commands by name and imports one only to run it or to print its help.

    `table` maps a name to `module:attribute`; `page` is the help page: several names with one sentence.
    """

    def __init__(
        self,
        *args: Any,
        table: Mapping[str, str],
        page: tuple[tuple[str, str], ...] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.table, self.page = table, page

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.table:
            return None
        module, attribute = self.table[cmd_name].split(":")
        found = getattr(import_module(module), attribute)
        assert isinstance(found, click.Command)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.table:
            if args[0].startswith("-"):
                raise click.NoSuchOption(args[0], ctx=ctx)
            raise click.exceptions.NoSuchCommand(args[0], possibilities=self.table, ctx=ctx)
        ctx.obj.place = len(ctx.obj.args) - len(args) + 1
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        from click.shell_completion import CompletionItem

        return [CompletionItem(name) for name in self.table if name.startswith(incomplete)]

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [_("[OPTIONS]"), _("COMMAND [ARGS]...")]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_dl([(names, _(text)) for names, text in self.page])
        formatter.write_paragraph()
        formatter.write_text(_("On every command: --as AGENCY --db PATH --format json|csv --lang vi|en --help"))


def command(
    name: str, *, help: str, example: str, fields: bool = False
) -> Callable[[Callable[..., int | None]], Translated]:
    """Declare a command: `help` is a msgid, `example` what one types (shown as it stands)."""
    settings = {"ignore_unknown_options": True, "allow_extra_args": True} if fields else {}

    def declare(function: Callable[..., int | None]) -> Translated:
        @click.pass_context
        def call(ctx: click.Context, /, **values: Any) -> int | None:
            ctx.obj.words = list(ctx.args)
            return function(ctx.obj, **values)

        call.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]  # click's own mark
        made = click.command(name, cls=Translated, help=help, example=example, context_settings=settings)(call)
        assert isinstance(made, Translated)
        return made

    return declare
