"""What sounds in a room beside people who talk to the agent: a seeded generator, and a frozen set of its noises.

The frozen set is tests/vectors/noises, one file a noise; `python -m tests.peers.noises` writes it anew.
"""

import wave
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.peers.speaker import utter

RATE_HZ = 16_000
FOLDER = Path(__file__).parents[1] / "vectors/noises"
FROZEN_SEED = 1
LONG_S = 2.0
BABBLE = (
    ("my neighbour bought a yellow bicycle and rode it down to the lake", "slt"),
    ("can you tell me what the weather is like up there at the moment", "awb"),
    ("i lost my keys on the train and nobody has called me about them", "rms"),
    ("the quick brown fox jumps over the lazy dog again and again", "kal16"),
    ("she sells sea shells by the shore and he sells ice cream", "slt"),
    ("please send me a letter when you have come home from the station", "awb"),
)

Samples = NDArray[np.float64]
Random = np.random.Generator


def band(rng: Random, seconds: float, low_hz: float, high_hz: float) -> Samples:
    """Noise between two frequencies."""
    count = round(seconds * RATE_HZ)
    spectrum = np.fft.rfft(rng.normal(size=count))
    frequencies = np.fft.rfftfreq(count, 1 / RATE_HZ)
    return np.fft.irfft(spectrum * ((frequencies > low_hz) & (frequencies < high_hz)), count)


def fading(sound: Samples, seconds: float) -> Samples:
    """Falls to a third in that time."""
    return np.asarray(sound * np.exp(-np.arange(sound.size) / RATE_HZ / seconds))


def gliding(rng: Random, hertz: Samples, partials: int, breath: float) -> Samples:
    """A tone that follows a pitch, with its partials and some breath."""
    phase = 2 * np.pi * np.cumsum(hertz) / RATE_HZ
    tone = sum((np.sin(part * phase) / part for part in range(1, partials + 1)), np.zeros(hertz.size))
    return np.asarray(tone + breath * rng.normal(size=hertz.size))


def slam(rng: Random) -> Samples:
    """A door."""
    return np.concatenate([fading(band(rng, 0.15, 30, rng.uniform(600, 1200)), 0.02), band(rng, 0.1, 50, 300) * 0.02])


def cough(rng: Random) -> Samples:
    """A burst, and a voiced rest that falls in pitch."""
    burst = fading(band(rng, rng.uniform(0.08, 0.14), 300, 6000), 0.05)
    count = round(rng.uniform(0.12, 0.2) * RATE_HZ)
    pitch = np.linspace(rng.uniform(180, 260), 110, count)
    return np.concatenate([burst, fading(gliding(rng, pitch, 12, 1.0), 0.08) * 0.25])


def sneeze(rng: Random) -> Samples:
    """A breath in, and out at once."""
    breath_in = band(rng, 0.35, 400, 4000) * np.linspace(0.02, 0.15, round(0.35 * RATE_HZ))
    return np.concatenate([breath_in, fading(band(rng, rng.uniform(0.25, 0.4), 500, 7500), 0.12)])


def keyboard(rng: Random) -> Samples:
    """A dozen keys."""
    keys = []
    for _ in range(12):
        keys += [fading(band(rng, 0.012, 1000, 7000), 0.004), np.zeros(round(rng.uniform(0.07, 0.16) * RATE_HZ))]
    return np.concatenate(keys)


def breath(rng: Random) -> Samples:
    """Blown into the microphone."""
    seconds = rng.uniform(0.6, 1.0)
    return np.asarray(band(rng, seconds, 200, 5000) * np.hanning(round(seconds * RATE_HZ)))


def music(rng: Random) -> Samples:
    """Chords."""
    root = rng.uniform(180, 300)
    count = round(LONG_S / 4 * RATE_HZ)
    chords = []
    for step in (1.0, 9 / 8, 4 / 3, 3 / 2):
        tones = (gliding(rng, np.full(count, root * step * interval), 6, 0.0) for interval in (1.0, 5 / 4, 3 / 2))
        chords.append(fading(sum(tones, np.zeros(count)), 0.4))
    return np.concatenate(chords)


def babble(rng: Random) -> Samples:
    """Six people who talk to each other."""
    count = round(LONG_S * RATE_HZ)
    voices = []
    for text, voice in BABBLE:
        spoken = np.frombuffer(utter(text, voice), np.int16) / 32768
        start = rng.integers(2_000, spoken.size - count - 2_000)
        piece = spoken[start : start + count]
        voices.append(piece / np.sqrt(np.mean(piece**2)) * rng.uniform(0.6, 1.0))
    return np.asarray(np.sum(voices, axis=0))


def siren(rng: Random) -> Samples:
    """It wails past."""
    at = np.arange(round(LONG_S * RATE_HZ)) / RATE_HZ
    return gliding(rng, 950 + 350 * np.sin(2 * np.pi * rng.uniform(0.4, 0.9) * at), 3, 0.02)


def dog(rng: Random) -> Samples:
    """Barks twice."""
    barks = []
    for _ in range(2):
        count = round(rng.uniform(0.14, 0.2) * RATE_HZ)
        pitch = np.linspace(rng.uniform(450, 650), 300, count)
        barks += [gliding(rng, pitch, 8, 0.8) * np.hanning(count), np.zeros(round(0.15 * RATE_HZ))]
    return np.concatenate(barks)


MAKERS: Mapping[str, Callable[[Random], Samples]] = {
    "slam": slam,
    "cough-1": cough,
    "cough-2": cough,
    "cough-3": cough,
    "sneeze": sneeze,
    "keyboard": keyboard,
    "breath": breath,
    "music": music,
    "babble": babble,
    "siren": siren,
    "dog": dog,
}


def make(name: str, seed: int) -> Samples:
    """A noise whose loudest sample is half of full scale."""
    noise = MAKERS[name](np.random.default_rng([seed, list(MAKERS).index(name)]))
    return np.asarray(noise / np.abs(noise).max() / 2)


@cache
def frozen(name: str) -> Samples:
    """A noise of the frozen set."""
    with wave.open(str(FOLDER / f"{name}.wav")) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


def at_level(noise: Samples, dbfs: float) -> Samples:
    """The noise with this level where it is loud: the mean square of its loudest tenth of a second."""
    size = min(noise.size, RATE_HZ // 10)
    power = np.convolve(noise**2, np.ones(size) / size, mode="valid").max()
    return np.asarray((noise * 10 ** (dbfs / 20) / np.sqrt(power)).clip(-1, 1))


def main() -> None:
    """Write the frozen set."""
    FOLDER.mkdir(exist_ok=True)
    for name in MAKERS:
        with wave.open(str(FOLDER / f"{name}.wav"), "wb") as file:
            file.setparams((1, 2, RATE_HZ, 0, "NONE", "not compressed"))
            file.writeframes((make(name, FROZEN_SEED) * 32767).astype("<i2").tobytes())


if __name__ == "__main__":
    main()
