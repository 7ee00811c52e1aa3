import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.loopback import is_loopback
from infra.local.proxy_headers import Headers, handshake_headers, reply_headers, request_headers

PLAIN: Headers = [(b"authorization", b"key"), (b"cookie", b"a=1"), (b"cookie", b"b=2"), (b"content-length", b"3")]


def test_end_to_end_headers_go_on_in_order() -> None:
    assert request_headers(PLAIN, "127.0.0.1") == PLAIN
    assert reply_headers(PLAIN) == PLAIN


@pytest.mark.parametrize(
    "name",
    [
        "connection",
        "Keep-Alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "proxy-authorization",
    ],
)
def test_hop_by_hop_headers_stay(name: str) -> None:
    extra = (name.encode(), b"x")
    assert request_headers([*PLAIN, extra], "::1") == PLAIN
    assert reply_headers([*PLAIN, extra]) == PLAIN


def test_headers_that_connection_names_stay() -> None:
    headers = [
        *PLAIN,
        (b"connection", b"close, X-Private"),
        (b"Connection", b" x-other "),
        (b"x-private", b"1"),
        (b"X-Other", b"2"),
    ]
    assert request_headers(headers, "127.0.0.1") == PLAIN


def test_each_listener_names_itself() -> None:
    assert request_headers([*PLAIN, (b"host", b"parley.example")], "127.0.0.1") == PLAIN
    assert reply_headers([*PLAIN, (b"date", b"now"), (b"Server", b"x")]) == PLAIN


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", None])
def test_a_local_peer_stays_local(peer: str | None) -> None:
    assert request_headers(PLAIN, peer) == PLAIN


@pytest.mark.parametrize("peer", ["192.168.1.5", "::ffff:10.0.0.1", "2001:db8::1", "unix-socket"])
def test_a_peer_from_elsewhere_is_named(peer: str) -> None:
    assert request_headers(PLAIN, peer) == [*PLAIN, (b"x-forwarded-for", peer.encode())]


@pytest.mark.parametrize("name", ["x-forwarded-for", "x-forwarded-proto", "forwarded", "x-real-ip", "cf-connecting-ip"])
def test_forwarding_headers_that_came_along_stay(name: str) -> None:
    headers = [*PLAIN, (name.encode(), b"203.0.113.9")]
    assert request_headers(headers, "127.0.0.1") == headers
    assert (name.encode(), b"203.0.113.9") in handshake_headers(headers, "127.0.0.1")


def test_our_hop_is_appended_to_the_chain() -> None:
    chain = [(b"X-Forwarded-For", b"203.0.113.9"), (b"x-forwarded-for", b"203.0.113.10")]
    assert request_headers(chain, "192.168.1.5") == [(b"x-forwarded-for", b"203.0.113.9, 203.0.113.10, 192.168.1.5")]


def test_a_handshake_is_made_anew() -> None:
    names = [
        "sec-websocket-key",
        "sec-websocket-version",
        "sec-websocket-extensions",
        "sec-websocket-protocol",
        "upgrade",
    ]
    headers = [*PLAIN, (b"origin", b"https://shop.example"), *((name.encode(), b"x") for name in names)]
    assert handshake_headers(headers, "127.0.0.1") == [*PLAIN, (b"origin", b"https://shop.example")]


@given(st.text())
def test_any_text_is_loopback_or_not(host: str) -> None:
    if is_loopback(host):
        assert host.startswith(("127.", "::", "0"))
