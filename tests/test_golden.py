"""Histories written by earlier versions are read and folded as they were then. `python -m tests.golden` adds one."""

from __future__ import annotations

import json
from functools import reduce
from itertools import accumulate
from typing import get_args

import msgspec
import pytest

from states.case import Case, EventKind
from states.evolve import evolve
from states.record import GENESIS, decode, link
from states.why import accounts
from tests.golden import FOLDER
from tests.support import calendar_vn

KEPT = {
    f"{path.stem}-{number}": history
    for path in sorted(FOLDER.glob("*.json"))
    for number, history in json.loads(path.read_text("utf-8")).items()
}


@pytest.mark.parametrize("history", KEPT.values(), ids=KEPT)
def test_a_history_folds_to_what_it_folded_to_when_it_was_written(history):
    events = [decode(raw.encode(), history["texts"]) for raw in history["events"]]
    assert reduce(evolve, events, None) == msgspec.convert(history["case"], Case)


@pytest.mark.parametrize("history", KEPT.values(), ids=KEPT)
def test_its_chain_ends_where_it_ended(history):
    *_, head = accumulate((raw.encode() for raw in history["events"]), link, initial=GENESIS)
    assert head == history["head"]


def test_every_kind_of_event_is_kept():
    kinds = {decode(raw.encode(), {}).kind for history in KEPT.values() for raw in history["events"]}
    assert kinds == set(get_args(EventKind))


@pytest.mark.parametrize("history", KEPT.values(), ids=KEPT)
def test_why_reads_a_history_of_any_age_and_never_contradicts_it(history):
    """A duty whose history does not say what its due instant is made of keeps what is stated, and says so."""
    events = [decode(raw.encode(), history["texts"]) for raw in history["events"]]
    found = accounts(events, dict.fromkeys({event.calendar for event in events}, calendar_vn()))
    case = msgspec.convert(history["case"], Case)
    assert list(found) == list(case.duties)
    for id_, account in found.items():
        if not account.known:
            assert account.due_at == case.duties[id_].due_at
