from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.transcript import Transcript, heard_text

MS = st.integers(0, 5_000)


@pytest.mark.parametrize(
    ("text", "heard_ms", "heard"),
    [
        ("one two three four", 0, ""),
        ("one two three four", 1000, "one two three four"),
        ("one two three four", 2000, "one two three four"),
        ("one two three four", 400, "one two"),  # 7.2 of 18 characters
        ("one two three four", 50, ""),  # 0.9 of the 3 of "one"
        ("one two three four", 101, "one"),  # 1.82 of the 3
        ("one  two\nthree", 700, "one  two"),
        ("  one two", 700, "  one"),
        ("We open at nine. Bye.", 760, "We open at nine."),
        ("", 500, ""),
        ("   ", 500, ""),
    ],
)
def test_words_count_from_six_tenths(text: str, heard_ms: int, heard: str) -> None:
    assert heard_text(text, heard_ms, 1000) == heard


@pytest.mark.parametrize(
    ("before", "token", "after"),
    [
        ("Call", "+1 (555) 123 4567", "today please"),
        ("Call", "555-123-4567,", "today please"),
        ("Call", "555, 123, 4567", "today please"),
        ("It costs", "$1,250.50", "in all, my friend"),
        ("It costs", "$ 5", "in all, my friend"),
        ("It costs", "20 dollars.", "Is that all right for you?"),
        ("It costs", "3.5 million euros", "in all, my friend"),
        ("It costs", "12 €,", "my friend"),
        ("Come on", "January 5, 2024", "if you can"),
        ("Come on", "5 May", "if you can"),
        ("Come at", "5 p.m.", "if you can"),
        ("Come at", "17:30,", "if you can"),
        ("Write to", "ann.lee@example.org", "if you can"),
        ("See", "https://example.org/menu?a=1", "for more of it"),
        ("See", "www.example.org", "for more of it"),
        ("See", "example.org/menu", "for more of it"),
        ("Take the", "5th", "street on the left"),
    ],
)
def test_what_is_wrong_by_half_is_heard_whole_or_not_at_all(before: str, token: str, after: str) -> None:
    text = f"{before} {token} {after}"
    heard = {heard_text(text, ms, 1000) for ms in range(1001)}
    inside = [prefix for prefix in heard if len(before) < len(prefix) < len(f"{before} {token}")]
    assert inside == []
    assert {before, f"{before} {token}", text} <= heard


def test_a_number_at_the_end_of_a_sentence_does_not_hold_the_next() -> None:
    assert heard_text("It was in 2023. 5 people came by", 500, 1000) == "It was in 2023."


@pytest.mark.parametrize(
    ("text", "heard_ms", "heard"),
    [
        ("今日は晴れです", 500, "今日は"),
        ("会議は2024年5月3日です", 700, "会議は"),
        ("会議は2024年5月3日です", 880, "会議は2024年5月3日"),
        ("ที่นี่", 640, "ที่"),
        ("が\u3099か", 700, "が\u3099"),
    ],
)
def test_scripts_without_spaces_are_cut_at_a_grapheme(text: str, heard_ms: int, heard: str) -> None:
    assert heard_text(text, heard_ms, 1000) == heard


@given(st.text(), MS, MS)
def test_heard_text_is_a_prefix_without_trailing_space(text: str, heard_ms: int, duration_ms: int) -> None:
    heard = heard_text(text, heard_ms, duration_ms)
    assert text.startswith(heard)
    assert heard in ("", text) or not heard[-1].isspace()


SPOKEN = st.lists(
    st.text("abcxyz", min_size=1, max_size=8) | st.sampled_from(["42", "$5", "a@b.org", "May", "p.m."])
).map(" ".join)


@given(SPOKEN, MS, MS)
def test_spaced_text_is_cut_at_a_space(text: str, heard_ms: int, duration_ms: int) -> None:
    rest = text[len(heard_text(text, heard_ms, duration_ms)) :]
    assert rest == text or rest == "" or rest[0] == " "


