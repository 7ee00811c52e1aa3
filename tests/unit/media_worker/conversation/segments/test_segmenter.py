"""Text is cut where it can be spoken, as early as possible, and nothing is lost."""

import re

import hypothesis.strategies as st
import pytest
from hypothesis import given

from media_worker.conversation.segments.graphemes import may_cut
from media_worker.conversation.segments.segmenter import FIRST_SENTENCE_CHARS, FIRST_WORDS, MAX_SEGMENT_CHARS, Segmenter


def cut(*deltas: str, language: str = "en") -> list[list[str]]:
    """The segments that each delta completes, and those of the end."""
    segmenter = Segmenter(language)
    return [*(segmenter.feed(delta) for delta in deltas), segmenter.finish()]


def flat(*deltas: str, language: str = "en") -> list[str]:
    return [segment for part in cut(*deltas, language=language) for segment in part]


def tokens(text: str) -> list[str]:
    """As a model writes: a word with the blank or mark before it, other marks together."""
    return re.findall(r"\s*[^\w\s]?\w+|\s*[^\w\s]+|\s+", text)


def later(text: str, language: str = "en") -> list[str]:
    """The segments of a text that follows the first one, token by token."""
    first, *rest = flat("Yes.", *tokens(f" {text}"), language=language)
    assert first == "Yes."
    return rest


def test_a_sentence_is_released_with_its_mark() -> None:
    assert cut("We are open", " nine to five", ".", " Anything", " else", "?") == [
        [],
        [],
        ["We are open nine to five."],
        [],
        [],
        ["Anything else?"],
        [],
    ]


# --- the first segment ----------------------------------------------------------------------------


def test_the_first_segment_ends_at_its_first_comma() -> None:
    assert cut("Sure", ",", " I can help", " you, of course, with that.") == [
        [],
        ["Sure,"],
        [],
        ["I can help you, of course, with that."],
        [],
    ]


def test_the_first_segment_ends_after_eight_words() -> None:
    released = cut(*re.findall(r" \w+", " one two three four five six seven eight nine ten eleven"))
    assert released[FIRST_WORDS] == ["one two three four five six seven eight"]
    assert released[-1] == ["nine ten eleven"]


def test_a_first_sentence_that_is_there_already_is_not_torn() -> None:
    assert flat("Sure, we are open from nine to nine, every day except Monday. Anything else?") == [
        "Sure, we are open from nine to nine, every day except Monday.",
        "Anything else?",
    ]


def test_a_very_long_first_sentence_is_torn_even_if_it_is_there() -> None:
    long = "Well, " + "word " * 30 + "end."
    assert len(long) > FIRST_SENTENCE_CHARS
    assert flat(long)[0] == "Well,"


@pytest.mark.parametrize("text", ["It is 1,000 euros", "At 7:30 tonight", "Since 3,5 weeks"])
def test_a_comma_inside_a_number_is_none(text: str) -> None:
    assert flat(*tokens(text)) == [text]


def test_later_segments_are_whole_sentences() -> None:
    assert later("Well, we are open from nine to nine, every day except Monday, as you know. Good?") == [
        "Well, we are open from nine to nine, every day except Monday, as you know.",
        "Good?",
    ]


# --- what closes no sentence ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "It costs 3.50 euros today."),
        ("en", "Dr. Smith will see you at 7.30 then."),
        ("en", "Ask for J. R. Hartley there."),
        ("en", "Bring fruit, e.g. apples or pears, etc. if you like."),
        ("en", "We are in room no. 12 today."),
        ("en", "Open until 9 p.m. on weekdays."),
        ("en", "Write to ann.lee@example.com today."),
        ("en", "Look at https://example.com/a.b?c=d.e today."),
        ("en", "Look at www.example.com now."),
        ("en", "Well... let me see."),
        ("en", "See [the menu. All of it](https://example.com/a.b) please."),
        ("en-GB", "Mr. Smith is in."),
        ("de", "Am 3. Mai kommt Hr. Meier z.B. um ca. 9 Uhr."),
        ("de", "Wir öffnen bzw. schließen am 1. Januar."),
        ("fr", "Mme. Martin et M. Durand, p. ex. demain."),
        ("es", "El Sr. García vive en la avda. Mayor núm. 5 hoy."),
        ("it", "Il sig. Rossi e la dott.ssa Bianchi, ecc. domani."),
        ("pt", "O Sr. Silva e a Dra. Costa."),
        ("nl", "Dhr. Jansen komt bijv. om 9 uur."),
        ("pl", "Np. ul. Długa o godz. 9 rano."),
        ("cs", "Např. 3. května u nám. Míru."),
        ("ru", "Это ул. Мира и т. д. сегодня."),
        ("hi", "डॉ. शर्मा"),
    ],
)
def test_these_are_one_segment(language: str, text: str) -> None:
    assert later(text, language) == [text]
    assert flat("Yes. " + text, language=language) == ["Yes.", text]


