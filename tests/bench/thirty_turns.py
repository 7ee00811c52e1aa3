"""Thirty turns and more with real audio, of flite and of people: what is understood, and when a turn is over.

    python -m tests.bench.thirty_turns

The pipeline is the embedded one (Silero, pocketsphinx, script, flite) in virtual time, so computing takes none. The
people are those of the Debian packages pocketsphinx-testdata (16 kHz) and asterisk-core-sounds-en-wav (8 kHz, one
speaker); without the packages their part is reported as not run. Where a recording is noisy its last sound is later
than its last word, and the delay the shorter.
"""

import sys
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from callcore.opening import SessionPlan
from callcore.wire import client as wire
from tests.bench.audio_call import Samples, call, plan
from tests.bench.audio_gates import person

RATE_HZ = 16_000
TELEPHONE_HZ = 8_000
SPHINX = Path("/usr/share/pocketsphinx/test/data")
ALLISON = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
SCRIPT = {
    "intents": [
        {"phrases": ["what are your opening hours", "when are you open"], "answer": "From nine to nine."},
        {"phrases": ["book a table for {party} at {time}"], "answer": "Your table for {party} at {time} is booked."},
    ],
    "slots": {"party": ["two", "three", "four"], "time": ["six", "seven", "eight"]},
    "handoff": ["talk to a person"],
}
FLITE = tuple(
    (text, voice)
    for voice in ("rms", "slt", "awb", "kal16")
    for text in (
        "what are your opening hours",
        "when are you open",
        "book a table for two at seven",
        "book a table for four at eight",
        "talk to a person",
    )
)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october")
BEFORE_S, AFTER_S = 1.2, 3.0


@dataclass(frozen=True)
class Utterance:
    """Something somebody says."""

    text: str
    sound: Samples
    rate_hz: int = RATE_HZ


@dataclass(frozen=True)
class Turn:
    """What became of it."""

    wanted: str
    understood: str
    delay_ms: float | None
    """From the last sound to the commitment; None = there was none."""
    cut_in: bool
    """It was taken for over before it was."""


def trimmed(samples: Samples) -> Samples:
    """Without the silence around it: what is 40 dB under its loudest sample."""
    loud = np.flatnonzero(np.abs(samples) > np.abs(samples).max() / 100)
    return samples[loud[0] : loud[-1] + 1]


def recording(path: Path) -> Samples:
    """A WAV file, or raw PCM of 16 kHz."""
    if path.suffix == ".raw":
        return trimmed(np.frombuffer(path.read_bytes(), "<i2") / 32768)
    with wave.open(str(path)) as file:
        return trimmed(np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768)


def take(utterance: Utterance, session_plan: SessionPlan) -> Turn:
    """One call of one turn."""
    rate_hz, sound = utterance.rate_hz, utterance.sound
    level = 10 ** (-25 / 20) / np.sqrt(np.mean(sound**2))
    spoken = (sound * level).clip(-1, 1)
    quiet = np.zeros(round(BEFORE_S * rate_hz)), np.zeros(round(AFTER_S * rate_hz))
    end_s = BEFORE_S + spoken.size / rate_hz
    happened = call(session_plan, np.concatenate((quiet[0], spoken, quiet[1])), rate_hz=rate_hz)
    finals = [
        (at, message.text)
        for at, message in happened.log
        if isinstance(message, wire.OnTranscript) and message.is_final
    ]
    if not finals:
        return Turn(utterance.text, "", None, cut_in=False)
    at, _ = finals[0]
    said = " ".join(text for _, text in finals)
    return Turn(utterance.text, said, 1000 * (at - end_s), cut_in=at < end_s - 0.05)


def agent(script: object, **config: object) -> SessionPlan:
    """An agent that listens at once."""
    return plan(first_message="Yes?", llm={"provider": "script", "script": script}, **config)


def listing(phrases: Sequence[str]) -> dict[str, object]:
    """A script that expects these words."""
    return {"intents": [{"phrases": [phrase], "answer": "Thank you."} for phrase in phrases]}


def report(name: str, turns: Sequence[Turn]) -> None:
    """Print the figures of a group."""
    right = sum(
        turn.understood.casefold().split()[-len(turn.wanted.split()) :] == turn.wanted.split() for turn in turns
    )
    delays = [turn.delay_ms for turn in turns if turn.delay_ms is not None and not turn.cut_in]
    shares = [f"{float(np.percentile(delays, share)):.0f}" for share in (50, 95)] if delays else ["-", "-"]
    cut_in = sum(turn.cut_in for turn in turns)
    nothing = sum(turn.delay_ms is None for turn in turns)
    print(
        f"{name}: {len(turns)} turns, {right} understood, {nothing} without a turn, {cut_in} taken for over too early; "
        f"endpointing delay p50 {shares[0]} ms, p95 {shares[1]} ms",
        flush=True,
    )


def of_sphinx() -> tuple[list[Utterance], list[Utterance]]:
    """Playing cards, and sentences that are read aloud."""
    cards = SPHINX / "cards/cards.transcription"
    books = SPHINX / "librivox/transcription"
    groups = []
    for listed in (cards, books):
        lines = [
            line.replace("<s>", "").replace("</s>", "").split("(") for line in listed.read_text().splitlines() if line
        ]
        folder = listed.parent
        groups.append([Utterance(text.strip(), recording(folder / f"{name.rstrip(')')}.wav")) for text, name in lines])
    return groups[0], groups[1]


def of_allison() -> list[Utterance]:
    """Days, months and a few phrases from a telephone system."""
    days = [(f"digits/day-{(number + 1) % 7}", day) for number, day in enumerate(DAYS)]
    months = [(f"digits/mon-{number}", month) for number, month in enumerate(MONTHS)]
    others = [("hello", "hello"), ("goodbye", "goodbye"), ("one-moment-please", "one moment please")]
    return [
        Utterance(text, recording(ALLISON / f"{name}.wav"), TELEPHONE_HZ) for name, text in (*days, *months, *others)
    ]


def main() -> None:
    """Print everything."""
    flite = [Utterance(text, person(text, voice, -25)) for text, voice in FLITE]
    turns = [take(utterance, agent(SCRIPT)) for utterance in flite]
    report("flite, a script", turns)
    report(
        "flite, a script and a fixed wait of 500 ms",
        [
            take(utterance, agent(SCRIPT, flow={"endpointing": {"mode": "fixed", "silence_ms": 500}}))
            for utterance in flite
        ],
    )
    if not (SPHINX.exists() and ALLISON.exists()):
        sys.exit("not run: people; install pocketsphinx-testdata and asterisk-core-sounds-en-wav")
    cards, books = of_sphinx()
    prompts = of_allison()
    people = [
        ("people, playing cards, a script", cards, listing([card.text for card in cards])),
        ("people, books read aloud, a script", books, listing([book.text for book in books])),
        ("people, days and months by telephone, a script", prompts, listing([prompt.text for prompt in prompts])),
    ]
    for name, utterances, script in people:
        group = [take(utterance, agent(script)) for utterance in utterances]
        report(name, group)
        turns += group
    report(
        "people, books read aloud, open English",
        [take(book, plan(first_message="Yes?", llm={"provider": "script"})) for book in books],
    )
    report("all with a script", turns)


if __name__ == "__main__":
    main()
