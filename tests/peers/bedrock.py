"""Bedrock's ConverseStream on loopback: signatures, framing, the rules of Converse (providers.md 3.3, 10)."""

import binascii
import hashlib
import hmac
import json
import re
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from starlette.types import Receive, Scope, Send

from tests.peers.openai import Answer, Step, body_from, perform

KEY_ID, SECRET, REGION = "AKIDOFTHEPEER", "secret-of-the-peer", "eu-west-1"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": KEY_ID,
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}
_FIELDS = frozenset({"messages", "system", "inferenceConfig", "toolConfig", "outputConfig"})


def frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One message of the event stream (application/vnd.amazon.eventstream)."""
    packed = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", 7, len(value.encode())) + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack("!II", 16 + len(packed) + len(payload), len(packed))
    message = prelude + struct.pack("!I", binascii.crc32(prelude)) + packed + payload
    return message + struct.pack("!I", binascii.crc32(message))


def event(kind: str, content: Mapping[str, Any]) -> bytes:
    """An event; `p` is padding, which clients ignore."""
    headers = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    return frame(headers, json.dumps({**content, "p": "abcdefgh"}, ensure_ascii=False).encode())


def exception(kind: str, message: str = "no") -> bytes:
    """The end of a stream that failed."""
    headers = {":exception-type": kind, ":content-type": "application/json", ":message-type": "exception"}
    return frame(headers, json.dumps({"message": message}).encode())


START = event("messageStart", {"role": "assistant"})
_STREAM = {"content-type": "application/vnd.amazon.eventstream"}


def text(place: int, words: str) -> bytes:
    """A piece of text."""
    return event("contentBlockDelta", {"contentBlockIndex": place, "delta": {"text": words}})


def stop(reason: str = "end_turn") -> list[bytes]:
    """How every reply ends."""
    usage = {"inputTokens": 9, "outputTokens": 3, "totalTokens": 12}
    return [
        event("messageStop", {"stopReason": reason}),
        event("metadata", {"usage": usage, "metrics": {"latencyMs": 120}}),
    ]


def saying(*pieces: str, ends: Sequence[Step] | None = None) -> Answer:
    """A reply of text."""
    ending = [event("contentBlockStop", {"contentBlockIndex": 0}), *stop()] if ends is None else ends
    return Answer((START, *(text(0, piece) for piece in pieces), *ending), headers=_STREAM)


def calling(*calls: tuple[str, str]) -> Answer:
    """A reply that calls functions, their arguments in fragments, behind a thought."""
    thought = {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "Hm."}}}
    steps = [START, event("contentBlockDelta", thought)]
    for place, (name, arguments) in enumerate(calls, start=1):
        start = {"toolUse": {"toolUseId": f"tooluse_{place}", "name": name}}
        steps.append(event("contentBlockStart", {"contentBlockIndex": place, "start": start}))
        middle = len(arguments) // 2
        for part in (arguments[:middle], arguments[middle:]):
            delta = {"contentBlockIndex": place, "delta": {"toolUse": {"input": part}}}
            steps.append(event("contentBlockDelta", delta))
        steps.append(event("contentBlockStop", {"contentBlockIndex": place}))
    return Answer((*steps, *stop("tool_use")), headers=_STREAM)


def refusing(status: int, kind: str, message: str = "no", **headers: str) -> Answer:
    """A reply with an exception, before any stream."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    errortype = f"{kind}:http://internal.amazon.com/coral/com.amazon.bedrock/"
    return Answer((json.dumps({"message": message}).encode(),), status, {"x-amzn-ErrorType": errortype, **sent})


def obliging(request: Mapping[str, Any]) -> Answer:
    """What an unscripted peer does: call the first function once when it is offered one, then repeat the user."""
    blocks = request["messages"][-1]["content"]
    said = [block["text"] for block in blocks if "text" in block]
    has_results = any("toolResult" in block for block in blocks)
    if "toolConfig" in request and not has_results:
        return calling((request["toolConfig"]["tools"][0]["toolSpec"]["name"], "{}"))
    return saying(*re.findall(r"\S+\s*", f"You said: {said[-1] if said else 'nothing'}"))


