"""OpenAI's chat completions on loopback, with the oddities of the servers that imitate it (providers.md 3, 10)."""

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Receive, Scope, Send

KEY = "sk-of-the-peer"
MODEL = "gpt-6-luna"
_KNOWN = frozenset(
    {
        "model",
        "messages",
        "stream",
        "stream_options",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "temperature",
        "max_completion_tokens",
        "max_tokens",
        "reasoning_effort",
        "store",
    }
)


@dataclass(frozen=True)
class Wait:
    """Seconds in which nothing is sent."""

    seconds: float


@dataclass(frozen=True)
class Stall:
    """Nothing is sent any more, until the client leaves."""


@dataclass(frozen=True)
class Drop:
    """The connection breaks in the middle of the reply."""


Step = bytes | Wait | Stall | Drop


@dataclass(frozen=True)
class Answer:
    """What the server does with one request."""

    steps: Sequence[Step]
    """Every piece of bytes is a write of its own. What stands before the first one happens before the headers."""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def chunk(delta: Mapping[str, Any] | None, finish: str | None = None, **more: Any) -> bytes:
    """One event of the stream; without a delta it has no choices."""
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    common = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_790_000_000, "model": MODEL}
    return b"data: " + json.dumps({**common, "choices": choices, **more}, ensure_ascii=False).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"
PING = b": ping\n\n"


def usage(prompt: int, completion: int) -> bytes:
    """The last chunk but DONE: no choices, and what it cost."""
    counted = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return chunk(None, usage=counted)


def saying(*pieces: str, ends: Iterable[Step] = (usage(9, 3), DONE)) -> Answer:
    """A reply of text."""
    first = chunk({"role": "assistant", "content": ""})
    return Answer((first, *(chunk({"content": piece}) for piece in pieces), chunk({}, "stop"), *ends))


def calling(*calls: tuple[str, str], finish: str = "tool_calls") -> Answer:
    """A reply that calls functions, as OpenAI sends it: by index, the arguments in fragments."""
    steps: list[bytes] = [chunk({"role": "assistant", "content": None})]
    for index, (name, arguments) in enumerate(calls):
        head = {"name": name, "arguments": ""}
        steps.append(_call({"index": index, "id": f"call_{index}", "type": "function", "function": head}))
        middle = len(arguments) // 2
        for part in (arguments[:middle], arguments[middle:]):
            steps.append(_call({"index": index, "function": {"arguments": part}}))
    return Answer((*steps, chunk({}, finish), usage(9, 3), DONE))


def _call(*parts: Mapping[str, Any]) -> bytes:
    return chunk({"tool_calls": list(parts)})


def whole_call(name: str, arguments: Any, *, index: int | None, call_id: str = "") -> dict[str, Any]:
    """A call in one piece, as smaller servers send it."""
    part: dict[str, Any] = {"type": "function", "function": {"name": name, "arguments": arguments}}
    return part | ({"index": index} if index is not None else {}) | ({"id": call_id} if call_id else {})


def calling_oddly(*chunks: Sequence[Mapping[str, Any]], finish: str = "stop") -> Answer:
    """Chunks of calls as they are given."""
    return Answer((*(_call(*parts) for parts in chunks), chunk({}, finish), DONE))


def refusing(status: int, message: str = "no", *, code: str = "", param: str | None = None, **headers: str) -> Answer:
    """A reply with an error."""
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code or None}
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer((json.dumps({"error": error}).encode(),), status, {"content-type": "application/json", **sent})


def in_pieces(answer: Answer, size: int) -> Answer:
    """The same bytes cut anywhere, in the middle of lines and characters too."""
    whole = b"".join(step for step in answer.steps if isinstance(step, bytes))
    return Answer([whole[start : start + size] for start in range(0, len(whole), size)], answer.status, answer.headers)


def obliging(request: Mapping[str, Any]) -> Answer:
    """What an unscripted peer does: call the first function once when it is offered one, then repeat the user."""
    messages = request["messages"]
    last = next((n for n in range(len(messages) - 1, -1, -1) if messages[n]["role"] == "user"), 0)
    has_results = any(message["role"] == "tool" for message in messages[last:])
    if request.get("tools") and not has_results:
        return calling((request["tools"][0]["function"]["name"], "{}"))
    said = messages[last].get("content") or "nothing"
    return saying(*re.findall(r"\S+\s*", f"You said: {said}"))


