"""The schedule of a webhook's delivery."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.deliveries.delivery import (
    JITTER,
    MAX_ATTEMPTS_KEPT,
    RETRY_AFTER_S,
    Attempt,
    DeliveryState,
    WebhookDelivery,
    after_failure,
    after_reply,
    deliveries_of,
    replayed,
)
from tests.contract.ports import rows

DAY_S = 24 * 3600


def made(now: float = 1_000.0) -> WebhookDelivery:
    call = replace(rows.ended_call(), agent_config={"session_data_webhook": {"url": "https://crm.example/"}})
    (delivery,) = deliveries_of(call, now)
    return delivery


@pytest.mark.parametrize("configured", [None, " ", 7, {}, {"url": ""}])
def test_nobody_wants_to_hear(configured: object) -> None:
    for config in ({}, {"session_data_webhook": configured}):
        assert deliveries_of(replace(rows.ended_call(), agent_config=config), 1.0) == ()


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (200, DeliveryState.DELIVERED),
        (204, DeliveryState.DELIVERED),
        (301, DeliveryState.PENDING),
        (400, DeliveryState.REFUSED),
        (404, DeliveryState.REFUSED),
        (408, DeliveryState.PENDING),
        (410, DeliveryState.REFUSED),
        (425, DeliveryState.PENDING),
        (429, DeliveryState.PENDING),
        (500, DeliveryState.PENDING),
        (503, DeliveryState.PENDING),
    ],
)
def test_what_a_status_means(status: int, state: DeliveryState) -> None:
    tried = after_reply(made(), status, 1_001.0, 0.0)
    assert tried.state is state
    assert tried.attempts == (Attempt(1_001.0, str(status)),)
    if state is DeliveryState.PENDING:
        assert tried.due_at == 1_001.0 + RETRY_AFTER_S[0]


@given(st.lists(st.floats(0, 1), min_size=len(RETRY_AFTER_S) + 1, max_size=len(RETRY_AFTER_S) + 1))
def test_a_server_that_is_down_is_tried_for_a_day(chances: list[float]) -> None:
    delivery = made()
    pauses = []
    for chance in chances:
        assert delivery.state is DeliveryState.PENDING
        now = delivery.due_at
        delivery = after_failure(delivery, "no connection to the host", now, chance)
        pauses.append(delivery.due_at - now)
    assert delivery.state is DeliveryState.DEAD
    assert 22 * 3600 < delivery.attempts[-1].at - delivery.created_at < DAY_S
    assert pauses[:-1] == pytest.approx(RETRY_AFTER_S, rel=1.01 * JITTER)


def test_a_replay_begins_anew_under_the_same_id() -> None:
    delivery = made()
    while delivery.state is DeliveryState.PENDING:
        delivery = after_reply(delivery, 500, delivery.due_at, 0.0)
    again = replayed(delivery, 200_000.0)
    assert (again.state, again.failures, again.due_at) == (DeliveryState.PENDING, 0, 200_000.0)
    assert (again.delivery_id, again.attempts) == (delivery.delivery_id, delivery.attempts)


def test_the_log_of_attempts_is_bounded() -> None:
    delivery = made()
    for round_number in range(6):
        delivery = replayed(delivery, 1.0 * round_number)
        while delivery.state is DeliveryState.PENDING:
            delivery = after_reply(delivery, 500, delivery.due_at, 0.0)
    assert len(delivery.attempts) == MAX_ATTEMPTS_KEPT


def test_what_cannot_be_sent_is_not_sent_again() -> None:
    assert after_failure(made(), "the URL names no host", 1.0, 0.0, final=True).state is DeliveryState.REFUSED
