"""`rules coverage`: the acceptance list row by row. It claims nothing that is not there."""

from __future__ import annotations

import json
import re

import msgspec

from cli import main
from states.loader import load_rules
from tests.consoles import BLOCK, commands
from tests.support import ROOT
from workflow.commands.table import TABLE
from workflow.coverage import coverage, rows

RULES = load_rules((ROOT / "escalation_rules.yaml").read_bytes(), "escalation_rules.yaml")
FOUND = {one.row.id: one for one in coverage(RULES)}
PAGE = (ROOT / "docs/acceptance.md").read_text("utf-8")


def table() -> str:
    """The table of docs/acceptance.md, as the list has it."""
    lines = [f"| {row.id} | {row.section} | {row.what} | {row.scope} |" for row in rows()]
    return "\n".join(["| row | § | what | scope |", "|---|---|---|---|", *lines]) + "\n"


def test_the_list_has_the_rows_of_the_plan_each_once():
    ids = [row.id for row in rows()]
    assert ids == sorted(set(ids))
    assert len(ids) == 84
    assert sum(row.scope == "IN" for row in rows()) == 60


def test_the_page_shows_the_list():
    assert table() in PAGE


def test_a_row_is_carried_by_the_rules_that_cite_it_and_proved_by_the_tests_that_play_them():
    assert "duty settle" in FOUND["F10"].carriers
    assert any("xin ý kiến chỉ đạo" in proof for proof in FOUND["F10"].proofs)
    assert FOUND["F10"].status == "proved"


def test_without_its_tests_the_rules_prove_nothing_and_without_sources_they_carry_nothing():
    untested = {one.row.id: one for one in coverage(msgspec.structs.replace(RULES, tests=()))}
    assert untested["F10"].status == "unproved"
    assert {
        one.status for one in coverage(msgspec.structs.replace(RULES, tests=(), processes={})) if one.row.id[0] == "B"
    } == {"missing"}


def test_every_row_that_the_rules_cite_is_a_row_of_the_list():
    cited = set(re.findall(r"\b[A-K][0-9]{2}\b", (ROOT / "escalation_rules.yaml").read_text("utf-8")))
    assert cited - set(FOUND) == set()


def test_every_command_of_the_list_exists_and_is_typed_in_the_documentation():
    pages = [ROOT / "README.md", *ROOT.glob("docs/*.md")]
    typed = " ".join(c for page in pages for block in BLOCK.findall(page.read_text("utf-8")) for c in commands(block))
    for row in rows():
        for command in row.commands:
            assert command.split()[0] in TABLE, row.id
            assert f"phoihop {command}" in typed, f"{row.id}: {command} is in no console block"


def test_the_command_says_what_is_missing(capsys):
    assert main(["rules", "coverage", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["row"] for one in found] == [row.id for row in rows()]
    missing = {one["row"] for one in found if one["status"] == "missing"}
    assert main(["rules", "coverage", "--missing", "--format", "json"]) == 0
    assert missing <= {one["row"] for one in json.loads(capsys.readouterr().out)}
    assert main(["rules", "coverage", "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert f"{len(missing)} missing." in said
