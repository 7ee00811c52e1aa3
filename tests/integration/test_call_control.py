"""Two workers and the API on one store: a session is ended on the worker that holds it, whoever is asked."""

import asyncio
import http.client
import json
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from api.app import create_app as create_api
from api.composition import Workers, dependencies_on
from callauth.internal import INTERNAL_SECRET, InternalRequest, InternalSigner, sign
from callauth.keys import key_record
from callcore.accounts.account import Account, KeyKind
from callcore.agents.agent import Agent
from callcore.calls.call import Call
from callcore.errors import Conflict, NotFound, WorkerUnreachable
from callcore.ids import AccountId, AgentId, SessionId
from callcore.phones.answered_by import AnsweredBy
from callcore.wire.events import CallEnded
from callcore.wire.jobs import COMMANDS_PATH, Chat, Hint, Inject, Job, Terminate
from callcore.workers.worker import STALE_S, Worker
from callnet.call_control import HttpCallControl, OwnerUrl
from callstore.aws.stores import AwsStores
from callstore.files import FilesBlobStore
from callstore.fixed_secrets import FixedSecrets
from callstore.sqlite.stores import SqliteStores
from media_worker.server.app import create_app
from media_worker.server.internal import InternalEndpoint
from media_worker.session.allowances import Allowances
from media_worker.session.clock import LoopClock
from media_worker.session.journal import Stores
from media_worker.session.supervisor import Capacity, Supervisor
from tests.peers.asgi_server import serving
from tests.peers.aws import stores_in_process
from tests.peers.millis_client import MillisClient, connect
from tests.peers.telephony import telephony
from tests.peers.worker_parts import admission_on, scripted

ANN, BOB = Account(AccountId("acc_a"), "Ann's", 0.0, "s" * 32), Account(AccountId("acc_b"), "Bob's", 0.0, "s" * 32)
PUBLIC, PRIVATE, BOBS = "k" * 32, "p" * 32, "b" * 32
SECRET = "i" * 64
SECRETS = FixedSecrets({INTERNAL_SECRET: SECRET})


AnyStores = AwsStores | SqliteStores


HUMAN = Hint(answered_by=AnsweredBy.HUMAN)


def on_sqlite(directory: Path) -> AnyStores:
    return SqliteStores(directory / "parley.db", LoopClock())


def on_aws(directory: Path) -> AnyStores:
    return stores_in_process(directory.name, LoopClock())


@dataclass
class House:
    """Everything that runs, and where."""

    stores: AnyStores
    clock: LoopClock
    workers: dict[str, str] = field(default_factory=dict)
    api: str = ""

    async def call(self, client: MillisClient) -> Call:
        """Begin a session and return its row."""
        await client.initiate(public_key=PUBLIC, agent={"agent_id": "-a"})
        session_id = (await client.wait_for("onready")).payload["session_id"]
        return await asyncio.to_thread(self.stores.calls.get_call, ANN.account_id, SessionId(session_id))

    async def terminate(self, session_id: str, message: str | None = None, key: str = PRIVATE) -> tuple[int, Any]:
        """What the API answers."""
        async with httpx2.AsyncClient(timeout=30, trust_env=False) as client:
            reply = await client.post(
                f"{self.api}/sessions/{session_id}/terminate",
                headers={"authorization": key},
                json={"message": message},
            )
            return reply.status_code, reply.json()

    async def tell(self, worker_id: str, job: Job, headers: Mapping[str, str] | None = None) -> tuple[int, Any]:
        """What a worker's own endpoint answers."""
        body = job.model_dump_json().encode()
        return await asyncio.to_thread(
            post, self.workers[worker_id], body, headers or signed(body, self.clock.unix_s())
        )

    async def ended(self, count: int) -> list[CallEnded]:
        """What the workers put on the queue, a moment after they close the connection."""
        queue, found = self.stores.queue("call_events"), list[CallEnded]()
        async with asyncio.timeout(30):
            while len(found) < count:
                await asyncio.sleep(0.01)
                deliveries = await asyncio.to_thread(queue.receive, 10, 60)
                found += [CallEnded.model_validate_json(one.body) for one in deliveries]
        return found


def signed(body: bytes, now: float, secret: str = SECRET) -> dict[str, str]:
    return sign(InternalRequest("POST", COMMANDS_PATH, body), secret, now)


def post(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, Any]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    try:
        connection.request("POST", COMMANDS_PATH, body, dict(headers))
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read())
    finally:
        connection.close()


