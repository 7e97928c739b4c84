"""The tests a rules file carries: what `rules check` says of those that come out, and of those that do not."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml

from states import loader
from states.errors import BadFile
from states.loader import load_rules, read_marked
from states.rehearse import prove, rehearse
from states.ruleset import Deadline
from states.trials import Moment
from tests.support import ROOT, calendar_vn
from tests.test_docs_rules import BLOCKS, added, grown

SHIPPED = (ROOT / "escalation_rules.yaml").read_text("utf-8")
RULES = load_rules(SHIPPED, "escalation_rules.yaml")
HEAD = BLOCKS[0] + "\ntests:\n"
OPEN = "{at: 1/3/2022 09:00, by: van_phong, does: open, with: {asked: [so_a, so_b], question: Q}}"


def a_file(*steps: str) -> str:
    """The first file of docs/rules.md with one test of these steps, the case being open already."""
    written = "".join(f"      - {step}\n" for step in (OPEN, *steps))
    return f"{HEAD}  - test: T\n    process: question\n    steps:\n{written}"


def problems(text: str) -> list[str]:
    """What `rules check` finds in `text`, as `line:column CODE sentence`, lines counted from the test's steps."""
    first = text[: text.index("steps:\n")].count("\n") + 1
    try:
        ruleset, marks = read_marked(text, "f.yaml")
        prove(ruleset, calendar_vn(), marks)
    except BadFile as bad:
        told = []
        for problem in bad.problems:
            place, _, said = str(problem).split("\n")[0].removeprefix("f.yaml:").partition(" ")
            line, column = place.split(":")
            told.append(f"{int(line) - first}:{column} {said}")
        return told
    return []


def test_the_shipped_tests_come_out_as_they_say():
    assert len(RULES.tests) >= 5
    assert rehearse(RULES, calendar_vn()) == []


@pytest.mark.parametrize("process", list(RULES.processes))
def test_every_duty_of_the_shipped_rules_has_a_test_that_says_when_it_is_due(process):
    """A duty is a paragraph with a deadline. Whoever adds one writes a test for it: `tests:` in the file.

    But for what opens when a post is empty: the tests of a file know no posts (tests/test_states_unreachable.py does).
    """
    said = {
        name.partition("@")[0]
        for trial in RULES.tests
        if trial.process == process
        for step in trial.steps
        for name, due in step.duties.items()
        if isinstance(due, Moment)
    }
    timed = {name for name, rule in RULES.processes[process].duties.items() if rule.deadline != Deadline()}
    of_empty_posts = {ladder.unreachable for ladder in RULES.ladders.values()}
    asked = {n for n, rule in RULES.processes[process].duties.items() if set(rule.opens_on) & of_empty_posts}
    assert timed - said == asked


WRONG: dict[str, Any] = {
    "state": "withdrawn",
    "refused": "wrong_state",
    "owed": [],
    "duties": "waived",
    "late": "777:00",
    "rung": 9,
    "told": "tand.leader",
}
"""What no expectation of the shipped tests says."""


def expectations() -> list[tuple[int, int, str, str]]:
    """Every expectation of the shipped tests: the test, its step, the key, and the duty (or nothing)."""
    found = []
    for n, test in enumerate(yaml.safe_load(SHIPPED)["tests"]):
        for m, step in enumerate(test["steps"]):
            found += [(n, m, key, "") for key in ("state", "owed", "refused") if step.get(key)]
            found += [(n, m, key, name) for key in ("duties", "late", "rung", "told") for name in step.get(key, {})]
    return found


@pytest.mark.parametrize(("n", "m", "key", "name"), expectations())
def test_no_expectation_of_the_shipped_tests_can_be_changed_without_its_turning_red(n, m, key, name, monkeypatch):
    """Mutants seen failing here: `_differs` returning None; `_expect` leaving `owed` out.

    Only the tests of the file change: the rules above them were proved when they were loaded, once.
    """
    monkeypatch.setattr(loader, "prove_all", lambda *_: None)
    tree = yaml.safe_load(SHIPPED)
    step = tree["tests"][n]["steps"][m]
    if name:
        step[key][name] = WRONG[key]
    elif key == "state" and tree["tests"][n]["process"] != "matter":
        step[key] = next(
            state for state in tree["processes"][tree["tests"][n]["process"]]["states"] if state != step[key]
        )
    else:
        step[key] = WRONG[key]
    (red,) = rehearse(load_rules(yaml.safe_dump(tree, allow_unicode=True), "f.yaml"), calendar_vn())
    assert red.path[:5] == ("tests", n, "steps", m, key)


