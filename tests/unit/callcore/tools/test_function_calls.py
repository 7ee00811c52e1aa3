"""`function_calls` of a call's record."""

from callcore.calls.transcript import Transcript
from callcore.tools.function_calls import function_calls_of
from callcore.tools.tool_call import ToolCall


def test_every_call_stands_with_its_arguments_and_its_result() -> None:
    transcript = Transcript()
    transcript.add_user("Book it.")
    calls = [ToolCall("c1", "book", '{"party":2}'), ToolCall("c2", "check", "nonsense"), ToolCall("c3", "end_call", "")]
    transcript.add_calls(calls, "One moment.")
    transcript.set_result("c1", "booked")
    assert function_calls_of(transcript.chat()) == (
        {"name": "book", "params": {"party": 2}, "result": "booked", "run_after_call": False},
        {"name": "check", "params": {}, "result": '{"status":"still running"}', "run_after_call": False},
    )


def test_a_chat_without_calls_has_none() -> None:
    assert function_calls_of([{"role": "user", "content": "Hello"}]) == ()
