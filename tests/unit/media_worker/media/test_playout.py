"""What is sent when, and what has been heard."""

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from callcore.calls.transcript import TextTime, heard_text
from media_worker.media.playout import HeardSegment, Playout, join_segments

RATE_HZ = 1000
"""One sample a millisecond: two bytes."""
AHEAD_S = 0.2


def audio(ms: int, start: int = 0) -> bytes:
    """Audio whose samples count up, so that a lost or doubled one shows."""
    return b"".join(((start + n) % 32768).to_bytes(2, "little") for n in range(ms))


def playout(*segments: tuple[str, int]) -> Playout:
    made, position = Playout(RATE_HZ, AHEAD_S), 0
    for text, ms in segments:
        made.begin_segment(text)
        made.add(audio(ms, position))
        made.end_segment()
        position += ms
    made.finish()
    return made


def test_it_sends_ahead_at_first_and_then_in_step() -> None:
    play = playout(("one", 1000))
    assert len(play.take_due(10.0)) == 2 * 200
    assert len(play.take_due(10.02)) == 2 * 20
    assert len(play.take_due(10.02)) == 0
    assert len(play.take_due(10.1)) == 2 * 80


def test_heard_follows_the_clock_and_never_passes_what_was_sent() -> None:
    play = playout(("one", 1000))
    assert play.heard_s(9.0) == 0.0
    play.take_due(10.0)
    assert play.heard_s(10.1) == pytest.approx(0.1)
    assert play.heard_s(10.9) == pytest.approx(0.2)


def test_what_is_played_late_is_heard_late() -> None:
    play = playout(("one", 400))
    play.delay(0.1)
    play.take_due(10.0)
    assert [play.heard_s(at) for at in (10.05, 10.1, 10.2)] == pytest.approx([0.0, 0.0, 0.1])
    play.hold(10.2)
    play.resume(11.0)
    assert play.heard_s(11.05) == pytest.approx(0.15)
    play.take_due(11.0)
    assert play.heard_s(11.25) == pytest.approx(0.35)
    assert not play.drained(11.25)
    assert play.drained(11.31)


def test_what_was_heard_stays_heard_when_late_audio_starves() -> None:
    play = Playout(RATE_HZ, AHEAD_S)
    play.delay(0.1)
    play.begin_segment("one")
    play.add(audio(100))
    play.take_due(10.0)
    assert play.heard_s(11.0) == pytest.approx(0.1)
    play.add(audio(100, 100))
    play.take_due(11.0)
    assert [play.heard_s(at) for at in (11.0, 11.1, 11.15, 11.3)] == pytest.approx([0.1, 0.1, 0.15, 0.2])


def test_a_hold_stops_sending_and_the_clock_and_loses_no_sample() -> None:
    play = playout(("one", 1000))
    sent = play.take_due(10.0)
    play.hold(10.05)
    assert play.take_due(11.0) == b""
    assert play.heard_s(11.0) == pytest.approx(0.05)
    assert not play.audible
    play.resume(12.0)
    assert play.heard_s(12.1) == pytest.approx(0.15)
    now = 12.0
    while not play.drained(now):
        now += 0.02
        sent += play.take_due(now)
    assert sent == audio(1000)
    assert now == pytest.approx(12.95, abs=0.03)


def test_a_hold_before_the_first_sample_only_delays_it() -> None:
    play = playout(("one", 100))
    play.hold(9.0)
    assert play.take_due(10.0) == b""
    play.resume(11.0)
    assert len(play.take_due(11.0)) == 2 * 100
    assert play.heard_s(11.05) == pytest.approx(0.05)


def test_starvation_stops_the_clock() -> None:
    play = Playout(RATE_HZ, AHEAD_S)
    play.begin_segment("one two")
    play.add(audio(100))
    play.take_due(10.0)
    play.add(audio(400, 100))
    play.take_due(15.0)
    assert play.heard_s(15.0) == pytest.approx(0.1)
    assert play.heard_s(15.1) == pytest.approx(0.2)


