"""A WebSocket to an address that a customer configured, under the same rules as `guarded`."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import WebSocketException

from callcore.errors import InvalidInput, RequestFailed
from callcore.trace import trace_headers
from callnet.resolver import checked_addresses
from callnet.target import Target, parse_target
from callnet.trust import usual_trust

SCHEMES = frozenset({"wss", "ws"})
MAX_MESSAGE_BYTES = 256_000
MAX_QUEUED_MESSAGES = 64
CLOSE_S = 2.0


@contextlib.asynccontextmanager
async def guarded_websocket(
    url: str,
    *,
    headers: Mapping[str, str],
    timeout_s: float,
    private: bool = False,
    trust: ssl.SSLContext | None = None,
) -> AsyncIterator[ClientConnection]:
    """A connection, made within `timeout_s`. Raises RequestFailed when there is none; leaving closes it."""
    try:
        async with asyncio.timeout(timeout_s):
            target = parse_target(url, SCHEMES, private=private)
            connection = await _open(url, target, headers, private=private, trust=trust)
    except InvalidInput as error:
        raise RequestFailed(str(error), final=True) from error
    except TimeoutError as error:
        raise RequestFailed(f"no connection within {timeout_s:g} s") from error
    except (OSError, ValueError, WebSocketException) as error:
        # A ValueError: a redirect, which a connection to a checked address cannot follow.
        raise RequestFailed("no WebSocket connection to the host") from error
    async with connection:
        yield connection


async def _open(
    url: str, target: Target, headers: Mapping[str, str], *, private: bool, trust: ssl.SSLContext | None
) -> ClientConnection:
    connected = await _connected_socket(target, private=private)
    secure: dict[str, Any] = {"ssl": trust or usual_trust(), "server_hostname": target.host} if target.is_secure else {}
    return await websockets.connect(
        url,
        sock=connected,
        additional_headers={**headers, **trace_headers()},
        user_agent_header="Parley",
        compression=None,
        proxy=None,
        open_timeout=None,
        close_timeout=CLOSE_S,
        max_size=MAX_MESSAGE_BYTES,
        max_queue=MAX_QUEUED_MESSAGES,
        **secure,
    )


async def _connected_socket(target: Target, *, private: bool) -> socket.socket:
    """To the first checked address that answers. Raises InvalidInput, OSError."""
    failure = OSError("the host has no address")
    for address in await checked_addresses(target.host, target.port, private=private):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        trying = socket.socket(family, socket.SOCK_STREAM)
        trying.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(trying, (address, target.port))
        except OSError as error:
            trying.close()
            failure = error
        except asyncio.CancelledError:
            trying.close()
            raise
        else:
            trying.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return trying
    raise failure
