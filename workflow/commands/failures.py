"""What went wrong, as an exit code and a sentence. The one table of exit codes is here (interface.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from states.errors import BadFile, Problem, Refused
from workflow import errors
from workflow.render.language import _, ngettext
from workflow.render.screen import Failure
from workflow.render.words import sentence

if TYPE_CHECKING:
    from workflow.commands.context import Context

EXIT: dict[type[BaseException], tuple[int, str]] = {
    Refused: (1, "refused"),
    errors.UsageError: (2, "usage"),
    click.ClickException: (2, "usage"),
    BadFile: (3, "bad_file"),
    errors.Conflict: (4, "conflict"),
    errors.NotAllowed: (5, "not_allowed"),
    errors.NotFound: (6, "not_found"),
    errors.Busy: (7, "busy"),
    errors.NoSpace: (8, "read_only"),
    errors.Damaged: (9, "damaged"),
    errors.BrokenCase: (9, "damaged"),
}
INTERNAL = 10


def failure_of(error: Exception, context: Context) -> Failure:
    """`error` for people and scripts, in the words of the case it is about where one is known."""
    exit_code, code = next((found for kind, found in EXIT.items() if isinstance(error, kind)), (INTERNAL, "internal"))
    match error:
        case Refused():
            return _refused(error, context)
        case BadFile():
            count = len(error.problems)
            head = ngettext("{count} problem in {file}", "{count} problems in {file}", count)
            lines = [head.format(count=count, file=error.problems[0].file), *map(_problem, error.problems)]
            reasons = tuple((p.code, sentence(p.text, p.values)) for p in error.problems)
            return Failure(exit_code, code, "\n".join(lines), reasons)
        case errors.WorkflowError():
            message = sentence(error.reason.text, error.reason.values, context.names)
            hint = sentence(error.hint, error.reason.values, context.names) if error.hint else ""
            return Failure(exit_code, error.code, message, hint=hint)
        case click.UsageError():
            return Failure(exit_code, code, error.format_message(), hint=_help_of(error))
        case click.ClickException():
            return Failure(exit_code, code, error.format_message())
        case _:
            shown = f"{type(error).__name__}: {error}".splitlines()[0]
            message = _("internal error: {detail}").format(detail=shown)
            return Failure(exit_code, code, message, hint=_("run it again with -v to see where"))


def _refused(error: Refused, context: Context) -> Failure:
    names = context.names
    reasons = tuple((r.code, names.reason(r) if names else sentence(r.text, r.values)) for r in error.reasons)
    trigger = names.trigger(error.trigger) if names and error.trigger else error.trigger
    message = _("refused: {case}: cannot “{trigger}”: {reasons}").format(
        case=error.case or "-", trigger=trigger, reasons="; ".join(text for __, text in reasons)
    )
    return Failure(EXIT[Refused][0], EXIT[Refused][1], message, reasons, context.way_out)


def _problem(problem: Problem) -> str:
    where = f"{problem.file}:{problem.line}:{problem.column} {problem.code}"
    said = f"{where} {sentence(problem.text, problem.values)}"
    if problem.hint:
        said += "\n  " + _("hint:") + " " + sentence(problem.hint, problem.hint_values)
    return said


def _help_of(error: click.UsageError) -> str:
    return f"{error.ctx.command_path} --help" if error.ctx else "phoihop --help"
