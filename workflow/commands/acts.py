"""What the commands that write have in common: the options of an act, reading a case, the answer."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click

from states.case import Case
from states.commands import Office, Outcome
from workflow.commands.asking import need
from workflow.commands.context import Context
from workflow.commands.parse import text
from workflow.commands.values import Border
from workflow.engine import Engine
from workflow.render.json import outcome_json
from workflow.render.language import N_, _
from workflow.render.story import details, headline


@dataclass(frozen=True)
class Typed:
    """What an act carries, as typed."""

    settings: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    row: tuple[tuple[str, str], ...] = ()
    rows: tuple[str, ...] = ()
    document: str | None = None
    dated: str | None = None
    reason: str | None = None
    request_id: str | None = None


def request_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """The option by which a retry is told from a second act."""
    return click.option(
        "--request-id", metavar=N_("ID"), help=N_("of a command that is sent again: done once, answered twice")
    )(function)


def act_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of an act; they arrive together as `act`."""

    def gathered(context: Context, /, **values: Any) -> Any:
        carried = {name: values.pop(name) for name in Typed.__dataclass_fields__}
        return function(context, act=Typed(**carried), **values)

    gathered.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]  # click's own mark
    options = (
        click.option(
            "--with", "parties", multiple=True, metavar=N_("CAPACITY=AGENCY"), help=N_("name an agency into a capacity")
        ),
        click.option("--document", metavar=N_("NUMBER:DATE"), help=N_("the document that carries the act")),
        click.option("--dated", metavar=N_("DATE"), help=N_("its date, where --document gives the number alone")),
        click.option("--reason", metavar=N_("TEXT"), help=N_("why")),
        click.option(
            "--set", "settings", multiple=True, metavar=N_("FIELD=VALUE"), help=N_("record a field of the process")
        ),
        click.option(
            "--row", nargs=2, multiple=True, metavar=N_("FIELD ROW"), help=N_('one row of a table: "column=value; ..."')
        ),
        click.option(
            "--rows", multiple=True, metavar=N_("FIELD=FILE.csv"), help=N_("all rows of a table, from a file")
        ),
    )
    for option in reversed((*options, request_option)):
        gathered = option(gathered)
    return gathered


@contextmanager
def begin(context: Context, case: str | None) -> Iterator[tuple[Engine, Office, Case, Border]]:
    """The engine, and the case that was typed with the office it is judged by."""
    typed = need(context, "CASE", case, _("case number"))
    engine = context.engine()
    office, found = engine.look(engine.number(text("CASE", typed), context.now))
    context.speak(office, found.process)
    yield engine, office, found, Border(office, office.process(found), context.now)


def answer(context: Context, office: Office, outcome: Outcome) -> None:
    """What a command changed: for scripts the case and its events, for people what happened."""
    screen, case = context.screen, outcome.case
    if outcome.again:
        screen.note(_("This was done already. What it did then:"))
    if screen.format in ("json", "csv"):
        record = outcome_json(office, case, outcome.events, context.now)
        screen.json(record) if screen.format == "json" else screen.csv([record])
        return
    names = context.speak(office, case.process)
    for event in outcome.events:
        screen.line(f"{case.case}: {headline(names, event)}", "bold")
        screen.items((text, "") for text in details(names, event))
    command = shlex.join(["phoihop", "show", case.case, *context.repeat])
    screen.note(_("See it: {command}").format(command=command), copy=True)
