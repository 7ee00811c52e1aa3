import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.knowledge.terms import is_unspaced, terms


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The Café's open_hours: 9-17!", ["the", "cafe", "s", "open", "hours", "9", "17"]),
        ("STRASSE straße", ["strasse", "strasse"]),
        ("Ёлка ёлка", ["елка", "елка"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("مَدرَسة", ["مَدرَسة"]),
        ("営業時間", ["営業", "業時", "時間", "間"]),
        ("iPhoneは9台", ["iphone", "は", "9", "台"]),
        ("영업 시간", ["영업", "업", "시간", "간"]),
        ("ราคา", ["รา", "าค", "คา", "า"]),
        ("ｆｕｌｌ", ["full"]),
        ("… — !", []),
    ],
)
def test_words_of_many_languages(text: str, found: list[str]) -> None:
    assert list(terms(text)) == found


@given(st.text())
def test_case_and_form_make_no_difference(text: str) -> None:
    """What a composed and a decomposed text hold is the same, and no term is empty or blank."""
    found = list(terms(text))
    assert found == list(terms(unicodedata.normalize("NFD", text)))
    assert all(term and not term.isspace() for term in found)
    assert all(len(term) <= 2 for term in found if is_unspaced(term) and not term.isascii() and term.isalpha())


@given(st.text())
def test_every_letter_is_in_a_term(text: str) -> None:
    """Nothing that somebody may ask for is lost."""
    letters = {character for character in text if character.isalnum()}
    assert all(list(terms(letter)) for letter in letters)
