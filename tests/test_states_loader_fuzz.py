"""Whatever is done to a rules file, reading it ends in a ruleset or in a list of problems, soon.

Two kinds of mutants of two good files: see tests/mutants.py; `make soak` reads many more of them.
Work is counted in calls of functions, not in seconds. Each property was seen to fail on the mutant named.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

import msgspec
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from states.loader import MOST_BYTES
from states.marks import MOST_PROBLEMS
from states.ruleset import Ruleset
from tests.mutants import KINDS, PROVING, Text, allowed, judged, of_the_tree, read, read_crowd, work
from tests.support import office_with
from tests.walks import walk

seeds = st.integers(0, 2**32)


@pytest.fixture(params=[f"{name}-{kind}" for name in ("sixty", "matter") for kind in KINDS])
def mutant(request: pytest.FixtureRequest) -> Callable[[int], Text]:
    """A mutant of one kind of one file, by seed."""
    name, kind = str(request.param).split("-")
    return lambda seed: KINDS[kind](name, random.Random(seed))


@given(seed=seeds)
def test_a_mutant_is_a_ruleset_or_a_list_of_problems_in_order_within_the_file(mutant, seed):
    """Mutants: an unclosed bracket told after the last line; an empty value told there; no order. Seen failing."""
    text = mutant(seed)
    outcome = read(text)
    if isinstance(outcome, Ruleset):
        event("loads")
        stored = msgspec.json.encode(outcome)
        assert msgspec.json.encode(msgspec.json.decode(stored, type=Ruleset)) == stored
        return
    event(f"{outcome.problems[0].code} first")
    places = [(p.line, p.column, p.code) for p in outcome.problems]
    assert 0 < len(places) <= MOST_PROBLEMS + 1
    assert places == sorted(places)
    assert len({str(p) for p in outcome.problems}) == len(places)
    lines = (text.decode("utf-8", "replace") if isinstance(text, bytes) else text).split("\n")
    for line, column, code in places:
        assert 1 <= line <= len(lines), code
        assert 1 <= column <= len(lines[line - 1]) + 1, code
    assert all(code[0] in "EW" and len(code) == 4 for _, _, code in places)  # warnings are told beside errors
    assert any(code[0] == "E" for _, _, code in places)
    assert "Input should" not in str(outcome)  # pydantic's own words


@given(seed=seeds)
def test_reading_a_mutant_is_little_work(mutant, seed):
    """Mutant: a hint looked for however often; seen failing, most of all on the crowds below."""
    text = mutant(seed)
    assert work(text) <= allowed(text) + PROVING


@given(seed=seeds)
def test_what_loads_can_be_opened_and_walked(seed):
    """The loader lets nothing through on which the engine stumbles.

    Mutant: a capacity that nobody could ever hold allowed; seen failing.
    """
    chance = random.Random(seed)
    for _ in range(15):
        outcome = read(of_the_tree("sixty", chance))
        if isinstance(outcome, Ruleset):
            office = office_with(outcome)
            for process in outcome.processes.values():
                taken = walk(office, process, seed, 40)
                assert taken.folded == taken.case
                event("walked")


def test_a_share_of_the_soak_finds_nothing():
    """What `make soak` reads in thousands: no traceback, bounded work, and what is accepted can be ended."""
    counts = read_crowd(0, 0.004)
    assert counts["mutants of sixty (tree) read"] == 80
    for name in ("sixty", "trial"):
        assert counts[f"mutants of {name} (tree) walked through"] >= 1


def test_the_soak_finds_a_checker_that_proves_nothing(monkeypatch):
    """Is anything found? Without the proofs, a mutant is accepted of which a case cannot be ended."""
    monkeypatch.setattr("states.loader.prove_all", lambda *_: None)
    near = range(1_000_260, 1_002_000)  # the first that is found is among the first of them
    with pytest.raises(AssertionError, match="accepted, and"):
        list(map(partial(judged, "trial", "tree"), near))


HEAD = """edition: crowd-1
title: {en: x}
calendar: vn
agencies: {a: {name: {en: a}}}
"""
PROCESS = """  p%d:
    prefix: X
    label: {en: p}
    source: s
    capacities: {c: {one: any, label: {en: c}}}
    initial: s0
    states: {%s}
    transitions:
%s
"""


def process(number: int, states: int, lines: str) -> str:
    return PROCESS % (number, ", ".join(f"s{n}: {{}}" for n in range(states)), lines)


def crowd(name: str) -> str:
    """Files as large as may be, each of one kind of thing that something else is compared with."""
    match name:
        case "unknown keys":
            return HEAD + "".join(f"k{n}: 1\n" for n in range(24_000))
        case "unknown states":
            return HEAD + "processes:\n" + process(0, 100, f"      - {{trigger: t, by: c, from: [{names(40_000)}]}}")
        case "unknown duties":
            return HEAD + "processes:\n" + process(0, 9, f"      - {{trigger: t, by: c, settled: [{names(40_000)}]}}")
        case "unknown agencies":
            return HEAD + "".join(f"  b{n}: {{name: {{en: b}}, parent: nobody_{n}}}\n" for n in range(6_000))
        case "unknown values":
            line = f"      - {{trigger: t, from: any, by: c, when: {{f: [{names(90)}]}}}}\n"
            return HEAD + "processes:\n" + process(0, 9, line * 400) + "choices: {f: {x: {}}}\n"
        case "every way":
            lines = "".join(
                f"      - {{trigger: t, from: any, by: system, to: s{n % 100}, after: [x]}}\n" for n in range(500)
            )
            return HEAD + "processes:\n" + "".join(process(n, 100, lines) for n in range(6))
        case "states":
            line = "      - {trigger: t, from: any, by: c, source: s}\n"
            return HEAD + "processes:\n" + process(0, 12_000, line * 3_000)
        case "capacities":
            return crowd("defaults").replace("capacities: {", f"capacities: {{{fallbacks(50, 3_000)}, ")
        case "lines alike":
            return HEAD + "processes:\n" + process(0, 100, "      - {trigger: t, from: any, by: c, times: 2}\n" * 500)
        case _:
            choices = ", ".join(f"v{n}: {{o: z{n}}}" for n in range(200))
            text = "processes:\n" + process(0, 9, "      - {trigger: open, by: c}")
            text = text.replace(
                "capacities: {", f"fields: {{f: {{choice: k}}}}\n    capacities: {{{fallbacks(0, 49)}, "
            )
            return f"{HEAD}choices: {{k: {{{choices}}}}}\n{text}"


def fallbacks(start: int, end: int) -> str:
    return ", ".join(f"c{n}: {{one: any, default: f.o}}" for n in range(start, end))


def names(count: int) -> str:
    return ", ".join(f"s{n}x" for n in range(count))


@pytest.mark.parametrize(
    "name",
    [
        "unknown keys", "unknown states", "unknown duties", "unknown agencies", "unknown values", "every way",
        "states", "capacities", "lines alike", "defaults",
    ],
)  # fmt: skip
def test_a_crowd_is_read_with_work_in_proportion_to_its_size(name):
    """rules-31: nothing is compared with everything. Mutants: no bound on hints, on states; seen failing."""
    text = crowd(name)
    assert len(text) <= MOST_BYTES
    assert work(text) <= allowed(text)
