"""What a worker has done and what waits, as text in the format of Prometheus, in a file for its node exporter.

    counts = Counts(every=30)
    counts.swept(report, now)          after each sweep
    write(path, counts)                the whole file at once: whoever reads it never sees half of it

The format: https://prometheus.io/docs/instrumenting/exposition_formats/ (a test reads it with the library's parser).
Lateness is in seconds of the clock, from when a duty was due to when it fired.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from workflow.openings import Opened
from workflow.sweep import SweepReport

_HELP = (
    ("phoihop_sweep_due_total", "counter", "Due duties that sweeps of this worker came to."),
    ("phoihop_sweep_fired_total", "counter", "Duties that fired."),
    ("phoihop_sweep_stale_total", "counter", "Duties whose case had moved on."),
    ("phoihop_sweep_failed_total", "counter", "Duties that failed and were put off."),
    ("phoihop_openings_opened_total", "counter", "Cases that were opened by themselves."),
    ("phoihop_openings_failed_total", "counter", "Cases that could not be opened by themselves."),
    ("phoihop_database_retries_total", "counter", "Rounds that ended because the database was busy or unreachable."),
    ("phoihop_sweep_late_by_seconds", "summary", "How late duties fired."),
    ("phoihop_sweep_late_by_max_seconds", "gauge", "How late the latest duty of the last round fired."),
    ("phoihop_backlog_duties", "gauge", "Duties that are due now and have not fired."),
    ("phoihop_failing_duties", "gauge", "Duties that were put off after a failure."),
    ("phoihop_last_sweep_timestamp_seconds", "gauge", "When this worker last completed a sweep."),
    ("phoihop_sweep_interval_seconds", "gauge", "How often this worker sweeps."),
)


@dataclass
class Counts:
    """What a worker has done since it started, and what it last saw. `every` is in seconds."""

    every: int
    due: int = 0
    fired: int = 0
    stale: int = 0
    failed: int = 0
    opened: int = 0
    unopened: int = 0
    retries: int = 0
    late: float = 0.0
    latest: float = 0.0
    backlog: int = 0
    failing: int = 0
    at: datetime | None = None

    def begin(self) -> None:
        """A round begins: nothing of it was late yet."""
        self.latest = 0.0

    def swept(self, report: SweepReport, now: datetime) -> None:
        """Count what one sweep did."""
        lags = [(now - one.due.at).total_seconds() for one in report.swept if one.result == "fired"]
        self.due += report.due
        self.fired += report.fired
        self.stale += report.stale
        self.failed += report.due - report.fired - report.stale
        self.late += sum(lags)
        self.latest = max([self.latest, *lags])
        self.at = now

    def openings(self, opened: tuple[Opened, ...]) -> None:
        """Count the cases that were opened by themselves."""
        self.unopened += (failed := sum(bool(one.error) for one in opened))
        self.opened += len(opened) - failed

    def text(self) -> str:
        """Everything, in the format of Prometheus."""
        values: dict[str, float | None] = {
            "phoihop_sweep_due_total": self.due,
            "phoihop_sweep_fired_total": self.fired,
            "phoihop_sweep_stale_total": self.stale,
            "phoihop_sweep_failed_total": self.failed,
            "phoihop_openings_opened_total": self.opened,
            "phoihop_openings_failed_total": self.unopened,
            "phoihop_database_retries_total": self.retries,
            "phoihop_sweep_late_by_max_seconds": self.latest,
            "phoihop_backlog_duties": self.backlog,
            "phoihop_failing_duties": self.failing,
            "phoihop_last_sweep_timestamp_seconds": self.at.timestamp() if self.at else None,
            "phoihop_sweep_interval_seconds": self.every,
        }
        lines = []
        for name, kind, meaning in _HELP:
            lines += [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]
            if kind == "summary":
                lines += [f"{name}_sum {self.late}", f"{name}_count {self.fired}"]
            elif (value := values[name]) is not None:
                lines.append(f"{name} {value}")
        return "\n".join(lines) + "\n"


def write(path: Path, counts: Counts) -> None:
    """Put the metrics where `path` says, all at once. Raises `OSError`."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.write_text(counts.text(), "utf-8")
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
