"""Which changes of the user's words leave a prepared reply as good as it was."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from media_worker.conversation.words.basis import basis


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "book a table", "Book a table."),
        ("en", "book a table", "book a table, please"),
        ("en", "book a table", "book a table um thank you please"),
        ("en", "five five five, one two", "555 12"),
        ("en", "four people", "4 people"),
        ("de", "einen Tisch", "Einen Tisch bitte."),
        ("ja", "予約", "予約お願いします。"),
        ("xx", "Something", "something!"),
    ],
)
def test_the_same_question(language: str, one: str, other: str) -> None:
    assert basis(one, language) == basis(other, language)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("book a table", "book a table for four"),
        ("book a table", "book no table"),
        ("four people", "five people"),
        ("please", "thanks"),
        ("thanks", ""),
        ("please book", "book"),
    ],
)
def test_another_question(one: str, other: str) -> None:
    assert basis(one, "en") != basis(other, "en")


@given(st.text(max_size=60), st.sampled_from(["en", "de", "ja", "th"]))
def test_it_says_everything_that_matters(text: str, language: str) -> None:
    assert basis(basis(text, language), language) == basis(text, language)
