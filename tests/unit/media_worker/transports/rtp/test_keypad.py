"""Keys that are told on two roads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_worker.transports.rtp.keypad import MAX_PENDING, TWIN_S, Keypad


def counted(told: list[tuple[float, str, str]]) -> str:
    keypad = Keypad()
    return "".join(key for now, road, key in told if (keypad.event if road == "rtp" else keypad.signalled)(key, now))


@pytest.mark.parametrize(
    ("told", "keys"),
    [
        ([(0.0, "rtp", "5"), (0.1, "info", "5"), (1.0, "rtp", "5"), (1.1, "info", "5")], "55"),
        ([(0.0, "info", "5"), (0.1, "rtp", "5"), (0.4, "info", "5"), (0.5, "rtp", "5")], "55"),
        ([(0.0, "info", "5"), (0.2, "info", "5"), (0.3, "rtp", "5"), (0.5, "rtp", "5")], "55"),
        ([(0.0, "info", "1"), (0.2, "info", "2"), (0.3, "rtp", "1"), (0.5, "rtp", "2"), (0.6, "rtp", "2")], "122"),
        ([(0.0, "info", "1"), (0.2, "rtp", "2"), (0.3, "info", "2")], "12"),
        ([(0.0, "info", "5"), (TWIN_S + 0.1, "rtp", "5")], "55"),
        ([(0.0, "info", "5"), (0.1, "info", "5"), (9.0, "info", "5")], "555"),
        ([(0.0, "rtp", "5"), (9.0, "info", "6")], "5"),
    ],
)
def test_each_key_counts_once(told: list[tuple[float, str, str]], keys: str) -> None:
    assert counted(told) == keys


@given(
    st.lists(st.tuples(st.sampled_from("0123456789*#"), st.floats(0.1, 2.0)), max_size=30),
    st.lists(st.floats(-0.09, 0.09), min_size=30, max_size=30),
)
def test_whichever_road_is_quicker_what_is_pressed_is_what_counts(
    pressed: list[tuple[str, float]], lags: list[float]
) -> None:
    """Keys are further apart than the roads are from each other."""
    now, told = 1.0, []
    for (key, pause), lag in zip(pressed, lags, strict=False):
        now += pause + 0.2
        told += sorted([(now, "rtp", key), (now + lag, "info", key)])
    assert counted(told) == "".join(key for key, _ in pressed)


def test_another_telephone_may_tell_them_otherwise() -> None:
    keypad = Keypad()
    assert keypad.event("5", 0.0)
    keypad.renegotiated()
    assert keypad.signalled("6", 1.0)
    assert not keypad.event("6", 1.1)
    assert not keypad.signalled("6", 1.2)


def test_a_peer_that_only_signals_fills_no_memory() -> None:
    keypad = Keypad()
    assert all(keypad.signalled("5", 0.0) for _ in range(10 * MAX_PENDING))
    assert not any(keypad.event("5", 0.1) for _ in range(MAX_PENDING))
    assert keypad.event("5", 0.1)
