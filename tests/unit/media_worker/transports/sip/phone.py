"""A caller's telephone for the tests: writes its requests, reads what it is sent, and lets time pass."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import TypeVar

from media_worker.transports.sip.call import Call
from media_worker.transports.sip.events import Over
from media_worker.transports.sip.framing import frame_datagram
from media_worker.transports.sip.line import Line
from media_worker.transports.sip.message import Refusal, Request, Response
from media_worker.transports.sip.negotiation import Ours
from media_worker.transports.sip.reading import read
from media_worker.transports.sip.routing import Hop
from media_worker.transports.sip.transactions import Transactions, Transmit
from media_worker.transports.sip.user_agent import Invited, News, UserAgent

OURS = Ours("203.0.113.1", 16384, 77, "192.0.2.7")
E = TypeVar("E")
Message = Request | Response


def sdp(*attributes: str, port: int = 4000, host: str = "192.0.2.7", formats: str = "0 8 101") -> bytes:
    lines = ["v=0", f"o=- 1 1 IN IP4 {host}", "s=-", f"c=IN IP4 {host}", "t=0 0", f"m=audio {port} RTP/AVP {formats}"]
    return "\r\n".join([*lines, "a=rtpmap:101 telephone-event/8000", *(f"a={one}" for one in attributes), ""]).encode()


def user_agent(max_calls: int = 100) -> UserAgent:
    numbers = count(1)
    line = Line("203.0.113.1", 5060, lambda: f"t{next(numbers)}", Transactions())
    return UserAgent(line, max_calls)


@dataclass
class Phone:
    agent: UserAgent = field(default_factory=user_agent)
    transport: str = "UDP"
    known: bool = True
    contact: str = "<sip:ann@192.0.2.7:5070>"
    call_id: str = "call-1"
    now: float = 0.0
    cseq: int = 0
    to_tag: str = ""
    events: list[News] = field(default_factory=list)
    sent_at: list[tuple[float, Message]] = field(default_factory=list)
    """What came from us, and when."""

    @property
    def hop(self) -> Hop:
        return Hop(self.transport, "192.0.2.7", 5070, None if self.transport == "UDP" else 1)

    @property
    def call(self) -> Call:
        return next(event.call for event in self.events if isinstance(event, Invited))

    def take(self, events: list[News]) -> list[Message]:
        """Read what is sent to us; keep the rest."""
        came: list[Message] = []
        for event in events:
            if isinstance(event, Transmit):
                frame = frame_datagram(event.data)
                message = read(frame) if frame else None
                assert isinstance(message, Request | Response), event.data
                came.append(message)
                self.sent_at.append((self.now, message))
            else:
                self.events.append(event)
        return came

    def tell(self, data: bytes) -> list[Message]:
        frame = frame_datagram(data)
        message = read(frame) if frame else None
        assert isinstance(message, Request | Response | Refusal), data
        return self.take(self.agent.received(message, self.hop, self.now, known=self.known))

    def write(self, method: str, *fields: str, body: bytes = b"", branch: str = "", cseq: int = 0) -> bytes:
        if not cseq and method not in ("ACK", "CANCEL"):
            self.cseq += 1
        number = cseq or self.cseq
        tag = f";tag={self.to_tag}" if self.to_tag else ""
        is_offer = body and not any(one.startswith("Content-Type") for one in fields)
        kind = ["Content-Type: application/sdp"] if is_offer else []
        lines = [
            f"{method} sip:abc@203.0.113.1 SIP/2.0",
            f"Via: SIP/2.0/{self.transport} 192.0.2.7:5070;branch=z9hG4bK-{branch or f'{method}-{number}'}",
            'From: "Ann" <sip:+15551230001@192.0.2.7>;tag=a1',
            f"To: <sip:abc@203.0.113.1>{tag}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {number} {method}",
            f"Contact: {self.contact}",
            "Max-Forwards: 70",
            *fields,
            *kind,
            f"Content-Length: {len(body)}",
            "",
            "",
        ]
        return "\r\n".join(lines).encode() + body

    def ask(self, method: str, *fields: str, body: bytes = b"", branch: str = "", cseq: int = 0) -> list[Message]:
        return self.tell(self.write(method, *fields, body=body, branch=branch, cseq=cseq))

    def answered_call(
        self, *fields: str, body: bytes | None = None, ack: bool = True, ack_body: bytes = b""
    ) -> Response:
        """An INVITE that is taken; the 200."""
        self.ask("INVITE", *fields, body=sdp() if body is None else body)
        self.take(self.agent.ring(self.call, self.now))
        (response,) = self.take(self.agent.answer(self.call, OURS, self.now))
        assert isinstance(response, Response)
        self.to_tag = response.to_tag
        if ack:
            self.ask("ACK", body=ack_body)
        return response

    def reply(self, request: Request, status: int, *fields: str, body: bytes = b"") -> list[Message]:
        """Answer a request of ours."""
        names = ("Via", "From", "To", "Call-ID", "CSeq")
        repeated = [f"{name}: {value}" for name, value in request.headers if name in names]
        lines = [f"SIP/2.0 {status} x", *repeated, *fields, f"Content-Length: {len(body)}", "", ""]
        return self.tell("\r\n".join(lines).encode() + body)

    def wait_until(self, then: float) -> None:
        while (at := self.agent.next_deadline()) is not None and at <= then:
            self.now = max(self.now, at)
            self.take(self.agent.handle_deadline(self.now))
        self.now = then

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def cause(self) -> str | None:
        return next((event.cause.name for event in self.events if isinstance(event, Over)), None)

    def times(self, matches: Callable[[Message], bool]) -> list[float]:
        return [at for at, message in self.sent_at if matches(message)]

    def requests(self, method: str) -> Iterator[Request]:
        return (message for _, message in self.sent_at if isinstance(message, Request) and message.method == method)


def statuses(messages: list[Message]) -> list[int]:
    return [message.status for message in messages if isinstance(message, Response)]
