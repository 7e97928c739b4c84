"""What changed between two editions, in words: "xác nhận đã nhận, khẩn: 6 giờ → 1 ngày làm việc"."""

from __future__ import annotations

from typing import Any

import msgspec

from states.differing import ORDER, Difference, written
from states.ruleset import (
    ANY,
    SIGNATORIES,
    DateRef,
    Extension,
    Opening,
    OwedBy,
    Rung,
    SuspendRule,
    Take,
    Term,
    Who,
)
from states.values import Value
from states.worktime import Duration
from workflow.render import rules
from workflow.render import when as times
from workflow.render.language import N_, _
from workflow.render.words import Names, inside, label

KINDS = {
    "agencies": N_("agency"),
    "capacities": N_("capacity"),
    "choices": N_("choice"),
    "duties": N_("duty"),
    "fields": N_("field"),
    "ladders": N_("ladder"),
    "opening": N_("trigger"),
    "openings": N_("opened by itself:"),
    "processes": N_("process"),
    "states": N_("state"),
    "transitions": N_("trigger"),
    "triggers": N_("trigger"),
}
ASPECTS = {
    "about_actor": N_("one for each who acts"),
    "after": N_("happens by itself after"),
    "alias": N_("what is typed"),
    "allow": N_("time to the next rung"),
    "answers": N_("answered by"),
    "at_least": N_("at least"),
    "at_most": N_("at most"),
    "backdate": N_("further back needs a reason"),
    "before": N_("due before"),
    "body": N_("a body that is never late"),
    "by": N_("by whom"),
    "calendar": N_("calendar"),
    "choice": N_("choice"),
    "columns": N_("columns"),
    "default": N_("filled from"),
    "discharges": N_("does"),
    "discharges_all": N_("does all of"),
    "duties": N_("to be done there"),
    "every": N_("every"),
    "excepting": N_("except"),
    "extend": N_("extension"),
    "final": N_("final"),
    "focal_points": N_("focal points"),
    "grounds": N_("grounds"),
    "holds": N_("held by"),
    "includes": N_("must be among those named"),
    "initial": N_("first state"),
    "inputs": N_("needs"),
    "label": N_("wording"),
    "ladder": N_("ladder"),
    "lapses": N_("lets lapse"),
    "lasts_until": N_("lasts until"),
    "leader_rank": N_("rank of the leader"),
    "level": N_("level"),
    "many": N_("several"),
    "may_wait": N_("may wait"),
    "mend": N_("who mends mistakes"),
    "most": N_("length at most"),
    "name": N_("name"),
    "on_overdue": N_("fires when overdue"),
    "open_at": N_("opens on"),
    "openings": N_("opened by themselves"),
    "opens_on": N_("opened by"),
    "order": N_("stands behind"),
    "owed_by": N_("owed by"),
    "parent": N_("agency above it"),
    "per_agency": N_("one for each agency"),
    "prefix": N_("prefix"),
    "recorded_by": N_("recorded by"),
    "required": N_("required"),
    "restart": N_("begins anew when asked again"),
    "rungs": N_("rungs"),
    "runs_on": N_("runs on while suspended"),
    "sees_all": N_("sees all cases"),
    "set": N_("records"),
    "settled": N_("first done or let go"),
    "signatory": N_("signs the programme"),
    "source": N_("source"),
    "sources": N_("from"),
    "suspend": N_("suspension"),
    "suspends": N_("stops the clock"),
    "takes": N_("may take"),
    "times": N_("at most so many times"),
    "title": N_("title of the rules"),
    "to": N_("leads to"),
    "type": N_("type"),
    "undo_within": N_("taken back within"),
    "unreachable": N_("fires when nobody is there"),
    "waive_by": N_("waived by"),
    "when": N_("only where"),
    "with_": N_("with"),
}
"""What a part of a rule is called. What is not here is called as the file calls it."""
_WORDS = {ANY: ("holds", "sources"), SIGNATORIES: ("holds",), "year": ("every",), "month": ("every",)}
_SAID = {ANY: N_("any"), SIGNATORIES: N_("those who signed"), "year": N_("year"), "month": N_("month")}
"""Words of the format itself, the parts in which they stand, and what people say."""
_SECTIONS = {"capacities", "duties", "fields", "states", "transitions", "opening"}
_UNSAID = {"deadline", "within", "rungs"}  # what stands in them says it


