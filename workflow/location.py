"""Where a database is: a path, or the URL of a server. Imports no driver; never shows a password.

is_server("postgresql://...")          whether it is a server's
shown("postgresql://a:secret@h/db")    "postgresql://a@h/db": what may be printed and pasted
"""

from __future__ import annotations

import re
from pathlib import Path

SCHEMES = ("postgresql://", "postgres://")
# From the first colon behind the name to the last @ there is: a password may hold any letter, typed unescaped.
_PASSWORD = re.compile(r"(\w+://[^:/@?#\[]*):.*@", re.DOTALL)
_PARAMETER = re.compile(r"([?&])(?:ssl)?password=[^&]*&?", re.IGNORECASE)


def is_server(location: str | Path) -> bool:
    """Whether `location` is the URL of a PostgreSQL server."""
    return isinstance(location, str) and location.startswith(SCHEMES)


def shown(location: str | Path) -> str:
    """`location` as it may be printed: without the password. Pasted, it asks PGPASSFILE for it, as psql does."""
    text = str(location)
    if "://" not in text:
        return text
    return _PARAMETER.sub(r"\1", _PASSWORD.sub(r"\1@", text)).rstrip("?&")
