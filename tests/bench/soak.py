"""A fast-forward soak: callers who talk for an hour of virtual time, each call after the other, on real sessions.

    make soak        (PYTHONPATH=functions:. .venv/bin/python -m tests.bench.soak --minutes 60)

Supervisor, sessions, conversation, playout, transport, stores and recordings are the real ones; language model, voice
and recogniser recite; some callers are heard by the real VAD. Memory is measured after a warm-up and at the end.
"""

import argparse
import asyncio
import ctypes
import gc
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from callauth.keys import key_record
from callcore.accounts.account import Account, KeyKind
from callcore.agents.agent import Agent
from callcore.calls.call import CallStatus
from callcore.errors import TransportClosed
from callcore.ids import AccountId, AgentId
from callcore.jsontext import to_json
from callcore.opening.plan import SessionPlan
from callcore.wire.events import CallEnded
from callstore.files import FilesBlobStore
from callstore.sqlite.stores import SqliteStores
from media_worker.ports.socket import Peer
from media_worker.providers.local import silero
from media_worker.providers.scripted import llm, stt, tts, vad
from media_worker.session.allowances import Allowances
from media_worker.session.casting.providers import Providers
from media_worker.session.journal import Stores
from media_worker.session.supervisor import Capacity, Supervisor
from tests.peers.speaker import utter
from tests.peers.worker_parts import admission_on
from tests.virtual_time import VirtualClock, run_virtual

FRAME_S, FRAME_BYTES = 0.020, 640
WARM_UP = 0.25
"""The share of the time after which the memory is measured first: by then everything was used once."""
ACCOUNT = Account(AccountId("acc_soak"), "Soak", 0.0, "s" * 32, max_concurrent_calls=1000)
KEY = "k" * 32
PHRASES = ("what are your opening hours", "book a table for two at seven", "okay", "goodbye and thank you")
UTTERANCES = ("what are your opening hours", "okay", "", "book a table for two", "no stop", "uh", "seven five five")
REPLIES = (
    "We are open from nine to nine, every day except Monday. Would you like to book a table?",
    "Certainly.",
    "For how many people, and at what time? We have room at six, at seven and at half past eight.",
    "Your table for two at seven is booked. You will get a message soon. Is there anything else?",
)


@dataclass(frozen=True)
class Load:
    """Who talks."""

    minutes: float
    callers: int = 10
    heard_by_the_real_vad: int = 2
    recorded: int = 3
    seed: int = 1


@dataclass(frozen=True)
class Outcome:
    """What was measured."""

    sessions: int
    turns: int
    recordings: int
    unhappy: int
    """Calls that ended in an error."""
    rss_growth_mib: float
    """From the warm-up to the end."""
    sessions_left: int
    tasks_left: int
    files_left: int
    """Open files and sockets, beyond those from before."""
    wall_s: float

    def problems(self, load: Load) -> list[str]:
        """What is not as it must be."""
        found = {
            "there were no conversations": self.turns < self.sessions or self.sessions < load.callers,
            "calls ended in errors": self.unhappy > 0,
            "calls were not recorded": (self.recordings > 0) != (load.recorded > 0),
            "memory grew by a MiB for each session at a time": self.rss_growth_mib >= load.callers,
            "sessions were left": self.sessions_left > 0,
            "tasks were left": self.tasks_left > 0,
            "files or sockets were left open": self.files_left > 0,
        }
        return [problem for problem, is_so in found.items() if is_so]


class CallerSocket:
    """A client in the same process; what it hears is forgotten."""

    def __init__(self, agent_id: AgentId) -> None:
        self.peer = Peer("127.0.0.1", "/millis")
        self.closed = False
        self._incoming: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        data = {"public_key": KEY, "agent": {"agent_id": agent_id}, "metadata": {"userName": "Ann"}}
        self._incoming.put_nowait(to_json({"method": "initiate", "data": data}))

    async def receive(self) -> str | bytes:
        message = await self._incoming.get()
        if message is None:
            raise TransportClosed(1000)
        return message

    async def send(self, message: str | bytes) -> None:
        if self.closed:
            raise TransportClosed(1006)

    async def aclose(self, code: int, reason: str) -> None:
        self.closed = True

    async def speak(self, pcm: bytes) -> None:
        """In real time, like a microphone."""
        for start in range(0, len(pcm), FRAME_BYTES):
            if self.closed:
                return
            self._incoming.put_nowait(pcm[start : start + FRAME_BYTES])
            await asyncio.sleep(FRAME_S)

    def hang_up(self) -> None:
        self._incoming.put_nowait(None)


def agent_config(number: int, load: Load) -> Mapping[str, Any]:
    return {
        "first_message": "Hi {userName}, this is the harbour table. How can I help you?",
        "prompt": "You take bookings.",
        "speech_to_text": {"provider": "scripted", "utterances": UTTERANCES[number % 3 :]},
        "llm": {"provider": "scripted", "replies": REPLIES, "ttft_ms": 180, "token_ms": 20},
        "voice": {"provider": "scripted", "settings": {"first_audio_ms": 90, "pace": 4}},
        "call_settings": {"enable_recording": number < load.recorded},
        "flow": {"inactivity_handling": {"idle_time": 6, "message": "Are you still there?"}},
    }