@dataclass
class BedrockPeer:
    """The server, an ASGI application. It answers what is in `answers` first, then as `otherwise` says."""

    answers: list[Answer] = field(default_factory=list)
    otherwise: Callable[[Mapping[str, Any]], Answer] = obliging
    unsupported: frozenset[str] = frozenset()
    """`outputConfig` or `temperature`, for models that do not take it."""
    requests: list[dict[str, Any]] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    """Which was asked, each time."""
    left: int = 0
    """How often a client left before the end of its reply."""
    connections: set[object] = field(default_factory=set)
    """From where it was asked."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        assert scope["type"] == "http"
        body = await body_from(receive)
        self.connections.add(tuple(scope["client"]))
        fault = _fault_of_signature(scope, body)
        answer = refusing(403, fault) if fault else self._answer(scope, body)
        self.left += await perform(answer, receive, send)

    def _answer(self, scope: Scope, body: bytes) -> Answer:
        _, folder, model, action = scope["raw_path"].decode().split("/")
        if (scope["method"], folder, action) != ("POST", "model", "converse-stream") or ":" in model:
            return refusing(404, "UnknownOperationException")
        self.models.append(model.replace("%3A", ":"))
        request = json.loads(body)
        self.requests.append(request)
        fault = fault_of(request, self.unsupported)
        if fault:
            return refusing(400, "ValidationException", fault)
        return self.answers.pop(0) if self.answers else self.otherwise(request)


def _fault_of_signature(scope: Scope, body: bytes) -> str:
    """Signature Version 4, worked out by hand: it owes botocore nothing."""
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    _, _, authorization = headers.get("authorization", "").partition(" ")
    given = dict(part.split("=", 1) for part in authorization.split(", ") if part)
    key_id, _, scope_of_key = given.get("Credential", "").partition("/")
    if key_id != KEY_ID:
        return "UnrecognizedClientException"
    stamp, names = headers["x-amz-date"], given["SignedHeaders"].split(";")
    path = scope["raw_path"].decode().replace("%", "%25")  # encoded twice, as for every service but S3
    canonical_headers = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    digest = hashlib.sha256(body).hexdigest()
    canonical = "\n".join((scope["method"], path, "", canonical_headers, ";".join(names), digest))
    text_to_sign = "\n".join(("AWS4-HMAC-SHA256", stamp, scope_of_key, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{SECRET}".encode()
    for part in (stamp[:8], REGION, "bedrock", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    expected = hmac.new(key, text_to_sign.encode(), hashlib.sha256).hexdigest()
    return "" if hmac.compare_digest(expected, given["Signature"]) else "InvalidSignatureException"


def fault_of(request: Mapping[str, Any], unsupported: frozenset[str]) -> str:
    """What the service would say of this request; empty: nothing."""
    messages = request["messages"]
    roles = [message["role"] for message in messages]
    blocks = [block for message in messages for block in message["content"]]
    inference = request.get("inferenceConfig", {})
    texts = [block["text"] for block in (*blocks, *request.get("system", ())) if "text" in block]
    faults = {
        "an unknown member": not _FIELDS.issuperset(request),
        "A conversation must start with a user message.": roles[:1] != ["user"],
        "roles must alternate between user and assistant": any(a == b for a, b in pairwise(roles)),
        "This model does not support assistant message prefill.": roles[-1:] != ["user"],
        "The text field in the ContentBlock object is blank.": not all(map(str.strip, texts)),
        "The toolConfig field must be defined when using toolUse and toolResult content blocks.": (
            any("toolUse" in block or "toolResult" in block for block in blocks) and "toolConfig" not in request
        ),
        "toolResult blocks must answer the toolUse blocks of the turn before": not _all_answered(messages),
        "This model doesn't support the effort parameter.": "outputConfig" in request and "outputConfig" in unsupported,
        "`temperature` is not supported by this model.": "temperature" in inference and "temperature" in unsupported,
        "temperature must be at most 1": inference.get("temperature", 0) > 1,
    }
    return next((fault for fault, is_there in faults.items() if is_there), "")


def _all_answered(messages: Sequence[Mapping[str, Any]]) -> bool:
    called: set[str] = set()
    for message in messages:
        answered = {block["toolResult"]["toolUseId"] for block in message["content"] if "toolResult" in block}
        if answered != called:
            return False
        called = {block["toolUse"]["toolUseId"] for block in message["content"] if "toolUse" in block}
    return not called
