"""How an agent takes turns: the `flow` object of its configuration (protocol.md 4)."""

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, StringConstraints, field_validator

from callcore.agents.config_part import ConfigPart

Entry = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class Interruption(ConfigPart):
    """What the user may interrupt."""

    allowed: bool = True
    keep_interruption_message: bool = True
    """Whether the model remembers the heard part of an interrupted reply."""
    first_message: bool = Field(
        default=True,
        validation_alias=AliasChoices("first_messsage", "first_message"),
        serialization_alias="first_messsage",
    )
    """Whether the greeting may be interrupted. On the wire the key has three s."""
    backchannels: tuple[Entry, ...] = Field(default=(), max_length=200)
    """Words and phrases that do not interrupt, beside those of the language. Ours."""
    stop_words: tuple[Entry, ...] = Field(default=(), max_length=200)
    """Words and phrases that interrupt at once, beside those of the language. Ours."""
    min_words: int = Field(default=1, ge=1, le=20)
    """Fewer words do not interrupt. Ours."""
    min_speech_ms: int = Field(default=250, ge=0, le=5_000)
    """Words that are still provisional interrupt only after this much speech. Ours."""


class ResponseDelay(ConfigPart):
    """How much longer than necessary the agent waits; ms."""

    generic_delay: float = Field(default=0, ge=0)
    number_input_delay: float = Field(default=0, ge=0)
    """While the user dictates a number."""


class AutoFillResponses(ConfigPart):
    """What bridges a slow reply."""

    response_gap_threshold: float | None = Field(default=None, ge=0)
    """ms of waiting before a filler is spoken."""
    messages: tuple[str, ...] = ()


class AgentTerminateCall(ConfigPart):
    """Whether the agent may end the call."""

    enabled: bool = False
    instruction: str | None = None
    messages: tuple[str, ...] = ()
    """Candidate goodbyes."""


VOICEMAIL_ACTIONS = frozenset({"hangup", "message"})


class Voicemail(ConfigPart):
    """What to do when a machine answers an outbound call."""

    action: str | None = None
    """`hangup` or `message`."""
    message: str | None = None
    continue_on_voice_activity: bool = True
    """A person who speaks over the message is talked with: call screening sounds like a machine."""
    detection_phrases: tuple[str, ...] = ()
    carrier_detection: bool = False
    """Ask the carrier as well, which costs extra: its word makes ours more or less certain. Ours."""


class TransferTarget(ConfigPart):
    """One number that a call may be transferred to."""

    phone: str | None = None
    description: str | None = None


class CallTransfer(ConfigPart):
    """Where and when the agent transfers the call."""

    phone: str | None = None
    phones: tuple[TransferTarget, ...] = ()
    instruction: str | None = None
    messages: tuple[str, ...] = ()
    whisper: bool = False
    """Whoever takes the call hears first what the agent says it is about. Ours."""


class InactivityHandling(ConfigPart):
    """What the agent says into a silence."""

    idle_time: float | None = Field(default=None, ge=0)
    """Seconds."""
    message: str | None = None


class DtmfDial(ConfigPart):
    """Whether the agent may send keypad tones."""

    enabled: bool = False
    instruction: str | None = None


class Endpointing(ConfigPart):
    """How the end of the user's turn is found. An extension of ours (PROTOCOL.md)."""

    mode: Literal["adaptive", "fixed", "provider"] = "adaptive"
    silence_ms: int | None = Field(default=None, ge=0, le=60_000)
    """What `fixed` waits, and the least that `adaptive` waits. None = the default of the mode."""
    max_silence_ms: int | None = Field(default=None, ge=0, le=60_000)
    """The most that `adaptive` waits, and how long `provider` waits for the recogniser. None = its default."""


class Flow(ConfigPart):
    """Who speaks first, who may interrupt, when the agent answers."""

    user_start_first: bool = False
    interruption: Interruption = Interruption()
    response_delay: ResponseDelay = ResponseDelay()
    auto_fill_responses: AutoFillResponses = AutoFillResponses()
    agent_terminate_call: AgentTerminateCall = AgentTerminateCall()
    voicemail: Voicemail = Voicemail()
    call_transfer: CallTransfer = CallTransfer()
    inactivity_handling: InactivityHandling = InactivityHandling()
    dtmf_dial: DtmfDial = DtmfDial()
    endpointing: Endpointing = Endpointing()
    speculation: bool = True
    """Whether a reply may be prepared before the user's turn has surely ended. Ours."""

    @field_validator("response_delay", mode="before")
    @classmethod
    def _number_is_the_generic_delay(cls, value: Any) -> Any:
        return value if isinstance(value, dict | ResponseDelay) else {"generic_delay": value}
