"""Calls are recorded as they were heard, on the whole supervisor, in virtual time."""

import asyncio
import io
import logging
import threading
import wave
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from callcore.calls.call import CallStatus
from callcore.errors import StoreError
from callcore.wire.events import CallEnded
from callstore.files import FilesBlobStore, FileWriter
from media_worker.providers.scripted import tts
from media_worker.session.clock import LoopClock
from media_worker.session.recorder import RecordedLeg, Recorder
from media_worker.transports.loopback import LoopbackLeg
from tests.peers.queue_socket import QueueSocket
from tests.unit.media_worker.session.house import INITIATE, House, in_house
from tests.unit.media_worker.session.rig import plan

FRAME_S = 0.02
RECORDED: dict[str, Any] = {"call_settings": {"enable_recording": True}}
GREETING = "Hello and welcome to the harbour table."
GREETING_MS = len(GREETING) * 60
Sides = Mapping[str, "np.ndarray[Any, np.dtype[np.int16]]"]
User = Callable[[QueueSocket], Coroutine[Any, Any, None]]


async def say(socket: QueueSocket, pcm: bytes, seconds: float) -> None:
    for _ in range(round(seconds / FRAME_S)):
        await asyncio.sleep(FRAME_S)
        socket.incoming.put_nowait(pcm)


VOICE, SILENCE = tts.tone(0, 20), bytes(640)


def hold(tmp_path: Path, user: User, blobs: FilesBlobStore | None = None, **config: Any) -> CallEnded:
    """A call with this agent; its end as the queue knows it."""
    ends: list[CallEnded] = []
    socket = QueueSocket(INITIATE)

    async def scenario(house: House) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(house.supervisor.attend(socket))
            await user(socket)
        ends.extend(house.ended())

    in_house(tmp_path, scenario, blobs=blobs, config={"first_message": GREETING, **config})
    (end,) = ends
    return end


def hear(tmp_path: Path, end: CallEnded) -> Sides:
    """The sides of the recording, and both mixed: a sample each 1/16 ms."""
    assert end.recording is not None
    sound = {}
    for form, channels in (("mixed", 1), ("stereo", 2)):
        blob = FilesBlobStore(tmp_path / "blobs").open(end.recording[form])
        with wave.open(io.BytesIO(b"".join(blob.chunks(0, blob.size_bytes)))) as file:
            assert (file.getnchannels(), file.getframerate()) == (channels, 16_000)
            sound[form] = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, channels)
    return {"mixed": sound["mixed"][:, 0], "caller": sound["stereo"][:, 0], "agent": sound["stereo"][:, 1]}


