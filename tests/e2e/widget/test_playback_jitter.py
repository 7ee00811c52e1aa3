"""Our playback beside the reference client's, in one browser, behind one bad network, at the same time.

`python -m tests.bench.playback_jitter` is the long form; its report is in tests/bench/reports.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.bench.playback_jitter import OURS, REFERENCE, Trace, compare, jitter
from tests.e2e.widget.conftest import OpenPage
from tests.peers.stalling_proxy import Hold

A_LOSS = Hold(0.7, 0.7)
REPLY_S = 5.0
NETWORK = (A_LOSS, *(hold for hold in jitter(7, REPLY_S, 0.2) if hold.at_s > A_LOSS.at_s + 1))
TRACE = Trace("holds up to 200 ms and one loss", replies=1, reply_s=REPLY_S, ahead_s=0.2, holds=NETWORK)


def recorded(visit: OpenPage) -> Callable[[str], Page]:
    return lambda url: visit(url, recorded=True).page


@pytest.mark.full
def test_as_few_gaps_as_the_reference_and_less_lag(visit: OpenPage) -> None:
    heard = compare(recorded(visit), TRACE)
    ours, reference = heard[OURS], heard[REFERENCE]
    assert ours.missing == 0, heard
    assert len(ours.gaps) <= len(reference.gaps), heard
    assert ours.lag_ms < reference.lag_ms, heard
    assert reference.lag_ms > 240, "the trace is bad enough to tell them apart"
