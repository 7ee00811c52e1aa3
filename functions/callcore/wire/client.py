"""The /millis protocol between a client and the worker (PROTOCOL.md; protocol.md 2).

Text frames are JSON objects `{"method", "data"?, "payload"?}` both ways; binary frames are audio:
PCM, signed 16 bit little-endian, 16 kHz, mono.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError, field_validator

from callcore.errors import InvalidInput, RemoteProtocolError
from callcore.jsontext import parse_json
from callcore.tools.web_form import WebForm

SAMPLE_RATE_HZ = 16_000
MAX_TEXT_FRAME_BYTES = 256 * 1024
"""An `initiate` may carry a whole agent configuration; nothing else is large."""
MAX_BINARY_FRAME_BYTES = 64 * 1024
"""Two seconds of audio in one frame; clients send 4 to 128 ms."""
MAX_CLOSE_REASON_BYTES = 123
"""RFC 6455 5.5: a control frame has at most 125 bytes, two of which are the code."""
MAX_TYPED_CHARS = 4000
"""Of one `user_text`, about a page; a longer one is not taken."""
KEYS = "^[0-9*#]{1,32}$"
"""Of one `dtmf`; the longest numbers that people are asked for have 19 digits."""


class CloseCode:
    """Close codes as protocol.md 15 row 4 decides."""

    NORMAL = 1000
    SHUTDOWN = 1001
    REFUSED = 1008
    TOO_BIG = 1009
    SERVER_ERROR = 1011
    TRY_AGAIN = 1013
    """Try Again Later (IANA WebSocket Close Code registry)."""


# --- client to worker -------------------------------------------------------------------------


class AgentChoice(BaseModel):
    """Which agent: a stored one, a temporary one, or a stored one with overrides."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    agent_id: str | None = None
    agent_config: dict[str, Any] | None = None


class Continuation(BaseModel):
    """The earlier session whose history is wanted."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    session_id: str | None = None
    resume: bool = False
    """The connection to it was lost: go on where it stood, without a greeting (PROTOCOL.md)."""


class Initiate(BaseModel):
    """The first message of a client. Every key may be absent or null; unknown keys are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    public_key: str | None = None
    agent: AgentChoice = AgentChoice()
    metadata: dict[str, Any] = Field(default_factory=dict)
    include_metadata_in_prompt: bool = False
    session_continuation: Continuation = Continuation()
    call_id: str | None = None
    token: str | None = Field(default=None, validation_alias=AliasChoices("token", "metadata_token"))
    """Signed metadata (architecture.md 7)."""
    web_forms: bool = False
    """The client shows the forms of `onfunction` and answers each with `function_result`."""
    voice: bool = True
    """Whether the agent is to be heard; else it only writes."""

    @field_validator(
        "agent", "metadata", "include_metadata_in_prompt", "session_continuation", "web_forms", "voice", mode="before"
    )
    @classmethod
    def _null_is_absent(cls, value: Any, info: Any) -> Any:
        return cls.model_fields[info.field_name].get_default(call_default_factory=True) if value is None else value


@dataclass(frozen=True)
class Ping:
    """Keep-alive; `data` is echoed by Pong."""

    data: Any = None


@dataclass(frozen=True)
class FunctionResult:
    """What became of a form."""

    call_id: str
    values: Mapping[str, Any] | None = None
    """What was filled in, by field; None: the user closed the form."""


@dataclass(frozen=True)
class UserText:
    """The user typed instead of speaking."""

    text: str


@dataclass(frozen=True)
class Dtmf:
    """The user pressed these telephone keys, one after the other."""

    keys: str


@dataclass(frozen=True)
class Voice:
    """Whether the agent is to be heard from its next reply on."""

    on: bool


@dataclass(frozen=True)
class Unrecognised:
    """A method that we do not know: ignored."""

    method: str


ClientMessage = Initiate | Ping | FunctionResult | UserText | Dtmf | Voice | Unrecognised


def parse_client_message(text: str) -> ClientMessage:
    """Read one text frame. Raises RemoteProtocolError when it is no message of this protocol."""
    try:
        frame = parse_json(text)
    except InvalidInput as error:
        raise RemoteProtocolError(f"a text frame {error}") from None
    if not isinstance(frame, dict) or not isinstance(frame.get("method"), str):
        raise RemoteProtocolError('a text frame is not an object with a string "method"')
    method, data = frame["method"], frame.get("data")
    parse = _PARSERS.get(method)
    return Unrecognised(method) if parse is None else parse(data)


def _parse_initiate(data: object) -> Initiate:
    try:
        return Initiate.model_validate(data if data is not None else {})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "data"
        raise RemoteProtocolError(f"initiate: {where}: {first['msg']}") from None


def _parse_function_result(data: object) -> FunctionResult:
    match data:
        case {"call_id": str(call_id), **rest}:
            values = rest.get("values")
            if values is None or isinstance(values, dict):
                return FunctionResult(call_id, values)
            raise RemoteProtocolError("function_result: data.values is neither an object nor null")
    raise RemoteProtocolError("function_result: data.call_id is not a string")


def _parse_user_text(data: object) -> UserText:
    if not isinstance(data, str):
        raise RemoteProtocolError("user_text: data is not text")
    return UserText(data)


