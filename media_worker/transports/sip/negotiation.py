"""Offer and answer of one audio call (RFC 3264): what is agreed on, and the words for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from media_worker.transports.rtp.terms import DEFAULT_PTIME_MS, PTIMES_MS, Address, Codec, RtpTerms
from media_worker.transports.sip.sdp import Description, Media, parse_description

CODECS: Mapping[str, Codec] = {str(codec.value): codec for codec in Codec}
"""What we speak, by its static payload type (RFC 3551, table 4); under another number it is not looked for."""
CLOCK_HZ = 8000
TELEPHONE_EVENT = "telephone-event"
OFFERED_EVENTS = 101
PROTOCOLS = ("RTP/AVP", "RTP/AVPF")
Flow = tuple[bool, bool]
"""Whether we send, and whether the peer does."""
FLOWS: Mapping[str, Flow] = {
    "sendrecv": (True, True),
    "sendonly": (False, True),
    "recvonly": (True, False),
    "inactive": (False, False),
}
"""RFC 3264, 6.1: by what the peer does."""
WORDS: Mapping[Flow, str] = {
    (True, True): "sendrecv",
    (True, False): "sendonly",
    (False, True): "recvonly",
    (False, False): "inactive",
}
"""The same in our words."""


class NotAcceptable(Exception):
    """There is nothing in an offer or answer that we could talk with; the message says what."""


@dataclass(frozen=True)
class Ours:
    """Our side of every description of a call."""

    host: str
    """Where the peer sends to: the public address."""
    port: int
    session: int
    """Of o=; the same for the whole call (RFC 3264, 8)."""
    signalling_host: str
    """Where the peer's signalling comes from."""


class Negotiation:
    """The descriptions of one call, in their order."""

    def __init__(self, ours: Ours) -> None:
        self._ours = ours
        self._ip_version = ip_address(ours.host).version
        self._version = 0
        self._body = ""
        self.agreed: RtpTerms | None = None
        """What holds now; None until there was an offer and its answer."""

    def answer(self, offer: bytes) -> bytes:
        """Our answer, which holds from now on. Raises NotAcceptable: what held goes on."""
        described = _described(offer)
        chosen = _usable(described, self._ip_version)
        agreed = self._agree(described.media[chosen])
        lines = [
            line
            for index, media in enumerate(described.media)
            for line in (self._section(media.protocol, agreed) if index == chosen else _declined(media))
        ]
        self.agreed = agreed
        return self._write(lines)

    def offer(self) -> bytes:
        """What we would talk with, or what holds already."""
        if self.agreed is not None:
            return self._write(self._section(PROTOCOLS[0], self.agreed))
        formats = [*CODECS, str(OFFERED_EVENTS)]
        maps = [f"a=rtpmap:{number} {codec.name}/{CLOCK_HZ}" for number, codec in CODECS.items()]
        return self._write(
            [
                f"m=audio {self._ours.port} {PROTOCOLS[0]} {' '.join(formats)}",
                *maps,
                *_events(OFFERED_EVENTS),
                f"a=ptime:{DEFAULT_PTIME_MS}",
                "a=sendrecv",
            ]
        )

    def take_answer(self, answer: bytes) -> None:
        """What answers our offer holds from now on. Raises NotAcceptable."""
        described = _described(answer)
        self.agreed = self._agree(described.media[_usable(described, self._ip_version)])

    def _agree(self, media: Media) -> RtpTerms:
        codec, host = _codec(media), ip_address(media.address or "0.0.0.0")
        assert codec is not None, "only usable media are agreed on"
        events = [int(one) for one in media.formats if media.rtpmaps.get(one) == (TELEPHONE_EVENT, CLOCK_HZ, 1)]
        # RFC 3264, 8.4: with the unspecified address calls were held before there were directions.
        sends, receives = (False, False) if host.is_unspecified else FLOWS[media.direction]
        return RtpTerms(
            None if host.is_unspecified else Address(str(host), media.port),
            self._ours.signalling_host,
            codec,
            next((number for number in events if 96 <= number <= 127), None),
            media.ptime_ms if media.ptime_ms in PTIMES_MS else DEFAULT_PTIME_MS,
            sends,
            receives,
            Address(str(host), media.rtcp_port) if media.rtcp_port else None,
            media.rtcp_mux,
        )

    def _section(self, protocol: str, agreed: RtpTerms) -> list[str]:
        number, events = agreed.codec.value, agreed.event_payload_type
        formats = [str(number), *([str(events)] if events else [])]
        lines = [
            f"m=audio {self._ours.port} {protocol} {' '.join(formats)}",
            f"a=rtpmap:{number} {agreed.codec.name}/{CLOCK_HZ}",
            *(_events(events) if events else []),
            f"a=ptime:{agreed.ptime_ms}",
            f"a={WORDS[agreed.sends, agreed.receives]}",
        ]
        return [*lines, "a=rtcp-mux"] if agreed.rtcp_mux else lines

    def _write(self, media: list[str]) -> bytes:
        body = "\r\n".join(media)
        if body != self._body:
            # RFC 3264, 8: the version rises with every change, and with nothing else.
            self._body, self._version = body, self._version + 1
        kind = f"IP{ip_address(self._ours.host).version}"
        session = [
            "v=0",
            f"o=- {self._ours.session} {self._version} IN {kind} {self._ours.host}",
            "s=-",
            f"c=IN {kind} {self._ours.host}",
            "t=0 0",
        ]
        return "\r\n".join([*session, body, ""]).encode()


def acceptable(offer: bytes, ip_version: int) -> None:
    """Raises NotAcceptable when an offer to an address of that kind is not."""
    _usable(_described(offer), ip_version)


def preferred_codec(offer: bytes) -> Codec | None:
    """What an acceptable offer will most likely make of the call; None: there is no such offer."""
    try:
        media = _described(offer).media if offer else ()
    except NotAcceptable:
        return None
    return next((codec for one in media if one.kind == "audio" and one.port and (codec := _codec(one))), None)


def _described(data: bytes) -> Description:
    try:
        return parse_description(data)
    except ValueError as error:
        raise NotAcceptable(str(error)) from None


def _usable(described: Description, ip_version: int) -> int:
    """The place of the first audio that we can talk with. Raises NotAcceptable."""
    for index, media in enumerate(described.media):
        is_audio = media.kind == "audio" and media.port and media.protocol in PROTOCOLS and _codec(media)
        if is_audio and _is_reachable(media.address, ip_version):
            return index
    raise NotAcceptable("no audio with PCMU, PCMA or G722 over plain RTP at an address")


def _is_reachable(address: str | None, ip_version: int) -> bool:
    """Whether audio may be sent there: to one peer, by the kind of address that we have."""
    if address is None:
        return False
    host = ip_address(address)
    is_one_peer = not (host.is_multicast or host.is_link_local or (host.is_reserved and not host.is_unspecified))
    return is_one_peer and host.version == ip_version


def _codec(media: Media) -> Codec | None:
    """The first of its formats that is one of ours."""
    return next((CODECS[number] for number in media.formats if number in CODECS), None)


def _events(number: int) -> list[str]:
    return [f"a=rtpmap:{number} {TELEPHONE_EVENT}/{CLOCK_HZ}", f"a=fmtp:{number} 0-15"]


def _declined(media: Media) -> list[str]:
    """RFC 3264, 6: as many media as were offered, in their order."""
    return [f"m={media.kind} 0 {media.protocol} {' '.join(media.formats)}"]
