"""The corpus of bad rules files: how many there are, and that no kind of fault of the house's list has got lost.

Each of them is refused at its line and column with its code in tests/test_states_loader.py, tests/test_states_checks.py
and tests/test_rules_planted.py; the files of the house are refused nowhere, and warned of nothing.
"""

from __future__ import annotations

import re

import pytest

from states.loader import read_marked
from tests import test_states_checks, test_states_loader
from tests.support import ROOT
from tests.test_docs_rules import BLOCKS, grown
from tests.test_rules_planted import PLANTED, SHIPPED

IDS = {
    "rules-01", "rules-02", "rules-03", "rules-04", "rules-05", "rules-06", "rules-08", "rules-09", "rules-10",
    "rules-11", "rules-12", "rules-13", "rules-18", "rules-19", "rules-20", "rules-23", "rules-25", "rules-26",
    "rules-28", "rules-29", "rules-31", "rules-35",
}  # fmt: skip
PLACE = re.compile(r"\d+:\d+ E\d{3}\b")


def bad_files() -> dict[object, str]:
    """Every bad file of which a test says where it is refused, with that place: `line:column CODE`."""
    found: dict[object, str] = {text: places[0] for _, text, places in test_states_loader.CORPUS}
    found.update(test_states_loader.MESSAGES)
    found |= {test_states_checks.changed((old, new)): told for old, new, told, _ in test_states_checks.NAMES}
    found |= {test_states_checks.changed(*changes): told for told, changes in test_states_checks.FAULTS}
    return found


def test_there_are_at_least_a_hundred_and_fifty_bad_files_each_with_its_code_and_place():
    found = bad_files()
    assert all(PLACE.match(place) for place in found.values())
    assert len(found) >= 150
    assert len({place.split()[1] for place in found.values()}) >= 60  # codes


def test_forty_more_are_faults_of_meaning_in_the_shipped_file():
    texts = set()
    for planted in PLANTED:
        text = SHIPPED
        for old, new in planted["change"]:
            text = text.replace(old, new)
        texts.add(text)
    assert len(texts - {SHIPPED}) == len(PLANTED) >= 40


def test_every_kind_of_fault_of_the_list_has_a_test():
    named = {id_ for id_, _, _ in test_states_loader.CORPUS}
    for path in ROOT.glob("tests/test_*.py"):
        if path.name != "test_rules_corpus.py":
            named |= set(re.findall(r"\brules-\d\d\b", path.read_text("utf-8")))
    assert named >= IDS


GOOD = {path: (ROOT / path).read_text("utf-8") for path in test_states_loader.FILES}
GOOD |= {f"docs/rules.md {n}": grown(n) for n in range(1, len(BLOCKS) + 1)}


@pytest.mark.parametrize("name", GOOD)
def test_no_file_of_the_house_has_an_error_or_a_warning(name):
    """Who is warned of what is right stops reading warnings."""
    assert read_marked(GOOD[name], "f.yaml")[1].warnings == ()