async def talk(supervisor: Supervisor, number: int, load: Load) -> None:
    """Call again and again until the time is over."""
    fate = random.Random(load.seed * 1000 + number)
    loop = asyncio.get_running_loop()
    phrases = [utter(phrase) for phrase in PHRASES]
    while loop.time() < load.minutes * 60:
        socket = CallerSocket(AgentId(f"-{number}"))
        async with asyncio.TaskGroup() as tasks:
            attending = tasks.create_task(supervisor.attend(socket))
            await socket.speak(bytes(FRAME_BYTES * fate.randrange(20, 200)))
            for _ in range(fate.randrange(1, 10)):
                await socket.speak(fate.choice(phrases))
                await socket.speak(bytes(FRAME_BYTES * fate.randrange(25, 400)))
            socket.hang_up()
            await attending


def rss_mib() -> float:
    """Resident memory of this process, without what its allocator keeps for later: that depends on the highest use."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def supervise(stores: SqliteStores, blobs: FilesBlobStore, load: Load) -> Supervisor:
    clock = VirtualClock()
    stores.accounts.put_account(ACCOUNT)
    stores.accounts.put_key(key_record(KEY, KeyKind.PUBLIC, ACCOUNT.account_id, "soak", 0.0))
    for number in range(load.callers):
        config = agent_config(number, load)
        stores.agents.put_agent(Agent(AgentId(f"-{number}"), ACCOUNT.account_id, "Desk", config, 0.0))
    real_vad, simple_vad = silero.create(), vad.create()

    async def choose(plan: SessionPlan, account: Account) -> Providers:
        is_real = int((plan.agent_id or "-0")[1:]) < load.heard_by_the_real_vad
        return Providers(stt.create(), llm.create(), tts.create(), real_vad if is_real else simple_vad)

    return Supervisor(
        admission_on(stores, clock),
        choose,
        Stores(stores.calls, stores.checkpoints, stores.queue("call_events"), blobs),
        clock,
        Capacity(load.callers, "soak", stores.workers),
        Allowances(stores.day_totals, stores.running_calls, clock),
    )


async def _soak(stores: SqliteStores, blobs: FilesBlobStore, load: Load) -> dict[str, Any]:
    """What the outcome says of the worker."""
    supervisor = supervise(stores, blobs, load)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(supervisor.run())
        callers = [tasks.create_task(talk(supervisor, number, load)) for number in range(load.callers)]
        await asyncio.sleep(load.minutes * 60 * WARM_UP)
        warm_mib = rss_mib()
        await asyncio.wait(callers)
        running.cancel()
    grown_mib = rss_mib() - warm_mib
    ends = await asyncio.to_thread(lambda: list(_ends(stores)))
    checkpoints = [stores.checkpoints.load_checkpoint(end.session_id) for end in ends]
    return {
        "sessions": len(ends),
        "turns": sum(len(checkpoint.call_metrics["turns"]) for checkpoint in checkpoints if checkpoint),
        "recordings": sum(end.recording is not None for end in ends),
        "unhappy": sum(end.status is CallStatus.ERROR for end in ends),
        "rss_growth_mib": grown_mib,
        "sessions_left": supervisor.session_count,
        "tasks_left": len(asyncio.all_tasks()) - 1,
    }


def _ends(stores: SqliteStores) -> Iterator[CallEnded]:
    queue = stores.queue("call_events")
    while deliveries := queue.receive(100, 3600.0):
        yield from (CallEnded.model_validate_json(delivery.body) for delivery in deliveries)


def soak(load: Load, directory: Path) -> Outcome:
    """Let them talk; everything that is written lies in the directory."""
    silero.create().open(16_000).push(bytes(4 * FRAME_BYTES))  # the model stays loaded: it is no leak
    utter(PHRASES[0])
    began_s, files_before = time.perf_counter(), open_files()
    with SqliteStores(directory / "soak.db", VirtualClock()) as stores:
        seen = run_virtual(_soak(stores, FilesBlobStore(directory / "blobs"), load))
    return Outcome(**seen, files_left=open_files() - files_before, wall_s=time.perf_counter() - began_s)


def main() -> int:
    """Print what was measured; 1 when something is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--minutes", type=float, default=60.0, help="of virtual time")
    parser.add_argument("--seed", type=int, default=1)
    load = Load(**vars(parser.parse_args()))
    with tempfile.TemporaryDirectory() as directory:
        outcome = soak(load, Path(directory))
    for name, value in {**asdict(load), **asdict(outcome)}.items():
        print(f"{name:>22}  {value:.1f}" if isinstance(value, float) else f"{name:>22}  {value}")
    problems = outcome.problems(load)
    print("\n".join(problems) or "nothing grew, nothing was left")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
