"""People who say something: flite's voices, and recordings of humans from Debian packages.

The humans are those of pocketsphinx-testdata (16 kHz: playing cards, sentences read aloud) and of
asterisk-core-sounds-en-wav (8 kHz, one speaker); infra/setup.sh --for-tests installs both.
"""

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.peers.speaker import utter

Samples = npt.NDArray[np.float64]

RATE_HZ = 16_000
TELEPHONE_HZ = 8_000
SPEECH_DBFS = -25.0
"""How loud everybody speaks: the mean square of the utterance."""
SPHINX = Path("/usr/share/pocketsphinx/test/data")
ALLISON = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
RESTAURANT = {
    "intents": [
        {"phrases": ["what are your opening hours", "when are you open"], "answer": "From nine to nine."},
        {"phrases": ["book a table for {party} at {time}"], "answer": "Your table for {party} at {time} is booked."},
    ],
    "slots": {"party": ["two", "three", "four"], "time": ["six", "seven", "eight"]},
    "handoff": ["talk to a person"],
}
"""The script that the synthetic callers know."""
VOICES = ("rms", "slt", "awb", "kal16")
WISHES = (
    "what are your opening hours",
    "when are you open",
    "book a table for two at seven",
    "book a table for four at eight",
    "talk to a person",
)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october")


@dataclass(frozen=True)
class Utterance:
    """Something somebody says."""

    text: str
    sound: Samples
    rate_hz: int = RATE_HZ

    @property
    def pcm(self) -> bytes:
        """At the usual loudness, 16 bit."""
        level = 10 ** (SPEECH_DBFS / 20) / np.sqrt(np.mean(self.sound**2))
        return bytes(((self.sound * level).clip(-1, 1) * 32_767).astype("<i2").tobytes())

    def understood_as(self, transcript: str) -> bool:
        """Whether these words end what was transcribed; before them a breath may have been taken for a word."""
        wanted = self.text.split()
        return transcript.casefold().split()[-len(wanted) :] == wanted


def flite_people() -> list[Utterance]:
    """Twenty wishes of four synthetic voices."""
    spoken = [(text, np.frombuffer(utter(text, voice), "<i2") / 32768) for voice in VOICES for text in WISHES]
    return [Utterance(text, _trimmed(sound)) for text, sound in spoken]


def card_players() -> list[Utterance]:
    """Five people who name playing cards."""
    return _transcribed(SPHINX / "cards/cards.transcription")


def readers() -> list[Utterance]:
    """Five sentences of a book, read aloud."""
    return _transcribed(SPHINX / "librivox/transcription")


def telephone_prompts() -> list[Utterance]:
    """Days, months and a few phrases from a telephone system."""
    days = [(f"digits/day-{(number + 1) % 7}", day) for number, day in enumerate(DAYS)]
    months = [(f"digits/mon-{number}", month) for number, month in enumerate(MONTHS)]
    others = [("hello", "hello"), ("goodbye", "goodbye"), ("one-moment-please", "one moment please")]
    return [
        Utterance(text, recording(ALLISON / f"{name}.wav"), TELEPHONE_HZ) for name, text in (*days, *months, *others)
    ]


def script_of(people: list[Utterance]) -> dict[str, object]:
    """A script that expects what they say."""
    return {"intents": [{"phrases": [one.text], "answer": "Thank you."} for one in people]}


def _transcribed(listing: Path) -> list[Utterance]:
    """The recordings of a listing: `<s> words </s> (name)` a line."""
    lines = [
        line.replace("<s>", "").replace("</s>", "").split("(") for line in listing.read_text().splitlines() if line
    ]
    return [Utterance(text.strip(), recording(listing.parent / f"{name.rstrip(')')}.wav")) for text, name in lines]


def recording(path: Path) -> Samples:
    """A file's sound; full scale is 1."""
    with wave.open(str(path)) as file:
        return _trimmed(np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768)


def _trimmed(samples: Samples) -> Samples:
    """Without the silence around it: what is 40 dB under its loudest sample."""
    loud = np.flatnonzero(np.abs(samples) > np.abs(samples).max() / 100)
    return samples[loud[0] : loud[-1] + 1]
