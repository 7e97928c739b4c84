"""`phoihop`: the entry point. Hands what was typed, and the clock, over to `workflow.commands`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from workflow.commands.run import run

VERSION = "0.1.0"


def main(args: Sequence[str] | None = None) -> int:
    """Run `phoihop ARGS` (those of the process when None). Returns the exit code."""
    return run(sys.argv[1:] if args is None else args, clock, VERSION)


def clock() -> datetime:
    """What the clock of this machine says."""
    return datetime.now(UTC)


if __name__ == "__main__":
    sys.exit(main())
