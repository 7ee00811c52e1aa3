from typing import Any

import pytest

from callcore.agents.agent import LlmConfig
from callcore.tools.toolbox import ToolOffer
from media_worker.ports.llm import ReplyRequest
from media_worker.providers.openai.endpoints import GROQ, OLLAMA, OPENAI, TOGETHER, VLLM
from media_worker.providers.openai.request import DISPENSABLE, MAX_REPLY_TOKENS, Dialect, body_of, refused_field

OFFER = ToolOffer("hours", "When we are open.", {"type": "object", "properties": {}, "required": []})


def request(**more: Any) -> ReplyRequest:
    given = {"llm": LlmConfig(), "system_prompt": "Be kind.", "messages": [{"role": "user", "content": "hi"}]}
    return ReplyRequest(**{**given, **more})


def test_the_whole_request_of_openai() -> None:
    asked = request(llm=LlmConfig(temperature=0.6), tools=(OFFER,))
    assert body_of(asked, "gpt-6-luna", OPENAI.dialect, (), "none") == {
        "model": "gpt-6-luna",
        "stream": True,
        "stream_options": {"include_usage": True, "include_obfuscation": False},
        "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "hi"}],
        "reasoning_effort": "none",
        "store": False,
        "temperature": 0.6,
        "max_completion_tokens": MAX_REPLY_TOKENS,
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "hours",
                    "description": "When we are open.",
                    "parameters": {"type": "object", "properties": {}, "required": []},
                },
            }
        ],
        "tool_choice": "auto",
        "parallel_tool_calls": True,
    }


def test_what_was_not_asked_for_is_not_sent() -> None:
    body = body_of(request(system_prompt=""), "m", OPENAI.dialect, ())
    assert {"temperature", "tools", "tool_choice", "parallel_tool_calls"}.isdisjoint(body)
    assert [message["role"] for message in body["messages"]] == ["user"]


@pytest.mark.parametrize(
    ("dialect", "token_field", "extra"),
    [
        (GROQ.dialect, "max_completion_tokens", {"parallel_tool_calls": True}),
        (TOGETHER.dialect, "max_tokens", {}),
        (VLLM.dialect, "max_tokens", {"parallel_tool_calls": True}),
        (OLLAMA.dialect, "max_tokens", {}),
    ],
)
def test_every_server_is_told_what_it_knows(dialect: Dialect, token_field: str, extra: dict[str, Any]) -> None:
    body = body_of(request(tools=(OFFER,)), "m", dialect, ())
    common = {"model", "stream", "messages", "stream_options", "tools", "tool_choice", token_field}
    assert set(body) == common | set(extra)
    assert {name: body[name] for name in extra} == extra


def test_messages_have_only_what_every_server_knows() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "hours", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "hi", "at": 12},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "name": "hours", "content": "nine to five"},
    ]
    assert body_of(request(system_prompt="", messages=messages), "m", Dialect(), ())["messages"] == [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "nine to five"},
    ]


def test_what_was_refused_is_left_out_and_the_bound_of_tokens_goes_by_its_other_name() -> None:
    body = body_of(request(llm=LlmConfig(temperature=1)), "m", OPENAI.dialect, {"temperature", "max_completion_tokens"})
    assert "temperature" not in body
    assert "max_completion_tokens" not in body
    assert body["max_tokens"] == MAX_REPLY_TOKENS
    assert set(body_of(request(), "m", OPENAI.dialect, DISPENSABLE)) == {"model", "stream", "messages"}


@pytest.mark.parametrize(
    ("error", "field"),
    [
        ({"param": "reasoning_effort", "message": "Unsupported value"}, "reasoning_effort"),
        ({"param": "stream_options.include_obfuscation", "message": ""}, "stream_options"),
        ({"param": None, "message": "Unrecognized request argument supplied: store"}, "store"),
        (
            {"message": "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."},
            "max_tokens",
        ),
        ({"message": "property 'parallel_tool_calls' is unsupported"}, "parallel_tool_calls"),
        ({"param": "messages", "code": "context_length_exceeded", "message": "too long"}, None),
        ({"message": "temperatures are too high"}, None),
        ({}, None),
    ],
)
def test_what_a_refusal_complains_of(error: dict[str, Any], field: str | None) -> None:
    body = dict.fromkeys((*DISPENSABLE, "messages", "model"))
    assert refused_field(error, body) == field


def test_a_field_that_was_not_sent_is_not_what_it_complains_of() -> None:
    assert refused_field({"param": "store", "message": "store"}, {"model": "m"}) is None
