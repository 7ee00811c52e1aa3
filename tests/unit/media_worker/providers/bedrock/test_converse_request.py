from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.agents.agent import LlmConfig
from callcore.tools.tool_call import ToolCall
from callcore.tools.toolbox import ToolOffer
from media_worker.ports.llm import ReplyRequest
from media_worker.providers.bedrock.request import BEGIN, EMPTY_RESULT, GO_ON, MAX_REPLY_TOKENS, body_of, refused_field
from tests.peers.bedrock import fault_of

OFFER = ToolOffer("hours", "When we are open.", {"type": "object", "properties": {}, "required": []})
USER, AGENT = {"role": "user", "content": "hi"}, {"role": "assistant", "content": "Hello."}
CALLS = {
    "role": "assistant",
    "content": "",
    "tool_calls": [ToolCall("call_1_1", "hours", '{"day":"Monday"}').to_message()],
}
RESULT = {"role": "tool", "tool_call_id": "call_1_1", "name": "hours", "content": "closed"}


def request(*messages: dict[str, Any], **more: Any) -> ReplyRequest:
    return ReplyRequest(**{"llm": LlmConfig(), "system_prompt": "Be kind.", "messages": messages, **more})


def test_the_whole_request() -> None:
    asked = request(USER, CALLS, RESULT, llm=LlmConfig(temperature=1.5), tools=(OFFER,))
    assert body_of(asked, "low", ()) == {
        "system": [{"text": "Be kind."}],
        "messages": [
            {"role": "user", "content": [{"text": "hi"}]},
            {
                "role": "assistant",
                "content": [{"toolUse": {"toolUseId": "call_1_1", "name": "hours", "input": {"day": "Monday"}}}],
            },
            {
                "role": "user",
                "content": [
                    {"toolResult": {"toolUseId": "call_1_1", "content": [{"text": "closed"}], "status": "success"}}
                ],
            },
        ],
        "inferenceConfig": {"maxTokens": MAX_REPLY_TOKENS, "temperature": 1.0},
        "toolConfig": {
            "tools": [
                {
                    "toolSpec": {
                        "name": "hours",
                        "description": "When we are open.",
                        "inputSchema": {"json": {"type": "object", "properties": {}, "required": []}},
                    }
                }
            ]
        },
        "outputConfig": {"effort": "low"},
    }


@pytest.mark.parametrize(
    ("messages", "texts"),
    [
        ((), [[BEGIN]]),
        ((AGENT,), [[BEGIN], ["Hello."], [GO_ON]]),
        ((AGENT, USER), [[BEGIN], ["Hello."], ["hi"]]),
        ((USER, USER), [["hi", "hi"]]),
        ((USER, {"role": "assistant", "content": "  "}, USER), [["hi", "hi"]]),
        ((USER, AGENT), [["hi"], ["Hello."], [GO_ON]]),
    ],
)
def test_turns_alternate_and_are_the_users_at_both_ends(messages: Any, texts: list[list[str]]) -> None:
    body = body_of(request(*messages), None, ())
    assert [[block["text"] for block in turn["content"]] for turn in body["messages"]] == texts
    assert "outputConfig" not in body
    assert "toolConfig" not in body


def test_whoever_shows_calls_offers_functions() -> None:
    body = body_of(request(USER, CALLS, RESULT), None, ())
    assert len(body["toolConfig"]["tools"]) == 1


def test_results_and_arguments_that_are_none() -> None:
    nonsense = {**CALLS, "tool_calls": [ToolCall("call_1_1", "hours", "[1").to_message()]}
    body = body_of(request(USER, nonsense, {**RESULT, "content": " "}), None, ())
    assert body["messages"][1]["content"][0]["toolUse"]["input"] == {}
    assert body["messages"][2]["content"][0]["toolResult"]["content"] == [{"text": EMPTY_RESULT}]


def test_what_was_refused_is_left_out() -> None:
    asked = request(USER, llm=LlmConfig(temperature=0.5))
    body = body_of(asked, "low", {"temperature", "outputConfig"})
    assert "outputConfig" not in body
    assert body["inferenceConfig"] == {"maxTokens": MAX_REPLY_TOKENS}


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("This model doesn't support the effort parameter.", "outputConfig"),
        ("`temperature` is deprecated for this model.", "temperature"),
        ("The provided model identifier is invalid.", None),
        ("", None),
    ],
)
def test_what_a_refusal_complains_of(message: str, field: str | None) -> None:
    body = body_of(request(USER, llm=LlmConfig(temperature=0.5)), "low", ())
    assert refused_field(message, body) == field
    assert refused_field(message, body_of(request(USER), None, ())) is None


WORDS = st.sampled_from(["", " ", "hi", "…"])


@given(st.lists(st.tuples(st.sampled_from(["user", "assistant", "calls"]), WORDS), max_size=8))
def test_any_conversation_becomes_one_that_the_service_takes(said: list[tuple[str, str]]) -> None:
    messages: list[dict[str, Any]] = []
    for number, (role, words) in enumerate(said):
        if role == "calls":
            call_id = f"call_{number}"
            messages.append(
                {"role": "assistant", "content": words, "tool_calls": [ToolCall(call_id, "hours", "{}").to_message()]}
            )
            messages.append({"role": "tool", "tool_call_id": call_id, "content": words})
        else:
            messages.append({"role": role, "content": words})
    assert fault_of(body_of(request(*messages), None, ()), frozenset()) == ""
