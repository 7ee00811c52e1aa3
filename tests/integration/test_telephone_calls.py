"""Calls by telephone between our control plane and a small Twilio: ordered, placed, told of, taken, ended once."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.app import described_app
from api.composition import dependencies_on
from api.telephony import Telephony
from call_events.dialler import Dialler
from callauth.carrier_urls import CarrierUrls
from callauth.keys import key_record
from callauth.sealing import Sealer
from callcore.accounts import Account, KeyKind
from callcore.agents import Agent
from callcore.calls import END_STATUSES, CallStatus
from callcore.clock import Clock, SystemClock
from callcore.ids import AccountId, AgentId
from callcore.phones import Carrier
from callstore.files import FilesBlobStore
from callstore.sqlite import SqliteStores
from carriers.twilio import Twilio as TwilioClient
from infra.local.front import front
from telephony_webhook.app import create_app as create_desk
from telephony_webhook.desk import Desk
from tests.peers.asgi_server import serving
from tests.peers.recording_control import RecordingControl
from tests.peers.twilio import ACCOUNT as SID
from tests.peers.twilio import TOKEN, Twilio, running_twilio

OURS, THEIRS = "+15550001111", "+15550002222"
PRIVATE = "private-key-of-the-telephone-tests"
ACCOUNT = Account(AccountId("acc_1"), "Ann's", 1.0, embed_secret="s" * 32, max_concurrent_calls=100)
SECRET = "a secret of carriers, of thirty-two characters and more"
CREDENTIALS = {"provider": "twilio", "phone": OURS, "account_sid": SID, "api_key": SID, "api_secret": TOKEN}

API = described_app()
"""One for all tests: its first request takes longer than all that a test does."""


@dataclass
class SkippingClock(SystemClock):
    """The system's, which can be set forward: nobody waits two minutes for a call that is stuck."""

    ahead_s: float = 0.0

    def unix_s(self) -> float:
        return super().unix_s() + self.ahead_s


@dataclass
class House:
    """The control plane on one SQLite file, beside a Twilio."""

    stores: SqliteStores
    twilio: Twilio
    clock: SkippingClock
    client: httpx2.AsyncClient
    urls: CarrierUrls
    dialler: Dialler
    refused: list[int] = field(default_factory=list)

    async def post(self, path: str, body: Any = None, status: int = 200, key: str | None = None) -> Any:
        once = {"idempotency-key": key} if key else {}
        reply = await self.client.post(path, json=body, headers={"authorization": PRIVATE, **once})
        assert reply.status_code == status, reply.text
        return reply.json()

    async def order(self, **body: Any) -> str:
        reply = await self.post("/start_outbound_call", {"from_phone": OURS, "to_phone": THEIRS} | body)
        return str(reply["session_id"])

    async def dial(self) -> int:
        return await asyncio.to_thread(self.dialler.run)

    async def status(self, session_id: str) -> str:
        reply = await self.client.get(f"/call-logs/{session_id}", headers={"authorization": PRIVATE})
        return str(reply.json()["call_status"])

    async def until(self, session_id: str, *statuses: str) -> str:
        async with asyncio.timeout(20):
            while (status := await self.status(session_id)) not in statuses:  # noqa: ASYNC110  # it is asked by HTTP
                await asyncio.sleep(0.02)
        return status


@asynccontextmanager
async def house(directory: Path) -> AsyncIterator[House]:
    clock = SkippingClock()
    with SqliteStores(directory / "parley.db", clock) as stores:
        stores.accounts.put_account(ACCOUNT)
        stores.accounts.put_key(key_record(PRIVATE, KeyKind.PRIVATE, ACCOUNT.account_id, "", 0.0))
        config = {"prompt": "P", "first_message": "Hi."}
        stores.agents.put_agent(Agent(AgentId("-a"), ACCOUNT.account_id, "Desk", config, 0.0))
        async with running_twilio(OURS) as twilio:
            carriers = {Carrier.TWILIO: TwilioClient(twilio.url)}
            urls = CarrierUrls("http://pending", "ws://127.0.0.1:1", lambda: (SECRET,))
            seal = Sealer(lambda: (SECRET,))
            apps: dict[str, Any] = {}

            async def whole(scope: Any, receive: Any, send: Any) -> None:
                await apps["front"](scope, receive, send)

            async with serving(whole) as address:
                urls = replace(urls, base_url=f"http://{address}")
                telephony = Telephony(stores.call_changes, carriers, carriers, seal, urls, lambda: None)
                blobs = FilesBlobStore(directory / "blobs")
                API.state.dependencies = dependencies_on(
                    stores, blobs, urls.base_url, clock, RecordingControl(), telephony
                )
                apps["front"] = front(API, API, create_desk(_desk(stores, seal, urls, clock)), API)
                dialler = Dialler(
                    accounts=stores.accounts,
                    phones=stores.phones,
                    calls=stores.calls,
                    changes=stores.call_changes,
                    deliveries=stores.deliveries,
                    controls=carriers,
                    seal=seal,
                    urls=urls,
                    stream_secret=lambda: SECRET,
                    clock=clock,
                )
                async with httpx2.AsyncClient(base_url=urls.base_url, timeout=20, trust_env=False) as client:
                    yield House(stores, twilio, clock, client, urls, dialler)
            carriers[Carrier.TWILIO].close()


