"""Which commands there are, where each lives, and the first help page (at most 16 lines).

Nothing is imported here but the group: a name in `TABLE` is loaded when it is called.
"""

from __future__ import annotations

import click

from workflow.commands.group import LazyGroup
from workflow.render.language import N_

TABLE = {
    "demo": "workflow.commands.demo:command_demo",
    "init": "workflow.commands.init:command_init",
    "open": "workflow.commands.open:command_open",
    "advance": "workflow.commands.advance:command_advance",
    "extend": "workflow.commands.clock:command_extend",
    "waive": "workflow.commands.clock:command_waive",
    "suspend": "workflow.commands.clock:command_suspend",
    "resume": "workflow.commands.clock:command_resume",
    "nudge": "workflow.commands.clock:command_nudge",
    "correct": "workflow.commands.mend:command_correct",
    "undo": "workflow.commands.mend:command_undo",
    "assign": "workflow.commands.mend:command_assign",
    "link": "workflow.commands.mend:command_link",
    "erase": "workflow.commands.mend:command_erase",
    "show": "workflow.commands.show:command_show",
    "why": "workflow.commands.why:command_why",
    "history": "workflow.commands.history:command_history",
    "files": "workflow.commands.files:command_files",
    "inbox": "workflow.commands.lists:command_inbox",
    "stuck": "workflow.commands.lists:command_stuck",
    "overdue": "workflow.commands.lists:command_overdue",
    "board": "workflow.commands.lists:command_board",
    "find": "workflow.commands.lists:command_find",
    "sweep": "workflow.commands.sweep:command_sweep",
    "worker": "workflow.commands.worker:command_worker",
    "audit": "workflow.commands.audit:command_audit",
    "rules": "workflow.commands.rules:command_rules",
    "calendar": "workflow.commands.calendar:command_calendar",
    "agency": "workflow.commands.agency:command_agency",
    "officer": "workflow.commands.officer:command_officer",
    "doctor": "workflow.commands.doctor:command_doctor",
    "db": "workflow.commands.db:command_db",
    "away": "workflow.commands.officer:command_my_leave",
}

PAGE = (
    ("demo, init", N_("matters on a virtual clock; a database")),
    ("open, advance", N_("open a case; fire a trigger, or see what can be done")),
    ("show, history, why", N_("a case on one card; every event; who is late and why")),
    ("inbox, find", N_("what an agency owes, soonest first; cases by words")),
    ("nudge, extend, waive", N_("remind of a duty; more time for it; let it go")),
    ("suspend, resume", N_("stop the clock of a case; let it run again")),
    ("correct, undo, assign", N_("put right a wrong fact, act or agency")),
    ("link, erase, files", N_("related cases; a text that must go; files")),
    ("stuck, overdue, board", N_("what does not move; what is late; one screen")),
    ("sweep, worker", N_("one pass over what is due; the same for ever")),
    ("audit, db, doctor", N_("is the record whole, and all as it should be?")),
    ("rules, calendar", N_("rules files; working days; publishing new ones")),
    ("agency, officer, away", N_("the register: who there is, and who is away")),
)


@click.command(
    "phoihop",
    cls=LazyGroup,
    table=TABLE,
    page=PAGE,
    invoke_without_command=True,
    help=N_("Cases between agencies, taken through agreed rules. Bare: my desk."),
)
@click.option("--version", is_flag=True, hidden=True)
@click.pass_context
def group(ctx: click.Context, version: bool) -> int | None:
    """The command `phoihop`. Bare, it shows the desk."""
    if version:
        ctx.obj.screen.line(f"phoihop {ctx.obj.version}")
        ctx.exit()
    if ctx.invoked_subcommand is None:
        from workflow.commands.lists import command_desk

        code: int | None = ctx.invoke(command_desk)
        return code
    return None
