"""Chance that is written down: the same seed rolls the same, and a history that went wrong becomes a short one.

    dice = Dice(seed)                      a `random.Random` that keeps what it rolled in `dice.rolled`
    Dice.again(rolled)                     rolls exactly that, and then nothing but the least

Everything chance decides is arranged so that the least roll is the least that can happen: no fault, the first of
those who could go on, the shortest wait. So `shrink` need not know what a roll means: it cuts pieces out of the list
and makes rolls smaller, as long as what went wrong still goes wrong.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence


class Dice(random.Random):
    """Rolls from a seed, or again what was `rolled` and then the least."""

    def __init__(self, seed: int | None) -> None:
        self.rolled: list[float] = []
        self._given: Iterator[float] | None = None
        self._chance = random.Random(seed)
        super().__init__(0)

    @classmethod
    def again(cls, rolled: Sequence[float]) -> Dice:
        dice = cls(None)
        dice._given = iter(rolled)
        return dice

    def random(self) -> float:
        """From 0 up to 1. `choice`, `randint` and `sample` are made of it, as `random.Random` says."""
        self.rolled.append(self._chance.random() if self._given is None else next(self._given, 0.0))
        return self.rolled[-1]

    def happens(self, chance: float) -> bool:
        """Whether something of that chance happens; the least roll is that it does not."""
        return self.random() >= 1 - chance


def shrink(rolled: Sequence[float], fails: Callable[[Sequence[float]], bool], tries: int = 400) -> list[float]:
    """A shorter list of rolls that `fails` as well: pieces cut out, the rest made least. At most `tries` tries."""
    best = list(rolled)
    size = len(best) // 2
    while size >= 1 and tries > 0:
        place = 0
        while place < len(best) and tries > 0:
            piece = best[place : place + size]
            for shorter in ([], [0.0] * len(piece)):
                candidate = best[:place] + shorter + best[place + size :]
                tries -= 1
                if candidate != best and fails(candidate):
                    best = candidate
                    break
            else:
                place += size
        size //= 2
    while best and best[-1] == 0.0:  # the least is rolled anyway
        best.pop()
    return best