def difference_line(one: Difference, old: Names, new: Names) -> str:
    """One difference as a sentence. `old` and `new` are the words of the two editions (`old`: `called_anew`)."""
    if "renamed" in one.where[2:3] and len(one.where) == 5:
        return _renamed(one, new)
    subject, rest, names = _subject(one, old, new)
    if not rest and one.where[-1] != ORDER and (one.before is None or one.after is None):
        said = _("{subject}: added") if one.before is None else _("{subject}: no longer there")
        return said.format(subject=subject)
    aspects = [subject, *(_aspect(part, n, rest, names) for n, part in enumerate(rest) if part not in _UNSAID)]
    head = ", ".join(part for part in aspects if part)
    if one.where[0] == "processes":
        old, new = _of(old, one.where[1]), _of(new, one.where[1])
    elif one.where[0] == "ladders":
        old, new = _using(old, one.where[1]), _using(new, one.where[1])
    return f"{head}: {_said(one.before, rest, old)} → {_said(one.after, rest, new)}"


def _renamed(one: Difference, new: Names) -> str:
    """That something is called otherwise; an edition that only no longer says so has the new name already."""
    kind, was = _(KINDS[one.where[3]]), one.where[4]
    if one.after is None:
        return _("{kind} {old}: no longer said to be {new} now").format(kind=kind, old=was, new=one.before)
    return _("{kind} {old}: is {new} now").format(kind=kind, old=was, new=one.after)


def _of(names: Names, process: str) -> Names:
    return names.of(process) if process in names.ruleset.processes else names


def _using(names: Names, ladder: str) -> Names:
    """The words of a process that uses a ladder: those whom it tells are called by its capacities."""
    for name, process in names.ruleset.processes.items():
        if any(duty.ladder == ladder for duty in process.duties.values()):
            return names.of(name)
    return names


def _subject(one: Difference, old: Names, new: Names) -> tuple[str, tuple[str, ...], Names]:
    """What a difference is about, the rest of its path, and the words to tell it by."""
    where, names = one.where, new
    if where[0] == "processes" and len(where) > 2:
        if where[1] not in new.ruleset.processes:
            names = old
        names = names.of(where[1])
        told = inside(names.process_label())
        if where[2] not in _SECTIONS or len(where) == 3:
            return told, where[2:], names
        several = len(new.ruleset.processes) > 1
        thing = _named(where[2], where[3], names, _of(old, where[1]))
        return (f"{told}, {thing}" if several else thing), where[4:], names
    if where[0] in KINDS and len(where) > 1:
        return _named(where[0], where[1], names, old), where[2:], names
    return "", where, names


def _named(section: str, name: str, names: Names, old: Names) -> str:
    """A thing of the rules by its label; one that is gone by the label it had."""
    kind = _(KINDS[section])
    if section in ("transitions", "opening"):
        trigger, dot, line = name.partition(".")
        words = names if _trigger(names, trigger) else old
        said = inside(words.trigger(trigger)) + (_(" (line {number})").format(number=line) if dot else "")
        return f"{kind} {said}"
    known = getattr(names.process, section, {}) if names.process is not None and section in _SECTIONS else {}
    words = names if name in known or section not in _SECTIONS else old
    match section:
        case "duties":
            return inside(words.duty_name(name))
        case "states":
            return f"{kind} {inside(words.state(name))}"
        case "fields":
            return f"{kind} {inside(words.field(name))}"
        case "capacities":
            return f"{kind} {inside(words.capacity(name))}"
        case "agencies":
            found = names.ruleset.agencies.get(name) or old.ruleset.agencies[name]
            return label(found.name, name)
        case "processes" | "openings":
            found_process = names.ruleset.processes.get(name) or old.ruleset.processes[name]
            return f"{kind} {inside(label(found_process.label, name))}"
        case _:
            return f"{kind} {name}"


