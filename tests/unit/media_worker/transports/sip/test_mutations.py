"""Whatever comes, it is read within 50 ms of the processor, and nothing is raised but what framing promises."""

import time

import hypothesis.strategies as st
from hypothesis import given, settings

from callcore.errors import RemoteProtocolError
from media_worker.transports.sip.credentials import parse_credentials
from media_worker.transports.sip.demands import refused
from media_worker.transports.sip.framing import StreamFramer, frame_datagram
from media_worker.transports.sip.message import Request
from media_worker.transports.sip.reading import read
from tests.unit.media_worker.transports.sip.corpora import OWN, torture_messages

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
@given(mutants())
def test_a_datagram_is_read_in_time(data: bytes) -> None:
    began_s = time.thread_time()
    frame = frame_datagram(data)
    message = read(frame) if frame else None
    if isinstance(message, Request):
        refused(message)
        for value in message.headers.all("Authorization"):
            parse_credentials(value)
    assert time.thread_time() - began_s < 0.05


@settings(max_examples=EXAMPLES // 2)
@given(st.lists(mutants(), max_size=3), st.integers(1, 400))
def test_a_stream_is_cut_in_time_however_it_arrives(messages: list[bytes], piece: int) -> None:
    data, framer = b"".join(messages), StreamFramer()
    began_s = time.thread_time()
    try:
        for at in range(0, len(data), piece):
            framer.feed(data[at : at + piece])
    except RemoteProtocolError:
        pass
    assert time.thread_time() - began_s < 0.05 * (1 + len(messages) + len(data) // piece)


@given(st.text(max_size=300), st.integers(0, 200))
def test_credentials_are_read_in_time(text: str, parameters: int) -> None:
    long = "Digest " + ", ".join(f'a{number}="x"' for number in range(parameters)) + text
    began_s = time.thread_time()
    parse_credentials(long)
    parse_credentials("Digest " + text)
    assert time.thread_time() - began_s < 0.05
