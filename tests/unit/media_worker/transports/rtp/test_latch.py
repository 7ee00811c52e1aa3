"""Whose media is taken."""

from dataclasses import replace

from media_worker.transports.rtp.latch import OPEN_S, SILENT_S, Latch
from media_worker.transports.rtp.terms import Address, Codec, RtpTerms

TOLD = Address("198.51.100.7", 4000)
BEHIND_NAT = Address("198.51.100.7", 61_000)
STRANGER = Address("203.0.113.9", 5000)
TERMS = RtpTerms(TOLD, "198.51.100.1", Codec.PCMU)


def test_media_goes_where_the_sdp_says_until_some_has_come() -> None:
    latch = Latch(TERMS, 0.0)
    assert (latch.target, latch.latched) == (TOLD, False)
    assert latch.accepts(BEHIND_NAT, 0.1)
    assert (latch.target, latch.latched) == (BEHIND_NAT, True)


def test_the_host_of_the_signalling_may_send_media() -> None:
    assert Latch(TERMS, 0.0).accepts(Address("198.51.100.1", 9000), 60.0)


def test_a_stranger_gets_in_only_at_first_and_when_nobody_else_sends() -> None:
    latch = Latch(TERMS, 0.0)
    assert [latch.accepts(STRANGER, at) for at in (1.0, 1.02, 1.48, 1.5, 1.52)] == [False, False, False, True, True]
    late = Latch(TERMS, 0.0)
    assert [late.accepts(STRANGER, OPEN_S + at) for at in (0.01, 0.02, 0.9)] == [False] * 3
    assert late.refused == 3
    two = Latch(TERMS, 0.0)
    other = Address("203.0.113.77", 5000)
    assert not any(two.accepts(source, 0.02 * tick) for tick in range(200) for source in (STRANGER, other))


def test_who_was_named_takes_the_place_of_a_stranger() -> None:
    latch = Latch(TERMS, 0.0)
    latch.accepts(STRANGER, 1.0)
    assert latch.accepts(STRANGER, 1.5)
    assert latch.accepts(BEHIND_NAT, 2.0)
    assert not latch.accepts(STRANGER, 2.02)
    assert latch.target == BEHIND_NAT


def test_a_hijacker_is_ignored_whenever_he_comes() -> None:
    latch = Latch(TERMS, 0.0)
    assert latch.accepts(TOLD, 0.0)
    for at in (0.5, 1.0, 6.0, 6.02, 60.0):
        assert not latch.accepts(STRANGER, at)
    assert latch.target == TOLD


def test_a_port_that_moves_is_followed_after_a_silence_only_and_on_the_same_host() -> None:
    latch = Latch(TERMS, 0.0)
    latch.accepts(BEHIND_NAT, 0.0)
    moved = Address(BEHIND_NAT.host, 62_000)
    assert not latch.accepts(moved, SILENT_S - 0.1)
    latch.accepts(BEHIND_NAT, SILENT_S)
    assert not latch.accepts(moved, SILENT_S + 0.1)
    assert not latch.accepts(STRANGER, 2 * SILENT_S + 0.1)
    assert latch.accepts(moved, 2 * SILENT_S + 0.1)


def test_the_very_address_of_the_sdp_is_always_right() -> None:
    latch = Latch(TERMS, 0.0)
    latch.accepts(BEHIND_NAT, 0.0)
    assert latch.accepts(TOLD, 0.02)
    assert latch.target == TOLD


def test_new_terms_open_it_for_the_new_address_alone() -> None:
    latch = Latch(TERMS, 0.0)
    latch.accepts(TOLD, 0.0)
    moved = Address("198.51.100.8", 7000)
    latch.renegotiate(replace(TERMS, remote=moved), 100.0)
    assert latch.target == moved
    assert not latch.accepts(TOLD, 100.0)
    assert latch.accepts(moved, 100.1)
    assert not latch.accepts(TOLD, 100.2)


def test_a_hold_without_an_address_changes_nobody() -> None:
    latch = Latch(TERMS, 0.0)
    latch.accepts(BEHIND_NAT, 0.0)
    latch.renegotiate(replace(TERMS, remote=None), 10.0)
    assert latch.target == BEHIND_NAT
    assert not latch.accepts(STRANGER, 10.1)


def test_reports_come_from_the_host_of_the_media() -> None:
    latch = Latch(TERMS, 0.0)
    latch.accepts(BEHIND_NAT, 0.0)
    assert latch.knows(Address(BEHIND_NAT.host, 1))
    assert not latch.knows(STRANGER)
