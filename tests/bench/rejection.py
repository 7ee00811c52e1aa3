"""Tunes and shows what the embedded recogniser keeps and rejects, fed as in a call: behind the VAD.

    PYTHONPATH=functions:. .venv/bin/python tests/bench/rejection.py

Flite's voices say every phrase of the demo agent's script, sentences that are not in it, and synthetic noises follow.
Each (voice, condition) is one series of calls of eight utterances; a call keeps its recogniser. Counted is what the
script would do with the text. Takes about four minutes.
"""

import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from callcore.agents.script import Script
from media_worker.media.resample import Resampler
from media_worker.media.speech_edge import SpeechEdges, SpeechEnded, SpeechStarted
from media_worker.providers.local.flite_library import Flite
from media_worker.providers.local.likelihood import REJECTION_THRESHOLD
from media_worker.providers.local.pocketsphinx_stt import phrase_book
from media_worker.providers.local.pronunciation import Pronunciations
from media_worker.providers.local.recogniser import DICTIONARY, DecoderShelf, Heard, Listener
from media_worker.providers.local.silero import create
from media_worker.providers.script.matching import Match, match

RATE_HZ = 16_000
VOICES = ("rms", "slt", "awb", "kal16")
THRESHOLDS = (-99.0, -2.0, -2.5, -3.0, -3.5, -4.0, -5.0)
PRE_ROLL_S, POST_ROLL_S = 0.3, 0.5
UTTERANCES_PER_CALL = 8
ROOT = Path(__file__).parents[2]
OUTSIDE = (
    "the cat sat on the green mat yesterday",
    "my neighbour bought a yellow bicycle",
    "can you tell me about the weather in paris",
    "i would like to return these shoes",
    "how much does it cost",
    "what is your name",
    "open the pod bay doors",
    "what time is it now",
    "i lost my keys on the train",
    "please send me an email",
    "do you have any vegetarian food",
    "is there parking nearby",
    "the person in the room was talking",
    "what are you doing",
    "when is the next bus",
    "book a flight to london",
    "cancel my order",
    "the quick brown fox",
    "nobody knows the trouble",
    "how old are you",
    "never mind",
    "good morning",
    "sing me a song",
    "colorless green ideas sleep furiously",
    "i want pizza",
    "my computer does not start",
    "the train leaves in ten minutes",
    "she sells sea shells",
)
Samples = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Condition:
    """How the microphone hears."""

    speech_dbfs: float = -26.0
    noise_dbfs: float = -70.0
    telephone: bool = False


CONDITIONS = {
    "clean": Condition(),
    "quiet": Condition(speech_dbfs=-40.0),
    "loud": Condition(speech_dbfs=-14.0),
    "24 dB SNR": Condition(noise_dbfs=-50.0),
    "19 dB SNR": Condition(noise_dbfs=-45.0),
    "14 dB SNR": Condition(noise_dbfs=-40.0),
    "8 kHz": Condition(telephone=True),
}


def demo_script() -> Script:
    """The demo agent's."""
    raw = json.loads((ROOT / "infra/local/demo_agent.json").read_text())
    return Script.model_validate(raw["config"]["llm"]["script"])


def inside(script: Script) -> list[str]:
    """Every phrase of the script, those with slots three times."""
    rng = random.Random(1)
    found = []
    for phrase in phrase_book(script).phrases:
        for _ in range(3 if "{" in phrase else 1):
            found.append(phrase.format(**{slot: rng.choice(values) for slot, values in script.slots.items()}))
    return found


@cache
def flite() -> Flite:
    """The voices."""
    return Flite()


@cache
def say(text: str, voice: str) -> Samples:
    """The text, cut to its sound."""
    pieces: list[bytes] = []

    def keep(pcm: bytes) -> bool:
        pieces.append(pcm)
        return True

    flite().speak(voice, text, keep)
    samples = np.frombuffer(b"".join(pieces), np.int16).astype(np.float64)
    loud = np.flatnonzero(np.abs(samples) > 150)
    return samples[loud[0] : loud[-1] + 1]


def noises() -> dict[str, Samples]:
    """Sounds that are no speech."""
    rng = np.random.default_rng(3)

    def band(seconds: float, low: float, high: float) -> Samples:
        count = int(seconds * RATE_HZ)
        spectrum = np.fft.rfft(rng.normal(0, 1, count))
        frequencies = np.fft.rfftfreq(count, 1 / RATE_HZ)
        return np.fft.irfft(spectrum * ((frequencies > low) & (frequencies < high)), count)

    def decay(sound: Samples, seconds: float) -> Samples:
        faded: Samples = sound * np.exp(-np.arange(sound.size) / RATE_HZ / seconds)
        return faded

    def chord(seconds: float, *tones: float) -> Samples:
        t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
        return sum(
            (np.sin(2 * np.pi * tone * part * t) / part for tone in tones for part in range(1, 6)), np.zeros(t.size)
        )

    babble = [say(text, voice)[:30_000] for text, voice in zip(OUTSIDE, VOICES * 2, strict=False)]
    shortest = min(len(one) for one in babble)
    return {
        "burst of 200 ms": band(0.2, 20, 8000),
        "noise of 1 s": band(1.0, 20, 8000),
        "rumble of 1 s": band(1.0, 20, 800),
        "cough": np.concatenate([decay(band(0.25, 200, 5000), 0.05), decay(band(0.3, 150, 3000), 0.1)]),
        "slam": decay(band(0.1, 20, 900), 0.02),
        "keyboard": np.concatenate([np.pad(decay(band(0.0125, 1000, 6000), 0.004), (0, 1700)) for _ in range(8)]),
        "hum": chord(1.0, 120),
        "music": np.concatenate([decay(chord(0.4, *tones), 0.4) for tones in ((262, 330, 392), (294, 370, 440)) * 2]),
        "breath": band(0.75, 300, 6000) * np.hanning(12_000),
        "babble of eight": sum((one[:shortest] for one in babble), np.zeros(shortest)),
        "speech backwards": say(OUTSIDE[0], "slt")[::-1],
    }


