"""The engine over a real database: what is stored is what was decided, and a refusal stores nothing."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from states.commands import Advance, Extend, Notice, Open
from states.decide import decide
from states.errors import Refused
from states.evolve import evolve
from states.worktime import Duration
from tests import places
from tests.doomed import NOTIFIED, NOTIFY, OPENED, opening
from tests.support import ROOT
from tests.walks import Walk
from workflow import store
from workflow.engine import Engine, whole
from workflow.errors import Conflict, NotFound, UsageError
from workflow.setup import set_up
from workflow.tables import cases, climbs, duties, notices, parties

RULES = ("escalation_rules.yaml", "tests/rules/permit.yaml", "tests/rules/plan-238.yaml")


def made(path, rules=RULES[0]):
    return set_up(path, rules=ROOT / rules, now=OPENED, practice=True)


@pytest.fixture
def engine(place):
    engine = made(place.new())
    yield engine
    engine.close()


@dataclass
class Stored(Walk):
    """A walk whose every command goes to the database too; both must answer alike."""

    engine: Engine | None = None
    number: str = ""
    told: list[Notice] = field(default_factory=list)

    def submit(self, command):
        assert self.engine is not None
        before = written(self.engine)
        try:
            if isinstance(command, Open):
                stored = self.engine.open(command, self.now)
                self.number = stored.case.case
                command = msgspec.structs.replace(command, case=self.number)
            else:
                stored = self.engine.submit(self.number, command, self.now)
        except Refused:
            assert super().submit(command) is None
            assert written(self.engine) == before, f"{command} was refused and wrote something"
            return None
        assert (written(self.engine) == before) == (not stored.events)
        outcome = super().submit(command)
        assert outcome == stored
        self.told += stored.notices
        return outcome


def written(engine: Engine) -> bytes | str:
    """Every byte of the database."""
    return places.written(engine.database)


def agrees(engine: Engine, walk: Stored) -> None:
    """The rows of a case are what its events make of it."""
    case = engine.case(walk.number)
    history = engine.history(walk.number)[1]
    folded = None
    for event in history:
        folded = evolve(folded, event)
    assert folded == case == walk.case
    assert history == walk.history
    with engine.database.reading() as connection:
        row = connection.execute(select(cases).where(cases.c.number == walk.number)).one()
        alive = connection.execute(select(duties).where(duties.c.case == walk.number)).all()
        held = connection.execute(select(parties).where(parties.c.case == walk.number)).all()
        fired = connection.execute(select(climbs).where(climbs.c.case == walk.number)).all()
        told = connection.execute(select(notices).where(notices.c.case == walk.number)).all()
    assert (row.state, row.version, row.final) == (case.state, case.version, case.final)
    assert (row.entered_at, row.changed_at) == (case.entered_at, history[-1].at)
    assert {r.duty: (r.agency, r.status, r.due_at, r.next_at, r.rung) for r in alive} == {
        d.id: (d.agency, d.status, d.due_at, d.next_at, d.rung) for d in case.alive
    }
    assert {(r.capacity, r.agency) for r in held} == {(c, a) for c, names in case.parties.items() for a in names}
    assert {(r.duty, r.climb) for r in fired} == {
        (d.id, n) for d in case.duties.values() for n in range(1, d.climb + 1)
    }
    assert {r.key: (r.body, r.sent_at) for r in told} == {n.key: (msgspec.json.encode(n), None) for n in walk.told}
    assert len({n.key for n in walk.told}) == len(walk.told)
    assert (row.idle_since is not None) == (
        not case.final
        and not engine.look(case.case)[0].process(case).states[case.state].may_wait
        and not any(d.status == "open" and (d.agency or d.next_at) for d in case.alive)
    )


@pytest.fixture(scope="module", params=RULES)
def of_rules(request, shared):
    engine = made(shared.new(), request.param)
    yield engine
    engine.close()


@given(seed=st.integers(0, 2**32))
@settings(max_examples=20)
def test_on_every_walk_the_rows_are_the_fold_of_the_events(of_rules, seed):
    """Mutants: a duty's row not deleted when it ends; the climb not counted; parties not emptied. Seen failing."""
    office = of_rules.office()
    dice = random.Random(seed)
    process = dice.choice(sorted(office.ruleset.processes.values(), key=lambda p: p.name))
    walk = Stored(office=office, process=process, dice=dice, engine=of_rules)
    walk.open()
    for _ in range(40):
        if walk.case is None or walk.case.final:
            break
        walk.step()
    agrees(of_rules, walk)


