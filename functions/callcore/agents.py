"""The agent and its configuration (protocol.md 4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from callcore.ids import AccountId, AgentId
from callcore.script import Script


class LlmConfig(BaseModel):
    """Which language model answers."""

    model_config = ConfigDict(frozen=True, extra="allow")

    provider: str | None = None
    model: str | None = None
    temperature: float | None = None
    script: Script | None = None


class VoiceConfig(BaseModel):
    """How the agent sounds."""

    model_config = ConfigDict(frozen=True, extra="allow")

    provider: str | None = None
    voice_id: str | None = None
    model: str | None = None


@dataclass(frozen=True)
class Agent:
    """A stored agent."""

    agent_id: AgentId
    account_id: AccountId
    name: str
    config: Mapping[str, Any]
    """As its owner wrote it, unknown keys included."""
    created_at: float
