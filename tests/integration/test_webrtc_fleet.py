"""Offers among several workers: a full one hands them on, and what follows finds the worker that answered."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from callauth.internal import INTERNAL_SECRET, InternalSigner
from callcore.calls.call import CallStatus
from callcore.errors import CallError, InvalidInput, LimitExceeded, NotAllowed, NotFound
from callcore.ids import SessionId, new_session_id
from callcore.wire.client import AgentChoice, Initiate
from callcore.wire.jobs import Command, Connect, Done, HangUp, Trickle
from callcore.workers.worker import place_of
from callnet.call_control import HttpCallControl
from callstore.fixed_secrets import FixedSecrets
from media_worker.server.app import create_app
from media_worker.server.internal import InternalEndpoint
from media_worker.server.reception import Reception
from media_worker.session.clock import LoopClock
from tests.peers.asgi_server import serving
from tests.peers.webrtc_client import calling
from tests.peers.webrtc_worker import ACCOUNT, FROM_HERE, KEY, WebRtcWorker, webrtc_worker

SECRET = "s" * 64
SIGN = InternalSigner(FixedSecrets({INTERNAL_SECRET: SECRET}), LoopClock())


@asynccontextmanager
async def reachable(directory: Path, worker_id: str, max_sessions: int) -> AsyncIterator[tuple[str, WebRtcWorker]]:
    """A worker of the fleet, and where its internal endpoint is."""
    apps: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await apps[0](scope, receive, send)

    async with serving(app) as address:
        url = f"http://{address}"
        async with webrtc_worker(directory, worker_id=worker_id, url=url, max_sessions=max_sessions) as worker:
            stores = worker.stores
            reception = Reception(worker_id, worker.calls, stores.workers, SIGN, worker.clock)
            control = HttpCallControl(lambda *_: url, SIGN)
            internal = InternalEndpoint(
                worker.supervisor, control, (SECRET,), stores.used_tokens, worker.clock, reception
            )
            apps.append(create_app(worker.supervisor, internal, {}))
            while await asyncio.to_thread(stores.workers.find_worker, worker_id) is None:  # noqa: ASYNC110 - a row is no event
                await asyncio.sleep(0.01)
            yield url, worker


async def tell(url: str, session_id: SessionId, command: Command) -> Done:
    """As the API does. Raises CallError."""
    control = HttpCallControl(lambda *_: url, SIGN)
    return await asyncio.to_thread(control.send, ACCOUNT.account_id, session_id, command)


def connect(sdp: str, **initiate: Any) -> Connect:
    wanted = {"public_key": KEY, "agent": AgentChoice(agent_id="-a"), **initiate}
    return Connect(sdp=sdp, initiate=Initiate(**wanted), caller=FROM_HERE)


async def refusal(url: str, session_id: SessionId, command: Command) -> CallError:
    with pytest.raises(CallError) as refused:
        await tell(url, session_id, command)
    return refused.value


def test_a_full_worker_hands_an_offer_on_and_what_follows_finds_its_way(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            asyncio.timeout(60),
            reachable(tmp_path, "full", 0) as (url, _),
            reachable(tmp_path, "free", 5) as (_, free),
            calling() as (client, offer),
        ):
            done = await tell(url, new_session_id(), connect(offer))
            assert (done.worker_id, free.calls.count) == ("free", 1)
            assert done.session_id is not None
            await tell(url, done.session_id, Trickle(place=place_of("free"), fragment="a=mid:0\r\n"))
            await client.take(str(done.sdp))
            await client.wait_for("onready")
            await tell(url, done.session_id, HangUp(place=place_of("free")))
            assert (await free.ended()).status is CallStatus.USER_ENDED
            await free.empty()
            for command in (HangUp(place=place_of("free")), HangUp(place=place_of("gone"))):
                assert isinstance(await refusal(url, done.session_id, command), NotFound)

    asyncio.run(scenario())


def test_a_refusal_arrives_as_what_it_is(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            asyncio.timeout(60),
            reachable(tmp_path, "one", 1) as (url, worker),
            calling() as (_, offer),
        ):
            refused = [
                await refusal(url, new_session_id(), command)
                for command in (
                    connect("hello"),
                    connect(offer, agent={"agent_id": "-none"}),
                    connect(offer, agent={"agent_id": "-a", "agent_config": {"prompt": "x"}}),
                    connect(offer, token="nonsense"),
                )
            ]
            assert [type(error) for error in refused] == [InvalidInput, NotFound, NotAllowed, NotAllowed]
            assert str(refused[1]) == "agent -none was not found"
            worker.supervisor.draining = True
            full = await refusal(url, new_session_id(), connect(offer))
            assert isinstance(full, LimitExceeded)
            assert full.retry_after_s

    asyncio.run(scenario())
