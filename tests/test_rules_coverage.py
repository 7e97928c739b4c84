"""`rules coverage`: the acceptance list row by row. It claims nothing that is not there."""

from __future__ import annotations

import json
import re

import msgspec

from cli import main
from states.loader import load_rules
from tests.consoles import BLOCK, commands
from tests.support import ROOT, calendar_vn
from workflow.commands.table import TABLE
from workflow.coverage import coverage, rows

RULES = load_rules((ROOT / "escalation_rules.yaml").read_bytes(), "escalation_rules.yaml")
FOUND = {one.row.id: one for one in coverage(RULES, calendar_vn())}
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
    assert "duty settle" in [carrier.name for carrier in FOUND["F10"].carriers]
    assert any("xin ý kiến chỉ đạo" in proof for proof in FOUND["F10"].proofs)
    assert FOUND["F10"].status == "proved"


def test_without_its_tests_the_rules_prove_nothing_and_without_sources_they_carry_nothing():
    untested = {one.row.id: one for one in coverage(msgspec.structs.replace(RULES, tests=()), calendar_vn())}
    assert untested["F10"].status == "unproved"
    empty = msgspec.structs.replace(RULES, tests=(), processes={})
    assert {one.status for one in coverage(empty, calendar_vn()) if one.row.id[0] == "B"} == {"missing"}


def test_each_line_needs_a_test_in_which_it_is_taken_not_another_of_its_trigger():
    """Mutants seen failing: a line proved by its trigger; a row by one of its carriers; by a test that fails."""
    judicial, last = "trigger resolve.2", len(RULES.tests)
    (n,) = [n for n in range(last) if "Toà án chủ trì" in RULES.tests[n].test]
    fewer = msgspec.structs.replace(RULES, tests=(*RULES.tests[:n], *RULES.tests[n + 1 :]))
    without = {one.row.id: one for one in coverage(fewer, calendar_vn())}
    assert judicial not in FOUND["E01"].unproved
    assert FOUND["E01"].status == "proved"
    assert (without["E01"].status, without["E01"].unproved) == ("unproved", (judicial,))
    assert without["E01"].proofs
    step = RULES.tests[n].steps[-1]
    red = msgspec.structs.replace(
        RULES.tests[n], steps=(*RULES.tests[n].steps[:-1], msgspec.structs.replace(step, state="closed"))
    )
    failing = msgspec.structs.replace(RULES, tests=(*fewer.tests, red))
    assert {one.row.id: one.status for one in coverage(failing, calendar_vn())}["E01"] == "unproved"


def test_what_no_test_of_the_file_can_play_is_not_said_to_be_proved():
    """In a test somebody is at every post: nobody has to be named."""
    assert {one.row.id: one.unproved for one in FOUND.values() if one.status == "unproved"} == dict.fromkeys(
        ("J01", "J08"), ("duty name_somebody", "trigger somebody_named")
    )


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
