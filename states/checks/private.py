"""No field for a private person: the words by which a field says that it would hold who somebody is (E307).

The words are general, not of any process: names of persons, numbers of their papers, telephones, dates of birth,
homes. Only what can hold them counts (texts, dates, years; columns too): a flag `by_phone` says nothing of anybody.
An accented label is compared with its accents, a name or alias without; "sinh hoạt" (activities) is no birth.
"""

from __future__ import annotations

import re
import unicodedata

from states.checks.names import Names
from states.errors import N_
from states.secrecy import plain
from states.shape import FieldShape, RulesFile

WORDS = (
    "họ tên", "họ và tên", "tên công dân", "tên người dân", "tên chủ hộ", "tên cá nhân", "tên người khiếu nại",
    "tên người tố cáo", "cccd", "cmnd", "căn cước", "chứng minh nhân dân", "chứng minh thư", "số định danh",
    "mã định danh cá nhân", "hộ chiếu", "ngày sinh", "năm sinh", "ngày tháng năm sinh", "nơi sinh", "quê quán",
    "số điện thoại", "điện thoại cá nhân", "điện thoại di động", "số di động", "địa chỉ nhà", "nhà riêng",
    "nơi cư trú", "nơi ở", "địa chỉ thường trú", "nơi thường trú", "hộ khẩu", "thư điện tử cá nhân", "chủ hộ",
    "full name", "first name", "last name", "surname", "citizen name", "name of citizen", "person name",
    "name of person", "complainant name", "name of complainant", "citizen id", "citizen number", "national id",
    "identity card", "identity number", "id card", "id number", "passport", "date of birth", "birth date", "birthday",
    "year of birth", "place of birth", "dob", "phone number", "telephone number", "mobile number", "personal phone",
    "home address", "residence", "personal email",
)  # fmt: skip
_ACCENTED = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in WORDS))
_PLAIN = re.compile("|".join(rf"(?<!\w){re.escape(plain(word))}(?!\w)" for word in WORDS))
_HONEST = re.compile(r"sinh hoạt|sinh hoat|sinh học|hộ chiếu công vụ")
_HOLDING = ("text", "date", "instant", "year")


def check_private(shape: RulesFile, names: Names) -> None:
    """Note every field and column that says it holds a private person."""
    for process, p in shape.processes.items():
        for name, field in p.fields.items():
            here = names.below("processes", process, "fields", name)
            _field(here, name, field)
            for column, inner in (field.rows or {}).items():
                _field(here.below("rows", column), column, inner)


def _field(names: Names, name: str, field: FieldShape) -> None:
    if not any(getattr(field, kind) for kind in _HOLDING):
        return
    said = [name, field.alias or "", *(field.label or {}).values()]
    if word := next((word for word in said if says_person(word)), None):
        text = N_("`{word}` would hold a private person: the record is about agencies and posts")
        names.add((), "E307", text, word=word[:80])


def says_person(word: str) -> bool:
    """Whether a name, alias or label says that a person stands here."""
    whole = " ".join(re.sub(r"[\W_]+", " ", unicodedata.normalize("NFC", word).casefold()).split())
    words, wanted = (whole, _PLAIN) if whole.isascii() else (whole, _ACCENTED)
    return wanted.search(_HONEST.sub(" ", words)) is not None
