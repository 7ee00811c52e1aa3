"""Calls over WebRTC with aiortc as it is at the other end: connections, messages, sound, and how they end."""

import asyncio
import gc
import re
import socket
import wave
import weakref
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from callcore.calls.call import CallStatus
from callcore.calls.usage import Service, Unit
from callcore.errors import (
    Conflict,
    InvalidInput,
    LimitExceeded,
    NotAllowed,
    NotFound,
    NotSupported,
    Unauthenticated,
)
from callcore.ids import AccountId
from callcore.wire.jobs import Caller
from media_worker.transports.webrtc.candidates import MAX_CANDIDATES
from media_worker.transports.webrtc.connection import Connection
from media_worker.transports.webrtc.terms import IceTerms
from tests.peers.webrtc_client import WebRtcClient, calling
from tests.peers.webrtc_worker import ACCOUNT, WebRtcWorker, webrtc_worker

TONE = (8000 * np.sin(np.arange(8000) * 2 * np.pi * 440 / 16_000)).astype("<i2").tobytes()


def run(directory: Path, scene: Callable[[WebRtcWorker], Coroutine[Any, Any, None]], **options: Any) -> None:
    async def scenario() -> None:
        async with webrtc_worker(directory, **options) as worker, asyncio.timeout(60):
            await scene(worker)

    asyncio.run(scenario())


async def greeted(client: WebRtcClient, answer: str) -> str:
    """The session's id, once its greeting was sent."""
    await client.take(answer)
    ready = await client.wait_for("onready")
    await client.wait_for("onresponsetext", is_final=True)
    return str(ready["payload"]["session_id"])


def loud(pcm: bytes) -> bool:
    return bool(pcm) and int(np.abs(np.frombuffer(pcm, "<i2").astype(int)).max()) > 1000


def test_a_call_is_held_and_hung_up(tmp_path: Path) -> None:
    async def scene(worker: WebRtcWorker) -> None:
        async with calling() as (client, offer):
            done = await worker.answer(offer, metadata={"plan": "pro"})
            session_id = await greeted(client, str(done.sdp))
            assert session_id == done.session_id
            await client.wait_until(lambda: loud(bytes(client.heard)))
            client.send("ping", "17")
            assert (await client.wait_for("pong"))["data"] == "17"
            client.send("user_text", "are you there?")
            await client.wait_for("ontranscript", is_final=True)
            await client.wait_for("start_answering")
            client.say(TONE)
        ended = await worker.ended()
        assert (ended.session_id, ended.status) == (session_id, CallStatus.USER_ENDED)
        call = worker.stores.calls.get_call(ended.account_id, ended.session_id)
        assert call.metadata == {"plan": "pro"}
        await worker.empty()

    run(tmp_path, scene)


def test_a_call_is_recorded_and_measured_like_any_other(tmp_path: Path) -> None:
    async def scene(worker: WebRtcWorker) -> None:
        call = worker.registered(
            call_settings={"enable_recording": True}, llm={"provider": "scripted", "replies": ["First."]}
        )
        async with calling() as (client, offer):
            done = await worker.answer_registered(offer, call.session_id)
            await greeted(client, str(done.sdp))
            client.say(TONE + TONE)
            metrics = await client.wait_for("onmetrics")
            assert metrics["data"]["first_audio"] > 0
            await client.wait_for("onresponsetext", is_final=True)
        ended = await worker.ended()
        assert ended.recording is not None
        with wave.open(str(tmp_path / "blobs" / ended.recording["stereo"])) as file:
            sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
        assert [bool(np.abs(side.astype(int)).max() > 1000) for side in sound.T] == [True, True], "both sides"
        assert Service("webrtc") in {line.service for line in ended.usage if line.unit is Unit.CALL_MS}

    run(tmp_path, scene)


@pytest.mark.parametrize("hung_up_at", ["once", "the greeting"])
def test_what_a_call_held_is_free_when_it_is_over(tmp_path: Path, hung_up_at: str) -> None:
    """At once, without the collector of garbage, which does not see the memory outside of Python."""

    async def scene(worker: WebRtcWorker) -> None:
        async with calling() as (client, offer):
            done = await worker.answer(offer)
            assert done.session_id is not None
            held = references_to(worker.calls._peers[done.session_id].connection)
            if hung_up_at == "once":
                worker.calls.hang_up(worker.account_id, done.session_id)
            else:
                await greeted(client, str(done.sdp))
                await client.wait_until(lambda: loud(bytes(client.heard)))
        async with asyncio.timeout(20):
            while any(reference() is not None for reference in held):  # noqa: ASYNC110 - what is gone tells nobody
                await asyncio.sleep(0.02)

    gc.collect()
    gc.disable()
    try:
        run(tmp_path, scene)
    finally:
        gc.enable()


def references_to(connection: Connection) -> list[weakref.ref[Any]]:
    """To what of a call has memory outside of Python."""
    peer = connection._peer
    assert peer.sctp is not None
    assert connection.codecs
    return list(map(weakref.ref, (connection, peer, peer.sctp.transport, *connection.codecs.values())))


