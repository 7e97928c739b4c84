"""Questions on a terminal: what a command lacks is asked for, and the full command is printed to copy.

Without a terminal nothing ever asks: the refusal says what is missing.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from typing import Any

import click
import msgspec

from states.commands import Advance, Open, Outcome
from states.errors import Reason, Refused
from workflow.commands.context import Context
from workflow.commands.values import Border
from workflow.errors import UsageError
from workflow.render.language import _
from workflow.render.screen import clean
from workflow.render.steps import MISSING, argument

ROUNDS = 8  # questions in a row before giving up


def ask(context: Context, question: str) -> str:
    """One line from the person at the terminal, who takes their time. The end of input interrupts the run."""
    context.screen.out.write(clean(question) + ": ")
    context.screen.out.flush()
    answer = sys.stdin.readline()
    context.look()
    if not answer:
        raise click.Abort
    return answer.strip()


def need(context: Context, name: str, given: str | None, question: str) -> str:
    """The argument or option `name`: as given, else asked for, else a usage error."""
    if given is not None:
        return given
    if not context.screen.asks:
        raise click.MissingParameter(param_hint=_(name), param_type="option" if name.startswith("-") else "argument")
    answer = ask(context, question)
    if name.startswith("-"):
        context.asked += [name, answer]
    else:
        context.asked_first.append(answer)
    return answer


def complete(context: Context, border: Border, command: Open | Advance, submit: Callable[[Any], Outcome]) -> Outcome:
    """Submit `command`; on a terminal ask for what the rules find missing, and submit again."""
    for __ in range(ROUNDS):
        try:
            return submit(command)
        except Refused as refused:
            if not context.screen.asks or not all(_askable(reason) for reason in refused.reasons):
                raise
            for reason in refused.reasons:
                command = _with(context, border, command, reason)
    return submit(command)


def print_command(context: Context) -> None:
    """After questions: the command that would have needed none."""
    context.screen.note(_("The same in one line:"))
    context.screen.note("  " + shlex.join(context.typed), copy=True)


def _askable(reason: Reason) -> bool:
    return reason.code in MISSING and "." not in str(reason.values.get("field", ""))


def _with(context: Context, border: Border, command: Open | Advance, reason: Reason) -> Open | Advance:
    """`command` with the answer to what `reason` says is missing. A wrong answer is asked for again."""
    for __ in range(ROUNDS):
        try:
            return _answered(context, border, command, reason)
        except UsageError as wrong:
            from workflow.commands.failures import failure_of

            context.screen.error(failure_of(wrong, context))
    raise click.Abort


def _answered(context: Context, border: Border, command: Open | Advance, reason: Reason) -> Open | Advance:
    names = context.names
    assert names is not None, "a refusal is about a process"
    if reason.code == "document_required":
        given = ask(context, _("document") + " (" + _("NUMBER:DATE") + ")")
        document = border.document(given, None)
        context.asked += ["--document", given]
        return msgspec.structs.replace(command, document=document)
    if reason.code == "reason_required":
        given = ask(context, _("reason"))
        why = border.text("--reason", given)
        context.asked += ["--reason", given]
        return msgspec.structs.replace(command, reason=why)
    if reason.code == "party_required":
        capacity = str(reason.values["capacity"])
        given = ask(context, f"{names.capacity(capacity)} ({', '.join(border.office.agencies)})")
        parties = border.parties([f"{capacity}={given}"])
        context.asked += ["--with", f"{capacity}={given}"]
        return msgspec.structs.replace(command, parties={**command.parties, **parties})
    name = str(reason.values["field"])
    field = border.process.fields[name]
    hint = argument(names, name).split(" ", 2 if field.type == "rows" else 1)[-1].strip('"')
    given = ask(context, f"{names.field(name)} ({hint})")
    if field.type == "rows":
        value = border.fields([], [], [(name, given)], [])[name]
        context.asked += ["--row", name, given]
    else:
        value = border.value(name, field, given)
        context.asked += ["--set", f"{name}={given}"]
    return msgspec.structs.replace(command, fields={**command.fields, name: value})
