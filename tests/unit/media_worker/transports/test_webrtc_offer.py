"""Offers of WebRTC: what is taken, what is refused and how the answer says so."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.errors import InvalidInput
from media_worker.transports.webrtc.candidates import MAX_CANDIDATES, Fragment, is_tried, read_fragment
from media_worker.transports.webrtc.offer import Offer, read_offer

SESSION = ("v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0")
KEYS = ("a=ice-ufrag:abcd", "a=ice-pwd:" + "p" * 22, "a=fingerprint:sha-256 AA:BB", "a=setup:actpass")
HOST = "a=candidate:1 1 udp 2122260223 192.0.2.7 50000 typ host"
AUDIO = ("m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:0", *KEYS, "a=sendrecv", "a=rtcp-mux", "a=rtpmap:111 opus/48000/2")
VIDEO = ("m=video 9 UDP/TLS/RTP/SAVPF 96 97", "a=mid:1", *KEYS, "a=sendrecv", "a=rtcp-mux", "a=rtpmap:96 VP8/90000")
DATA = ("m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=mid:2", *KEYS, "a=sctp-port:5000")


def sdp(*parts: tuple[str, ...], group: str | None = "0 1 2") -> str:
    session = SESSION + ((f"a=group:BUNDLE {group}",) if group else ())
    return "\r\n".join(line for part in (session, *parts) for line in part) + "\r\n"


def without(part: tuple[str, ...], start: str) -> tuple[str, ...]:
    return tuple(line for line in part if not line.startswith(start))


def kinds(text: str) -> list[str]:
    return re.findall(r"^m=(\w+ \d+)", text, re.MULTILINE)


def test_audio_and_data_are_taken_and_video_is_refused_in_its_place() -> None:
    offer = read_offer(sdp(AUDIO, VIDEO, DATA))
    assert kinds(offer.sdp) == ["audio 9", "application 9"]
    assert "a=group:BUNDLE 0 2\r\n" in offer.sdp
    answer = offer.complete(sdp(("m=audio 7 X 111", "a=mid:0"), ("m=application 7 X y", "a=mid:2"), group="0 2"))
    assert kinds(answer) == ["audio 7", "video 0", "application 7"]
    assert "m=video 0 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\na=mid:1\r\n" in answer


def test_the_library_gets_the_audio_first_and_the_client_its_own_order() -> None:
    """aiortc would stop the only transport where another section is the first of the group."""
    offer = read_offer(sdp(DATA, AUDIO, group="2 0"))
    assert kinds(offer.sdp) == ["audio 9", "application 9"]
    assert "a=group:BUNDLE 0 2\r\n" in offer.sdp
    answer = offer.complete(sdp(("m=audio 7 X 111", "a=mid:0"), ("m=application 7 X y", "a=mid:2"), group="0 2"))
    assert kinds(answer) == ["application 7", "audio 7"]


def test_a_bundled_section_says_nothing_of_the_transport() -> None:
    bare: tuple[str, ...] = AUDIO
    for start in ("a=ice-", "a=fingerprint", "a=setup"):
        bare = without(bare, start)
    bundled = ("m=audio 0 UDP/TLS/RTP/SAVPF 111", *bare[1:], "a=bundle-only")
    offer = read_offer(sdp((*DATA, HOST), bundled, group="2 0"))
    audio = offer.sdp.partition("m=application")[0]
    assert all(line in audio for line in (*KEYS, HOST))


@pytest.mark.parametrize(
    ("direction", "sends", "takes"),
    [("sendrecv", True, True), ("sendonly", True, False), ("recvonly", False, True), (None, True, True)],
)
def test_who_speaks_and_who_hears(direction: str | None, sends: bool, takes: bool) -> None:
    lines = without(AUDIO, "a=sendrecv") + ((f"a={direction}",) if direction else ())
    offer = read_offer(sdp(lines))
    assert (offer.sends_audio, offer.takes_audio, offer.has_data) == (sends, takes, False)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no session description"),
        ("hello", "no session description"),
        (sdp(VIDEO), "no audio"),
        (sdp(("m=audio 0 UDP/TLS/RTP/SAVPF 111", *AUDIO[1:])), "no audio"),
        (sdp(("m=audio",)), "m= line"),
        (sdp(*(AUDIO,) * 40), "more than 32"),
        (sdp((*without(AUDIO, "a=sendrecv"), "a=inactive")), "inactive"),
        (sdp(without(AUDIO, "a=ice-pwd")), "lacks a=ice-pwd"),
        (sdp(without(AUDIO, "a=fingerprint")), "lacks a=fingerprint"),
        (sdp(without(AUDIO, "a=rtcp-mux")), "lacks a=rtcp-mux"),
    ],
)
def test_what_cannot_be_answered_has_a_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(reason)):
        read_offer(text)


def test_a_channel_on_a_transport_of_its_own_is_refused() -> None:
    offer = read_offer(sdp(AUDIO, DATA, group=None))
    assert not offer.has_data
    assert kinds(offer.complete(sdp(("m=audio 7 X 111", "a=mid:0")))) == ["audio 7", "application 0"]


def test_the_list_of_candidates_stays_open_and_short() -> None:
    many = tuple(f"a=candidate:{n} 1 udp 1 192.0.2.7 {50000 + n} typ host" for n in range(MAX_CANDIDATES + 5))
    offer = read_offer(sdp((*AUDIO, *many, "a=end-of-candidates"), DATA + many), lambda line: " 50003 " not in line)
    assert offer.sdp.count("a=candidate:") == MAX_CANDIDATES
    assert " 50003 " not in offer.sdp
    assert "end-of-candidates" not in offer.sdp


@pytest.mark.parametrize(
    ("candidate", "tried", "behind_nat"),
    [
        ("candidate:1 1 udp 1 192.0.2.7 50000 typ host", True, False),
        ("candidate:1 1 UDP 1 198.51.100.9 50000 typ srflx raddr 10.0.0.1 rport 9", True, False),
        ("candidate:1 1 udp 1 8.8.8.8 50000 typ host", True, True),
        ("candidate:1 1 udp 1 10.0.0.5 50000 typ host", True, False),
        ("candidate:1 1 udp 1 10.0.0.5 50000 typ host", False, True),
        ("candidate:1 1 udp 1 169.254.170.2 50000 typ host", False, False),
        ("candidate:1 1 udp 1 224.0.0.1 50000 typ host", False, False),
        ("candidate:1 1 udp 1 192.0.2.7 53 typ host", False, False),
        ("candidate:1 1 tcp 1 192.0.2.7 50000 typ host tcptype active", False, False),
        ("candidate:1 1 udp 1 4b6d2a90-0000.local 50000 typ host", False, False),
        ("candidate:1 1 udp 1 192.0.2.7 x typ host", False, False),
        ("candidate:", False, False),
    ],
)
def test_a_stranger_does_not_have_us_knock_anywhere(candidate: str, tried: bool, behind_nat: bool) -> None:
    assert is_tried(candidate, behind_nat=behind_nat) is tried


@given(
    st.text(), st.lists(st.sampled_from([*SESSION, *AUDIO, *VIDEO, *DATA, HOST, "a=group:BUNDLE", "m=audio 9 x y z"]))
)
def test_nothing_but_a_reason_comes_of_nonsense(text: str, lines: list[str]) -> None:
    for nonsense in (text, "v=0\r\n" + text, "v=0\r\n" + "\r\n".join(lines)):
        try:
            offer = read_offer(nonsense)
        except InvalidInput:
            continue
        assert isinstance(offer, Offer)
        assert kinds(offer.sdp)[0].startswith("audio")


def test_a_fragment_brings_candidates_for_their_sections() -> None:
    text = "a=ice-ufrag:abcd\r\nm=audio 9 X 0\r\na=mid:0\r\na=candidate:1 1 udp\r\na=mid:1\na=candidate:2 1 udp\r\nx"
    assert read_fragment(text) == Fragment("abcd", (("candidate:1 1 udp", "0"), ("candidate:2 1 udp", "1")))
    assert read_fragment("nonsense") == Fragment(None, ())
