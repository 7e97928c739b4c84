"""The border where text comes in: everything typed is checked and normalised here, or refused with exit 2.

    text("title", given)                 NFC; no control, bidirectional or zero-width characters
    day(given, now, zone)                23/2 · 23/02/2026 · 2026-02-23 · hôm nay · hôm qua
    instant(given, now, zone)            16:50 · 29/4 16:50 · 2022-04-29T16:50:00+07:00
    agency_code, process_name, trigger_name, duty_ref, capacity_name, field_name
                                         by code, alias or label; otherwise "did you mean"

Values of fields and rows of tables are in `values`. Raises `UsageError`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from workflow.errors import UsageError
from workflow.legacy import pasted_from
from workflow.render.language import N_, _, current
from workflow.text import slug

if TYPE_CHECKING:
    from states.commands import Office
    from states.ruleset import Agency, Process, Ruleset

MOST = 5000  # characters in any one argument
YEARS = range(1900, 9000)  # far from the ends of the calendar, so that a day or a zone more is always possible
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_BLANK = {"\u115f", "\u1160", "\u3164", "\uffa0", "\u2800"}  # letters that show nothing
_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}))?")
_TIME = re.compile(r"([01]?\d|2[0-3])(?::|h|g)([0-5]\d)|([01]?\d|2[0-3])[hg]")
_EVERY = re.compile(r"(\d{1,5})([smh])", re.ASCII)
_SPOKEN = {"hom-nay": 0, "today": 0, "hom-qua": -1, "yesterday": -1, "ngay-mai": 1, "tomorrow": 1}


def text(name: str, given: str, most: int = MOST) -> str:
    """`given` in NFC without outer spaces. `name` is the argument as typed (`--title`), for the message.

    Refused: text of an old Vietnamese font, hidden characters (with their position, counted from 1), nothing
    but spaces, more than `most` characters, and what looks like an option.
    """
    name = _(name) if name.isupper() else name
    if old := pasted_from(given):
        raise UsageError(
            N_("{name} is pasted from a document in an old font ({font})"),
            N_("convert the document to Unicode, then copy again; or type it"),
            name=name,
            font=old,
        )
    for place, letter in enumerate(given, 1):
        if unicodedata.category(letter) in _HIDDEN or letter in _BLANK:
            raise UsageError(
                N_("{name} has a hidden or control character at position {place} ({letter})"),
                N_("type it again, or paste it as plain text"),
                name=name,
                place=place,
                letter=f"U+{ord(letter):04X}",
            )
    found = unicodedata.normalize("NFC", given).strip()
    if not found:
        raise UsageError(N_("{name} is empty"), name=name)
    if found.startswith("--"):
        raise UsageError(N_("{name} wants a value, and {value} looks like an option"), name=name, value=found[:40])
    if len(found) > most:
        raise UsageError(
            N_("{name} is longer than {most} characters: {length}"), name=name, most=most, length=len(found)
        )
    return found


# ---- days and instants --------------------------------------------------------------------------


def day(name: str, given: str, now: datetime, zone: ZoneInfo) -> date:
    """A date, day first. Without a year: this year, as the office's clock at `now` has it."""
    today = now.astimezone(zone).date()
    if (spoken := _SPOKEN.get(slug(given))) is not None:
        return today + timedelta(days=spoken)
    try:
        if parts := _DAY.fullmatch(given.strip()):
            found = date(int(parts[3] or today.year), int(parts[2]), int(parts[1]))
        else:
            found = date.fromisoformat(given.strip())
    except ValueError:
        found = date.min
    if found.year not in YEARS:
        raise UsageError(
            N_("{name}: {given} is no date"),
            N_("write 23/2, 23/02/2026, 2026-02-23, today or yesterday (day first)"),
            name=name,
            given=given,
        )
    return found


def instant(name: str, given: str, now: datetime, zone: ZoneInfo) -> datetime:
    """A moment, aware UTC: a time of today, a date and a time in either order, or RFC 3339."""
    given = given.strip()
    try:
        exact = datetime.fromisoformat(given)
    except ValueError:
        pass
    else:
        if ("T" in given or ":" in given) and exact.year in YEARS:
            return (exact if exact.tzinfo else exact.replace(tzinfo=zone)).astimezone(UTC)
    words = given.replace(",", " ").split()
    clocks = [found for word in words if (found := _TIME.fullmatch(word))]
    rest = " ".join(word for word in words if not _TIME.fullmatch(word))
    if len(clocks) != 1:
        raise UsageError(
            N_("{name}: {given} is no moment"),
            N_("write 16:50, 29/4 16:50 or 2022-04-29T16:50:00+07:00"),
            name=name,
            given=given,
        )
    on = day(name, rest, now, zone) if rest else now.astimezone(zone).date()
    hour, minute = int(clocks[0][1] or clocks[0][3]), int(clocks[0][2] or 0)
    return datetime.combine(on, time(hour, minute), zone).astimezone(UTC)


