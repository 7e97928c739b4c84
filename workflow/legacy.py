"""Text pasted from a document in an old Vietnamese font (TCVN3 or VNI), told by its syllables.

    pasted_from("Céng hoµ x· héi")      "TCVN3"        pasted_from("Coäng hoøa xaõ hoäi")      "VNI"

Such a document keeps other letters than it shows: only its font (.VnTime, VNI-Times) makes Vietnamese of them. So
a word counts as pasted when it is no Vietnamese syllable as it stands and is one when read as the old encoding.
English and French words, names and signs are neither; one word alone proves nothing unless a sign stands inside it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

_TCVN3 = dict(
    zip(
        "µ¶·¸¹¨»¼½¾Æ©ÇÈÉÊË®ÌÎÏÐÑªÒÓÔÕÖ×ØÜÝÞßáâãä«åæçèé¬êëìíîïñòóô\xadõö÷øùúûüýþ¡¢§£¤¥¦",
        "àảãáạăằẳẵắặâầẩẫấậđèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵăâđêôơư",
        strict=True,
    )
)
_SIGNS = frozenset("µ¶·¸¹¨¼½¾©®ª«»¬\xad×÷¡¢§£¤¥¦")
"""What no word of today has inside; some of it stands beside words as a sign of its own."""
_NEVER_FIRST = frozenset("µ¶·¸¹»¼½¾×÷¢£¤¥¦")  # "5 µm" and "£ 5" are of today

_VNI_TONES = dict(zip("ùøûõï", "\u0301\u0300\u0309\u0303\u0323", strict=True))
_VNI_ROOFS = dict(zip("âáàåãä", ("", "\u0301", "\u0300", "\u0309", "\u0303", "\u0323"), strict=True))
_VNI_BREVES = dict(zip("êéèúüë", ("", "\u0301", "\u0300", "\u0309", "\u0303", "\u0323"), strict=True))
_VNI_LETTERS = dict(zip("ñöôæòóî", "đươỉịĩỵ", strict=True))
_VNI_MARK = re.compile(
    rf"([aeo])([{''.join(_VNI_ROOFS)}])|(a)([{''.join(_VNI_BREVES)}])|([aeouyöô])([ùøûõï])|([ñöôæòóî])"
)

_WORD = re.compile(rf"(?:[^\W\d_]|[{re.escape(''.join(_SIGNS))}])+")
_TONES = re.compile("[\u0300\u0301\u0303\u0309\u0323]")
_SYLLABLE = re.compile(
    r"(?:ngh|ng|nh|gh|gi|kh|ph|th|tr|ch|qu|[bcdđghklmnprstvx])?"
    r"(?P<rime>a|ac|ach|ai|am|an|ang|anh|ao|ap|at|au|ay|ăc|ăm|ăn|ăng|ăp|ăt|âc|âm|ân|âng|âp|ât|âu|ây|e|ec|em|en|eng|eo|ep"
    r"|et|ê|êch|êm|ên|ênh|êp|êt|êu|i|ia|ich|iêc|iêm|iên|iêng|iêp|iêt|iêu|im|in|inh|ip|it|iu|o|oa|oac|oach|oai|oam|oan"
    r"|oang|oanh|oao|oat|oay|oăc|oăm|oăn|oăng|oăt|oc|oe|oen|oeo|oet|oi|om|on|ong|op|ot|ô|ôc|ôi|ôm|ôn|ông|ôp|ôt|ơ|ơi|ơm"
    r"|ơn|ơp|ơt|u|ua|uân|uâng|uât|uây|uc|uê|uêch|uênh|ui|um|un|ung|uôc|uôi|uôm|uôn|uông|uôt|up|ut|uy|uya|uych|uyên|uyêt"
    r"|uynh|uyt|uyu|uơ|ư|ưa|ưc|ưi|ưm|ưn|ưng|ươc|ươi|ươm|ươn|ương|ươp|ươt|ươu|ưt|ưu|y|yêm|yên|yêng|yêt|yêu)"
)
_STRAY = re.compile("[^aeiouy\u0302\u0306\u031b][\u0300\u0301\u0303\u0309\u0323]")  # ñ is no n with a tone
_STOPPED = re.compile(r"(?:c|ch|p|t)$")


def pasted_from(text: str) -> Literal["TCVN3", "VNI"] | None:
    """The old encoding that `text` was pasted from, if it looks like one. Pure; linear in the length of `text`."""
    text = unicodedata.normalize("NFC", text)
    if text.isascii():
        return None
    proofs = {"TCVN3": 0, "VNI": 0}
    for word in _WORD.findall(text):
        if _is_of_today(word):
            continue
        if _is_syllable(_from_tcvn3(word)):
            proofs["TCVN3"] += 2 if _has_a_sign_inside(word) else 1
        if _is_syllable(_from_vni(word)):
            proofs["VNI"] += 2 if sum(letter > "\x7f" for letter in word) > 2 else 1
    if max(proofs.values()) < 2:
        return None
    return "TCVN3" if proofs["TCVN3"] >= proofs["VNI"] else "VNI"


def _is_of_today(word: str) -> bool:
    return word.isascii() or any(letter > "\xff" for letter in word) or word[0] in _NEVER_FIRST or _is_syllable(word)


def _has_a_sign_inside(word: str) -> bool:
    return len(word) > 2 and any(letter in _SIGNS for letter in word)


def _from_tcvn3(word: str) -> str:
    return "".join(_TCVN3.get(letter, letter) for letter in word)


def _from_vni(word: str) -> str:
    return unicodedata.normalize("NFC", _VNI_MARK.sub(_vni_vowel, word.lower()))


def _vni_vowel(found: re.Match[str]) -> str:
    """A vowel with the letter that stands for its marks, or a letter that stands for another, as it was meant."""
    roofed, roof, breved, breve, vowel, tone, letter = found.groups()
    if roofed:
        return f"{roofed}\u0302{_VNI_ROOFS[roof]}"
    if breved:
        return f"{breved}\u0306{_VNI_BREVES[breve]}"
    if vowel:
        return _VNI_LETTERS.get(vowel, vowel) + _VNI_TONES[tone]
    return _VNI_LETTERS[letter]


def _is_syllable(word: str) -> bool:
    """Whether `word` is built as a Vietnamese syllable is: onset, rime, at most one tone that the rime can bear."""
    marked = unicodedata.normalize("NFD", word.lower())
    tones = _TONES.findall(marked)
    found = _SYLLABLE.fullmatch(unicodedata.normalize("NFC", _TONES.sub("", marked)))
    if found is None or len(tones) > 1 or _STRAY.search(marked):
        return False
    return not _STOPPED.search(found["rime"]) or tones in (["\u0301"], ["\u0323"])
