"""Whether and when a number is called again."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.calls.call import END_STATUSES, Call, CallStatus
from callcore.campaigns.tries import NOT_REACHED, Tries, next_try_at, tries_of, try_of
from callcore.errors import InvalidInput
from callcore.ids import AccountId, CallId, SessionId

S = CallStatus
TRIES = Tries(3, 10, NOT_REACHED)
BEGAN, DIALLED = 1_000.0, 1_030.0
BUSY = Call(
    SessionId("s"),
    CallId("c"),
    AccountId("acc"),
    S.BUSY,
    BEGAN,
    duration_s=0,
    voip={"try": 1, "dispatched_at": DIALLED},
)


def test_the_time_between_is_counted_from_dialling_and_from_the_end_of_a_talk() -> None:
    assert next_try_at(TRIES, BUSY) == DIALLED + 600
    assert next_try_at(TRIES, replace(BUSY, voip={"try": 1})) == BEGAN + 600
    talk = replace(BUSY, status=S.VOICEMAIL_HANGUP, started_at=DIALLED + 12, duration_s=30)
    assert next_try_at(TRIES, talk) == DIALLED + 12 + 30 + 600


@pytest.mark.parametrize("status", sorted(END_STATUSES - set(NOT_REACHED)))
def test_whoever_was_reached_or_cannot_be_is_not_called_again(status: CallStatus) -> None:
    assert next_try_at(TRIES, replace(BUSY, status=status)) is None


def test_whoever_wants_no_calls_gets_no_other_one() -> None:
    said = replace(BUSY, status=S.VOICEMAIL_HANGUP, call_analysis={"opt_out_detection": True})
    assert next_try_at(TRIES, said) is None
    assert next_try_at(TRIES, replace(said, call_analysis={"opt_out_detection": False})) is not None


def test_only_what_was_asked_for_is_tried_again() -> None:
    assert next_try_at(None, BUSY) is None
    assert next_try_at(Tries(3, 10, (S.NO_ANSWER,)), BUSY) is None


@given(st.integers(1, 5), st.integers(1, 9))
def test_there_are_as_many_tries_as_may_be(most: int, number: int) -> None:
    again_at = next_try_at(Tries(most, 5, (S.BUSY,)), replace(BUSY, voip={"try": number}))
    assert (again_at is not None) == (number < most)


def test_a_call_that_says_nothing_is_the_first_one() -> None:
    assert (try_of(replace(BUSY, voip={})), try_of(replace(BUSY, voip=None)), try_of(BUSY)) == (1, 1, 1)


@pytest.mark.parametrize(
    ("most", "after_minutes", "when", "told"),
    [
        (0, 5, ["busy"], "most: a number from 1 to 5"),
        (6, 5, ["busy"], "most: a number from 1 to 5"),
        (2, 4, ["busy"], "after_minutes: a number from 5 to 1440"),
        (2, 1_441, ["busy"], "after_minutes"),
        (2, 5, [], "when: at least one of busy, no-answer"),
        (2, 5, ["busy", "failed"], "when: at least one"),
        (2, 5, ["voicemail"], "when: at least one"),
    ],
)
def test_what_are_no_tries_is_said(most: int, after_minutes: int, when: list[str], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        tries_of(most, after_minutes, when)


def test_what_is_asked_for_stands_in_one_order() -> None:
    assert tries_of(2, 5, ["no-answer", "busy", "busy"]).when == (S.BUSY, S.NO_ANSWER)
