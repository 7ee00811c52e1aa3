from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from callcore.billing.day_usage import Counts, total, usage_of_call
from callcore.calls.call import CallStatus
from callcore.calls.usage import Component
from callcore.ids import AgentId
from tests.contract.ports import rows


def test_a_call_counts_on_the_day_it_began_by_the_parts_of_its_bill() -> None:
    costs = (
        {"type": "tts", "credit": 0.39},
        {"type": "tts", "credit": 0.1},
        {"type": "millis", "credit": 2},
        {"type": "an older kind", "credit": 9},
        {"type": "stt"},
    )
    used = usage_of_call(replace(rows.ended_call(), cost_breakdown=costs))
    assert used is not None
    assert (used.day, used.agent_id) == (date(2027, 1, 15), "-Agent")
    assert used.counts == Counts(1, 0, 37, 2_000_000, 0, 490_000, 0)
    assert used.counts.cents == Decimal("2.49")
    assert used.counts.cents_by_component()[Component.TTS] == Decimal("0.49")


@pytest.mark.parametrize("status", [CallStatus.NO_ANSWER, CallStatus.CANCELED, CallStatus.BUSY, CallStatus.IN_PROGRESS])
def test_without_a_talk_nothing_counts(status: CallStatus) -> None:
    assert usage_of_call(replace(rows.ended_call(), status=status)) is None


def test_a_failed_call_of_no_agent_and_without_a_duration_counts() -> None:
    lost = replace(rows.ended_call(), status=CallStatus.ERROR, agent_id=None, duration_s=None, cost_breakdown=())
    used = usage_of_call(lost)
    assert used is not None
    assert (used.agent_id, used.counts) == (AgentId(""), Counts(calls=1, failed=1))


def test_counts_add_up() -> None:
    assert total([]) == Counts()
    assert total([Counts(1, 2, 3, 4, 5, 6, 7), Counts(1, 1, 1, 1, 1, 1, 1)]) == Counts(2, 3, 4, 5, 6, 7, 8)
