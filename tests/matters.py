"""A database with three matters in it, to be killed over or amended."""

from __future__ import annotations

from tests.doomed import NOTIFIED, NOTIFY, OPENED, opening
from tests.places import Location, Place
from tests.support import ROOT
from workflow.setup import set_up


def three_matters(place: Place) -> Location:
    """Where it is: one matter waits for its notification, two for acknowledgement."""
    path = place.new("three")
    engine = set_up(path, rules=ROOT / "escalation_rules.yaml", now=OPENED, practice=True)
    for title in ("Đường cao tốc", "Bò sữa", "Bảo tàng"):
        engine.open(opening(title), OPENED)
    for number in ("VV-2022-0002", "VV-2022-0003"):
        engine.submit(number, NOTIFY, NOTIFIED)
    engine.close()
    return path
