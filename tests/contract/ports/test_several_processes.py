"""Several writers at once, and writers that are killed, on every adapter."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from callcore.campaigns.campaign import CampaignStatus, RecordStatus
from callcore.clock import SystemClock
from callcore.errors import Conflict
from callcore.ids import SessionId
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.contract.ports.adapters import ADAPTERS, Stores
from tests.peers.aws import serve_aws

ROOT = Path(__file__).parents[3]


def start_writer(adapter: str, directory: Path, name: str, count: int) -> subprocess.Popen[str]:
    return start("writer", adapter, directory, name, str(count))


def start(module: str, adapter: str, directory: Path, *given: str) -> subprocess.Popen[str]:
    if "aws" in adapter:
        serve_aws()
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.contract.ports.{module}", adapter, str(directory), *given],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'functions'}{os.pathsep}{ROOT}"},
        stdout=subprocess.PIPE,
        text=True,
    )


def assert_stored(stores: Stores, session_ids: list[str]) -> None:
    for session_id in session_ids:
        assert stores.calls.get_call(rows.ANN, SessionId(session_id)) == rows.live_call(session_id)
        assert stores.checkpoints.load_checkpoint(SessionId(session_id)) == rows.checkpoint(session_id)


def test_processes_that_start_at_once_on_new_storage_lose_no_row(adapter: str, tmp_path: Path) -> None:
    writers = [start_writer(adapter, tmp_path, f"p{number}", 5) for number in range(4)]
    printed = [writer.communicate(timeout=60)[0].split() for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0, 0, 0]
    assert [len(session_ids) for session_ids in printed] == [5, 5, 5, 5]
    stores = ADAPTERS[adapter](tmp_path, SystemClock())
    assert_stored(stores, [session_id for session_ids in printed for session_id in session_ids])
    assert len(stores.calls.list_live_calls()) == 20
    stores.close()


@pytest.mark.parametrize("rows_before_kill", [1, 10])
def test_a_killed_writer_leaves_what_it_was_told_is_stored_and_a_usable_database(
    adapter: str, tmp_path: Path, rows_before_kill: int
) -> None:
    writer = start_writer(adapter, tmp_path, "killed", 0)
    assert writer.stdout is not None
    stored = [writer.stdout.readline().strip() for _ in range(rows_before_kill)]
    writer.kill()
    stored += writer.stdout.read().split()
    writer.wait(timeout=10)
    writer.stdout.close()

    stores = ADAPTERS[adapter](tmp_path, SystemClock())
    assert_stored(stores, stored)
    assert stores.calls.finish_call(rows.ended_call(stored[0]))
    bodies = []
    while batch := stores.queue("work").receive(10, 60):
        bodies += [delivery.body for delivery in batch]
    assert set(stored) <= set(bodies)
    stores.close()


@pytest.mark.full
def test_processes_that_order_at_once_and_one_that_is_killed_call_each_record_once(
    adapter: str, tmp_path: Path
) -> None:
    stores = ADAPTERS[adapter](tmp_path, SystemClock())
    stores.accounts.put_account(rows.account())
    campaign = replace(rows.campaign(), status=CampaignStatus.STARTED)
    names = rows.ANN, campaign.campaign_id
    stores.campaigns.change_campaign(*names, lambda _: campaign)
    stores.campaign_records.put_records(*names, [rows.record(f"+1555{number:03}") for number in range(60)])
    killed = start("orderer", adapter, tmp_path, "killed")
    assert killed.stdout is not None
    ordered = [killed.stdout.readline().strip() for _ in range(2)]
    other = start("orderer", adapter, tmp_path, "other")
    ordered += [killed.stdout.readline().strip() for _ in range(3)]
    killed.kill()
    # `communicate` would lose what `readline` has read ahead.
    ordered += killed.stdout.read().split() + other.communicate(timeout=60)[0].split()
    killed.wait(timeout=10)
    killed.stdout.close()
    live = {call.session_id: (call.voip or {})["to"] for call in stores.calls.list_live_calls()}
    records = stores.campaign_records.list_records(*names)
    assert {record.session_id: record.phone for record in records} == live
    assert len(live) == stores.campaign_records.count_records(*names)[RecordStatus.STARTED] == 60
    assert set(ordered) <= live.keys()
    assert len(ordered) >= 59, "what was ordered and not told of is one at most"
    stores.close()


def test_one_of_many_threads_wins_a_session_a_token_and_the_end_of_a_call(stores: Stores, clock: ManualClock) -> None:
    def begin(_: int) -> bool:
        try:
            stores.calls.begin_call(rows.live_call())
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(begin, range(16))) == 1
        assert sum(threads.map(lambda _: stores.calls.finish_call(rows.ended_call()), range(16))) == 1
        uses = threads.map(lambda _: stores.used_tokens.use_once(rows.ANN, "t", clock.now_s + 60), range(16))
        assert sum(uses) == 1


def test_threads_that_receive_at_once_never_share_a_delivery(stores: Stores) -> None:
    for number in range(40):
        stores.queue("work").send(str(number))
    with ThreadPoolExecutor(8) as threads:
        batches = list(threads.map(lambda _: stores.queue("work").receive(5, 60), range(10)))
    bodies = [delivery.body for batch in batches for delivery in batch]
    assert sorted(bodies, key=int) == [str(number) for number in range(40)]
