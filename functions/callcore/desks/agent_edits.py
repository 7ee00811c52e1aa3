"""What an account does with its agents, the same over REST and in the console: checked, and kept as versions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from callcore.agents.agent import Agent, AgentStatus, parse_config
from callcore.agents.ports import AgentChanges, AgentStore
from callcore.agents.versions import EARLIER, AgentVersions, Saved
from callcore.clock import Clock
from callcore.deliveries.delivery import destinations_of
from callcore.deliveries.ports import DisabledWebhooks
from callcore.errors import InvalidInput
from callcore.ids import AccountId, AgentId, new_agent_id

MAX_NAME_CHARS = 200
_COPY = " (copy)"


@dataclass(frozen=True)
class AgentEdits:
    """Over these ports, which are synchronous."""

    agents: AgentStore
    changes: AgentChanges
    versions: AgentVersions
    disabled_webhooks: DisabledWebhooks
    clock: Clock

    def create(self, account_id: AccountId, name: str, config: Mapping[str, Any], by: str) -> Agent:
        """A new agent. Raises InvalidInput."""
        now = self.clock.unix_s()
        agent = Agent(new_agent_id(now), account_id, checked_name(name), config, now)
        parse_config(config, "config")
        self._enable_webhooks(account_id, config)
        return self._put(agent, by)

    def update(
        self,
        account_id: AccountId,
        agent_id: AgentId,
        change: Callable[[Agent], Agent],
        by: str,
        written: Mapping[str, Any] | None = None,
    ) -> Agent:
        """Store what `change` makes of the agent; `written` is the part of the configuration that somebody wrote.

        Raises NotFound, InvalidInput, and whatever `change` raises; then nothing is stored.
        """
        before: list[Agent] = []

        def checked(agent: Agent) -> Agent:
            before.append(agent)
            changed = change(agent)
            parse_config(changed.config, "config")
            return replace(changed, name=checked_name(changed.name))

        after = self.changes.change_agent(account_id, agent_id, checked)
        self._enable_webhooks(account_id, written or {})
        self._remember(before[-1], after, by)
        return after

    def duplicate(self, account_id: AccountId, agent_id: AgentId, by: str) -> Agent:
        """A new active agent with the same configuration and embed object. Raises NotFound."""
        original = self.agents.get_agent(account_id, agent_id)
        now = self.clock.unix_s()
        name = f"{original.name[: MAX_NAME_CHARS - len(_COPY)]}{_COPY}"
        copy = replace(original, agent_id=new_agent_id(now), name=name, created_at=now, status=AgentStatus.ACTIVE)
        return self._put(copy, by)

    def set_status(self, account_id: AccountId, agent_id: AgentId, status: AgentStatus) -> Agent:
        """Let the agent take calls or refuse them; calls that run go on. Raises NotFound."""
        return self.changes.change_agent(account_id, agent_id, lambda agent: replace(agent, status=status))

    def delete(self, account_id: AccountId, agent_id: AgentId) -> None:
        """With its versions; its calls stay in the log. Raises NotFound."""
        self.agents.delete_agent(account_id, agent_id)
        self.versions.forget_versions(account_id, agent_id)

    def _put(self, agent: Agent, by: str) -> Agent:
        self.agents.put_agent(agent)
        self.versions.add_version(agent.account_id, agent.agent_id, _saved(agent, agent.created_at, by))
        return agent

    def _remember(self, before: Agent, after: Agent, by: str) -> None:
        """What is kept ends with what is stored, also where an earlier change was stored and not kept."""
        newest = self.versions.newest_version(after.account_id, after.agent_id)
        now = self.clock.unix_s()
        if newest is None:
            self.versions.add_version(after.account_id, after.agent_id, _saved(before, before.created_at, EARLIER))
        elif not newest.saved.is_of(before):
            self.versions.add_version(after.account_id, after.agent_id, _saved(before, now, EARLIER))
        if (before.name, before.config) != (after.name, after.config):
            self.versions.add_version(after.account_id, after.agent_id, _saved(after, now, by))

    def _enable_webhooks(self, account_id: AccountId, written: Mapping[str, Any]) -> None:
        """Who writes an address into a configuration wants it to be used, whatever its server has said before."""
        wanted = destinations_of(written)
        if not wanted:
            return
        for url in wanted & self.disabled_webhooks.list_disabled(account_id).keys():
            self.disabled_webhooks.enable_webhook(account_id, url)


def checked_name(name: str) -> str:
    """The name of an agent. Raises InvalidInput."""
    if not name.strip():
        raise InvalidInput("an agent needs a name")
    if len(name) > MAX_NAME_CHARS:
        raise InvalidInput(f"the name is longer than {MAX_NAME_CHARS} characters")
    return name


def _saved(agent: Agent, at: float, by: str) -> Saved:
    return Saved(agent.name, agent.config, at, by)
