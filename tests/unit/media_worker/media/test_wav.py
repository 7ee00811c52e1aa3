import io
import wave

import numpy as np
import pytest

from media_worker.media.wav import HEADER_BYTES, mixed, stereo, wav_header


def pcm(*samples: int) -> bytes:
    return np.array(samples, "<i2").tobytes()


@pytest.mark.parametrize(("rate_hz", "channels"), [(16_000, 1), (16_000, 2), (8_000, 1)])
@pytest.mark.parametrize("frames", [0, 1, 1000])
def test_others_read_what_we_write(rate_hz: int, channels: int, frames: int) -> None:
    body = bytes(range(2 * channels)) * frames
    header = wav_header(rate_hz, channels, len(body))
    assert len(header) == HEADER_BYTES
    with wave.open(io.BytesIO(header + body)) as read:
        assert read.getparams()[:4] == (channels, 2, rate_hz, frames)
        assert read.readframes(frames) == body


def test_a_file_too_long_for_its_header_says_as_much_as_it_can() -> None:
    assert wav_header(16_000, 2, 2**33)[-4:] == b"\xff" * 4


def test_two_sides_become_two_channels() -> None:
    assert stereo(pcm(1, 2), pcm(3, 4)) == pcm(1, 3, 2, 4)


def test_two_sides_become_one_and_never_wrap_around() -> None:
    assert mixed(pcm(1, 30_000, -30_000), pcm(3, 30_000, -30_000)) == pcm(4, 32_767, -32_768)
    assert mixed(b"", b"") == stereo(b"", b"") == b""
