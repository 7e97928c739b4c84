"""The options every command takes, before or after its name.

    --db --as --format --lang --quiet --no-color -v --help, and --now (hidden, practice only)

Each writes what was given into the `Context`; what stands after the command's name wins. Help texts are
msgids, translated when printed.
"""

from __future__ import annotations

from typing import Any

import click

from workflow.commands.completion import agencies
from workflow.render.language import N_

FORMATS = ("table", "json", "csv")


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    if value is not None and value is not False and param.name is not None:
        ctx.obj.set_option(param.name, value)
    return value


class HelpOption(click.Option):
    """`--help`, `-h`: prints the page and ends the run."""

    def __init__(self) -> None:
        super().__init__(
            ["--help", "-h", "help_page"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=self._show,
            help=N_("this page"),
        )

    @staticmethod
    def _show(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            for text in ctx.get_help().splitlines():
                ctx.obj.screen.copy(text)  # it is as wide as the terminal already, and its examples are to copy
            ctx.exit()


def common_options() -> list[click.Option]:
    """A fresh set of the options every command takes."""
    options: list[tuple[list[str], dict[str, Any]]] = [
        (
            ["--as", "by"],
            {
                "metavar": N_("AGENCY"),
                "help": N_("whose act it is, or whose desk: code or name"),
                "shell_complete": agencies,
            },
        ),
        (["--db"], {"metavar": N_("PATH"), "help": N_("the database (else PHOIHOP_DB, else your practice one)")}),
        (
            ["--format"],
            {"type": click.Choice(FORMATS), "help": N_("table for people, json or csv for scripts")},
        ),
        (
            ["--lang"],
            {"type": click.Choice(("vi", "en")), "help": N_("language (else PHOIHOP_LANG, else LANG)")},
        ),
        (["--quiet", "-q"], {"is_flag": True, "help": N_("only what was asked for")}),
        (["--no-color"], {"is_flag": True, "help": N_("no colours (NO_COLOR does the same)")}),
        (["--verbose", "-v"], {"is_flag": True, "help": N_("when something breaks, show where")}),
        (["--now"], {"metavar": N_("INSTANT"), "hidden": True}),
    ]
    return [click.Option(names, expose_value=False, callback=_keep, **kw) for names, kw in options]
