"""What callers over WebRTC cost a worker, and how long they wait for answers, beside callers by /millis in one run.

    PYTHONPATH=functions:. .venv/bin/python -m tests.bench.webrtc_cost > tests/bench/reports/webrtc_cost.txt

A running stack whose agent recites serves callers of both kinds in turn. The wait is what the caller's side sees: from
the last frame of what was said to the first sound of the answer. Recogniser, model, voice and end of turn are the same,
so that the difference is what WebRTC adds: encoding, its pace of 20 ms, the network of this machine, the peer's decoder
and its jitter buffer (aiortc's holds 80 ms back, which is the caller's side and told apart). The processor time is that
of the worker's process alone.
"""

import argparse
import asyncio
import json
import os
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from media_worker.providers.scripted.tts import tone
from tests.bench.phone_latency import CONFIG, post, waits
from tests.e2e.stack import Stack, running
from tests.peers.millis_client import connect
from tests.peers.stall import stall_of_the_machine
from tests.peers.webrtc_client import WebRtcClient, calling

TURNS = 4
TICK = os.sysconf("SC_CLK_TCK")
PEER_HOLDS_S = 0.080
"""aiortc's jitter buffer at the caller (telephony.md 4.4): four frames are kept back."""
QUIET_S, PATIENCE_S = 0.6, 20.0
LOUD = 1000


def worker_of(stack: Stack) -> int:
    """The process that holds the calls."""
    for folder in Path("/proc").iterdir():
        try:
            command = (folder / "cmdline").read_text()
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if "infra.local.media_process" in command and parent == stack.process.pid:
            return int(folder.name)
    raise LookupError("the stack has no worker")


def processor_s(pid: int) -> float:
    """The time that the process has used, in user and system mode."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


@dataclass
class Cost:
    """Of callers of one kind."""

    waited: list[float]
    processor_s: float
    """Of the worker."""
    call_s: float
    """Of all calls together."""

    @property
    def share(self) -> float:
        """Processor seconds for a second of one call."""
        return self.processor_s / self.call_s

    def line(self, name: str) -> str:
        """For the report."""
        p50, p95 = (round(float(np.percentile(self.waited, q)) * 1000) for q in (50, 95))
        return (
            f"{name:12} {len(self.waited):5} answers after {p50:5} ms (p50) {p95:5} ms (p95)"
            f"   {60 * self.share:6.2f} s of processor a minute   {1 / self.share:6.0f} calls a core"
        )


async def over_webrtc(stack: Stack, agent_id: str) -> tuple[list[float], float]:
    """One caller: how long every answer was waited for, and how long the call was."""
    began = time.monotonic()
    async with calling() as (client, offer):
        reply = await asyncio.to_thread(
            _post_open, stack, {"offer": {"sdp": offer, "type": "offer"}, "initiate": _initiate(stack, agent_id)}
        )
        await client.take(reply["sdp"])
        await client.wait_for("onready")
        heard = _Onsets(client)
        await heard.quiet()
        found = []
        for _ in range(TURNS):
            client.say(tone(0, 600))
            while client.microphone.speaking:  # noqa: ASYNC110 - the microphone has no events
                await asyncio.sleep(0.005)
            spoke_at = time.monotonic()
            found.append(await heard.next() - spoke_at - PEER_HOLDS_S)
            await heard.quiet()
    return found, time.monotonic() - began


class _Onsets:
    """When the agent begins and stops to be heard."""

    def __init__(self, client: WebRtcClient) -> None:
        self._client = client

    def _loud(self, since: int) -> bool:
        pcm = np.frombuffer(bytes(self._client.heard[since:]), "<i2").astype(np.int32)
        return bool(pcm.size) and int(np.abs(pcm).max()) > LOUD

    async def next(self) -> float:
        """The moment at which sound comes."""
        at = len(self._client.heard)
        async with asyncio.timeout(PATIENCE_S):
            while not self._loud(at):
                at = max(at, len(self._client.heard) - 2000 & ~1)
                await asyncio.sleep(0.005)
        return time.monotonic()

    async def quiet(self) -> None:
        """Sound has come, and has stopped."""
        async with asyncio.timeout(PATIENCE_S):
            await self.next()
            # In a long silence the agent sends next to nothing.
            at = 0
            while self._loud(at):
                at = len(self._client.heard)
                await asyncio.sleep(QUIET_S)


def _initiate(stack: Stack, agent_id: str) -> dict[str, Any]:
    return {"public_key": stack.connection["public_key"], "agent": {"agent_id": agent_id}}


def _post_open(stack: Stack, body: Any) -> Any:
    request = urllib.request.Request(stack.connection["api_url"] + "/webrtc/initiate", json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=20) as reply:
        return json.load(reply)


async def over_millis(stack: Stack, agent_id: str) -> tuple[list[float], float]:
    """The same by /millis."""
    began = time.monotonic()
    async with connect(stack.connection["media_url"]) as client:
        await client.initiate(**_initiate(stack, agent_id))
        found = await waits(client.playback.arrived_at, client)
    return found, time.monotonic() - began


async def cost(stack: Stack, callers: int, one: Callable[[Stack, str], Any], agent_id: str) -> Cost:
    """So many callers of a kind at once."""
    worker = worker_of(stack)

    async def later(number: int) -> tuple[list[float], float]:
        await asyncio.sleep(0.1 * number)
        waited: tuple[list[float], float] = await one(stack, agent_id)
        return waited

    before = processor_s(worker)
    outcomes = await asyncio.gather(*map(later, range(callers)))
    used = processor_s(worker) - before
    return Cost([wait for waited, _ in outcomes for wait in waited], used, sum(length for _, length in outcomes))


async def main(callers: int, rounds: Sequence[int] = (1, 2)) -> None:
    """Print the comparison."""
    with running(Path(tempfile.mkdtemp())) as stack:
        agent_id = post(stack, "/agents", {"name": "Cost", "config": CONFIG})["id"]
        await over_webrtc(stack, agent_id)  # what a worker loads for its first caller is loaded
        async with stall_of_the_machine() as stall:
            for _ in rounds:
                for name, one in (("/millis", over_millis), ("WebRTC", over_webrtc)):
                    print((await cost(stack, callers, one, agent_id)).line(name), flush=True)
    print(f"\n{callers} callers at once; the machine stood still for {stall.worst_s * 1000:.0f} ms at worst")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--callers", type=int, default=10)
    asyncio.run(main(parser.parse_args().callers))