def test_it_is_drained_when_the_last_sample_was_heard() -> None:
    play = playout(("one", 150))
    play.take_due(10.0)
    assert not play.drained(10.1)
    assert play.drained(10.15)


def test_a_reply_without_audio_is_drained_at_once() -> None:
    play = Playout(RATE_HZ, AHEAD_S)
    assert not play.drained(1.0)
    play.finish()
    assert play.drained(1.0)


def test_the_text_grows_when_its_audio_begins_to_be_sent() -> None:
    play = playout(("One.", 300), ("Two.", 300))
    assert play.text_started() is None
    play.take_due(10.0)
    assert play.text_started() == "One."
    assert play.text_started() is None
    play.take_due(10.15)
    assert play.text_started() == "One. Two."


def test_a_cut_tells_what_was_heard_of_each_segment_and_drops_the_rest() -> None:
    play = playout(("One.", 100), ("Two.", 300), ("Three.", 100))
    play.take_due(10.0)
    play.take_due(10.15)
    assert play.cut(10.15) == (HeardSegment("One.", 100, 100, True), HeardSegment("Two.", 50, 300, True))
    assert play.take_due(20.0) == b""
    assert play.queued_s == 0


def test_the_duration_of_unfinished_speech_is_estimated() -> None:
    assert HeardSegment("x" * 100, 500, 1000, False).full_ms == 6500
    assert HeardSegment("x" * 100, 500, 1000, True).full_ms == 1000


def test_segments_are_joined_by_single_blanks() -> None:
    assert join_segments([" One. ", "", "Two."]) == "One. Two."


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(1, 300)),
        st.tuples(st.just("add"), st.integers(1, 400)),
        st.tuples(st.just("hold"), st.just(0)),
        st.tuples(st.just("resume"), st.just(0)),
    ),
    max_size=60,
)


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_every_sample_is_sent_once_in_order_and_heard_is_monotone(steps: list[tuple[str, int]]) -> None:
    play = Playout(RATE_HZ, AHEAD_S)
    play.begin_segment("text")
    now, made, sent, heard = 5.0, 0, b"", 0.0
    for step, amount in steps:
        if step == "wait":
            now += amount / 1000
        elif step == "add":
            play.add(audio(amount, made))
            made += amount
        elif step == "hold":
            play.hold(now)
        else:
            play.resume(now)
        sent += play.take_due(now)
        assert play.heard_s(now) >= heard - 1e-9
        heard = play.heard_s(now)
        assert heard <= len(sent) / 2 / RATE_HZ + 1e-9
        assert len(sent) / 2 / RATE_HZ - heard <= AHEAD_S + 1e-3
    play.resume(now)
    play.finish()
    while not play.drained(now):
        now += 0.02
        sent += play.take_due(now)
    assert sent == audio(made)


def test_what_is_withdrawn_is_never_played_but_for_what_was_sent() -> None:
    play = Playout(RATE_HZ, AHEAD_S)
    for text in ("one", "two"):
        play.begin_segment(text)
        for start in (0, 300, 310):
            play.add(audio(300 if not start else 10 if start == 300 else 190, start))
    sent = play.take_due(10.0)
    play.withdraw(305.0)
    play.finish()
    for at in range(1, 200):
        sent += play.take_due(10.0 + at / 100)
    assert sent == audio(500) + audio(305)
    play.withdraw(0.0)
    assert play.cut(20.0)[1].duration_ms == 305


def test_the_times_that_the_voice_tells_decide_what_was_heard_and_a_correction_takes_the_place_of_later_ones() -> None:
    play = Playout(RATE_HZ, AHEAD_S)
    play.begin_segment("one two three four")
    play.add(audio(150))
    for time in (TextTime(3, 100.0), TextTime(7, 900.0), TextTime(4, 120.0), TextTime(7, 200.0)):
        play.time_text(time)
    play.take_due(10.0)
    (segment,) = play.cut(20.0)
    assert segment.times == (TextTime(3, 100.0), TextTime(4, 120.0), TextTime(7, 200.0))
    assert segment.full_ms == 200 + 11 * 65
    assert heard_text(segment.text, 180, segment.full_ms, segment.times) == "one two"
