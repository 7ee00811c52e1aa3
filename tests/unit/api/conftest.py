"""The API over a SQLite file that knows two accounts."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import described_app
from api.composition import Workers, dependencies_on
from callstore.files import FilesBlobStore
from callstore.sqlite.stores import SqliteStores
from tests.clocks import ManualClock
from tests.local_stores import blobs as blobs
from tests.local_stores import clock as clock
from tests.local_stores import stores as stores
from tests.peers.recording_control import RecordingControl
from tests.peers.telephony import telephony
from tests.unit.api.owners import API_URL, BOBS, Caller


@pytest.fixture(scope="session")
def app() -> FastAPI:
    """One for all tests: its first request takes longer than all that a test does."""
    return described_app()


@pytest.fixture
def control() -> RecordingControl:
    return RecordingControl()


@pytest.fixture
def client(
    app: FastAPI, stores: SqliteStores, blobs: FilesBlobStore, clock: ManualClock, control: RecordingControl
) -> Iterator[TestClient]:
    phones, workers = telephony(stores.call_changes), Workers(control, sip_host=lambda: "sip.example.com")
    app.state.dependencies = dependencies_on(stores, blobs, API_URL, clock, workers, phones, lambda: ("k" * 32,))
    with TestClient(app) as opened:
        yield opened


@pytest.fixture
def ann(client: TestClient) -> Caller:
    return Caller(client)


@pytest.fixture
def bob(client: TestClient) -> Caller:
    return Caller(client, BOBS)


@pytest.fixture
def client_without_key(client: TestClient) -> Caller:
    return Caller(client, None)