@asynccontextmanager
async def worker(house: House, worker_id: str, directory: Path) -> AsyncIterator[None]:
    """One worker with scripted speech on the shared store."""
    stores, clock = house.stores, house.clock
    endpoint: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await endpoint[0](scope, receive, send)

    async with serving(app) as address, asyncio.TaskGroup() as tasks:
        house.workers[worker_id] = f"http://{address}"
        supervisor = Supervisor(
            admission_on(stores, clock),
            scripted,
            Stores(stores.calls, stores.checkpoints, stores.queue("call_events"), FilesBlobStore(directory)),
            clock,
            Capacity(10, worker_id, stores.workers, f"http://{address}"),
            Allowances(stores.day_totals, stores.running_calls, clock),
        )
        forward = HttpCallControl(
            OwnerUrl(stores.calls, stores.workers, clock), InternalSigner(SECRETS, clock), forwarding=True
        )
        endpoint.append(
            create_app(supervisor, InternalEndpoint(supervisor, forward, (SECRET,), stores.used_tokens, clock), {})
        )
        running = tasks.create_task(supervisor.run())
        while await asyncio.to_thread(stores.workers.find_worker, worker_id) is None:  # noqa: ASYNC110 - a row is no event
            await asyncio.sleep(0.01)
        try:
            yield
        finally:
            running.cancel()


def in_house(
    directory: Path, scenario: Callable[[House], Coroutine[Any, Any, None]], on: Callable[[Path], AnyStores] = on_sqlite
) -> None:
    async def live(stores: AnyStores) -> None:
        house = House(stores, LoopClock())
        control = HttpCallControl(
            OwnerUrl(stores.calls, stores.workers, house.clock), InternalSigner(SECRETS, house.clock)
        )
        blobs = FilesBlobStore(directory / "blobs")
        api = create_api(
            dependencies_on(stores, blobs, "http://api", house.clock, Workers(control), telephony(stores.call_changes))
        )
        async with serving(api) as address, worker(house, "w-1", directory), worker(house, "w-2", directory):
            house.api = f"http://{address}"
            await scenario(house)

    with on(directory) as stores:
        for account, key in ((ANN, PRIVATE), (BOB, BOBS)):
            stores.accounts.put_account(account)
            stores.accounts.put_key(key_record(key, KeyKind.PRIVATE, account.account_id, "", 0.0))
        stores.accounts.put_key(key_record(PUBLIC, KeyKind.PUBLIC, ANN.account_id, "", 0.0))
        stores.agents.put_agent(Agent(AgentId("-a"), ANN.account_id, "Desk", {"first_message": "Hello."}, 0.0))
        asyncio.run(live(stores))


def media(url: str) -> str:
    return url.replace("http://", "ws://") + "/millis"


@pytest.mark.parametrize("on", [on_sqlite, on_aws])
def test_the_api_ends_a_session_wherever_it_is_and_the_agent_says_goodbye(
    tmp_path: Path, on: Callable[[Path], AnyStores]
) -> None:
    async def scenario(house: House) -> None:
        for worker_id, message in (("w-1", None), ("w-2", "Our office closes now.")):
            async with connect(media(house.workers[worker_id])) as client:
                call = await house.call(client)
                assert call.worker_id == worker_id
                status, reply = await house.terminate(call.session_id, message)
                assert (status, reply) == (200, {"session_id": call.session_id, "terminated": True})
                assert (await client.wait_for("onsessionended")).data["reason"] == "api-ended"
                assert await client.closed() == (1000, "api-ended")
                said = [one.data for one in client.received if one.method == "onresponsetext"]
                assert (message in said) is (message is not None)
        assert [end.status for end in await house.ended(2)] == ["api-ended", "api-ended"]

    in_house(tmp_path, scenario, on)


