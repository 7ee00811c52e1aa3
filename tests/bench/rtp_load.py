"""How much of a processor RTP takes: many calls at once whose agent says what it hears, over real sockets.

    python -m tests.bench.rtp_load --calls 300 --seconds 20

The legs run in this process on one playout clock, as in a worker; the callers in another one. Each caller counts what
comes back and how evenly. What a session does with the audio is not in it.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, replace

import uvloop

from callcore.errors import TransportClosed
from media_worker.media.rtp import parse_rtp
from media_worker.session.clock import LoopClock
from media_worker.session.pacer import Pacer
from media_worker.transports.rtp.leg import RtpLeg, open_leg
from media_worker.transports.rtp.ports import RtpPorts
from media_worker.transports.rtp.terms import Address, Codec, RtpTerms
from tests.peers.rtp_caller import Telephone

HOST = "127.0.0.1"
LEGS, CALLERS = (20_000, 24_999), (25_000, 29_999)
"""Their ports."""
FRAME_S = 0.02
LEAST_ECHOED = 0.98
SILENCE = Codec.PCMU.silence * 160
SETTLE_S = 1.0


@dataclass(frozen=True)
class Echoed:
    """What the callers saw."""

    sent: int
    echoed: int
    """Packets of ours that had come back by the end."""
    jitter_ms: float
    """The mean deviation of the times between packets, of the worst caller."""


class Caller(asyncio.DatagramProtocol):
    """Sends 20 ms of a ramp all the time, and looks for it in what comes."""

    def __init__(self, leg_port: int, number: int) -> None:
        self._target = (HOST, leg_port)
        self._telephone = Telephone(ssrc=number + 1)
        self._pcm = Codec.PCMU.law.decode(bytes(range(128)) + bytes(range(32)))
        self.sent = self.echoed = 0
        self._came_at: float | None = None
        self.deviations_s: list[float] = []
        self.transport: asyncio.DatagramTransport | None = None

    def speak(self) -> None:
        """20 ms."""
        if self.transport is not None:
            [packet] = self._telephone.say(self._pcm)
            self.transport.sendto(packet.to_wire(), self._target)
            self.sent += 1

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        packet = parse_rtp(data)
        if packet is None:
            return
        now = time.monotonic()
        if self._came_at is not None:
            self.deviations_s.append(abs(now - self._came_at - FRAME_S))
        self._came_at = now
        self.echoed += packet.payload != SILENCE


async def call(pairs: Sequence[tuple[int, int]], seconds: float) -> Echoed:
    """The callers' side: `pairs` of a leg's port and the caller's."""
    callers, loop = [], asyncio.get_running_loop()
    for number, (leg_port, own_port) in enumerate(pairs):
        caller = Caller(leg_port, number)
        caller.transport, _ = await loop.create_datagram_endpoint(
            lambda caller=caller: caller,  # type: ignore[misc]  # a default value has no type here
            local_addr=(HOST, own_port),
        )
        callers.append(caller)
    began = loop.time()
    for tick in range(round(seconds / FRAME_S)):
        for caller in callers:
            caller.speak()
        await asyncio.sleep(max(0.0, began + FRAME_S * (tick + 1) - loop.time()))
    await asyncio.sleep(SETTLE_S)
    worst_s = max(statistics.mean(caller.deviations_s or [0.0]) for caller in callers)
    return Echoed(
        sum(caller.sent for caller in callers), sum(caller.echoed for caller in callers), round(1000 * worst_s, 1)
    )


async def echo(leg: RtpLeg) -> None:
    """Say what is heard, until the end."""
    while True:
        try:
            heard = await leg.receive()
        except TransportClosed:
            return
        if isinstance(heard, bytes):
            leg.send(heard)


async def serve(calls: int, seconds: float) -> tuple[Echoed, float]:
    """The legs' side: what the callers saw, and the seconds of a processor that it took."""
    clock = LoopClock()
    pacer, ports = Pacer(clock), RtpPorts(HOST, *LEGS)
    terms = RtpTerms(None, HOST, Codec.PCMU)
    async with AsyncExitStack() as opened, asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(pacer.run())]
        pairs = []
        for number in range(calls):
            pair = await opened.enter_async_context(ports.open())
            caller = Address(HOST, CALLERS[0] + number)
            leg = await opened.enter_async_context(open_leg(pair, replace(terms, remote=caller), pacer, clock))
            running.append(tasks.create_task(echo(leg)))
            pairs.append((pair.port, caller.port))
        command = (sys.executable, "-m", "tests.bench.rtp_load", "--seconds", str(seconds), "--call")
        callers = await asyncio.create_subprocess_exec(*command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        before = _processor_s()
        told, _ = await callers.communicate(json.dumps(pairs).encode())
        took_s = _processor_s() - before
        for task in running:
            task.cancel()
    return Echoed(**json.loads(told)), took_s


def _processor_s() -> float:
    times = os.times()
    return times.user + times.system


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what it took; 1 when not everything came back."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--call", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.call:
        print(json.dumps(asdict(uvloop.run(call(json.load(sys.stdin), given.seconds)))))
        return 0
    echoed, took_s = uvloop.run(serve(given.calls, given.seconds))
    share = took_s / (given.seconds + SETTLE_S) / given.calls
    print(
        f"{given.calls} calls, {given.seconds:.0f} s: {echoed.echoed} of {echoed.sent} packets came back; "
        f"{100 * share:.2f} % of a processor for each, {1e6 * took_s / 2 / echoed.sent:.0f} µs a packet; "
        f"jitter {echoed.jitter_ms} ms at the worst caller"
    )
    return int(echoed.echoed < LEAST_ECHOED * echoed.sent)


if __name__ == "__main__":
    sys.exit(main())