def _parse_dtmf(data: object) -> Dtmf:
    if not isinstance(data, str) or not re.fullmatch(KEYS.strip("^$"), data):
        raise RemoteProtocolError("dtmf: data is not one to 32 keys of 0-9, * and #")
    return Dtmf(data)


def _parse_voice(data: object) -> Voice:
    if not isinstance(data, bool):
        raise RemoteProtocolError("voice: data is neither true nor false")
    return Voice(data)


_PARSERS: Mapping[str, Callable[[object], ClientMessage]] = {
    "initiate": _parse_initiate,
    "ping": Ping,
    "function_result": _parse_function_result,
    "user_text": _parse_user_text,
    "dtmf": _parse_dtmf,
    "voice": _parse_voice,
}


# --- worker to client -------------------------------------------------------------------------


@dataclass(frozen=True)
class OnReady:
    """The session is accepted. Sent exactly once."""

    session_id: str
    resumed: bool = False
    """It goes on where an earlier one stood when its connection was lost."""


@dataclass(frozen=True)
class Pong:
    """Answer to a ping."""

    data: Any = None


@dataclass(frozen=True)
class StartAnswering:
    """The agent has decided to answer; its audio follows."""


@dataclass(frozen=True)
class Pause:
    """Perhaps a barge-in: stop playing, keep what arrives."""


@dataclass(frozen=True)
class Unpause:
    """False alarm: go on playing."""


@dataclass(frozen=True)
class Clear:
    """A real interruption: drop the buffered audio."""


@dataclass(frozen=True)
class OnTranscript:
    """What the user says; cumulative within the turn."""

    text: str
    is_final: bool


@dataclass(frozen=True)
class OnResponseText:
    """What the agent says; cumulative within the reply."""

    text: str
    is_final: bool


@dataclass(frozen=True)
class OnFunction:
    """The agent triggered a function."""

    name: str
    params: Mapping[str, Any] = field(default_factory=dict)
    call_id: str | None = None
    """What `function_result` has to name; None: no result is waited for."""
    form: WebForm | None = None
    """To be shown."""


@dataclass(frozen=True)
class OnFunctionEnded:
    """The result of a function is no longer waited for: its form can go."""

    call_id: str


@dataclass(frozen=True)
class OnSessionEnded:
    """The worker ends the session; the socket closes next."""

    reason: str
    duration_s: int


@dataclass(frozen=True)
class AiAction:
    """For debugging: what the agent decided, and why."""

    text: str


@dataclass(frozen=True)
class OnMetrics:
    """How long the user waited for an answer, and for what (callcore.calls.latency). An extension of ours."""

    turn_id: int
    endpointing_delay: int | None
    llm_ttft: int | None
    first_segment: int | None
    tts_ttfb: int | None
    first_audio: int | None


ServerMessage = (
    OnReady
    | Pong
    | StartAnswering
    | Pause
    | Unpause
    | Clear
    | OnTranscript
    | OnResponseText
    | OnFunction
    | OnFunctionEnded
    | OnSessionEnded
    | AiAction
    | OnMetrics
)


def to_wire(message: ServerMessage) -> str:
    """The text frame of a message."""
    return json.dumps(_frame(message), ensure_ascii=False, separators=(",", ":"))


_BARE_METHODS: Mapping[type[object], str] = {
    StartAnswering: "start_answering",
    Pause: "pause",
    Unpause: "unpause",
    Clear: "clear",
}


def _frame(message: ServerMessage) -> dict[str, Any]:
    bare = _BARE_METHODS.get(type(message))
    if bare is not None:
        return {"method": bare}
    match message:
        case OnReady():
            # Both places: the SDK reads `payload`, a mobile client reads `data` (protocol.md 2.3).
            return {"method": "onready", "data": asdict(message), "payload": asdict(message)}
        case Pong(data):
            return {"method": "pong"} if data is None else {"method": "pong", "data": data}
        case OnTranscript(text, is_final):
            return {"method": "ontranscript", "data": text, "payload": {"is_final": is_final}}
        case OnResponseText(text, is_final):
            return {"method": "onresponsetext", "data": text, "payload": {"is_final": is_final}}
        case OnFunction():
            return {"method": "onfunction", "data": "", "payload": _function_payload(message)}
        case OnSessionEnded(reason, duration_s):
            return {"method": "onsessionended", "data": {"reason": reason, "duration": duration_s}}
        case AiAction(text):
            return {"method": "ai_action", "data": text}
        case OnFunctionEnded() | OnMetrics():
            return {"method": type(message).__name__.lower(), "data": asdict(message)}
    raise AssertionError("every member of ServerMessage has a frame above")


def _function_payload(message: OnFunction) -> dict[str, Any]:
    payload: dict[str, Any] = {"name": message.name, "params": dict(message.params)}
    if message.call_id is not None:
        payload["call_id"] = message.call_id
    if message.form is not None:
        payload["form"] = asdict(message.form)
    return payload


def close_reason(text: str) -> str:
    """The text cut to what a close frame can carry, at a character's edge."""
    return text.encode()[:MAX_CLOSE_REASON_BYTES].decode(errors="ignore")