def test_a_worker_sends_on_what_another_holds_once(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        async with connect(media(house.workers["w-2"])) as client:
            call = await house.call(client)
            job = Job(account_id=ANN.account_id, session_id=call.session_id, command=Terminate())
            status, reply = await house.tell("w-1", job.model_copy(update={"forwarded": True}))
            assert (status, reply["message"]) == (409, f"call {call.session_id} is not going on")
            assert await house.tell("w-1", job) == (200, {"worker_id": "w-2"})
            assert await client.closed() == (1000, "api-ended")
            assert (await house.tell("w-1", job))[0] == 409

    in_house(tmp_path, scenario)


def test_the_agent_says_what_the_back_end_sends_to_another_worker(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        async with connect(media(house.workers["w-2"])) as client:
            call = await house.call(client)
            heard = Job(account_id=ANN.account_id, session_id=call.session_id, command=HUMAN)
            assert await house.tell("w-1", heard) == (200, {"worker_id": "w-2"})
            for text in ("The shop closes.", "Come again."):
                job = Job(account_id=ANN.account_id, session_id=call.session_id, command=Inject(message=text))
                assert await house.tell("w-1", job) == (200, {"worker_id": "w-2"})
            said: list[str] = []
            last = 0.0
            while len(said) < 3:
                message = await client.wait_for("onresponsetext", after=last, is_final=True)
                last = message.at
                said.append(message.data)
            assert said == ["Hello.", "The shop closes.", "Come again."]

    in_house(tmp_path, scenario)


def test_only_our_own_processes_command_and_each_request_counts_once(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        async with connect(media(house.workers["w-1"])) as client:
            call = await house.call(client)
            job = Job(account_id=ANN.account_id, session_id=call.session_id, command=Terminate())
            body, now = job.model_dump_json().encode(), house.clock.unix_s()
            for proof in (signed(body, now, "x" * 64), signed(b"{}", now), signed(body, now - 60), {"x": "y"}):
                assert (await house.tell("w-1", job, proof))[0] == 401
            nobodys = Job(account_id=BOB.account_id, session_id=call.session_id, command=Terminate())
            assert (await house.tell("w-1", nobodys))[0] == 404
            assert (await house.terminate(call.session_id, key=BOBS))[0] == 404
            assert client.close is None
            once = signed(body, house.clock.unix_s())
            assert (await house.tell("w-2", job, once))[0] == 200
            for worker_id in ("w-1", "w-2"):
                status, reply = await house.tell(worker_id, job, once)
                assert (status, reply["message"]) == (401, "the request was made before")

    in_house(tmp_path, scenario)


def test_a_command_of_another_form_is_refused(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        for body in (b"", b"{}", b'{"account_id":"a","session_id":"s","command":{"type":"offer"}}', b"x" * 70_000):
            status, _ = await asyncio.to_thread(post, house.workers["w-1"], body, signed(body, house.clock.unix_s()))
            assert status == 400

    in_house(tmp_path, scenario)


def test_a_dead_owner_and_a_call_that_is_over_are_told_apart(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its rows are written here; its own heart would write over them.
    monkeypatch.setattr("media_worker.session.supervisor.HEARTBEAT_S", 600.0)

    async def scenario(house: House) -> None:
        calls, workers = house.stores.calls, house.stores.workers
        async with connect(media(house.workers["w-1"])) as client:
            call = await house.call(client)
            alive = workers.find_worker("w-1")
            assert alive is not None
            # Nobody listens where it said, then it is silent for too long.
            for lost in (
                Worker("w-1", house.clock.unix_s(), 1, "http://127.0.0.1:9"),
                Worker("w-1", house.clock.unix_s() - STALE_S - 1, 1, alive.url),
            ):
                await asyncio.to_thread(workers.beat, lost)
                status, problem = await house.terminate(call.session_id)
                assert (status, problem["message"]) == (503, str(WorkerUnreachable(call.session_id)))
            await asyncio.to_thread(workers.beat, alive)
            assert (await house.terminate(call.session_id))[0] == 200
            await client.closed()
        owner = OwnerUrl(calls, workers, house.clock)
        with pytest.raises(NotFound):
            owner(ANN.account_id, SessionId("nobody"))
        # The end of the call stands on the queue only, as after a moment.
        status, problem = await house.terminate(call.session_id)
        assert (status, problem["message"]) == (409, f"call {call.session_id} is not going on")
        (end,) = await house.ended(1)
        calls.finish_call(Call(**{**vars(call), "status": end.status}))
        with pytest.raises(Conflict, match="has ended already"):
            owner(ANN.account_id, call.session_id)

    in_house(tmp_path, scenario)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize("on", [on_sqlite, on_aws])
def test_a_conversation_in_writing_begins_at_any_worker_and_is_answered_wherever_it_is_asked(
    tmp_path: Path, on: Callable[[Path], AnyStores]
) -> None:
    async def scenario(house: House) -> None:
        asked = [{"role": "user", "content": "Are you there?"}]
        async with httpx2.AsyncClient(timeout=30, trust_env=False) as client:
            reply = await client.post(
                f"{house.api}/chat/completions",
                headers={"authorization": PRIVATE},
                json={"messages": asked, "agent": {"agent_id": "-a"}},
            )
        assert (reply.status_code, reply.json()["message"]["content"]) == (200, "I hear you.")
        session_id = SessionId(reply.json()["session_id"])
        for worker_id, end in (("w-1", False), ("w-2", True)):
            turn = Job(account_id=ANN.account_id, session_id=session_id, command=Chat(text="And now?", end=end))
            status, done = await house.tell(worker_id, turn)
            assert (status, done["reply"], done.get("ended", False)) == (200, "I hear you.", end)
        (ended,) = await house.ended(1)
        assert ended.status == "chat_completion"

    in_house(tmp_path, scenario, on)
