"""The stores of one machine, as fixtures: a conftest imports those that its tests take."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from callstore.files import FilesBlobStore
from callstore.sqlite.stores import SqliteStores
from tests.clocks import ManualClock
from tests.peers.accounts import put_accounts


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def stores(tmp_path: Path, clock: ManualClock) -> Iterator[SqliteStores]:
    """They know two accounts (tests.peers.accounts)."""
    with SqliteStores(tmp_path / "parley.db", clock) as opened:
        put_accounts(opened.accounts)
        yield opened


@pytest.fixture
def blobs(tmp_path: Path) -> FilesBlobStore:
    return FilesBlobStore(tmp_path / "blobs")
