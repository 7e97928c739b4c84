"""Does once everything that doomed processes do. Imported by the server they are forked from: what they find
read and compiled already, each of them need not read and compile again. No database stays open.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.doomed import OPENED, advance_one, create_one, nobody, open_one, sweep_all
from tests.support import ROOT
from workflow.setup import set_up

with TemporaryDirectory() as folder:
    path = Path(folder) / "practice.db"
    set_up(path, rules=ROOT / "escalation_rules.yaml", now=OPENED, practice=True).close()
    for work in (open_one, advance_one, sweep_all):
        work(str(path), nobody)
    create_one(str(path.with_name("made.db")), nobody)
