"""Whatever is done to a rules file, reading it ends in a ruleset or in a list of problems, soon.

Two kinds of mutants of two good files: of the tree (values and keys deleted, replaced, moved about, which
YAML then writes) and of the letters (lines lost, doubled or swapped, odd letters put in, the end cut off).
Work is counted in calls of functions, not in seconds. Each property was seen to fail on the mutant named.
"""

from __future__ import annotations

import copy
import random
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import event, given
from hypothesis import strategies as st

from states.checks.proofs import MOST_STEPS
from states.commands import Office
from states.errors import BadFile
from states.loader import MOST_BYTES, load_rules
from states.marks import MOST_PROBLEMS
from states.ruleset import Ruleset
from tests.support import ROOT, calendar_vn
from tests.walks import walk

Text = str | bytes
TEXTS = {
    "small": (ROOT / "tests/rules/small.yaml").read_text("utf-8"),
    "matter": (ROOT / "escalation_rules.yaml").read_text("utf-8"),
}
TREES = {name: yaml.load(text, Loader=yaml.CSafeLoader) for name, text in TEXTS.items()}
seeds = st.integers(0, 2**32)

ODD: list[Any] = [
    None, True, False, 0, 1, -1, 3651, 10**30, 1.5, float("nan"), "", " ", "x", "NO", "yes", "any", "back", "system",
    "debtor", "nobody", "open", "3wd", "0wd", "99999wh", "row.by", "row.row", "held_on - 3wd", "year-02-30", "each x",
    "each [asker, doer]", "not not rush", "all all part", "2022-02-30", "17:30", "x" * 5000, "\x1b[2J", "\u202e",
    "a\nb", "{case.__class__}", "%s%n", "tuyệt mật", "ữ" * 40, [], [[]], {}, {"": ""}, {"a": {"a": {"a": 1}}},
    ["x", "x"], [{"when": "rush"}], {"vi": 5}, {"on": 1}, list(range(300)), {f"k{n}": n for n in range(300)},
]  # fmt: skip
LETTERS = "{}[]:,-&*!|>%@`#'\"\\?~<\t\r\n\0\x85\u2028\ufeff\u202eữ 5a"


def spots(tree: Any) -> list[tuple[Any, Any]]:
    """Every (holder, key or index) below `tree`."""
    found, ahead = [], [tree]
    while ahead:
        here = ahead.pop()
        parts = (
            list(here.items()) if isinstance(here, dict) else list(enumerate(here)) if isinstance(here, list) else []
        )
        found += [(here, part) for part, _ in parts]
        ahead += [value for _, value in parts]
    return found


def of_the_tree(name: str, chance: random.Random) -> Text:
    """One change of the tree or a few, written as YAML again."""
    tree = copy.deepcopy(TREES[name])
    for _ in range(chance.choice([1, 1, 2, 4])):
        holder, part = chance.choice(spots(tree))
        other, there = chance.choice(spots(tree))
        match chance.randrange(6):
            case 0:
                holder[part] = copy.deepcopy(chance.choice(ODD))
            case 1:
                holder[part] = copy.deepcopy(other[there])
            case 2:
                del holder[part]
            case 3 if isinstance(holder, dict):
                holder[there if isinstance(there, str) else str(chance.choice(ODD))] = holder.pop(part)
            case 4 if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[part]))
            case 5 if isinstance(holder[part], str):
                word = holder[part]
                cut = chance.randrange(len(word) + 1)
                holder[part] = word[:cut] + chance.choice(["", "x", " ", "_", "wd", "."]) + word[cut + 1 :]
            case _:
                holder[part] = [copy.deepcopy(holder[part])]
        if not spots(tree):
            break
    return str(yaml.dump(tree, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, width=9999))


def of_the_letters(name: str, chance: random.Random) -> Text:
    """One to three changes of lines and letters; now and then of bytes."""
    lines = TEXTS[name].split("\n")
    for _ in range(chance.randint(1, 3)):
        n, m = chance.randrange(len(lines)), chance.randrange(len(lines))
        cut = chance.randrange(len(lines[n]) + 1)
        match chance.randrange(7):
            case 0:
                lines[n] = ""
            case 1:
                lines.insert(m, lines[n])
            case 2:
                lines[n], lines[m] = lines[m], lines[n]
            case 3:
                lines[n] = " " * chance.randrange(9) + lines[n].lstrip()
            case 4:
                lines = [*lines[:n], lines[n][:cut]]
            case 5:
                lines[n] = lines[n][:cut] + chance.choice(LETTERS) * chance.choice([1, 1, 2, 30]) + lines[n][cut:]
            case _:
                lines[n] = lines[n][:cut] + lines[m][cut:]
    text = "\n".join(lines)
    if chance.randrange(10):
        return text
    body = bytearray(text.encode())
    body[chance.randrange(len(body))] = chance.randrange(256)
    return bytes(body)


KINDS: dict[str, Callable[[str, random.Random], Text]] = {"tree": of_the_tree, "letters": of_the_letters}


@pytest.fixture(params=[f"{name}-{kind}" for name in TEXTS for kind in KINDS])
def mutant(request: pytest.FixtureRequest) -> Callable[[int], Text]:
    """A mutant of one kind of one file, by seed."""
    name, kind = str(request.param).split("-")
    return lambda seed: KINDS[kind](name, random.Random(seed))


def read(text: Text) -> Ruleset | BadFile:
    """What reading `text` comes to; anything but the two fails the test as what it is."""
    try:
        return load_rules(text, "f.yaml")
    except BadFile as bad:
        return bad


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
    assert all(code[0] == "E" and len(code) == 4 for _, _, code in places)
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
        outcome = read(of_the_tree("small", chance))
        if isinstance(outcome, Ruleset):
            office = Office(
                ruleset=outcome, edition="0" * 64, clock=calendar_vn(), calendar="0" * 64, agencies=outcome.agencies
            )
            for process in outcome.processes.values():
                taken = walk(office, process, seed, 40)
                assert taken.folded == taken.case
                event("walked")


def work(text: Text) -> int:
    """How many functions are called while `text` is read."""
    calls = 0

    def count(frame: FrameType, kind: str, argument: Any) -> None:
        nonlocal calls
        calls += kind in ("call", "c_call")

    sys.setprofile(count)
    try:
        read(text)
    finally:
        sys.setprofile(None)
    return calls


def allowed(text: Text) -> int:
    """A bound in proportion to the size of the text, ten times what a good file needs."""
    return 60_000 + 40 * len(text)


PROVING = 100 * MOST_STEPS
"""What the proofs may cost: they count steps, and each is a bounded number of calls."""

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
