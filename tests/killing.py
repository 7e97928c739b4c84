"""Killing a process between every two SQL statements of what it does.

points = count(work, path)                     how many places there are to die at
acknowledged = kill(work, path, place)         runs `work(path, say)` in a process of its own and kills it there

`work` is a function of a module. It is killed by SIGKILL, which nothing can catch: before a statement is
sent, after it was answered, before a commit, after it. What it `say`s is what it has acknowledged to
whoever waits for it; that must never be lost. Dying after the last place is living to the end.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.forkserver
import os
import signal
from collections.abc import Callable
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Pool, event

from workflow.location import is_server

Location = Path | str

Work = Callable[[str, Callable[[str], None]], None]
WHOLE = 1_000_000
COUNTED = "PHOIHOP_KILLS"
"""Names a file in which a soak counts the kills of all its processes, a line for each."""
_SERVER = multiprocessing.get_context("forkserver")


class Fuse:
    """Counts the places a process comes by, and kills it at one of them."""

    def __init__(self, place: int) -> None:
        self.place, self.passed = place, 0

    def __call__(self, *_args: Any, **_kwargs: Any) -> None:
        self.passed += 1
        if self.passed == self.place:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Come by before and after every statement of every engine, before every commit and after it."""
        for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
            event.listen(Engine, name, self)
        event.listen(Pool, "checkin", self)


def kill(work: Work, path: Location, place: int) -> tuple[list[str], int]:
    """Run `work` on the database at `path` and kill it at `place`. What it said, and how many places it passed."""
    serve()
    ours, theirs = _SERVER.Pipe(duplex=False)
    process = _SERVER.Process(target=_live, args=(work, str(path), place, theirs))
    process.start()
    theirs.close()
    said: list[str] = []
    passed = place
    try:
        while True:
            message = ours.recv()
            if isinstance(message, int):
                passed = message
            else:
                said.append(message)
    except EOFError:
        pass
    process.join()
    if process.exitcode == -signal.SIGKILL and (counted := os.environ.get(COUNTED)):
        with Path(counted).open("a") as file:
            file.write("postgresql\n" if is_server(path) else "sqlite\n")
    assert process.exitcode in (0, -signal.SIGKILL), f"{work} died of {process.exitcode}"
    return said, passed


@cache
def serve() -> None:
    """Start the server that doomed processes are forked from.

    It has imported and warmed up, so that forking is quick, and no thread of pytest is forked along.
    """
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(Path(__file__).parent.parent)
    try:
        _SERVER.set_forkserver_preload(["pytest", "tests.killing", "tests.doomed", "tests.warm"])
        multiprocessing.forkserver.ensure_running()
    finally:
        os.environ.pop("PYTHONPATH")
        if before is not None:
            os.environ["PYTHONPATH"] = before


def count(work: Work, path: Location) -> int:
    """How many places there are to die at."""
    return kill(work, path, WHOLE)[1]


def _live(work: Work, path: str, place: int, pipe: Connection) -> None:
    fuse = Fuse(place)
    fuse.watch()
    work(path, pipe.send)
    pipe.send(fuse.passed)
    pipe.close()
