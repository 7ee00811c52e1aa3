"""Words as they are compared."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.agents.script import Intent, Script
from media_worker.conversation.words.backchannels import vocabulary
from media_worker.conversation.words.echo_text import without_echo
from media_worker.conversation.words.normal_form import fold, normalise, words_from
from media_worker.conversation.words.script_phrases import Parse, ScriptPhrases
from media_worker.providers.script.matching import Wish, match


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("İptal", "iptal"),
        ("İPTAL", "iptal"),
        ("HI HI", "hı hı"),
        ("IŞIK", "ışık"),
        ("STRASSE", "straße"),
        ("ΟΔΟΣ", "οδος"),
        ("Ｂｏｏｋ ２", "book 2"),
        ("It’s", "IT'S"),
    ],
)
def test_case_and_form_make_no_difference(one: str, other: str) -> None:
    assert fold(one) == fold(other)
    assert normalise(one) == normalise(other)


@given(st.text(alphabet="aiIıİıßςΣéÇÅﬁ２-’'. \u0301\u0307\u0323", max_size=8))
def test_what_is_folded_stays_as_it_is_however_it_is_composed(text: str) -> None:
    assert fold(unicodedata.normalize("NFC", text)) == fold(unicodedata.normalize("NFD", text))
    assert fold(fold(text)) == fold(text)


def test_a_turkish_sentence_that_begins_with_a_capital_is_what_it_is_without() -> None:
    script = Script(intents=(Intent(phrases=("iptal etmek istiyorum",), answer="Tamam."),), end=("ışığı kapat",))
    phrases = ScriptPhrases(script)
    assert phrases.parse("İptal etmek istiyorum.") is Parse.COMPLETE
    assert match(script, "İptal etmek istiyorum.").wish is Wish.INTENT
    assert match(script, "Işığı kapat").wish is Wish.END
    assert normalise("Hı hı") in vocabulary("tr").murmurs
    assert normalise("HIHI") in vocabulary("tr").murmurs


def test_an_echo_is_taken_away_as_it_was_written() -> None:
    assert without_echo("İyi günler efendim İstanbul lütfen", "iyi günler efendim", "tr") == "İstanbul lütfen"


@pytest.mark.parametrize(
    ("text", "start", "rest"),
    [("Yes, at Two please", 1, "at Two please"), ("Yes, at Two p.m.", 2, "two p m"), ("Yes – at Two", 1, "at two")],
)
def test_words_are_counted_as_they_are_compared(text: str, start: int, rest: str) -> None:
    assert words_from(text, start) == rest
