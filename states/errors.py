"""What can go wrong in deciding, named by who must act.

Every sentence a person may read is an English msgid with named places, marked by `N_` so that the
catalogue finds it. Nothing here formats for people: a place holds a code (`lead`, `so_tnmt`), and
`workflow/render` turns the code into its label and the sentence into the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from states.values import Value


def N_(msgid: str) -> str:
    """Mark `msgid` for the message catalogue and return it unchanged."""
    return msgid


class Reason(Value, frozen=True):
    """Why a command is not allowed now: a stable code, a sentence, and what its places hold.

    `values` maps a place's name to a code, a number, an instant (RFC 3339) or a list of codes; the
    name says which (`duty`, `trigger`, `state`, `agency`, `agencies`, `capacity`, `field`, ...).
    """

    code: str
    text: str
    values: dict[str, Any] = {}

    def __str__(self) -> str:
        shown = {k: ", ".join(map(str, v)) if isinstance(v, list | tuple) else v for k, v in self.values.items()}
        return self.text.format(**shown)


class PhoihopError(Exception):
    """The base of every error that is not a bug."""


class Refused(PhoihopError):
    """The rules do not allow this command on this case now. Nothing was changed."""

    def __init__(self, case: str, trigger: str, reasons: tuple[Reason, ...]) -> None:
        self.case, self.trigger, self.reasons = case, trigger, reasons
        super().__init__(f"{case}: {trigger}: " + "; ".join(str(r) for r in reasons))


class Told(Value, frozen=True):
    """One step of a story: an act, a wait (`due`: for a given day), a waiver, or (`so`) what it comes to. Labels are by
    language.

    `time` is a length as rules write it (`3wd`), "" where it cannot be said; `given` are labels of what was chosen.
    """

    kind: Literal["open", "act", "wait", "due", "waive", "so"]
    trigger: Mapping[str, str] = {}
    by: Mapping[str, str] = {}
    duty: Mapping[str, str] = {}
    given: tuple[Mapping[str, str], ...] = ()
    time: str = ""
    text: str = ""

    def __str__(self) -> str:
        words = _any(self.trigger) + (f" ({', '.join(map(_any, self.given))})" if self.given else "")
        match self.kind:
            case "wait":
                return f"wait {self.time or 'in vain'} ({_any(self.duty)})"
            case "due":
                return f"wait for its day ({_any(self.duty)})"
            case "waive":
                return f"waive {_any(self.duty)}"
            case "so":
                return self.text
        return words


def _any(label: Mapping[str, str]) -> str:
    return label.get("en") or next(iter(label.values()), "")


class Problem(Value, frozen=True):
    """One thing wrong in a file: where, a stable code, a sentence, the way out, and a story that shows it.

    A code with W is a warning: the file can be used.
    """

    file: str
    line: int
    column: int
    code: str
    text: str
    values: Mapping[str, Any] = {}
    hint: str = ""
    hint_values: Mapping[str, Any] = {}
    story: tuple[Told, ...] = ()

    @property
    def is_warning(self) -> bool:
        return self.code.startswith("W")

    def __str__(self) -> str:
        message = f"{self.file}:{self.line}:{self.column} {self.code} {self.text.format(**self.values)}"
        message += f"\n  hint: {self.hint.format(**self.hint_values)}" if self.hint else ""
        *steps, so = map(str, self.story or ("",))
        return message + (f"\n  story: {', '.join(steps)}: {so}" if self.story else "")


class BadFile(PhoihopError):
    """A rules or calendar file that must not be used. `problems` holds every error found, in order."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(p) for p in problems))
