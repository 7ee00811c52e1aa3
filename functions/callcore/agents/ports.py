"""What the kernel asks of the storage of agents; the rules of callcore.ports apply."""

from collections.abc import Callable, Sequence
from typing import Protocol

from callcore.agents.agent import Agent
from callcore.ids import AccountId, AgentId


class AgentStore(Protocol):
    """Agents; every method works inside one account only."""

    def put_agent(self, agent: Agent) -> None:
        """Create or replace."""
        ...

    def get_agent(self, account_id: AccountId, agent_id: AgentId) -> Agent:
        """Raises NotFound, also for another account's agent."""
        ...

    def list_agents(self, account_id: AccountId) -> Sequence[Agent]:
        """Oldest first."""
        ...

    def delete_agent(self, account_id: AccountId, agent_id: AgentId) -> None:
        """Raises NotFound."""
        ...


class AgentChanges(Protocol):
    """Changes that depend on what is stored."""

    def change_agent(self, account_id: AccountId, agent_id: AgentId, change: Callable[[Agent], Agent]) -> Agent:
        """Store what `change` makes of the agent, and return it; two changes at once both take effect.

        `change` is pure: it may run more than once. Raises NotFound, also for another account's agent, and
        whatever `change` raises; then nothing is stored.
        """
        ...
