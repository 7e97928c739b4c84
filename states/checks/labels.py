"""Words of a rules file (E3xx): labels in each language of the title, aliases to type, sources, no secrets."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from states.checks.names import Names
from states.errors import N_
from states.marks import Marks, Path
from states.ruleset import Label
from states.salvage import Lost
from states.secrecy import names_level
from states.shape import EXPECTED, LANGUAGE, ProcessShape, RulesFile


def check_labels(shape: RulesFile, marks: Marks, lost: Lost) -> None:
    """Note every label, alias and source that is missing or cannot stand."""
    _Labels(shape, Names(marks, lost)).check()


class _Labels:
    def __init__(self, shape: RulesFile, names: Names) -> None:
        self.shape, self.names = shape, names
        self.languages = list(shape.title)

    def check(self) -> None:
        shape = self.shape
        for code, agency in shape.agencies.items():
            self._label(("agencies", code), code, dict(agency.name), "name")
        for choice, values in shape.choices.items():
            self._secret(("choices", choice), choice)
            for value, columns in values.items():
                self._choice(("choices", choice, value), value, columns)
        found: dict[str, Path] = {}
        for name, process in shape.processes.items():
            here: Path = ("processes", name)
            self._label(here, name, process.label)
            self._alias(here, name, process.alias, found, shape.processes)
            self._source(here, process.source)
            if process.suspend:
                self._source((*here, "suspend"), process.suspend.source)
            self._process(here, process)
        for n, opening in enumerate(shape.openings):
            self._source(("openings", n), opening.source)

    def _choice(self, path: Path, value: str, columns: dict[str, Any]) -> None:
        label = columns.get("label", {})
        if not isinstance(label, dict) or not all(isinstance(t, str) and t.strip() for t in label.values()):
            self.names.add((*path, "label"), "E302", N_("a label is a text for each language"))
        else:
            for language in label:
                if not re.fullmatch(LANGUAGE, str(language)):
                    self.names.add((*path, "label", language), "E122", EXPECTED[LANGUAGE], value=str(language)[:80])
            self._label(path, value, label)

    def _process(self, here: Path, process: ProcessShape) -> None:
        for state, s in process.states.items():
            self._label((*here, "states", state), state, s.label)
        # One space of names: `--with`, `--set` and the options of a process are typed side by side.
        names = {*process.capacities, *process.fields}
        found: dict[str, Path] = {}
        for kind, items in (("capacities", process.capacities), ("fields", process.fields)):
            for name, item in items.items():
                self._label((*here, kind, name), name, item.label)
                self._alias((*here, kind, name), name, item.alias, found, names)
        for name, field in process.fields.items():
            for column, inner in (field.rows or {}).items():
                self._words((*here, "fields", name, "rows", column), column, inner.label)
        found = {}
        for name, duty in process.duties.items():
            self._label((*here, "duties", name), name, duty.label)
            self._alias((*here, "duties", name), name, duty.alias, found, process.duties)
            self._source((*here, "duties", name), duty.source)
        found, seen = {}, set()
        triggers = {t.trigger for t in process.transitions}
        for n, line in enumerate(process.transitions):
            path = (*here, "transitions", n)
            self._source(path, line.source)
            if line.trigger not in seen:  # the first line of a trigger speaks for all
                self._label(path, line.trigger, line.label)
                self._alias(path, line.trigger, line.alias, found, triggers)
            seen.add(line.trigger)

    def _label(self, path: Path, name: str, label: Label | None, key: str = "label") -> None:
        for language in self.languages:
            if not (label or {}).get(language):
                at = (*path, key, language)
                self.names.add(at, "E301", N_("`{key}` is missing in {language}"), key=key, language=language)
        self._words(path, name, label, key)

    def _words(self, path: Path, name: str, label: Label | None, key: str = "label") -> None:
        self._secret(path, name)
        for language, word in (label or {}).items():
            self._secret((*path, key, language), word)

    def _secret(self, path: Path, word: str) -> None:
        if names_level(word):
            text = N_("`{word}`: state secrets are kept in the paper register, never here")
            self.names.add(path, "E306", text, word=word[:80])

    def _alias(self, path: Path, name: str, alias: str | None, found: dict[str, Path], names: Collection[str]) -> None:
        if alias is None:
            if "vi" in self.languages:
                text = N_("`alias` is missing: the accent-free Vietnamese word that is typed")
                self.names.add((*path, "alias"), "E303", text)
            return
        if alias in found or (alias in names and alias != name):
            self.names.add((*path, "alias"), "E304", N_("alias `{alias}` is taken"), alias=alias)
        found[alias] = path

    def _source(self, path: Path, source: str | None) -> None:
        if source is None:
            text = N_("`source` is missing: a paragraph of the plan, or `local choice`")
            self.names.add((*path, "source"), "E305", text)
