"""What is asked again of a vendor, and when."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.tts import SpeechEvent
from media_worker.providers.retries import again_after_s, with_retries
from tests.virtual_time import run_virtual

LOST = ProviderError("vendor", ProviderFailure.UNAVAILABLE)
BUSY = ProviderError("vendor", ProviderFailure.RATE_LIMIT)


@pytest.mark.parametrize(
    ("error", "failures", "pause_s"),
    [
        (LOST, 1, 0.0),
        (LOST, 2, 0.375),
        (LOST, 3, None),
        (BUSY, 1, 0.375),
        (ProviderError("vendor", ProviderFailure.RATE_LIMIT, retry_after_s=0.1), 1, 0.1),
        (ProviderError("vendor", ProviderFailure.RATE_LIMIT, retry_after_s=9.0), 1, None),
        (ProviderError("vendor", ProviderFailure.REJECTED), 1, None),
    ],
)
def test_the_pause_before_another_try(error: ProviderError, failures: int, pause_s: float | None) -> None:
    assert again_after_s(error, failures, 0.5) == pause_s


class Attempts:
    """Each yields its sound, then fails."""

    def __init__(self, *sounds: bytes) -> None:
        self.sounds = list(sounds)
        self.count = 0

    async def __call__(self) -> AsyncGenerator[SpeechEvent]:
        self.count += 1
        sound = self.sounds.pop(0)
        if sound:
            yield sound
        else:
            raise LOST


def heard(attempts: Attempts) -> list[SpeechEvent]:
    async def listen() -> list[SpeechEvent]:
        return [event async for event in with_retries(attempts)]

    return run_virtual(listen())


def test_it_is_tried_three_times_as_long_as_there_is_no_sound() -> None:
    assert heard(Attempts(b"", b"", b"ab")) == [b"ab"]
    attempts = Attempts(b"", b"", b"", b"ab")
    with pytest.raises(ProviderError):
        heard(attempts)
    assert attempts.count == 3


def test_after_the_first_sound_it_is_never_tried_again() -> None:
    count = 0

    async def attempt() -> AsyncGenerator[SpeechEvent]:
        nonlocal count
        count += 1
        yield b"ab"
        await asyncio.sleep(0.1)
        raise LOST

    async def listen() -> None:
        async for _ in with_retries(attempt):
            pass

    with pytest.raises(ProviderError):
        run_virtual(listen())
    assert count == 1
