"""A way through which a peer's datagrams go, as a bad network or a NAT would carry them."""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

Fate = Callable[[int], float | None]
"""Of the nth packet of media: by how many seconds it is delayed; None: it is lost."""


def is_rtp(datagram: bytes) -> bool:
    """RFC 7983 and 5761: media, and neither its reports nor what opens the connection."""
    return len(datagram) > 1 and 128 <= datagram[0] <= 191 and not 192 <= datagram[1] <= 223


class _Socket(asyncio.DatagramProtocol):
    def __init__(self, take: Callable[[bytes, Any], None]) -> None:
        self._take = take

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        self._take(data, addr)


@dataclass
class UdpRelay:
    """Between one peer in front and one behind. Made by `udp_relay`."""

    fate: Fate
    port: int = 0
    """Where the peer in front sends to."""
    behind: tuple[str, int] | None = None
    """The other peer; whoever sends first through is the one in front."""
    media_sent_at: list[float] = field(default_factory=list)
    """When each packet of media came from the front."""
    _front: asyncio.DatagramTransport | None = None
    _back: asyncio.DatagramTransport | None = None
    _caller: Any = None

    def divert(self, answer: str) -> str:
        """The answer, with us in the place of its first candidate and without the others."""
        first = re.search(r"a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host", answer)
        assert first is not None
        self.behind = (first[1], int(first[2]))
        ours = f"a=candidate:1 1 udp 2130706431 127.0.0.1 {self.port} typ host"
        return re.sub(r"a=candidate:.*", ours, answer)

    def _from_front(self, data: bytes, sender: Any) -> None:
        self._caller = sender
        delay_s: float | None = 0.0
        loop = asyncio.get_running_loop()
        if is_rtp(data):
            self.media_sent_at.append(loop.time())
            delay_s = self.fate(len(self.media_sent_at) - 1)
        if delay_s is None or self._back is None or self.behind is None:
            return
        if delay_s:
            loop.call_later(delay_s, self._back.sendto, data, self.behind)
        else:
            self._back.sendto(data, self.behind)

    def _from_behind(self, data: bytes, sender: Any) -> None:
        if self._front is not None and self._caller is not None:
            self._front.sendto(data, self._caller)


@asynccontextmanager
async def udp_relay(fate: Fate = lambda number: 0.0) -> AsyncIterator[UdpRelay]:
    """A relay on this machine."""
    relay, loop = UdpRelay(fate), asyncio.get_running_loop()
    here = ("127.0.0.1", 0)
    relay._front, _ = await loop.create_datagram_endpoint(lambda: _Socket(relay._from_front), local_addr=here)
    relay._back, _ = await loop.create_datagram_endpoint(lambda: _Socket(relay._from_behind), local_addr=here)
    relay.port = relay._front.get_extra_info("sockname")[1]
    try:
        yield relay
    finally:
        relay._front.close()
        relay._back.close()


def without_candidates(offer: str) -> str:
    """The offer of a peer that is found by its own checks."""
    return re.sub(r"a=(candidate|end-of-candidates).*\r\n", "", offer)


# --- networks -------------------------------------------------------------------------------


def losing(share: float, seed: int = 7) -> Fate:
    """Loses packets here and there."""
    rng = random.Random(seed)
    return lambda number: None if rng.random() < share else 0.0


def losing_in_bursts(share: float, length: int, seed: int = 7) -> Fate:
    """Loses the same share, so many at a time."""
    rng, left = random.Random(seed), 0

    def fate(number: int) -> float | None:
        nonlocal left
        if not left and rng.random() < share / length:
            left = length
        left -= left > 0
        return None if left else 0.0

    return fate


def unsteady(jitter_s: float, seed: int = 7) -> Fate:
    """Delays every packet by anything up to so much: those that follow one another overtake one another."""
    rng = random.Random(seed)
    return lambda number: rng.uniform(0.0, jitter_s)


def in_order(fate: Fate, step_s: float = 0.02) -> Fate:
    """The same delays on a road without overtaking: a late packet makes those behind it late, too."""
    arrives_at = 0.0

    def fate_in_order(number: int) -> float | None:
        nonlocal arrives_at
        delay_s = fate(number)
        if delay_s is None:
            return None
        arrives_at = max(arrives_at, number * step_s + delay_s)
        return arrives_at - number * step_s

    return fate_in_order


def reordering(share: float, late_s: float = 0.03, seed: int = 7) -> Fate:
    """Lets some packets come after the next one."""
    rng = random.Random(seed)
    return lambda number: late_s if rng.random() < share else 0.0


def between(first: int, last: int, fate: Fate) -> Fate:
    """This fate for some of the packets; the others go through."""
    return lambda number: fate(number) if first <= number < last else 0.0
