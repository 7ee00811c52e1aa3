"""The tables are complete: what may happen has a row, what must not has none."""

import inspect

import pytest

from callcore.calls.call import CallStatus
from callcore.errors import InvalidTransition
from media_worker.conversation import ending, floor, machine, reply
from media_worker.conversation.deadlines import Deadlines, Due
from media_worker.conversation.floor import Action, Floor, Signal, step
from media_worker.conversation.policy import TurnPolicy

ALWAYS = (Signal.SPEECH, Signal.SILENCE, Signal.WORDS, Signal.TYPED, Signal.KEYED, Signal.SPEAK, Signal.END)
"""Signals that the world can send in every live state."""
LIVE = [state for state in Floor if state is not Floor.ENDED]


@pytest.mark.parametrize("state", LIVE)
@pytest.mark.parametrize("signal", ALWAYS)
def test_the_world_may_speak_in_every_live_state(state: Floor, signal: Signal) -> None:
    following, actions = step(state, signal)
    assert following is Floor.ENDED or signal is not Signal.END
    assert len(set(actions)) == len(actions)


@pytest.mark.parametrize("signal", Signal)
def test_nothing_follows_the_end(signal: Signal) -> None:
    with pytest.raises(InvalidTransition, match="ENDED"):
        step(Floor.ENDED, signal)


def test_no_row_starts_a_reply_without_ending_the_one_before() -> None:
    for (state, signal), (_, actions) in floor.TABLE.items():
        if state in (Floor.ANSWERING, Floor.PAUSED) and (Action.ANSWER in actions or signal is Signal.SPEAK):
            assert Action.CUT in actions, (state, signal)
            assert Action.ANSWER not in actions or actions.index(Action.CUT) < actions.index(Action.ANSWER)


def test_every_state_is_reached_and_every_action_used() -> None:
    assert {following for following, _ in floor.TABLE.values()} == set(Floor)
    assert {action for _, actions in floor.TABLE.values() for action in actions} == set(Action)


def test_every_action_and_deadline_is_carried_out_by_the_machine() -> None:
    source = inspect.getsource(machine)
    assert all(f"Action.{action.name}:" in source for action in Action)
    assert all(f"Due.{kind.name}:" in source for kind in Due)


def test_a_reply_that_is_over_stays_over() -> None:
    for state in (reply.ReplyState.CUT, reply.ReplyState.DONE):
        for signal in reply.ReplySignal:
            over = reply.Reply(0, reply.ReplyKind.ANSWER, interruptible=True, state=state)
            with pytest.raises(InvalidTransition):
                over.signal(signal)


def test_the_ending_table_is_total_and_the_first_reason_stays() -> None:
    assert set(ending.TABLE) == {(phase, signal) for phase in ending.Phase for signal in ending.EndSignal}
    end = ending.Ending()
    end.signal(ending.EndSignal.CLOSE, CallStatus.TIMEOUT)
    end.signal(ending.EndSignal.END, CallStatus.USER_ENDED, "late")
    assert (end.reason, end.error, end.phase) == (CallStatus.TIMEOUT, None, ending.Phase.ENDED)


def test_deadlines_of_the_same_moment_go_in_the_order_of_their_kinds() -> None:
    deadlines = Deadlines()
    for kind in reversed(Due):
        deadlines.arm(kind, 1.0)
    assert deadlines.take_due(0.5) is None
    assert [deadlines.take_due(1.0) for _ in Due] == list(Due)
    assert deadlines.next() is None


def test_an_earlier_deadline_goes_before_a_more_important_one() -> None:
    deadlines = Deadlines()
    deadlines.arm(Due.MAX_DURATION, 2.0)
    deadlines.arm(Due.ENDPOINT, 1.0)
    assert (deadlines.take_due(3.0), deadlines.take_due(3.0)) == (Due.ENDPOINT, Due.MAX_DURATION)


def test_the_policy_has_sane_defaults() -> None:
    policy = TurnPolicy()
    assert policy.hold_grace_s < policy.hold_cap_s
    assert policy.unintelligible_ms < policy.overlap_unintelligible_ms
