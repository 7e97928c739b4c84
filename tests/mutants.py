"""Mutants of rules files, and what reading one must come to.

    KINDS[kind](name, dice) -> text         kind: of the tree, or of the letters; name: one of `TEXTS`
    judged(name, kind, seed) -> words of what came of it, to be counted
    read_crowd(seed, part) -> counts        what `make soak` reads, or a part of it

Of the tree: values and keys deleted, replaced, moved about, which YAML then writes. Of the letters: lines lost, doubled
or swapped, odd letters put in, the end cut off.
"""

from __future__ import annotations

import copy
import hashlib
import json
import random
import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any

import msgspec
import yaml

from states.checks.proofs import MOST_STEPS
from states.errors import BadFile
from states.loader import load_rules
from states.ruleset import Ruleset
from tests.exhaustive import exhausted
from tests.support import ROOT, office_with

Text = str | bytes
TEXTS = {
    **{
        name: (ROOT / f"tests/rules/{name}.yaml").read_text("utf-8")
        for name in ("sixty", "trial", "trial-3", "trial-4")
    },
    "matter": (ROOT / "escalation_rules.yaml").read_text("utf-8"),
}
TREES = {name: yaml.load(text, Loader=yaml.CSafeLoader) for name, text in TEXTS.items()}

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
    if not text or chance.randrange(10):
        return text
    body = bytearray(text.encode())
    body[chance.randrange(len(body))] = chance.randrange(256)
    return bytes(body)


KINDS: dict[str, Callable[[str, random.Random], Text]] = {"tree": of_the_tree, "letters": of_the_letters}


def read(text: Text) -> Ruleset | BadFile:
    """What reading `text` comes to; anything but the two fails the test as what it is."""
    try:
        return load_rules(text, "f.yaml")
    except BadFile as bad:
        return bad


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


PROVING = 3 * 100 * MOST_STEPS
"""What the proofs of a process may cost: they count steps, thrice over, and each is a bounded number of calls."""


CROWD = {
    ("sixty", "tree"): 20_000,
    ("sixty", "letters"): 5_000,
    ("trial", "tree"): 3_000,
    ("trial-3", "tree"): 1_000,
    ("trial-4", "tree"): 3_000,
    ("matter", "tree"): 500,
}
"""How many mutants of which file a soak reads; `sixty` has so many lines."""
WALKED = ("sixty", "trial", "trial-3", "trial-4")
"""Whose mutants are walked through, case by case."""
MOST_CASES = 10_000
"""Of a mutant with more cases (few have) the nearest are walked; it is counted apart."""
COUNTED_WORK = 10  # every tenth is read with its calls counted, which takes five times as long


def judged(name: str, kind: str, seed: int) -> list[str]:
    """Read one mutant; what is accepted of a small file is walked through. What came of it, in words.

    Raises `AssertionError`: a traceback, more work than `allowed`, or something accepted that can get stuck.
    """
    called = f"mutant {kind} of {name}, seed {seed}"
    text = KINDS[kind](name, random.Random(seed))
    try:
        if seed % COUNTED_WORK == 0:
            assert (calls := work(text)) <= allowed(text) + PROVING, f"{called}: {calls} calls"
        outcome = read(text)
        if not isinstance(outcome, Ruleset):
            return ["refused"]
        came = ["accepted"]
        if name in WALKED and not _new(outcome):
            return [*came, "of a meaning walked through before"]
        for process in outcome.processes.values() if name in WALKED else ():
            found = exhausted(office_with(outcome), process, MOST_CASES)
            came.append("walked through" if found.whole else f"walked through for the nearest {MOST_CASES:,} cases")
            assert found.broken() is None, f"{called}: accepted, and a case of {process.name} cannot be ended"
            assert found.idle(process) is None, f"{called}: accepted, and in {process.name} nothing is due"
            assert (undone := found.undone(process)) is None, f"{called}: accepted, and nobody can do {undone}"
    except AssertionError:
        raise
    except Exception as error:
        raise AssertionError(f"{called}: {error!r}") from error
    return came


_meanings: set[str] = set()  # by their digest: those that were walked through in this process
_SAID = ("label", "title", "source", "alias", "edition", "grounds", "tests", "former", "focal_points", "leader_rank")


def _new(ruleset: Ruleset) -> bool:
    """Whether no ruleset that means the same was asked for before: what is only said of it (labels) left out."""
    digest = hashlib.sha256(json.dumps(_meant(msgspec.to_builtins(ruleset))).encode()).hexdigest()
    new = digest not in _meanings
    _meanings.add(digest)
    return new


def _meant(tree: Any) -> Any:
    if isinstance(tree, dict):
        called = isinstance(tree.get("name"), dict)  # an agency's name is a label
        return {key: _meant(v) for key, v in tree.items() if key not in _SAID and not (called and key == "name")}
    return [_meant(value) for value in tree] if isinstance(tree, list) else tree


def read_crowd(seed: int, part: float) -> Counter[str]:
    """That part (0 to 1) of the crowd, with seeds from `seed` on. Raises as `judged`."""
    counts: Counter[str] = Counter()
    for (name, kind), many in CROWD.items():
        for n in range(max(1, round(many * part))):
            counts[f"mutants of {name} ({kind}) read"] += 1
            counts.update(f"mutants of {name} ({kind}) {came}" for came in judged(name, kind, seed + n))
    return counts
