import json
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.llm import CallTool, ReplyEvent, TextDelta, TokensUsed
from media_worker.providers.openai.reading import ReplyReader
from media_worker.providers.server_sent_events import MAX_EVENT_BYTES
from tests.peers.openai import DONE, PING, Answer, calling, calling_oddly, chunk, saying, usage, whole_call


def bytes_of(answer: Answer) -> bytes:
    return b"".join(step for step in answer.steps if isinstance(step, bytes))


def read(*pieces: bytes) -> list[ReplyEvent]:
    reader = ReplyReader("a vendor")
    told = [event for piece in pieces for event in reader.feed(piece)]
    return [*told, *reader.finish()]


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


ANN, BEN = CallTool("get_email", '{"name":"Ann"}'), CallTool("get_email", '{"name":"Ben"}')


def test_text_comes_piece_by_piece_and_then_what_it_cost() -> None:
    told = read(bytes_of(saying("Grüß", " Gott.", " 🙂")))
    assert told == [TextDelta("Grüß"), TextDelta(" Gott."), TextDelta(" 🙂"), TokensUsed(9, 3)]


@given(st.lists(st.integers(min_value=0), max_size=8))
def test_it_does_not_matter_where_the_bytes_are_cut(places: list[int]) -> None:
    whole = PING + bytes_of(saying("Grüß", " 🙂")).replace(b"\n", b"\r\n") + bytes_of(calling(("f", '{"a":"ü"}')))
    assert read(*cut(whole, places)) == read(whole)


@pytest.mark.parametrize(
    ("case", "answer"),
    {
        "by index, in fragments": calling(("get_email", ANN.arguments), ("get_email", BEN.arguments)),
        "finished with stop": calling(("get_email", ANN.arguments), ("get_email", BEN.arguments), finish="stop"),
        "two in one chunk": calling_oddly(
            [
                whole_call("get_email", ANN.arguments, index=0, call_id="a"),
                whole_call("get_email", BEN.arguments, index=1, call_id="b"),
            ]
        ),
        "without an index": calling_oddly(
            [whole_call("get_email", ANN.arguments, index=None, call_id="a")],
            [whole_call("get_email", BEN.arguments, index=None, call_id="b")],
        ),
        "without index and id": calling_oddly(
            [whole_call("get_email", ANN.arguments, index=None)], [whole_call("get_email", BEN.arguments, index=None)]
        ),
        "every index is 0": calling_oddly(
            [whole_call("get_email", ANN.arguments, index=0, call_id="a")],
            [whole_call("get_email", BEN.arguments, index=0, call_id="b")],
        ),
        "fragments without an index": calling_oddly(
            [whole_call("get_email", "", index=None, call_id="a")],
            [{"function": {"arguments": ANN.arguments[:5]}}],
            [{"function": {"arguments": ANN.arguments[5:]}}],
            [whole_call("get_email", BEN.arguments, index=None, call_id="b")],
        ),
        "the id again in every fragment": calling_oddly(
            [whole_call("get_email", ANN.arguments[:5], index=0, call_id="a")],
            [{"index": 0, "id": "a", "function": {"arguments": ANN.arguments[5:]}}],
            [whole_call("get_email", BEN.arguments, index=1, call_id="b")],
        ),
    }.items(),
)
def test_calls_in_every_form_in_which_servers_send_them(case: str, answer: Answer) -> None:
    assert [event for event in read(bytes_of(answer)) if isinstance(event, CallTool)] == [ANN, BEN], case


def test_arguments_that_are_an_object_already_and_none_at_all() -> None:
    (call,) = read(bytes_of(calling_oddly([whole_call("get_email", {"name": "Ann"}, index=0)])))
    assert isinstance(call, CallTool)
    assert json.loads(call.arguments) == {"name": "Ann"}
    assert read(bytes_of(calling_oddly([whole_call("hours", "", index=0)]))) == [CallTool("hours", "{}")]


def test_a_call_without_a_name_is_none() -> None:
    assert read(bytes_of(calling_oddly([{"index": 0, "function": {"arguments": "{}"}}]))) == []


