"""docs/rules.md: every block of YAML loads, each added to those before it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import yaml

from states.loader import load_calendar, load_rules, schema
from states.rehearse import rehearse
from states.worktime import Duration
from tests.places import Place
from tests.shell import Shell
from tests.support import ROOT, calendar_vn

PAGE = (ROOT / "docs/rules.md").read_text("utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
CALENDARS = re.findall(r"^```yaml calendar\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


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


def test_the_grown_file_does_what_the_page_says(tmp_path, capsys):
    """A suspension, a plan with an objection, a completion, a refused end: each of them from a block of the page."""
    path = tmp_path / "questions.yaml"
    path.write_text(grown(len(BLOCKS)), "utf-8")
    shell = Shell(Place("sqlite", tmp_path), capsys, rules=path).at("2022-03-01 09:00")
    shell("open question --as van_phong --title T --with asked=so_a,so_b --question Q --topic roads --held-on 20/3")
    assert shell.json("show 1")["parties"]["expert"] == ["so_a"]
    assert "clock stopped: Answer" in shell.at("2022-03-01 10:00")("advance 1 unclear --as so_a --reason R")
    back = shell.at("2022-03-01 11:00")("advance 1 clarify --as van_phong --question Q2")
    assert "now due Mon 07/03/2022 08:30: Answer (Department A)" in back  # an hour later, in working time
    shell.at("2022-03-01 14:00")("advance 1 plan --as van_phong")
    shell.at("2022-03-02 09:00")('advance 1 propose --as van_phong --row tasks "agency=so_a; by=9/3; title=X"')
    shell("advance 1 agree --as so_a")
    assert "Settle it (Office) on what Department B says" in shell("advance 1 object --as so_b --reason R")
    assert "By itself: Agreed" in shell("advance 1 withdraw --as so_b")
    assert "Carry out (Department A)" in shell.fails(1, "advance 1 finish --as van_phong")
    shell("advance 1 carry_out --as so_a")
    assert shell.json("advance 1 finish --as van_phong")["final"] is True


@pytest.mark.parametrize("block", CALENDARS)
def test_a_calendar_on_the_page_loads(block):
    assert load_calendar(block, "page.yaml").zone == "Asia/Ho_Chi_Minh"


def test_every_key_of_the_format_is_on_the_page():
    keys = {key for shape in schema()["$defs"].values() for key in shape.get("properties", {})}
    assert {key for key in keys if not re.search(rf"\b{key}\b", PAGE)} == set()


@pytest.mark.parametrize("length", ["3wd", "4wh", "2d", "6h"])
def test_the_examples_of_time_are_what_the_calendar_says(length):
    clock = calendar_vn()
    start = datetime.fromisoformat("2022-04-29T16:50:00+07:00")
    due = clock.add(start, Duration.parse(length)).astimezone(clock.zone)
    written = f"{due:%a %d/%m/%Y %H:%M}"
    if written.endswith("00:00"):  # as deadlines are told: the end of the day before
        written = f"{due - timedelta(days=1):%a %d/%m/%Y} 24:00"
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{length}` |")]
    assert row.split("|")[-2].strip() == written


def test_the_tests_on_the_page_come_out_as_they_say():
    ruleset = load_rules(grown(len(BLOCKS)), "questions.yaml")
    assert ruleset.tests
    assert rehearse(ruleset, calendar_vn()) == []
