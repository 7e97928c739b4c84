"""From argv to exit code: the language, the screen, the command, and whatever goes wrong on the way.

Nothing but this module ends a run, and it never shows a traceback unless asked with -v.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime

import click

from workflow.commands.completion import VARIABLE, complete_shell
from workflow.commands.context import Context
from workflow.commands.options import FORMATS
from workflow.commands.table import group
from workflow.render import language
from workflow.render.screen import Screen

INTERRUPTED = 130


def run(args: Sequence[str], clock: Callable[[], datetime], version: str) -> int:
    """Run `phoihop ARGS` by `clock` (aware UTC). Returns the exit code."""
    language.use(language.choose(_peek(args, "--lang"), os.environ))
    screen = Screen()
    wanted = _peek(args, "--format")
    screen.format = wanted if wanted in FORMATS else None
    context = Context(clock=clock, screen=screen, version=version, args=list(args))
    context.verbose = "-v" in args or "--verbose" in args
    try:
        try:
            if instruction := context.environ.get(VARIABLE):
                return complete_shell(group, context, instruction)
            return call_or_tell(list(args), context)
        finally:
            context.close()
            screen.out.flush()
    except BrokenPipeError:
        _silence()
        return 0
    except OSError as error:  # the output is full: what could not be written is given up
        _silence()
        return _tell(error, context)
    except (KeyboardInterrupt, click.Abort):
        screen.err.write("\n")
        return INTERRUPTED


def call_or_tell(args: list[str], context: Context) -> int:
    """Run one command line; what goes wrong is told on the screen. Returns the exit code."""
    try:
        return _call(args, context)
    except (BrokenPipeError, click.Abort):
        raise
    except Exception as error:
        return _tell(error, context)


def _tell(error: Exception, context: Context) -> int:
    from workflow.commands.failures import INTERNAL, failure_of

    failure = failure_of(error, context)
    if context.verbose and failure.exit == INTERNAL:
        failure = failure._replace(lines=tuple(traceback.format_exc().splitlines()), hint="")
    context.screen.error(failure)
    return failure.exit


def _call(args: list[str], context: Context) -> int:
    try:
        with group.make_context("phoihop", args, obj=context) as ctx:
            result = group.invoke(ctx)
            if context.asked or context.asked_first:
                from workflow.commands.asking import print_command

                print_command(context)
            context.warn()
    except click.exceptions.Exit as end:
        return end.exit_code
    return result if isinstance(result, int) else 0


def _peek(args: Sequence[str], option: str) -> str | None:
    """The value of `option` before anything is parsed: mistakes, too, are told in the right form."""
    found = None
    for place, arg in enumerate(args):
        if arg == "--":
            break
        if arg == option and place + 1 < len(args):
            found = args[place + 1]
        elif arg.startswith(option + "="):
            found = arg.removeprefix(option + "=")
    return found


def _silence() -> None:
    """Nothing more can be written: leave nothing for the interpreter to flush at its end."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (AttributeError, OSError, ValueError):  # no stream, or none of the system's
        pass
