import pytest

from callcore.errors import LocalProtocolError, RemoteProtocolError
from media_worker.transports.sip import fields
from media_worker.transports.sip.credentials import parse_credentials
from media_worker.transports.sip.demands import refused
from media_worker.transports.sip.framing import Frame, KeepAlive, StreamFramer, frame_datagram
from media_worker.transports.sip.message import Body, Headers, Refusal, Request, Response, write_request
from media_worker.transports.sip.reading import read
from tests.unit.media_worker.transports.sip.corpora import OWN, SDP, invite


def read_datagram(data: bytes) -> Request | Response | Refusal | None:
    frame = frame_datagram(data)
    return read(frame) if frame else None


def request_of(data: bytes) -> Request:
    message = read_datagram(data)
    assert isinstance(message, Request), message
    return message


def status_of(data: bytes) -> int | None:
    message = read_datagram(data)
    refusal = refused(message) if isinstance(message, Request) else message
    return refusal.status if isinstance(refusal, Refusal) else None


def test_a_request_is_typed() -> None:
    request = request_of(OWN["invite"])
    assert (request.method, request.call_id, request.cseq.sequence, request.body) == ("INVITE", "one@192.0.2.7", 1, SDP)
    assert (request.uri and request.uri.user, request.from_tag, request.to_tag) == ("abc", "a1", "")
    assert (request.sender.name, request.sender.uri.user) == ("Ann", "+15551230001")
    assert (request.branch, request.vias[0].host, request.vias[0].port) == ("z9hG4bK-1", "192.0.2.7", 5070)


def test_lines_are_unfolded_and_what_is_quoted_is_no_address() -> None:
    request = request_of(OWN["folded"])
    assert request.headers.get("subject") == "one two"
    (asserted,) = fields.parse_addresses(request.headers.all("P-Asserted-Identity"))
    assert (asserted.name, asserted.uri.user) == ('A, "B" <c>', "+15551230002")


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        (b"SIP/2.0\r\nVia", b"SIP/3.0\r\nVia", 505),
        (b"INVITE sip:", b"INVITE gopher:", 416),
        (b"CSeq: 1 INVITE", b"CSeq: 1 BYE", 400),
        (b"CSeq: 1 INVITE", b"CSeq: 2147483648 INVITE", 400),
        (b"Max-Forwards: 70\r\n", b"", 400),
        (b";tag=a1", b"", 400),
        (b"Max-Forwards: 70", b"Require: 100rel, timer", 400),
        (b"To: <sip:abc@192.0.2.1>", b"To: <sip:abc@192.0.2.1", 400),
        (b"192.0.2.7:5070;branch", b"192.0.2.7:99999;branch", 400),
        (b"application/sdp", b"text/plain", 415),
    ],
)
def test_a_request_is_refused_for_its_reason(old: bytes, new: bytes, status: int) -> None:
    assert old in OWN["invite"]
    assert status_of(OWN["invite"].replace(old, new, 1)) == status


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("Require: precondition", 420),
        ("Require: 100rel, precondition", 420),
        ("Require: 100rel", None),
        ("Require: timer", None),
        ("Content-Encoding: gzip", 415),
        ("Accept: text/html", 406),
        ("Accept: text/html, */*;q=0.1", None),
        ("Supported: 100rel", None),
    ],
)
def test_what_a_request_asks_of_us(line: str, status: int | None) -> None:
    assert status_of(invite(line)) == status


@pytest.mark.parametrize("method", ["REGISTER", "MESSAGE", "SUBSCRIBE", "PUBLISH"])
def test_methods_that_are_not_for_us(method: str) -> None:
    assert status_of(OWN["invite"].replace(b"INVITE", method.encode())) == 405


def test_what_cannot_be_answered_is_dropped() -> None:
    for data in (b"", b"\r\n\r\n", b"\0\0\0\0", b"\x16\x03\x01", b"GET / HTTP/1.1\r\n\r\n", OWN["invite"][:40]):
        assert read_datagram(data) is None
    assert read_datagram(OWN["invite"].replace(b"Subject", b"x").replace(b"\r\nCSeq", b"\nCSeq")) is None
    assert read_datagram(invite(*["X-Much: " + 900 * "x"] * 20)) is None


def test_octets_that_are_no_utf8_are_written_as_they_came() -> None:
    request = request_of(OWN["invite"].replace(b"Ann", b"A\xff\xfen"))
    assert b"A\xff\xfen" in write_request("BYE", "sip:x@y", Headers((("To", request.headers.get("From") or ""),)))


def test_nothing_we_write_begins_a_line_of_its_own() -> None:
    with pytest.raises(LocalProtocolError):
        Headers((("Subject", "a\r\nVia: b"),))
    with pytest.raises(LocalProtocolError):
        write_request("BYE", "sip:a\r\nb", Headers())
    assert write_request("BYE", "sip:a@b", Headers(), Body(b"x", "text/plain")).endswith(
        b"Content-Type: text/plain\r\nContent-Length: 1\r\n\r\nx"
    )


def test_hosts_with_underscores_and_addresses_of_both_kinds() -> None:
    assert fields.parse_host("sip_proxy:5070") == ("sip_proxy", 5070)
    assert fields.parse_host("[2001:db8::192.0.2.1]") == ("[2001:db8::c000:201]", None)
    for wrong in ("[2001:db8::1", "[::1]5060", "2001:db8::1", "a b", "", "a:", "[fe80::1%eth0]"):
        with pytest.raises(ValueError, match=r"malformed|zone"):
            fields.parse_host(wrong)


class TestStreams:
    def test_messages_are_cut_wherever_the_network_cut_them(self) -> None:
        data = b"\r\n\r\n" + OWN["invite"] + OWN["digest"] + b"\r\n\r\n" + OWN["response"]
        for piece in (1, 7, 100, len(data)):
            framer = StreamFramer()
            found = [one for at in range(0, len(data), piece) for one in framer.feed(data[at : at + piece])]
            frames = [one for one in found if isinstance(one, Frame)]
            assert [bytes(frame.body) for frame in frames] == [SDP, SDP, b""]
            assert found.count(KeepAlive()) == 2

    @pytest.mark.parametrize(
        "data",
        [
            b"OPTIONS sip:a@b SIP/2.0\r\nTo: x\r\n\r\n",
            b"OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 3\r\nl: 4\r\n\r\n",
            b"OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 99999\r\n\r\n",
            b"OPTIONS sip:a@b SIP/2.0\r\n" + 17_000 * b"x",
        ],
    )
    def test_where_the_next_message_begins_must_be_known(self, data: bytes) -> None:
        with pytest.raises(RemoteProtocolError):
            StreamFramer().feed(data)


class TestCredentials:
    def test_quoted_commas_and_escapes(self) -> None:
        found = parse_credentials('Digest realm="a, \\"b\\"", Qop=auth , nc=00000001,uri="sip:x"')
        assert found is not None
        assert found.scheme == "digest"
        assert found.parameters == {"realm": 'a, "b"', "qop": "auth", "nc": "00000001", "uri": "sip:x"}

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "Digest a",
            'Digest a="',
            "Digest a=b,",
            "Digest a=b, a=c",
            "Digest =b",
            'Digest a="b" c=d',
            5000 * "x",
        ],
    )
    def test_what_is_malformed_is_none(self, text: str) -> None:
        assert parse_credentials(text) is None
