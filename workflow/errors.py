"""What can go wrong in doing, named by who must act. Exit codes belong to the command line."""

from __future__ import annotations

from typing import Any

from states.errors import N_, PhoihopError, Reason


class WorkflowError(PhoihopError):
    """An error with a code, a sentence and, where one helps, a hint: msgids with named places.

    `values` fills the places of both; what a place may hold is said at `states.errors.Reason`.
    """

    code = "error"

    def __init__(self, sentence: str, hint: str = "", /, **values: Any) -> None:
        self.reason = Reason(code=self.code, text=sentence, values=values)
        self.hint = hint
        super().__init__(str(self.reason))


class UsageError(WorkflowError):
    """The command line asks for something that does not exist or is written wrongly."""

    code = "usage"


class Conflict(WorkflowError):
    """The case moved on since the caller saw it, or a name is taken by something else."""

    code = "conflict"


class NotAllowed(WorkflowError):
    """This database, or this place on the disk, does not allow it; or it does not belong in the record at all."""

    code = "not_allowed"


class NotFound(WorkflowError):
    """No such case, database or file."""

    code = "not_found"


class Busy(WorkflowError):
    """Somebody else is writing; try again."""

    code = "busy"


class Unreachable(Busy):
    """The server does not answer, or the connection to it was lost; what was sent last may have been done."""

    code = "unreachable"


class WrongClock(Busy):
    """The clocks of this machine and of the server say different things: nothing is written until they agree."""

    code = "wrong_clock"


class ClockInDoubt(WrongClock):
    """Nothing was recorded for so long that the clock may be wrong: nothing is written until somebody confirms it."""

    code = "clock_in_doubt"


class NoSpace(WorkflowError):
    """The disk is full, or the database is read-only."""

    code = "read_only"


class Damaged(WorkflowError):
    """Not a phoihop database, a damaged one, or one of another version."""

    code = "damaged"


class NotUpgraded(Damaged):
    """A database of an older version: sound, and to be upgraded."""

    code = "not_upgraded"


def unreadable(detail: str) -> Damaged:
    """The error for something in the file that is not what was written there; `detail` says what is wrong."""
    return Damaged(N_("the database is damaged: {detail}"), N_("restore the last good copy of the file"), detail=detail)


class BrokenCase(WorkflowError):
    """What is stored of one case cannot be read. The others can: a sweep goes on without it."""

    code = "damaged"
