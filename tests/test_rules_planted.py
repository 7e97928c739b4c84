"""Faults planted in the shipped rules, none of them in a name: each is told by its own code, at its own line.

tests/planted.yaml holds them: what is written instead, and what is then told first to last.
"""

from __future__ import annotations

import gc
from typing import Any

import pytest
import yaml

from states.errors import BadFile, Problem
from states.loader import read_marked
from tests.support import ROOT

SHIPPED = (ROOT / "escalation_rules.yaml").read_text("utf-8")
PLANTED = yaml.safe_load((ROOT / "tests/planted.yaml").read_text("utf-8"))


@pytest.fixture(autouse=True, scope="module")
def _no_collecting():
    """A proof makes a hundred thousand small tuples and no cycles: looking for some would take a fifth of the time."""
    gc.disable()
    yield
    gc.enable()


def told(text: str) -> tuple[Problem, ...]:
    try:
        return read_marked(text, "planted.yaml")[1].warnings
    except BadFile as bad:
        return bad.problems


def test_there_are_forty_faults_and_the_shipped_file_has_none_of_them():
    assert len(PLANTED) >= 40
    assert told(SHIPPED) == ()


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted["fault"].replace(" ", "-"))
def test_a_planted_fault_is_told_at_its_line_by_its_code(planted: dict[str, Any]):
    text = SHIPPED
    for old, new in planted["change"]:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    lines = text.splitlines()
    said = [(problem.code, lines[problem.line - 1].strip()) for problem in told(text)]
    assert said, "nothing is told"
    for code, start in (one.split(" ", 1) for one in planted["tells"]):
        assert any(code == c and line.startswith(start) for c, line in said), (code, start, said)


def test_what_fails_to_end_is_told_as_a_story():
    """The shortest way to where it fails, in labels, with who must wait and what nobody can do."""
    text = SHIPPED.replace(
        "opens_on: [plan_agreed, review_progress], within: 30wd", "opens_on: [plan_agreed], within: 30wd"
    )
    (problem,) = told(text)
    assert [str(step) for step in problem.story] == [
        "Report (Major trials)", "Notify", "Acknowledge", "Submit the plan", "Agree",
        "Progress reviewed", "nothing is due",
    ]  # fmt: skip
