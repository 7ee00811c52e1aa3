from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.calls.transcript import STILL_RUNNING, TextTime, Transcript, heard_text
from callcore.tools.tool_call import ToolCall

MS = st.integers(0, 5_000)
TEXT = "one two three four"


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


TIMES = [TextTime(3, 700.0), TextTime(7, 900.0)]
"""Of TEXT: its first word takes 700 ms of two seconds."""


@pytest.mark.parametrize(
    ("heard_ms", "heard"),
    [(0, ""), (400, ""), (450, "one"), (699, "one"), (880, "one two"), (1000, "one two"), (1400, "one two three")],
)
def test_words_count_from_the_times_that_the_voice_told(heard_ms: int, heard: str) -> None:
    assert heard_text(TEXT, heard_ms, 2000, TIMES) == heard


@given(MS, st.lists(st.tuples(st.integers(0, 18), st.integers(0, 5000)), max_size=6))
def test_more_sound_is_never_less_text_whatever_times_are_told(heard_ms: int, told: list[tuple[int, int]]) -> None:
    positions, moments = sorted(position for position, _ in told), sorted(moment for _, moment in told)
    times = [TextTime(*time) for time in zip(positions, moments, strict=True)]
    assert heard_text(TEXT, heard_ms + 7, 4000, times).startswith(heard_text(TEXT, heard_ms, 4000, times))


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


CHECK, BOOK = ToolCall("c1", "check", "{}"), ToolCall("c2", "book", '{"at":"six"}')


def called(said: str = "One moment.") -> Transcript:
    transcript = Transcript()
    transcript.add_user("A table at six?")
    transcript.add_calls([CHECK, BOOK], said)
    return transcript


def of_role(role: str, messages: Iterable[Mapping[str, Any]]) -> list[str]:
    return [message["content"] for message in messages if message["role"] == role]


def test_while_a_reply_runs_the_model_sees_what_it_said_and_the_chat_does_not() -> None:
    transcript = called()
    assert of_role("assistant", transcript.for_model()) == ["One moment."]
    assert of_role("assistant", transcript.chat()) == [""]


def test_every_call_has_exactly_one_result_at_every_moment() -> None:
    transcript = called()
    assert of_role("tool", transcript.chat()) == [STILL_RUNNING, STILL_RUNNING]
    transcript.set_result("c2", "booked")
    assert of_role("tool", transcript.for_model()) == [STILL_RUNNING, "booked"]
    transcript.set_result("c1", "")
    assert [message.get("tool_call_id") for message in transcript.for_model()] == [None, None, "c1", "c2"]


def test_a_reply_with_calls_enters_the_chat_as_it_was_heard() -> None:
    transcript = called()
    transcript.add_reply(["One moment.", "It is booked."])
    assert [(message["role"], message["content"]) for message in transcript.chat()] == [
        ("user", "A table at six?"),
        ("assistant", "One moment."),
        ("tool", STILL_RUNNING),
        ("tool", STILL_RUNNING),
        ("assistant", "It is booked."),
    ]
    assert [call["id"] for call in transcript.chat()[1]["tool_calls"]] == ["c1", "c2"]


def test_a_reply_that_was_cut_keeps_its_calls_so_that_they_are_not_made_again() -> None:
    transcript = called("One moment please.")
    transcript.add_reply(["One"], cut=True)
    transcript.set_result("c1", "late")
    transcript.add_user("Wait.")
    assert of_role("assistant", transcript.chat()) == ["One"]
    assert of_role("assistant", transcript.for_model()) == ["One…"]
    assert of_role("tool", transcript.for_model())[0] == "late"


def test_an_interrupted_reply_that_shall_be_forgotten_leaves_its_calls() -> None:
    transcript = called()
    transcript.add_reply(["One moment.", "It is"], cut=True, remember=False)
    assert of_role("assistant", transcript.chat()) == ["One moment.", "It is"]
    assert of_role("assistant", transcript.for_model()) == [""]
    assert len(of_role("tool", transcript.for_model())) == 2


def test_a_cut_reply_ends_with_an_ellipsis_for_the_model_only() -> None:
    transcript = Transcript()
    transcript.add_reply(["We are open"], cut=True)
    transcript.add_reply([""], cut=True)
    assert of_role("assistant", transcript.chat()) == ["We are open"]
    assert of_role("assistant", transcript.for_model()) == ["We are open…"]


def rounds(count: int) -> Transcript:
    """As many replies, each of which called both functions."""
    transcript = Transcript()
    for number in range(count):
        transcript.add_user(f"q{number}")
        transcript.add_calls([ToolCall(f"a{number}", "check", ""), ToolCall(f"b{number}", "book", "")], f"say {number}")
        transcript.add_reply([f"say {number}" if number else "", f"done {number}"])
    return transcript


@pytest.mark.parametrize(("limit", "kept"), [(0, []), (1, ["b2"]), (2, ["a2", "b2"]), (3, ["b1", "a2", "b2"])])
def test_the_model_sees_the_last_results_and_no_call_without_one(limit: int, kept: list[str]) -> None:
    seen = rounds(3).for_model(result_limit=limit)
    assert [message["tool_call_id"] for message in seen if message["role"] == "tool"] == kept
    assert [call["id"] for message in seen for call in message.get("tool_calls", ())] == kept
    said = [message["content"] for message in seen if message["role"] == "assistant"]
    assert [text for text in said if text] == ["done 0", "say 1", "done 1", "say 2", "done 2"]


def test_a_limit_of_messages_never_parts_calls_from_their_results() -> None:
    seen = rounds(2).for_model(limit=2)
    assert [message["role"] for message in seen] == ["assistant", "tool", "tool", "assistant"]


@given(st.integers(0, 4), st.none() | st.integers(0, 9), st.none() | st.integers(0, 9))
def test_whatever_the_limits_calls_and_results_pair_up(count: int, limit: int | None, result_limit: int | None) -> None:
    seen = rounds(count).for_model(limit, result_limit)
    called_ids = [call["id"] for message in seen for call in message.get("tool_calls", ())]
    assert called_ids == [message["tool_call_id"] for message in seen if message["role"] == "tool"]


def test_the_last_user_turn_can_be_revised() -> None:
    transcript = Transcript()
    transcript.revise_user("nothing to revise")
    assert transcript.chat() == ()
    transcript.add_user("one")
    transcript.add_agent("I see.")
    transcript.add_user("too")
    transcript.revise_user(" two ")
    assert [message["content"] for message in transcript.chat()] == ["one", "I see.", "two"]


def test_what_is_expected_of_the_user_changes_nothing() -> None:
    transcript = Transcript()
    transcript.add_agent("Hello.")
    assert [message["content"] for message in transcript.with_user("hi").for_model()] == ["Hello.", "hi"]
    assert [message["content"] for message in transcript.chat()] == ["Hello."]
