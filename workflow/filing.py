"""Files on the disk: what is attached is read from one here, and what was attached is written into one.

    label("../../x.pdf")                   the name to keep it under: the last part, safe on every system
    read(Path("bao-cao.pdf"), "...")       its hash and its bytes, or `UsageError`
    write(Path("out"), body)               into a file that was not there before

Where the bytes are kept is in `attachments`.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from states.case import File
from states.errors import N_
from workflow.errors import NoSpace, UsageError

MOST_BYTES = 20_000_000
MOST_FILES = 10
MOST_NAME = 120  # characters
MOST_COPIES = 100

_FLAGS = os.O_RDONLY | sum(
    getattr(os, flag, 0) for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY")
)
_SEPARATORS = re.compile(r"[/\\]")
_UNSAFE = re.compile('[<>:"|?*]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Attached:
    """A file as it was read: what the event says of it, and its bytes."""

    file: File
    body: bytes


def label(name: str) -> str:
    """The last part of a path in any system's spelling, as a name that is safe on all of them; maybe empty."""
    last = _SEPARATORS.split(unicodedata.normalize("NFC", name))[-1]
    safe = _UNSAFE.sub("_", re.sub(r"^[A-Za-z]:", "", last)).strip(" .")
    if _RESERVED.fullmatch(safe):
        safe = f"_{safe}"
    stem, dot, ending = safe.rpartition(".")
    if len(safe) > MOST_NAME and dot and len(ending) <= 10:
        return f"{stem[: MOST_NAME - len(ending) - 1].rstrip(' .')}.{ending}"
    return safe[:MOST_NAME].rstrip(" .")


def read(path: Path, name: str) -> Attached:
    """The file at `path`, to be kept under `name`. Raises `UsageError` for what is no plain file of 1 byte to 20 MB.

    A link is not followed and nothing but a plain file is opened: what is kept is what was pointed at.
    """
    try:
        before = path.lstat()
        if stat.S_ISLNK(before.st_mode):
            raise OSError(errno.ELOOP, "")
        if not stat.S_ISREG(before.st_mode):
            raise UsageError(N_("{path} is no plain file"), path=str(path))
        with open(os.open(path, _FLAGS), "rb") as opened:  # of a descriptor, not of a path
            if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):  # put in its place meanwhile
                raise UsageError(N_("{path} is no plain file"), path=str(path))
            body = opened.read(MOST_BYTES + 1)
    except OSError as error:
        if error.errno == errno.ELOOP:
            hint = N_("give the path of the file itself")
            raise UsageError(N_("{path} is a symbolic link"), hint, path=str(path)) from None
        detail = error.strerror or type(error).__name__
        raise UsageError(N_("cannot read {path}: {detail}"), path=str(path), detail=detail) from None
    if not body:
        raise UsageError(N_("{path} is empty"), path=str(path))
    if len(body) > MOST_BYTES:
        raise UsageError(N_("{path} is larger than {most} bytes"), path=str(path), most=MOST_BYTES)
    return Attached(File(name=name, sha256=hashlib.sha256(body).hexdigest(), size=len(body)), body)


# ---- out of it ------------------------------------------------------------------------------------


def write(path: Path, body: bytes) -> Path:
    """Write `body` to `path`, or beside it as `name (2).pdf` where something is: nothing is ever overwritten.

    Returns where it was written, readable by its owner alone. Raises `NoSpace` when it cannot be.
    """
    for number in range(1, MOST_COPIES + 1):
        free = path if number == 1 else path.with_name(f"{path.stem} ({number}){path.suffix}")
        try:
            made = os.open(free, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600)
        except FileExistsError:
            continue
        except OSError as error:
            raise _unwritten(free, error) from None
        try:
            with open(made, "wb") as file:  # of a descriptor, not of a path
                file.write(body)
        except OSError as error:
            free.unlink(missing_ok=True)
            raise _unwritten(free, error) from None
        return free
    raise UsageError(N_("{path} is taken, and so are its next names"), path=str(path))


def _unwritten(path: Path, error: OSError) -> NoSpace:
    detail = error.strerror or type(error).__name__
    return NoSpace(N_("cannot create {path}: {detail}"), path=str(path), detail=detail)
