"""How much longer callers by telephone wait for answers than those by /millis, many at once, in the same run.

    make soak        (PYTHONPATH=functions:. .venv/bin/python -m tests.bench.phone_latency --callers 30)

A running stack whose agent recites serves rounds of callers in turn, by Twilio's stream and by /millis. Measured is
what the caller's side sees: from the last frame of what was said to the first piece of the answer. Recogniser, model,
voice and end of turn are the same, so that the difference is what a telephone adds.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from media_worker.providers.scripted.tts import tone
from tests.e2e.stack import Stack, running
from tests.peers.carrier_call import CarrierCall, twilio_call
from tests.peers.millis_client import MillisClient, connect
from tests.peers.stall import stall_of_the_machine

MAX_ADDED_MS = 10.0
TURNS, ROUNDS = 4, 2
QUIET_S = 0.6
"""Without audio for so long, the agent has said what it had to say."""
PATIENCE_S = 20.0
CONFIG = {
    "prompt": "P",
    "first_message": "Good morning.",
    "speech_to_text": {"provider": "scripted"},
    "llm": {"provider": "scripted", "replies": ["Certainly, one moment."]},
    "voice": {"provider": "scripted"},
}


@dataclass(frozen=True)
class Outcome:
    """What was measured; times in ms."""

    callers: int
    answers_by_phone: int
    answers_by_millis: int
    phone_p50: float
    phone_p95: float
    millis_p50: float
    millis_p95: float
    stall: float
    """How late the machine itself was at worst."""

    @property
    def added_p95(self) -> float:
        """What a telephone adds."""
        return self.phone_p95 - self.millis_p95


def post(stack: Stack, path: str, body: Any) -> Any:
    """The reply to a POST with the private key."""
    headers = {"Authorization": stack.connection["private_key"]}
    request = urllib.request.Request(stack.connection["api_url"] + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as reply:
        return json.load(reply)


async def waits(arrived_at: Sequence[float], caller: CarrierCall | MillisClient) -> list[float]:
    """Ask, listen, ask again; how long every answer was waited for, seconds."""
    found = []
    await _said_all(arrived_at, 0.0)
    for _ in range(TURNS):
        asked_at = time.monotonic()
        caller.say(tone(0, 600))
        await _said_all(arrived_at, asked_at)
        found.append(next(at for at in arrived_at if at > caller.spoke_at) - caller.spoke_at)
    return found


async def _said_all(arrived_at: Sequence[float], since: float) -> None:
    """The agent has spoken since then, and is silent."""
    async with asyncio.timeout(PATIENCE_S):
        while not arrived_at or arrived_at[-1] < since or time.monotonic() - arrived_at[-1] < QUIET_S:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def measure(stack: Stack, callers: int, rounds: int = ROUNDS) -> Outcome:
    """Rounds of so many callers at once, by phone and by /millis in turn."""
    agent_id = post(stack, "/agents", {"name": "Latency", "config": CONFIG})["id"]
    key = post(stack, "/keys", {"kind": "public", "label": "phones", "policy": {"phone": True}})["key"]
    media_url = stack.connection["media_url"]

    async def by_phone(after_s: float) -> list[float]:
        await asyncio.sleep(after_s)
        async with twilio_call(media_url, public_key=key, agent_id=agent_id) as call:
            return await waits(call.arrived_at, call)

    async def by_millis(after_s: float) -> list[float]:
        await asyncio.sleep(after_s)
        async with connect(media_url) as client:
            await client.initiate(public_key=stack.connection["public_key"], agent={"agent_id": agent_id})
            return await waits(client.playback.arrived_at, client)

    async def all_of(one: Callable[[float], Any]) -> list[float]:
        found = await asyncio.gather(*(one(0.07 * number) for number in range(callers)))
        return [wait for waited in found for wait in waited]

    phones: list[float] = []
    web: list[float] = []
    async with stall_of_the_machine() as stall:
        for _ in range(rounds):
            web += await all_of(by_millis)
            phones += await all_of(by_phone)
    return Outcome(callers, len(phones), len(web), *_share(phones), *_share(web), stall.worst_s * 1000)


def _share(waited: Sequence[float]) -> tuple[float, float]:
    """Median and 95th percentile, ms."""
    ordered = sorted(waited)
    return 1000 * ordered[len(ordered) // 2], 1000 * ordered[int(0.95 * len(ordered))]


def main() -> int:
    """Print what was measured; 1 when a telephone adds more than it may."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--callers", type=int, default=30)
    with tempfile.TemporaryDirectory() as directory, running(Path(directory) / "parley") as stack:
        outcome = asyncio.run(measure(stack, parser.parse_args().callers))
    for name, value in {**asdict(outcome), "added_p95": outcome.added_p95}.items():
        print(f"{name:>17}  {value:.1f}" if isinstance(value, float) else f"{name:>17}  {value}")
    is_met = outcome.added_p95 <= MAX_ADDED_MS
    print(f"a telephone adds {'at most' if is_met else 'more than'} {MAX_ADDED_MS:.0f} ms at p95")
    return not is_met


if __name__ == "__main__":
    sys.exit(main())
