"""What went wrong, as an exit code and a sentence. The one table of exit codes is here (interface.md)."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import click
import msgspec

from states.errors import BadFile, Refused
from workflow import errors
from workflow.commands.sheet import CsvFaults
from workflow.render.language import _, ngettext
from workflow.render.problem import place, problem_lines
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
    msgspec.MsgspecError: (9, "damaged"),  # a row of the database that is not what was written
}
INTERNAL = 10
FAILED = "failed"
"""The code of a sweep in which a case failed; it ends with `INTERNAL` too."""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)


def failure_of(error: Exception, context: Context) -> Failure:
    """`error` for people and scripts, in the words of the case it is about where one is known."""
    exit_code, code = next((found for kind, found in EXIT.items() if isinstance(error, kind)), (INTERNAL, "internal"))
    match error:
        case Refused():
            return _refused(error, context)
        case BadFile():
            head = _problems(len(error.problems), error.problems[0].file)
            lines = tuple(line for problem in error.problems for line in problem_lines(problem))
            reasons = tuple((p.code, f"{place(p)}: {sentence(p.text, p.values)}") for p in error.problems)
            return Failure(exit_code, code, head, reasons, lines=lines)
        case CsvFaults():
            head = _problems(error.count, error.path.name)
            lines = tuple(_line(error, number, fault, context) for number, fault in error.faults)
            return Failure(exit_code, code, head, tuple((code, line) for line in lines), lines=lines)
        case errors.WorkflowError():
            message = sentence(error.reason.text, error.reason.values, context.names)
            hint = sentence(error.hint, error.reason.values, context.names) if error.hint else ""
            doubt = isinstance(error, errors.WrongClock)
            if isinstance(error, errors.Busy) and not doubt and context.retry:  # it may have been done: the id tells
                hint = context.retry
            return Failure(exit_code, error.code, message, hint=hint)
        case msgspec.MsgspecError():
            message = _("the database is damaged: {detail}").format(detail=error)
            return Failure(exit_code, code, message, hint=_("restore the last good copy of the file"))
        case OSError():
            return _of_the_system(error)
        case click.exceptions.NoArgsIsHelpError():
            return Failure(exit_code, code, _("Missing command."), hint=_help_of(error))
        case click.UsageError():
            if isinstance(error, click.MissingParameter) and error.param is not None and error.param.metavar:
                error.param_hint = _(error.param.metavar)
            return Failure(exit_code, code, error.format_message(), hint=_help_of(error))
        case click.ClickException():
            return Failure(exit_code, code, error.format_message())
        case _:
            shown = f"{type(error).__name__}: {error}".splitlines()[0]
            message = _("internal error: {detail}").format(detail=shown)
            return Failure(exit_code, code, message, hint=_("run it again with -v to see where"))


def _of_the_system(error: OSError) -> Failure:
    """A file, or the output, that the system does not let us have."""
    full, detail = error.errno in _FULL, error.strerror or type(error).__name__
    text = _("cannot write: {detail}") if full else _("cannot read {path}: {detail}")
    exit_code, code = EXIT[errors.NoSpace if full else errors.NotFound]
    return Failure(exit_code, code, text.format(path=error.filename, detail=detail))


def _problems(count: int, file: str) -> str:
    return ngettext("{count} problem in {file}", "{count} problems in {file}", count).format(count=count, file=file)


def _line(error: CsvFaults, number: int, fault: errors.UsageError, context: Context) -> str:
    said = sentence(fault.reason.text, fault.reason.values, context.names)
    return _("{path}, line {line}: {detail}").format(path=error.path.name, line=number, detail=said)


def _refused(error: Refused, context: Context) -> Failure:
    names = context.names
    reasons = tuple((r.code, names.reason(r) if names else sentence(r.text, r.values)) for r in error.reasons)
    trigger = names.trigger(error.trigger) if names and error.trigger else error.trigger
    message = _("refused: {case}: cannot “{trigger}”: {reasons}").format(
        case=error.case or (names.process_label() if names else "-"),
        trigger=trigger,
        reasons="; ".join(text for __, text in reasons),
    )
    return Failure(EXIT[Refused][0], EXIT[Refused][1], message, reasons, context.way_out)


def _help_of(error: click.UsageError) -> str:
    return f"{error.ctx.command_path} --help" if error.ctx else "phoihop --help"
