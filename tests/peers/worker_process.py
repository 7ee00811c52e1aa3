"""A worker in a process of its own, which holds nothing of its callers': by WebRTC, /millis and SIP, scripted speech.

It is told what to do in lines of JSON and answers each with one.
"""

import asyncio
import ctypes
import gc
import json
import os
import sys
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from callcore.ids import SessionId
from media_worker.server.app import create_app
from media_worker.server.internal import InternalEndpoint
from media_worker.transports.webrtc.connection import Connection
from media_worker.transports.webrtc.leg import WebRtcLeg
from tests.peers.asgi_server import serving
from tests.peers.sip_worker import SipWorker, sip_worker
from tests.peers.webrtc_worker import ACCOUNT, WebRtcWorker, webrtc_worker

PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024
SETTLED_S = 0.5
ANSWER_S = 60.0
MAX_LINE_BYTES = 2**20


@dataclass(frozen=True)
class Held:
    """What the process has when no call is left and garbage was collected."""

    tasks: int
    threads: int
    descriptors: int
    legs: int
    blocks: int
    """Of Python's allocator: its small objects."""
    native_kib: int
    """In use, of the C library's: OpenSSL, codecs, numpy and large objects. SQLite's cache of pages is not counted."""
    garbage_kib: int
    """So much more of it was in use before garbage was collected."""
    resident_kib: int
    """In memory, with what both allocators keep for later."""


class WorkerProcess:
    """The process, as its callers see it. Made by `worker_process`."""

    def __init__(self, process: asyncio.subprocess.Process, told: Mapping[str, Any]) -> None:
        self._process = process
        self.millis_url: str = told["millis_url"]
        self.sip_port: int = told["sip_port"]

    async def answer(self, offer: str) -> tuple[str, str]:
        """The session's id and the answer to an offer of WebRTC."""
        session_id, sdp = await self._ask("answer", offer)
        return session_id, sdp

    async def hang_up(self, session_id: str) -> None:
        """The caller over WebRTC is gone."""
        await self._ask("hang_up", session_id)

    async def sip_user(self) -> str:
        """The user part of a SIP address for one call."""
        user: str = await self._ask("sip_user")
        return user

    async def held(self) -> Held:
        """Once all calls are over."""
        return Held(**await self._ask("held"))

    async def _ask(self, what: str, *arguments: str) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([what, *arguments]).encode() + b"\n")
        return await _answer(self._process)


async def _answer(process: asyncio.subprocess.Process) -> Any:
    assert process.stdout is not None
    async with asyncio.timeout(ANSWER_S):
        return json.loads(await process.stdout.readline())


@asynccontextmanager
async def worker_process(directory: Path) -> AsyncIterator[WorkerProcess]:
    """One that runs until the end of the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", __name__, str(directory)),
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=MAX_LINE_BYTES,
    )
    try:
        yield WorkerProcess(process, await _answer(process))
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


# --- in the process -----------------------------------------------------------------------------


class _Allocated(ctypes.Structure):
    """`struct mallinfo2` of the GNU C library: ten sizes, of which `hblkhd` and `uordblks` are what is in use."""

    _fields_ = (
        ("_", ctypes.c_size_t * 4),
        ("hblkhd", ctypes.c_size_t),
        ("__", ctypes.c_size_t * 2),
        ("uordblks", ctypes.c_size_t),
        ("___", ctypes.c_size_t * 2),
    )


def _native_kib() -> int:
    mallinfo = ctypes.CDLL(None).mallinfo2
    mallinfo.restype = _Allocated
    allocated = mallinfo()
    return int(allocated.uordblks + allocated.hblkhd) // 1024


def _resident_kib() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_KIB


@dataclass(frozen=True)
class _Inside:
    """What serves in this process."""

    webrtc: WebRtcWorker
    sip: SipWorker

    async def do(self, what: str, *arguments: str) -> Any:
        match what, *arguments:
            case "answer", offer:
                done = await self.webrtc.answer(offer)
                return done.session_id, done.sdp
            case "hang_up", session_id:
                return self.webrtc.calls.hang_up(ACCOUNT.account_id, SessionId(session_id))
            case "sip_user", *_:
                return self.sip.token()
        return asdict(await self._held())

    async def _held(self) -> Held:
        await self.webrtc.empty()
        await self.sip.empty()
        await asyncio.sleep(SETTLED_S)
        for stores in (self.webrtc.stores, self.sip.stores):
            # Its cache of pages grows with the file, to 2 MiB and no further.
            stores._database.rows("PRAGMA shrink_memory")
        uncollected_kib = _native_kib()
        gc.collect()
        native_kib = _native_kib()
        return Held(
            tasks=len(asyncio.all_tasks()),
            threads=threading.active_count(),
            descriptors=len(os.listdir("/proc/self/fd")),
            legs=sum(isinstance(one, Connection | WebRtcLeg) for one in gc.get_objects()),
            blocks=sys.getallocatedblocks(),
            native_kib=native_kib,
            garbage_kib=uncollected_kib - native_kib,
            resident_kib=_resident_kib(),
        )


async def _serve(directory: Path) -> None:
    lines = asyncio.StreamReader(MAX_LINE_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    for place in ("webrtc", "sip"):
        (directory / place).mkdir()
    async with webrtc_worker(directory / "webrtc") as webrtc, sip_worker(directory / "sip") as sip:
        app = create_app(webrtc.supervisor, cast(InternalEndpoint, None), {})
        async with serving(app) as address:
            print(json.dumps({"millis_url": f"ws://{address}/millis", "sip_port": sip.port}), flush=True)
            inside = _Inside(webrtc, sip)
            while line := await lines.readline():
                print(json.dumps(await inside.do(*json.loads(line))), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
