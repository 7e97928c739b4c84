"""Playing a case by hand in a test: local dates in, refusal codes out.

play = Play(office_of("tests/rules/engine.yaml"), "job", "2022-03-01 09:00")
play.open("desk", field=value)
play.act("send", by="desk")
assert play.refused("send", by="shop") == ["not_your_act"]
play.sweep_until("2022-03-10 08:00")
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from states.case import Case, Channel, Document, Duty, Event, Link, Relation
from states.commands import (
    Advance,
    Assign,
    Command,
    Correct,
    Expire,
    Extend,
    Join,
    Notice,
    Nudge,
    Office,
    Open,
    Resume,
    Suspend,
    Undo,
    Waive,
)
from states.decide import decide
from states.errors import Refused
from states.worktime import Duration

DOCUMENT = Document(number="12/CV", dated="2022-03-01")


class Play:
    """One case of one process, played on a virtual clock. `events` is everything that happened."""

    def __init__(self, office: Office, process: str, start: str) -> None:
        self.office, self.process = office, process
        self.now = self.at(start)
        self.case_or_none: Case | None = None
        self.events: list[Event] = []
        self.notices: list[Notice] = []

    @property
    def case(self) -> Case:
        assert self.case_or_none is not None, "open a case first"
        return self.case_or_none

    def at(self, local: str) -> datetime:
        """A local date and time of the calendar's zone, `2022-04-29 16:50`, as an instant."""
        return datetime.fromisoformat(local).replace(tzinfo=self.office.clock.zone).astimezone(UTC)

    def local(self, instant: datetime | None) -> str | None:
        """The other way round, for reading what came out."""
        return None if instant is None else f"{instant.astimezone(self.office.clock.zone):%Y-%m-%d %H:%M}"

    # ---- commands ------------------------------------------------------------------------------

    def submit(self, command: Command) -> list[Event]:
        outcome = decide(self.office, self.case_or_none, command, self.now)
        self.case_or_none = outcome.case
        self.events += outcome.events
        self.notices += outcome.notices
        return list(outcome.events)

    def open(
        self,
        by: str,
        document: Document | None = DOCUMENT,
        title: str = "Việc thử",
        on: str | None = None,
        **carried: Any,
    ) -> list[Event]:
        fields, parties = self._split(carried)
        prefix = self.office.ruleset.processes[self.process].prefix
        return self.submit(
            Open(
                case=f"{prefix}-2022-0001",
                process=self.process,
                title=title,
                by=by,
                fields=fields,
                parties=parties,
                document=document,
                on=self.at(on) if on else None,
            )
        )

    def act(
        self, trigger: str, by: str, *, duty: str | None = None, document: Document | None = DOCUMENT,
        reason: str | None = "lý do", on: str | None = None, **carried: Any,
    ) -> list[Event]:  # fmt: skip
        fields, parties = self._split(carried)
        return self.submit(
            Advance(
                trigger=trigger,
                by=by,
                duty=duty,
                document=document,
                reason=reason,
                fields=fields,
                parties=parties,
                on=self.at(on) if on else None,
            )
        )

    def extend(self, duty: str, by: str, time: str, reason: str | None = "lý do", on: str | None = None) -> list[Event]:
        when = self.at(on) if on else None
        return self.submit(Extend(duty=duty, by=by, time=Duration.parse(time), reason=reason, on=when))

    def waive(self, duty: str, by: str, reason: str | None = "lý do") -> list[Event]:
        return self.submit(Waive(duty=duty, by=by, reason=reason))

    def correct(self, version: int, by: str, *, on: str | None = None, document: Document | None = None,
                reason: str | None = "lý do", **fields: Any) -> list[Event]:  # fmt: skip
        when = self.at(on) if on else None
        return self.submit(
            Correct(version=version, by=by, corrected_on=when, document=document, reason=reason, fields=fields,
                    history=tuple(self.events))
        )  # fmt: skip

    def suspend(self, by: str, until: str, reason: str | None = "lý do") -> list[Event]:
        return self.submit(Suspend(until=until, by=by, reason=reason))

    def resume(self, by: str, reason: str | None = None) -> list[Event]:
        return self.submit(Resume(by=by, reason=reason))

    def nudge(self, duty: str, by: str, channel: Channel | None = None, on: str | None = None) -> list[Event]:
        return self.submit(Nudge(duty=duty, by=by, channel=channel, on=self.at(on) if on else None))

    def undo(self, by: str, reason: str | None = "lý do") -> list[Event]:
        return self.submit(Undo(by=by, reason=reason, history=tuple(self.events)))

    def assign(self, capacity: str, agency: str, by: str, instead_of: str | None = None,
               reason: str | None = "lý do") -> list[Event]:  # fmt: skip
        return self.submit(Assign(capacity=capacity, agency=agency, by=by, instead_of=instead_of, reason=reason))

    def link(self, relation: Relation, case: str, by: str) -> list[Event]:
        return self.submit(Join(link=Link(relation=relation, case=case), by=by))

    def refused(self, what: str, *args: Any, **kwargs: Any) -> list[str]:
        """The codes with which a command is refused; fails if it is not. `what` is a trigger or a method."""
        before = self.case_or_none
        try:
            if what in ("open", "extend", "waive", "suspend", "resume", "nudge", "correct", "undo", "assign", "link"):
                getattr(self, what)(*args, **kwargs)
            else:
                self.act(what, *args, **kwargs)
        except Refused as refused:
            assert self.case_or_none is before
            return [reason.code for reason in refused.reasons]
        raise AssertionError(f"{what} was not refused")

    # ---- time ----------------------------------------------------------------------------------

    def go(self, local: str) -> None:
        """Let the clock reach `local`; nothing is swept."""
        self.now = self.at(local)

    def sweep(self) -> list[Event]:
        """One sweep: everything due now, oldest first, each duty once."""
        due = sorted((d.next_at, d.id) for d in self.case.alive if d.next_at is not None and d.next_at <= self.now)
        return [event for _, duty in due for event in self.submit(Expire(duty=duty))]

    def sweep_until(self, local: str) -> list[Event]:
        """Sweep at every instant at which something is due, up to `local`."""
        end, happened = self.at(local), []
        while (ahead := self.case.next_at) is not None and ahead <= end:
            self.now = max(self.now, ahead)
            happened += self.sweep()
        self.now = end
        return happened

    def wait(self, **length: float) -> None:
        """Let the clock run by a `timedelta`."""
        self.now += timedelta(**length)

    # ---- reading -------------------------------------------------------------------------------

    def duty(self, id: str) -> Duty:
        return self.case.duties[id]

    def due(self, id: str) -> str | None:
        """When a duty falls due, local."""
        return self.local(self.duty(id).due_at)

    @property
    def owed(self) -> set[str]:
        """The ids of all open and parked duties."""
        return {duty.id for duty in self.case.alive}

    def _split(self, carried: dict[str, Any]) -> tuple[dict[str, Any], dict[str, tuple[str, ...]]]:
        capacities = self.office.ruleset.processes[self.process].capacities
        fields = {k: v for k, v in carried.items() if k not in capacities}
        parties = {k: (v,) if isinstance(v, str) else tuple(v) for k, v in carried.items() if k in capacities}
        return fields, parties
