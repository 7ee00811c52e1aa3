"""Which headers of a request or reply go on through a proxy (RFC 9110 7.6)."""

from collections.abc import Collection, Iterable

from callcore.loopback import is_loopback

Headers = list[tuple[bytes, bytes]]
"""As ASGI has them: lower-case names."""

_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""RFC 9110 7.6.1, and those that RFC 2616 13.5.1 named."""
_OF_OUR_OWN_REPLY = frozenset({b"date", b"server"})
"""The listener that answers the client writes these."""
_OF_OUR_OWN_REQUEST = frozenset({b"host"})
"""The request goes to the other process under that one's name: neither side reads the client's."""
_OF_A_HANDSHAKE = frozenset(
    {b"sec-websocket-key", b"sec-websocket-version", b"sec-websocket-extensions", b"sec-websocket-protocol"}
)
"""Of one connection (RFC 6455 4.1); the subprotocol is negotiated apart."""
_FORWARDED_FOR = b"x-forwarded-for"


def request_headers(headers: Iterable[tuple[bytes, bytes]], peer_host: str | None) -> Headers:
    """The headers to send on for a request of that TCP peer.

    Forwarding headers that came along stay. Our own is added only for a peer that is not on this machine, so that
    a local browser still looks local behind us while nothing that came over a network does.
    """
    kept = _end_to_end(headers, _OF_OUR_OWN_REQUEST)
    if peer_host is None or is_loopback(peer_host):
        return kept
    chain = [value for name, value in kept if name == _FORWARDED_FOR] + [peer_host.encode()]
    return [(name, value) for name, value in kept if name != _FORWARDED_FOR] + [(_FORWARDED_FOR, b", ".join(chain))]


def handshake_headers(headers: Iterable[tuple[bytes, bytes]], peer_host: str | None) -> Headers:
    """The same for a WebSocket's opening handshake."""
    return [(name, value) for name, value in request_headers(headers, peer_host) if name not in _OF_A_HANDSHAKE]


def reply_headers(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The headers to answer with, of a reply that came from the other process."""
    return _end_to_end(headers, _OF_OUR_OWN_REPLY)


def _end_to_end(headers: Iterable[tuple[bytes, bytes]], ours: Collection[bytes]) -> Headers:
    lowered = [(name.lower(), value) for name, value in headers]
    # RFC 9110 7.6.1: "Intermediaries MUST … remove any header or trailer field(s) from the message with the
    # same name as the connection-option".
    named = {option.strip().lower() for name, value in lowered if name == b"connection" for option in value.split(b",")}
    dropped = _HOP_BY_HOP | named | set(ours)
    return [(name, value) for name, value in lowered if name not in dropped]
