"""An agent that opts out of data collection: its owner hears everything, and nobody keeps it (architecture.md 5)."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from call_events.deliverer import Deliverer, Reports
from call_events.finisher import Finisher
from call_events.sweeper import Sweeper
from callauth.private_reports import SealedReports
from callcore.accounts.account import Account
from callcore.deliveries.delivery import EXPIRED, DeliveryState, WebhookDelivery, delivery_id_of, replayed
from callcore.deliveries.private_report import KEPT_S
from callcore.errors import Conflict
from callcore.opening.plan import SessionPlan
from callnet.guarded import GuardedClient
from callstore.files import FilesBlobStore
from callstore.sqlite.stores import SqliteStores
from media_worker.ports.llm import LlmCapabilities, ReplyEvent, ReplyRequest, TextDelta
from media_worker.ports.stt import Final, TurnEnd
from media_worker.providers.scripted import tts, vad
from media_worker.session.casting.providers import Providers
from tests.clocks import ManualClock
from tests.peers.customer_web import CustomerWeb, customer_web
from tests.peers.queue_socket import QueueSocket
from tests.unit.media_worker.session.house import ACCOUNT, KEY, House
from tests.unit.media_worker.session.prepared_call import Dictated
from tests.unit.media_worker.session.rig import SILENCE, VOICE
from tests.virtual_time import run_virtual

SPOKEN, BROUGHT = "swordfish", "Rumpelstiltskin"
CONFIG = {
    "privacy_settings": {"opt_out_data_collection": True},
    "call_settings": {"enable_recording": True},
    "first_message": "Hello {userName}.",
    "prompt": "The caller is {userName}.",
}
OUTBOX_KEY = "k" * 32


class Parrot:
    """Says again what was said."""

    capabilities = LlmCapabilities(discardable=True)

    @asynccontextmanager
    async def reply(self, request: ReplyRequest) -> AsyncIterator[AsyncIterator[ReplyEvent]]:
        async def events() -> AsyncIterator[ReplyEvent]:
            yield TextDelta(f"You said {request.messages[-1]['content']}.")

        yield events()


class Confessional(House):
    """Hears what it is told."""

    async def choose(self, plan: SessionPlan, account: Account) -> Providers:
        self.recogniser = Dictated()
        return Providers(self.recogniser, Parrot(), tts.create(), vad.create())


async def confess(house: Confessional) -> float:
    """A call in which the secrets are told; when it was over."""
    initiate = {"public_key": KEY, "agent": {"agent_id": "-a"}, "metadata": {"userName": BROUGHT}}
    socket = QueueSocket(json.dumps({"method": "initiate", "data": initiate}))

    async def hear(frame: bytes, seconds: float) -> None:
        for _ in range(round(seconds / 0.02)):
            socket.incoming.put_nowait(frame)
            await asyncio.sleep(0.02)

    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(house.supervisor.run())
        calling = tasks.create_task(house.supervisor.attend(socket))
        await asyncio.sleep(5)
        await hear(VOICE, 1)
        for said in (Final(f"My password is {SPOKEN}."), TurnEnd()):
            house.recogniser.heard.put_nowait(said)
        await hear(SILENCE, 6)
        socket.hang_up()
        await calling
        running.cancel()
    return house.clock.unix_s()


@dataclass
class Scene:
    """Where it happens: the files of a store, its blobs, and the log."""

    directory: Path
    stores: SqliteStores
    clock: ManualClock
    log: pytest.LogCaptureFixture

    def hold_call(self, url: str, **config: Any) -> WebhookDelivery:
        """The call, stored as ended; its delivery waits."""
        blobs = FilesBlobStore(self.directory / "blobs")
        house = Confessional(self.stores, blobs, config=CONFIG | {"session_data_webhook": url} | config)
        self.clock.now_s = run_virtual(confess(house))
        (message,) = house.events.receive(1, 60)
        finisher = Finisher(self.stores.calls, self.stores.checkpoints, self.stores.deliveries, self.clock)
        assert finisher.finish(message.body)
        house.events.delete(message.receipt)
        (delivery,) = self.stores.deliveries.take_due(self.clock.now_s, 5, 0.0)
        return delivery

    def deliver(self) -> None:
        """One attempt at what is due."""

        async def once() -> None:
            async with GuardedClient(private=True) as client:
                private = SealedReports(self.stores.outbox, lambda: (OUTBOX_KEY,))
                stores = self.stores
                reports = Reports(stores.calls, stores.accounts, stores.disabled_webhooks, lambda *_: None, private)
                await Deliverer(self.stores.deliveries, reports, client, self.clock, lambda: 0.0).once()

        asyncio.run(once())

    def sweep(self) -> None:
        stores = self.stores
        Sweeper(stores.calls, stores.checkpoints, stores.workers, stores.deliveries, stores.outbox).sweep(
            self.clock.now_s
        )

    def stands(self, delivery: WebhookDelivery) -> WebhookDelivery:
        return self.stores.delivery_log.find_delivery(ACCOUNT.account_id, delivery.delivery_id)

    def waits(self, delivery: WebhookDelivery) -> bool:
        """Whether the outbox holds something, expired or not."""
        return self.stores.outbox.find_report(ACCOUNT.account_id, delivery.session_id, 0.0) is not None

    def leaks(self) -> list[str]:
        """Where one of the secrets can be read."""
        places = {str(path): path.read_bytes() for path in self.directory.rglob("*") if path.is_file()}
        assert any(name.endswith("db") for name in places)
        places["log"] = "\n".join(str(vars(record)) for record in self.log.records).encode()
        secrets = [secret.encode() for secret in (SPOKEN, BROUGHT)]
        return [name for name, content in places.items() if any(secret in content for secret in secrets)]


@pytest.fixture(scope="module")
def web() -> Iterator[CustomerWeb]:
    with customer_web() as running:
        yield running


@pytest.fixture
def scene(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Scene]:
    caplog.set_level(logging.DEBUG)
    clock = ManualClock(0.0)
    with SqliteStores(tmp_path / "db", clock) as stores:
        yield Scene(tmp_path, stores, clock, caplog)


def told(web: CustomerWeb) -> dict[str, Any]:
    payload: dict[str, Any] = web.asked[-1].json
    return payload


def test_its_owner_hears_everything_and_nothing_is_left(scene: Scene, web: CustomerWeb) -> None:
    delivery = scene.hold_call(web.url("/told"))
    assert scene.waits(delivery)
    assert scene.leaks() == [], "what waits is sealed"
    scene.deliver()
    assert SPOKEN in told(web)["chat"]
    assert f"You said My password is {SPOKEN}" in told(web)["chat"]
    assert told(web)["metadata"] == {"userName": BROUGHT}
    assert scene.stands(delivery).state is DeliveryState.DELIVERED
    assert not scene.waits(delivery)
    call = scene.stores.calls.get_call(ACCOUNT.account_id, delivery.session_id)
    assert (call.chat, call.recording, dict(call.metadata)) == (None, None, {})
    assert not (scene.directory / "blobs").exists()
    scene.clock.advance(KEPT_S)
    scene.sweep()
    assert scene.leaks() == []
    with pytest.raises(Conflict, match="can't be replayed"):
        replayed(scene.stands(delivery), scene.clock.now_s)


def test_an_owner_who_never_answers_loses_it_within_a_day(scene: Scene, web: CustomerWeb) -> None:
    web.replies["/down"] = (503, "")
    delivery = scene.hold_call(web.url("/down"))
    scene.deliver()
    waiting = scene.stands(delivery)
    assert (waiting.state, waiting.replayable, scene.waits(delivery)) == (DeliveryState.PENDING, True, True)
    scene.clock.advance(KEPT_S)
    scene.sweep()
    assert not scene.waits(delivery)
    scene.deliver()
    dead = scene.stands(delivery)
    assert (dead.state, dead.attempts[-1].outcome) == (DeliveryState.DEAD, EXPIRED)
    assert dead.delivery_id == delivery_id_of(delivery.session_id)
    assert scene.leaks() == []
    with pytest.raises(Conflict):
        replayed(dead, scene.clock.now_s)


def test_an_owner_who_refuses_it_has_had_his_chance(scene: Scene, web: CustomerWeb) -> None:
    web.replies["/gone"] = (410, "")
    delivery = scene.hold_call(web.url("/gone"))
    scene.deliver()
    assert scene.stands(delivery).state is DeliveryState.REFUSED
    assert not scene.waits(delivery)
    assert scene.leaks() == []


def test_the_search_finds_what_an_agent_that_does_not_opt_out_leaves(scene: Scene, web: CustomerWeb) -> None:
    delivery = scene.hold_call(web.url("/told"), privacy_settings={})
    assert not delivery.private
    assert not scene.waits(delivery)
    assert scene.leaks() != []
