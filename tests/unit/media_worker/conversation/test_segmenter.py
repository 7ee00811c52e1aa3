"""Text is cut where it can be spoken, as early as possible, and nothing is lost."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from media_worker.conversation.segmenter import FIRST_CLAUSE_CHARS, MAX_SEGMENT_CHARS, Segmenter


def cut(*deltas: str) -> list[list[str]]:
    """The segments that each delta completes, and those of the end."""
    segmenter = Segmenter()
    return [*(segmenter.feed(delta) for delta in deltas), segmenter.finish()]


def test_a_sentence_is_released_with_its_mark() -> None:
    assert cut("We are open", " nine to five.", " Anything", " else?") == [
        [],
        ["We are open nine to five."],
        [],
        ["Anything else?"],
        [],
    ]


@pytest.mark.parametrize(
    "text",
    [
        "It costs 3.50 euros today.",
        "Dr. Smith will see you at 7.30 then.",
        "Ask for J. R. Hartley there.",
        "Bring fruit, e.g. apples or pears.",
        "Write to ann@example.com today.",
    ],
)
def test_marks_inside_words_do_not_cut(text: str) -> None:
    assert cut(*text.replace(" ", "\n \n").split("\n"))[-2:] in ([[text], []], [[], [text]])


def test_a_number_at_the_edge_waits_for_what_follows() -> None:
    assert cut("The table is at 7.", "30 tonight.") == [[], ["The table is at 7.30 tonight."], []]
    assert cut("The table is at 7.", " Good?") == [[], ["The table is at 7.", "Good?"], []]


def test_closing_quotes_stay_with_their_sentence() -> None:
    assert cut('He said "come." Then he left.')[0] == ['He said "come."', "Then he left."]


def test_a_long_first_sentence_is_cut_at_a_comma_and_a_later_one_is_not() -> None:
    long = "word " * 13 + "end, and then it goes on"
    assert len("word " * 13) > FIRST_CLAUSE_CHARS
    assert cut(long) == [["word " * 13 + "end,"], ["and then it goes on"]]
    assert cut("First. ", long) == [["First."], [], [long]]


def test_text_without_marks_is_cut_at_a_blank() -> None:
    segments = [segment for part in cut("word " * 200) for segment in part]
    assert all(len(segment) <= MAX_SEGMENT_CHARS for segment in segments)
    assert " ".join(segments).split() == ["word"] * 200


@given(st.lists(st.text(alphabet=st.sampled_from(list("ab1 .,!?\n\"'é。")), max_size=12), max_size=40))
def test_no_letter_is_lost_or_moved(deltas: list[str]) -> None:
    spoken = "".join(segment for part in cut(*deltas) for segment in part)
    assert "".join(spoken.split()) == "".join("".join(deltas).split())
