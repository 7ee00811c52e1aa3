from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from callcore.agents.script import Script
from media_worker.conversation.words.courtesies import AFTER
from media_worker.providers.local.grammar import BACKCHANNELS, BEFORE, PhraseBook, build
from media_worker.providers.local.pocketsphinx_stt import phrase_book

BOOK = PhraseBook(
    ("book a table for {party} at {time}", "What's new?", "goodbye"), {"party": ("one", "two"), "time": ("7", "noon")}
)


def everything(word: str) -> Sequence[str]:
    return ("AH",)


def rules(jsgf: str) -> dict[str, list[str]]:
    lines = [line.removesuffix(";").split(" = ") for line in jsgf.splitlines()[2:]]
    return {name.removeprefix("public "): text.split(" | ") for name, text in lines}


def test_a_book_is_read_back_as_it_was_written() -> None:
    assert PhraseBook.parse(str(BOOK)) == BOOK


def test_an_agents_vocabulary_is_heard_beside_its_script() -> None:
    script = Script.model_validate({"intents": [{"phrases": ["book a table"], "answer": "Yes."}]})
    book = phrase_book(script, {"Millis": 2.0, "book a table": None, "{no slot}": 1.0})
    assert book.phrases == ("book a table", "Millis")
    found = rules(build(book, everything).jsgf)
    assert len(found["<phrase>"]) == 2


def test_phrases_and_slots_become_rules_and_their_words_come_back() -> None:
    grammar = build(BOOK, everything)
    found = rules(grammar.jsgf)
    assert grammar.skipped == ()
    assert found["<said>"] == ["[<before>] [<before>] <phrase> [<after>]", "<backchannel>"]
    booking, news, end = found["<phrase>"]
    assert booking.split()[4] == "<slot0>"
    assert booking.split()[6] == "<slot1>"
    assert grammar.text(news) == "what's new"
    assert grammar.text(end) == "goodbye"
    assert [grammar.text(value) for value in found["<slot1>"]] == ["7", "noon"]
    assert {grammar.text(text) for text in found["<backchannel>"]} == set(BACKCHANNELS)
    assert {grammar.text(text) for text in found["<before>"]} == set(BEFORE)
    assert {grammar.text(text) for text in found["<after>"]} == set(AFTER)
    assert set(grammar.pronunciations) == set(grammar.words)


def test_a_word_that_nobody_can_pronounce_takes_only_its_phrase_away() -> None:
    grammar = build(BOOK, lambda word: () if word in ("goodbye", "noon") else ("AH",))
    assert grammar.skipped == ("noon", "goodbye")
    assert len(rules(grammar.jsgf)["<phrase>"]) == 2
    assert len(rules(grammar.jsgf)["<slot1>"]) == 1


def test_a_slot_that_does_not_exist_or_has_no_values_takes_its_phrases_away() -> None:
    book = PhraseBook(("call {name}", "play {song}", "stop"), {"song": ()})
    grammar = build(book, everything)
    assert grammar.skipped == ("call {name}", "play {song}")
    assert [grammar.text(phrase) for phrase in rules(grammar.jsgf)["<phrase>"]] == ["stop"]


def test_without_any_phrase_backchannels_remain() -> None:
    found = rules(build(PhraseBook(("!?",)), everything).jsgf)
    assert found["<said>"] == ["<backchannel>"]
    assert "<phrase>" not in found


@given(st.lists(st.text(max_size=20), max_size=5))
def test_no_phrase_can_break_the_grammar(phrases: list[str]) -> None:
    grammar = build(PhraseBook(tuple(phrases)), everything)
    for line in grammar.jsgf.splitlines()[2:]:
        names = line.removesuffix(";").removeprefix("public ").replace("[", "").replace("]", "").split()
        assert all(name in ("|", "=") or name.strip("<>").isalnum() for name in names)
