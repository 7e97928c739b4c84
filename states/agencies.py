"""Agencies in time: which exist on a day, who acts for one that has ended, what one was called.

    acting(agencies, code, day)     who answers for `code` that day: itself, or its successor
    ours(agencies, code, day)       the codes an agency answers for that day: its own, and those it succeeded

A code is never reused and nothing recorded under it is rewritten. A case names the agencies of the day it was
opened; when one of them merges or ends, its parts in the case and its duties stay under its code, and whoever
answers for that code acts. So a case goes on to its end, whatever becomes of its agencies.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from states.ruleset import Agency, Label


def exists(agency: Agency, day: date) -> bool:
    """Whether `agency` exists on `day`: from `since`, until the day before `until`."""
    return (agency.since is None or agency.since <= day) and (agency.until is None or day < agency.until)


def acting(agencies: Mapping[str, Agency], code: str, day: date) -> str | None:
    """The agency that answers for `code` on `day`; None where there is none, or not yet, or no longer."""
    found = agencies.get(code)
    for _succession in agencies:  # each agency succeeds another once at most, however damaged the register
        if found is None or exists(found, day):
            break
        if found.until is None or day < found.until:
            return None  # it is yet to come
        found = agencies.get(found.successor or "")
    return found.code if found is not None and exists(found, day) else None


def ours(agencies: Mapping[str, Agency], code: str, day: date) -> tuple[str, ...]:
    """The codes for which the agency `code` acts on `day`, its own first."""
    ended = [a.code for a in agencies.values() if a.successor is not None and a.code != code]
    return (code, *(other for other in ended if acting(agencies, other, day) == code)) if ended else (code,)


def name_on(agency: Agency, day: date) -> Label:
    """What `agency` is called on `day`."""
    return next((former.name for former in agency.former if day < former.until), agency.name)
