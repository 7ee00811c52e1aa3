"""The agent and its configuration (protocol.md 4).

A configuration is stored as its owner wrote it, unknown keys included; `parse_config` gives the
typed view of it that the rest of Parley reads.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import AliasChoices, Field, ValidationError, field_validator

from callcore.agents.config_part import ConfigPart
from callcore.agents.flow import Flow
from callcore.agents.replaceable import Replaceable
from callcore.agents.script import Script
from callcore.agents.tools import AppFunction, Tool
from callcore.errors import InvalidInput
from callcore.ids import AccountId, AgentId
from callcore.jsontext import to_json
from callcore.metadata import check_metadata

DEFAULT_LANGUAGE = "en"
MAX_CONFIG_BYTES = 256 * 1024
"""As UTF-8 JSON; what an `initiate` can carry."""
NEVER_CLEARED = frozenset({"prompt", "voice"})
"""Keys that an update with null leaves as they are (architecture.md 3)."""

_MAX_SHOWN_KEY = 64
_IN_JSON = {
    "tuple_type": "Input should be a valid list",
    "dict_type": "Input should be a valid object",
    "model_type": "Input should be a valid object",
}
"""What pydantic says in words of Python, by the type of its error."""


class HistorySettings(ConfigPart):
    """How much of the conversation the model sees."""

    history_message_limit: int | None = Field(default=None, ge=0)
    history_tool_result_limit: int | None = Field(default=None, ge=0)


class LlmConfig(Replaceable):
    """Which language model answers. A plain string is the model's name."""

    provider: str | None = None
    model: str | None = None
    temperature: float | None = Field(default=None, ge=0)
    history_settings: HistorySettings = HistorySettings()
    script: Script | None = None
    """The conversation of the `script` provider. Ours (architecture.md 6)."""


class VoiceConfig(Replaceable):
    """How the agent sounds."""

    provider: str | None = None
    voice_id: str | None = Field(default=None, validation_alias=AliasChoices("voice_id", "name"))
    model: str | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    """What the vendor of the voice understands."""


class SessionTimeout(ConfigPart):
    """When the agent ends a call by itself; seconds. 0 is the same as not given."""

    max_duration: float | None = Field(default=None, ge=0)
    max_idle: float | None = Field(default=None, ge=0)
    message: str | None = None
    """Spoken before the end."""


class Webhook(ConfigPart):
    """Where something is fetched from or posted to. A plain string is the URL."""

    url: str = ""
    headers: dict[str, str] = Field(default_factory=dict)


class PrivacySettings(ConfigPart):
    """What is not kept."""

    opt_out_data_collection: bool = False
    do_not_call_detection: bool = False


class CustomVocabulary(ConfigPart):
    """Words the recogniser should expect."""

    keywords: dict[str, float | None] = Field(default_factory=dict)
    """Word to boost."""


class SwitchLanguage(ConfigPart):
    """Languages the agent may change to."""

    languages: tuple[str, ...] = ()


class KnowledgeBase(ConfigPart):
    """Files the agent may search."""

    files: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    """Said while searching."""


class SpeechToTextConfig(Replaceable):
    """Which recogniser listens."""

    provider: str | None = None
    multilingual: bool = False
    model: str | None = None


class CallSettings(ConfigPart):
    """What is done with the call itself."""

    enable_recording: bool = False


