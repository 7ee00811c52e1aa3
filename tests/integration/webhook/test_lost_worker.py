"""A worker dies in minute 50 of a call: its owner hears of fifty minutes."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from call_events.deliverer import Deliverer, Reports
from call_events.sweeper import Sweeper
from callauth.private_reports import SealedReports
from callcore.workers.worker import STALE_S
from callnet.guarded import GuardedClient
from callstore.sqlite.stores import SqliteStores
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.peers.customer_web import customer_web
from tests.peers.doomed_worker import ACCOUNT, NOTICE_S
from tests.virtual_time import VirtualClock

MINUTES = 50
REPOSITORY = Path(__file__).parents[3]


def die_in_mid_call(database: Path, webhook: str) -> None:
    command = (sys.executable, "-m", "tests.peers.doomed_worker", "--database", str(database), "--webhook", webhook)
    roots = os.pathsep.join([str(REPOSITORY / "functions"), str(REPOSITORY)])
    done = subprocess.run(
        [*command, "--minutes", str(MINUTES)],
        env={**os.environ, "PYTHONPATH": roots},
        timeout=120,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def test_the_webhook_has_the_chat_up_to_the_last_minute(tmp_path: Path) -> None:
    clock = ManualClock(VirtualClock.EPOCH + 60 * MINUTES + NOTICE_S)
    with SqliteStores(tmp_path / "parley.db", clock) as stores, customer_web() as web:
        stores.accounts.put_account(rows.account(ACCOUNT))
        die_in_mid_call(tmp_path / "parley.db", web.url("/ended"))
        sweeper = Sweeper(stores.calls, stores.checkpoints, stores.workers, stores.deliveries, stores.outbox)
        assert sweeper.sweep(clock.unix_s()) == 0, "perhaps it is only slow"
        clock.advance(STALE_S)
        assert sweeper.sweep(clock.unix_s()) == 1
        assert sweeper.sweep(clock.unix_s()) == 0
        asyncio.run(deliver(stores, clock))
        (asked,) = web.asked
    body = asked.json
    assert (body["call_status"], body["error_message"]) == ("error", "worker-lost")
    assert 60 * MINUTES <= body["duration"] <= 60 * MINUTES + NOTICE_S
    said = [message["content"] for message in json.loads(body["chat"]) if message["role"] == "user"]
    assert said == [f"this is minute {minute}" for minute in range(1, MINUTES + 1)]


async def deliver(stores: SqliteStores, clock: ManualClock) -> None:
    async with GuardedClient(private=True) as client:
        sealed = SealedReports(stores.outbox, tuple)
        reports = Reports(stores.calls, stores.accounts, stores.disabled_webhooks, lambda *_: None, sealed)
        await Deliverer(stores.deliveries, reports, client, clock, lambda: 0.0).once()
