"""`rules diff` foretells what `rules migrate` then does to the open cases of a database: the same counts."""

from __future__ import annotations

import random
import re
from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from states.commands import Command, Open, Outcome
from states.errors import BadFile, Refused
from states.loader import load_rules
from tests.places import rows
from tests.support import ROOT
from tests.walks import Walk
from workflow import moving, rulebook
from workflow.engine import Engine
from workflow.setup import set_up

SHIPPED = (ROOT / "escalation_rules.yaml").read_text("utf-8")
HEAD, BODY = SHIPPED[: SHIPPED.index("\nladders:")], SHIPPED[SHIPPED.index("\nladders:") : SHIPPED.index("\ntests:\n")]
LENGTH = re.compile(r"\b(\d+)(wd|wh|h)\b")
OLDEST = datetime.fromisoformat("2022-02-28T01:00:00+00:00")


class Stored(Walk):
    """A walk whose case lies in a database, and is led by the engine."""

    engine: Engine

    def submit(self, command: Command) -> Outcome | None:
        try:
            if isinstance(command, Open):
                outcome = self.engine.open(command, self.now)
            else:
                assert self.case is not None
                outcome = self.engine.submit(self.case.case, command, self.now)
        except Refused:
            return None
        self.case = outcome.case
        self.history += outcome.events
        return outcome


def retimed(dice: random.Random) -> str:
    """The shipped rules, in which some times are longer or shorter; in some a state has another name as well."""
    found = list(LENGTH.finditer(BODY))
    text = BODY
    for n in reversed([n for n in range(len(found)) if dice.random() < 0.5]):
        start, end = found[n].span(1)
        text = text[:start] + str(max(1, int(found[n][1]) + dice.choice([-3, -2, -1, 1, 2, 5]))) + text[end:]
    if dice.random() < 0.3:
        text = re.sub(r"\bnotified\b", "told", text)
    return HEAD.replace("edition: cao-bang-2022.1", "edition: other") + text + "\n"


def due(location: Any) -> dict[tuple[str, str], str]:
    """When each duty is due, as its row has it: in the order of time as text is."""
    return {(case, duty): at for case, duty, at in rows(location, 'SELECT "case", duty, due_at FROM duties')}


@given(st.integers(0, 10**6))
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_diff_foretells_is_what_migrate_does(place, seed):
    """Mutants seen failing: sooner counted as later; cases that stay not counted; the old rules taken for the new."""
    dice = random.Random(seed)
    location = place.new("effect")
    engine = set_up(location, rules=ROOT / "escalation_rules.yaml", now=OLDEST, practice=True)
    now = OLDEST
    for most in (8, 8, 8, 8, 8, 4, 4, 2, 0, 0):  # the last are fresh: what they owe is still to come
        office = engine.office()
        walk = Stored(office, office.ruleset.processes["matter"], dice)
        walk.engine, walk.now = engine, now
        walk.run(dice.randint(0, most))
        now = walk.now
    try:
        ruleset = load_rules(text := retimed(dice), "other.yaml")
    except BadFile:
        assume(False)
    foretold = moving.effect(list(moving.plans(engine, moving.under_rules(engine, ruleset), (), now)), now)
    with engine.database.writing() as connection:
        digest = rulebook.publish(connection, text.encode(), ruleset, now)
    before = due(location)
    with engine.database.reading() as connection:
        new = rulebook.office(connection, digest)
    found = list(moving.plans(engine, new, (), now))
    done = [moving.move(engine, plan, digest, "an", None, now) for plan in found]
    after = due(location)
    engine.close()
    stays = {plan.case for plan in done if plan.reasons}
    assert before.keys() == after.keys()
    assert {case for (case, duty), at in before.items() if after[case, duty] != at}.isdisjoint(stays)
    assert foretold == moving.Effect(
        cases=len(done) - len(stays),
        stay=len(stays),
        later=sum(after[key] > at for key, at in before.items()),
        sooner=sum(after[key] < at for key, at in before.items()),
        overdue=sum(
            datetime.fromisoformat(after[key]) <= now < datetime.fromisoformat(at) for key, at in before.items()
        ),
    )
    for name in ("stay", "later", "sooner"):
        event(f"{name}: {min(getattr(foretold, name), 1)}")
