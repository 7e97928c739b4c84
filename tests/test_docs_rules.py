"""docs/rules.md: every block of YAML loads, each added to those before it, and every code is explained."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
import yaml

from states.loader import load_calendar, load_rules, schema
from states.worktime import Duration
from tests.support import ROOT, calendar_vn

PAGE = (ROOT / "docs/rules.md").read_text("utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
CALENDARS = re.findall(r"^```yaml calendar\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
CODE = re.compile(r"\"(E\d{3})\"")


def added(base: Any, more: Any) -> Any:
    """`more` added to `base`, as a writer would: keys into mappings, items at the end of lists."""
    if isinstance(base, dict) and isinstance(more, dict):
        return {**base, **{key: added(base[key], value) if key in base else value for key, value in more.items()}}
    if isinstance(base, list) and isinstance(more, list):
        return base + more
    return more


def grown(count: int) -> str:
    """The file after the first `count` blocks."""
    whole: Any = {}
    for block in BLOCKS[:count]:
        whole = added(whole, yaml.safe_load(block))
    return yaml.safe_dump(whole, allow_unicode=True, sort_keys=False)


def test_the_first_block_is_a_whole_file_as_it_stands():
    assert load_rules(BLOCKS[0], "questions.yaml").edition == "questions-1"


@pytest.mark.parametrize("count", range(2, len(BLOCKS) + 1))
def test_each_block_added_to_those_before_it_is_a_file_that_loads(count):
    assert "question" in load_rules(grown(count), "questions.yaml").processes


@pytest.mark.parametrize("block", CALENDARS)
def test_a_calendar_on_the_page_loads(block):
    assert load_calendar(block, "page.yaml").zone == "Asia/Ho_Chi_Minh"


def test_every_code_of_the_loader_is_explained_and_no_other():
    raised = {code for room in ROOT.glob("states/**/*.py") for code in CODE.findall(room.read_text("utf-8"))}
    told = re.findall(r"^\| (E\d{3}) \|", PAGE, re.MULTILINE)
    assert told == sorted(set(told))
    assert set(told) == raised


def test_every_key_of_the_format_is_on_the_page():
    keys = {key for shape in schema()["$defs"].values() for key in shape.get("properties", {})}
    assert {key for key in keys if not re.search(rf"\b{key}\b", PAGE)} == set()


@pytest.mark.parametrize(
    ("length", "due", "told"),
    [
        ("3wd", "2022-05-06T17:30", "Friday 6/5, 17:30"),
        ("4wh", "2022-05-04T10:50", "the rest on Wednesday 4/5: 10:50"),
        ("2d", "2022-05-05T00:00", "Wednesday 4/5, 24:00"),
        ("6h", "2022-04-29T22:50", "today 22:50"),
    ],
)
def test_the_examples_of_time_are_what_the_calendar_says(length, due, told):
    clock = calendar_vn()
    start = datetime.fromisoformat("2022-04-29T16:50:00+07:00")
    assert clock.add(start, Duration.parse(length)).astimezone(clock.zone).isoformat()[:16] == due
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{length}` |")]
    assert told in row
