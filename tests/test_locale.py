"""One catalogue for every message, click's own included: complete, current, and in the words of the vocabulary."""

from __future__ import annotations

import io
import re
import string

import pytest
from babel.messages.mofile import read_mo

from workflow.render import catalogue

STORED = catalogue.stored()
MESSAGES = [message for message in STORED if message.id]


def texts(message, attribute: str) -> list[str]:
    value = getattr(message, attribute)
    return list(value) if isinstance(value, list | tuple) else [value]


def places(text: str) -> set[str]:
    """The named places of a message: `{case}`, `%(prog)s`."""
    return {name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name} | set(
        re.findall(r"%\((\w+)\)", text)
    )


def test_every_message_of_the_program_is_in_the_catalogue_and_no_other():
    """`python -m workflow.render.catalogue` brings it up to date."""
    wanted = {str(message.id) for message in catalogue.template() if message.id}
    assert {str(message.id) for message in MESSAGES} == wanted


def test_every_message_is_translated():
    assert [message.id for message in catalogue.untranslated(STORED)] == []


def test_the_compiled_catalogue_is_the_one_in_words():
    """Message by message: its header also names the version of the tool that wrote it, which is not ours to choose."""
    kept, made = (
        {(m.context, str(m.id)): m.string for m in read_mo(io.BytesIO(compiled)) if m.id}
        for compiled in (catalogue.MO.read_bytes(), catalogue.compiled(STORED))
    )
    assert kept == made


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: str(m.id)[:40])
def test_a_translation_has_the_places_of_the_message(message):
    wanted = set().union(*(places(text) for text in texts(message, "id")))
    for text in texts(message, "string"):
        # click names one of two places where Vietnamese, which has no plural, needs only the other
        assert places(text) <= wanted
        if len(texts(message, "id")) == 1:
            assert places(text) == wanted


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: str(m.id)[:40])
def test_a_translation_ends_as_the_message_does(message):
    for text in texts(message, "string"):
        assert (text[-1:] in ".?") == (texts(message, "id")[-1][-1:] in ".?") or "click/" in str(message.locations)


@pytest.mark.parametrize(
    ("english", "vietnamese"),
    [
        ("case", "vụ việc"), ("overdue", "quá hạn"), ("agency", "cơ quan"), ("edition", "bản quy tắc"),
        ("trigger", "thao tác"), ("leader of", "lãnh đạo"), ("waive", "miễn"), ("rung", "cấp"),
    ],
)  # fmt: skip
def test_the_words_of_the_vocabulary_are_the_ones_screens_use(english, vietnamese):
    word = re.compile(rf"(?<![\w/{{`-]){english}(?![\w}}:`-])", re.IGNORECASE)
    ours = [m for m in MESSAGES if not all(where.startswith("click/") for where, _ in m.locations)]
    found = [m for m in ours if word.search(" ".join(texts(m, "id"))) and "stories.py" not in str(m.locations)]
    assert found
    for message in found:
        assert vietnamese in " ".join(texts(message, "string")).lower().replace("-", " "), message.id
