from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_worker.providers.server_sent_events import MAX_EVENT_BYTES, ServerSentEvents


def read(*pieces: bytes) -> list[bytes]:
    stream = ServerSentEvents()
    return [*(event for piece in pieces for event in stream.feed(piece)), *stream.finish()]


@pytest.mark.parametrize(
    ("stream", "events"),
    {
        b"data: YHOO\ndata: +2\ndata: 10\n\n": [b"YHOO\n+2\n10"],
        b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n": [
            b"first event",
            b"second event",
            b" third event",
        ],
        b"data\n\ndata\ndata\n\n": [b"", b"\n"],
        b"data:test\n\ndata: test\n\n": [b"test", b"test"],
        b"\xef\xbb\xbfdata: after a byte order mark\n\n": [b"after a byte order mark"],
        b"event: ping\n\n:\n\nretry: 10\n\n\n\n": [],
        b"data: a\r\n\r\ndata: b\r\rdata: c\n\r\n": [b"a", b"b", b"c"],
        b"database: none\ndata: a:b\n\n": [b"a:b"],
        b"data: the last\n": [b"the last"],
        b"data: the last": [b"the last"],
    }.items(),
)
def test_the_examples_of_the_standard_and_what_is_like_them(stream: bytes, events: Sequence[bytes]) -> None:
    assert read(stream) == events
    assert read(*(stream[at : at + 1] for at in range(len(stream)))) == events


def test_an_event_is_told_with_the_very_byte_that_ends_it() -> None:
    stream = ServerSentEvents()
    assert list(stream.feed(b"data: a\r\n")) == []
    assert list(stream.feed(b"\r")) == [b"a"]
    assert list(stream.feed(b"")) == []
    assert list(stream.feed(b"\ndata: b\n\n")) == [b"b"]


@given(st.lists(st.sampled_from([b"data", b":", b" ", b"x", b"\r", b"\n", b"\r\n"]), max_size=12), st.data())
def test_it_does_not_matter_where_the_bytes_are_cut(parts: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(parts)
    place = data.draw(st.integers(0, len(stream)))
    assert read(stream[:place], stream[place:]) == read(stream)


@pytest.mark.parametrize("endless", [b"data: " + b"x" * MAX_EVENT_BYTES, b"data: xxx\n" * (MAX_EVENT_BYTES // 4)])
def test_an_event_has_a_greatest_length(endless: bytes) -> None:
    with pytest.raises(ValueError, match="without end"):
        read(endless)
