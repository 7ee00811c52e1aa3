"""What preparing replies may cost, measured on seeded callers and for any caller at all."""

import statistics

import hypothesis.strategies as st
import pytest
from hypothesis import given

from media_worker.conversation.speculation_budget import (
    CREDIT,
    LATER_SHARE,
    MAX_OVERHEAD,
    REST_TURNS,
    START_SHARE,
    WINDOW_TURNS,
    SpeculationBudget,
)
from tests.bench.preparation import CALLERS, MAX_REQUESTS_A_TURN, Caller, measure

CALLS = 4


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
def test_a_call_makes_few_requests_in_vain(caller: Caller) -> None:
    figures = measure(caller, CALLS)
    assert figures.prepared > figures.turns / 4
    assert 1.0 <= figures.requests_a_turn <= MAX_REQUESTS_A_TURN
    assert min(figures.gains_s) >= 0.0


def test_who_speaks_in_whole_sentences_is_answered_a_quarter_of_a_second_sooner() -> None:
    figures = measure(CALLERS[0], CALLS)
    assert statistics.median(figures.gains_s) >= 0.25


def test_without_preparation_every_turn_is_one_request() -> None:
    figures = measure(CALLERS[0], 1, speculation=False)
    assert (figures.prepared, figures.requests_a_turn, max(figures.gains_s)) == (0, 1.0, 0.0)


@given(st.lists(st.lists(st.booleans(), max_size=2), min_size=1, max_size=120))
def test_no_caller_makes_it_cost_more(turns: list[list[bool]]) -> None:
    """Every turn wants to prepare up to two replies, each in vain or not."""
    budget, spent = SpeculationBudget(), list[int]()
    for wishes in turns:
        made = in_vain = 0
        for is_in_vain in wishes:
            if budget.allows(in_vain):
                made += 1
                in_vain += is_in_vain
        budget = budget.after_turn(made, in_vain)
        spent.append(in_vain)
        window = spent[-WINDOW_TURNS:]
        assert sum(window) <= max(CREDIT, MAX_OVERHEAD * len(window))


def test_it_begins_later_when_many_were_in_vain_and_sooner_again_when_they_were_not() -> None:
    budget = SpeculationBudget().after_turn(2, 1).after_turn(2, 1)
    assert budget.start_share == LATER_SHARE
    for _ in range(2):
        budget = budget.after_turn(1, 0)
    assert budget.start_share == START_SHARE


def test_it_rests_when_most_were_in_vain_and_then_tries_once() -> None:
    budget = SpeculationBudget().after_turn(1, 0)
    for _ in range(3):
        budget = budget.after_turn(1, 1)
    assert not budget.allows(0)
    for _ in range(REST_TURNS):
        assert not budget.allows(0)
        budget = budget.after_turn(0, 0)
    assert budget.allows(0)
    assert not budget.after_turn(1, 1).allows(0)
