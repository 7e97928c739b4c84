"""What the documents list is what there is: keys and kinds of an event, codes of `audit verify` and `doctor`."""

from __future__ import annotations

import inspect
import re
from typing import get_args

import msgspec

from states.case import Event, EventKind
from tests.support import ROOT
from workflow import doctor, heartbeat
from workflow.audit import FINDINGS


def first_cells(page: str, heading: str) -> dict[str, str]:
    """Every word in the first column of the table under `heading`, and the rest of its row."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    table = re.search(rf"^\| {heading} \|.*\n\|-.*\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert table is not None, heading
    found: dict[str, str] = {}
    for row in table[1].splitlines():
        cell, rest = row.removeprefix("|").split("|", 1)
        found |= dict.fromkeys(re.findall(r"`(\w+)`", cell), rest)
    return found


def test_the_record_names_every_key_and_every_kind_of_an_event():
    keys = first_cells("record.md", "key")
    assert set(keys) == {field.encode_name for field in msgspec.structs.fields(Event)}
    kinds = keys["kind"].split("3...;")[1]
    assert set(re.findall(r"`(\w+)`", kinds)) == set(get_args(EventKind))


def test_the_record_names_every_code_of_audit_verify():
    assert set(first_cells("record.md", "code")) == set(FINDINGS)


def test_the_register_names_every_code_of_doctor():
    told = inspect.getsource(doctor) + inspect.getsource(heartbeat.missing)
    found = {code for pair in re.findall(r'code="(\w+)"|_people\(\s*"(\w+)"', told) for code in pair if code}
    named = set(first_cells("register.md", "code"))
    assert found <= named
    assert {code for code in named if f'"{code}"' not in told} == set()
