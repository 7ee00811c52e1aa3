"""A recogniser without mistakes: it knows what sounds in the room and writes down what it is given of it.

Give it the agent's echo, and it writes down the agent's words: as bad as a recogniser can be for a session that
does not know its own voice.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from media_worker.ports.stt import Final, Partial, SttCapabilities, SttRequest, Transcript

LAG_S = 0.2
"""A word is written down so long after its end."""
_FINGERPRINT = 256
"""Bytes by which a piece of audio is found in the recording."""


class Heard:
    """What the microphone recorded, and when which word ended in it."""

    def __init__(self, rate_hz: int) -> None:
        self.bytes_per_s = rate_hz * 2
        self.audio = bytearray()
        self.words: list[tuple[float, str]] = []

    def say(self, begin_s: float, end_s: float, text: str) -> None:
        """Words that share their time by their length."""
        total = len(text)
        for word in text.split():
            begin_s += (end_s - begin_s) * min(1.0, (len(word) + 1) / max(total, 1))
            total -= len(word) + 1
            self.words.append((begin_s, word))
        self.words.sort()

    def between(self, first_s: float, last_s: float) -> str:
        """The words that ended between two times."""
        return " ".join(word for at, word in self.words if first_s < at <= last_s)


class KnownWords:
    """Opens the one recognition of a call."""

    def __init__(self, heard: Heard, *, gated: bool = False) -> None:
        self.capabilities = SttCapabilities(gated=gated)
        self._heard = heard

    @asynccontextmanager
    async def open(self, request: SttRequest) -> AsyncIterator["KnownWordsStream"]:
        """A stream."""
        yield KnownWordsStream(self._heard)


class KnownWordsStream:
    """One recognition."""

    billed_s = None

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._transcripts: asyncio.Queue[Transcript] = asyncio.Queue()
        self._pieces: list[tuple[float, float]] = []
        """Times of the recording that it was given since the last final."""
        self._shown = ""

    def send(self, pcm: bytes) -> None:
        """Audio of the recording, or silence in its place."""
        begin = self._heard.audio.rfind(pcm[:_FINGERPRINT])
        if begin < 0 or not any(pcm[:_FINGERPRINT]):
            return
        begin_s, end_s = begin / self._heard.bytes_per_s, (begin + len(pcm)) / self._heard.bytes_per_s
        if self._pieces and abs(self._pieces[-1][1] - begin_s) < 0.001:
            self._pieces[-1] = (self._pieces[-1][0], end_s)
        else:
            self._pieces.append((begin_s, end_s))
        text = self._text(LAG_S)
        if text != self._shown:
            self._shown = text
            self._transcripts.put_nowait(Partial(text))

    def flush(self) -> None:
        """Everything it was given is written down."""
        self._transcripts.put_nowait(Final(self._text(0.0)))
        self._pieces.clear()
        self._shown = ""

    def _text(self, lag_s: float) -> str:
        return " ".join(filter(None, (self._heard.between(begin, end - lag_s) for begin, end in self._pieces)))

    async def __aiter__(self) -> AsyncIterator[Transcript]:
        """Transcripts for ever."""
        while True:
            yield await self._transcripts.get()
