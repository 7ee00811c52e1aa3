"""A vendor's recogniser, whose connection is the test's."""

import json
from typing import cast

import pytest
from websockets.asyncio.client import ClientConnection

from callcore.errors import ProviderError
from media_worker.ports.stt import Final, Partial, Transcript
from media_worker.providers.deepgram.listen import ListenDialect
from media_worker.providers.live_recognition import Line, LiveStream
from tests.virtual_time import run_virtual


class Telling:
    """A connection over which the vendor tells a text."""

    def __init__(self, text: str, *, is_final: bool) -> None:
        self._text, self._is_final = text, is_final

    async def recv(self) -> str:
        told = {"start": 0.0, "duration": 1.0, "is_final": self._is_final, "speech_final": self._is_final}
        return json.dumps({"type": "Results", "channel": {"alternatives": [{"transcript": self._text}]}, **told})


async def first_told(text: str, *, is_final: bool) -> Transcript:
    connection = cast(ClientConnection, Telling(text, is_final=is_final))
    stream = LiveStream("deepgram", Line(connection, ListenDialect(32_000, 0.0)), 32_000)
    return await anext(aiter(stream))


@pytest.mark.parametrize("is_final", [False, True])
def test_a_text_that_nobody_can_be_told_is_a_failure_of_the_vendor_and_not_of_the_call(is_final: bool) -> None:
    with pytest.raises(ProviderError):
        run_virtual(first_told("a table \ud83d", is_final=is_final))


def test_a_text_of_whole_characters_is_told() -> None:
    assert run_virtual(first_told("a table 🍽", is_final=False)) == Partial("a table 🍽")
    told = run_virtual(first_told("a table 🍽", is_final=True))
    assert isinstance(told, Final)
    assert told.text == "a table 🍽"