def test_a_file_without_tests_and_one_whose_tests_come_out_are_both_sound():
    assert problems(a_file("{at: 4/3/2022 17:29, rung: {answer@so_a: 0}}")) == []


STOPPED = (
    "{at: 2/3/2022 09:30, by: van_phong, suspends: 11/3/2022, reason: R,"
    " duties: {answer@so_a: parked, resume: 11/3/2022}, owed: [answer@so_a, answer@so_b, resume]}",
    "{at: 9/3/2022 09:30, by: so_a, resumes: true, refused: not_your_act}",
    "{at: 9/3/2022 09:30, by: van_phong, resumes: true, duties: {answer@so_a: ^11/3/2022 17:30, resume: done}}",
)


def stoppable(*steps: str) -> str:
    return a_file(*steps).replace(
        "    initial: sent\n", "    suspend: {by: asker, at_most: 30d, source: local choice}\n    initial: sent\n"
    )


def test_a_clock_that_is_stopped_and_runs_again_is_tested_as_well():
    assert problems(stoppable(*(step.replace("^", "") for step in STOPPED))) == []
    sooner = [step.replace("^11/3/2022 17:30", "10/3/2022") for step in STOPPED]
    (said,) = problems(stoppable(*sooner))
    assert "E454 answer@so_a: expected 10/3/2022, but it is: 11/3/2022 17:30" in said
    said, *_ = problems(stoppable(STOPPED[0].replace("11/3/2022, reason", "11/6/2022, reason")))
    assert "E451 this is refused: too_long" in said
    (said,) = problems(a_file("{at: 2/3/2022, by: so_a, resumes: true}"))
    assert "E451 this is refused: not_suspended" in said


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("{at: 2/3/2022, state: ^answered}", "E453 expected answered, but it is sent"),
        ("{at: 2/3/2022, duties: {answer@so_a: ^4/3/2022 17:29}}",
         "E454 answer@so_a: expected 4/3/2022 17:29, but it is: 4/3/2022 17:30"),
        ("{at: 2/3/2022, duties: {answer@so_a: ^done}}", "E454 answer@so_a: expected done, but it is: 4/3/2022 17:30"),
        ("{at: 2/3/2022, duties: {answer: ^4/3/2022}}", "E454 answer may mean any of these: answer@so_a, answer@so_b"),
        ("{at: 2/3/2022, duties: {answer@lanh_dao: ^done}}", "E454 answer@lanh_dao was never owed"),
        ("{at: 7/3/2022 09:00, late: {answer@so_a: ^'1:29'}}", "E454 answer@so_a: expected 1:29, but it is: 1:30"),
        ("{at: 4/3/2022 17:30, rung: {answer@so_a: ^2}}", "E454 answer@so_a: expected 2, but it is: 1"),
        ("{at: 7/3/2022 17:30, told: {^answer@so_a: [so_a]}}",
         "E454 answer@so_a: expected so_a, but it is: so_a, so_a.leader, van_phong"),
        ("{at: 2/3/2022, ^owed: [answer@so_a]}", "E455 what is owed is: answer@so_a, answer@so_b"),
        ("{at: 2/3/2022, by: so_a, does: ^answer, state: answered, owed: []}",  # what follows from it is not told
         "E451 this is refused: field_required (reply is required)"),
        ("{at: 2/3/2022, by: so_a, does: ^answer}", "E451 this is refused: field_required (reply is required)"),
        ("{at: 2/3/2022, by: so_a, does: answer, with: {reply: x}, refused: ^final}",
         "E452 this was to be refused (final) and is allowed"),
        ("{at: 2/3/2022, by: so_a, does: answer, refused: ^final}", "E452 refused, but not for final: field_required"),
        ("{at: ^2/3/1999, state: sent}", "E402 this step lies before the one above it"),
        ("{at: ^2/3/2099, state: sent}", "E450 this lies outside the years the calendar covers"),
        ("{at: ^30/2/2022, state: sent}", "E122 not a moment: 30/2/2022 (write 29/4/2022 16:50, or the day alone)"),
        ("{at: ^2/3/2022 24:01}", "E122 not a moment: 2/3/2022 24:01 (write 29/4/2022 16:50, or the day alone)"),
        ("{at: ^2/3/2022}", "E401 this step neither does nor expects anything"),
        ("{at: ^2/3/2022, by: van_phong, does: hoi}",
         "E403 a test opens its case in its first step alone: another case is another test"),
        ("{at: 2/3/2022, by: so_a, does: answer, with: {urgent: ^perhaps}}",
         "E404 `urgent` cannot hold this: perhaps"),
        ("{at: 2/3/2022, by: so_a, does: answer, waives: ^answer}", "E405 one step, one act: `waives` and `does`"),
        ("{at: 2/3/2022, does: ^answer}", "E405 `does` needs an act: who (`by`) does what (`does`)"),
        ("{at: 2/3/2022, by: ^so_a, state: sent}", "E405 say what is done: does, extends, waives, suspends, resumes"),
        ("{at: 2/3/2022, by: so_a, extends: ^answer}", "E405 `extends` and `for` go together"),
        ("{at: 2/3/2022, by: so_a, waives: answer, ^with: {reply: x}}", "E405 only a trigger (`does`) takes this"),
        ("{at: 2/3/2022, by: ^so_c, does: answer}", "E201 no agency is called `so_c`"),
        ("{at: 2/3/2022, by: so_a, does: ^anwser}", "E201 no trigger is called `anwser`"),
        ("{at: 2/3/2022, state: ^lost}", "E201 no state is called `lost`"),
        ("{at: 2/3/2022, duties: {^anwser: done}}", "E201 no duty is called `anwser`"),
        ("{at: 2/3/2022, duties: {answer: ^never}}",
         "E122 not how a duty stands: never (write when it is due, or done, waived, lapsed, mistaken, parked)"),
        ("{at: 2/3/2022, late: {answer: ^1wd}}", "E122 not working time: 1wd (write hours and minutes: 1:30)"),
        ("{at: 2/3/2022, told: {answer: ^so_c}}", "E201 no agency is called `so_c`"),
        ("{at: 2/3/2022, by: so_a, does: answer, with: {^rely: x}}", "E201 no field or capacity is called `rely`"),
        ("{at: 2/3/2022, ^stat: sent}", "E120 unknown key `stat`"),
    ],
)  # fmt: skip
def test_a_wrong_step_is_told_at_its_own_place(step, said):
    """The place is marked by ^ in the step."""
    column = len("      - ") + step.index("^") + 1
    assert problems(a_file(step.replace("^", "")))[:1] == [f"2:{column} {said}"]


