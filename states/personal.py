"""What looks like the identity of a private person in a text: numbers of papers and telephones, told by structure.

    likenesses(text) -> (Likeness, ...)

The record is about agencies and posts, so a text that names a citizen by number is refused, unless an officer says
why it must stand. Looked for: the citizen number (CCCD, 12 digits: province, sex and century, year of birth), the
old one (CMND, 9 digits, only where the text calls it that), a passport (a letter and 7 or 8 digits), a telephone.

Most long numbers of an office are none of these: amounts of money, numbers of documents and dossiers, dates, areas,
plots and map sheets. So a number counts only where it stands alone: not as part of a longer one, not joined to
letters (`0912345678/BC`), not before a unit (`đồng`, `m2`), not behind the name of something else (`thửa`, `số đến`).
Digits are read in groups as people write them (`001 085 012 345`, `0912.345.678`), with one kind of separator.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

from states.values import Value

Kind = Literal["citizen", "old_citizen", "passport", "phone"]

_PROVINCES = frozenset(
    f"{code:03d}"
    for code in (
        1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33, 34, 35, 36, 37, 38,
        40, 42, 44, 45, 46, 48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72, 74, 75, 77, 79, 80,
        82, 83, 84, 86, 87, 89, 91, 92, 93, 94, 95, 96,
    )
)  # fmt: skip
"""The province codes a citizen number may begin with (Circular 59/2021/TT-BCA, annex I)."""

_BY_MEANING = (3, 1, 2, 6)  # a citizen number divided into province, sex, year, serial
_DAY_AND_TIME = (8, 4)  # 01012022 1650, as scanners call their files
_LAST_BIRTH = 49  # years of birth of this century, 2000 to 2049

_DIGITS = re.compile(r"\d+")
_GAP = re.compile(r"[ .\-]|\)[ .\-]?| - | ?\(")
_TIGHT = (".", "-", ",", "/", ":")
_WORD_BEFORE = re.compile(r"[^\W\d_]+$")
_CODE_BEHIND = re.compile(r"[/\-]?[A-ZĐ](?![^\W\dA-ZĐ])")  # 0912345678/BC, 0912345678A; not 0912345678/Nam
_UNIT = re.compile(
    r"(?:đồng(?! (?:chí|thời|ý|bào|bộ|nghiệp|hành|tình|loạt|hương|chủ))|đ|vnđ|vnd|usd|triệu|tr|tỷ|tỉ|nghìn|ngàn"
    r"|m2|m²|m3|m³|mét|m|km|km2|km²|ha|hecta|tấn|kg|kwh|%)(?![^\W\d_])",
    re.IGNORECASE,
)
_NAMING = {  # what the words directly before a number call it
    "phone": r"đt|đtdđ|sđt|điện thoại|số máy|máy|tel|phone|mobile|zalo|hotline|fax|liên hệ|gọi|di động|sdt|dt",
    "citizen": r"cccd|căn cước|căn cước công dân|định danh|định danh cá nhân|mã định danh|citizen id|id",
    "old_citizen": r"cmnd|cmt|cmtnd|chứng minh|chứng minh nhân dân|chứng minh thư|căn cước|cccd|giấy tờ tuỳ thân"
    r"|giấy tờ tùy thân|identity card|id card",
    "passport": r"hộ chiếu|passport|hc",
}
_LINK = r"(?:\s|số|no\.?|là|is|number|:|-|\(|của ông|của bà)*+$"  # each place can be read in one way only
_NAMED = {kind: re.compile(rf"(?<![^\W\d_])(?:{words}){_LINK}", re.IGNORECASE) for kind, words in _NAMING.items()}
_OTHER = re.compile(
    r"(?<![^\W\d_])(?:thửa|thửa đất|tờ|tờ bản đồ|tờ số|số đến|số đi|số thụ lý|thụ lý|hồ sơ|mã hồ sơ|vụ án|bản án"
    r"|hoá đơn|hóa đơn|biên lai|phiếu thu|phiếu chi|tài khoản|số tài khoản|stk|công văn"
    r"|văn bản|quyết định|tờ trình|báo cáo|kế hoạch"
    r"|thông báo|số hiệu|mã số dự án|mã dự án|mã vạch|bưu gửi|vận đơn|gói thầu"
    r"|hợp đồng|seri|sê-ri|serial|account|invoice"
    rf"|plot|sheet|dossier|case|arrival)(?:\s*(?:đất|bản đồ|ngân hàng))?{_LINK}",
    re.IGNORECASE,
)
_TAX = re.compile(rf"(?<![^\W\d_])(?:mã số thuế|mst|mã số doanh nghiệp|mã số|tax code){_LINK}", re.IGNORECASE)
_PERSON = re.compile(
    r"(?<![^\W\d_])(?:ông|bà|anh|chị|cháu|công dân|mr|mrs|ms)\.?(?: [^\W\d_]+){1,6}\s*[,(:]?\s*$", re.I
)
_PASSPORT = re.compile(r"(?<![^\W_])(?<![/.\-])([A-Z])( ?)(\d{7,8})(?![^\W_])(?![/\-][^\W_])(?![.,]\d)", re.IGNORECASE)


class Likeness(Value, frozen=True):
    """What a number looks like, and enough of it to find it again: never the whole."""

    kind: Kind
    shown: str


def likenesses(text: str) -> tuple[Likeness, ...]:
    """Everything in `text` that looks like a person's number, in order. Pure; linear in the length of `text`."""
    plain = _plain(text)
    found = [(start, Likeness(kind=kind, shown=_masked(plain[start:end]))) for start, end, kind in _numbers(plain)]
    for match in _PASSPORT.finditer(plain):
        before = plain[max(0, match.start() - 60) : match.start()]
        named = _NAMED["passport"].search(before)
        if named or (
            match[1].isupper() and not match[2] and not _OTHER.search(before) and not _unit(plain, match.end())
        ):
            found.append((match.start(), Likeness(kind="passport", shown=_masked(match[0]))))
    return tuple(likeness for _start, likeness in sorted(found, key=lambda pair: pair[0]))


