"""When the same is asked of a vendor again: only while nobody has heard anything of it (providers.md 1)."""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.tts import SpeechEvent

MAX_RETRIES = 2
PAUSE_S = 0.25
"""At least so long before the last try, and at most twice that."""
MAX_WAIT_S = 1.0
"""A vendor that wants a longer pause is not waited for."""


def again_after_s(error: ProviderError, failures: int, dice: float) -> float | None:
    """The pause after this many failures, the last of which is `error`; None = it is given up.

    `dice`, between 0 and 1, is chance: those who fail together shall not come back together.
    """
    if not error.retryable or failures > MAX_RETRIES:
        return None
    pause_s = PAUSE_S * (1 + dice)
    if error.retry_after_s is not None:
        return error.retry_after_s if error.retry_after_s <= MAX_WAIT_S else None
    return 0.0 if failures == 1 and error.failure is not ProviderFailure.RATE_LIMIT else pause_s


async def with_retries(attempt: Callable[[], AsyncGenerator[SpeechEvent]]) -> AsyncGenerator[SpeechEvent]:
    """What the attempts to speak come to: another one is made until there is sound. Raises ProviderError."""
    failures, sounded = 0, False
    while True:
        try:
            async with aclosing(attempt()) as events:
                async for event in events:
                    sounded = sounded or isinstance(event, bytes)
                    yield event
            return
        except ProviderError as error:
            failures += 1
            wait_s = None if sounded else again_after_s(error, failures, random.random())
            if wait_s is None:
                raise
        await asyncio.sleep(wait_s)
