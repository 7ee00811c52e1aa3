"""A worker has a name in DNS while it lives, and goes by its address until everybody knows the name."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from callcore.errors import StoreError
from callcore.workers.worker import Worker
from callstore.aws.route53 import Route53Names
from callstore.sqlite.stores import SqliteStores
from media_worker.server.worker_name import RETRY_S, WorkerName, label_of
from tests.peers.aws import client_in_process
from tests.virtual_time import VirtualClock, run_virtual

DOMAIN, ADDRESS = "workers.voice.example.com", "203.0.113.7"
ID = "158d1c8083dd49d6b527399fd6414f5c"
NAME = f"w-158d1c8083dd.{DOMAIN}"


@pytest.fixture
def names() -> Route53Names:
    """In a zone that holds other records too."""
    client = client_in_process("route53")
    zone = client.create_hosted_zone(Name="example.com", CallerReference=str(uuid4()))["HostedZone"]["Id"]
    other = {"Name": "voice.example.com", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "203.0.113.1"}]}
    changes = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": other}]}
    client.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=changes)
    return Route53Names(client, zone.rpartition("/")[2], DOMAIN, pause=lambda _: None)


def naming(tmp_path: Path, names: Any, scenario: Any) -> None:
    """Run the scenario beside a worker's name."""

    async def live(stores: SqliteStores) -> None:
        name = WorkerName(names, stores.workers, VirtualClock(), ID, ADDRESS)
        assert name.host == ADDRESS
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(name.run())
            await asyncio.sleep(1)
            await scenario(name)
            running.cancel()
        assert name.host == ADDRESS

    with SqliteStores(tmp_path / "db", VirtualClock()) as stores:
        run_virtual(with_worker(stores, live(stores)))


async def with_worker(stores: SqliteStores, then: Coroutine[Any, Any, None]) -> None:
    stores.workers.beat(Worker("another-worker-that-lives", VirtualClock().unix_s()))
    await then


def test_the_name_is_there_while_the_worker_lives(tmp_path: Path, names: Route53Names) -> None:
    async def scenario(name: WorkerName) -> None:
        assert name.host == NAME
        assert names.listed() == {label_of(ID): ADDRESS}

    naming(tmp_path, names, scenario)
    assert names.listed() == {}


def test_what_the_dead_left_is_taken_away_and_the_living_keep_theirs(tmp_path: Path, names: Route53Names) -> None:
    names.put(label_of("another-worker-that-lives"), "203.0.113.8")
    names.put(label_of("dead"), "203.0.113.9")

    async def scenario(name: WorkerName) -> None:
        assert set(names.listed()) == {label_of("another-worker-that-lives"), label_of(ID)}

    naming(tmp_path, names, scenario)


def test_without_dns_the_worker_goes_by_its_address_and_tries_again(tmp_path: Path, names: Route53Names) -> None:
    class Flaky:
        """Fails at first."""

        failures = 1

        def __getattr__(self, method: str) -> Any:
            return getattr(names, method)

        def put(self, label: str, address: str) -> None:
            if self.failures:
                self.failures -= 1
                raise StoreError("it is down", retryable=True)
            names.put(label, address)

    async def scenario(name: WorkerName) -> None:
        assert name.host == ADDRESS
        await asyncio.sleep(RETRY_S)
        assert name.host == NAME

    naming(tmp_path, Flaky(), scenario)


def test_a_name_that_does_not_get_around_is_an_error() -> None:
    class Pending:
        """Never done with a change."""

        def change_resource_record_sets(self, **_: Any) -> Any:
            return {"ChangeInfo": {"Id": "C1", "Status": "PENDING"}}

        def get_change(self, Id: str) -> Any:
            return {"ChangeInfo": {"Id": Id, "Status": "PENDING"}}

    waited: list[float] = []
    with pytest.raises(StoreError, match="every server"):
        Route53Names(Pending(), "Z1", DOMAIN, pause=waited.append).put("w-1", ADDRESS)
    assert 60 < sum(waited) < 300
