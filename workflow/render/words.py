"""Codes into words: what a state, a duty, a trigger, an agency is called in the language in use.

    names = context.speak(office, case.process)
    names.state("joint_plan")               Lập kế hoạch chung
    names.duty("acknowledge@so_xd")         Xác nhận đã nhận (Sở Xây dựng)
    names.reason(reason)                    a refusal's sentence, its codes replaced

A label that lacks the language falls back to the other, then to the code. `Names.of(process)` is the same
register for another process, for lists over several. The words come back as plain strings; `Screen`
cleans them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from states.agencies import acting, name_on
from states.case import Duty
from states.errors import Reason
from states.roster import Officer, Roster, reached
from states.ruleset import SYSTEM, Agency, Field, FieldType, Label, Process, Ruleset
from states.worktime import Duration
from workflow.reasons import reasons
from workflow.render import when
from workflow.render.language import N_, _, current

Given = TypeVar("Given")
_RELATIONS = {"duplicate_of": N_("duplicate of"), "follows": N_("follows"), "part_of": N_("part of")}
_KINDS = {
    "flag": N_("true or false"),
    "choice": N_("one of the choices"),
    "text": N_("a text"),
    "date": N_("a date"),
    "instant": N_("a date and time"),
    "year": N_("a year"),
    "agency": N_("an agency"),
    "agencies": N_("agencies"),
    "rows": N_("a table"),
}
_STATUS = {
    "open": N_("open"),
    "parked": N_("clock stopped"),
    "done": N_("done"),
    "waived": N_("waived"),
    "lapsed": N_("lapsed"),
    "mistaken": N_("mistaken"),
}

_CARRIED = {
    "document": N_("document"),
    "file": N_("file name"),
    "files": N_("names of files"),
    "override": "--override-identity",
    "reason": N_("reason"),
    "title": N_("title"),
}
"""What an act may carry besides the fields and capacities of its process."""


class Names:
    """The words of one edition and register, in the language in use; `process` gives the words of cases."""

    def __init__(
        self,
        ruleset: Ruleset,
        *,
        agencies: Mapping[str, Agency],
        zone: ZoneInfo,
        process: str | None = None,
        day: date | None = None,
        roster: Roster | None = None,
    ) -> None:
        self.ruleset, self.agencies, self.zone, self.day = ruleset, agencies, zone, day
        self.roster = roster
        self.process: Process | None = ruleset.processes.get(process) if process else None

    def of(self, process: str) -> Names:
        """The same words for the cases of `process`."""
        if self.process is not None and self.process.name == process:
            return self
        return self._but(process, self.day)

    def at(self, instant: datetime) -> Names:
        """The same words as they were at `instant`: an agency has the name of the day."""
        day = instant.astimezone(self.zone).date()
        if day == self.day:
            return self
        return self._but(self.process.name if self.process else None, day)

    def _but(self, process: str | None, day: date | None) -> Names:
        return Names(self.ruleset, agencies=self.agencies, zone=self.zone, process=process, day=day, roster=self.roster)

    # ---- what things are called -----------------------------------------------------------------

    def agency(self, code: str) -> str:
        """The name of whoever answers for `code` on the day; the code itself if the register does not hold it."""
        if code == SYSTEM:
            return _("the system")
        return self.own_name(self.answers(code))

    def answers(self, code: str) -> str:
        """The agency that answers for `code` on the day."""
        return (acting(self.agencies, code, self.day) if self.day else None) or code

    def first_contact(self, agency: str) -> Officer | None:
        """Whom to call at `agency` on the day, if the register knows anybody."""
        if self.roster is None or self.day is None:
            return None
        return reached(self.roster, agency, "focal_point", self.day, working=True)

    def own_name(self, code: str) -> str:
        """What the agency `code` itself is called, or was at its end."""
        found = self.agencies.get(code)
        if found is None:
            return code
        return label(name_on(found, self.day) if self.day else found.name, code)

    def officer(self, login: str) -> str:
        """An officer's name as it was in the register on the day; the login itself for one it does not hold."""
        found = self.roster.known(login, self.day) if self.roster and self.day else None
        return f"{found.name} ({login})" if found else login

    def agencies_of(self, codes: Iterable[str]) -> str:
        return ", ".join(self.agency(code) for code in codes)

    def process_label(self, name: str | None = None) -> str:
        process = self.ruleset.processes.get(name) if name else self.process
        return label(process.label, process.name) if process else name or ""

    def state(self, name: str) -> str:
        found = self.process.states.get(name) if self.process else None
        return label(found.label, name) if found else name

    def trigger(self, name: str) -> str:
        """The label of a trigger: its first line in the table that has one."""
        lines = (*self.process.opening, *self.process.transitions) if self.process else ()
        found = next((line for line in lines if line.trigger == name and line.label), None)
        return label(found.label, name) if found else _built_in(name)

    def capacity(self, name: str) -> str:
        found = self.process.capacities.get(name) if self.process else None
        return label(found.label, name) if found else name

    def field(self, name: str) -> str:
        """A field, a column (`measures.by`), or a capacity that is asked for like one."""
        if name in _CARRIED:
            return _(_CARRIED[name])
        first, dot, column = name.partition(".")
        found = self.process.fields.get(first) if self.process else None
        if found is None:
            return self.capacity(first)
        said = label(found.label, first)
        if dot and column in found.columns:
            return f"{said}: {label(found.columns[column].label, column)}"
        return said

    def duty_name(self, name: str) -> str:
        """A duty without its agency."""
        found = self.process.duties.get(name) if self.process else None
        return label(found.label, name) if found else name

    def duty(self, duty: str | Duty) -> str:
        """A duty with who owes it: `Xác nhận đã nhận (Sở Xây dựng)`. Takes an id, a bare name or the duty."""
        name, agency = (duty.name, duty.agency) if isinstance(duty, Duty) else _parts(duty)
        said = self.duty_name(name)
        return f"{said} ({self.agency(agency)})" if agency else said

    def status(self, duty: Duty) -> str:
        return _(_STATUS[duty.status])

    def post(self, post: str) -> str:
        """Whom a rung told: `btg` or `btg.leader`."""
        agency = self.agency(post.removesuffix(".leader"))
        return _("leader of {agency}").format(agency=agency) if post.endswith(".leader") else agency

    def answer(self, answer: str) -> str:
        return self.trigger(answer)

    # ---- what was recorded ----------------------------------------------------------------------

    def relation(self, relation: str) -> str:
        """How a case is related to another."""
        return _(_RELATIONS[relation])

    def value(self, name: str, value: Any) -> str:
        """A recorded field value for people; a value per agency becomes `agency: value; ...`."""
        found = self.process.fields.get(name) if self.process else None
        if found is None:
            return str(value)
        if found.per_agency and isinstance(value, dict):
            return "; ".join(f"{self.agency(a)}: {self._value(found, v)}" for a, v in value.items())
        return self._value(found, value)

    def value_of(self, kind: FieldType, value: Any) -> str:
        """A value of a type, outside any field: a document's date."""
        return self._value(Field(name="", label={}, alias="", type=kind), value)

    def cells(self, name: str, row: Mapping[str, Any]) -> list[str]:
        """One row of a `rows` field, in the order of its columns."""
        assert self.process is not None
        return [
            self._value(column, row[key]) if key in row else ""
            for key, column in self.process.fields[name].columns.items()
        ]

    def _value(self, field: Field, value: Any) -> str:
        match field.type:
            case "flag":
                return _("yes") if value else _("no")
            case "choice":
                choice = self.ruleset.choices.get(field.choice or "", {}).get(value)
                return label(choice.label, value) if choice else str(value)
            case "agency":
                return self.agency(value)
            case "agencies":
                return self.agencies_of(value)
            case "date":
                return when.day(date.fromisoformat(value))
            case "instant":
                return self.moment(datetime.fromisoformat(value))
            case "rows":
                return "; ".join(
                    ", ".join(self._value(field.columns[k], v) for k, v in row.items() if k in field.columns)
                    for row in value
                )
            case _:
                return str(value)

    def moment(self, at: datetime, *, due: bool = False) -> str:
        """An instant with its weekday, in the office's zone; `due` for deadlines, see `when.moment`."""
        return when.moment(at, self.zone, due=due)

    def short(self, at: datetime, *, due: bool = False) -> str:
        """An instant for a column."""
        return when.short(at, self.zone, due=due)

    # ---- refusals -------------------------------------------------------------------------------

    def reason(self, reason: Reason) -> str:
        """The sentence of a refusal, its codes as words."""
        return sentence(reason.text, reason.values, self)

    def error(self, stored: str) -> str:
        """What kept something from happening, as it is stored (`workflow.reasons`)."""
        return "; ".join(map(self.reason, reasons(stored))) or stored

    def place(self, name: str, value: Any) -> str:
        """What stands at the place `name` of a message: the name says what kind of code `value` is."""
        if isinstance(value, list | tuple):
            one = {"agencies": "agency", "duties": "duty", "states": "state", "capacities": "capacity"}
            singular = one.get(name, {"terms": "term", "choices": "choice"}.get(name, ""))
            joint = "; " if singular == "duty" else ", "
            return joint.join(self.place(singular, item) for item in value)
        say: dict[str, Callable[[str], str]] = {
            "agency": self.agency,
            "ended": self.own_name,
            "recorder": self.agency,
            "successor": self.own_name,
            "capacity": self.capacity,
            "duty": self.duty,
            "field": self.field,
            "kind": lambda kind: _(_KINDS[kind]) if kind in _KINDS else kind,
            "state": self.state,
            "trigger": lambda trigger: f"“{self.trigger(trigger)}”",
            "term": self._term,
            "process": self.process_label,
            "error": self.error,
        }
        if name in say and isinstance(value, str):
            return say[name](value)
        if name == "every" and isinstance(value, int):
            return when.rhythm(value)
        if name == "most" and isinstance(value, str):
            return when.length(Duration.parse(value))
        if isinstance(value, date) and not isinstance(value, datetime):
            return when.day(value)
        if name in ("instant", "at", "due_at", "since"):
            return self.moment(value if isinstance(value, datetime) else datetime.fromisoformat(value))
        return str(value)

    def _field_or_column(self, name: str) -> Field | None:
        """The field `name`, or the column of a table that conditions call by that name."""
        fields = self.process.fields if self.process else {}
        columns = (field.columns[name] for field in fields.values() if name in field.columns)
        return fields.get(name) or next(columns, None)

    def _term(self, term: str) -> str:
        """One condition as `guards` writes it: `urgent`, `!small`, `area=land|housing`."""
        bare, __, values = term.removeprefix("!").partition("=")
        found = self._field_or_column(bare)
        said = label(found.label, bare) if found else bare
        if values and found:
            said += ": " + ", ".join(self._value(found, value) for value in values.split("|"))
        return _("not {term}").format(term=inside(said)) if term.startswith("!") else said


