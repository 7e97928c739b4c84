"""The language of this run, and the one catalogue every message comes from.

English sentences are the keys. They are written in the code, marked by `_` (translated where it stands)
or `N_` (translated later, when printed); click's own sentences are in the same catalogue. `use` may be
called at any time, because nothing is translated before it is printed.
"""

from __future__ import annotations

import gettext
import os
from collections.abc import Mapping

from states.errors import N_
from workflow.shipped import shipped

__all__ = ["DOMAIN", "LANGUAGES", "N_", "_", "choose", "current", "ngettext", "use"]

DOMAIN = "phoihop"
LANGUAGES = ("vi", "en")


def choose(wanted: str | None, environ: Mapping[str, str]) -> str:
    """`--lang`, else PHOIHOP_LANG, else the locale; whatever is not Vietnamese is English."""
    names = ("PHOIHOP_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    said = wanted or next((environ[name] for name in names if environ.get(name)), "")
    return "vi" if said.lower().replace("_", "-").split("-")[0].split(".")[0] == "vi" else "en"


def use(lang: str) -> None:
    """Speak `lang` from now on. LANGUAGE is what gettext, and so click, looks at."""
    os.environ["LANGUAGE"] = lang
    gettext.bindtextdomain(DOMAIN, str(shipped("locale")))
    gettext.textdomain(DOMAIN)


def current() -> str:
    """The language in use: `vi` or `en`."""
    return "vi" if os.environ.get("LANGUAGE") == "vi" else "en"


def _(msgid: str) -> str:
    """`msgid` in the language in use."""
    return gettext.dgettext(DOMAIN, msgid) if msgid else ""


def ngettext(one: str, many: str, count: int) -> str:
    """`one` or `many`, whichever `count` asks for, in the language in use."""
    return gettext.dngettext(DOMAIN, one, many, count)
