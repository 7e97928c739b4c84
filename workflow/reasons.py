"""What kept something from happening, as it is kept: an error of ours by its reasons, to be told in any language.

kept(error)        what is stored of it: its reasons as JSON, or the name and the words of a bug
reasons(stored)    the reasons again; none of a bug
plain(stored)      in English, its codes as they are: for scripts
"""

from __future__ import annotations

import msgspec

from states.decide import BEYOND_CALENDAR
from states.errors import Reason, Refused
from states.worktime import BeyondCalendar
from workflow.errors import WorkflowError

LONGEST = 2000  # characters of reasons
LONGEST_BUG = 500
_decode = msgspec.json.Decoder(tuple[Reason, ...]).decode


def kept(error: Exception) -> str:
    """What is stored of `error`."""
    found: tuple[Reason, ...] = ()
    match error:
        case Refused():
            found = error.reasons
        case WorkflowError():
            found = (error.reason,)
        case BeyondCalendar():
            found = (BEYOND_CALENDAR,)
    said = msgspec.json.encode(found, enc_hook=str).decode()
    if not found or len(said) > LONGEST:
        said = f"{type(error).__name__}: {error}"[:LONGEST_BUG]
    return said.replace("\0", "\N{REPLACEMENT CHARACTER}")


def reasons(stored: str) -> tuple[Reason, ...]:
    """The reasons that `stored` holds; none where it is the words of a bug."""
    try:
        return _decode(stored)
    except msgspec.MsgspecError:
        return ()


def plain(stored: str) -> str:
    """What is stored, in English; codes stay codes."""
    return "; ".join(map(str, reasons(stored))) or stored
