"""A pseudo-terminal for tests: what a person sees, and what the program asks of one.

shown = on_terminal(["show", "1"], columns=80)                 code, what was printed (escapes included)
on_terminal(["open"], typed=["matter", "Đất đai"])             the answers, typed ahead; then the input ends

`plain` takes away colours and weights, and nothing else: any other escape is left for the test to find.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import sys
import termios
import threading
from collections.abc import Callable, Sequence
from datetime import datetime

from cli import VERSION
from cli import clock as machine
from workflow.commands.run import run

STYLE = re.compile(r"\x1b\[[0-9;]*m")


def open_terminal(columns: int = 80) -> tuple[int, int]:
    """Both ends of a pseudo-terminal that shows what it gets as it gets it: no echo, no `\\r`."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    settings = termios.tcgetattr(theirs)
    settings[1] &= ~termios.OPOST
    settings[3] &= ~termios.ECHO
    termios.tcsetattr(theirs, termios.TCSANOW, settings)
    return ours, theirs


def read_all(end: int) -> str:
    """Everything that comes out of our end until the other one is closed."""
    found = b""
    while True:
        try:
            chunk = os.read(end, 65_536)
        except OSError:
            chunk = b""
        if not chunk:
            return found.decode()
        found += chunk


def on_terminal(
    args: Sequence[str], typed: Sequence[str] = (), columns: int = 80, clock: Callable[[], datetime] = machine
) -> tuple[int, str]:
    """Run `phoihop ARGS` with its three streams on a terminal. Returns the exit code and what was shown."""
    ours, theirs = open_terminal(columns)
    shown: list[str] = []
    reader = threading.Thread(target=lambda: shown.append(read_all(ours)))
    reader.start()
    os.write(ours, "".join(f"{line}\n" for line in typed).encode() + b"\x04")  # nobody waits for ever
    before = sys.stdin, sys.stdout, sys.stderr
    try:
        with (
            os.fdopen(os.dup(theirs), encoding="utf-8") as sys.stdin,
            os.fdopen(os.dup(theirs), "w", encoding="utf-8") as sys.stdout,
            os.fdopen(os.dup(theirs), "w", encoding="utf-8") as sys.stderr,
        ):
            code = run(args, clock, VERSION)
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
        os.close(theirs)
        reader.join()
        os.close(ours)
    return code, shown[0]


def plain(shown: str) -> str:
    """What was shown without colours and weights."""
    return STYLE.sub("", shown)
