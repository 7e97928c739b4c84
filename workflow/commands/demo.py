"""`phoihop demo`: stories from the plan on a virtual clock, told as they happen, then the board.

Each step is a command line that goes through the same parser and the same engine as one typed by hand.
"""

from __future__ import annotations

import io
import shlex
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click

from workflow.commands.context import Context, database_at
from workflow.commands.group import command
from workflow.commands.lists import command_board
from workflow.commands.parse import text
from workflow.commands.run import call_or_tell
from workflow.commands.sweep import tell
from workflow.engine import Engine
from workflow.identity import known
from workflow.location import shown
from workflow.render.language import N_, _
from workflow.render.screen import Screen
from workflow.render.words import Names
from workflow.setup import set_up
from workflow.shipped import shipped
from workflow.stories import DESK, LAST, STORIES, Story
from workflow.sweep import next_due, sweep


@command(
    "demo",
    help=N_("Stories from the plan on a virtual clock, told as they happen, then the board. They are invented."),
    example="phoihop demo --lang vi --keep thu.db",
)
@click.option("--keep", metavar=N_("FILE"), help=N_("keep the practice database in this file, to play on"))
def command_demo(context: Context, keep: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = database_at(text("--keep", keep)) if keep is not None else Path(folder, "demo.db")
        teller = Teller(context, path)
        try:
            teller.tell()
        finally:
            teller.engine.close()
    if keep is not None:
        context.screen.note(_("To play on, on the same clock:"))
        repeat = ["--db", shown(path), "--now", teller.now.isoformat()]
        context.screen.note("  " + shlex.join(["phoihop", "--as", DESK, *repeat]), copy=True)


class Teller:
    """Tells the stories: one database, one clock that only goes forward."""

    def __init__(self, context: Context, path: Path | str) -> None:
        self.context, self.screen = context, context.screen
        if self.screen.format in ("json", "csv"):  # a script reads the board, not the stories
            self.screen = Screen(io.StringIO(), io.StringIO())
        rules = shipped("escalation_rules.yaml")
        self.engine: Engine = set_up(path, rules=rules, now=_instant(STORIES[0].steps[0].at), practice=True)
        self.engine.who = known(self.engine.database, self.context.read)
        office = self.engine.office()
        self.names = Names(office.ruleset, agencies=office.agencies, zone=office.clock.zone)
        self.now = _instant(STORIES[0].steps[0].at)

    def tell(self) -> None:
        """Every story, then the board."""
        self.screen.line(_("These stories are invented. Only the projects and agencies are those of the plan."), "bold")
        for story in STORIES:
            self._story(story)
        self._until(_instant(LAST))
        self.screen.line()
        self.screen.line(_("The board, {instant}").format(instant=self.names.moment(self.now)), "bold")
        board = self._context(self.context.screen)
        with click.Context(command_board, obj=board) as ctx:
            ctx.invoke(command_board)

    def _story(self, story: Story) -> None:
        self.screen.line()
        self.screen.line(f"=== {_(story.title)} ===", "bold")
        self.screen.line(_(story.about))
        for step in story.steps:
            self._until(_instant(step.at))
            self.screen.line()
            self.screen.line(self.names.moment(self.now))
            typed = _(step.typed)
            self.screen.copy(f"$ phoihop {typed}")
            told = Screen(self.screen.out, self.screen.out)
            told.quiet, told.colour = True, self.screen.colour
            exit_code = call_or_tell(shlex.split(typed), self._context(told))
            if exit_code != step.exit:
                raise RuntimeError(f"the demo's step ended with {exit_code}: {typed}")

    def _until(self, end: datetime) -> None:
        """Let the clock run to `end`. What falls due on the way happens at its instant."""
        while (at := next_due(self.engine)) is not None and at <= end:
            self.now = max(self.now, at)
            report = sweep(self.engine, self.now)
            if not report.due:
                break
            self.screen.line()
            self.screen.line(_("{instant}: the scheduler").format(instant=self.names.moment(self.now)))
            tell(self.screen, report.swept, self.names)
        self.now = end

    def _context(self, screen: Screen) -> Context:
        context = self.context
        return Context(
            clock=lambda: self.now,
            screen=screen,
            version=context.version,
            environ=context.environ,
            verbose=context.verbose,
            _engine=self.engine,
        )


def _instant(local: str) -> datetime:
    """A local time of the stories, which happen in Vietnam (seven hours ahead, without summer time)."""
    return datetime.fromisoformat(f"{local}:00+07:00").astimezone(UTC)
