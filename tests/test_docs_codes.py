"""docs/rules-codes.md: what is wrong in the first piece of each code is told by just that code; the second is right."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
import yaml

from states.errors import BadFile, Problem
from states.horizon import warn
from states.loader import read_marked
from tests.support import ROOT, calendar_vn
from tests.test_docs_rules import added

PAGE = (ROOT / "docs/rules-codes.md").read_text("utf-8")
BASE = re.findall(r"^```yaml base\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[0]
SECTIONS = dict(re.findall(r"^## ([EW]\d{3}):[^\n]*\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
PIECES = {
    code: re.findall(r"^```yaml (bad|good)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    for code, section in SECTIONS.items()
}
CODE = re.compile(r"\"([EW]5\d{2})\"")
WITHOUT = {"E500", "W540"}  # these take a crowd, and a database: test_states_proofs, test_states_staffing
TODAY = date(2026, 6, 1)
TOGETHER = {"E504": {"W532"}, "E507": {"E510"}}  # the other code says why


def file_with(piece: str) -> str:
    whole: Any = added(yaml.safe_load(BASE), yaml.safe_load(piece))
    return yaml.safe_dump(whole, allow_unicode=True, sort_keys=False, width=9999)


def told(text: str) -> tuple[Problem, ...]:
    """Every error of `text`; the warnings where there is none, those of the day the page names included."""
    try:
        ruleset, marks = read_marked(text, "trial.yaml")
    except BadFile as bad:
        return bad.problems
    warn(ruleset, calendar_vn(), TODAY, marks)
    return marks.warnings


def test_the_file_at_the_top_is_right():
    assert told(BASE) == ()


@pytest.mark.parametrize("code", [code for code in PIECES if code not in WITHOUT])
def test_the_first_piece_is_wrong_in_just_that_way_and_the_second_is_right(code):
    (bad, wrong), (good, right) = PIECES[code]
    assert (bad, good) == ("bad", "good")
    assert {problem.code for problem in told(file_with(wrong))} - TOGETHER.get(code, set()) == {code}
    assert told(file_with(right)) == ()


def test_every_code_of_the_proofs_has_its_paragraph_and_no_other():
    raised = {code for room in ROOT.glob("states/**/*.py") for code in CODE.findall(room.read_text("utf-8"))}
    assert list(PIECES) == sorted(PIECES)
    assert set(PIECES) == raised
