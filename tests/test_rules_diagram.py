"""`rules diagram`: every duty is drawn where it comes up, with the condition under which it does."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from states.loader import load_rules
from tests.support import ROOT
from workflow.render.diagram import diagram
from workflow.render.language import use
from workflow.render.words import Names

SHIPPED = (ROOT / "escalation_rules.yaml").read_text("utf-8").partition("\ntests:\n")[0] + "\n"


def notes(*changes: tuple[str, str]) -> dict[str, list[str]]:
    """By state what is noted beside it, of a matter under the shipped rules with these changes."""
    text = SHIPPED
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    rules = load_rules(text, "f.yaml")
    use("en")
    names = Names(rules, agencies=rules.agencies, zone=ZoneInfo("UTC")).of("matter")
    found: dict[str, list[str]] = {}
    here: list[str] = []
    for line in diagram(names, rules.processes["matter"]).splitlines():
        if line.startswith("    note "):
            here = found.setdefault(line.rpartition(" ")[2], [])
        elif line.startswith("        "):
            here.append(line.strip().partition(" (")[0])
    return found


def test_what_may_come_up_in_any_state_is_noted_once():
    assert notes()["reported"][2:4] == [
        "in any state – Draft a report on the delay",
        "in any state – Have somebody named",
    ]


@pytest.mark.parametrize(
    ("trigger", "state"), [("open", "reported"), ("notify", "notified"), ("uphold", "joint_plan")], ids=str
)
def test_a_duty_opened_on_the_way_into_a_state_is_drawn_there(trigger, state):
    changed = ("owed_by: lead, opens_on: [report_needed]", f"owed_by: lead, opens_on: [report_needed, {trigger}]")
    assert "Draft a report on the delay" not in notes()[state]
    assert "Draft a report on the delay" in notes(changed)[state]


def test_the_condition_of_a_duty_stands_beside_it():
    rules = load_rules(SHIPPED, "f.yaml")
    names = Names(rules, agencies=rules.agencies, zone=ZoneInfo("UTC")).of("matter")
    use("en")
    assert "Written notice after the call (Reporter, By phone) –" in diagram(names, rules.processes["matter"])
