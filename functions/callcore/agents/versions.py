"""What an agent was: every saved configuration, to look at, compare and come back to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from callcore.agents.agent import Agent
from callcore.ids import AccountId, AgentId

MAX_VERSIONS = 50
"""Of an agent; the oldest is forgotten for the newest."""
EARLIER = "as it was before"
"""Who saved what was found when the first version was made."""


@dataclass(frozen=True)
class Saved:
    """A configuration as somebody saved it."""

    name: str
    config: Mapping[str, Any]
    saved_at: float
    """Unix seconds."""
    saved_by: str
    """The key or the browser, for people."""

    def is_of(self, agent: Agent) -> bool:
        """Whether the agent is like this now."""
        return (self.name, self.config) == (agent.name, agent.config)


@dataclass(frozen=True)
class AgentVersion:
    """One of an agent's versions."""

    number: int
    """From 1, in the order in which they were saved."""
    saved: Saved


class AgentVersions(Protocol):
    """The versions of agents; every method works inside one account only. An agent need not exist (any more)."""

    def add_version(self, account_id: AccountId, agent_id: AgentId, saved: Saved) -> int:
        """Store it behind the newest, and return its number; two at once get two numbers."""
        ...

    def newest_version(self, account_id: AccountId, agent_id: AgentId) -> AgentVersion | None:
        """None when there is none."""
        ...

    def list_versions(self, account_id: AccountId, agent_id: AgentId) -> Sequence[AgentVersion]:
        """Newest first, MAX_VERSIONS at most."""
        ...

    def forget_versions(self, account_id: AccountId, agent_id: AgentId) -> None:
        """All of the agent's."""
        ...