def as_heard(sound: Samples, condition: Condition, seed: int) -> bytes:
    """The sound in its room, a second before and after, at 16 kHz or, from a telephone, at 8 kHz."""
    level = np.sqrt(np.mean(sound[np.abs(sound) > np.abs(sound).max() / 50] ** 2))
    speech = sound / level * 32768 * 10 ** (condition.speech_dbfs / 20)
    room = np.random.default_rng(seed).normal(0, 32768 * 10 ** (condition.noise_dbfs / 20), speech.size + 2 * RATE_HZ)
    room[RATE_HZ : RATE_HZ + speech.size] += speech
    pcm = room.clip(-32768, 32767).astype("<i2").tobytes()
    return Resampler(RATE_HZ, 8_000).push(pcm) if condition.telephone else pcm


def utterances(pcm: bytes, rate_hz: int) -> Iterator[bytes]:
    """What the VAD lets through, with pre-roll and post-roll."""
    vad = create().open(rate_hz)
    edges = SpeechEdges(rate_hz, vad.window_ms)
    frame = rate_hz // 50 * 2
    begin_s = 0.0
    for start in range(0, len(pcm), frame):
        piece = pcm[start : start + frame]
        now_s = (start + len(piece)) / 2 / rate_hz
        for edge in edges.push(piece, vad.push(piece), now_s):
            if isinstance(edge, SpeechStarted):
                begin_s = now_s - PRE_ROLL_S
            elif isinstance(edge, SpeechEnded):
                begin, end = (2 * round(max(at_s, 0) * rate_hz) for at_s in (begin_s, edge.true_end_s + POST_ROLL_S))
                yield pcm[begin:end]


def finals(listener: Listener, pcm: bytes, rate_hz: int) -> list[Heard]:
    """What the recogniser makes of every utterance in the audio."""
    heard = []
    for utterance in utterances(pcm, rate_hz):
        for start in range(0, len(utterance), 640):
            listener.hear(utterance[start : start + 640])
        heard.append(listener.finish())
    return heard


def wish(script: Script, heard: Heard, threshold: float) -> Match | None:
    """What the script would do; None = the fallback or nothing."""
    if not heard.text or heard.ratio < threshold:
        return None
    found = match(script, heard.text)
    return None if found.wish.name == "UNKNOWN" else found


def main() -> None:
    """Print the tables."""
    script = demo_script()
    shelf = DecoderShelf(Pronunciations(DICTIONARY, flite().pronunciation))
    book = str(phrase_book(script))
    sentences = inside(script)
    print(f"{len(sentences)} sentences of the script, {len(OUTSIDE)} others, {len(VOICES)} voices")
    print("threshold | condition: understood / taken for something else / outside accepted")
    for name, condition in CONDITIONS.items():
        rate_hz = 8_000 if condition.telephone else RATE_HZ
        counts: defaultdict[float, list[int]] = defaultdict(lambda: [0, 0, 0])
        for voice in VOICES:
            mixed = [*sentences, *OUTSIDE]
            random.Random(2).shuffle(mixed)
            for number, sentence in enumerate(mixed):
                if number % UTTERANCES_PER_CALL == 0:
                    listener = Listener(shelf, rate_hz, book, threshold=-99.0)
                heard = finals(listener, as_heard(say(sentence, voice), condition, number), rate_hz)
                for threshold in THRESHOLDS:
                    wishes = [found for one in heard if (found := wish(script, one, threshold)) is not None]
                    wanted = match(script, sentence)
                    if sentence in OUTSIDE:
                        counts[threshold][2] += bool(wishes)
                    else:
                        counts[threshold][0] += wanted in wishes
                        counts[threshold][1] += any(found != wanted for found in wishes)
        inside_count, outside_count = len(sentences) * len(VOICES), len(OUTSIDE) * len(VOICES)
        for threshold in THRESHOLDS:
            understood, wrong, accepted = counts[threshold]
            mark = "*" if threshold == REJECTION_THRESHOLD else " "
            print(f"{threshold:6.1f}{mark}| {name:10} {understood}/{inside_count}  {wrong}  {accepted}/{outside_count}")
        sys.stdout.flush()
    print("\nnoise: how often the VAD opened / words / rejected, of 4 (and when the VAD is bypassed)")
    for name, sound in noises().items():
        counts_behind, counts_bypassed = [0, 0, 0], [0, 0]
        for seed in range(4):
            pcm = as_heard(sound, Condition(), seed)
            heard = finals(Listener(shelf, RATE_HZ, book), pcm, RATE_HZ)
            counts_behind[0] += bool(heard)
            counts_behind[1] += any(one.text for one in heard)
            counts_behind[2] += any(one.rejected for one in heard)
            bare = Listener(shelf, RATE_HZ, book)
            bare.hear(pcm)
            final = bare.finish()
            counts_bypassed[0] += bool(final.text)
            counts_bypassed[1] += final.rejected
        print(f"{name:18} {counts_behind}  {counts_bypassed}")


if __name__ == "__main__":
    main()
