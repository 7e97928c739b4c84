"""What ships with phoihop besides code: the rules file, calendars, message catalogues.

Inside an installed package these lie in `workflow/`; in a working copy, and in an editable install, beside it.
"""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent


def shipped(name: str) -> Path:
    """Where the shipped file or folder `name` is (`escalation_rules.yaml`, `calendars`, `locale`)."""
    packed = HERE / name
    return packed if packed.exists() else HERE.parent / name