def _desk(stores: SqliteStores, seal: Sealer, urls: CarrierUrls, clock: Clock) -> Desk:
    return Desk(
        accounts=stores.accounts,
        agents=stores.agents,
        phones=stores.phones,
        calls=stores.calls,
        changes=stores.call_changes,
        deliveries=stores.deliveries,
        used=stores.used_tokens,
        seal=seal,
        urls=urls,
        stream_secret=lambda: SECRET,
        clock=clock,
    )


Scenario = Callable[[House], Awaitable[None]]


def in_house(directory: Path, scenario: Scenario) -> None:
    async def run() -> None:
        async with house(directory) as ours:
            imported = await ours.post("/phones/import", CREDENTIALS)
            assert imported["status"] == "active"
            await ours.post(f"/phones/{OURS}/set_agent", {"agent_id": "-a"})
            await scenario(ours)

    asyncio.run(run())


def test_importing_a_number_makes_twilio_ask_us_and_deleting_it_sets_it_back(tmp_path: Path) -> None:
    async def scenario(ours: House) -> None:
        number = ours.twilio.numbers[OURS]
        assert number["voice_url"].startswith(f"{ours.urls.base_url}/telephony/twilio/answer/acc_1/")
        await ours.post("/phones/import", CREDENTIALS)
        stored = ours.stores.phones.list_phones(ACCOUNT.account_id)[0]
        assert TOKEN not in repr(stored)
        assert TOKEN.encode() not in (tmp_path / "parley.db").read_bytes()
        await ours.client.delete(f"/phones/{OURS}", headers={"authorization": PRIVATE})
        assert number["voice_url"] == "https://old.example.com/voice"

    in_house(tmp_path, scenario)


@pytest.mark.parametrize("word", ["busy", "no-answer", "failed"])
def test_a_call_that_nobody_takes_ends_with_twilios_word(tmp_path: Path, word: str) -> None:
    async def scenario(ours: House) -> None:
        ours.twilio.callee = word
        session_id = await ours.order()
        assert await ours.status(session_id) == "queued"
        assert await ours.dial() == 1
        assert await ours.until(session_id, *END_STATUSES) == word

    in_house(tmp_path, scenario)


def test_the_same_order_is_one_call(tmp_path: Path) -> None:
    async def scenario(ours: House) -> None:
        body = {"from_phone": OURS, "to_phone": THEIRS}
        first, second = [await ours.post("/start_outbound_call", body, key="once") for _ in range(2)]
        assert first == second
        await asyncio.gather(*(ours.dial() for _ in range(4)))
        assert len(ours.twilio.calls) == 1

    in_house(tmp_path, scenario)


def test_a_request_that_twilio_does_not_answer_is_looked_up_and_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("carriers.rest.TIMEOUT_S", 0.3)

    async def scenario(ours: House) -> None:
        ours.twilio.trouble.silent_places = 1
        ours.twilio.trouble.mangle = lambda news: []
        session_id = await ours.order()
        assert await ours.dial() == 0
        assert await ours.status(session_id) == "dispatching"
        ours.clock.ahead_s = 20
        await ours.dial()
        assert await ours.status(session_id) == "provider_queued"
        assert len(ours.twilio.calls) == 1

    in_house(tmp_path, scenario)


def test_a_call_of_which_nothing_is_heard_ends(tmp_path: Path) -> None:
    async def scenario(ours: House) -> None:
        ours.twilio.trouble.mangle = lambda news: []
        session_id = await ours.order()
        await ours.dial()
        ours.clock.ahead_s = 110
        await ours.dial()
        assert await ours.status(session_id) == "failed"

    in_house(tmp_path, scenario)


def test_a_call_that_rings_is_canceled(tmp_path: Path) -> None:
    async def scenario(ours: House) -> None:
        ours.twilio.callee = "no-answer"
        session_id = await ours.order()
        await ours.dial()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(RecordingControl, "send", _not_going_on)
            await ours.post(f"/sessions/{session_id}/terminate", {})
        assert await ours.status(session_id) == "canceled"
        (call,) = ours.twilio.calls.values()
        async with asyncio.timeout(5):
            await call.canceled.wait()

    in_house(tmp_path, scenario)


