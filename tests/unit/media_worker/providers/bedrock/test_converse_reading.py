from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.llm import CallTool, ReplyEvent, TextDelta, TokensUsed
from media_worker.providers.bedrock.reading import ReplyReader
from tests.peers.bedrock import START, calling, event, exception, frame, saying, stop, text
from tests.peers.openai import Answer


def bytes_of(answer: Answer) -> bytes:
    return b"".join(step for step in answer.steps if isinstance(step, bytes))


def read(*pieces: bytes) -> list[ReplyEvent]:
    reader = ReplyReader("bedrock", ["get_email"])
    told = [event for piece in pieces for event in reader.feed(piece)]
    return [*told, *reader.finish()]


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def test_text_and_what_it_cost() -> None:
    assert read(bytes_of(saying("Grüß", " Gott."))) == [TextDelta("Grüß"), TextDelta(" Gott."), TokensUsed(9, 3)]


def test_calls_in_fragments_behind_a_thought() -> None:
    told = read(bytes_of(calling(("get_email", '{"name":"Ann"}'), ("get_email", ""))))
    assert told == [TokensUsed(9, 3), CallTool("get_email", '{"name":"Ann"}'), CallTool("get_email", "{}")]


def test_what_was_not_offered_is_not_called() -> None:
    assert read(bytes_of(calling(("nothing", "{}")))) == [TokensUsed(9, 3)]


@given(st.lists(st.integers(min_value=0), max_size=8))
def test_it_does_not_matter_where_the_bytes_are_cut(places: list[int]) -> None:
    whole = bytes_of(saying("Grüß", " 🙂"))
    assert read(*cut(whole, places)) == read(whole)


@pytest.mark.parametrize(
    ("kind", "failure"),
    [
        ("throttlingException", ProviderFailure.RATE_LIMIT),
        ("modelStreamErrorException", ProviderFailure.UNAVAILABLE),
        ("validationException", ProviderFailure.REJECTED),
        ("somethingNewException", ProviderFailure.UNAVAILABLE),
    ],
)
def test_an_exception_in_the_middle(kind: str, failure: ProviderFailure) -> None:
    with pytest.raises(ProviderError, match=kind) as caught:
        read(START + text(0, "Hi") + exception(kind, "the prompt was: secret"))
    assert caught.value.failure is failure
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        START + text(0, "Hi"),
        b"<html>" * 9,
        START[:-1] + b"x",
        frame({":message-type": "error", ":error-code": "500"}, b""),
        START
        + frame(
            {":message-type": "event", ":event-type": "contentBlockDelta"},
            rb'{"contentBlockIndex":0,"delta":{"text":"Hi \ud83d"}}',
        )
        + b"".join(stop()),
        event("contentBlockDelta", {}),
        event("contentBlockDelta", {"contentBlockIndex": 7, "delta": {"toolUse": {"input": "{"}}}),
        frame({":message-type": "event", ":event-type": "metadata"}, b"[]"),
    ],
)
def test_a_reply_that_is_not_whole_is_a_failure(stream: bytes) -> None:
    with pytest.raises(ProviderError) as caught:
        read(stream)
    assert caught.value.failure is ProviderFailure.UNAVAILABLE


def test_events_that_nobody_knows_do_not_matter() -> None:
    odd = event("somethingNew", {"a": 1}) + event("contentBlockStart", {"contentBlockIndex": 0})
    assert read(START + odd + text(0, "Hi.") + b"".join(stop())) == [TextDelta("Hi."), TokensUsed(9, 3)]
