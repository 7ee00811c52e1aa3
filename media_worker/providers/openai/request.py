"""The body of a chat completions request, and what to leave out of the next one when a server refuses it."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from media_worker.ports.llm import ReplyRequest

MAX_REPLY_TOKENS = 1024
"""Some minutes of speech: what runs on beyond that was not meant for the telephone."""
DISPENSABLE = frozenset(
    {
        "stream_options",
        "reasoning_effort",
        "store",
        "temperature",
        "parallel_tool_calls",
        "max_completion_tokens",
        "max_tokens",
    }
)
"""What a reply can be had without."""
_SUCCESSOR = {"max_completion_tokens": "max_tokens", "max_tokens": "max_completion_tokens"}
"""The same under another name."""


@dataclass(frozen=True)
class Dialect:
    """What a server wants to be told, and how."""

    token_field: str = "max_completion_tokens"
    stream_options: Mapping[str, Any] | None = field(default_factory=lambda: {"include_usage": True})
    parallel_tool_calls: bool | None = True
    """None = it does not know the field."""
    fixed: Mapping[str, Any] = field(default_factory=dict)
    """Goes with every request."""


def body_of(
    request: ReplyRequest, model: str, dialect: Dialect, refused: Collection[str], effort: str | None = None
) -> dict[str, Any]:
    """The request without the fields that were `refused` before; `effort` is how long the model may think."""
    body: dict[str, Any] = {"model": model, "stream": True, "messages": _messages(request), **dialect.fixed}
    if dialect.stream_options is not None:
        body["stream_options"] = dict(dialect.stream_options)
    if effort is not None:
        body["reasoning_effort"] = effort
    if request.llm.temperature is not None:
        body["temperature"] = request.llm.temperature
    body[dialect.token_field] = MAX_REPLY_TOKENS
    if request.tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)},
            }
            for tool in request.tools
        ]
        body["tool_choice"] = "auto"
        if dialect.parallel_tool_calls is not None:
            body["parallel_tool_calls"] = dialect.parallel_tool_calls
    return _without(body, refused)


def _without(body: dict[str, Any], refused: Collection[str]) -> dict[str, Any]:
    kept = {name: value for name, value in body.items() if name not in refused}
    for name, other in _SUCCESSOR.items():
        if name in body and name in refused and other not in refused:
            kept[other] = body[name]
    return kept


def _messages(request: ReplyRequest) -> list[dict[str, Any]]:
    system = [{"role": "system", "content": request.system_prompt}] if request.system_prompt else []
    return [*system, *map(_message, request.messages)]


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that every server knows: Groq refuses a name, and some an empty text beside calls."""
    kept = {key: message[key] for key in ("role", "content", "tool_calls", "tool_call_id") if key in message}
    if kept.get("tool_calls") and not kept.get("content"):
        kept["content"] = None
    return kept


def refused_field(error: Mapping[str, Any], body: Mapping[str, Any]) -> str | None:
    """The field of `body` that a reply with status 400 or 422 complains of; None = that is not its complaint."""
    sent = sorted(DISPENSABLE & body.keys(), key=len, reverse=True)
    named = re.split(r"[.\[]", str(error.get("param") or ""))[0]
    if named in sent:
        return named
    message = str(error.get("message") or "")
    places = {name: found.start() for name in sent if (found := re.search(rf"\b{name}\b", message))}
    return min(places, key=places.__getitem__) if places else None
