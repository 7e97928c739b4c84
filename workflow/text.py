"""Folding text for search: one key for every way to write a Vietnamese word."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Not decomposable: đ and its lookalike Ð (eth), which the plan itself uses in "Ðảng".
_LETTERS = str.maketrans({"đ": "d", "Đ": "d", "ð": "d", "Ð": "d"})


def slug(text: str) -> str:
    """`text` as one types it: folded, one dash between words, no other signs. "Giai đoạn" and "giai_doan" agree."""
    return re.sub(r"[\W_]+", "-", folded(text)).strip("-")


def folded(text: str) -> str:
    """`text` in lower case without marks: "Thường trực Tỉnh uỷ", "TỈNH ỦY" and "tinh uy" agree."""
    if not text.isascii():
        marked = unicodedata.normalize("NFD", text.translate(_LETTERS))
        text = "".join(letter for letter in marked if not unicodedata.combining(letter))
    return " ".join(text.casefold().split())


@lru_cache(maxsize=4096)  # names of agencies come again with every act
def searchable(text: str) -> str:
    """`text` as searches see it: folded, each word after a space, the parts of "31/BC-SGTVT" words of their own."""
    plain = folded(text)
    return f" {plain} {re.sub(r'[^0-9a-z]+', ' ', plain)}"