def test_a_client_without_candidates_is_found_by_its_own_checks(tmp_path: Path) -> None:
    async def scene(worker: WebRtcWorker) -> None:
        async with calling() as (client, offer):
            bare = re.sub(r"a=(candidate|end-of-candidates).*\r\n", "", offer)
            done = await worker.answer_registered(bare, worker.registered().session_id)
            await greeted(client, str(done.sdp))
            client.send("dtmf", "1")

    run(tmp_path, scene)


def test_a_client_that_only_hears(tmp_path: Path) -> None:
    async def scene(worker: WebRtcWorker) -> None:
        async with calling(direction="recvonly") as (client, offer):
            done = await worker.answer(offer)
            await greeted(client, str(done.sdp))
            await client.wait_until(lambda: loud(bytes(client.heard)))

    run(tmp_path, scene)


def test_a_client_that_only_speaks(tmp_path: Path) -> None:
    async def scene(worker: WebRtcWorker) -> None:
        async with calling(direction="sendonly") as (client, offer):
            done = await worker.answer(offer)
            await greeted(client, str(done.sdp))
            assert not client.heard

    run(tmp_path, scene)


def test_candidates_that_come_later_are_tried_and_a_restart_is_refused(tmp_path: Path) -> None:
    async def scene(worker: WebRtcWorker) -> None:
        async with calling() as (client, offer):
            candidates = "".join(re.findall(r"a=candidate.*\r\n", offer.partition("m=application")[0]))
            done = await worker.answer(re.sub(r"a=(candidate|end-of-candidates).*\r\n", "", offer))
            assert done.session_id is not None
            add = partial(worker.calls.add_candidates, ACCOUNT.account_id, done.session_id)
            await add(f"a=mid:0\r\n{candidates}a=candidate:9 1 udp 1 169.254.1.1 5000 typ host\r\n")
            peer = worker.calls._peers[done.session_id]
            assert peer.candidates_left == MAX_CANDIDATES - candidates.count("candidate:")
            with pytest.raises(NotSupported, match="offer anew"):
                await add("a=ice-ufrag:another\r\na=mid:0\r\n")
            with pytest.raises(NotFound):
                await worker.calls.add_candidates(AccountId("acc_2"), done.session_id, "")
            await greeted(client, str(done.sdp))
            worker.calls.hang_up(ACCOUNT.account_id, done.session_id)
            assert (await worker.ended()).status is CallStatus.USER_ENDED

    run(tmp_path, scene)


def test_video_is_refused_in_the_answer(tmp_path: Path) -> None:
    async def scene(worker: WebRtcWorker) -> None:
        async with calling(video=True) as (_, offer):
            sdp = str((await worker.answer(offer)).sdp)
            assert [port == "0" for port in re.findall(r"^m=\w+ (\d+)", sdp, re.MULTILINE)] == [False, True, False]

    run(tmp_path, scene)


def test_an_offer_is_refused_with_a_reason(tmp_path: Path) -> None:
    async def scene(worker: WebRtcWorker) -> None:
        async with calling() as (_, offer):
            with pytest.raises(InvalidInput, match="no session description"):
                await worker.answer("hello")
            with pytest.raises(InvalidInput, match="codec"):
                await worker.answer(re.sub("opus/48000/2|PCM[UA]/8000", "speex/8000", offer))
            with pytest.raises(NotAllowed, match="overrides=safe"):
                await worker.answer(offer, agent={"agent_id": "-a", "agent_config": {"prompt": "x"}})
            with pytest.raises(Unauthenticated):
                await worker.answer(offer, public_key="x" * 32)
            with pytest.raises(NotAllowed, match="null"):
                await worker.answer(offer, Caller(host="192.0.2.1", origin="null"))
            call = worker.registered()
            await worker.answer_registered(offer, call.session_id)
            worker.supervisor.draining = True
            with pytest.raises(LimitExceeded, match="full"):
                await worker.answer(offer)

    run(tmp_path, scene)


def test_a_call_begins_once_and_a_lost_one_goes_on_over_another_connection(tmp_path: Path) -> None:
    async def scene(worker: WebRtcWorker) -> None:
        call = worker.registered()
        async with calling() as (client, offer):
            done = await worker.answer_registered(offer, call.session_id)
            first = await greeted(client, str(done.sdp))
            with pytest.raises(Conflict, match="begun already"):
                await worker.answer_registered(offer, call.session_id)
            async with calling() as (again, second_offer):
                # As a client whose network changed: the old connection does not know it yet.
                done = await worker.answer(
                    second_offer, agent={"agent_id": "-a"}, session_continuation={"session_id": first, "resume": True}
                )
                await again.take(str(done.sdp))
                assert (await again.wait_for("onready"))["payload"]["resumed"] is False, "a key reaches its own only"

    run(tmp_path, scene)


def test_a_public_keys_call_is_taken_up_over_another_connection(tmp_path: Path) -> None:
    async def scene(worker: WebRtcWorker) -> None:
        async with calling() as (client, offer):
            first = await greeted(client, str((await worker.answer(offer)).sdp))
            async with calling() as (again, second_offer):
                back = {"session_id": first, "resume": True}
                done = await worker.answer(second_offer, session_continuation=back)
                await again.take(str(done.sdp))
                assert (await again.wait_for("onready"))["payload"]["resumed"] is True
                assert (await worker.ended()).session_id == first
                await client.wait_for("onsessionended")

    run(tmp_path, scene)