def test_a_test_stops_where_it_comes_out_otherwise_and_the_next_one_is_played():
    text = a_file("{at: 2/3/2022, state: answered}", "{at: 3/3/2022, state: answered}")
    more = f"  - test: U\n    process: question\n    steps:\n      - {OPEN}\n      - {{at: 2/3/2022, owed: []}}\n"
    assert [said.split()[1] for said in problems(text + more)] == ["E453", "E455"]


def test_two_tests_may_not_share_a_title():
    text = a_file("{at: 2/3/2022, state: sent}")
    assert [said.split()[1] for said in problems(text + text[len(HEAD) :])] == ["E406"]


def test_a_test_may_use_every_alias():
    said = a_file("{at: 2/3/2022 08:00, by: so_a, does: tra-loi, with: {tra-loi: Có}, duties: {tra-loi@so_a: done}}")
    assert problems(said) == []


def test_an_extension_and_a_waiver_are_acts_of_a_test():
    tree = added(yaml.safe_load(grown(len(BLOCKS))), {})
    opened = copy.deepcopy(tree["tests"][0]["steps"][0])
    tree["tests"] = [{"test": "T", "process": "question", "steps": [
        opened,
        {"at": "1/3/2022 10:00", "by": "van_phong", "does": "plan", "state": "planning"},
        {"at": "1/3/2022 11:00", "by": "van_phong", "extends": "draft", "for": "2wd", "reason": "R",
         "duties": {"draft": "10/3/2022 17:30"}},
        {"at": "1/3/2022 11:00", "by": "so_a", "waives": "draft", "reason": "R", "refused": "not_waivable"},
    ]}]  # fmt: skip
    assert rehearse(load_rules(yaml.safe_dump(tree), "f.yaml"), calendar_vn()) == []
