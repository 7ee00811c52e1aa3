"""How a speech process ends."""

import asyncio
from typing import Any

import pytest

from media_worker.providers.local import speech_pool


class LateProcess:
    """Goes when its time is up, just before it is killed."""

    stdin = None

    def __init__(self) -> None:
        self.gone = asyncio.Event()

    async def wait(self) -> None:
        await self.gone.wait()

    def kill(self) -> None:
        self.gone.set()
        raise ProcessLookupError


def test_a_process_that_goes_as_it_is_killed_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech_pool, "_EXIT_S", 0.0)

    async def scenario() -> None:
        process: Any = LateProcess()
        async with asyncio.timeout(5):
            await speech_pool._end(process)

    asyncio.run(scenario())
