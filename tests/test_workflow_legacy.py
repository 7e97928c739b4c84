"""Pastes from documents in old Vietnamese fonts are known; Vietnamese, English and French of today are left alone."""

from __future__ import annotations

import re
import unicodedata

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from tests.support import ROOT
from workflow.legacy import _TCVN3, _VNI_BREVES, _VNI_LETTERS, _VNI_ROOFS, _VNI_TONES, pasted_from

PO = next(ROOT.glob("locale/vi/**/*.po"))
with PO.open("rb") as file:
    MESSAGES = [m for m in read_po(file, locale="vi") if m.id]
VIETNAMESE = sorted(
    {said for m in MESSAGES for said in ([m.string] if isinstance(m.string, str) else m.string or [])}
    | set((ROOT / "escalation_rules.yaml").read_text("utf-8").splitlines())
    | set((ROOT / "docs/play-by-hand.md").read_text("utf-8").splitlines())
)
ENGLISH = sorted(
    {said for m in MESSAGES for said in ([m.id] if isinstance(m.id, str) else m.id)}
    | set((ROOT / "docs/rules.md").read_text("utf-8").splitlines())
)
SENTENCES = [
    "Cộng hoà xã hội chủ nghĩa Việt Nam",
    "Độc lập - Tự do - Hạnh phúc",
    "Đất đai cho đường cao tốc Đồng Đăng - Trà Lĩnh",
    "Báo cáo tình hình giải phóng mặt bằng",
    "Uỷ ban nhân dân tỉnh đề nghị Sở Xây dựng cho ý kiến",
    "kế hoạch phối hợp giải quyết vụ việc phức tạp, nhạy cảm",
    "người dân kiến nghị về giá bồi thường",
]
TODAY = [
    "café, naïve, résumé, façade, Noël, Zoë, Moïse, Haïti, maïs, goût, août, coût, tôle, mère, crème brûlée",
    "Müller, Jürgen, Köln, Zürich, Bjørn, Søren, Ærø, Åland, Señor Núñez, El Niño, São Paulo, François, Citroën",
    "5 µm, 3 µg, ½ kg, m², ®, ©, § 5, «Công», «ba», 20 × 30, 6 ÷ 2, £ 5, ¥ 7, a·b",
    "Đắk Lắk, Krông Pắc, Pác Bó, Hrê, Ê Đê, Pu Péo, La Hủ, Lô Lô, Pà Thẻn, Cơ Ho, Sán Dìu",
    "Ðảng bộ tỉnh, Tỉnh uỷ, Tỉnh ủy, hoà và hòa, thuý và thúy",
    "TỈNH UỶ CAO BẰNG, ĐẢNG CỘNG SẢN VIỆT NAM",
    "bê tông, xi măng, ô tô, pin, ga-ra, cà phê, tivi, xà phòng, ki-lô-mét, ăng-ten, boong-ke, xoong",
    "dự án VSIP®, phần mềm phoihop©, Microsoft®",
]


def to_tcvn3(text: str) -> str:
    back = {vi: old for old, vi in reversed(_TCVN3.items())}
    return "".join(back.get(letter, back.get(letter.lower(), letter)) for letter in text)


def to_vni(text: str) -> str:
    """As VNI keyboards store it: the vowel, then a letter for its marks."""
    single = {vi: old for old, vi in _VNI_LETTERS.items()}
    by_mark = [{mark: old for old, mark in table.items()} for table in (_VNI_ROOFS, _VNI_BREVES, _VNI_TONES)]
    out = []
    for letter in unicodedata.normalize("NFC", text):
        low = letter.lower()
        marks = unicodedata.normalize("NFD", low)
        tone = "".join(m for m in marks[1:] if m in "\u0300\u0301\u0303\u0309\u0323")
        if low in single or low in "ìí" or low.isascii():
            out.append(single.get(low, low))
        elif "\u0302" in marks or "\u0306" in marks:
            out.append(marks[0] + by_mark["\u0306" in marks][tone])
        else:
            out.append(single.get(unicodedata.normalize("NFC", marks.replace(tone, "")), marks[0]) + by_mark[2][tone])
    return "".join(out)


def test_the_converters_of_this_test_write_what_the_fonts_had():
    assert to_tcvn3("Cộng hoà xã hội chủ nghĩa Việt Nam") == "Céng hoµ x· héi chñ nghÜa ViÖt Nam"
    assert to_vni("Cộng hòa xã hội chủ nghĩa Việt Nam") == "coäng hoøa xaõ hoäi chuû nghóa vieät nam"


@pytest.mark.parametrize(
    "text", ["C«ng hoµ x· héi", "§éc lËp - Tù do - H¹nh phóc", "®Êt", "c\xadêng", "Vô viÖc ®Êt ®ai"]
)
def test_what_an_abc_font_leaves_is_known(text):
    assert pasted_from(text) == "TCVN3"


@pytest.mark.parametrize("text", ["Coäng hoøa xaõ hoäi", "COÄNG HOØA XAÕ HOÄI", "Ñaát ñai", "ñöôøng cao toác"])
def test_what_a_vni_font_leaves_is_known(text):
    assert pasted_from(text) == "VNI"


@pytest.mark.parametrize("text", SENTENCES)
def test_every_sentence_of_an_office_is_known_in_either_font(text):
    assert pasted_from(to_tcvn3(text)) == "TCVN3"
    assert pasted_from(to_vni(text)) == "VNI"
    assert pasted_from(text) is None


@pytest.mark.parametrize("text", TODAY)
def test_foreign_words_names_and_signs_are_no_old_font(text):
    assert pasted_from(text) is None
    assert pasted_from(unicodedata.normalize("NFD", text)) is None


@pytest.mark.parametrize("texts", [VIETNAMESE, ENGLISH], ids=["Vietnamese", "English"])
def test_nothing_the_project_says_looks_like_an_old_font(texts):
    assert len(texts) > 300
    assert [text for text in texts if pasted_from(text)] == []


PHRASES = [words for text in VIETNAMESE for words in re.findall(r"[^\W\d_]+(?: [^\W\d_]+){4,}", text)]


@given(st.lists(st.sampled_from(PHRASES), min_size=1, max_size=4), st.booleans(), st.booleans())
def test_real_phrases_pass_as_they_are_and_are_known_once_they_were_in_a_font(phrases, decomposed, shouted):
    text = " ".join(phrases)
    text = text.upper() if shouted else text
    assert pasted_from(unicodedata.normalize("NFD", text) if decomposed else text) is None
    if sum(letter > "\x7f" for letter in text) > 6:
        assert pasted_from(to_tcvn3(text)) == "TCVN3"
        assert pasted_from(to_vni(text)) == "VNI"


@given(st.text(max_size=80))
def test_no_text_breaks_it(text):
    assert pasted_from(text) in (None, "TCVN3", "VNI")
