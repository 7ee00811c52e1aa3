"""SIP addresses: their look, and what guards the permanent ones."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.errors import InvalidInput
from callcore.ids import AccountId, CallId
from callcore.phones.sip_addresses import SipAddress, check_credentials, check_sources, check_user, new_user, sip_uri


def address(*sources: str) -> SipAddress:
    return SipAddress(CallId("c"), AccountId("a"), "sales", 0.0, sources=sources)


def test_a_user_of_one_call_has_128_bits_that_nobody_escapes() -> None:
    users = {new_user() for _ in range(100)}
    assert len(users) == 100
    assert all(re.fullmatch("[a-z2-7]{26}", user) for user in users)


@pytest.mark.parametrize(
    ("host", "uri"),
    [
        ("203.0.113.7", "sip:sales@203.0.113.7:5060;transport=udp"),
        ("sip.example.com:5070", "sip:sales@sip.example.com:5070;transport=udp"),
        ("[2001:db8::1]", "sip:sales@[2001:db8::1]:5060;transport=udp"),
        ("[2001:db8::1]:5070", "sip:sales@[2001:db8::1]:5070;transport=udp"),
    ],
)
def test_an_address_as_a_carrier_is_given_it(host: str, uri: str) -> None:
    assert sip_uri("sales", host) == uri


def test_networks_decide_who_may_call() -> None:
    guarded = address("203.0.113.0/24", "2001:db8::/32")
    assert guarded.admits("203.0.113.255")
    assert guarded.admits("2001:db8::1")
    assert not guarded.admits("203.0.114.0")
    assert address().admits("198.51.100.1")


def test_networks_are_written_as_networks() -> None:
    assert check_sources(["203.0.113.7/24", "198.51.100.1"]) == ("203.0.113.0/24", "198.51.100.1/32")
    for wrong in (["0.0.0.0/0"], ["::/0"], ["example.com"], ["203.0.113.0/33"], ["10.0.0.1"] * 33):
        with pytest.raises(InvalidInput):
            check_sources(wrong)


@given(st.text())
def test_a_chosen_user_stands_in_a_uri_as_it_is(user: str) -> None:
    try:
        assert re.fullmatch(r"[+a-z0-9._-]{1,33}", check_user(user))
    except InvalidInput:
        assert not re.fullmatch(r"[a-z0-9]{1,32}", user)


def test_numbers_and_names_may_be_chosen() -> None:
    assert [check_user(user) for user in ("+15551234567", "front-desk", "sales.eu")]
    for wrong in ("", "Sales", "a b", "a@b", "+", "a" * 33):
        with pytest.raises(InvalidInput):
            check_user(wrong)


def test_weak_and_unusable_credentials_are_refused() -> None:
    check_credentials("trunk", "twelve chars".replace(" ", "-"))
    for username, password in (("", "long enough password"), ('a"b', "long-enough-password"), ("trunk", "short")):
        with pytest.raises(InvalidInput):
            check_credentials(username, password)