def _plain(text: str) -> str:
    """`text` with every space, dash and digit in its plain form, place for place."""
    return "".join(_letter(one) for one in unicodedata.normalize("NFC", text))


def _letter(one: str) -> str:
    category = unicodedata.category(one)
    if category == "Nd":
        return str(unicodedata.decimal(one))
    if category == "Zs":
        return " "
    return {"\N{FULLWIDTH FULL STOP}": ".", "\N{FULLWIDTH PLUS SIGN}": "+", "_": " "}.get(
        one, "-" if category == "Pd" else one
    )


def _masked(number: str) -> str:
    return f"{number[:3]}…{number[-2:]}"


# ---- groups of digits -----------------------------------------------------------------------------

MOST_GROUPS = 6


def _numbers(text: str) -> Iterator[tuple[int, int, Kind]]:
    """Every person's number made of digits: from where to where, and what it looks like."""
    groups = [match.span() for match in _DIGITS.finditer(text)]
    place = 0
    while place < len(groups):
        for count in range(min(MOST_GROUPS, len(groups) - place), 0, -1):
            window = groups[place : place + count]
            kind = _kind(text, groups, place, window) if _joined(text, window) else None
            if kind is not None:
                yield window[0][0], window[-1][1], kind
                place += count - 1
                break
        place += 1


def _joined(text: str, window: list[tuple[int, int]]) -> bool:
    """Whether the groups stand together, with one kind of separator between them."""
    gaps = [text[left[1] : right[0]] for left, right in pairwise(window)]
    first = 1 if text[slice(*window[0])] == "84" else 0  # what stands behind a country code is its own affair
    return all(map(_GAP.fullmatch, gaps)) and len({gap for gap in gaps[first:] if not set(gap) & set("()")}) <= 1


