"""How loud each side of a recording is, over its length: what a waveform is drawn from. Pure.

A recording of any length is read once, in pieces, and little of it is kept.
"""

import struct
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from callcore.errors import InvalidInput

HEAD_BYTES = 512
"""Of a file: the chunks before its samples stand in them."""
_PCM = 1
_BITS = 16
_SAMPLE_BYTES = 2
_LOOKED_AT = 1024
"""Frames of each step; of a longer step every n-th frame is looked at, which shows speech as well."""
_FULL_SCALE = 32_768


@dataclass(frozen=True)
class WavSound:
    """Where the samples of a WAV file are, and what they are."""

    sample_rate_hz: int
    channels: int
    start: int
    """Of the samples, in bytes."""
    stop: int

    @property
    def frames(self) -> int:
        """Samples of each channel."""
        return (self.stop - self.start) // (self.channels * _SAMPLE_BYTES)

    @property
    def duration_s(self) -> float:
        """Of the whole recording."""
        return self.frames / self.sample_rate_hz


def wav_sound(head: bytes, size_bytes: int) -> WavSound:
    """What the first HEAD_BYTES of a file of that size say. Raises InvalidInput unless it holds 16 bit PCM."""
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        raise InvalidInput("the recording is no WAV file")
    form: tuple[int, ...] | None = None
    position = 12
    while position + 8 <= len(head):
        name, length = struct.unpack_from("<4sI", head, position)
        position += 8
        if name == b"fmt " and position + 16 <= len(head):
            form = struct.unpack_from("<HHIIHH", head, position)
        if name == b"data":
            if form is None or (form[0], form[5]) != (_PCM, _BITS) or not 1 <= form[1] <= 2 or form[2] == 0:
                break
            # A file of more than 4 GiB cannot say how long it is, and one that was cut says too much.
            return WavSound(form[2], form[1], position, min(size_bytes, position + length))
        position += length + length % 2  # RIFF: a chunk of odd length is padded
    raise InvalidInput("the recording is in no form that can be drawn")


def loudness(sound: WavSound, samples: Iterable[bytes], steps: int) -> Sequence[Sequence[float]]:
    """The peak of every channel in each of at most `steps` equal steps, 0 to 1.

    `samples` are the bytes of the file from `sound.start` to `sound.stop`, in pieces of any size.
    """
    steps = max(1, min(steps, sound.frames))
    peaks = [[0] * steps for _ in range(sound.channels)]
    stride = max(1, sound.frames // steps // _LOOKED_AT)
    frame, left_over = 0, b""
    for piece in samples:
        whole = left_over + piece
        used = len(whole) - len(whole) % (sound.channels * _SAMPLE_BYTES)
        left_over = whole[used:]
        values = array("h", whole[:used])
        frame = _add(values, frame, stride, sound, peaks)
    return [[peak / _FULL_SCALE for peak in channel] for channel in peaks]


def _add(values: "array[int]", first: int, stride: int, sound: WavSound, peaks: Sequence[list[int]]) -> int:
    """Look at the frames from `first` on; which frame comes next."""
    steps, channels = len(peaks[0]), sound.channels
    last = min(first + len(values) // channels, sound.frames)
    frame = first
    while frame < last:
        step = frame * steps // sound.frames
        stop = min(last, max(frame + 1, -(-(step + 1) * sound.frames // steps)))
        for channel in range(channels):
            begin, end = (frame - first) * channels + channel, (stop - first) * channels
            seen = values[begin : end : channels * stride]
            peaks[channel][step] = max(peaks[channel][step], max(seen), -min(seen))
        frame = stop
    return last
