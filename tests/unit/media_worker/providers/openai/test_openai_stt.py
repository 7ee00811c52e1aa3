"""What becomes of a session of OpenAI's live transcription that is not granted."""

from typing import Any, cast

import pytest
from websockets.asyncio.client import ClientConnection

from callcore.errors import ProviderError
from media_worker.providers.openai import stt
from tests.virtual_time import run_virtual


class Saying:
    """A connection over which the vendor says this."""

    def __init__(self, said: str) -> None:
        self._said = said

    async def recv(self) -> str:
        return self._said


@pytest.mark.parametrize(
    "said", ['{"type":"error","error":"busy"}', '{"type":"error","error":null}', '{"type":"error"}', "[]", "busy"]
)
def test_a_refusal_in_any_form_leaves_the_call_to_another_recogniser(
    said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(connection: Any, message: str | bytes) -> None:
        """It is not heard."""

    monkeypatch.setattr(stt, "write", write)
    with pytest.raises(ProviderError):
        run_virtual(stt._agree(cast(ClientConnection, Saying(said)), "{}"))
