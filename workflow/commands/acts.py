"""What the commands that write have in common: the options of an act, reading a case, the answer."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import click

from states.case import Case, Document
from states.commands import Command, Office, Outcome
from workflow.commands.asking import need
from workflow.commands.carrying import attached_of, refuse_secret
from workflow.commands.context import Context
from workflow.commands.parse import text
from workflow.commands.values import Border
from workflow.engine import Engine
from workflow.filing import Attached
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
    received: str | None = None
    arrival: str | None = None
    on: str | None = None
    reason: str | None = None
    files: tuple[str, ...] = ()
    marking: str | None = None
    override: str | None = None
    if_version: int | None = None
    request_id: str | None = None

    @cached_property
    def attached(self) -> tuple[Attached, ...]:
        """The files, read once."""
        return attached_of(self.files)

    @property
    def bodies(self) -> dict[str, bytes]:
        """The bytes of the files, by SHA-256."""
        return {one.file.sha256: one.body for one in self.attached}

    def of_document(self, border: Border) -> Document | None:
        """The document that carries the act, if one was typed."""
        return border.document(self.document, self.dated, self.received, self.arrival)

    def carried(self, border: Border, case: Case | None = None) -> dict[str, Any]:
        """What every command takes of it: document, reason, files, its date. Raises `NotAllowed` for a secret."""
        if self.marking is not None:
            refuse_secret(text("--marking", self.marking, most=100))
        override = self.override
        return {
            "override": text("--override-identity", override, most=500) if override is not None else None,
            "files": tuple(one.file for one in self.attached),
            "document": self.of_document(border),
            "reason": border.text("--reason", self.reason) if self.reason is not None else None,
            "on": border.on(self.on, case.opened_on if case else None) if self.on is not None else None,
        }


Option = Callable[[Callable[..., Any]], Callable[..., Any]]

SET: tuple[Option, ...] = (
    click.option(
        "--set", "settings", multiple=True, metavar=N_("FIELD=VALUE"), help=N_("record a field of the process")
    ),
)
FIELDS: tuple[Option, ...] = (
    click.option(
        "--with", "parties", multiple=True, metavar=N_("CAPACITY=AGENCY"), help=N_("name an agency into a capacity")
    ),
    *SET,
    click.option(
        "--row", nargs=2, multiple=True, metavar=N_("FIELD ROW"), help=N_('one row of a table: "column=value; ..."')
    ),
    click.option("--rows", multiple=True, metavar=N_("FIELD=FILE.csv"), help=N_("all rows of a table, from a file")),
)
ON: tuple[Option, ...] = (
    click.option("--on", metavar=N_("DATE"), help=N_("when it happened, if not now: a date, or a date and a time")),
)
SIGNED: tuple[Option, ...] = (
    click.option("--reason", metavar=N_("TEXT"), help=N_("why")),
    click.option("--document", metavar=N_("NUMBER:DATE"), help=N_("the document that carries the act")),
    click.option("--dated", metavar=N_("DATE"), help=N_("its date, where --document gives the number alone")),
    click.option("--received", metavar=N_("DATE"), help=N_("the day the document came in")),
    click.option("--arrival", metavar=N_("NUMBER"), help=N_("its arrival number")),
    click.option("--marking", metavar=N_("MARK"), help=N_("the secrecy marking on the document, if it bears one")),
    click.option("--file", "files", multiple=True, metavar=N_("PATH"), help=N_("a file to keep with the act")),
    click.option(
        "--request-id", metavar=N_("ID"), help=N_("of a command that is sent again: done once, answered twice")
    ),
    click.option("--override-identity", "override", metavar=N_("REASON"), help=N_("why a person's number must stand")),
)
VERSION: tuple[Option, ...] = (
    click.option("--if-version", type=int, metavar=N_("VERSION"), help=N_("only if the case is still at this version")),
)


def act_options(*groups: Sequence[Option]) -> Option:
    """Give a command the options of an act, by groups; they arrive together as `act`."""

    def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
        def gathered(context: Context, /, **values: Any) -> Any:
            typed = {name: values.pop(name) for name in Typed.__dataclass_fields__ if name in values}
            return function(context, act=Typed(**typed), **values)

        gathered.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]  # click's own mark
        for option in reversed([option for group in groups for option in group]):
            gathered = option(gathered)
        return gathered

    return decorated


def explained(context: Context, act: Typed) -> Typed:
    """`act` with its reason, asked for on a terminal where it is missing."""
    return replace(act, reason=need(context, "--reason", act.reason, _("reason")))


def signed(context: Context, act: Typed, border: Border, case: Case | None = None) -> dict[str, Any]:
    """What every act with a reason carries, and the id of its request."""
    return noted(context, explained(context, act), border, case)


def noted(context: Context, act: Typed, border: Border, case: Case | None = None) -> dict[str, Any]:
    """What every act carries, with a reason or without, and the id of its request."""
    return {**act.carried(border, case), "request": context.request(act.request_id)}


def submit(context: Context, engine: Engine, office: Office, case: Case, command: Command, act: Typed) -> None:
    """Run `command` on `case`, and answer."""
    answer(context, office, engine.submit(case.case, command, context.now, act.if_version, act.bodies))


def begin(context: Context, case: str | None) -> tuple[Engine, Office, Case, Border]:
    """The engine, and the case that was typed with the office it is judged by."""
    typed = need(context, "CASE", case, _("case number"))
    engine = context.engine()
    office, found = engine.look(engine.number(text("CASE", typed), context.now))
    context.speak(office, found.process)
    return engine, office, found, Border(office, office.process(found), context.now)


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