@dataclass
class OpenAiPeer:
    """The server, an ASGI application. It answers what is in `answers` first, then as `otherwise` says."""

    answers: list[Answer] = field(default_factory=list)
    otherwise: Callable[[Mapping[str, Any]], Answer] = obliging
    unsupported: frozenset[str] = frozenset()
    """Fields that the model does not take."""
    models: Sequence[str] = (MODEL,)
    key: str = KEY
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    """Of every request for a reply."""
    left: int = 0
    """How often a client left before the end of its reply."""
    connections: set[object] = field(default_factory=set)
    """From where it was asked for replies."""
    all_connections: set[object] = field(default_factory=set)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        assert scope["type"] == "http"
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        body = await body_from(receive)
        path = scope["path"].removeprefix("/v1")
        self.all_connections.add(tuple(scope["client"]))
        if path == "/chat/completions":
            self.headers.append(headers)
            self.connections.add(tuple(scope["client"]))
        answer = self._refusal(headers) or self._answer(scope["method"], path, body)
        self.left += await perform(answer, receive, send)

    def _refusal(self, headers: Mapping[str, str]) -> Answer | None:
        if not self.key or headers.get("authorization") == f"Bearer {self.key}":
            return None
        shown = headers.get("authorization", "")[-8:]
        return refusing(401, f"Incorrect API key provided: sk-***{shown}.", code="invalid_api_key")

    def _answer(self, method: str, path: str, body: bytes) -> Answer:
        if (method, path) == ("GET", "/models"):
            listed = [{"id": model, "object": "model", "created": 1, "owned_by": "peer"} for model in self.models]
            content = json.dumps({"object": "list", "data": listed}).encode()
            return Answer((content,), headers={"content-type": "application/json"})
        if (method, path) != ("POST", "/chat/completions"):
            return refusing(404, f"Invalid URL ({method} {path})")
        request = json.loads(body)
        self.requests.append(request)
        refusal = self._fault_of(request)
        if refusal is not None:
            return refusal
        return self.answers.pop(0) if self.answers else self.otherwise(request)

    def _fault_of(self, request: Mapping[str, Any]) -> Answer | None:
        for name in request:
            if name not in _KNOWN:
                return refusing(400, f"Unrecognized request argument supplied: {name}")
            if name in self.unsupported:
                message = f"Unsupported parameter: '{name}' is not supported with this model."
                return refusing(400, message, code="unsupported_parameter", param=name)
        return _fault_of_messages(request["messages"])


class Dropped(Exception):
    """Ends the response, and with it the connection, in the middle."""


async def perform(answer: Answer, receive: Receive, send: Send) -> bool:
    """Answer a request; whether the client left before the end."""
    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(_send(answer, send))
        leaving = tasks.create_task(_until_left(receive))
        done, _ = await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        sending.cancel()
        leaving.cancel()
    return sending not in done


async def _send(answer: Answer, send: Send) -> None:
    headers = {"content-type": "text/event-stream", **answer.headers}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    start = {"type": "http.response.start", "status": answer.status, "headers": raw}
    for step in (*answer.steps, b""):
        match step:
            case Wait(seconds):
                await asyncio.sleep(seconds)
            case Stall():
                await asyncio.get_running_loop().create_future()
            case Drop():
                raise Dropped
            case bytes():
                if start:
                    await send(start)
                    start = {}
                await send({"type": "http.response.body", "body": step, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_left(receive: Receive) -> None:
    with suppress(asyncio.CancelledError):
        while (await receive())["type"] != "http.disconnect":
            pass


async def body_from(receive: Receive) -> bytes:
    """The body of a request."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _fault_of_messages(messages: Sequence[Mapping[str, Any]]) -> Answer | None:
    """Every call must have its result right behind it, and every result its call."""
    open_calls: list[str] = []
    for message in messages:
        role = message["role"]
        if role == "tool":
            if message["tool_call_id"] not in open_calls:
                return refusing(
                    400, "messages with role 'tool' must follow a message with 'tool_calls'", param="messages"
                )
            open_calls.remove(message["tool_call_id"])
        elif open_calls:
            return refusing(400, "tool_call_ids did not have response messages", param="messages")
        if message.get("tool_calls"):
            open_calls = [call["id"] for call in message["tool_calls"]]
    return refusing(400, "tool_call_ids did not have response messages", param="messages") if open_calls else None
