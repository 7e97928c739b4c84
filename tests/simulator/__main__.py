"""python -m tests.simulator SEED [COUNT]: play that history and print it, or COUNT histories from that seed on."""

from __future__ import annotations

import sys
import time

from tests.simulator.dice import shrink
from tests.simulator.history import Failed, play


def main() -> int:
    seed, count = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    began, stops, deaths, climbs = time.perf_counter(), 0, 0, 0
    for number in range(seed, seed + count):
        try:
            history = play(number, tell=count == 1)
        except Failed as failed:
            print(failed)
            return _shortest(failed)
        stops, deaths = stops + history.stage.stops, deaths + history.stage.deaths
        climbs += len(history.model.climbs)
        if history.stage.said is not None:
            print("\n".join(history.stage.said), history.digest, sep="\n")
    print(f"{count} histories, {stops} stops, {deaths} deaths, {climbs} climbs, {time.perf_counter() - began:.1f} s")
    return 0


def _shortest(failed: Failed) -> int:
    """The shortest history in which the same promise is broken, as it was played."""
    kind = failed.said[:3]

    def fails(rolled: object) -> bool:
        try:
            play(None, rolled)  # type: ignore[arg-type]  # a list of rolls
        except Failed as again:
            return again.said[:3] == kind
        return False

    rolled = shrink(failed.rolled, fails)
    try:
        play(None, rolled, tell=True)
    except Failed as again:
        said = again.history.stage.said  # type: ignore[attr-defined]  # set where it is raised
        print(*said, f"shortest: {len(rolled)} rolls of {len(failed.rolled)}", again.said, sep="\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
