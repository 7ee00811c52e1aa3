"""What words mean over agent speech."""

import pytest

from media_worker.conversation.interruption import Meaning, is_firm, meaning
from media_worker.conversation.words.backchannels import LANGUAGES, vocabulary
from media_worker.conversation.words.normal_form import normalise


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Meaning.NOTHING),
        ("...", Meaning.NOTHING),
        ("mm-hm", Meaning.MURMUR),
        ("Mmmmm", Meaning.MURMUR),
        ("uh-huh", Meaning.MURMUR),
        ("um", Meaning.MURMUR),
        ("Okay. Yeah!", Meaning.BACKCHANNEL),
        ("mm-hm okay", Meaning.BACKCHANNEL),
        ("got it", Meaning.BACKCHANNEL),
        ("yeah yeah yeah okay", Meaning.BACKCHANNEL),
        ("yes but", Meaning.STOP),
        ("stop", Meaning.STOP),
        ("no", Meaning.STOP),
        ("wait okay", Meaning.STOP),
        ("hold on", Meaning.STOP),
        ("book a table", Meaning.SUBSTANTIVE),
        ("got it wrong", Meaning.SUBSTANTIVE),
        ("nothing", Meaning.SUBSTANTIVE),
        ("ok ok ok ok ok", Meaning.SUBSTANTIVE),
        ("[unintelligible]", Meaning.SUBSTANTIVE),
        ("555", Meaning.SUBSTANTIVE),
    ],
)
def test_meaning_in_english(text: str, expected: Meaning) -> None:
    assert meaning(text) is expected
    assert meaning(text).takes_floor is (expected in (Meaning.SUBSTANTIVE, Meaning.STOP))


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("cs", "no", Meaning.BACKCHANNEL),
        ("pl", "No tak.", Meaning.BACKCHANNEL),
        ("es", "no", Meaning.STOP),
        ("es", "de acuerdo", Meaning.BACKCHANNEL),
        ("de-CH", "ach so, alles klar", Meaning.BACKCHANNEL),
        ("de", "warten Sie", Meaning.STOP),
        ("fr", "c’est ça", Meaning.BACKCHANNEL),
        ("fr", "euh", Meaning.MURMUR),
        ("ja", "うんうん", Meaning.MURMUR),
        ("ja", "はいはい", Meaning.BACKCHANNEL),
        ("ja", "ちょっと待ってください", Meaning.STOP),
        ("ja", "明日の七時", Meaning.SUBSTANTIVE),
        ("th", "ค่ะ", Meaning.BACKCHANNEL),
        ("hi", "जी हाँ", Meaning.BACKCHANNEL),
        ("hi", "नहीं", Meaning.STOP),
        ("el", "ναι", Meaning.BACKCHANNEL),
        ("nb", "akkurat", Meaning.BACKCHANNEL),
        ("multi", "vale okay", Meaning.BACKCHANNEL),
        ("multi", "no", Meaning.STOP),
        ("sw", "okay", Meaning.BACKCHANNEL),
        ("", "okay", Meaning.BACKCHANNEL),
    ],
)
def test_meaning_elsewhere(language: str, text: str, expected: Meaning) -> None:
    assert meaning(text, vocabulary(language)) is expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_entry_means_what_its_list_says(language: str) -> None:
    lists = vocabulary(language)
    assert all(len(entries) >= 2 for entries in (lists.murmurs, lists.acknowledgements, lists.stops))
    assert {meaning(entry, lists) for entry in lists.murmurs} == {Meaning.MURMUR}
    assert {meaning(entry, lists) for entry in lists.acknowledgements} == {Meaning.BACKCHANNEL}
    assert {meaning(entry, lists) for entry in lists.stops} == {Meaning.STOP}


def test_an_agent_adds_to_both_lists_and_its_word_counts() -> None:
    lists = vocabulary("en", backchannels=("Roger that", "actually"), stop_words=("Enough!", "okay"))
    assert meaning("roger that", lists) is Meaning.BACKCHANNEL
    assert meaning("actually", lists) is Meaning.BACKCHANNEL
    assert meaning("enough", lists) is Meaning.STOP
    assert meaning("okay", lists) is Meaning.STOP


def test_the_union_holds_no_word_that_is_a_stop_anywhere() -> None:
    union = vocabulary("multi")
    for language in LANGUAGES:
        stops = vocabulary(language).stops
        assert not stops & (union.murmurs | union.acknowledgements)
        assert stops <= union.stops


@pytest.mark.parametrize(
    ("partial", "firm"),
    [
        ("i", False),
        ("al", False),
        ("what", True),
        ("okay a", False),
        ("okay book a", True),
        ("what are", True),
        ("stop", True),
        ("yeah wait", True),
    ],
)
def test_a_partial_is_firm_when_it_cannot_become_a_backchannel(partial: str, firm: bool) -> None:
    assert is_firm(partial) is firm


def test_a_partial_without_blanks_is_firm_when_it_is_long_enough() -> None:
    assert [is_firm(text, vocabulary("ja")) for text in ("七時", "七時に予約", "はいはいはい")] == [False, True, False]


def test_normalise_folds_case_marks_and_stretches() -> None:
    assert normalise("  Whaaaat,  THE — uh-huh?! ") == "whaat the uhhuh"
    assert normalise("555 हाँ ค่ะ") == "555 हाँ ค่ะ"
