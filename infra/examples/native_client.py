r"""A native app's side of a call: microphone or wav file in, loudspeaker or wav file out.

    python infra/examples/native_client.py ws://127.0.0.1:8080/millis --key PUBLIC_KEY --agent=AGENT_ID \
        --mic question.wav --out heard.wav

Needs the package `websockets`; `--mic -` and `--out -` use the programs arecord and aplay (Debian: alsa-utils).
A wav file is 16 kHz, 16 bit, mono, like the wire. Copy it, and replace Microphone and Loudspeaker by your platform's.
"""

import argparse
import asyncio
import contextlib
import json
import time
import wave
from asyncio.subprocess import DEVNULL, PIPE, create_subprocess_exec
from collections.abc import AsyncIterator, Callable

import websockets

RATE_HZ, FRAME_S, FRAME_BYTES = 16_000, 0.02, 640
PACKETS_BETWEEN_PINGS = 1_000
SILENCE = bytes(FRAME_BYTES)
RAW = ("-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", str(RATE_HZ))


class Microphone:
    """Frames of 20 ms from a wav file, and silence after it; or from arecord."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._pcm = b""
        self._recorder: asyncio.subprocess.Process | None = None

    async def open(self) -> None:
        """Read the file, or start the recorder."""
        if self._source == "-":
            self._recorder = await create_subprocess_exec("arecord", *RAW, stdout=PIPE, stdin=DEVNULL)
            return
        with wave.open(self._source) as wav:
            if (wav.getframerate(), wav.getnchannels(), wav.getsampwidth()) != (RATE_HZ, 1, 2):
                raise SystemExit(f"{self._source}: wanted 16 kHz, mono, 16 bit")
            self._pcm = wav.readframes(wav.getnframes())

    async def frame(self) -> bytes:
        """The next 20 ms."""
        if self._recorder is not None and self._recorder.stdout is not None:
            return await self._recorder.stdout.readexactly(FRAME_BYTES)
        frame, self._pcm = self._pcm[:FRAME_BYTES], self._pcm[FRAME_BYTES:]
        return frame.ljust(FRAME_BYTES, b"\0")

    def close(self) -> None:
        """Give the microphone back."""
        if self._recorder is not None and self._recorder.returncode is None:
            self._recorder.terminate()


class Loudspeaker:
    """What the agent said and was not heard yet. `pause` stops it and keeps what arrives, `clear` drops what waits."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._paused = False
        self.silent = asyncio.Event()

    def add(self, pcm: bytes) -> None:
        """Audio has arrived."""
        self.silent.clear()
        self._waiting += pcm

    def obey(self, method: str) -> None:
        """Do what a message says, if it is for the loudspeaker."""
        if method == "clear":
            self._waiting.clear()
        self._paused = {"pause": True, "unpause": False, "clear": False}.get(method, self._paused)

    def frame(self) -> bytes:
        """The next 20 ms, silence when there is nothing to say."""
        if self._paused:
            return SILENCE
        frame = bytes(self._waiting[:FRAME_BYTES])
        del self._waiting[:FRAME_BYTES]
        if not self._waiting:
            self.silent.set()
        return frame.ljust(FRAME_BYTES, b"\0")


async def main(wanted: argparse.Namespace) -> None:
    """Hold one call."""
    microphone, loudspeaker = Microphone(wanted.mic), Loudspeaker()
    await microphone.open()
    with contextlib.closing(microphone):
        async with websockets.connect(wanted.url) as socket, sound(wanted.out) as play, asyncio.TaskGroup() as tasks:
            agent = {"agent_id": wanted.agent}
            data = {"public_key": wanted.key, "agent": agent, "metadata": json.loads(wanted.metadata)}
            await socket.send(json.dumps({"method": "initiate", "data": data}))
            talking = tasks.create_task(talk(socket, microphone, loudspeaker, play))
            try:
                async with asyncio.timeout(wanted.seconds):
                    await listen(socket, loudspeaker)
                    await loudspeaker.silent.wait()  # the last words
            except TimeoutError:
                print("hanging up")
            except websockets.ConnectionClosed as closed:
                print(f"the connection was lost: {closed}")
            talking.cancel()


async def listen(socket: websockets.ClientConnection, loudspeaker: Loudspeaker) -> None:
    """Take what the server sends until it ends the session."""
    action = ""
    async for message in socket:
        if isinstance(message, bytes):
            loudspeaker.add(message)
            continue
        told = json.loads(message)
        method, payload = told["method"], told.get("payload") or {}
        loudspeaker.obey(method)
        if method == "onready":
            print(f"session {payload['session_id']}", flush=True)
        elif method in ("ontranscript", "onresponsetext") and payload["is_final"]:
            print(("you:   " if method == "ontranscript" else "agent: ") + told["data"], flush=True)
        elif method == "onsessionended":
            reason = told["data"]["reason"]
            print(f"the session has ended: {f'{reason}, {action}' if reason == 'error' else reason}", flush=True)
            return
        elif method == "ai_action":
            action = told["data"]  # of a session that is refused the last one says why


async def talk(
    socket: websockets.ClientConnection,
    microphone: Microphone,
    loudspeaker: Loudspeaker,
    play: Callable[[bytes], object],
) -> None:
    """Every 20 ms: one frame of the microphone to the server while it is there, one of the agent to the loudspeaker."""
    clock = asyncio.get_running_loop().time
    due, packets = clock(), 0
    while True:
        with contextlib.suppress(websockets.ConnectionClosed):  # the agent's last words are played all the same
            await socket.send(await microphone.frame())
            packets += 1
            if packets % PACKETS_BETWEEN_PINGS == 0:
                await socket.send(json.dumps({"method": "ping", "data": str(time.time_ns() // 1_000_000)}))
        play(loudspeaker.frame())
        due += FRAME_S
        await asyncio.sleep(max(0.0, due - clock()))


@contextlib.asynccontextmanager
async def sound(target: str) -> AsyncIterator[Callable[[bytes], object]]:
    """Where frames are played: a wav file, or aplay."""
    if target != "-":
        with wave.open(target, "wb") as wav:
            wav.setparams((1, 2, RATE_HZ, 0, "NONE", "not compressed"))
            yield wav.writeframes
        return
    player = await create_subprocess_exec("aplay", *RAW, stdin=PIPE)
    assert player.stdin is not None
    yield player.stdin.write
    player.stdin.close()
    await player.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Hold a call from a program.")
    parser.add_argument("url", help="ws://127.0.0.1:8080/millis or wss://…")
    parser.add_argument("--key", required=True, help="public key")
    parser.add_argument("--agent", required=True, help="agent id")
    parser.add_argument("--metadata", default="{}", help="JSON object")
    parser.add_argument("--mic", default="-", help="wav file, or - for the microphone")
    parser.add_argument("--out", default="-", help="wav file, or - for the loudspeaker")
    parser.add_argument("--seconds", type=float, default=600, help="hang up after this")
    asyncio.run(main(parser.parse_args()))
