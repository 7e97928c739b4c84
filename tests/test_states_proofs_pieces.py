"""Small files that the proofs of `rules check` accept, and others like them that they refuse, and why.

Each piece is added to the file at the top of docs/rules-codes.md, as the pieces of that page are.
"""

from __future__ import annotations

import pytest

from states.loader import load_rules
from tests.play import Play
from tests.support import ROOT, office_with
from tests.test_docs_codes import file_with, told

OPPOSITE = """
processes:
  work:
    states:
      kept: {label: {en: Kept}}
    duties:
      fast: {owed_by: doer, when: urgent, opens_on: [keep, look], within: 1wd, ladder: steps,
             label: {en: Fast}, source: s}
      slow: {owed_by: doer, when: not urgent, opens_on: [keep, look], within: 9wd, ladder: steps,
             label: {en: Slow}, source: s}
    transitions:
      - {trigger: keep, from: asked, to: kept, by: doer, label: {en: Keep}, source: s}
      - {trigger: look, from: kept, by: doer, discharges: [fast, slow], label: {en: Look}, source: s}
      - {trigger: finish, from: kept, to: done, by: asker, label: {en: Finish}, source: s}
"""
TIMER = """
processes:
  work:
    states:
      resting: {label: {en: Resting}, duties: [rest]}
    duties:
      rest: {owed_by: nobody, within: 5wd, on_overdue: ring, label: {en: Rest}, source: s}
    transitions:
      - {trigger: lie_down, from: asked, to: resting, by: doer, label: {en: Lie down}, source: s}
      - {trigger: ring, from: resting, by: system, label: {en: Ring}, source: s}
      - {trigger: wake, from: resting, to: asked, by: asker, discharges: [rest], label: {en: Wake}, source: s}
"""
NOBODY = """
ladders:
  steps: {unreachable: gone}
processes:
  work:
    states:
      lost: {label: {en: Lost}, may_wait: true}
    transitions:
      - {trigger: gone, from: asked, to: lost, by: system, discharges: [answer], label: {en: Gone}, source: s}
      - {trigger: find, from: lost, to: asked, by: asker, label: {en: Find}, source: s}
"""
NAMING = """
ladders:
  steps: {unreachable: gone}
processes:
  work:
    duties:
      name: {owed_by: asker, opens_on: [gone], within: 2wd, ladder: steps, label: {en: Name}, source: s}
    transitions:
      - {trigger: gone, from: asked, by: system, label: {en: Gone}, source: s}
      - {trigger: name, from: asked, by: asker, discharges: [name], label: {en: Name}, source: s}
"""
ALSO = """
processes:
  work:
    states:
      asked: {duties: [answer, plan]}
    duties:
      plan: {owed_by: doer, within: 3wd, ladder: steps, label: {en: Plan}, source: s}
    transitions:
      - {trigger: plan, from: asked, by: doer, discharges: [plan], label: {en: Plan}, source: s}
"""
JUDGED = """
ladders:
  upwards: {source: local choice, rungs: [{tell: [asker], allow: 3wd}, {tell: [asker.leader]}]}
processes:
  work:
    capacities:
      judge: {one: head, label: {en: Judge}}
      chief: {one: mill, label: {en: Chief}}
    states:
      asked: {duties: [answer, direct]}
    duties:
      direct: {owed_by: "each [chief, judge]", within: 5wd, ladder: upwards, label: {en: Direct}, source: s}
    transitions:
      - {trigger: direct, from: asked, by: [chief, judge], discharges: [direct], label: {en: Direct}, source: s}
"""
PASSING = """
processes:
  work:
    states:
      counted: {label: {en: Counted}}
    transitions:
      - {trigger: hand_in, from: asked, to: counted, by: doer, discharges: [answer], label: {en: Hand in}, source: s}
      - {trigger: close, from: counted, to: done, by: system, after: [answer], label: {en: Close}, source: s}
"""
SIGNED = """
agencies: {hall: {signatory: true}}
processes:
  work:
    capacities:
      signer: {many: signatories, label: {en: Signer}}
      other:  {one: any, label: {en: Other}}
    states:
      signed: {label: {en: Signed}, may_wait: true}
    transitions:
      - {trigger: pass_on, from: asked, to: signed, by: doer, inputs: [other], label: {en: Pass on}, source: s}
      - {trigger: sign, from: signed, to: done, by: asker, inputs: [signer], includes: {signer: asker},
         label: {en: Sign}, source: s}
"""


