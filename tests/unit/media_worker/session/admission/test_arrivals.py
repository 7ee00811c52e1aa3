"""Who is refused for beginning too many calls, and who is not."""

import pytest

from callcore.errors import LimitExceeded
from media_worker.ports.socket import Peer
from media_worker.session.admission.arrivals import ADDRESS_RATE, KEY_RATE, Arrivals

HERE = Peer("127.0.0.1", "/millis")
ABROAD = Peer("192.0.2.1", "/millis")
NEXT_DOOR = Peer("192.0.2.2", "/millis")
PROXY = Peer("127.0.0.1", "/millis", forwarded=True)


def begun(arrivals: Arrivals, key: str, peer: Peer, now: float = 0.0) -> int:
    """How many calls begin at once before one is refused; none is after a thousand."""
    for number in range(1000):
        try:
            arrivals.count(key, peer, now)
        except LimitExceeded:
            return number
    return 1000


def test_an_address_is_stopped_and_others_are_not() -> None:
    arrivals = Arrivals()
    assert begun(arrivals, "k", ABROAD) == ADDRESS_RATE.burst
    arrivals.count("k", NEXT_DOOR, 0.0)


def test_a_key_is_stopped_wherever_it_is_used_and_others_are_not() -> None:
    arrivals = Arrivals()
    for number in range(KEY_RATE.burst):
        arrivals.count("k", Peer(f"198.51.100.{number}", "/millis"), 0.0)
    with pytest.raises(LimitExceeded, match="the key allows 60 calls at once and 1 a second"):
        arrivals.count("k", ABROAD, 0.0)
    arrivals.count("other", NEXT_DOOR, 0.0)


def test_behind_a_proxy_only_keys_are_counted() -> None:
    arrivals = Arrivals()
    assert begun(arrivals, "k", PROXY) == KEY_RATE.burst
    assert begun(arrivals, "other", PROXY) == KEY_RATE.burst


def test_this_machine_itself_is_not_counted() -> None:
    assert begun(Arrivals(), "k", HERE) == 1000


def test_a_minute_later_there_is_room_again() -> None:
    arrivals = Arrivals()
    assert begun(arrivals, "k", ABROAD) == ADDRESS_RATE.burst
    assert begun(arrivals, "k", ABROAD, 60.0) == 20


def test_guessed_keys_of_one_address_stop_at_the_address() -> None:
    arrivals = Arrivals()
    for number in range(ADDRESS_RATE.burst):
        arrivals.count(f"guess {number}", ABROAD, 0.0)
    with pytest.raises(LimitExceeded, match="your address allows 20 calls at once and 20 a minute"):
        arrivals.count("one more", ABROAD, 0.0)
