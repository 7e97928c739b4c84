"""The levels of state secrets by every name they go by, for markings of documents and names in rules files.

Mật, tối mật, tuyệt mật: the three levels of the Law on the Protection of State Secrets (29/2018/QH14, article 8).
Folded before they are compared: case, accents, `_` and `-` do not matter.
"""

from __future__ import annotations

import re
import unicodedata

LEVELS = frozenset(
    {
        "mat", "toi mat", "tuyet mat", "do mat", "muc do mat", "bi mat nha nuoc", "dau mat", "tai lieu mat",
        "secret", "top secret", "most secret", "state secret", "state secrets", "secrecy", "confidential",
        "highly confidential", "classified", "security classification",
    }
)  # fmt: skip
"""What names a level, or the field for one; as a whole."""

_PHRASES = ("toi mat", "tuyet mat", "bi mat nha nuoc", "muc do mat", "top secret", "state secret", "do mat nha nuoc")
"""What means nothing else wherever it stands in a name."""
_MARKS = {"mat", "secret", "secrets", "confidential", "classified", "restricted", "toimat", "tuyetmat", "topsecret"}
"""A word that makes any marking a secret one."""
_NONE = {
    "thuong", "khong", "khong mat", "khong co", "none", "no", "normal", "ordinary", "unclassified", "public",
    "not secret", "cong khai",
}  # fmt: skip
_D = str.maketrans({"đ": "d", "Đ": "d", "ð": "d", "Ð": "d"})


def plain(name: str) -> str:
    """`name` without accents, case or signs between words."""
    marked = unicodedata.normalize("NFKD", name.translate(_D))
    bare = "".join(letter for letter in marked if not unicodedata.combining(letter)).casefold()
    return " ".join(re.sub(r"[\W_]+", " ", bare).split())


def names_level(name: str) -> bool:
    """Whether a name or label of a rules file is a level of secrecy, or a place for one.

    Accents decide where they are written: "Mất" (lost) and "Mắt" (eye) fold to the same letters as "Mật".
    """
    composed = " ".join(re.sub(r"[\W_]+", " ", unicodedata.normalize("NFC", name).casefold()).split())
    accented = any(letter not in "abcdefghijklmnopqrstuvwxyz0123456789 " for letter in composed)
    if accented:
        return composed in _ACCENTED or any(phrase in composed for phrase in _ACCENTED_PHRASES)
    return composed in LEVELS or any(f" {phrase} " in f" {composed} " for phrase in _PHRASES)


_ACCENTED = {"mật", "độ mật", "dấu mật", "mức độ mật", "tài liệu mật"}
_ACCENTED_PHRASES = ("tối mật", "tuyệt mật", "bí mật nhà nước", "mức độ mật", "độ mật của", "độ mật văn bản")


def is_none(marking: str) -> bool:
    """Whether a marking says that a document is no secret."""
    return plain(marking) in _NONE


def is_level(marking: str) -> bool:
    """Whether a marking says that a document is secret. Strict: of a marking every doubtful word counts."""
    letters = plain(marking)
    spaced_out = letters.replace(" ", "")
    return bool(_MARKS & set(letters.split())) or spaced_out in {level.replace(" ", "") for level in LEVELS}
