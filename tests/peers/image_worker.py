"""A worker that was started from its image: who is called there, and what is waited for."""

import asyncio
import subprocess
import urllib.request
from pathlib import Path

from callauth.keys import key_record
from callcore.accounts.account import Account, KeyKind
from callcore.agents.agent import Agent
from callcore.ids import AccountId, AgentId
from callstore.sqlite.stores import SqliteStores
from media_worker.session.clock import LoopClock
from tests.peers.ecs_agent import EcsAgent
from tests.peers.millis_client import connect
from tests.peers.ports import lasting_ports

ACCOUNT, PUBLIC = AccountId("acc_image"), "k" * 32
START_S = 60.0


def free_port() -> int:
    (port,) = lasting_ports(1)
    return port


async def until_it_listens(worker: subprocess.Popen[bytes], port: int) -> None:
    async with asyncio.timeout(START_S):
        while True:
            assert worker.poll() is None, worker.communicate()[1].decode()
            try:
                with await asyncio.to_thread(urllib.request.urlopen, f"http://127.0.0.1:{port}/health", timeout=2):
                    return
            except OSError:
                await asyncio.sleep(0.1)


async def hold_a_call(port: int, agent: EcsAgent) -> float:
    """Seconds of speech that came."""
    async with connect(f"ws://127.0.0.1:{port}/millis") as client:
        await client.initiate(public_key=PUBLIC, agent={"agent_id": "-a"})
        await client.wait_for("onready", within=30)
        async with asyncio.timeout(30):
            while client.playback.seconds < 1.0 or not agent.protected:  # noqa: ASYNC110 - neither has a message
                await asyncio.sleep(0.05)
        return client.playback.seconds


def install_agent(database: Path) -> None:
    """Who is called."""
    with SqliteStores(database, LoopClock()) as stores:
        stores.accounts.put_account(Account(ACCOUNT, "Image", 0.0, "s" * 32))
        stores.accounts.put_key(key_record(PUBLIC, KeyKind.PUBLIC, ACCOUNT, "", 0.0))
        greeting = {"first_message": "Hello, this is the tree of the image."}
        stores.agents.put_agent(Agent(AgentId("-a"), ACCOUNT, "Desk", greeting, 0.0))


async def until_unprotected(agent: EcsAgent) -> None:
    async with asyncio.timeout(20):
        while agent.protected:  # noqa: ASYNC110 - it is another process that asks
            await asyncio.sleep(0.05)
