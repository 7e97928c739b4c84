"""Who must be told what after a command. Returned with the outcome, stored in its transaction, sent later.

Told are: whoever gets a duty from somebody else's act, whom a rung tells or somebody reminds, whose duty is let go,
stopped or moved by others or by a new calendar, all parties when a case ends, and whoever may have heard of a mistake
when it is mended.
Reminders wait for office hours, unless the duty is counted in hours by the clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from states.case import Case, Duty, Event
from states.commands import Notice, NoticeKind, Office
from states.evolve import called_anew

MENDED = ("corrected", "undone", "assigned")


def notices_of(office: Office, before: Case | None, case: Case, events: Sequence[Event]) -> tuple[Notice, ...]:
    """The notices of one command's events, numbered per event so that each has a key that never changes.

    `before` is the case as the command found it, `case` as it is after the events.
    """
    return tuple(notice for event in events for notice in _of_event(office, before, case, event))


def _of_event(office: Office, before: Case | None, case: Case, event: Event) -> list[Notice]:
    told: list[tuple[NoticeKind, str, str | None]] = []
    theirs = office.ours(event.by, event.at) if event.by else ()
    told += [("opened", d.agency, d.id) for d in event.opened if d.agency and d.agency not in theirs]
    told += [("climbed", post, event.duty) for post in event.told]
    for ended in event.ended:
        agency = case.duties[ended.duty].agency
        if ended.how != "done" and agency and agency not in theirs and not event.final:
            told.append(("ended", agency, ended.duty))
    if event.kind == "nudged" and event.duty:
        told += [("nudged", a, event.duty) for a in [case.duties[event.duty].agency] if a]
    if event.kind in ("extended", "suspended", "resumed"):
        told += [("moved", a, m.duty) for m in event.moved if (a := case.duties[m.duty].agency) and a not in theirs]
    if event.kind == "amended" and before is not None:
        before = called_anew(before, event.renamed) if event.renamed else before
        changed = (*(moved.duty for moved in event.moved), *(duty.id for duty in event.restated))
        later = [case.duties[id_] for id_ in changed if before.duties[id_].due_at != case.duties[id_].due_at]
        told += [("moved", post, duty.id) for duty in later for post in _concerned(duty)]
    if event.kind in MENDED:
        told = [("corrected", post, None) for post in _told_before(case, event) if post not in theirs]
    if event.final:
        parties = dict.fromkeys(agency for holders in case.parties.values() for agency in holders)
        told += [("final", agency, None) for agency in parties if agency not in theirs]
    return [
        Notice(
            case=case.case,
            version=event.version,
            number=number,
            kind=kind,
            agency=office.acting(code := post.removesuffix(".leader"), not_before) or code,
            post="leader" if post.endswith(".leader") else "focal_point",
            not_before=not_before,
            duty=duty,
        )
        for number, (kind, post, duty) in enumerate(told, 1)
        for not_before in (_not_before(office, case, event.at, kind, duty),)
    ]


def _told_before(case: Case, event: Event) -> list[str]:
    """Who may have heard what is now mended: the parties, and the posts told about the duties it changes."""
    touched = [*(ended.duty for ended in event.ended), *(duty.id for duty in (*event.restated, *event.opened))]
    told = [agency for held in case.parties.values() for agency in held]
    for id_ in touched:  # in their order: the keys of notices are the same wherever this is decided
        told += _concerned(case.duties[id_])
    return list(dict.fromkeys(told))


def _concerned(duty: Duty) -> list[str]:
    """Who owes a duty, and the posts told about it since it fell due."""
    return list(dict.fromkeys([*([duty.agency] if duty.agency else []), *duty.told]))


def _not_before(office: Office, case: Case, at: datetime, kind: NoticeKind, duty: str | None) -> datetime:
    if kind not in ("climbed", "nudged") or duty is None or case.duties[duty].unit == "h":
        return at
    return office.clock.heard(at)
