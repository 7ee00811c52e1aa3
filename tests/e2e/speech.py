"""The tests' own mouth and ear: flite speaks as the user, pocketsphinx says what the agent was heard to say."""

import io
import wave
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pocketsphinx import Decoder

from tests.peers.speaker import utter

RATE_HZ = 16_000


@cache
def speak(text: str) -> bytes:
    """PCM of the text, without the silence that the voice puts around it."""
    samples = np.frombuffer(utter(text), np.int16)
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > 300)
    return samples[loud[0] : loud[-1] + 1].tobytes()


def silence(seconds: float) -> bytes:
    """PCM of nothing."""
    return bytes(2 * round(seconds * RATE_HZ))


def noise(seconds: float, amplitude: int = 12_000) -> bytes:
    """A burst of white noise, always the same."""
    samples = np.random.default_rng(7).uniform(-amplitude, amplitude, round(seconds * RATE_HZ))
    return samples.astype(np.int16).tobytes()


def write_wav(path: Path, pcm: bytes) -> Path:
    """The PCM as a file for a fake microphone."""
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, RATE_HZ, 0, "NONE", "not compressed"))
        out.writeframes(pcm)
    return path


def channels(wav: bytes) -> list[bytes]:
    """The PCM of every channel of a file."""
    with wave.open(io.BytesIO(wav)) as file:
        assert (file.getsampwidth(), file.getframerate()) == (2, RATE_HZ)
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16).reshape(-1, file.getnchannels())
    return [bytes(channel.tobytes()) for channel in samples.T]


def utterances(pcm: bytes, gap_s: float = 1.0) -> list[bytes]:
    """The stretches of sound between which nothing at all sounds for that long."""
    sounding = np.flatnonzero(np.frombuffer(pcm, np.int16))
    ends = np.flatnonzero(np.diff(sounding) > gap_s * RATE_HZ)
    return [pcm[2 * stretch[0] : 2 * stretch[-1]] for stretch in np.split(sounding, ends + 1)]


def recognise(pcm: bytes, sentences: Sequence[str]) -> str:
    """Which sequence of these sentences the audio holds.

    The decoder may begin one more sentence in the silence at the end; one word of it is no sentence.
    """
    rules = " | ".join(sentence.lower() for sentence in sentences)
    decoder = Decoder(lm=None, samprate=RATE_HZ, loglevel="FATAL")
    decoder.add_jsgf_string("speech", f"#JSGF V1.0; grammar speech; public <speech> = ( {rules} )+;")
    decoder.activate_search("speech")
    decoder.start_utt()
    decoder.process_raw(silence(0.3) + pcm + silence(0.3), full_utt=True)
    decoder.end_utt()
    hypothesis = decoder.hyp()
    heard = hypothesis.hypstr if hypothesis else ""
    whole, _, last_word = heard.rpartition(" ")
    starts = {sentence.lower().split()[0] for sentence in sentences if " " in sentence}
    ends = {sentence.lower().split()[-1] for sentence in sentences}
    return whole if last_word in starts - ends else heard


def at_wire_rate(samples: Sequence[float], rate_hz: int) -> bytes:
    """What a page recorded, as PCM of 16 kHz."""
    recorded: npt.NDArray[np.float64] = np.asarray(samples)
    kernel = np.ones(max(1, rate_hz // RATE_HZ)) / max(1, rate_hz // RATE_HZ)
    smooth = np.convolve(recorded, kernel, mode="same")
    times = np.arange(0, len(recorded) / rate_hz, 1 / RATE_HZ)
    resampled = np.interp(times, np.arange(len(recorded)) / rate_hz, smooth)
    return bytes((resampled * 32_767).astype(np.int16).tobytes())
