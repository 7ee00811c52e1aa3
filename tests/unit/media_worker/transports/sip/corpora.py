"""The torture messages of RFC 4475 and RFC 5118, which are not ours to ship, and a few of our own."""

import gc
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TESTS = Path(__file__).parents[4]
CORPORA = Path(os.environ.get("PARLEY_SIP_CORPORA", TESTS.parents[1] / "shared" / "corpora"))
"""Two folders, `rfc4475` and `rfc5118`, with a file a message, as the RFCs' archives have them."""
EXPECTED = TESTS / "vectors" / "sip"

SDP = b"v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 101\r\n"


MESSAGE_S = 0.05
"""Of the processor, for a message."""


@contextmanager
def in_time(messages: float = 1) -> Iterator[None]:
    """What is done takes no longer. The collector's work is not the reader's: it waits."""
    gc.disable()
    began_s = time.thread_time()
    try:
        yield
        took_s = time.thread_time() - began_s
    finally:
        gc.enable()
    assert took_s < MESSAGE_S * messages


def torture_messages() -> dict[str, bytes]:
    """By their names; empty where there are none."""
    here = {path.stem: path.read_bytes() for path in sorted(CORPORA.glob("rfc4475/*.dat"))}
    # The archive of RFC 5118 has bare line feeds.
    six = {path.stem: path.read_bytes().replace(b"\n", b"\r\n") for path in sorted(CORPORA.glob("rfc5118/*.txt"))}
    return {**here, **six}


def invite(*more: str, body: bytes = SDP) -> bytes:
    """A plain one, with further header lines."""
    lines = [
        "INVITE sip:abc@192.0.2.1:5060 SIP/2.0",
        "Via: SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bK-1;rport",
        'From: "Ann" <sip:+15551230001@192.0.2.7>;tag=a1',
        "To: <sip:abc@192.0.2.1>",
        "Call-ID: one@192.0.2.7",
        "CSeq: 1 INVITE",
        "Contact: <sip:ann@192.0.2.7:5070>",
        "Max-Forwards: 70",
        *more,
        "Content-Type: application/sdp",
        f"Content-Length: {len(body)}",
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + body


OWN = {
    "invite": invite(),
    "digest": invite(
        'Authorization: Digest username="u", realm="r", nonce="n", uri="sip:abc@192.0.2.1:5060", '
        'response="0123456789abcdef0123456789abcdef", qop=auth, nc=00000001, cnonce="c", algorithm=SHA-256'
    ),
    "routes": invite(
        "Record-Route: <sip:192.0.2.8;lr>, <sip:[2001:db8::9]:5080;lr>",
        "v: SIP/2.0/TCP [2001:db8::9]:5080;branch=z9hG4bKa",
    ),
    "folded": invite("Subject: one", "\ttwo", 'P-Asserted-Identity: "A, \\"B\\" <c>" <sip:+15551230002@192.0.2.8>'),
    "response": (
        b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n"
        b"From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: two\r\nCSeq: 7 BYE\r\nContent-Length: 0\r\n\r\n"
    ),
}
