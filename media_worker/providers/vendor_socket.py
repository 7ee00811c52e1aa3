"""A WebSocket to a vendor: opened within a deadline, written to without waiting, left at once.

Neither its address nor its headers are ever told: both may hold a key.
"""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import broadcast
from websockets.exceptions import InvalidStatus, WebSocketException

from callcore.errors import ProviderError, ProviderFailure
from callcore.trace import trace_headers
from callnet.trust import usual_trust
from media_worker.providers.vendor_http import failure_of_status, retry_after_s

OPEN_S = 5.0
CLOSE_S = 1.0
"""A vendor that has said goodbye and stays on the line for longer is left."""
PING_S = 5.0
"""A connection that answers no ping for this long is lost."""
MAX_MESSAGE_BYTES = 16 * 2**20
_QUIET = logging.Logger("vendor socket", logging.CRITICAL)
"""The library logs headers and messages."""


@asynccontextmanager
async def vendor_socket(
    vendor: str, url: str, headers: Mapping[str, str], *, ping_s: float | None = PING_S
) -> AsyncIterator[ClientConnection]:
    """An open connection. Raises ProviderError when there is none; what happens to it later is the user's to map."""
    secure: dict[str, Any] = {"ssl": usual_trust()} if url.startswith("wss:") else {}
    try:
        connection = await connect(
            url,
            additional_headers={**headers, **trace_headers()},
            compression=None,
            max_size=MAX_MESSAGE_BYTES,
            max_queue=64,
            ping_interval=ping_s,
            ping_timeout=ping_s,
            open_timeout=OPEN_S,
            close_timeout=CLOSE_S,
            proxy=None,
            logger=_QUIET,
            **secure,
        )
    except InvalidStatus as refusal:
        raise _refused(vendor, refusal.response.status_code, refusal.response.headers) from None
    except TimeoutError:
        raise ProviderError(vendor, ProviderFailure.TIMEOUT, "no connection in time") from None
    except (OSError, WebSocketException):
        raise ProviderError(vendor, ProviderFailure.UNAVAILABLE, "no connection") from None
    try:
        yield connection
    finally:
        hang_up(connection)


def write(connection: ClientConnection, message: str | bytes) -> None:
    """Put a message behind those that wait; what a closed connection is told is lost. Never waits."""
    broadcast([connection], message)


def unsent_bytes(connection: ClientConnection) -> int:
    """How much the peer has not taken from us yet."""
    return connection.transport.get_write_buffer_size()


def hang_up(connection: ClientConnection) -> None:
    """Say that it is over and close once everything was sent, without waiting for either; twice is fine."""
    with suppress(WebSocketException):
        connection.protocol.send_close(1000)
        connection.send_data()
    connection.transport.close()


def _refused(vendor: str, status: int, headers: Mapping[str, str]) -> ProviderError:
    """What a status that opens no connection means."""
    wait_s = retry_after_s(headers)
    return ProviderError(vendor, failure_of_status(status), f"status {status}", retry_after_s=wait_s)