@pytest.mark.parametrize(
    "command",
    [
        Advance(trigger="agree", by="tand"),
        Advance(trigger="notify", by="so_xd", parties={"partner": ("tand",)}),
        Advance(trigger="notify", by="btg"),
        Extend(duty="notify", time=Duration.parse("1wd"), by="btg", reason="x"),
    ],
    ids=["wrong state", "not theirs", "input missing", "no extension"],
)
def test_a_refused_command_changes_no_byte(engine, command):
    engine.open(opening("Đất đai"), OPENED)
    before = written(engine)
    with pytest.raises(Refused):
        engine.submit("VV-2022-0001", command, NOTIFIED)
    assert written(engine) == before


def test_a_rehearsal_says_what_would_happen_and_writes_nothing(engine):
    engine.open(opening("Đất đai"), OPENED)
    before = written(engine)
    rehearsed = engine.rehearse("VV-2022-0001", NOTIFY, NOTIFIED)
    assert written(engine) == before
    assert engine.submit("VV-2022-0001", NOTIFY, NOTIFIED) == rehearsed


def test_a_refused_opening_uses_no_number_up(engine):
    for title in ("", "Đất đai", " "):
        if title.strip():
            assert engine.open(opening(title), OPENED).case.case == "VV-2022-0001"
        else:
            with pytest.raises(Refused):
                engine.open(opening(title), OPENED)
    assert engine.open(opening("Nhà ở"), OPENED).case.case == "VV-2022-0002"


def test_a_number_bears_the_year_of_the_offices_zone_not_of_utc(engine):
    new_year_in_hanoi = datetime(2022, 12, 31, 17, 30, tzinfo=UTC)
    assert engine.open(opening("Đất đai"), new_year_in_hanoi).case.case == "VV-2023-0001"


def test_who_saw_an_older_version_is_told_who_acted_since_and_when(engine):
    engine.open(opening("Đất đai"), OPENED)
    engine.submit("VV-2022-0001", NOTIFY, NOTIFIED, if_version=1)
    with pytest.raises(Conflict) as caught:
        engine.submit("VV-2022-0001", NOTIFY, NOTIFIED, if_version=1)
    assert caught.value.reason.values == {
        "case": "VV-2022-0001", "version": 2, "agency": "btg", "instant": NOTIFIED.isoformat(),
    }  # fmt: skip


def test_without_a_version_the_rules_judge_the_case_as_it_is_now(engine):
    engine.open(opening("Đất đai"), OPENED)
    engine.submit("VV-2022-0001", NOTIFY, NOTIFIED)
    with pytest.raises(Refused):
        engine.submit("VV-2022-0001", NOTIFY, NOTIFIED)


@pytest.mark.parametrize(
    ("typed", "number"),
    [("1", 1), ("VV-1", 1), ("vv-0002", 2), ("VV-2022-2", 2), ("2022-1", 1), (" VV-2022-0002 ", 2)],
)
def test_a_case_may_be_written_short(engine, typed, number):
    for title in ("Đất đai", "Nhà ở"):
        engine.open(opening(title), OPENED)
    assert engine.number(typed, OPENED) == f"VV-2022-{number:04d}"


@pytest.mark.parametrize("typed", ["3", "VV-2021-1", "GP-1", "", "x", "VV-", "1;2", "٣", "9" * 40])
def test_what_names_no_case_is_not_found(engine, typed):
    engine.open(opening("Đất đai"), OPENED)
    with pytest.raises(NotFound):
        engine.number(typed, OPENED)


def test_an_unknown_process_is_said_to_be_one(engine):
    with pytest.raises(UsageError):
        engine.open(msgspec.structs.replace(opening("x"), process="nonsense"), OPENED)


def test_instants_are_kept_in_whole_seconds_and_never_later_than_the_clock():
    assert whole(OPENED.replace(microsecond=999_999)) == OPENED


def test_two_outcomes_decided_from_the_same_version_cannot_both_be_saved(engine):
    """The last line of defence, should a transaction ever not be exclusive."""
    engine.open(opening("Đất đai"), OPENED)
    office, case = engine.look("VV-2022-0001")
    outcomes = [decide(office, case, NOTIFY, NOTIFIED) for _ in range(2)]
    with engine.database.writing() as connection:
        held, _ = store.hold(connection, "VV-2022-0001")
        store.save(connection, office, held, outcomes[0])
    with pytest.raises(Conflict), engine.database.writing() as connection:
        store.save(connection, office, held, outcomes[1])