def _trigger(names: Names, trigger: str) -> bool:
    process = names.process
    lines = (*process.opening, *process.transitions) if process is not None else ()
    return any(line.trigger == trigger for line in lines)


def _aspect(part: str, n: int, rest: tuple[str, ...], names: Names) -> str:
    if n and rest[n - 1] == "within":  # the condition of one line of `within`
        return ", ".join(inside(names.place("term", term)) for term in part.split(", ")) if part else ""
    if n and rest[n - 1] == "rungs":
        return _("rung {number}").format(number=part)
    if part == "by" and n and rest[n - 1] == "deadline":
        return _("due by")
    return _(ASPECTS[part]) if part in ASPECTS else part


def _said(value: Any, rest: tuple[str, ...], names: Names) -> str:
    """A value of the rules, in words; nothing is a dash."""
    match value:
        case None | "" | () | {}:
            return "-"
        case bool():
            return _("yes") if value else _("no")
        case Duration():
            return times.length(value)
        case Take():
            return times.length(value.take)
        case OwedBy():
            return rules.owed_by(names, value)
        case DateRef():
            return rules.date_of(names, value)
        case Rung():
            return rules.rung_line(names, value)
        case Term():
            return names.place("term", written(value))
        case Who():
            return value.body + (".leader" if value.leader else "")
        case SuspendRule():
            by = ", ".join(inside(names.capacity(name)) for name in value.by)
            return _("{by}, {length} at most").format(by=by, length=times.length(value.at_most))
        case Opening():
            every = _word(value.every, ("every",), names)
            return _("{process}, every {every}, on {day}").format(
                process=inside(names.process_label(value.process)), every=every, day=value.open_at
            )
        case Extension():
            by = ", ".join(inside(names.capacity(name)) for name in value.by)
            return _("{by}, {times} times, {length} each at most").format(
                by=by, times=value.times, length=times.length(value.at_most)
            )
        case (str(field), str(column)) if rest and rest[-1] == "default":
            values = {"field": inside(names.field(field)), "column": inside(names.capacity(column))}
            return _("{column} by {field}").format(**values)
        case list() | tuple():
            return ", ".join(_said(item, rest, names) for item in value)
        case dict():
            if rest and rest[-1] in ("label", "name", "title"):
                return label(value, "")
            return ", ".join(f"{key}: {_said(item, (key,), names)}" for key, item in value.items())
        case Value():
            return _plain(msgspec.to_builtins(value))
        case _:
            return _word(str(value), rest, names)


def _plain(value: Any) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()


def _word(word: str, rest: tuple[str, ...], names: Names) -> str:
    """A name that stands as a value: by its label, where the part it stands in says what it is a name of."""
    process, part = names.process, rest[-1] if rest else ""
    if part in _WORDS.get(word, ()):
        return _(_SAID[word])
    if part in ("holds", "parent") or "columns" in rest[-2:-1] or "with_" in rest[-2:-1]:
        return names.agency(word) if word in names.ruleset.agencies else word
    if process is None:
        return word
    if part == ORDER:
        return _named("transitions", word, names, names) if _trigger(names, word.partition(".")[0]) else word
    if part in ("to", "sources", "lasts_until", "initial") and word in process.states:
        return inside(names.state(word))
    if part in ("discharges", "discharges_all", "settled", "lapses", "after", "duties") and word in process.duties:
        return inside(names.duty_name(word))
    if part in ("opens_on", "answers", "on_overdue", "fires", "unreachable") and _trigger(names, word):
        return inside(names.trigger(word))
    if part in ("by", "waive_by", "recorded_by", "mend", "excepting") and word in process.capacities:
        return inside(names.capacity(word))
    if part in ("inputs", "takes") and word in process.fields:
        return inside(names.field(word))
    return word
