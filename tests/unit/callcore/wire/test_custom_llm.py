import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.errors import RemoteProtocolError
from callcore.wire.custom_llm import (
    CallBound,
    EndCall,
    Interrupt,
    PartialTranscript,
    PlaybackFinished,
    StartCall,
    StreamRequest,
    StreamResponse,
    TransferCall,
    Unrecognised,
    parse_model_message,
    to_wire,
)

TRANSCRIPT = [{"role": "assistant", "content": "Hello"}, {"role": "user", "content": "Hi"}]


@pytest.mark.parametrize(
    ("message", "frame"),
    [
        (
            StartCall(0, "S", "-Abc", "CA1", {"plan": "pro"}, {"from": "+15551230000", "to": "+15551240000"}),
            {
                "type": "start_call",
                "data": {
                    "stream_id": 0,
                    "agent_id": "-Abc",
                    "call_sid": "CA1",
                    "session_id": "S",
                    "metadata": {"plan": "pro"},
                    "voip": {"from": "+15551230000", "to": "+15551240000"},
                },
            },
        ),
        (
            StartCall(0, "S"),
            {
                "type": "start_call",
                "data": {"stream_id": 0, "agent_id": None, "call_sid": None, "session_id": "S", "metadata": {}},
            },
        ),
        (
            StreamRequest(1, TRANSCRIPT),
            {"type": "stream_request", "data": {"stream_id": 1, "transcript": TRANSCRIPT}},
        ),
        (
            PartialTranscript("S", "text", is_final=False),
            {
                "type": "partial_transcript",
                "session_id": "S",
                "data": {"session_id": "S", "transcript": "text", "is_final": False},
            },
        ),
        (
            PlaybackFinished("S", 3),
            {"type": "playback_finished", "session_id": "S", "data": {"session_id": "S", "stream_id": 3}},
        ),
        (Interrupt(3), {"type": "interrupt", "stream_id": 3, "data": {"stream_id": 3}}),
    ],
)
def test_what_the_model_is_told(message: StartCall, frame: object) -> None:
    assert json.loads(to_wire(message)) == frame


def frame(kind: str, **data: object) -> str:
    return json.dumps({"type": kind, "data": data})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            frame("stream_response", stream_id=1, content="text", flush=True, pause=500, end_of_stream=False),
            StreamResponse(1, "text", flush=True, pause_ms=500),
        ),
        (frame("stream_response", stream_id=0, content="", end_of_stream=True), StreamResponse(0, end_of_stream=True)),
        (frame("stream_response", content=None), StreamResponse(None)),
        (frame("stream_response", stream_id="2", content="x"), StreamResponse(2, "x")),
        (frame("stream_response", stream_id=2.0, content="x", pause=1e9), StreamResponse(2, "x", pause_ms=10_000)),
        (frame("stream_response", stream_id=2, pause=-5), StreamResponse(2)),
        (frame("stream_response", stream_id=2, pause="long"), StreamResponse(2)),
        (frame("end_call", stream_id=1), EndCall(1)),
        ('{"type":"hangup","stream_id":4}', EndCall(4)),
        ('{"type":"end_call"}', EndCall(None)),
        (frame("transfer_call", stream_id=1, destination="+15551234567"), TransferCall(1, "+15551234567")),
        (frame("transfer", stream_id=1, destination="+15551234567"), TransferCall(1, "+15551234567")),
        (frame("ping"), Unrecognised("ping")),
    ],
)
def test_what_the_model_says(text: str, message: object) -> None:
    assert parse_model_message(text) == message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "[]",
        "{}",
        '{"type":1}',
        frame("stream_response", content=5),
        frame("stream_response", stream_id=-1),
        frame("stream_response", stream_id=True),
        frame("stream_response", stream_id=1e300),
        frame("stream_response", stream_id="one"),
        frame("transfer_call", stream_id=1, destination=["+1"]),
    ],
)
def test_what_is_no_message_is_refused(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_model_message(text)


FIELDS = st.fixed_dictionaries(
    {"type": st.sampled_from(["stream_response", "end_call", "transfer_call"])},
    optional={name: st.none() | st.booleans() | st.floats() | st.text() for name in ("stream_id", "pause", "content")},
)


@given(st.text() | FIELDS.map(json.dumps))
def test_any_text_parses_or_is_refused(text: str) -> None:
    try:
        message = parse_model_message(text)
    except RemoteProtocolError:
        return
    assert isinstance(message, get_args(CallBound))
