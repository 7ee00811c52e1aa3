"""What the control plane asks of the worker that holds a session, over the internal endpoint (architecture.md 1)."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from callcore.ids import AccountId, SessionId
from callcore.phones.answered_by import AnsweredBy
from callcore.wire.client import Initiate

COMMANDS_PATH = "/internal/commands"
"""Of every worker; takes a Job, answers a Done."""
MAX_SPOKEN_CHARS = 2000
MAX_CHAT_CHARS = 16_000
"""Of one message of a conversation in writing."""
MAX_SDP_CHARS = 32_000
"""Of an offer; browsers make 2,000 with one section of audio and 8,000 with everything."""
MAX_PREVIEW_CHARS = 200
REPLY_S = 20.0
"""How long a worker waits for the agent's answer in writing."""


class Terminate(BaseModel):
    """End the session as `api-ended`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["terminate"] = "terminate"
    message: str | None = Field(default=None, max_length=MAX_SPOKEN_CHARS)
    """What the agent says first; nothing: it ends at once."""


class Hint(BaseModel):
    """What the carrier takes whoever answered the call for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["hint"] = "hint"
    answered_by: AnsweredBy


class Inject(BaseModel):
    """Have the agent say something, as soon as nobody speaks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["inject"] = "inject"
    message: str = Field(min_length=1, max_length=MAX_SPOKEN_CHARS)


class ChatTurn(BaseModel):
    """One message of a conversation in writing."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    role: Literal["user", "assistant"]
    content: str = Field(max_length=MAX_CHAT_CHARS)


class Chat(BaseModel):
    """Answer in writing; a session that is registered begins with it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["chat"] = "chat"
    text: str = Field(default="", max_length=MAX_CHAT_CHARS)
    """What the user writes; nothing: only `end` is meant."""
    history: tuple[ChatTurn, ...] = ()
    """What was said before, for a session that begins."""
    end: bool = False
    """The conversation is over when this is answered."""


class Caller(BaseModel):
    """Who sends an offer, as the control plane sees him."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str
    """Address of the TCP peer."""
    origin: str | None = None
    """The browser's Origin header; None outside browsers."""
    forwarded: bool = False
    """Whether the request carried a forwarding header."""


class Connect(BaseModel):
    """Answer an offer of WebRTC; a session begins when its peer connects."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["connect"] = "connect"
    sdp: str = Field(max_length=MAX_SDP_CHARS)
    initiate: Initiate = Initiate()
    """What the peer wants. With a public key everything is in here; without one the job's session is registered."""
    caller: Caller | None = None
    """None: the account's back end."""


class Trickle(BaseModel):
    """More candidates of a peer that was answered (RFC 8840)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["trickle"] = "trickle"
    place: str
    """Of the worker that answered (callcore.workers.worker.place_of)."""
    fragment: str = Field(max_length=MAX_SDP_CHARS)


class HangUp(BaseModel):
    """The peer of a session over WebRTC is gone, or does not come."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["hang_up"] = "hang_up"
    place: str
    """Of the worker that answered."""


class Say(BaseModel):
    """Say a sentence in a voice, for whoever chooses one; of no session."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["say"] = "say"
    text: str = Field(min_length=1, max_length=MAX_PREVIEW_CHARS)
    voice: Mapping[str, Any] = Field(default_factory=dict)
    """As a configuration has it."""
    language: str = Field(default="en", max_length=40)


class Check(BaseModel):
    """Try every vendor that the worker may use, with a few words each; of no session."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["check"] = "check"


Command = Terminate | Hint | Inject | Chat | Connect | Trickle | HangUp | Say | Check
"""Everything that a worker can be told."""


class Job(BaseModel):
    """A command on its way."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account_id: AccountId
    session_id: SessionId
    command: Command = Field(discriminator="type")
    forwarded: bool = False
    """A worker sends it on, which nobody does twice."""


class Finding(BaseModel):
    """What came of the trial of one vendor."""

    model_config = ConfigDict(frozen=True)

    kind: str
    """`stt`, `llm` or `tts`."""
    name: str
    """Of the provider, as a configuration has it."""
    took_ms: int | None = None
    """Until the first words or sound; None: it failed."""
    told: str = ""
    """What it said or heard, or why it failed."""
    remedy: str = ""
    """What to look at when it failed."""


class Done(BaseModel):
    """The owner took the command."""

    model_config = ConfigDict(frozen=True)

    worker_id: str
    """Who holds the session."""
    reply: str | None = None
    """What the agent wrote; None: it was not asked, or said nothing."""
    ended: bool = False
    """The session is over with it."""
    session_id: SessionId | None = None
    """Of the session that begins when the peer connects."""
    sdp: str | None = None
    """The answer to an offer."""
    sound: str | None = None
    """What was said, as WAV in base64."""
    findings: tuple[Finding, ...] = ()
    """Of a check."""
