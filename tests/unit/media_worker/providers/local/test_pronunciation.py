from collections.abc import Sequence
from pathlib import Path

import pytest

from media_worker.providers.local.pronunciation import Pronunciations, number_words

DICTIONARY = """'em AH M
a AH
a(2) EY
forty F AO R T IY
four F AO R
four-wheel F AO R W IY L
hundred HH AH N D R AH D
seven S EH V AH N
two T UW
zero Z IH R OW
zoe Z OW IY
"""


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def pronunciations(tmp_path: Path, asked: list[str]) -> Pronunciations:
    file = tmp_path / "words.dict"
    file.write_text(DICTIONARY)

    def by_rule(word: str) -> Sequence[str]:
        asked.append(word)
        return ("B", "R") if word.startswith("br") else ()

    return Pronunciations(file, by_rule)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("'em", ["AH M"]),
        ("a", ["AH", "EY"]),
        ("zoe", ["Z OW IY"]),
        ("zoë", ["Z OW IY"]),
        ("42", ["F AO R T IY T UW"]),
        ("07", ["Z IH R OW S EH V AH N"]),
        ("four-wheel", ["F AO R W IY L"]),
        ("two-forty", ["T UW F AO R T IY"]),
        ("mm-hm", ("M HH M", "AH M HH AH M")),
        ("brr", ["B R"]),
        ("東京", ()),
        ("unheard", ()),
        ("two-unheard", ()),
    ],
)
def test_a_word_s_pronunciations(pronunciations: Pronunciations, word: str, expected: Sequence[str]) -> None:
    assert list(pronunciations.of(word)) == list(expected)


def test_the_rules_are_asked_only_for_what_the_dictionary_does_not_have(
    pronunciations: Pronunciations, asked: list[str]
) -> None:
    for word in ("a", "zero", "42", "unheard"):
        pronunciations.of(word)
    assert asked == ["unheard"]


@pytest.mark.parametrize(
    ("digits", "words"),
    [
        ("0", "zero"),
        ("19", "nineteen"),
        ("20", "twenty"),
        ("42", "forty two"),
        ("700", "seven hundred"),
        ("1015", "one thousand fifteen"),
        ("999999", "nine hundred ninety nine thousand nine hundred ninety nine"),
        ("1234567", "one two three four five six seven"),
        ("00", "zero zero"),
    ],
)
def test_numbers_as_words(digits: str, words: str) -> None:
    assert " ".join(number_words(digits)) == words
