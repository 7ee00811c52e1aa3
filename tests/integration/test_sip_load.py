"""Three hundred calls by SIP at once with their sound echoed, and sixty conversations at once: none fails."""

import asyncio
from pathlib import Path

import pytest

from tests.bench.sip_load import measure
from tests.peers.sipp import IS_HERE


@pytest.mark.full
@pytest.mark.timeout(240)
@pytest.mark.skipif(not IS_HERE, reason="sipp is not installed")
@pytest.mark.parametrize(("kind", "calls"), [("echo", 300), ("talk", 60)])
def test_all_calls_are_held(tmp_path: Path, kind: str, calls: int) -> None:
    outcome = asyncio.run(measure(kind, calls, 15.0, tmp_path))
    print(outcome)
    assert (outcome.at_once, outcome.held) == (calls, calls)