def test_text_beside_calls() -> None:
    told = read(chunk({"content": "One moment. "}) + bytes_of(calling(("get_email", ANN.arguments))))
    assert told == [TextDelta("One moment. "), ANN, TokensUsed(9, 3)]


def test_what_it_cost_as_groq_tells_it() -> None:
    last = chunk({}, "stop", x_groq={"id": "req", "usage": {"prompt_tokens": 5, "completion_tokens": 2}})
    assert read(chunk({"content": "Hi."}) + last + DONE) == [TextDelta("Hi."), TokensUsed(5, 2)]


def test_nobody_has_to_tell_what_it_cost() -> None:
    assert read(bytes_of(saying("Hi.", ends=(DONE,)))) == [TextDelta("Hi.")]


def test_what_a_model_thinks_is_not_said() -> None:
    thought = chunk({"reasoning_content": "Hm."}) + chunk({"reasoning": "Hm.", "content": None})
    assert read(thought + bytes_of(saying("Hi.", ends=(DONE,)))) == [TextDelta("Hi.")]


def test_nothing_counts_behind_the_end() -> None:
    reader = ReplyReader("a vendor")
    assert list(reader.feed(bytes_of(saying("Hi.")) + chunk({"content": "late"}))) == [TextDelta("Hi.")]
    assert reader.done


def test_some_servers_just_stop_when_they_are_done() -> None:
    assert read(chunk({"content": "Hi."}), chunk({}, "stop").rstrip()) == [TextDelta("Hi.")]
    assert read(chunk({"content": "Hi."}, "length"), usage(1, 1)) == [TextDelta("Hi."), TokensUsed(1, 1)]


@pytest.mark.parametrize("said", [b"data:\n\n", b"data\n\n", b"data: \n\n", b"event: ping\ndata:\n\n", b":\n\n", b"\n"])
def test_an_event_that_says_nothing_keeps_the_connection_open(said: bytes) -> None:
    assert read(said, chunk({"content": "Hi."}), said, bytes_of(saying(" You.")), said) == [
        *(TextDelta("Hi."), TextDelta(" You.")),
        TokensUsed(9, 3),
    ]


def test_a_chunk_may_be_written_over_several_lines() -> None:
    spread = b'data: {"choices": [{"delta":\ndata: {"content": "Hi."},\ndata:"finish_reason": "stop"}]}\n\n'
    assert read(spread) == [TextDelta("Hi.")]


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        PING,
        chunk({"content": "Hi, I am"}),
        chunk({"content": "Hi."}) + b'data: {"error":{"message":"overloaded","type":"server_error"}}\n\n',
        chunk({"content": "Hi."}) + b"data: {broken\n\n",
        b"x" * (MAX_EVENT_BYTES + 1),
    ],
)
def test_a_reply_that_is_not_whole_is_a_failure(stream: bytes) -> None:
    with pytest.raises(ProviderError, match="a vendor") as caught:
        read(stream)
    assert caught.value.failure is ProviderFailure.UNAVAILABLE


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_any_bytes_are_read_or_a_failure_of_the_provider(pieces: list[bytes]) -> None:
    try:
        read(*(b"data: " + piece + b"\n\n" for piece in pieces))
    except ProviderError:
        return


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4), lambda inner: st.lists(inner, max_size=3)
)
PART = st.fixed_dictionaries(
    {}, optional={"index": JSON, "id": JSON, "function": st.dictionaries(st.sampled_from(["name", "arguments"]), JSON)}
)


@given(
    st.dictionaries(st.sampled_from(["choices", "usage", "x_groq", "error"]), JSON | st.lists(JSON, max_size=2)),
    st.lists(PART, max_size=3),
)
def test_any_chunk_is_read_or_a_failure_of_the_provider(odd: dict[str, object], parts: list[object]) -> None:
    chunks = (odd, {"choices": [{"delta": {"tool_calls": parts, "content": odd.get("usage")}}]})
    try:
        read(*(b"data: " + json.dumps(one).encode() + b"\n\n" for one in chunks))
    except ProviderError:
        return
