"""What goes into the engine and what comes out: commands, the office they are judged by, the outcome.

A command asks to change one case; a deadline that passed is just another command (`Expire`). The
outcome is everything that command changes. Field values in commands are as JSON has them, dates in
ISO form; `parties` names agencies into capacities.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from states import agencies as register
from states.case import Case, Channel, Document, Event, File, Link
from states.roster import Post, Roster, reached
from states.ruleset import Agency, Process, Ruleset
from states.values import Value
from states.worktime import Duration, WorkTime


@dataclass(frozen=True, slots=True)
class Office:
    """What a command is judged by: one edition of the rules, the newest calendar, the register.

    `edition` and `calendar` are the SHA-256 digests under which those two were published. Without a
    `roster` every agency counts as reached: nobody has said who is there.
    """

    ruleset: Ruleset
    edition: str
    clock: WorkTime
    calendar: str
    agencies: dict[str, Agency]
    roster: Roster | None = None

    def process(self, case: Case) -> Process:
        return self.ruleset.processes[case.process]

    def acting(self, code: str, at: datetime) -> str | None:
        """The agency that answers for `code` at `at`: itself, or whoever succeeded it; None if there is none."""
        found = self.agencies.get(code)
        if found is not None and found.since is None and found.until is None:
            return code
        return register.acting(self.agencies, code, self.clock.local_date(at))

    def ours(self, agency: str, at: datetime) -> tuple[str, ...]:
        """The codes `agency` answers for at `at`: its own, and those of agencies it succeeded."""
        return register.ours(self.agencies, agency, self.clock.local_date(at))

    def reached(self, post: str, at: datetime) -> bool:
        """Whether `at` finds anybody at `post`: an agency's code (its focal point), or `code.leader`."""
        code, dot, _leader = post.partition(".")
        agency = self.acting(code, at)
        if agency is None or self.roster is None:
            return agency is not None
        day = self.clock.local_date(at)
        place: Post = "leader" if dot else "focal_point"
        return reached(self.roster, agency, place, day, working=self.clock.is_working(day)) is not None


class Act(Value, frozen=True):
    """What every act of an agency carries, whatever it does.

    `by` is the agency whose act it is; `officer` who typed it; `recorded_by` that officer's agency where
    it is another; `on` when it happened, None for the moment at which it is recorded. `override` says why
    a text that looks like a personal identity may stand; `request` tells a retry from a second act.
    """

    by: str | None
    officer: str | None = None
    recorded_by: str | None = None
    on: datetime | None = None
    document: Document | None = None
    reason: str | None = None
    override: str | None = None
    files: tuple[File, ...] = ()
    request: str | None = None

    @property
    def carried(self) -> dict[str, Any]:
        """What its event repeats of it word for word."""
        names = ("officer", "recorded_by", "document", "reason", "override", "files", "request")
        return {name: getattr(self, name) for name in names}


class Open(Act, frozen=True, kw_only=True):
    """Open a case. `case` is the number it will bear; `by` None is the scheduler."""

    case: str
    process: str
    title: str
    fields: dict[str, Any] = {}
    parties: dict[str, tuple[str, ...]] = {}


class Advance(Act, frozen=True, kw_only=True):
    """Fire a trigger for the agency `by`. `duty` says which duty is meant where several are open."""

    trigger: str
    by: str
    fields: dict[str, Any] = {}
    parties: dict[str, tuple[str, ...]] = {}
    duty: str | None = None


class Expire(Value, frozen=True):
    """The next instant of a duty has come. Nothing happens if the case has moved on since."""

    duty: str


class Extend(Act, frozen=True, kw_only=True):
    """Give a duty more time."""

    duty: str
    time: Duration
    by: str


class Waive(Act, frozen=True, kw_only=True):
    """Let a duty go."""

    duty: str
    by: str


class Suspend(Act, frozen=True, kw_only=True):
    """Stop the clock of the case, to be reviewed `until` a day (ISO)."""

    until: str
    by: str


class Resume(Act, frozen=True, kw_only=True):
    """Let the clock of the case run again."""

    by: str


class Nudge(Act, frozen=True, kw_only=True):
    """Remind whoever owes a duty, and say so in the record."""

    duty: str
    by: str
    channel: Channel | None = None


class Correct(Act, frozen=True, kw_only=True):
    """Record rightly what the event `version` recorded wrongly: fields, `document`, `corrected_on`. Never a state.

    `history` are the events of the case, given by whoever submits the command; so in `Undo`.
    """

    version: int
    by: str
    fields: dict[str, Any] = {}
    corrected_on: datetime | None = None
    history: tuple[Event, ...] = ()


class Undo(Act, frozen=True, kw_only=True):
    """Take back the agency's last act, while nobody else has acted."""

    by: str
    history: tuple[Event, ...] = ()


class Assign(Act, frozen=True, kw_only=True):
    """Put `agency` in the place of one that was wrongly named into `capacity`."""

    capacity: str
    agency: str
    by: str
    instead_of: str | None = None


class Join(Act, frozen=True, kw_only=True):
    """Say how the case is related to another; whether that exists is for the caller to know."""

    link: Link
    by: str


class Erase(Act, frozen=True, kw_only=True):
    """Record that the texts held under `field` are erased: `references` are what stands for them in the record."""

    field: str
    by: str
    references: tuple[str, ...] = ()


class Amend(Value, frozen=True):
    """Count every duty anew: the office has a new calendar, or (its digest) a new `edition` for the case.

    `officer` is who published it; it is nobody's act in the case. `reason` and `request` as in `Act`. Whoever
    submits it gives the rules the case was under (`old`) with an `edition`: what they say alike does not move.
    """

    edition: str | None = None
    old: Ruleset | None = None
    officer: str | None = None
    reason: str | None = None
    request: str | None = None


Mending = Correct | Undo | Assign | Join | Erase
Control = Extend | Waive | Suspend | Resume | Nudge
Command = Open | Advance | Expire | Control | Mending | Amend

NoticeKind = Literal["opened", "climbed", "moved", "ended", "final", "corrected", "nudged"]


class Notice(Value, frozen=True):
    """What a party must be told, never before `not_before`. `post` is the first contact or the leader."""

    case: str
    version: int
    number: int
    kind: NoticeKind
    agency: str
    post: Literal["focal_point", "leader"]
    not_before: datetime
    duty: str | None = None

    @property
    def key(self) -> str:
        """Stable for ever: a second sending bears the same key."""
        return f"{self.case}/{self.version}/{self.number}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything one command changes. No events: nothing was to be done.

    `again` says that it was done already, by the same request: this is the outcome of then.
    """

    case: Case
    events: tuple[Event, ...]
    notices: tuple[Notice, ...]
    again: bool = False
