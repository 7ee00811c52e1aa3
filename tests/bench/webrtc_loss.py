"""What a bad network does to a caller's voice on its way to the agent over WebRTC: our receive path beside aiortc's.

    PYTHONPATH=functions:. .venv/bin/python -m tests.bench.webrtc_loss > tests/bench/reports/webrtc_loss.txt

An aiortc peer says a short tone twice a second, through a relay that loses and delays its packets. The same packets
meet the same fate before our leg and before an untouched aiortc peer. Mouth to ear is from the moment at which a tone's
first packet leaves to the moment at which it is handed on as sound: for the three seconds before the network is bad,
while it is, and for five seconds from one second after it is good again.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from callcore.clock import SystemClock
from callcore.errors import TransportClosed
from media_worker.transports.webrtc.connection import Connection
from media_worker.transports.webrtc.leg import WebRtcLeg
from media_worker.transports.webrtc.offer import read_offer
from media_worker.transports.webrtc.terms import IceTerms
from tests.peers.stall import stall_of_the_machine
from tests.peers.udp_relay import (
    Fate,
    between,
    in_order,
    losing,
    losing_in_bursts,
    reordering,
    udp_relay,
    unsteady,
    without_candidates,
)
from tests.peers.webrtc_client import FRAME_S, RATE_HZ, calling, sound_of

GOOD_S, BAD_S, AFTER_S = 3.0, 12.0, 6.0
TONE_EVERY_S, TONE_S = 0.5, 0.1
LOUD = 2000
NETWORKS: dict[str, Callable[[], Fate]] = {
    "nothing lost": lambda: losing(0.0),
    "2 % lost": lambda: losing(0.02),
    "5 % lost": lambda: losing(0.05),
    "10 % lost": lambda: losing(0.10),
    "5 % lost, five at a time": lambda: losing_in_bursts(0.05, 5),
    "60 ms of jitter, in order": lambda: in_order(unsteady(0.06)),
    "60 ms of jitter, overtaking": lambda: unsteady(0.06),
    "10 % come 30 ms late": lambda: reordering(0.10),
}


@dataclass
class Ear:
    """What one end heard: when each piece of sound was handed on."""

    name: str
    onsets: list[float] = field(default_factory=list)
    """When a tone began to be heard."""
    seconds: float = 0.0
    """How much sound there was."""
    made_up: int = 0
    """Packets that had to be concealed."""
    _quiet_s: float = 1.0

    def hear(self, pcm: bytes, now: float) -> None:
        """A piece is handed on."""
        samples = np.frombuffer(pcm, "<i2").astype(np.int32)
        self.seconds += samples.size / RATE_HZ
        for piece in np.array_split(samples, max(1, samples.size // 160)):
            if piece.size and np.abs(piece).max() > LOUD:
                if self._quiet_s > 0.15:
                    self.onsets.append(now)
                self._quiet_s = 0.0
            else:
                self._quiet_s += piece.size / RATE_HZ


@dataclass(frozen=True)
class Heard:
    """Of one end on one network, ms."""

    name: str
    before: float
    during: float
    worst: float
    after: float
    made_up_share: float
    missing_s: float
    """Time of the caller's that was left out."""
    tones: int


@asynccontextmanager
async def our_end(offer: str, ear: Ear) -> AsyncIterator[str]:
    """Our leg's answer; what it receives is heard."""
    clock = SystemClock()
    leg = WebRtcLeg(clock)
    connection = Connection(IceTerms(("127.0.0.1",)), leg)
    taken = read_offer(offer)
    answer = await connection.answer(taken)
    leg.use(connection, connection.codecs, speaks=True)

    async def listen() -> None:
        try:
            while True:
                received = await leg.receive()
                if isinstance(received, bytes):
                    ear.hear(received, asyncio.get_running_loop().time())
        except TransportClosed:
            return

    async def tick() -> None:
        while True:
            leg.tick(clock.monotonic_s())
            await asyncio.sleep(FRAME_S)

    async with asyncio.TaskGroup() as tasks:
        listening, ticking = tasks.create_task(listen()), tasks.create_task(tick())
        try:
            yield answer
        finally:
            ear.made_up = leg.arrivals.lost
            ticking.cancel()
            await leg.aclose(1000, "")
            listening.cancel()


