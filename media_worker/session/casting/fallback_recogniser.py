"""The recognisers of one agent as one: the session opens a lost one again, and when that does not help the next one."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from callcore.agents.agent import SpeechToTextConfig
from callcore.calls.usage import UNNAMED, Service
from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.stt import SpeechToText, SttCapabilities, SttRequest, SttStream
from media_worker.session.clock import WorkerClock

HEALTHY_S = 30.0
"""A recogniser that worked for this long and is lost is no worse than before."""
MAX_LOSSES = 2
"""In a row; then it is the next one's turn. It is at once after a failure that would be the same again."""
_MAY_PASS = frozenset({ProviderFailure.UNAVAILABLE})


@dataclass(frozen=True)
class ChosenRecogniser:
    """A recogniser and the settings it hears with."""

    stt: SpeechToText
    config: SpeechToTextConfig
    service: Service = UNNAMED


class FallbackRecogniser:
    """The recognisers of one session in the order in which they are wanted; at least one."""

    def __init__(self, recognisers: Sequence[ChosenRecogniser], clock: WorkerClock) -> None:
        self._recognisers = recognisers
        self._clock = clock
        self._at = 0
        self._losses = 0

    @property
    def capabilities(self) -> SttCapabilities:
        """Those of the one whose turn it is."""
        return self._recognisers[self._at].stt.capabilities

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
        except ProviderError as error:
            self._lost(error.failure, worked_s=self._clock.monotonic_s() - opened_at)
            raise

    def _lost(self, failure: ProviderFailure, *, worked_s: float) -> None:
        self._losses = 1 if worked_s > HEALTHY_S else self._losses + 1
        is_over = self._losses >= MAX_LOSSES or failure not in _MAY_PASS
        if is_over and self._at + 1 < len(self._recognisers):
            self._at, self._losses = self._at + 1, 0