def test_a_connection_that_does_not_close_costs_no_other_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(worker: WebRtcWorker) -> None:
        broke = asyncio.Event()
        async with calling() as (client, offer):
            await greeted(client, str((await worker.answer(offer)).sdp))
            async with calling() as (other, other_offer):
                done = await worker.answer(other_offer)
                await greeted(other, str(done.sdp))
                assert done.session_id is not None
                peer = worker.calls._peers[done.session_id].connection._peer
                close = peer.close

                async def breaking() -> None:
                    await close()
                    if done.session_id not in worker.calls._peers:  # it is the last one who closes
                        broke.set()
                        raise ConnectionError

                monkeypatch.setattr(peer, "close", breaking)
            assert (await worker.ended()).session_id == done.session_id
            await broke.wait()
            client.send("ping", "still there")
            assert (await client.wait_for("pong"))["data"] == "still there"
        assert "a connection was not closed" in caplog.text

    run(tmp_path, scene)


def test_two_offers_for_one_call_make_one_call(tmp_path: Path) -> None:
    async def scene(worker: WebRtcWorker) -> None:
        call = worker.registered()
        async with calling() as (client, offer), calling() as (_, other):
            answers = await asyncio.gather(
                *(worker.answer_registered(sdp, call.session_id) for sdp in (offer, other)), return_exceptions=True
            )
            (refused,) = (one for one in answers if isinstance(one, Exception))
            assert isinstance(refused, Conflict)
            assert worker.calls.count == 1
            if not isinstance(answers[0], BaseException):
                await greeted(client, str(answers[0].sdp))

    run(tmp_path, scene)


def test_two_offers_for_the_last_place_make_one_call(tmp_path: Path) -> None:
    async def scene(worker: WebRtcWorker) -> None:
        async with calling() as (_, offer), calling() as (_, other):
            answers = await asyncio.gather(*map(worker.answer, (offer, other)), return_exceptions=True)
            (refused,) = (one for one in answers if isinstance(one, Exception))
            assert isinstance(refused, LimitExceeded)
            assert worker.calls.count == 1

    run(tmp_path, scene, max_sessions=1)


def test_calls_keep_to_their_ports_and_are_refused_when_all_are_taken(tmp_path: Path) -> None:
    async def scene(worker: WebRtcWorker) -> None:
        async with calling() as (client, offer), calling() as (_, other):
            done = await worker.answer(offer)
            assert set(re.findall(r"127\.0\.0\.1 (\d+) typ host", str(done.sdp))) == {str(port)}
            await greeted(client, str(done.sdp))
            with pytest.raises(LimitExceeded, match="UDP port"):
                await worker.answer(other)

    with socket.socket(type=socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    run(tmp_path, scene, terms=IceTerms(("127.0.0.1",), range(port, port + 1)))


def test_the_public_address_stands_in_the_answer(tmp_path: Path) -> None:
    async def scene(worker: WebRtcWorker) -> None:
        async with calling() as (_, offer):
            sdp = str((await worker.answer(offer)).sdp)
            assert "127.0.0.1" not in sdp
            assert re.search(r"a=candidate:\S+ 1 udp \d+ 203\.0\.113\.7 \d+ typ host\r\n", sdp)
            assert "c=IN IP4 203.0.113.7\r\n" in sdp

    run(tmp_path, scene, terms=IceTerms(("127.0.0.1",), None, "203.0.113.7"))


def test_who_never_connects_was_no_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(worker: WebRtcWorker) -> None:
        async with calling() as (_, offer):
            done = await worker.answer(offer)
            with pytest.raises(LimitExceeded, match="full"):  # it has the only place
                await worker.answer(offer)
            assert done.session_id is not None
            worker.calls.hang_up(ACCOUNT.account_id, done.session_id)
            await worker.empty()
            monkeypatch.setattr("media_worker.transports.webrtc.leg.CONNECT_S", 0.5)
            await worker.answer(offer)
            call = worker.registered()
            await worker.empty()
            assert list(worker.stores.calls.list_live_calls()) == [call], "of a public key's nothing is left"
            await worker.answer_registered(offer, call.session_id)
            ended = await worker.settled(call)
            assert (ended.status, ended.error_message) == (CallStatus.CANCELED, "the client did not connect")

    run(tmp_path, scene, max_sessions=1)


def test_a_limit_that_is_reached_is_told_in_place_of_an_answer(tmp_path: Path) -> None:
    async def scene(worker: WebRtcWorker) -> None:
        worker.stores.accounts.put_account(replace(ACCOUNT, max_concurrent_calls=1))
        async with calling() as (client, offer), calling() as (_, other):
            await greeted(client, str((await worker.answer(offer)).sdp))
            with pytest.raises(LimitExceeded, match="calls"):
                await worker.answer(other)

    run(tmp_path, scene)
