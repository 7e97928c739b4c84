"""`phoihop worker`: sweeps for ever. What it does it says on stderr, one line for each event."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from workflow.commands import parse
from workflow.commands.context import Context
from workflow.commands.group import command
from workflow.engine import Engine
from workflow.reasons import plain
from workflow.render.language import N_
from workflow.render.screen import as_json, clean
from workflow.render.words import sentence
from workflow.worker import Clock, Worker, run


@command(
    "worker",
    help=N_(
        "Sweep for ever: every 30 seconds, and sooner when something falls due. Several on one server share the work."
        " SIGTERM stops it after the transaction at hand."
    ),
    example="phoihop worker --every 30s --metrics-file /var/lib/node_exporter/phoihop.prom",
)
@click.option("--every", default="30s", metavar=N_("TIME"), help=N_("how often it looks (30s, 5m)"))
@click.option("--metrics-file", metavar=N_("FILE"), help=N_("what was done and what waits, for Prometheus"))
def command_worker(context: Context, every: str, metrics_file: str | None) -> int:
    context.warned = True
    clock = Clock(context.now - context.read)
    path = Path(parse.text("--metrics-file", metrics_file)) if metrics_file is not None else None

    def connect() -> Engine:
        return context.engine()

    handler = logging.StreamHandler(context.screen.err)
    handler.setFormatter(Lines(clock, as_json=context.screen.format == "json"))
    log = logging.getLogger("phoihop")
    log.addHandler(handler)
    before, level = log.propagate, log.level
    log.propagate = False
    log.setLevel(logging.ERROR if context.screen.quiet else logging.INFO)
    try:
        end = run(Worker(connect, parse.every(every), clock, path))
    finally:
        log.removeHandler(handler)
        log.propagate, log.level = before, level
    if isinstance(end, Exception):
        raise end
    if end == signal.SIGINT:
        raise KeyboardInterrupt
    return 0


class Lines(logging.Formatter):
    """One line for each event: for people in their language, or an object with stable keys."""

    def __init__(self, clock: Callable[[], datetime], *, as_json: bool) -> None:
        super().__init__()
        self.clock, self.as_json = clock, as_json

    def format(self, record: logging.LogRecord) -> str:
        at = self.clock().astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        values = getattr(record, "values", {})
        event = getattr(record, "event", "log")  # of no record of ours
        text = sentence(record.msg, values) if hasattr(record, "values") else record.getMessage()
        if self.as_json:
            if "error" in values:
                values = {**values, "error": plain(values["error"])}
            return as_json({"at": at, "level": record.levelname.lower(), "event": event, **values, "message": text})
        return clean(f"{at} {record.levelname.lower()} {event}: {' '.join(text.split())}")
