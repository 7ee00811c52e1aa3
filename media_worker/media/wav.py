"""WAV files of signed 16 bit samples, and two mono streams as the channels of one."""

import struct

import numpy as np

HEADER_BYTES = 44
_LARGEST = 2**32 - 1
_PCM = 1
_BITS = 16


def wav_header(sample_rate_hz: int, channels: int, body_bytes: int) -> bytes:
    """The header before `body_bytes` of samples; above 4 GiB it can only say that there are many."""
    frame_bytes = channels * _BITS // 8
    form = (_PCM, channels, sample_rate_hz, sample_rate_hz * frame_bytes, frame_bytes, _BITS)
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        min(body_bytes + HEADER_BYTES - 8, _LARGEST),
        b"WAVE",
        b"fmt ",
        16,
        *form,
        b"data",
        min(body_bytes, _LARGEST),
    )


def stereo(left: bytes, right: bytes) -> bytes:
    """Two streams of one length as the channels of one."""
    return np.stack([np.frombuffer(left, "<i2"), np.frombuffer(right, "<i2")], axis=1).tobytes()


def mixed(left: bytes, right: bytes) -> bytes:
    """Two streams of one length as one; where both are loud it is clipped."""
    total = np.frombuffer(left, "<i2").astype(np.int32) + np.frombuffer(right, "<i2")
    return bytes(np.clip(total, -32_768, 32_767).astype("<i2").tobytes())
