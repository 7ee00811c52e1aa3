"""Whatever comes, it is read within 50 ms of the processor, and nothing is raised but what framing promises."""

from contextlib import suppress

import hypothesis.strategies as st
from hypothesis import given, settings

from callcore.errors import RemoteProtocolError
from media_worker.transports.sip.callers import caller_of
from media_worker.transports.sip.credentials import parse_credentials
from media_worker.transports.sip.framing import StreamFramer, frame_datagram
from media_worker.transports.sip.message import Request
from media_worker.transports.sip.reading import read
from media_worker.transports.sip.user_agent import Invited
from tests.unit.media_worker.transports.sip.corpora import OWN, in_time, torture_messages
from tests.unit.media_worker.transports.sip.phone import OURS, Phone

SEEDS = st.sampled_from(sorted((OWN | torture_messages()).values()))
PIECES = st.sampled_from([bytes([octet]) for octet in b'"<>;,:[]%@ \0\xff'] + [b"\r\n", b"\r\n ", b'\\"', b'a="x",'])
EXAMPLES = settings().max_examples ** 2 // 50
"""200 in `make test`, 1,800 in `make fuzz`."""


@st.composite
def mutants(draw: st.DrawFn) -> bytes:
    """A message in which pieces are cut, doubled, overwritten, or stand hundreds of times."""
    data = draw(SEEDS)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        to = draw(st.integers(at, min(len(data), at + 40)))
        put = draw(st.one_of(PIECES, st.binary(max_size=8), st.just(data[at:to])))
        data = data[:at] + put * draw(st.sampled_from([0, 1, 2, 30, 700])) + data[to:]
    return data


@settings(max_examples=EXAMPLES)
@given(mutants(), st.sampled_from(["UDP", "TCP"]))
def test_a_datagram_is_dealt_with_in_time(data: bytes, transport: str) -> None:
    phone = Phone(transport=transport)
    with in_time():
        frame = frame_datagram(data)
        message = read(frame) if frame else None
        if isinstance(message, Request):
            caller_of(message, trusted=True)
            for value in message.headers.all("Authorization"):
                parse_credentials(value)
        events = phone.agent.received(message, phone.hop, 0.0, known=True) if message else []
        for event in events:
            if isinstance(event, Invited):
                if event.call.refusal is None:
                    phone.agent.answer(event.call, OURS, 0.0)
                phone.agent.hang_up(event.call, 0.0)
    phone.wait_until(100.0)
    assert len(phone.agent) == 0


@settings(max_examples=EXAMPLES // 2)
@given(st.lists(mutants(), max_size=3), st.integers(1, 400))
def test_a_stream_is_cut_in_time_however_it_arrives(messages: list[bytes], piece: int) -> None:
    data, framer = b"".join(messages), StreamFramer()
    with in_time(1 + len(messages) + len(data) / piece), suppress(RemoteProtocolError):
        for at in range(0, len(data), piece):
            framer.feed(data[at : at + piece])


@given(st.text(max_size=300), st.integers(0, 200))
def test_credentials_are_read_in_time(text: str, parameters: int) -> None:
    long = "Digest " + ", ".join(f'a{number}="x"' for number in range(parameters)) + text
    with in_time():
        parse_credentials(long)
        parse_credentials("Digest " + text)
