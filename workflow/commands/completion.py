"""What the shell offers when Tab is pressed: commands, cases, triggers, duties, agencies, processes.

    eval "$(_PHOIHOP_COMPLETE=bash_source phoihop)"        # or zsh_source, fish_source

Whatever goes wrong while completing (no database, no such case) offers nothing: Tab must never break a line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from states.errors import PhoihopError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from states.case import Case
    from states.commands import Office
    from workflow.commands.context import Context

VARIABLE = "_PHOIHOP_COMPLETE"
MOST = 50
Offer = Iterable[tuple[str, str]]
"""Words with what they mean."""
Completer = Callable[[click.Context, click.Parameter, str], "list[CompletionItem]"]


def complete_shell(group: click.Group, context: Context, instruction: str) -> int:
    """Answer the shell. `instruction` is what click's own scripts put into `_PHOIHOP_COMPLETE`."""
    from click.shell_completion import shell_complete

    return shell_complete(group, {"obj": context}, "phoihop", VARIABLE, instruction)


def offering(find: Callable[[Context, click.Context, str], Offer]) -> Completer:
    """A completer out of `find(context, ctx, start)`; only words that begin with what was typed are offered."""

    def complete(ctx: click.Context, _param: click.Parameter, start: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        try:
            found = [item for item in find(ctx.find_root().obj, ctx, start) if item[0].startswith(start)]
        except PhoihopError:
            return []
        return [CompletionItem(word, help=meaning) for word, meaning in found[:MOST]]

    return complete


@offering
def cases(context: Context, _ctx: click.Context, start: str) -> Offer:
    """Open cases, newest first, with their titles."""
    from workflow.find import open_cases

    return [(one.case, one.title) for one in open_cases(context.engine(), start, MOST)]


def _meant(context: Context, ctx: click.Context) -> tuple[Office, Case]:
    """The case typed before, and the office it is judged by. Raises what no case does, where none was typed."""
    engine = context.engine()
    return engine.look(engine.number(ctx.params.get("case") or "", context.now))


@offering
def triggers(context: Context, ctx: click.Context, _start: str) -> Offer:
    """What `--as` can do now in the case typed before; without `--as`, every trigger of its process."""
    from states.options import options
    from workflow.render.steps import typed_trigger

    office, case = _meant(context, ctx)
    names = context.speak(office, case.process)
    process = office.process(case)
    if context.by is not None:
        agency = context.agency(office.agencies)
        acting = office.acting(agency, context.now) or agency
        found = [option.trigger for option in options(office, case, acting, context.now) if option.allowed]
    else:
        found = [line.trigger for line in process.transitions if line.label]
    return [(typed_trigger(names, name), names.trigger(name)) for name in dict.fromkeys(found)]


@offering
def duties(context: Context, ctx: click.Context, _start: str) -> Offer:
    """The duties that are open in the case typed before."""
    office, case = _meant(context, ctx)
    names = context.speak(office, case.process)
    return [(duty.id, names.duty(duty)) for duty in case.alive if duty.agency]


@offering
def agencies(context: Context, _ctx: click.Context, _start: str) -> Offer:
    office = context.engine().office()
    names = context.speak(office)
    return [(code, names.agency(code)) for code in office.agencies]


@offering
def processes(context: Context, _ctx: click.Context, _start: str) -> Offer:
    office = context.engine().office()
    names = context.speak(office)
    return [(name, names.process_label(name)) for name in office.ruleset.processes]
