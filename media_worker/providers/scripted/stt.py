"""A recogniser that knows beforehand what will be said.

`speech_to_text.utterances` of the agent's configuration lists what each utterance will be taken for, in order and
around again; an empty text stands for an utterance without words. Without a list every utterance is "hello".
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from media_worker.ports.stt import Final, SttCapabilities, SttRequest, Transcript

DEFAULT_UTTERANCES = ("hello",)
MAX_WAITING = 100
"""Transcripts that nobody has fetched; more are dropped, oldest first."""


class ScriptedRecogniser:
    """Makes streams."""

    @property
    def capabilities(self) -> SttCapabilities:
        """It wants speech only, so that what it gets between two flushes is one utterance."""
        return SttCapabilities(gated=True, whole_turns=True)

    @asynccontextmanager
    async def open(self, request: SttRequest) -> AsyncIterator["ScriptedStream"]:
        """A stream over the request's utterances."""
        listed = (request.config.model_extra or {}).get("utterances")
        stream = ScriptedStream(tuple(listed) if isinstance(listed, list | tuple) and listed else DEFAULT_UTTERANCES)
        try:
            yield stream
        finally:
            stream.close()


class ScriptedStream:
    """One stream."""

    billed_s = None

    def __init__(self, utterances: Sequence[str]) -> None:
        self._utterances = utterances
        self._position = 0
        self._has_audio = False
        self._waiting: asyncio.Queue[Transcript | None] = asyncio.Queue()
        self._closed = False

    def send(self, pcm: bytes) -> None:
        """Audio of the running utterance; what it says is known already."""
        self._has_audio = self._has_audio or bool(pcm)

    def flush(self) -> None:
        """The next utterance's Final; an empty one when there was no audio."""
        text = ""
        if self._has_audio:
            text = self._utterances[self._position % len(self._utterances)]
            self._position += 1
            self._has_audio = False
        if self._waiting.qsize() >= MAX_WAITING:
            self._waiting.get_nowait()
        self._waiting.put_nowait(Final(text))

    def close(self) -> None:
        """The stream is left: whoever iterates it is told."""
        self._closed = True
        self._waiting.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[Transcript]:
        """Transcripts until the stream is left."""
        while not self._closed and (transcript := await self._waiting.get()) is not None:
            yield transcript


def create(resources: object = None) -> ScriptedRecogniser:
    """A recogniser."""
    return ScriptedRecogniser()
