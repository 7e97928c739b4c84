"""The soak fails where something is broken, and where too little was done to see that it is not."""

from __future__ import annotations

import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from tests import soak

LITTLE = {name: count - 1 for name, count in soak.WANTED.items()}


@pytest.mark.parametrize(
    ("minutes", "counted", "code"), [("20", soak.WANTED, 0), ("20", LITTLE, 1), ("30", {}, 1), ("0.5", LITTLE, 0)]
)
def test_a_whole_soak_that_counted_too_little_fails_and_says_of_what(minutes, counted, code, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["soak", minutes])
    monkeypatch.setattr(soak, "soak", lambda _minutes: Counter(counted))
    assert soak.main() == code
    said = capsys.readouterr().out
    for name in soak.WANTED:
        assert (f"TOO LITTLE: {counted.get(name, 0):,} {name}, wanted" in said) == (code == 1)


def test_what_breaks_ends_a_soak(monkeypatch, capsys):
    def broken(_minutes):
        raise AssertionError("seed 7: P4")

    monkeypatch.setattr(sys, "argv", ["soak", "20"])
    monkeypatch.setattr(soak, "soak", broken)
    assert soak.main() == 1
    assert "BROKEN: seed 7: P4" in capsys.readouterr().out


def test_what_breaks_is_told_before_the_rest_has_begun():
    """Mutants: results taken in the order they were asked for; the rest not cancelled; seen failing."""
    ends = Event()
    begun: list[str] = []

    class Pool(ThreadPoolExecutor):
        def shutdown(self, wait=True, *, cancel_futures=False):
            super().shutdown(wait=False, cancel_futures=cancel_futures)
            ends.set()
            super().shutdown(wait=wait)

    def under_way():
        ends.wait(10)
        return Counter()

    def breaks():
        raise AssertionError("seed 7: P4")

    def the_rest():
        begun.append("the rest")
        return Counter()

    with Pool(2) as pool:
        work = [pool.submit(one) for one in (under_way, breaks, under_way, the_rest)]
        with pytest.raises(AssertionError, match="seed 7"):
            soak._all(pool, work)
    assert not begun
