"""A WebSocket to a vendor: opened within a deadline, written to without waiting, left at once.

Neither its address nor its headers are ever told: both may hold a key.
"""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import broadcast
from websockets.exceptions import InvalidStatus, WebSocketException

from callcore.errors import ProviderError, ProviderFailure

OPEN_S = 5.0
PING_S = 5.0
"""A connection that answers no ping for this long is lost."""
MAX_MESSAGE_BYTES = 16 * 2**20
_QUIET = logging.Logger("vendor socket", logging.CRITICAL)
"""The library logs headers and messages."""
_BY_STATUS = {408: ProviderFailure.TIMEOUT, 429: ProviderFailure.RATE_LIMIT}


@asynccontextmanager
async def vendor_socket(
    vendor: str, url: str, headers: Mapping[str, str], *, ping_s: float | None = PING_S
) -> AsyncIterator[ClientConnection]:
    """An open connection. Raises ProviderError when there is none; what happens to it later is the user's to map."""
    try:
        connection = await connect(
            url,
            additional_headers=headers,
            compression=None,
            max_size=MAX_MESSAGE_BYTES,
            max_queue=64,
            ping_interval=ping_s,
            ping_timeout=ping_s,
            open_timeout=OPEN_S,
            proxy=None,
            logger=_QUIET,
        )
    except InvalidStatus as refusal:
        raise refused(vendor, refusal.response.status_code, refusal.response.headers) from None
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


def refused(vendor: str, status: int, headers: Mapping[str, str], detail: str = "") -> ProviderError:
    """What a status that opens no connection means."""
    default = ProviderFailure.UNAVAILABLE if status >= 500 else ProviderFailure.REJECTED
    return ProviderError(
        vendor,
        _BY_STATUS.get(status, default),
        detail or f"status {status}",
        retry_after_s=_retry_after_s(headers),
    )


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """The vendor's wish; a date is none that we follow."""
    for name, unit_s in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        with suppress(ValueError):
            return max(0.0, float(headers.get(name) or "")) * unit_s
    return None
