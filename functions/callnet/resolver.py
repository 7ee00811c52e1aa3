"""From a host name to addresses that were all checked, and a connection to exactly one of them."""

import asyncio
import socket
from collections.abc import Iterable

import httpcore2

from callcore.errors import InvalidInput
from callnet.addresses import obstacle


async def checked_addresses(host: str, port: int, *, private: bool) -> list[str]:
    """Every address of the host. Raises InvalidInput when one of them is not public, OSError when there is none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not private:
        for address in addresses:
            what = obstacle(address)
            if what is not None:
                raise InvalidInput(f"the URL's host leads to an address that is not public: {what}")
    return addresses


class PinnedBackend(httpcore2.AsyncNetworkBackend):
    """Resolves a name once for each connection, checks every address, and connects to a checked one.

    The name is not resolved again after the check, so that a second answer of its server cannot lead elsewhere. TLS
    and the Host header still go by the name.
    """

    def __init__(self, *, private: bool) -> None:
        self._private = private
        self._network = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Raises InvalidInput for a forbidden address, ConnectError or ConnectTimeout when nobody answers."""
        try:
            addresses = await checked_addresses(host, port, private=self._private)
        except (OSError, UnicodeError) as error:  # the latter: a name that cannot be asked for
            raise httpcore2.ConnectError(str(error)) from error
        failure: Exception = httpcore2.ConnectError("the host has no address")
        for address in addresses:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        """Part of the interface; nothing here retries."""
        await self._network.sleep(seconds)
