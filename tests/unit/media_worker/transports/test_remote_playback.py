"""What a carrier plays: a model of one that takes its time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_worker.transports.remote_playback import KEPT_S, MAX_OUTSTANDING, RemotePlayback

RATE = 8000
FRAME = bytes(160)
FRAME_S = 0.02


def sent(playback: RemotePlayback, seconds: float, now: float) -> list[str]:
    """That much audio, sent at once; the marks."""
    names = [playback.sent(FRAME, now) for _ in range(round(seconds / FRAME_S))]
    return [name for name in names if name is not None]


def test_marks_come_every_fifth_of_a_second() -> None:
    assert len(sent(RemotePlayback(RATE), 1.0, 0.0)) == 5


def test_a_mark_tells_how_late_the_carrier_plays() -> None:
    playback = RemotePlayback(RATE)
    first, second = sent(playback, 0.4, 10.0)
    assert playback.returned(first, 10.2 + 0.15) == pytest.approx(0.15)
    assert playback.returned(second, 10.4 + 0.08) == pytest.approx(0.08)
    assert playback.returned(second, 11.0) is None


def test_a_pause_between_replies_is_not_lateness() -> None:
    playback = RemotePlayback(RATE)
    sent(playback, 0.4, 10.0)
    (name,) = sent(playback, 0.2, 20.0)
    assert playback.returned(name, 20.2) == pytest.approx(0.0)


def test_marks_of_what_was_dropped_mean_nothing() -> None:
    playback = RemotePlayback(RATE)
    (old,) = sent(playback, 0.2, 0.0)
    playback.drop()
    (new,) = sent(playback, 0.2, 5.0)
    assert old != new
    assert playback.returned(old, 0.1) is None
    assert playback.returned(new, 5.3) == pytest.approx(0.1)


def test_a_mark_that_never_comes_is_passed_by_the_next() -> None:
    playback = RemotePlayback(RATE)
    _, second, third = sent(playback, 0.6, 0.0)
    assert playback.returned(second, 0.5) is not None
    assert playback.returned(third, 0.7) is not None


def test_a_carrier_that_returns_no_marks_is_not_asked_for_ever() -> None:
    assert len(sent(RemotePlayback(RATE), 60.0, 0.0)) == MAX_OUTSTANDING


@given(
    lead_ms=st.integers(0, 400),
    late_ms=st.integers(0, 300),
    held_ms=st.integers(0, 800),
)
def test_a_hold_sends_again_exactly_what_was_not_heard(lead_ms: int, late_ms: int, held_ms: int) -> None:
    """A carrier that plays `late` after it was sent, held at a moment of a reply that was sent `lead` ahead."""
    playback = RemotePlayback(RATE)
    audio = bytes(range(256)) * 25
    for start in range(0, len(audio), 160):
        at = max(0.0, start / RATE - lead_ms / 1000)
        name = playback.sent(audio[start : start + 160], at)
        if name is not None:
            playback.returned(name, (start + 160) / RATE + late_ms / 1000)
    playback.hold(held_ms / 1000)
    heard = min(max(0, round((held_ms - late_ms) / 1000 * RATE)), len(audio))
    unheard = playback.release()
    assert abs(len(audio) - len(unheard) - heard) <= 2
    assert audio.endswith(unheard)
    assert playback.release() == b""


def test_what_was_held_for_a_real_interruption_is_forgotten() -> None:
    playback = RemotePlayback(RATE)
    sent(playback, 0.4, 0.0)
    playback.hold(0.1)
    playback.drop()
    assert playback.release() == b""


def test_no_more_than_two_seconds_are_kept() -> None:
    playback = RemotePlayback(RATE)
    sent(playback, 10.0, 0.0)
    playback.hold(0.0)
    assert len(playback.release()) == KEPT_S * RATE
