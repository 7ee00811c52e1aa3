"""Both sides of a call on one timeline. A sample's value says where it comes from; one sample is a millisecond."""

from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_worker.media.call_sound import JITTER_S, MAX_LEAD_S, SETTLE_S, CallSound
from media_worker.media.playout import Playout

RATE_HZ = 1000
FRAME_S = 0.02


def sound(value: int, length_ms: int) -> bytes:
    return np.full(length_ms, value, "<i2").tobytes()


def runs(pcm: bytes) -> list[tuple[int, int]]:
    """(value, milliseconds) one after the other."""
    return [(int(value), len(list(same))) for value, same in groupby(np.frombuffer(pcm, "<i2"))]


@pytest.fixture
def call() -> CallSound:
    return CallSound(RATE_HZ, began_at=100.0)


def test_silence_is_there_too(call: CallSound) -> None:
    caller, agent = call.take_rest(101.5)
    assert runs(caller) == runs(agent) == [(0, 1500)]
    assert call.take_rest(101.5) == (b"", b"")


def test_the_caller_is_where_they_were_heard(call: CallSound) -> None:
    for number in range(1, 4):
        call.caller_said(sound(number, 20), 101.0 + number * FRAME_S)
    assert runs(call.take_rest(102.0)[0]) == [(0, 1000), (1, 20), (2, 20), (3, 20), (0, 940)]


def test_a_jitter_tears_no_hole_and_a_pause_is_kept(call: CallSound) -> None:
    call.caller_said(sound(1, 20), 100.02)
    call.caller_said(sound(2, 20), 100.04 + JITTER_S - 0.01)
    call.caller_said(sound(3, 20), 101.0)
    assert runs(call.take_rest(101.0)[0]) == [(1, 20), (2, 20), (0, 940), (3, 20)]


def test_a_burst_is_spread_and_only_far_too_much_is_lost(call: CallSound) -> None:
    for _ in range(30):
        call.caller_said(sound(1, 1000), 101.0)
    recorded = runs(call.take_rest(200.0)[0])
    assert recorded[0] == (1, 1000 * (1 + round(MAX_LEAD_S)))


def test_the_agent_is_heard_one_piece_after_the_other(call: CallSound) -> None:
    call.agent_said(sound(1, 200), 101.0)
    call.agent_said(sound(2, 20), 101.02)
    assert runs(call.take_rest(102.0)[1]) == [(0, 1000), (1, 200), (2, 20), (0, 780)]


def test_a_hold_moves_what_is_unheard(call: CallSound) -> None:
    call.agent_said(sound(1, 200), 100.0)
    call.agent_said(sound(2, 100), 100.02)
    call.hold(100.05)
    call.hold(100.06)
    call.resume(100.5)
    call.agent_said(sound(3, 20), 100.5)
    assert runs(call.take_rest(101.0)[1]) == [(1, 50), (0, 450), (1, 150), (2, 100), (3, 20), (0, 230)]


@pytest.mark.parametrize("held", [False, True])
def test_what_is_cleared_is_never_heard(call: CallSound, held: bool) -> None:
    call.agent_said(sound(1, 200), 100.0)
    call.agent_said(sound(2, 100), 100.02)
    if held:
        call.hold(100.15)
    call.clear(100.15)
    call.resume(100.2)
    call.agent_said(sound(3, 20), 100.3)
    assert runs(call.take_rest(101.0)[1]) == [(1, 150), (0, 150), (3, 20), (0, 680)]


def test_only_what_is_final_is_taken_before_the_end(call: CallSound) -> None:
    call.agent_said(sound(1, 1000), 100.0)
    assert runs(call.take(100.2)[1]) == []
    assert runs(call.take(100.9)[1]) == [(1, round((0.9 - SETTLE_S) * 1000))]
    call.clear(100.9)
    assert runs(call.take_rest(101.0)[1]) == [(1, 500), (0, 100)]


def test_a_call_that_ends_while_the_agent_speaks_ends_there(call: CallSound) -> None:
    call.agent_said(sound(1, 200), 100.0)
    assert runs(call.take_rest(100.1)[1]) == [(1, 100)]


ACTS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["caller", "agent"]), st.integers(1, 400)),
        st.tuples(st.sampled_from(["hold", "resume", "clear", "take", "wait"]), st.integers(0, 700)),
    ),
    max_size=60,
)


@given(ACTS)
def test_whatever_happens_both_sides_are_as_long_as_the_call(acts: list[tuple[str, int]]) -> None:
    call, now = CallSound(RATE_HZ, 0.0), 0.0
    caller = agent = b""
    for act, number in acts:
        if act == "caller":
            call.caller_said(sound(1, number), now)
        elif act == "agent":
            call.agent_said(sound(2, number), now)
        elif act == "take":
            more = call.take(now)
            caller, agent = caller + more[0], agent + more[1]
        elif act != "wait":
            getattr(call, act)(now)
        now += number / 1000
    more = call.take_rest(now)
    caller, agent = caller + more[0], agent + more[1]
    assert len(caller) == len(agent) == 2 * round(now * 1000)
    assert {value for value, _ in runs(caller)} <= {0, 1}
    assert {value for value, _ in runs(agent)} <= {0, 2}


@given(st.lists(st.tuples(st.sampled_from(["hold", "resume", "add", "play"]), st.integers(1, 40)), max_size=60))
def test_the_recording_and_the_playout_agree_on_what_was_heard(acts: list[tuple[str, int]]) -> None:
    """The history is cut by the playout's clock: the recording must say the same, to the sample."""
    call, playout, now = CallSound(RATE_HZ, 0.0), Playout(RATE_HZ, 0.2), 0.0
    playout.begin_segment("text")
    is_held = False
    for act, number in acts:
        if act == "add":
            playout.add(sound(1, number * 10))
        elif act == "hold" and not is_held and playout.started:
            playout.hold(now)
            call.hold(now)
            is_held = True
        elif act == "resume" and is_held:
            playout.resume(now)
            call.resume(now)
            is_held = False
        for _ in range(number):
            if audio := playout.take_due(now):
                call.agent_said(audio, now)
            now = round(now + FRAME_S, 3)
    heard_ms = sum(length for value, length in runs(call.take_rest(now)[1]) if value)
    assert abs(heard_ms - playout.heard_s(now) * 1000) <= 1
