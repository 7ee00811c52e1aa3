"""What the embedded recogniser understands of callers behind bad networks, and what becomes of who breaks in.

    python -m tests.bench.rtp_network

Twenty synthetic callers speak to a whole session by RTP, G.711 at 8 kHz, in virtual time. Networks differ by nothing
but what they do to the packets, so a clean one is the reference.
"""

import argparse
import asyncio
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np

from media_worker.media.resample import Resampler
from media_worker.media.rtp import RtpPacket
from media_worker.session.pacer import Pacer
from media_worker.transports.rtp.leg import RtpLeg, RtpStatistics, open_leg
from media_worker.transports.rtp.terms import CLOCK_HZ, Address, Codec, RtpTerms
from tests.bench.audio_call import ROOM_DBFS, hold
from tests.bench.inline_speech import InlineRecogniser
from tests.bench.thirty_turns import AFTER_S, BEFORE_S, agent
from tests.peers import people
from tests.peers.people import Utterance
from tests.peers.rtp_caller import CALLER, Telephone, Wire
from tests.virtual_time import VirtualClock, run_virtual

FRAME_S = 0.02
HIJACKER = Address("203.0.113.9", 5000)
TERMS = RtpTerms(CALLER, CALLER.host, Codec.PCMU)
FEWER = 3
"""Of twenty: a network may cost so many."""


@dataclass(frozen=True)
class Network:
    """What it does to packets; each is delayed on its own, so they overtake each other."""

    name: str
    loss: float = 0.0
    jitter_s: float = 0.0
    changes_source: bool = False
    """In the middle of the words the caller's packets come of another SSRC, with other numbers."""
    hijacked: bool = False
    """Somebody else sends his own sound to our port all the time, with the caller's SSRC."""


CLEAN = Network("a clean network")
NETWORKS = (
    CLEAN,
    Network("5 % loss", loss=0.05),
    Network("60 ms jitter, reordered", jitter_s=0.06),
    Network("another SSRC in the middle", changes_source=True),
    Network("a hijacker", hijacked=True),
    Network("all of it", 0.05, 0.06, changes_source=True, hijacked=True),
)


@dataclass(frozen=True)
class Taken:
    """What became of a call."""

    is_understood: bool
    statistics: RtpStatistics
    strangers_target: bool
    """Something of ours was sent to the hijacker."""


@dataclass(frozen=True)
class Outcome:
    """Of all calls over one network."""

    network: Network
    understood: int
    calls: int
    lost: int
    late: int
    reordered: int
    refused: int
    leaked: int
    """Calls of which the hijacker got something."""

    def __str__(self) -> str:
        return (
            f"{self.network.name}: {self.understood} of {self.calls} understood; packets: {self.lost} given up, "
            f"{self.late} too late, {self.reordered} put in order, {self.refused} of strangers refused"
        )


def call_over(network: Network, utterance: Utterance, seed: int) -> Taken:
    """One call of one turn."""

    async def scene() -> Taken:
        wire, clock = Wire(), VirtualClock()
        pacer = Pacer(clock)
        async with open_leg(wire, TERMS, pacer, clock) as leg:
            arriving = sorted(_arriving(network, _sound(utterance, seed), Random(seed)), key=lambda one: one[0])
            plan = agent(people.RESTAURANT)
            end = await hold(plan, leg, InlineRecogniser(), pacer, _deliver(wire, leg, arriving))
            said = " ".join(str(message["content"]) for message in end.chat if message["role"] == "user")
            leaked = any(target == HIJACKER for _, target in wire.rtp + wire.rtcp)
            return Taken(utterance.understood_as(said), leg.statistics, leaked)

    return run_virtual(scene())


def _sound(utterance: Utterance, seed: int) -> bytes:
    """Quiet, the words, quiet; at a telephone's rate, in a room."""
    words = np.frombuffer(Resampler(utterance.rate_hz, CLOCK_HZ).push(utterance.pcm), "<i2")
    quiet = [np.zeros(round(seconds * CLOCK_HZ), np.int16) for seconds in (BEFORE_S, AFTER_S)]
    sound = np.concatenate((quiet[0], words, quiet[1])).astype(np.float64)
    sound += np.random.default_rng(seed).normal(size=sound.size) * 32768 * 10 ** (ROOM_DBFS / 20)
    return sound.clip(-32768, 32767).astype("<i2").tobytes()


Arriving = tuple[float, RtpPacket, Address]


def _arriving(network: Network, sound: bytes, random: Random) -> Iterator[Arriving]:
    packets = list(Telephone().say(sound))
    if network.changes_source:
        middle = len(packets) // 2
        packets[middle:] = list(Telephone(ssrc=99, sequence=7, timestamp=1).say(sound))[middle:]
    for index, packet in enumerate(packets):
        if random.random() >= network.loss:
            yield FRAME_S * index + random.uniform(0, network.jitter_s), packet, CALLER
    if network.hijacked:
        noise = np.random.default_rng(1).normal(size=len(sound) // 2) * 8000
        his = Telephone().say(noise.clip(-32768, 32767).astype("<i2").tobytes())
        for index, packet in enumerate(his):
            yield FRAME_S * index + 0.01, replace(packet, ssrc=packets[0].ssrc), HIJACKER


async def _deliver(wire: Wire, leg: RtpLeg, arriving: Sequence[Arriving]) -> None:
    began_at = asyncio.get_running_loop().time()
    for at, packet, source in arriving:
        await asyncio.sleep(max(0.0, began_at + at - asyncio.get_running_loop().time()))
        wire.arrive(packet.to_wire(), source)
    await asyncio.sleep(0.2)
    leg.hang_up()


def measure(network: Network, callers: Sequence[Utterance]) -> Outcome:
    """All of them, one after the other."""
    taken = [call_over(network, caller, seed) for seed, caller in enumerate(callers)]
    arrivals = [one.statistics.arrivals for one in taken]
    return Outcome(
        network,
        understood=sum(one.is_understood for one in taken),
        calls=len(taken),
        lost=sum(one.lost for one in arrivals),
        late=sum(one.late for one in arrivals),
        reordered=sum(one.reordered for one in arrivals),
        refused=sum(one.statistics.refused for one in taken),
        leaked=sum(one.strangers_target for one in taken),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print every network's line; 1 when one of them costs too much."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args(
        arguments
    )
    callers, least, missed = people.flite_people(), 0, False
    for network in NETWORKS:
        outcome = measure(network, callers)
        least = outcome.understood - FEWER if network is CLEAN else least
        is_missed = outcome.understood < least or outcome.leaked > 0
        missed = missed or is_missed
        print(f"{'MISSED' if is_missed else 'ok    '} {outcome}", flush=True)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
