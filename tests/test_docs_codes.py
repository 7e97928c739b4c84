"""docs/rules-form.md, rules-codes.md: the first piece of each code is told by just that code; the second is right."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml

from states.errors import BadFile, Problem
from states.horizon import warn
from states.loader import load_calendar
from tests.support import ROOT, calendar_vn
from tests.test_docs_rules import added
from workflow.setup import proved_rules

FORM, PROOFS = [(ROOT / "docs" / page).read_text("utf-8") for page in ("rules-form.md", "rules-codes.md")]
(BASE,) = re.findall(r"^```yaml base\n(.*?)^```$", PROOFS, re.MULTILINE | re.DOTALL)
CALENDAR = (ROOT / "calendars/vn.yaml").read_text("utf-8")
SECTION = re.compile(r"^## ([EW]\d{3}):[^\n]*\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
PIECE = re.compile(r"^```yaml (bad|good)(?: (lines|whole|calendar))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PIECES = {code: PIECE.findall(section) for page in (FORM, PROOFS) for code, section in SECTION.findall(page)}
BEGINS = re.compile(r" *[^ :]+:")
CODE = re.compile(r"\"([EW]\d{3})\"")
WITHOUT = {
    *("E101", "E102", "E107", "E108"),  # bytes that are no text, too much of it, or nothing: test_states_loader
    "E199",  # it takes a thousand others: test_states_loader
    *("E460", "W540"),  # these take a database: test_rules_publish, test_states_staffing
    "E500",  # it takes a crowd: test_states_proofs
}
TODAY = date(2026, 6, 1)
TOGETHER = {"E504": {"W532"}, "E507": {"E510"}}  # the other code says why


def file_with(piece: str) -> str:
    whole: Any = added(yaml.safe_load(BASE), yaml.safe_load(piece))
    return yaml.safe_dump(whole, allow_unicode=True, sort_keys=False, width=9999)


def lines_put_in(piece: str, base: str = BASE) -> str:
    """Each line in place of the one of `base` that begins with its key; one that begins with none, below the last."""
    lines = base.splitlines()
    at = None
    for line in piece.splitlines():
        begins = BEGINS.match(line)
        alike = [n for n, old in enumerate(lines) if begins and old.startswith(begins[0])]
        if alike:
            (at,) = alike
            lines[at] = line
        else:
            assert at is not None, f"no line begins as {line!r} does"
            at += 1
            lines.insert(at, line)
    return "\n".join(lines) + "\n"


def told(text: str) -> tuple[Problem, ...]:
    """Every error of `text`, its tests played; the warnings where there is none, those of TODAY included."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "trial.yaml"
        path.write_text(text, "utf-8", newline="")
        try:
            _text, ruleset, marks = proved_rules(path)
        except BadFile as bad:
            return bad.problems
    warn(ruleset, calendar_vn(), TODAY, marks)
    return marks.warnings


def told_of(piece: str, how: str) -> tuple[Problem, ...]:
    """As `told`, of the file with `piece`; `how` that comes in is said at the top of rules-form.md."""
    if how == "whole":
        return told(piece)
    if how != "calendar":
        return told(lines_put_in(piece) if how == "lines" else file_with(piece))
    try:
        load_calendar(lines_put_in(piece, CALENDAR), "vn.yaml")
    except BadFile as bad:
        return bad.problems
    return ()


def test_the_file_at_the_top_is_right():
    assert told(BASE) == ()


@pytest.mark.parametrize("code", [code for code in PIECES if code not in WITHOUT])
def test_the_first_piece_is_wrong_in_just_that_way_and_the_second_is_right(code):
    (bad, how_bad, wrong), (good, how_good, right) = PIECES[code]
    assert (bad, good) == ("bad", "good")
    assert {problem.code for problem in told_of(wrong, how_bad)} - TOGETHER.get(code, set()) == {code}
    assert told_of(right, how_good) == ()


def test_every_code_has_its_paragraph_and_no_other():
    rooms = [*ROOT.glob("states/**/*.py"), *ROOT.glob("workflow/**/*.py")]
    raised = {code for room in rooms for code in CODE.findall(room.read_text("utf-8"))}
    assert list(PIECES) == sorted(PIECES)
    assert set(PIECES) == raised


def test_only_what_cannot_be_shown_on_a_page_has_no_pieces():
    assert {code for code, pieces in PIECES.items() if not pieces} == WITHOUT
