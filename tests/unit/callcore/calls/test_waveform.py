import math
import struct
from array import array
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.calls.waveform import HEAD_BYTES, loudness, wav_sound
from callcore.errors import InvalidInput
from media_worker.media.wav import HEADER_BYTES, stereo, wav_header

RATE = 8_000


def tone(seconds: float, level: float) -> bytes:
    samples = (round(32_767 * level * math.sin(number / 3)) for number in range(round(RATE * seconds)))
    return array("h", samples).tobytes()


def wav(left: bytes, right: bytes) -> bytes:
    body = stereo(left, right)
    return wav_header(RATE, 2, len(body)) + body


def peaks(file: bytes, steps: int, piece: int = 1000) -> Sequence[Sequence[float]]:
    sound = wav_sound(file[:HEAD_BYTES], len(file))
    body = file[sound.start : sound.stop]
    return loudness(sound, (body[at : at + piece] for at in range(0, len(body), piece)), steps)


def test_our_own_recordings_are_read() -> None:
    file = wav(tone(2, 0.5), tone(2, 0.5))
    sound = wav_sound(file[:HEAD_BYTES], len(file))
    assert (sound.sample_rate_hz, sound.channels, sound.start, sound.stop) == (RATE, 2, HEADER_BYTES, len(file))
    assert sound.duration_s == 2.0


def test_each_side_is_as_loud_as_it_was_when_it_was() -> None:
    silence = bytes(2 * RATE)
    caller, agent = peaks(wav(tone(1, 0.5) + silence, silence + tone(1, 1.0)), 4)
    assert caller == pytest.approx([0.5, 0.5, 0, 0], abs=0.01)
    assert agent == pytest.approx([0, 0, 1, 1], abs=0.01)


@given(st.integers(1, 700), st.integers(1, 40), st.integers(1, 97))
def test_no_piece_and_no_number_of_steps_loses_the_loudest_moment(frames: int, steps: int, piece: int) -> None:
    left = array("h", [0] * frames)
    left[frames // 2] = -32_768
    caller, agent = peaks(wav(left.tobytes(), bytes(2 * frames)), steps, piece)
    assert len(caller) == len(agent) == min(steps, frames)
    assert max(caller) == 1.0
    assert max(agent) == 0.0
    assert caller.index(1.0) == (frames // 2) * len(caller) // frames


def test_a_long_recording_is_drawn_from_a_share_of_it() -> None:
    minutes = tone(60, 0.25) + tone(60, 0.75)
    (caller, agent) = peaks(wav(minutes, minutes), 10, 65_536)
    assert caller == agent == pytest.approx([0.25] * 5 + [0.75] * 5, abs=0.01)


def test_a_file_that_ends_too_early_is_drawn_as_far_as_it_goes() -> None:
    file = wav(tone(1, 1.0), tone(1, 1.0))[: HEADER_BYTES + RATE * 2 + 1]
    assert len(peaks(file, 10)[0]) == 10


def test_chunks_before_the_samples_are_passed_over() -> None:
    plain = wav(tone(1, 0.5), tone(1, 0.5))
    file = plain[:36] + b"LIST" + struct.pack("<I", 5) + b"notes\0" + plain[36:]
    assert wav_sound(file[:HEAD_BYTES], len(file)).start == HEADER_BYTES + 14


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"RIFF",
        b"ID3 and so on, and it is no WAV",
        wav_header(RATE, 2, 10)[:36],
        wav_header(RATE, 3, 10),
        wav_header(0, 2, 10),
        wav_header(RATE, 2, 10).replace(struct.pack("<HH", 1, 2), struct.pack("<HH", 3, 2)),
    ],
)
def test_what_cannot_be_drawn_is_refused(head: bytes) -> None:
    with pytest.raises(InvalidInput):
        wav_sound(head, 1000)
