"""Speech to text by OpenAI's live transcription, over a WebSocket per stream."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.stt import SttCapabilities, SttRequest
from media_worker.providers.live_recognition import Line, LiveRecogniser
from media_worker.providers.openai.transcription import VENDOR, TranscriptionDialect, failed, session_update
from media_worker.providers.registry import Resources
from media_worker.providers.vendor_socket import vendor_socket, write
from media_worker.providers.vendors import Access, Vendor

READY_S = 3.0


class LiveTranscriber(LiveRecogniser):
    """Opens a connection for every stream. It gets speech only: silence would be billed, and taken for words."""

    def __init__(self, access: Access) -> None:
        super().__init__(VENDOR, SttCapabilities(gated=True), self._call)
        self._access = access

    @asynccontextmanager
    async def _call(self, request: SttRequest) -> AsyncIterator[Line]:
        url = f"{self._access.websocket_url}/realtime?intent=transcription"
        headers = {"Authorization": f"Bearer {self._access.api_key}"}
        async with vendor_socket(VENDOR, url, headers) as connection:
            await _agree(connection, session_update(request))
            now = asyncio.get_running_loop().time()
            yield Line(connection, TranscriptionDialect(request.sample_rate_hz * 2, now))


async def _agree(connection: ClientConnection, update: str) -> None:
    """Say what is wanted, and wait until it is granted. Raises ProviderError when it is not."""
    write(connection, update)
    try:
        async with asyncio.timeout(READY_S):
            while True:
                said = json.loads(await connection.recv())
                if said["type"] == "session.updated":
                    return
                if said["type"] == "error":
                    raise failed(said["error"])
    except TimeoutError:
        raise ProviderError(VENDOR, ProviderFailure.TIMEOUT, "no session in time") from None
    except (ConnectionClosed, ValueError, LookupError, TypeError, AttributeError):
        raise ProviderError(VENDOR, ProviderFailure.UNAVAILABLE, "no session") from None


def create(resources: Resources) -> LiveTranscriber:
    """A recogniser with this process's key. Raises InvalidInput without one."""
    return LiveTranscriber(resources.vendors.need(Vendor.OPENAI))
