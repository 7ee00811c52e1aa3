"""Every test of this folder runs once per adapter."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.contract.ports.adapters import ADAPTERS, Stores

LONG = {"unreliable aws": pytest.mark.full}


@pytest.fixture(params=[pytest.param(name, marks=LONG.get(name, ())) for name in sorted(ADAPTERS)])
def adapter(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def stores(adapter: str, clock: ManualClock, tmp_path: Path) -> Iterator[Stores]:
    """Open storage in which the two accounts exist."""
    opened = ADAPTERS[adapter](tmp_path, clock)
    opened.accounts.put_account(rows.account(rows.ANN))
    opened.accounts.put_account(rows.account(rows.BOB))
    yield opened
    opened.close()
