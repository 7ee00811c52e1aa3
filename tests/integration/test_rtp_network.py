"""Callers by RTP behind the worst network are understood nearly as well as behind a clean one."""

import pytest

from tests.bench.rtp_network import CLEAN, FEWER, NETWORKS, measure
from tests.peers import people


@pytest.mark.full
@pytest.mark.timeout(600)
def test_loss_jitter_another_source_and_a_hijacker_cost_next_to_nothing() -> None:
    callers = people.flite_people()
    clean, worst = measure(CLEAN, callers), measure(NETWORKS[-1], callers)
    assert clean.understood >= 17
    assert worst.understood >= clean.understood - FEWER
    assert worst.refused > 1000
    assert worst.leaked == 0