class AgentConfig(ConfigPart):
    """Everything an agent is, typed. Every key may be absent or null."""

    prompt: str = ""
    voice: VoiceConfig = VoiceConfig()
    flow: Flow = Flow()
    first_message: str | None = None
    tools: tuple[Tool, ...] = ()
    millis_functions: tuple[Tool, ...] = ()
    app_functions: tuple[AppFunction, ...] = ()
    custom_llm_websocket: Webhook | None = None
    """The customer's own language model; its headers go with the connection."""
    language: str = DEFAULT_LANGUAGE
    vad_threshold: float | None = Field(default=None, ge=0, le=1)
    llm: LlmConfig = LlmConfig()
    session_timeout: SessionTimeout = SessionTimeout()
    session_data_webhook: Webhook | None = None
    extra_prompt_webhook: Webhook | None = None
    privacy_settings: PrivacySettings = PrivacySettings()
    custom_vocabulary: CustomVocabulary = CustomVocabulary()
    switch_language: SwitchLanguage = SwitchLanguage()
    knowledge_base: KnowledgeBase = KnowledgeBase()
    speech_to_text: SpeechToTextConfig = SpeechToTextConfig()
    call_settings: CallSettings = CallSettings()
    memory: dict[str, Any] = Field(default_factory=dict)
    timezone: str | None = None
    signed_metadata: tuple[str, ...] = Field(default=(), max_length=64)
    """Metadata names that are believed only from a signed token. Ours (architecture.md 7)."""
    default_metadata: dict[str, Any] = Field(default_factory=dict)
    """Metadata of every session that does not bring its own value. Ours."""

    @field_validator("default_metadata")
    @classmethod
    def _is_within_the_limits(cls, value: dict[str, Any]) -> dict[str, Any]:
        try:
            check_metadata(value)
        except InvalidInput as error:
            raise ValueError(str(error)) from None
        return value

    @field_validator("language")
    @classmethod
    def _empty_is_default(cls, value: str) -> str:
        return value.strip() or DEFAULT_LANGUAGE

    @field_validator("llm", mode="before")
    @classmethod
    def _text_is_the_model(cls, value: Any) -> Any:
        return {"model": value} if isinstance(value, str) else value

    @field_validator("session_data_webhook", "extra_prompt_webhook", "custom_llm_websocket", mode="before")
    @classmethod
    def _text_is_the_url(cls, value: Any) -> Any:
        webhook = {"url": value} if isinstance(value, str) else value
        is_blank = isinstance(webhook, dict) and not str(webhook.get("url") or "").strip()
        return None if is_blank else webhook


class AgentStatus(StrEnum):
    """Whether an agent takes calls."""

    ACTIVE = "active"
    DISABLED = "disabled"
    """Every new session is refused; those that run go on."""


@dataclass(frozen=True)
class Agent:
    """A stored agent."""

    agent_id: AgentId
    account_id: AccountId
    name: str
    config: Mapping[str, Any]
    """As its owner wrote it, unknown keys included."""
    created_at: float
    """Unix seconds."""
    status: AgentStatus = AgentStatus.ACTIVE
    embed: Mapping[str, Any] | None = None
    """How its owner wants the embedded widget to look; None = never said."""


@dataclass(frozen=True)
class ConfigProblem:
    """One thing that is wrong with a configuration."""

    path: tuple[str, ...]
    """Of the field below the configuration; empty: it is wrong as a whole."""
    reason: str
    """Shows no value."""

    def told(self, name: str) -> str:
        """In one line, for somebody who knows the configuration by `name`."""
        if not self.path:
            return f"{name} {self.reason}"
        where = ".".join(part[:_MAX_SHOWN_KEY] for part in (name, *self.path))
        return f"{where}: {self.reason}"


def typed_config(raw: Mapping[str, Any]) -> AgentConfig | tuple[ConfigProblem, ...]:
    """The typed view of a configuration, or everything that is wrong with it."""
    try:
        size = len(to_json(dict(raw)).encode())
    except InvalidInput as error:
        return (ConfigProblem((), str(error)),)
    if size > MAX_CONFIG_BYTES:
        return (ConfigProblem((), f"is larger than {MAX_CONFIG_BYTES // 1024} KiB"),)
    try:
        return AgentConfig.model_validate(dict(raw))
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        return tuple(
            ConfigProblem(
                tuple(map(str, one["loc"])), _IN_JSON.get(one["type"], one["msg"].removeprefix("Value error, "))
            )
            for one in found
        )


def parse_config(raw: Mapping[str, Any], name: str = "agent_config") -> AgentConfig:
    """The typed view of a configuration, which whoever sent it knows by `name`.

    Raises InvalidInput with the path of the first bad field; no value is ever shown.
    """
    config = typed_config(raw)
    if isinstance(config, AgentConfig):
        return config
    raise InvalidInput(config[0].told(name))


def merge_update(stored: Mapping[str, Any], update: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration after `PUT /agents/{id}`: top-level keys are replaced, null clears a key."""
    merged = merge_override(stored, update)
    for key, value in update.items():
        if value is None and key not in NEVER_CLEARED:
            merged.pop(key, None)
    return merged


def merge_override(stored: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of one session: top-level keys are replaced, null means "not given"."""
    return {**stored, **{key: value for key, value in override.items() if value is not None}}
