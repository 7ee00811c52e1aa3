"""The recognisers of one agent as one: the session opens a lost one again, and the second time the next one hears."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from callcore.agents import SpeechToTextConfig
from callcore.errors import ProviderError
from callcore.usage import UNNAMED, Service
from media_worker.ports.stt import SpeechToText, SttCapabilities, SttRequest, SttStream
from media_worker.session.clock import WorkerClock

HEALTHY_S = 30.0
"""A recogniser that worked for this long and is lost is no worse than before."""
MAX_LOSSES = 2
"""In a row; then it is the next one's turn."""


@dataclass(frozen=True)
class ChosenRecogniser:
    """A recogniser and the settings it hears with."""

    stt: SpeechToText
    config: SpeechToTextConfig
    service: Service = UNNAMED


class FallbackRecogniser:
    """The recognisers of one session in the order in which they are wanted; all have the same capabilities."""

    def __init__(self, recognisers: Sequence[ChosenRecogniser], clock: WorkerClock) -> None:
        self._recognisers = recognisers
        self._clock = clock
        self._at = 0
        self._losses = 0

    @property
    def capabilities(self) -> SttCapabilities:
        """Everyone's."""
        return self._recognisers[0].stt.capabilities

    @property
    def service(self) -> Service:
        """Who hears now."""
        return self._recognisers[self._at].service

    @asynccontextmanager
    async def open(self, request: SttRequest) -> AsyncIterator[SttStream]:
        """A stream of the one whose turn it is. Raises ProviderError, also while iterating."""
        chosen, opened_at = self._recognisers[self._at], self._clock.monotonic_s()
        try:
            async with chosen.stt.open(replace(request, config=chosen.config)) as stream:
                yield stream
        except ProviderError:
            self._lost(worked_s=self._clock.monotonic_s() - opened_at)
            raise

    def _lost(self, *, worked_s: float) -> None:
        self._losses = 1 if worked_s > HEALTHY_S else self._losses + 1
        if self._losses >= MAX_LOSSES and self._at + 1 < len(self._recognisers):
            self._at, self._losses = self._at + 1, 0
