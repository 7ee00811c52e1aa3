"""A SIP telephone of a few lines, for what SIPp cannot do: silence, digests of two kinds, streams in small pieces."""

import asyncio
import hashlib
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from media_worker.transports.sip.framing import Frame, KeepAlive, StreamFramer, frame_datagram
from media_worker.transports.sip.message import Request, Response
from media_worker.transports.sip.reading import read
from tests.peers.sip_worker import HERE


def offer(port: int) -> bytes:
    """To hear at that port."""
    return (
        f"v=0\r\no=- 1 1 IN IP4 {HERE}\r\ns=-\r\nc=IN IP4 {HERE}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"
    ).encode()


OFFER = offer(45678)
"""Where nobody listens."""


class SipPhone:
    """One caller with one call."""

    def __init__(
        self,
        datagrams: asyncio.DatagramTransport | None = None,
        stream: asyncio.Transport | None = None,
        piece: int = 0,
    ) -> None:
        self._datagrams, self._stream, self._piece = datagrams, stream, piece
        self.came: asyncio.Queue[Request | Response | KeepAlive] = asyncio.Queue()
        self.call_id, self.tag, self.to_tag = secrets.token_hex(8), secrets.token_hex(4), ""
        self.cseq, self.user, self.contact = 0, "", f"{HERE}:9"

    def send(self, data: bytes) -> None:
        if self._datagrams is not None:
            self._datagrams.sendto(data)
        elif self._stream is not None:
            for at in range(0, len(data), self._piece):
                self._stream.write(data[at : at + self._piece])

    def write(self, method: str, user: str, *fields: str, body: bytes = b"", branch: str = "") -> bytes:
        transport = "TCP" if self._piece else "UDP"
        to_tag = f";tag={self.to_tag}" if self.to_tag else ""
        lines = [
            f"{method} sip:{user}@{HERE} SIP/2.0",
            f"Via: SIP/2.0/{transport} {HERE}:9;rport;branch=z9hG4bK{branch or secrets.token_hex(8)}",
            f"From: <sip:+15551230001@{HERE}>;tag={self.tag}",
            f"To: <sip:{user}@{HERE}>{to_tag}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {self.cseq} {method}",
            f"Contact: <sip:me@{self.contact}>",
            "Max-Forwards: 70",
            *fields,
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
            "",
            "",
        ]
        return "\r\n".join(lines).encode() + body

    async def ask(self, method: str, user: str, *fields: str, body: bytes = b"", within_s: float = 15.0) -> Response:
        """The final response; an INVITE's failure is acknowledged. Raises TimeoutError."""
        self.cseq += 1
        branch = secrets.token_hex(8)
        self.send(self.write(method, user, *fields, body=body, branch=branch))
        async with asyncio.timeout(within_s):
            while True:
                came = await self.came.get()
                if isinstance(came, Response) and came.cseq.sequence == self.cseq and came.status >= 200:
                    break
        if method == "INVITE" and came.status >= 300:
            self.send(self.write("ACK", user, branch=branch))
        return came

    def acknowledge(self, answered: Response, body: bytes = b"") -> None:
        self.to_tag = answered.to_tag
        self.send(self.write("ACK", self.user, body=body))

    async def talk(self, user: str, *fields: str, body: bytes = OFFER) -> Response:
        """A call that is answered."""
        self.user = user
        answered = await self.ask("INVITE", user, *fields, body=body)
        assert answered.status == 200, answered
        self.acknowledge(answered)
        return answered

    def proof(self, refused: Response, user: str, algorithm: str, password: str) -> str:
        """The credentials of RFC 7616 for the challenge of that algorithm."""
        (told,) = [value for value in refused.headers.all("WWW-Authenticate") if algorithm in value]
        realm, nonce = (re.findall(f'{name}="([^"]*)"', told)[0] for name in ("realm", "nonce"))
        hashed = hashlib.sha256 if algorithm == "SHA-256" else hashlib.md5

        def digest(*parts: str) -> str:
            return hashed(":".join(parts).encode()).hexdigest()

        uri = f"sip:{user}@{HERE}"
        response = digest(digest(user, realm, password), nonce, "00000001", "c", "auth", digest("INVITE", uri))
        return (
            f'Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", response="{response}", '
            f'algorithm={algorithm}, cnonce="c", qop=auth, nc=00000001'
        )

    async def pong(self) -> bool:
        """Whether the stream answers a keep-alive."""
        self.send(b"\r\n\r\n")
        async with asyncio.timeout(15.0):
            while not isinstance(await self.came.get(), KeepAlive):
                pass
        return True


class _Ear(asyncio.DatagramProtocol, asyncio.Protocol):
    def __init__(self) -> None:
        self.framer, self.phone, self.rest = StreamFramer(), SipPhone(), b""

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        frame = frame_datagram(data)
        if frame is not None:
            self._take(frame)

    def data_received(self, data: bytes) -> None:
        # What answers a keep-alive is no message.
        if data == b"\r\n":
            self.phone.came.put_nowait(KeepAlive())
        else:
            for one in self.framer.feed(data):
                if isinstance(one, Frame):
                    self._take(one)

    def _take(self, frame: Frame) -> None:
        message = read(frame)
        assert isinstance(message, Request | Response)
        self.phone.came.put_nowait(message)


@asynccontextmanager
async def calling(port: int, *, piece: int = 0, contact: str = "") -> AsyncIterator[SipPhone]:
    """A telephone over UDP, or over TCP in pieces of that many octets."""
    loop, ear = asyncio.get_running_loop(), _Ear()
    if piece:
        stream, _ = await loop.create_connection(lambda: ear, HERE, port)
        ear.phone = SipPhone(stream=stream, piece=piece)
    else:
        datagrams, _ = await loop.create_datagram_endpoint(lambda: ear, remote_addr=(HERE, port))
        ear.phone = SipPhone(datagrams)
    ear.phone.contact = contact or ear.phone.contact
    try:
        yield ear.phone
    finally:
        (stream if piece else datagrams).close()


class _Listener(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.heard = asyncio.Event()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.heard.set()


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[int, asyncio.Event]]:
    """A port of the telephone's for sound, and what is set when some has come."""
    loop = asyncio.get_running_loop()
    datagrams, listener = await loop.create_datagram_endpoint(_Listener, local_addr=(HERE, 0))
    try:
        yield datagrams.get_extra_info("sockname")[1], listener.heard
    finally:
        datagrams.close()
