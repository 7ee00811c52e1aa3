"""The console over a SQLite file that knows two accounts."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from starlette.testclient import TestClient

from callauth.console import one_time_code
from callcore.clock import Clock
from callcore.errors import CallError
from callcore.ids import AccountId, SessionId
from callcore.wire.jobs import Command, Done
from callstore.files import FilesBlobStore
from callstore.sqlite.stores import SqliteStores
from playground.app import create_app
from playground.composition import console_on
from playground.console import Console
from playground.records import records_on
from playground.settings import WIDGET_FOLDER
from playground.views import Views
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.integration.console.browser import Browser
from tests.integration.console.scripted_carrier import ScriptedCarrier, desk_at
from tests.local_stores import blobs as blobs
from tests.local_stores import clock as clock
from tests.local_stores import stores as stores

LINK_SECRET = "l" * 32
VIEWS = Views(WIDGET_FOLDER)


@dataclass
class Told:
    """The workers: they take every command."""

    commands: list[tuple[AccountId, SessionId, Command]] = field(default_factory=list)
    done: Done | CallError = field(default_factory=lambda: Done(worker_id="w-1"))
    """What comes of them."""

    def send(self, account_id: AccountId, session_id: SessionId, command: Command) -> Done:
        self.commands.append((account_id, session_id, command))
        if isinstance(self.done, CallError):
            raise self.done
        return self.done


NOBODY = Told()


@pytest.fixture
def told() -> Told:
    return Told()


def console_for(
    stores: SqliteStores,
    blobs: FilesBlobStore,
    clock: Clock,
    url: str = "http://localhost:8000",
    control: Told = NOBODY,
    carrier: ScriptedCarrier | None = None,
) -> Console:
    """The console as it stands on a machine, with workers that are told nothing."""
    records = records_on(stores, blobs, control)
    numbers = desk_at(stores, carrier or ScriptedCarrier())
    media_url = "ws://localhost:8080/millis"
    console = console_on(stores, records, numbers, control, VIEWS, url, media_url, clock)
    return replace(console, link_secret=LINK_SECRET, link_account=rows.ANN)


@pytest.fixture
def carrier() -> ScriptedCarrier:
    return ScriptedCarrier()


@pytest.fixture
def client(
    stores: SqliteStores, blobs: FilesBlobStore, clock: ManualClock, told: Told, carrier: ScriptedCarrier
) -> Iterator[TestClient]:
    console = console_for(stores, blobs, clock, control=told, carrier=carrier)
    opened = TestClient(create_app(console), base_url="http://localhost:8000", client=("127.0.0.1", 50000))
    with opened as client:
        yield client


@pytest.fixture
def stranger(client: TestClient) -> Browser:
    """Nobody is signed in yet."""
    return Browser(client)


@pytest.fixture
def ann(client: TestClient, clock: ManualClock) -> Browser:
    """Ann, who has followed her link."""
    browser = Browser(client)
    browser.open(f"/sign-in/link?code={one_time_code(LINK_SECRET, clock.now_s)}")
    return browser
