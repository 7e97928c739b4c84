"""The proofs of `rules check` against the engine itself: what they accept, the engine can always bring to an end.

Small files, and mutants of what they mean (a condition, a state, a duty, a line changed). Each is checked, and what is
accepted is walked through case by case with `decide` (tests/exhaustive.py), which knows nothing of the proofs.
"""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
import yaml
from hypothesis import event, given
from hypothesis import strategies as st

from states.checks import proofs
from states.errors import BadFile
from states.loader import load_rules
from states.ruleset import Ruleset
from tests.exhaustive import exhausted
from tests.support import ROOT, office_of, office_with

FILES = ("trial", "trial-2", "trial-3", "trial-4")
TREES = {name: yaml.safe_load((ROOT / f"tests/rules/{name}.yaml").read_text("utf-8")) for name in FILES}
MOST = 1500
LISTS = ("settled", "after", "discharges", "lapses", "takes", "inputs", "opens_on", "lasts_until", "duties", "answers")


def mutant(name: str, chance: random.Random) -> str:
    """One or two changes of what a file means, names kept."""
    tree = copy.deepcopy(TREES[name])
    for _ in range(chance.choice([1, 1, 2])):
        _change(tree["processes"]["work"], chance)
    return yaml.safe_dump(tree, allow_unicode=True, sort_keys=False, width=9999)


def _change(process: dict[str, Any], chance: random.Random) -> None:
    line = chance.choice(process["transitions"][1:])
    duty = chance.choice(list(process["duties"].values()))
    state = chance.choice(list(process["states"].values()))
    flags = [name for name, field in process["fields"].items() if "flag" in field] or ["urgent"]
    conditions: list[Any] = [*flags, *(f"not {flag}" for flag in flags)]
    conditions += [
        {name: value}
        for name, field in process["fields"].items()
        for value in ("mill", "road")
        if "agency" in field or "choice" in field
    ]
    match chance.randrange(14):
        case 0 if len(process["transitions"]) > 3:
            process["transitions"].remove(line)
        case 1:
            line["from"] = chance.choice([*process["states"], "any", list(process["states"])[:2]])
        case 2:
            line["to"] = chance.choice([*process["states"], "back"])
        case 3:
            line.pop("to", None)
        case 4:
            line["by"] = chance.choice([*process["capacities"], "debtor", "system", ["asker", "system"]])
        case 5:
            line["when"] = chance.choice(conditions)
        case 6:
            line["times"] = 1
        case 7:
            line[chance.choice(["settled", "lapses", "after"])] = [chance.choice(list(process["duties"]))]
        case 8:
            line["discharges"] = [chance.choice(["", "all "]) + chance.choice(list(process["duties"]))]
        case 9:
            duty[chance.choice(["lasts_until"])] = [chance.choice(list(process["states"]))]
        case 10:
            duty["opens_on"] = [chance.choice(process["transitions"])["trigger"]]
        case 11:
            duty.pop(chance.choice(["lasts_until", "waive", "opens_on", "about", "when"]), None)
        case 12:
            key = chance.choice(["suspends", "may_wait"])
            state[key] = not state.get(key, False)
        case _:
            holder = chance.choice([line, duty, state])
            found = [key for key in LISTS if isinstance(holder.get(key), list)]
            if found:
                holder[chance.choice(found)].pop()


def accepted(text: str) -> Ruleset | None:
    try:
        return load_rules(text, "trial.yaml")
    except BadFile:
        return None


@pytest.mark.parametrize("name", FILES)
def test_the_small_files_are_accepted_and_every_case_of_them_can_be_ended(name):
    office = office_of(f"tests/rules/{name}.yaml")
    (process,) = office.ruleset.processes.values()
    found = exhausted(office, process, 20_000)
    assert found.whole
    assert found.broken() is None
    assert found.idle(process) is None
    assert found.undone(process) is None
    assert {line.id for line in process.transitions} <= found.taken


@pytest.mark.parametrize("name", FILES)
@given(seed=st.integers(0, 2**32))
def test_nothing_is_accepted_that_walking_through_every_case_calls_broken(name, seed):
    """What is accepted can be ended from wherever it comes to, and something is due there."""
    text = mutant(name, random.Random(seed))
    ruleset = accepted(text)
    if ruleset is None:
        event("refused")
        return
    process = ruleset.processes["work"]
    found = exhausted(office_with(ruleset), process, MOST)
    event("accepted" if found.whole else "accepted, and the nearest cases walked through")
    assert found.broken() is None
    assert found.idle(process) is None
    assert found.undone(process) is None


def named(label: str) -> dict[str, Any]:
    return {"label": {"en": label}, "source": "s"}


def crowded(count: int) -> str:
    """A process in which so many duties live on and a line waits for each: each doubles what can come about."""
    tree = copy.deepcopy(TREES["trial"])
    work = tree["processes"]["work"]
    end = work["transitions"][-1]
    for n in range(count):
        work["duties"][f"part_{n}"] = {
            "owed_by": "doer", "within": "3wd", "ladder": "none", "opens_on": [f"ask_{n}"],
            "lasts_until": ["done"], **named(f"Part {n}"),
        }  # fmt: skip
        work["transitions"] += [
            {"trigger": f"ask_{n}", "from": "any", "by": "asker", **named(f"Ask {n}")},
            {"trigger": f"do_{n}", "from": "any", "by": "doer", "discharges": [f"part_{n}"], **named(f"Do {n}")},
        ]
        end["after"].append(f"part_{n}")
    return yaml.safe_dump(tree, allow_unicode=True, sort_keys=False, width=9999)


def test_a_process_in_which_too_much_can_come_about_is_refused_and_not_half_proved(monkeypatch):
    """E500, with a bound of 2,000 steps instead of 100,000, so that it is soon reached."""
    monkeypatch.setattr(proofs, "MOST_STEPS", 2_000)
    assert accepted(crowded(1)) is not None
    with pytest.raises(BadFile) as bad:
        load_rules(crowded(12), "trial.yaml")
    (problem,) = bad.value.problems
    assert (problem.code, problem.line) == ("E500", crowded(12).splitlines().index("  work:") + 1)