def label(labels: Label, code: str) -> str:
    """The label in the language in use, else in any, else the code."""
    return labels.get(current()) or next(iter(labels.values()), "") or code


def declared(known: Iterable[str], found: Mapping[str, Given]) -> list[tuple[str, Given]]:
    """`found` in the order in which the rules declare its names, as people know them from forms and screens."""
    return [(name, found[name]) for name in dict.fromkeys([*known, *found]) if name in found]


def inside(said: str) -> str:
    """A label in the middle of a sentence: with a small letter, unless it begins with an abbreviation (`UBND`)."""
    return said[:1].lower() + said[1:] if said[1:2].islower() else said


def sentence(text: str, values: Mapping[str, Any], names: Names | None = None) -> str:
    """A msgid with its places, in the language in use; without `names` codes stay codes."""
    place = names.place if names else _plain
    return _(text).format(**{key: place(key, value) for key, value in values.items()})


def _plain(name: str, value: Any) -> str:
    """What stands at a place where nobody knows the words: codes stay codes, a label is given whole."""
    if isinstance(value, dict):
        return label(value, "")
    if name == "error":
        return "; ".join(sentence(one.text, one.values) for one in reasons(value)) or str(value)
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _parts(duty: str) -> tuple[str, str | None]:
    """`acknowledge@so_xd.2` -> (acknowledge, so_xd); `watch@-` is owed by nobody."""
    name, __, agency = duty.partition("@")
    agency = agency.split(".")[0]
    return name, agency if agency not in ("", "-") else None


def _built_in(name: str) -> str:
    known = {
        "open": N_("open the case"),
        "extend": N_("extend the time"),
        "waive": N_("waive the duty"),
        "correct": N_("correct the record"),
        "undo": N_("take back the act"),
        "assign": N_("replace the agency"),
        "link": N_("link the case"),
        "join": N_("link the case"),
        "erase": N_("erase the text"),
        "suspend": N_("stop the clock"),
        "resume": N_("let the clock run again"),
        "nudge": N_("remind"),
        "amend": N_("count due dates anew"),
        "calendar": N_("publish the calendar"),
    }
    return _(known[name]) if name in known else name
