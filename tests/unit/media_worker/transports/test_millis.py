"""The /millis leg over a socket made of two queues."""

import asyncio
import json

import pytest

from callcore.errors import RemoteProtocolError, TransportClosed
from callcore.wire.client import (
    MAX_BINARY_FRAME_BYTES,
    MAX_TEXT_FRAME_BYTES,
    CloseCode,
    OnReady,
    Pause,
    StartAnswering,
)
from media_worker.ports.leg import FormReturned, KeyPressed, TypedText, VoiceWanted
from media_worker.transports import millis, outbox
from media_worker.transports.millis import open_leg
from tests.peers.queue_socket import QueueSocket
from tests.virtual_time import run_virtual

INITIATE = '{"method":"initiate","data":{"public_key":"k","agent":{"agent_id":"-a"}}}'


def test_audio_and_pings_before_initiate_are_tolerated() -> None:
    async def scenario() -> None:
        socket = QueueSocket(b"\0\0" * 100, '{"method":"ping","data":"17"}', '{"method":"dance"}', INITIATE, b"\1\0")
        async with open_leg(socket) as leg:
            assert (await leg.initiate()).agent.agent_id == "-a"
            assert await leg.receive() == b"\1\0"
            await leg.aclose(1000, "")
        assert socket.outgoing == ['{"method":"pong","data":"17"}']

    run_virtual(scenario())


def test_what_is_said_before_initiate_is_not_kept() -> None:
    async def scenario() -> None:
        socket = QueueSocket(*['{"method":"dtmf","data":"123"}'] * 50)
        async with open_leg(socket) as leg, asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(leg.initiate())
            await asyncio.sleep(1.0)
            assert socket.incoming.empty()
            assert not leg._messages.events
            waiting.cancel()

    run_virtual(scenario())


def test_what_is_typed_and_pressed_comes_in_order_and_blanks_are_nothing() -> None:
    async def scenario() -> None:
        typed = ('{"method":"user_text","data":"  two\\nlines "}', '{"method":"user_text","data":" "}')
        more = ('{"method":"dtmf","data":"1#"}', '{"method":"voice","data":false}')
        async with open_leg(QueueSocket('{"method":"dtmf","data":"9"}', INITIATE, *typed, *more)) as leg:
            await leg.initiate()
            received = [await leg.receive() for _ in range(4)]
        assert received == [TypedText("two\nlines"), KeyPressed("1"), KeyPressed("#"), VoiceWanted(False)]

    run_virtual(scenario())


def test_a_text_that_is_too_long_is_not_taken_and_the_call_goes_on() -> None:
    async def scenario() -> None:
        texts = [json.dumps({"method": "user_text", "data": "é" * size}) for size in (4001, 4000)]
        socket = QueueSocket(INITIATE, *texts)
        async with open_leg(socket) as leg:
            await leg.initiate()
            assert await leg.receive() == TypedText("é" * 4000)
            await leg.aclose(1000, "")
        (told,) = socket.outgoing
        assert isinstance(told, str)
        assert json.loads(told)["method"] == "ai_action"
        assert "4000" in json.loads(told)["data"]

    run_virtual(scenario())


def test_samples_split_over_frames_are_joined() -> None:
    async def scenario() -> None:
        async with open_leg(QueueSocket(INITIATE, b"\1\2\3", b"\4", b"", b"\5\6\7", b"\x08\t\n")) as leg:
            await leg.initiate()
            assert [await leg.receive() for _ in range(4)] == [b"\1\2", b"\3\4", b"\5\6", b"\7\x08\t\n"]

    run_virtual(scenario())


def test_an_answered_form_is_an_event_among_the_audio() -> None:
    async def scenario() -> None:
        closed = '{"method":"function_result","data":{"call_id":"c1","values":null}}'
        async with open_leg(QueueSocket(INITIATE, b"\1\0", closed, b"\2\0")) as leg:
            assert not (await leg.initiate()).web_forms
            assert [await leg.receive() for _ in range(3)] == [b"\1\0", FormReturned("c1", None), b"\2\0"]

    run_virtual(scenario())


@pytest.mark.parametrize("frame", ["", "nonsense", "[]", '{"method":1}', "{" * 10_000])
def test_garbage_text_is_a_protocol_error(frame: str) -> None:
    async def scenario() -> None:
        async with open_leg(QueueSocket(frame)) as leg:
            with pytest.raises(RemoteProtocolError) as refused:
                await leg.initiate()
        assert refused.value.close_code == CloseCode.REFUSED

    run_virtual(scenario())


@pytest.mark.parametrize(
    "frame",
    [bytes(MAX_BINARY_FRAME_BYTES + 2), " " * (MAX_TEXT_FRAME_BYTES + 1), "é" * (MAX_TEXT_FRAME_BYTES // 2 + 1)],
)
def test_oversize_frames_are_refused(frame: str | bytes) -> None:
    async def scenario() -> None:
        async with open_leg(QueueSocket(INITIATE, frame)) as leg:
            await leg.initiate()
            with pytest.raises(RemoteProtocolError) as refused:
                await leg.receive()
        assert refused.value.close_code == CloseCode.TOO_BIG

    run_virtual(scenario())


def test_initiate_must_come_in_time() -> None:
    async def scenario() -> float:
        async with open_leg(QueueSocket()) as leg:
            with pytest.raises(RemoteProtocolError, match="in time"):
                await leg.initiate()
        return asyncio.get_running_loop().time()

    assert run_virtual(scenario()) == pytest.approx(millis.INITIATE_WAIT_S)


def test_messages_and_audio_keep_their_order() -> None:
    async def scenario() -> None:
        socket = QueueSocket()
        async with open_leg(socket) as leg:
            leg.send(OnReady("s"))
            leg.send(StartAnswering())
            leg.send(b"\0\0")
            leg.send(Pause())
            await leg.aclose(CloseCode.NORMAL, "x" * 300)
        assert socket.outgoing[1:] == ['{"method":"start_answering"}', b"\0\0", '{"method":"pause"}']
        assert socket.closed == (1000, "x" * 123)

    run_virtual(scenario())


def test_a_peer_that_does_not_read_is_given_up_and_never_blocks() -> None:
    async def scenario() -> float:
        socket = QueueSocket(stuck=True)
        async with open_leg(socket) as leg:
            for _ in range(100):
                leg.send(bytes(64_000))
            await leg.aclose(CloseCode.NORMAL, "")
            assert leg._outbox._queued_bytes <= outbox.MAX_QUEUED_BYTES
        return asyncio.get_running_loop().time()

    assert run_virtual(scenario()) <= outbox.FLUSH_WAIT_S


@pytest.mark.parametrize("frames", [1, 100])
def test_who_reads_nothing_and_still_speaks_is_not_left_with_an_agent_that_he_never_hears(frames: int) -> None:
    async def scenario() -> None:
        socket = QueueSocket(INITIATE, stuck=True)
        async with open_leg(socket) as leg:
            await leg.initiate()
            for _ in range(frames):
                leg.send(bytes(64_000))
            await asyncio.sleep(outbox.SEND_WAIT_S + 1.0)
            with pytest.raises(TransportClosed):
                await leg.receive()
        assert socket.closed == (CloseCode.TRY_AGAIN, "what was sent was not read")

    run_virtual(scenario())
