"""Where the words that a vendor tells stand in the text."""

import hypothesis.strategies as st
from hypothesis import given

from callcore.calls.transcript import TextTime
from media_worker.providers.alignment import Alignment

TEXT = "We open at 9, Ms. O’Neil."


def test_words_are_found_one_after_another_whatever_their_letters_and_punctuation() -> None:
    told = [("we", 0, 100), ("OPEN", 120, 300), (",", 300, 310), ("9", 400, 500), ("Ms.", 700, 900)]
    assert list(Alignment(TEXT).words(told)) == [
        TextTime(0, 0),
        TextTime(2, 100),
        TextTime(3, 120),
        TextTime(7, 300),
        TextTime(11, 400),
        TextTime(12, 500),
        TextTime(14, 700),
        TextTime(17, 900),
    ]


def test_words_that_were_never_in_the_text_and_times_that_go_back_move_nothing() -> None:
    told = [("open", 500, 600), ("nine", 600, 700), ("we", 700, 800), ("at", 100, 200)]
    assert list(Alignment(TEXT).words(told)) == [
        TextTime(3, 500),
        TextTime(7, 600),
        TextTime(8, 600),
        TextTime(10, 600),
    ]


def test_characters_become_the_borders_of_words_and_a_space_that_nobody_sent_is_none() -> None:
    alignment = Alignment("Hi you")
    told = [(" ", 0, 50), ("H", 50, 100), ("i", 100, 150), (" ", 150, 200), ("y", 250, 300)]
    assert list(alignment.characters(told)) == [TextTime(0, 50), TextTime(2, 150), TextTime(3, 250), TextTime(4, 300)]
    assert list(alignment.characters([("o", 300, 350), ("u", 350, 400), (" ", 400, 500)])) == [
        TextTime(4, 300),
        TextTime(6, 400),
    ]


CHARACTERS = st.lists(st.tuples(st.sampled_from("We opnat9,x "), st.integers(0, 999), st.integers(0, 999)))


@given(CHARACTERS)
def test_neither_place_nor_time_ever_goes_back(told: list[tuple[str, float, float]]) -> None:
    for times in (list(Alignment(TEXT).characters(told)), list(Alignment(TEXT).words(told))):
        assert times == sorted(times, key=lambda time: (time.position, time.at_ms))
        assert all(0 <= time.position <= len(TEXT) for time in times)
