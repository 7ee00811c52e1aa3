"""What the words of a running turn say about its end."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from callcore.agents.script import Intent, Script
from media_worker.conversation.words.cue_words import CUE_WORDS
from media_worker.conversation.words.normal_form import listed
from media_worker.conversation.words.script_phrases import ScriptPhrases
from media_worker.conversation.words.text_cue import Cue, TextCue, asks_yes_or_no

PHONE = "What is your phone number?"
EMAIL = "Please tell me your email address."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Cue.NEUTRAL),
        ("book a table", Cue.NEUTRAL),
        ("Book a table.", Cue.COMPLETE),
        ("Are you open?", Cue.QUESTION),
        ("that's all thanks", Cue.COMPLETE),
        ("I want a table for", Cue.OPEN),
        ("yes but", Cue.OPEN),
        ("I would like um", Cue.OPEN),
        ("sooo", Cue.OPEN),
        ("It costs 1000.", Cue.COMPLETE),
        ("I live in room 111", Cue.NEUTRAL),
        ("I thought...", Cue.OPEN),
        ("That is what I am looking for.", Cue.NEUTRAL),
        ("soup, salad, bread", Cue.OPEN),
        ("soup, salad, and bread", Cue.NEUTRAL),
        ("hold on", Cue.HOLD),
        ("okay just a moment", Cue.HOLD),
        ("could we move the whole meeting by just a moment", Cue.NEUTRAL),
        ("five five five", Cue.DICTATING),
        ("b as in bravo d c", Cue.NEUTRAL),
        ("a b c d", Cue.DICTATING),
        ("a table for two at seven", Cue.NEUTRAL),
    ],
)
def test_english(text: str, expected: Cue) -> None:
    assert TextCue("en").of(text) is expected


@pytest.mark.parametrize(
    ("asked", "text", "expected"),
    [
        ("Do you want a table?", "yes please", Cue.COMPLETE),
        ("Do you want a table?", "yes and", Cue.OPEN),
        ("I have a table.", "yes", Cue.NEUTRAL),
        (PHONE, "555", Cue.DICTATING_SHORT),
        (PHONE, "five five", Cue.DICTATING),
        (PHONE, "555 0123 456", Cue.DICTATED),
        (PHONE, "double five five zero one two three four five six", Cue.DICTATED),
        (PHONE, "it's in my contacts", Cue.NEUTRAL),
        ("What is your 4-digit code?", "one two three", Cue.DICTATING_SHORT),
        ("What is your four digit code?", "one two three four", Cue.DICTATED),
        ("Your card number please.", "4242 4242 4242", Cue.DICTATING_SHORT),
        ("Your card number please.", "4242 4242 4242 4242", Cue.DICTATED),
        ("Your card number please.", "3782 822463 10005", Cue.DICTATED),
        (EMAIL, "ann at example", Cue.DICTATING),
        (EMAIL, "ann at example dot com", Cue.DICTATED),
        (EMAIL, "ann@example.com", Cue.DICTATED),
        ("Can you spell that?", "s m i", Cue.DICTATING),
    ],
)
def test_what_was_asked_counts(asked: str, text: str, expected: Cue) -> None:
    assert TextCue("en").of(text, asked) is expected


@pytest.mark.parametrize(
    ("language", "asked", "text", "expected"),
    [
        ("de", "", "ich möchte einen Tisch und", Cue.OPEN),
        ("de", "", "einen Moment bitte", Cue.HOLD),
        ("de", "", "ähm", Cue.OPEN),
        ("de", "Möchten Sie das?", "ja genau", Cue.COMPLETE),
        ("de", "Wie ist Ihre Telefonnummer?", "null eins fünf", Cue.DICTATING),
        ("fr", "", "je voudrais une table pour", Cue.OPEN),
        ("fr", "", "ne quittez pas", Cue.HOLD),
        ("fr", "", "merci beaucoup", Cue.COMPLETE),
        ("es", "", "quiero una mesa para", Cue.OPEN),
        ("es", "", "un momento por favor", Cue.HOLD),
        ("es", "¿Cuál es su teléfono?", "seis cero cero uno dos tres cuatro cinco seis", Cue.DICTATED),
        ("it", "", "vorrei un tavolo per", Cue.OPEN),
        ("it", "", "un attimo", Cue.HOLD),
        ("pt", "", "eu queria uma mesa para", Cue.OPEN),
        ("pt-BR", "", "só um minuto", Cue.HOLD),
        ("nl", "", "ik wil een tafel voor", Cue.OPEN),
        ("nl", "", "een momentje", Cue.HOLD),
        ("ja", "", "七時に予約したいです", Cue.COMPLETE),
        ("ja", "", "七時に", Cue.OPEN),
        ("ja", "", "えっと", Cue.OPEN),
        ("ja", "", "ちょっと待ってください", Cue.HOLD),
        ("multi", "", "quiero una mesa para", Cue.OPEN),
        ("multi", "", "I want a table for", Cue.OPEN),
        ("sw", "", "nataka meza.", Cue.COMPLETE),
        ("sw", "", "nataka meza", Cue.NEUTRAL),
    ],
)
def test_other_languages(language: str, asked: str, text: str, expected: Cue) -> None:
    assert TextCue(language).of(text, asked) is expected


@pytest.mark.parametrize("language", sorted(CUE_WORDS))
def test_every_language_can_be_open_wait_and_answer(language: str) -> None:
    words, cue = CUE_WORDS[language], TextCue(language)
    assert {cue.of(f"xyz {entry}") for entry in listed(words.open)} <= {Cue.OPEN, Cue.COMPLETE, Cue.QUESTION}
    assert {cue.of(entry) for entry in listed(words.hold)} == {Cue.HOLD}
    assert {cue.of(entry, "Xyz?") for entry in listed(words.answers)} <= {Cue.COMPLETE, Cue.HOLD}
    assert len(words.digits.split(",")) == 10


SCRIPT = ScriptPhrases(
    Script(
        intents=(Intent(phrases=("book a table", "book a table for {party}", "opening hours")),),
        slots={"party": ("two", "four")},
    )
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("opening hours", Cue.PARSED),
        ("book a table for two", Cue.PARSED),
        ("book a table", Cue.NEUTRAL),
        ("book a table for", Cue.OPEN),
        ("one moment", Cue.HOLD),
        ("okay", Cue.NEUTRAL),
    ],
)
def test_a_recogniser_that_is_bound_to_a_script(text: str, expected: Cue) -> None:
    assert TextCue("en", SCRIPT).of(text) is expected


@pytest.mark.parametrize(
    ("language", "asked", "expected"),
    [
        ("en", "Do you want a table?", True),
        ("en", "Fine. Shall I book it?", True),
        ("en", "What time?", False),
        ("en", "And at what time?", False),
        ("en", "I can book it.", False),
        ("en", "", False),
        ("de", "Um wie viel Uhr?", False),
        ("de", "Passt Ihnen das?", True),
        ("el", "Θέλετε τραπέζι;", True),
        ("el", "Ωραία. Να το κλείσω;", True),
        ("de", "Das ist fein; ich buche;", False),
        ("ja", "何時ですか？", False),
        ("ja", "よろしいですか？", True),
    ],
)
def test_questions_that_yes_answers(language: str, asked: str, expected: bool) -> None:
    assert asks_yes_or_no(asked, language) is expected


@given(st.text(max_size=200), st.text(max_size=100), st.sampled_from(["en", "ja", "multi", "sw"]))
def test_any_text_has_a_cue(text: str, asked: str, language: str) -> None:
    assert TextCue(language, SCRIPT).of(text, asked) in Cue
