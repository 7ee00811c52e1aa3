"""How far a text has been said that several voices may say one after another."""

from collections.abc import Sequence

from callcore.calls.transcript import TextTime, heard_text
from media_worker.media.playout import BYTES_PER_SAMPLE, MS_PER_CHARACTER
from media_worker.ports.tts import SoundWithdrawn, SpeechEvent

MIN_LEARNT_CHARACTERS = 20
"""Shorter texts tell little about the pace of a voice."""
MAX_WORD_CHARACTERS = 30
"""What is longer is no word but a text without spaces: there a cut inside a sign is not noticed."""


class Pace:
    """How fast a voice speaks, from the texts that it has said whole."""

    def __init__(self) -> None:
        self._characters = 0
        self._ms = 0.0

    def learn(self, characters: int, ms: float) -> None:
        """It took so long for so many."""
        self._characters += characters
        self._ms += ms

    @property
    def ms_per_character(self) -> float:
        """An ordinary pace before anything is known."""
        return self._ms / self._characters if self._characters >= MIN_LEARNT_CHARACTERS else MS_PER_CHARACTER


class SpeechProgress:
    """How much of a text was said, by whomever."""

    def __init__(self, text: str, rate_hz: int) -> None:
        self._text = text
        self._bytes_per_ms = rate_hz * BYTES_PER_SAMPLE / 1000
        self._said_ms = 0.0
        self._times: list[TextTime] = []
        self._begun = TextTime(0, 0.0)
        """Where the one who speaks now began."""

    @property
    def rest(self) -> str:
        """What the one who speaks now has to say."""
        return self._text[self._begun.position :]

    def noted(self, event: SpeechEvent) -> SpeechEvent:
        """The event as one of the whole text."""
        if isinstance(event, bytes):
            self._said_ms += len(event) / self._bytes_per_ms
        elif isinstance(event, TextTime):
            event = TextTime(self._begun.position + event.position, self._begun.at_ms + event.at_ms)
            self._times.append(event)
        return event

    @property
    def run_ms(self) -> float:
        """How long the one who speaks now has spoken."""
        return self._said_ms - self._begun.at_ms

    def start_again(self, ms_per_character: float) -> tuple[SpeechEvent, ...]:
        """Somebody else says the rest, which begins with a whole word; what is to be told of that.

        Half a word that the voice has timed is withdrawn. What it has not timed is taken to be said at
        `ms_per_character`.
        """
        anchors = [self._begun, *(time for time in self._times if time.position > self._begun.position)]
        full_ms = anchors[-1].at_ms + (len(self._text) - anchors[-1].position) * ms_per_character
        said = heard_text(self._text, self._said_ms, max(self._said_ms + 1, full_ms), anchors)
        events: list[SpeechEvent] = []
        ended_ms = _when(len(said), anchors)
        if ended_ms is not None and ended_ms > self._said_ms:
            said = _without_last_word(said)
            ended_ms = _when(len(said), anchors)
        if ended_ms is not None and self._begun.at_ms <= ended_ms < self._said_ms:
            self._said_ms = ended_ms
            events.append(SoundWithdrawn(ended_ms))
        rest = self._text[max(len(said), self._begun.position) :].lstrip()
        self._begun = TextTime(len(self._text) - len(rest), self._said_ms)
        return (*events, self._begun)


def _when(position: int, anchors: Sequence[TextTime]) -> float | None:
    """When the text before this position has been said; None when nobody has told."""
    before = anchors[0]
    for time in anchors:
        if time.position >= position:
            share = (position - before.position) / max(time.position - before.position, 1)
            return before.at_ms + share * (time.at_ms - before.at_ms)
        before = time
    return None


def _without_last_word(text: str) -> str:
    head, _, word = text.rpartition(" ")
    return head if len(word) <= MAX_WORD_CHARACTERS else text
