"""Histories kept for ever: every later version must read and fold them as this one did.

python -m tests.golden NAME DATABASE         writes tests/golden/NAME.json from every case of a database

A file is written once, when a format is new, and never again.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from workflow import record, store
from workflow.database import open_database

FOLDER = Path(__file__).parent / "golden"


def histories(path: str) -> dict[str, Any]:
    """Every case of the database at `path`: its events as they are stored, its texts, head and fold."""
    database = open_database(path)
    found: dict[str, Any] = {}
    with database.reading() as connection:
        for number in connection.exec_driver_sql("select number from cases order by number").scalars().all():
            events = record.load(connection, number)
            found[number] = {
                "events": [raw.decode() for raw, _head in events],
                "texts": record.bodies(connection, number),
                "head": events[-1][1],
                "case": msgspec.to_builtins(store.load_case(connection, number)),
            }
    database.close()
    return found


if __name__ == "__main__":
    name, location = sys.argv[1:]
    with (FOLDER / f"{name}.json").open("x", encoding="utf-8") as file:
        json.dump(histories(location), file, ensure_ascii=False, indent=1)
