"""Many SIP calls at once, and what each costs: transport alone with every packet echoed, and whole conversations.

    PYTHONPATH=functions:. .venv/bin/python -m tests.bench.sip_load --echoes 300 --talks 60

SIPp calls, speaks (PCMA over RTP) and hangs up; a worker in a process of its own answers, with scripted speech. A call
is held when SIPp counts it as successful and, of an echo, packets went both ways, of a talk, its user was answered.
"""

import argparse
import asyncio
import json
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import uvloop

from callcore.errors import TransportClosed
from callcore.wire.client import OnReady
from media_worker.media.g711 import a_law
from media_worker.session.clock import LoopClock
from media_worker.session.pacer import Pacer
from media_worker.transports.rtp.ports import RtpPorts
from media_worker.transports.sip.bound import bind
from media_worker.transports.sip.endpoint import Endpoint, IncomingCall, SipTerms
from media_worker.transports.sip.leg import open_leg
from tests.peers.sip_worker import HERE, sip_worker
from tests.peers.sipp import played

USER = "desk"
CALLS_PER_S = 30
MAX_FILES = 8192
CONFIG = {
    "first_message": "Good morning.",
    "llm": {"replies": ["Certainly, one moment."]},
    "speech_to_text": {"utterances": ["are you there"]},
}


@dataclass(frozen=True)
class Outcome:
    """What was measured."""

    calls: int
    at_once: int
    """At most."""
    held: int
    seconds: float
    """Of each call."""
    worker_cpu_s: float
    late_percent: float
    """How many of the last seconds' playout rounds were a frame late or more."""

    @property
    def cpu_ms_per_call_s(self) -> float:
        """Of one core, for a second of one call."""
        return 1000 * self.worker_cpu_s / (self.calls * self.seconds)


async def measure(kind: str, calls: int, seconds: float, folder: Path) -> Outcome:
    """Hold so many calls, all at once for a while."""
    (folder / "said.alaw").write_bytes(a_law().encode(_speech()))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.sip_load", "--serve", kind, "--directory", str(folder),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        port = int(await process.stdout.readline())
        lasts_ms = round(1000 * (seconds + calls / CALLS_PER_S))
        options = ("-s", USER, "-m", str(calls), "-l", str(calls), "-r", str(CALLS_PER_S), "-d", str(lasts_ms))
        within_s = round(lasts_ms / 1000 + calls / CALLS_PER_S + 40)
        await played("speaking", f"{HERE}:{port}", folder, *options, "-mp", "12000", within_s=within_s)
        reply, _ = await process.communicate(b"\n")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    counted = json.loads(reply)
    return Outcome(calls=calls, seconds=lasts_ms / 1000, **counted)


def _speech() -> bytes:
    """A second of sound and two of silence, 8 kHz."""
    loud = b"".join((3000 if at // 10 % 2 else -3000).to_bytes(2, "little", signed=True) for at in range(8000))
    return loud + bytes(2 * 2 * 8000)


class _Echo:
    """Answers, and says what it hears."""

    def __init__(self, pacer: Pacer, clock: LoopClock) -> None:
        self._pacer, self._clock, self._ports = pacer, clock, RtpPorts(HERE, 20_000, 29_998)
        self.running = self.at_once = self.held = 0

    async def take(self, call: IncomingCall) -> None:
        call.meet()
        call.ring()
        async with self._ports.open() as ports, open_leg(call, ports, self._pacer, self._clock) as leg:
            leg.send(OnReady("echo", False))
            self.running += 1
            self.at_once = max(self.at_once, self.running)
            heard = 0
            try:
                while True:
                    received = await leg.receive()
                    if isinstance(received, bytes):
                        heard += 1
                        leg.send(received)
            except TransportClosed:
                self.held += heard > 50
            finally:
                self.running -= 1


async def _serve_echo(directory: Path) -> dict[str, float]:
    clock = LoopClock()
    pacer = Pacer(clock)
    echo = _Echo(pacer, clock)
    with bind(HERE, 0) as bound:
        endpoint = Endpoint(SipTerms(HERE), bound, clock, echo.take)
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(part.run()) for part in (pacer, endpoint)]
            used_s = await _until_asked(bound.port)
            for task in running:
                task.cancel()
    return _counts(echo.at_once, echo.held, pacer.late_percent, used_s)


async def _serve_talks(directory: Path) -> dict[str, float]:
    async with sip_worker(directory, max_sessions=1000) as worker:
        worker.address(USER, CONFIG)
        at_once = 0

        async def count() -> None:
            nonlocal at_once
            while True:
                at_once = max(at_once, worker.supervisor.session_count)
                await asyncio.sleep(0.1)

        async with asyncio.TaskGroup() as tasks:
            counting = tasks.create_task(count())
            used_s = await _until_asked(worker.port)
            counting.cancel()
        late, held = worker.supervisor.pacer.late_percent, 0
        for ended in await worker.ended(at_once, within_s=60):
            left = worker.stores.checkpoints.load_checkpoint(ended.session_id)
            roles = [message["role"] for message in left.chat] if left else []
            held += "user" in roles and roles.count("assistant") >= 2
    return _counts(at_once, held, late, used_s)


def _counts(at_once: int, held: int, late_percent: float, used_s: float) -> dict[str, float]:
    late = round(late_percent, 1)
    return {"at_once": at_once, "held": held, "late_percent": late, "worker_cpu_s": round(used_s, 2)}


async def _until_asked(port: int) -> float:
    """Say where the calls go; the processor time of all of them, once nobody calls any more."""
    before_s = time.process_time()
    print(port, flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    return time.process_time() - before_s


SERVING: dict[str, Callable[[Path], Awaitable[dict[str, float]]]] = {"echo": _serve_echo, "talk": _serve_talks}


def _serve(kind: str, directory: Path) -> None:
    async def serve() -> dict[str, float]:
        return await SERVING[kind](directory)

    print(json.dumps(uvloop.run(serve())))


def _told(kind: str, outcome: Outcome) -> str:
    rows = {**asdict(outcome), "cpu_ms_per_call_s": round(outcome.cpu_ms_per_call_s, 2)}
    return "\n".join([kind, *(f"{name:>18}  {value}" for name, value in rows.items())])


def main() -> None:
    """Run it, and print what came of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--echoes", type=int, default=300)
    parser.add_argument("--talks", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--serve", choices=sorted(SERVING))
    parser.add_argument("--directory", type=Path)
    given = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (MAX_FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    if given.serve:
        return _serve(given.serve, given.directory)
    for kind, calls in (("echo", given.echoes), ("talk", given.talks)):
        with ExitStack() as opened:
            folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
            print(_told(kind, asyncio.run(measure(kind, calls, given.seconds, folder))), flush=True)
    return None


if __name__ == "__main__":
    main()