def now_given(given: str) -> datetime:
    """`--now`: an RFC 3339 instant with its zone, as aware UTC."""
    try:
        told = datetime.fromisoformat(given)
    except ValueError:
        pass
    else:
        if told.tzinfo is not None and told.year in YEARS:
            return told.astimezone(UTC)
    raise UsageError(N_("--now takes an instant like 2022-04-29T16:50:00+07:00, not {given}"), given=given)


# ---- names --------------------------------------------------------------------------------------


def every(given: str) -> timedelta:
    """How often something is done: `30s`, `5m`, `1h`, from a second to a day. Raises `UsageError`."""
    found = _EVERY.fullmatch(given)
    seconds = int(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]] if found else 0
    if not 1 <= seconds <= 86_400:
        raise UsageError(N_("{given} does not say how often"), N_("write 30s, 5m or 1h; at most 24h"), given=given)
    return timedelta(seconds=seconds)


def pick(given: str, spellings: Mapping[str, Iterable[str]], unknown: str) -> str:
    """The key of `spellings` that `given` spells: the key itself, an alias or a label.

    `unknown` is the msgid for "there is no ... {given}". Several keys with the same spelling are refused.
    """
    given = text(unknown_name(unknown), given)
    if given in spellings:
        return given
    wanted = slug(given)
    found = [key for key, names in spellings.items() if wanted in {slug(key), *map(slug, names)}]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(N_("{given} may mean any of these: {codes}"), given=given, codes=", ".join(found))
    known = {slug(name): key for key, names in spellings.items() for name in (*names, key)}
    near: dict[str, str] = {}  # each key once, in the spelling that is nearest to what was typed
    for match in get_close_matches(wanted, known, n=3, cutoff=0.6):
        near.setdefault(known[match], known[match] if match == slug(known[match]) else match)
    if near:
        raise UsageError(unknown, N_("did you mean {codes}?"), given=given, codes=", ".join(near.values()))
    every = ", ".join(_typed(key, names) for key, names in spellings.items())
    raise UsageError(unknown, N_("there is: {codes}"), given=given, codes=every)


def _typed(key: str, names: Iterable[str]) -> str:
    """How one types `key` in the language in use: its alias in Vietnamese, where it has one."""
    alias = next((name for name in names if name == slug(name)), key)
    return alias if current() == "vi" else key


def unknown_name(unknown: str) -> str:
    """The word by which a message names what was typed: the kind of name looked for."""
    return {
        UNKNOWN_AGENCY: "AGENCY",
        UNKNOWN_PROCESS: "PROCESS",
        UNKNOWN_TRIGGER: "TRIGGER",
        UNKNOWN_DUTY: "DUTY",
        UNKNOWN_CAPACITY: "CAPACITY",
        UNKNOWN_FIELD: "FIELD",
    }.get(unknown, "VALUE")


UNKNOWN_AGENCY = N_("there is no agency {given}")
UNKNOWN_PROCESS = N_("there is no process {given}")
UNKNOWN_TRIGGER = N_("there is no trigger {given} in this process")
UNKNOWN_DUTY = N_("there is no duty {given} in this process")
UNKNOWN_CAPACITY = N_("there is no capacity {given} in this process")
UNKNOWN_FIELD = N_("there is no field {given} in this process")


def agency_code(given: str, agencies: Mapping[str, Agency]) -> str:
    """The code of an agency, by code or by its whole name in any language."""
    return pick(given, {code: agency.name.values() for code, agency in agencies.items()}, UNKNOWN_AGENCY)


def process_name(given: str, ruleset: Ruleset) -> str:
    names = {name: (p.alias, p.prefix, *p.label.values()) for name, p in ruleset.processes.items()}
    return pick(given, names, UNKNOWN_PROCESS)


def trigger_name(given: str, process: Process) -> str:
    """A trigger by name, alias or label, whichever line of the table carries it."""
    names: dict[str, list[str]] = {}
    for line in process.transitions:
        names.setdefault(line.trigger, []).extend((line.alias, *line.label.values()))
    return pick(given, {name: [n for n in found if n] for name, found in names.items()}, UNKNOWN_TRIGGER)


def capacity_name(given: str, process: Process) -> str:
    return pick(given, {n: (c.alias, *c.label.values()) for n, c in process.capacities.items()}, UNKNOWN_CAPACITY)


def field_name(given: str, process: Process) -> str:
    return pick(given, {n: (f.alias, *f.label.values()) for n, f in process.fields.items()}, UNKNOWN_FIELD)


def duty_ref(given: str, office: Office, process: Process) -> str:
    """`name`, `name@agency` or an id, with aliases and agency names turned into codes."""
    name, at, agency = text("DUTY", given).partition("@")
    names = {n: (d.alias, *d.label.values()) for n, d in process.duties.items()}
    code = pick(name, names, UNKNOWN_DUTY)
    if not at:
        return code
    bare, dot, nth = agency.partition(".")
    agency = bare if bare == "-" else agency_code(bare, office.agencies)
    return f"{code}@{agency}{dot}{nth}"
