"""The base of every value: frozen, compared by content, encoded without what is at its default.

One definition serves the value in memory, its canonical bytes and its strict decoding.
"""

from __future__ import annotations

from typing import dataclass_transform

import msgspec


# The decorator changes nothing at run time. It tells type checkers that every subclass is frozen, as
# msgspec makes it, and is built with keywords only, which msgspec enforces for a class's own fields alone.
@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A frozen value. Unknown keys are refused on decoding: a newer file is never half understood."""