@pytest.mark.parametrize(
    ("piece", "old", "new", "codes"),
    [
        (OPPOSITE, "", "", set()),
        (OPPOSITE, "not urgent, opens_on: [keep, look]", "not urgent, opens_on: [keep]", {"E508"}),
        (TIMER, "", "", set()),
        (TIMER, "by: asker, discharges: [rest]", "by: debtor, discharges: [rest]", {"E507"}),
        (NOBODY, "", "", set()),
        (NOBODY, "discharges: [answer]", "when: [urgent, not urgent]", {"E501", "E512"}),
        (NAMING, "", "", set()),
        (NAMING, "opens_on: [gone],", "opens_on: [gone], again: restart,", {"E511"}),
        (NAMING, "by: system, label", "by: system, lapses: [name], label", {"E511"}),
        (ALSO, "", "", set()),
        (ALSO, "discharges: [plan]", "when: urgent, discharges: [plan]", {"E509"}),
        (ALSO, "discharges: [plan]", "settled: [answer], discharges: [plan]", {"E502", "E509"}),
        (ALSO, "discharges: [plan]", "times: 1, discharges: [plan]", set()),
        (ALSO, "owed_by: doer, within", "owed_by: doer, opens_on: [plan], within", set()),
        (ALSO, "within: 3wd, ladder: steps, label: {en: Plan}, source: s}\n    transitions:\n",
         "opens_on: [ask_again], within: 3wd, ladder: steps, label: {en: Plan}, source: s}\n    transitions:\n"
         "      - {trigger: ask_again, from: asked, by: asker, label: {en: Ask again}, source: s}\n", set()),
        (JUDGED, "", "", set()),
        (JUDGED, "tell: [asker], allow", "tell: [debtor], allow", {"E522"}),
        (JUDGED, "{one: mill", "{one: head", {"E523"}),
        (PASSING, "", "", set()),
        (PASSING, "discharges: [answer], label: {en: Hand in}", "when: [urgent, not urgent], label: {en: Hand in}",
         {"E501"}),
        (SIGNED, "", "", set()),
        (SIGNED, "includes: {signer: asker}", "includes: {signer: other}", {"E507"}),
        (SIGNED, "includes: {signer: asker}", "includes: {signer: doer}", {"E276"}),
    ],
)  # fmt: skip
def test_what_is_refused_is_wrong_and_what_is_not_is_accepted(piece, old, new, codes):
    assert old in piece
    problems = told(file_with(piece.replace(old, new, 1) if old else piece))
    assert {problem.code for problem in problems} == codes, "\n".join(map(str, problems))


def test_a_duty_asked_for_again_is_not_discharged_by_a_line_that_is_used_up():
    again = "      - {trigger: ask_again, from: asked, by: asker, label: {en: Ask again}, source: s}\n"
    piece = ALSO.replace("within: 3wd", "opens_on: [ask_again], within: 3wd").replace(
        "discharges", "times: 1, discharges"
    )
    (problem,) = told(file_with(piece + again))
    assert problem.code == "E509"
    assert [str(step) for step in problem.story] == ["Ask", "Plan", "Ask again", "it cannot be done"]


def test_the_body_that_is_called_late_is_named_though_others_owe_too():
    (problem,) = told(file_with(JUDGED.replace("tell: [asker], allow", "tell: [debtor], allow")))
    assert str(problem).endswith(
        "E522 `judge` is a body, which is never called late: let its ladder remind somebody else"
    )


STALLED = """
processes:
  work:
    fields:
      large: {flag: true, label: {en: Large}}
      day:   {date: true, required: true, label: {en: Day}}
    states:
      resting: {label: {en: Resting}, duties: [rest]}
      stalled: {label: {en: Stalled}, may_wait: true}
    duties:
      rest: {owed_by: nobody, DEADLINE, on_overdue: ring, label: {en: Rest}, source: s}
    transitions:
      - {trigger: lie_down, from: asked, to: resting, by: doer, takes: [large], label: {en: Lie down}, source: s}
      - {trigger: ring, from: resting, to: stalled, by: system, label: {en: Ring}, source: s}
      - {trigger: wake, from: stalled, to: asked, by: asker, when: [urgent, not urgent], label: {en: Wake}, source: s}
"""


@pytest.mark.parametrize(
    ("deadline", "waited"),
    [
        ("within: [{when: not large, take: 20wd}, {take: 1wd}]", "wait 20wd (Rest)"),
        ("within: [{when: large, take: 20wd}, {take: 1wd}]", "wait 1wd (Rest)"),
        ("by: day", "wait for its day (Rest)"),
    ],
)
def test_a_story_says_how_long_one_waits_where_nothing_was_given(deadline, waited):
    found = [problem for problem in told(file_with(STALLED.replace("DEADLINE", deadline))) if problem.code == "E505"]
    assert [str(step) for step in found[0].story] == ["Ask", "Lie down", waited, "nobody can act"]


def test_an_act_that_ends_the_case_opens_nothing():
    text = (
        (ROOT / "tests/rules/trial.yaml")
        .read_text("utf-8")
        .replace("{owed_by: judge, ", "{owed_by: judge, opens_on: [answer], ")
    )
    case = Play(office_with(load_rules(text, "trial.yaml")), "work", "2022-03-01 09:00")
    case.open("hall", kind="wire")
    case.act("answer", "mill")
    assert case.case.final
    assert case.owed == set()
