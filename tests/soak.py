"""python -m tests.soak MINUTES: the harnesses for so long, with fresh seeds, and what they counted.

Two thirds of the time play histories on every core, one third kills fleets on both databases; then come the mutants of
rules files, and under pytest the property tests and every kill point, which take the time they take. Whatever is
lost, doubled or violated ends it with its seed and exit code 1, as soon as what is under way has ended; and so do
twenty minutes that counted too little.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from pathlib import Path

from tests.doomed import LATE
from tests.fleet import DUTIES, crowded, lateness, run
from tests.killing import COUNTED
from tests.mutants import read_crowd
from tests.places import KINDS, Place
from tests.simulator.history import Failed, play

WANTED = {"histories": 20_000, "kills on sqlite": 2_000, "kills on postgresql": 2_000,
          "mutants of sixty (tree) read": 20_000, "mutants of matter (tree) read": 500}  # fmt: skip
"""What twenty minutes on two cores are to come to."""
FULL = 20
HISTORIES, FLEETS = 2 / 3, 1 / 3
"""Of the time. Two cores play 1,790 histories and kill 270 workers of a file's fleet a minute; kill points kill 640."""
PART = 30
"""Seconds: histories are played in parts so long, so that one that breaks is soon told."""
WORKERS = {"sqlite": 4, "postgresql": 8}
MANY = 20_000
LATEST = 30 + 5  # seconds: the poll, and five
TESTS = ["-n", "auto", "-q", "-m", "hypothesis or soak", "--hypothesis-profile", "soak"]


def histories(seed: int, seconds: float) -> Counter[str]:
    """Histories from `seed` on, for `seconds`. Raises `Failed`."""
    end, counts = time.monotonic() + seconds, Counter[str]()
    while time.monotonic() < end:
        history = play(seed + counts["histories"])
        counts["histories"] += 1
        counts["stops at a statement"] += history.stage.stops
        counts["deaths in histories"] += history.stage.deaths
        counts["climbs in histories"] += len(history.model.climbs)
        counts["sweeps in histories"] += history.sweeps
    return counts


def fleets(kind: str, seed: int, seconds: float, many: int) -> Counter[str]:
    """Fleets killed for `seconds`, after eight workers have fired `many` due duties. Raises `AssertionError`."""
    end, counts, dice = time.monotonic() + seconds, Counter[str](), random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="phoihop-") as folder:
        place = Place(kind, Path(folder))
        tally = run(crowded(place.new("many"), many // DUTIES), LATE, workers=8, dice=dice, kills=0, limit=100)
        assert tally.clean, f"seed {seed}, {kind}: {tally}"
        counts[f"due duties fired by 8 workers on {kind}"] = tally.fired
        late = lateness(crowded(place.new("late"), 1000 // DUTIES), workers=WORKERS[kind] // 2)
        assert late <= LATEST, f"{kind}: {late:.1f} s late"
        counts[f"seconds, at most, after which 1,000 due at once have fired on {kind}"] = math.ceil(late)
        crowd = crowded(place.new("crowd"), 40)
        while time.monotonic() < end:
            tally = run(place.copy(crowd, "killed"), LATE, workers=WORKERS[kind], dice=dice, kills=50, limit=8)
            assert tally.clean, f"seed {seed}, {kind}: {tally}"
            counts[f"kills on {kind}"] += tally.kills
            counts[f"fleets on {kind}"] += 1
            counts[f"rungs fired by fleets on {kind}"] += tally.fired
        place.clear()
    return counts


def tests() -> Counter[str]:
    """The property tests and every kill point, once. Raises `AssertionError`."""
    with tempfile.NamedTemporaryFile("r") as counted:
        environment = {**os.environ, COUNTED: counted.name, "PHOIHOP_SEEDS": str(random.randrange(10**9))}
        code = subprocess.run([sys.executable, "-m", "pytest", *TESTS], check=False, env=environment).returncode
        assert code == 0, "the tests failed: see above"
        return Counter(f"kills on {line.strip()}" for line in counted)


def soak(minutes: float) -> Counter[str]:
    """All of it. Raises what a harness raises."""
    seconds, cores = 60 * minutes, os.cpu_count() or 2
    seed = random.randrange(10**9)
    print(f"{minutes:g} minutes on {cores} cores, seeds from {seed}", flush=True)
    counts: Counter[str] = Counter()
    many = MANY if minutes >= 10 else MANY // 20
    with ProcessPoolExecutor(cores, multiprocessing.get_context("spawn")) as pool:
        parts = math.ceil(seconds * HISTORIES / PART)
        each = seconds * HISTORIES / parts
        counts += _all(pool, [pool.submit(histories, seed + n * 10**5, each) for n in range(parts * cores)])
        _say(counts)
        counts += _all(pool, [pool.submit(fleets, kind, seed, seconds * FLEETS, many) for kind in KINDS])
        _say(counts)
        part = min(1.0, minutes / FULL)
        counts += _all(pool, [pool.submit(read_crowd, seed + n * 10**7, part / cores) for n in range(cores)])
        _say(counts)
    return counts + tests()


def _all(pool: Executor, work: list[Future[Counter[str]]]) -> Counter[str]:
    """What all of `work` counted. Raises what the first that breaks raises; what had not begun then, never begins."""
    counts: Counter[str] = Counter()
    try:
        for one in as_completed(work):
            counts += one.result()
    except BaseException:
        pool.shutdown(cancel_futures=True)
        raise
    return counts


def _say(counts: Counter[str]) -> None:
    print(", ".join(f"{count:,} {name}" for name, count in counts.items()), flush=True)


def main() -> int:
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else FULL
    began = time.monotonic()
    try:
        counts = soak(minutes)
    except (Failed, AssertionError) as broken:
        print(f"BROKEN: {broken}")
        return 1
    for name, count in sorted(counts.items()):
        wanted = f"  (wanted in {FULL} minutes: {WANTED[name]:,})" if name in WANTED else ""
        print(f"{count:>12,}  {name}{wanted}")
    print(f"0 lost, 0 doubled, 0 violations, in {(time.monotonic() - began) / 60:.1f} minutes")
    lacking = [name for name, wanted in WANTED.items() if counts[name] < wanted] if minutes >= FULL else []
    for name in lacking:
        print(f"TOO LITTLE: {counts[name]:,} {name}, wanted {WANTED[name]:,}")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
