"""What an upgrade request says of its sender."""

from typing import Any

from media_worker.server.asgi_socket import AsgiSocket


async def _nothing(*_: Any) -> Any:
    raise AssertionError("nobody is asked or told")


def socket(*headers: tuple[bytes, bytes]) -> AsgiSocket:
    return AsgiSocket({"path": "/twilio", "client": ("54.1.2.3", 4), "headers": headers}, _nothing, _nothing)


def test_the_headers_of_the_upgrade_are_the_peers() -> None:
    peer = socket((b"X-Twilio-Signature", b"abc="), (b"origin", b"https://a.example"), (b"via", b"1.1 x")).peer
    assert (peer.host, peer.path, peer.origin, peer.forwarded) == ("54.1.2.3", "/twilio", "https://a.example", True)
    assert peer.headers["x-twilio-signature"] == "abc="


def test_a_header_may_hold_a_secret_and_is_not_printed() -> None:
    peer = socket((b"authorization", b"Bearer abc")).peer
    assert "abc" not in repr(peer)
    assert (peer.origin, peer.forwarded) == (None, False)