@asynccontextmanager
async def stock_end(offer: str, ear: Ear) -> AsyncIterator[str]:
    """aiortc's answer; what its track gives is heard."""
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))

    async def listen(track: MediaStreamTrack) -> None:
        async for pcm in sound_of(track):
            ear.hear(pcm, asyncio.get_running_loop().time())

    async with asyncio.TaskGroup() as tasks:
        peer.on("track", lambda track: tasks.create_task(listen(track)))
        await peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await peer.setLocalDescription(await peer.createAnswer())
        try:
            yield peer.localDescription.sdp
        finally:
            await peer.close()


End = Callable[[str, Ear], AbstractAsyncContextManager[str]]


async def measure(
    network: Callable[[], Fate], ear: Ear, end: End, good_s: float = GOOD_S, bad_s: float = BAD_S
) -> Heard:
    """One call: how long tones took before, while and after the network was bad."""
    first, last = round(good_s / FRAME_S), round((good_s + bad_s) / FRAME_S)
    tone = (12_000 * np.sin(np.arange(round(TONE_S * RATE_HZ)) * 2 * np.pi * 1000 / RATE_HZ)).astype("<i2").tobytes()
    pause = bytes(2 * round((TONE_EVERY_S - TONE_S) * RATE_HZ))
    tones = round((good_s + bad_s + AFTER_S) / TONE_EVERY_S)
    async with (
        udp_relay(between(first, last, network())) as relay,
        calling() as (client, offer),
        end(without_candidates(offer), ear) as answer,
    ):
        # Half a second of silence, in which the connection stands.
        client.say(bytes(2 * RATE_HZ // 2) + (tone + pause) * tones)
        await client.take(relay.divert(answer))
        while client.microphone.speaking:  # noqa: ASYNC110 - the microphone has no events
            await asyncio.sleep(0.1)
        await asyncio.sleep(1.0)
    return _heard(ear, relay.media_sent_at, tones, good_s, bad_s)


def _heard(ear: Ear, sent_at: Sequence[float], tones: int, good_s: float, bad_s: float) -> Heard:
    """Every packet is a frame of the microphone's; the first tone begins with the one after the silence."""
    step = round(TONE_EVERY_S / FRAME_S)
    found: dict[str, list[float]] = {"before": [], "during": [], "after": []}
    for number in range(step, min(len(sent_at), step * (tones + 1)), step):
        waits = [onset - sent_at[number] for onset in ear.onsets]
        latency = next((wait for wait in waits if -0.005 < wait < TONE_EVERY_S - TONE_S), None)
        seconds = number * FRAME_S
        if latency is None or good_s + bad_s <= seconds <= good_s + bad_s + 1.0:
            continue
        found["before" if seconds < good_s else "during" if seconds < good_s + bad_s else "after"].append(latency)
    return Heard(
        ear.name,
        _ms(found["before"]),
        _ms(found["during"]),
        max(found["during"], default=float("nan")) * 1000,
        _ms(found["after"]),
        100 * ear.made_up / len(sent_at),
        max(0.0, len(sent_at) * FRAME_S - ear.seconds),
        sum(map(len, found.values())),
    )


def _ms(seconds: Sequence[float]) -> float:
    return float(np.median(seconds)) * 1000 if seconds else float("nan")


async def compare(names: Sequence[str]) -> list[tuple[str, Heard, Heard]]:
    """Ours and aiortc's own, at the same time, on each of these networks."""
    compared = []
    for name in names:
        ours, stock = await asyncio.gather(
            measure(NETWORKS[name], Ear("ours"), our_end), measure(NETWORKS[name], Ear("aiortc"), stock_end)
        )
        compared.append((name, ours, stock))
        print(f"{name}…", file=sys.stderr)
    return compared


async def main(names: Sequence[str]) -> None:
    """Print the comparison."""
    async with stall_of_the_machine() as stall:
        compared = await compare(names)
    print(f"Mouth to ear over WebRTC, ms; the machine stood still for {stall.worst_s * 1000:.0f} ms at worst\n")
    print(f"{'network':30} {'':7} {'before':>7} {'while':>7} {'worst':>7} {'after':>7} {'made up':>8} {'left out':>9}")
    for name, *both in compared:
        for heard in both:
            print(
                f"{name if heard.name == 'ours' else '':30} {heard.name:7} {heard.before:7.0f} {heard.during:7.0f} "
                f"{heard.worst:7.0f} {heard.after:7.0f} {heard.made_up_share:6.1f} % {heard.missing_s:7.2f} s"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("networks", nargs="*", default=list(NETWORKS))
    asyncio.run(main(parser.parse_args().networks))