@given(st.text() | SPOKEN, MS, MS, st.integers(1, 5_000))
def test_more_time_never_means_less_text(text: str, heard_ms: int, more_ms: int, duration_ms: int) -> None:
    less = heard_text(text, heard_ms, duration_ms)
    assert heard_text(text, heard_ms + more_ms, duration_ms).startswith(less)


@given(SPOKEN, MS, st.integers(1, 5_000))
def test_heard_text_never_runs_ahead_of_the_clock(text: str, heard_ms: int, duration_ms: int) -> None:
    heard = heard_text(text, heard_ms, duration_ms)
    longest_word = max(map(len, text.split()), default=0)
    assert len(heard) <= len(text) * heard_ms / duration_ms + 0.4 * longest_word + 1e-6


@pytest.mark.parametrize(("heard_ms", "duration_ms"), [(100, 0), (-1, 100), (0, 0), (100, -1)])
def test_nothing_played_is_nothing_heard(heard_ms: int, duration_ms: int) -> None:
    assert heard_text("hello", heard_ms, duration_ms) == ""


def test_the_chat_keeps_every_turn_and_the_model_sees_merged_ones() -> None:
    transcript = Transcript()
    transcript.add_agent("Hi there!")
    transcript.add_user("I want")
    transcript.add_agent("")
    transcript.add_user(" a table ")
    transcript.add_user("  ")
    transcript.add_agent("For how many?")
    assert transcript.chat() == (
        {"role": "assistant", "content": "Hi there!"},
        {"role": "user", "content": "I want"},
        {"role": "user", "content": "a table"},
        {"role": "assistant", "content": "For how many?"},
    )
    assert transcript.for_model() == (
        {"role": "assistant", "content": "Hi there!"},
        {"role": "user", "content": "I want a table"},
        {"role": "assistant", "content": "For how many?"},
    )


def test_an_earlier_chat_comes_first_and_stays_its_owners() -> None:
    earlier = [{"role": "user", "content": "Hello"}, {"role": "tool", "content": "7", "tool_call_id": "t"}]
    transcript = Transcript(earlier)
    transcript.add_user("again")
    transcript.chat()[0]["content"] = "changed"
    assert [message["content"] for message in transcript.chat()] == ["Hello", "7", "again"]
    assert earlier[0]["content"] == "Hello"
    assert transcript.for_model()[1] == earlier[1]


@given(st.lists(st.tuples(st.booleans(), st.text("ab ", max_size=4))))
def test_the_model_never_sees_two_user_turns_in_a_row(turns: list[tuple[bool, str]]) -> None:
    transcript = Transcript()
    for is_user, text in turns:
        (transcript.add_user if is_user else transcript.add_agent)(text)
    roles = [message["role"] for message in transcript.for_model()]
    assert ("user", "user") not in pairwise(roles)
    assert len(transcript.chat()) == sum(bool(text.strip()) for _, text in turns)


def test_the_model_sees_the_greeting_and_the_last_messages() -> None:
    transcript = Transcript()
    transcript.add_agent("Hello.")
    for number in range(4):
        transcript.add_user(f"q{number}")
        transcript.add_agent(f"a{number}")
    assert [message["content"] for message in transcript.for_model(3)] == ["Hello.", "a2", "q3", "a3"]
    assert transcript.for_model(9) == transcript.for_model() == transcript.chat()
    assert [message["content"] for message in transcript.for_model(0)] == ["Hello."]


def test_what_shall_not_be_remembered_is_in_the_log_only() -> None:
    transcript = Transcript()
    transcript.add_user("one")
    transcript.add_agent("cut off", remember=False)
    transcript.add_user("two")
    assert [message["content"] for message in transcript.chat()] == ["one", "cut off", "two"]
    assert [message["content"] for message in transcript.for_model()] == ["one two"]