def _not_going_on(*_: object) -> None:
    from callcore.errors import Conflict

    raise Conflict("the call is not going on")


@pytest.mark.parametrize(
    ("body", "status", "names"),
    [
        ({"to_phone": None}, 400, "to_phone"),
        ({"to_phone": "call me"}, 400, "to_phone"),
        ({"from_phone": "+15559999999"}, 404, "phone"),
        ({"to_phone": OURS}, 400, "to_phone"),
        ({"agent_id": "-unknown"}, 404, "agent"),
        ({"metadata": {"a": "x" * 3000}}, 400, "metadata"),
    ],
)
def test_a_bad_order_is_refused_with_what_is_wrong(
    tmp_path: Path, body: dict[str, Any], status: int, names: str
) -> None:
    async def scenario(ours: House) -> None:
        wanted = {"from_phone": OURS, "to_phone": THEIRS} | body
        assert names in (await ours.post("/start_outbound_call", wanted, status))["message"]
        assert await ours.dial() == 0

    in_house(tmp_path, scenario)


def test_somebody_calls_and_is_connected_with_a_token(tmp_path: Path) -> None:
    async def scenario(ours: House) -> None:
        call = ours.twilio.call_in(THEIRS, OURS)
        async with asyncio.timeout(10):
            while not (live := ours.stores.calls.list_live_calls()):  # noqa: ASYNC110  # a row is waited for
                await asyncio.sleep(0.02)
        (row,) = live
        assert row.status is CallStatus.RINGING
        assert row.voip is not None
        assert (row.voip["from"], row.voip["to"], row.voip["call_sid"]) == (THEIRS, OURS, call.sid)

    in_house(tmp_path, scenario)


def test_a_request_that_is_not_twilios_is_refused(tmp_path: Path) -> None:
    async def scenario(ours: House) -> None:
        url = ours.twilio.numbers[OURS]["voice_url"]
        form = {"CallSid": "CA1", "From": THEIRS, "To": OURS}
        forged = {"x-twilio-signature": "AAAA"}
        assert (await ours.client.post(url, data=form, headers=forged)).status_code == 403
        assert (await ours.client.post(url, data=form)).status_code == 403
        assert (await ours.client.post(url.partition("?")[0], data=form)).status_code == 403
        assert (await ours.client.post(url.replace("acc_1", "acc_2"), data=form)).status_code == 403
        assert ours.stores.calls.list_live_calls() == []

    in_house(tmp_path, scenario)


def test_a_number_without_an_agent_is_rejected(tmp_path: Path) -> None:
    async def scenario(ours: House) -> None:
        await ours.post(f"/phones/{OURS}/set_agent", {"agent_id": None})
        call = ours.twilio.call_in(THEIRS, OURS)
        async with asyncio.timeout(10):
            while call.status != "completed":  # noqa: ASYNC110  # of another program
                await asyncio.sleep(0.02)
        assert ours.stores.calls.list_live_calls() == []

    in_house(tmp_path, scenario)


def test_fifty_calls_with_callbacks_that_are_lost_doubled_and_reordered_end_once(tmp_path: Path) -> None:
    """Every one with a status of its own, none after two minutes, and nobody is dialled twice."""
    rng = random.Random(11)

    def mangle(news: list[str]) -> list[str]:
        arriving = [word for word in news for _ in range(rng.choice((0, 1, 1, 1, 2)))]
        rng.shuffle(arriving)
        return arriving

    async def scenario(ours: House) -> None:
        ours.twilio.trouble.mangle = mangle
        sessions = []
        for _ in range(50):
            ours.twilio.callee = rng.choice(("busy", "no-answer", "failed"))
            sessions.append(await ours.order())
            ours.clock.ahead_s += 1.1  # a call a second
            await ours.dial()
        await asyncio.sleep(0.5)
        ours.clock.ahead_s += 120
        await ours.dial()
        ends = [await ours.status(session_id) for session_id in sessions]
        assert set(ends) <= {"busy", "no-answer", "failed"}
        assert len(ours.twilio.calls) == 50
        assert ours.stores.calls.list_live_calls() == []

    in_house(tmp_path, scenario)


def test_a_number_places_a_call_a_second_and_an_account_no_more_than_it_may(tmp_path: Path) -> None:
    async def scenario(ours: House) -> None:
        ours.stores.accounts.put_account(replace(ACCOUNT, max_concurrent_calls=2))
        ours.twilio.trouble.mangle = lambda news: []
        for _ in range(4):
            await ours.order()
        placed = []
        for _ in range(4):
            placed.append(await ours.dial())
            ours.clock.ahead_s += 1.1
        assert placed == [1, 1, 0, 0]

    in_house(tmp_path, scenario)