def _kind(text: str, groups: list[tuple[int, int]], place: int, window: list[tuple[int, int]]) -> Kind | None:
    start, end = window[0][0], window[-1][1]
    lengths = tuple(right - left for left, right in window)
    digits = "".join(text[left:right] for left, right in window)
    if not 9 <= len(digits) <= 14:
        return None
    plus = start > 0 and text[start - 1] == "+"
    before = text[max(0, start - 60) : start].rstrip("(+ ")
    if not _alone(text, groups, place, window) or _unit(text, end):
        return None
    if _citizen(digits, lengths) and not _OTHER.search(before):
        return "citizen"
    if _phone(digits, lengths, plus, bool(_NAMED["phone"].search(before))):
        return None if _OTHER.search(before) or _TAX.search(before) else "phone"
    named = _NAMED["old_citizen"].search(before) or (digits[0] == "0" and _PERSON.search(before))
    return "old_citizen" if lengths in ((9,), (3, 3, 3)) and named else None


def _citizen(digits: str, lengths: tuple[int, ...]) -> bool:
    if len(digits) != 12 or digits[:3] not in _PROVINCES or lengths == _DAY_AND_TIME:
        return False
    if min(lengths) < 3 and lengths != _BY_MEANING:
        return False
    return digits[3] in "01" or (digits[3] in "23" and int(digits[4:6]) <= _LAST_BIRTH)


def _phone(digits: str, lengths: tuple[int, ...], plus: bool, named: bool) -> bool:
    """Mobile 03, 05, 07, 08, 09 and 8 digits; landline 02 and 8 or 9; both also behind 84 instead of the 0."""
    local = digits
    if digits.startswith(("0084", "84")) and (plus or named or lengths == (len(digits),)):
        local = digits[digits.index("84") + 2 :]
        local = local if local.startswith("0") else "0" + local
    elif min(lengths) < 2 or (lengths[0] == 2 and lengths not in ((2, 4, 4), (2, 8))):
        return False
    return re.fullmatch(r"0(?:[35789]\d{8}|2\d{8,9})", local) is not None


def _alone(text: str, groups: list[tuple[int, int]], place: int, window: list[tuple[int, int]]) -> bool:
    """Whether a window is a number of its own, neither part of a longer one nor joined to letters."""
    start, end = window[0][0], window[-1][1]
    previous = groups[place - 1] if place else None
    following = groups[place + len(window)] if place + len(window) < len(groups) else None
    if previous is not None and not _apart(text[previous[1] : start], previous, window[0], window):
        return False
    if following is not None and not _apart(text[end : following[0]], following, window[-1], window):
        return False
    if _CODE_BEHIND.match(text, end):
        return False
    before = text[max(0, start - 20) : start].rstrip("+(")
    word = _WORD_BEFORE.search(before.removesuffix("-").removesuffix("/"))
    # A code goes on in the number (HS-0912345678, AB0912345678); a name before it does not.
    return word is None or not word[0].isupper() or before.endswith(" ") or _is_name(word[0])


def _apart(gap: str, other: tuple[int, int], ours: tuple[int, int], window: list[tuple[int, int]]) -> bool:
    """Whether what stands between a window and the next group keeps them two numbers."""
    size = other[1] - other[0]
    if gap in _TIGHT:
        return gap in "/-" and size >= 7 and len(window) == 1
    # 1 001 085 012 345: groups of thousands go on
    return gap != " " or size > 3 or any(right - left != 3 for left, right in window)


def _is_name(word: str) -> bool:
    return any(re.fullmatch(names, word, re.IGNORECASE) for names in _NAMING.values())


def _unit(text: str, end: int) -> bool:
    rest = text[end : end + 12].lstrip(" ")
    return _UNIT.match(rest) is not None
