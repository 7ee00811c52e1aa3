"""Accounts with keys of their own at one worker: each of them is served with its own, and nobody with another's."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from callauth.keys import key_record
from callauth.sealing import Sealer
from callcore.accounts.account import Account, KeyKind
from callcore.agents.agent import Agent
from callcore.billing.pricing import OWN_KEY
from callcore.clock import SystemClock
from callcore.ids import AccountId, AgentId
from callcore.wire.events import CALL_EVENTS_QUEUE, CallEnded
from callstore.sqlite.stores import SqliteStores
from media_worker.composition import compose
from media_worker.providers.vendors import Vendors
from media_worker.settings import WorkerSettings
from tests.peers.asgi_server import serving
from tests.peers.millis_client import connect
from tests.peers.openai import OpenAiPeer, saying

SECRET = "s" * 32
OPERATORS, ANNS, BOBS = "sk-of-the-operator", "sk-of-ann", "sk-of-bob"
AGENT = {
    "prompt": "Be kind.",
    "first_message": "Hello.",
    "llm": {"provider": "openai"},
    "speech_to_text": {"provider": "scripted"},
    "voice": {"provider": "scripted"},
}


def keys_of(vendor_keys: dict[str, str]) -> dict[str, str]:
    return {vendor: Sealer(lambda: (SECRET,)).seal(key) for vendor, key in vendor_keys.items()}


def move_in(stores: SqliteStores, name: str, vendor_keys: dict[str, str]) -> None:
    """An account whose public key and agent have its name."""
    account_id = AccountId(name)
    stores.accounts.put_account(Account(account_id, name, 0.0, "e" * 32, vendor_keys=keys_of(vendor_keys)))
    stores.accounts.put_key(key_record(f"public-{name}", KeyKind.PUBLIC, account_id, "site", 0.0))
    stores.agents.put_agent(Agent(AgentId(f"-{name}"), account_id, "Desk", AGENT, 0.0))


def charged(stores: SqliteStores) -> list[tuple[str, bool, bool]]:
    """For the model: whose call, whether it cost something, and whether it says that the key was the account's."""
    ends = [CallEnded.model_validate_json(one.body) for one in stores.queue(CALL_EVENTS_QUEUE).receive(10, 60)]
    lines = [(end.account_id, line) for end in ends for line in end.cost_breakdown if line["type"] == "llm"]
    return sorted((name, line["credit"] > 0, line["rate"] == OWN_KEY) for name, line in lines)


async def ask(media_url: str, name: str) -> None:
    """A typed call with one question."""
    async with connect(media_url, microphone=False) as client:
        await client.initiate(public_key=f"public-{name}", agent={"agent_id": f"-{name}"}, voice=False)
        greeted = (await client.wait_for("onresponsetext", is_final=True)).at
        await client.connection.send(json.dumps({"method": "user_text", "data": "and now?"}))
        assert (await client.wait_for("onresponsetext", after=greeted, is_final=True)).data == "Fine."


@asynccontextmanager
async def worker(database: Path, vendor: OpenAiPeer) -> AsyncIterator[str]:
    """Where it takes calls."""
    async with serving(vendor) as address:
        settings = WorkerSettings(
            database=database,
            blobs=database.parent / "blobs",
            worker_key=SECRET,
            vendors=Vendors({"OPENAI_API_KEY": OPERATORS, "OPENAI_BASE_URL": f"http://{address}/v1"}),
            recogniser_processes=1,
        )
        async with compose(settings) as composed, serving(composed.app) as here:
            yield f"ws://{here}/millis"
            await composed.supervisor.drain(10.0)


def test_every_account_is_served_with_its_own_key(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    database = tmp_path / "parley.db"
    vendor = OpenAiPeer(otherwise=lambda request: saying("Fine."), key="")

    async def scenario(stores: SqliteStores) -> list[str]:
        async with asyncio.timeout(50), worker(database, vendor) as media_url:
            for name in ("ann", "bob", "cid", "ann"):
                await ask(media_url, name)
            stores.directory.change_account(AccountId("ann"), lambda account: replace(account, vendor_keys={}))
            await ask(media_url, "ann")
        return [headers["authorization"].removeprefix("Bearer ") for headers in vendor.headers]

    with SqliteStores(database, SystemClock()) as stores:
        for name, keys in {"ann": {"openai": ANNS}, "bob": {"openai": BOBS}, "cid": {}}.items():
            move_in(stores, name, keys)
        assert asyncio.run(scenario(stores)) == [ANNS, BOBS, OPERATORS, ANNS, OPERATORS]
        own, operators = (False, True), (True, False)
        assert charged(stores) == [
            *[("ann", *own)] * 2,
            ("ann", *operators),
            ("bob", *own),
            ("cid", *operators),
        ]
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for key in (OPERATORS, ANNS, BOBS):
        assert key not in caplog.text
        assert key.encode() not in kept
