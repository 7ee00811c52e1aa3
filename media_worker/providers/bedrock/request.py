"""A Converse request: its rules for conversations are stricter than those of our messages (providers.md 3.3).

Turns alternate and begin and end with the user; no text is blank; whoever shows calls has to offer functions.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from callcore.errors import InvalidInput
from callcore.jsontext import parse_json
from callcore.tools.toolbox import ToolOffer
from media_worker.ports.llm import ReplyRequest

MAX_REPLY_TOKENS = 1024
"""Some minutes of speech: what runs on beyond that was not meant for the telephone."""
MAX_TEMPERATURE = 1.0
BEGIN = "(The call begins. Speak first.)"
GO_ON = "(The user says nothing. Go on.)"
EMPTY_RESULT = "(no result)"
DISPENSABLE: Mapping[str, Sequence[str]] = {
    "outputConfig": ("effort", "outputConfig", "output_config"),
    "temperature": ("temperature",),
}
"""What a reply can be had without, and how a refusal may call it."""
_NOTHING_OFFERED = ToolOffer("nothing", "Never call this.", {"type": "object", "properties": {}})


def body_of(request: ReplyRequest, effort: str | None, refused: Collection[str]) -> dict[str, Any]:
    """The request without the fields that were `refused` before; `effort` is how long the model may think."""
    messages = _conversation(request.messages)
    inference: dict[str, Any] = {"maxTokens": MAX_REPLY_TOKENS}
    if request.llm.temperature is not None and "temperature" not in refused:
        inference["temperature"] = min(request.llm.temperature, MAX_TEMPERATURE)
    body: dict[str, Any] = {"messages": messages, "inferenceConfig": inference}
    if request.system_prompt.strip():
        body["system"] = [{"text": request.system_prompt}]
    shows_calls = any("toolUse" in block for message in messages for block in message["content"])
    tools = tuple(request.tools) or ((_NOTHING_OFFERED,) if shows_calls else ())
    if tools:
        body["toolConfig"] = {"tools": [_tool(tool) for tool in tools]}
    if effort is not None and "outputConfig" not in refused:
        body["outputConfig"] = {"effort": effort}
    return body


def _tool(tool: ToolOffer) -> dict[str, Any]:
    schema = {"json": dict(tool.parameters)}
    return {"toolSpec": {"name": tool.name, "description": tool.description or tool.name, "inputSchema": schema}}


def _conversation(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    turns: list[dict[str, Any]] = []
    for message in messages:
        role = "assistant" if message["role"] == "assistant" else "user"
        blocks = _blocks(message)
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        elif blocks:
            turns.append({"role": role, "content": blocks})
    if not turns or turns[0]["role"] == "assistant":
        turns.insert(0, {"role": "user", "content": [{"text": BEGIN}]})
    if turns[-1]["role"] == "assistant":
        turns.append({"role": "user", "content": [{"text": GO_ON}]})
    return turns


def _blocks(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    text = str(message.get("content") or "")
    if message["role"] == "tool":
        result = [{"text": text if text.strip() else EMPTY_RESULT}]
        return [{"toolResult": {"toolUseId": message["tool_call_id"], "content": result, "status": "success"}}]
    return [*([{"text": text}] if text.strip() else ()), *map(_call, message.get("tool_calls") or ())]


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    function = call["function"]
    return {"toolUse": {"toolUseId": call["id"], "name": function["name"], "input": _arguments(function["arguments"])}}


def _arguments(written: str) -> dict[str, Any]:
    """Only an object may be shown; a call whose arguments were none has been answered with an error already."""
    try:
        arguments = parse_json(written)
    except InvalidInput:
        arguments = None
    return arguments if isinstance(arguments, dict) else {}


def refused_field(message: str, body: Mapping[str, Any]) -> str | None:
    """What a ValidationException complains of, if that was sent and a reply can be had without; else None."""
    sent = {*body, *body["inferenceConfig"]}
    complained = (field for field, words in DISPENSABLE.items() if any(word in message for word in words))
    return next((field for field in complained if field in sent), None)