@pytest.mark.parametrize(
    ("language", "text", "segments"),
    [
        ("en", "No. We are closed.", ["No.", "We are closed."]),
        ("en", "Is it open? Yes! Come.", ["Is it open?", "Yes!", "Come."]),
        ("en", "Open until 9 p.m. Will you come?", ["Open until 9 p.m.", "Will you come?"]),
        ("en", "In 2025. Then again.", ["In 2025.", "Then again."]),
        ("en", "Really?! Oh.", ["Really?!", "Oh."]),
        ("en", 'He said "come." Then he left.', ['He said "come."', "Then he left."]),
        ("en", "1. First.\n2. Second.\n", ["1. First.", "2. Second."]),
        ("en", "- soup\n- bread\n\nGood?", ["- soup", "- bread", "Good?"]),
        ("es", "¿Qué tal? ¡Bien!", ["¿Qué tal?", "¡Bien!"]),
        ("el", "Είστε εκεί; Ναι.", ["Είστε εκεί;", "Ναι."]),
        ("ja", "はい。何時ですか？「七時です。」", ["はい。", "何時ですか？", "「七時です。」"]),
        ("zh", "你好！我们九点开门。", ["你好！", "我们九点开门。"]),
        ("hi", "हम खुले हैं। आइए।", ["हम खुले हैं।", "आइए।"]),
        ("ar", "هل أنت هنا؟ نعم.", ["هل أنت هنا؟", "نعم."]),
        ("ko", "네. 열 시에 엽니다.", ["네.", "열 시에 엽니다."]),
    ],
)
def test_these_are_several(language: str, text: str, segments: list[str]) -> None:
    assert later(text, language) == segments


def test_the_first_segment_in_scripts_without_blanks() -> None:
    assert flat("はい", "、", "九時から", "です") == ["はい、", "九時からです"]
    assert flat("ค่ะ", " เราเปิด", "เก้าโมง")[0] == "ค่ะ"


def test_a_number_at_the_edge_waits_for_what_follows() -> None:
    assert cut("Yes. The table is at 7.", "30 tonight.") == [["Yes."], ["The table is at 7.30 tonight."], []]
    assert cut("Yes. The table is at 7.", " Good?") == [["Yes."], ["The table is at 7.", "Good?"], []]


def test_an_address_at_the_edge_waits_for_its_end() -> None:
    assert cut("Yes. Write to ann@example.", "com.", " Bye.") == [
        ["Yes."],
        [],
        ["Write to ann@example.com.", "Bye."],
        [],
    ]


# --- limits ---------------------------------------------------------------------------------------


def test_text_without_marks_is_cut_at_a_blank() -> None:
    segments = flat("word " * 200)
    assert all(len(segment) <= MAX_SEGMENT_CHARS for segment in segments)
    assert " ".join(segments).split() == ["word"] * 200


def test_text_without_blanks_is_cut_sooner_and_at_its_commas() -> None:
    segments = flat("はい。" + "東京" * 20 + "、" + "京都" * 60)
    assert segments[1] == "東京" * 20 + "、"
    assert all(len(segment) <= MAX_SEGMENT_CHARS // 3 for segment in segments)


@pytest.mark.parametrize(
    "text",
    [
        "e\u0301",
        "👍🏽",
        "👩\u200d👧",
        "❤\ufe0f",
        "नि",
        "क्ष",
        "กำ",
        "각",
        "\u1100\u1161\u11a8",
        "\r\n",
        "1\ufe0f\u20e3",
        "か\u3099",
    ],
)
def test_a_grapheme_is_not_cut(text: str) -> None:
    assert not any(may_cut(text, position) for position in range(1, len(text)))


def test_flags_are_cut_in_pairs() -> None:
    assert [may_cut("🇩🇪🇫🇷", position) for position in range(5)] == [True, False, True, False, True]
    assert may_cut("ab", 1)
    assert may_cut("東京", 1)


PIECES = st.sampled_from(
    [
        *"ab1 .,!?\n\"'é。、",
        "Dr.",
        "e.g.",
        "…",
        "...",
        "[a](b.c)",
        "a@b.c",
        " and ",
        "👩\u200d👧",
        "e\u0301",
        "नि",
        "word ",
    ]
)
LANGUAGES = st.sampled_from(["en", "de", "ja", "el"])


@given(st.lists(st.lists(PIECES, max_size=6).map("".join), max_size=40), LANGUAGES)
def test_no_letter_is_lost_or_moved_and_every_segment_says_something(deltas: list[str], language: str) -> None:
    parts = cut(*deltas, language=language)
    spoken = "".join(segment for part in parts for segment in part)
    assert "".join(spoken.split()) == "".join("".join(deltas).split())
    assert all(any(character.isalnum() for character in segment) for part in parts[:-1] for segment in part)


GRAPHEMES = st.sampled_from(
    [*"éa .、각", "e\u0301", "👍🏽", "👩\u200d👧", "🇩🇪", "नि", "กำ", "\u1100\u1161\u11a8", "!\ufe0f"]
)


@given(st.lists(GRAPHEMES, max_size=400).map("".join))
def test_a_segment_never_begins_inside_a_grapheme(text: str) -> None:
    position = 0
    for segment in flat(text):
        start = text.index(segment, position)
        assert may_cut(text, start)
        position = start + len(segment)
        assert may_cut(text, position)


@given(st.text(alphabet=st.sampled_from(list("ab .,東、\n")), max_size=1500))
def test_no_segment_is_longer_than_the_limit(text: str) -> None:
    *released, _ = cut(text)
    assert all(len(segment) <= MAX_SEGMENT_CHARS for part in released for segment in part)