def loud_ms(side: "np.ndarray[Any, np.dtype[np.int16]]") -> list[int]:
    """The milliseconds in which there is sound."""
    return [int(ms) for ms in np.flatnonzero(np.abs(side[: len(side) // 16 * 16]).reshape(-1, 16).max(axis=1))]


async def listens_then_asks(socket: QueueSocket) -> None:
    await say(socket, SILENCE, 4.0)
    await say(socket, VOICE, 1.0)
    await say(socket, SILENCE, 3.0)
    socket.hang_up()


def test_the_caller_is_left_and_the_agent_right_and_both_are_mixed(tmp_path: Path) -> None:
    end = hold(tmp_path, listens_then_asks, llm={"provider": "scripted", "replies": ["Fine."]}, **RECORDED)
    sides = hear(tmp_path, end)
    caller, agent = loud_ms(sides["caller"]), loud_ms(sides["agent"])
    assert len(caller) == 1000
    assert caller[0] == pytest.approx(4000, abs=25)
    assert len(agent) == GREETING_MS + len("Fine.") * 60
    assert agent[0] < 25
    assert caller[-1] < agent[GREETING_MS]
    assert len(sides["mixed"]) == len(sides["caller"]) == pytest.approx(8 * 16_000, abs=800)
    assert np.array_equal(sides["mixed"], sides["caller"] + sides["agent"])


def test_what_was_cut_is_not_in_it(tmp_path: Path) -> None:
    async def interrupts(socket: QueueSocket) -> None:
        await say(socket, SILENCE, 1.0)
        await say(socket, VOICE, 2.0)
        await say(socket, SILENCE, 2.0)
        socket.hang_up()

    end = hold(tmp_path, interrupts, llm={"provider": "scripted", "replies": ["Fine."]}, **RECORDED)
    agent = loud_ms(hear(tmp_path, end)["agent"])
    greeting = [ms for ms in agent if ms < 2000]
    assert 1000 < len(greeting) < 1300, "heard until the caller's voice was noticed"
    assert next(ms for ms in agent if ms not in greeting) > 3000, "the answer comes after the caller's words"


def test_a_call_that_breaks_off_is_recorded_until_then(tmp_path: Path) -> None:
    async def breaks(socket: QueueSocket) -> None:
        await say(socket, SILENCE, 1.0)
        socket.incoming.put_nowait("garbage")

    end = hold(tmp_path, breaks, **RECORDED)
    assert end.status is CallStatus.ERROR
    sides = hear(tmp_path, end)
    assert len(loud_ms(sides["agent"])) == pytest.approx(1000, abs=25)
    assert len(sides["agent"]) == pytest.approx(16_000, abs=400)


def test_a_worker_that_is_told_to_stop_finishes_the_recording(tmp_path: Path) -> None:
    ends: list[CallEnded] = []

    async def scenario(house: House) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(house.supervisor.attend(QueueSocket(INITIATE)))
            await asyncio.sleep(3)
            await house.supervisor.drain(0.0)
        ends.extend(house.ended())

    in_house(tmp_path, scenario, config={"first_message": GREETING, **RECORDED})
    goodbye = [ms for ms in loud_ms(hear(tmp_path, ends[0])["agent"]) if ms > 2900]
    assert len(goodbye) > 1000, "the goodbye is in it"


@pytest.mark.parametrize(
    "config", [{}, {"call_settings": {}}, {**RECORDED, "privacy_settings": {"opt_out_data_collection": True}}]
)
def test_nothing_is_recorded_unless_it_is_wanted_and_allowed(tmp_path: Path, config: dict[str, Any]) -> None:
    assert hold(tmp_path, listens_then_asks, **config).recording is None
    assert not (tmp_path / "blobs").exists()


class Failing(FilesBlobStore):
    """Fails from the second write on."""

    def create(self, key: str, media_type: str, head_bytes: int = 0) -> FileWriter:
        writer = super().create(key, media_type, head_bytes)
        append, calls = writer.append, []

        def fail(data: bytes) -> None:
            calls.append(data)
            if len(calls) > 1:
                raise StoreError("the disk is full", retryable=True)
            append(data)

        writer.append = fail  # type: ignore[method-assign]
        return writer


def test_a_store_that_fails_costs_the_recording_and_not_the_call(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        end = hold(tmp_path, listens_then_asks, Failing(tmp_path / "blobs"), **RECORDED)
    assert (end.status, end.duration_s, end.recording) == (CallStatus.USER_ENDED, 8, None)
    assert [record.message for record in caplog.records] == ["a recording was lost"]
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []


class Stuck(FilesBlobStore):
    """Takes a blob only when it is let go."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.let_go = threading.Event()

    def create(self, key: str, media_type: str, head_bytes: int = 0) -> FileWriter:
        self.let_go.wait()
        raise StoreError("too late", retryable=True)


def test_a_store_that_hangs_is_not_waited_for_and_fills_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("media_worker.session.recorder.WRITE_WAIT_S", 0.05)
    blobs = Stuck(tmp_path)

    async def scenario() -> None:
        recorder = Recorder(LoopbackLeg(), plan(**RECORDED), blobs, LoopClock())
        async with recorder.recording():
            assert await recorder.finish() is None
            assert isinstance(recorder.leg, RecordedLeg)
            assert recorder.leg.sound is None
        blobs.let_go.set()

    with caplog.at_level(logging.ERROR):
        asyncio.run(scenario())
    assert [record.message for record in caplog.records] == ["a recording was lost"]
