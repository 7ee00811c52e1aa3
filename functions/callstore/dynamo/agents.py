"""Agents in the DynamoDB table."""

from collections.abc import Callable, Sequence

from callcore.agents.agent import Agent, AgentStatus
from callcore.errors import NotFound
from callcore.ids import AccountId, AgentId
from callstore.dynamo import keys as keys
from callstore.dynamo.rows import change_row, doc_of, require_account, unpacked
from callstore.dynamo.table import PRESENT, DynamoTable, Refused, Row, delete


class DynamoAgentStore:
    """AgentStore and AgentChanges."""

    def __init__(self, table: DynamoTable) -> None:
        self._table = table

    def put_agent(self, agent: Agent) -> None:
        """Create or replace."""
        require_account(self._table, agent.account_id)
        change_row(self._table, keys.agent(agent.account_id, agent.agent_id), lambda _: {"doc": doc_of(agent)})

    def get_agent(self, account_id: AccountId, agent_id: AgentId) -> Agent:
        """Raises NotFound, also for another account's agent."""
        return _found(self._table.get(keys.agent(account_id, agent_id)), agent_id)

    def list_agents(self, account_id: AccountId) -> Sequence[Agent]:
        """Oldest first."""
        found = self._table.query(keys.account_partition(account_id), "begins_with(#SK, :prefix)", {"prefix": "AGENT#"})
        return sorted(map(_to_agent, found), key=lambda agent: (agent.created_at, agent.agent_id))

    def delete_agent(self, account_id: AccountId, agent_id: AgentId) -> None:
        """Raises NotFound."""
        try:
            self._table.write(delete(keys.agent(account_id, agent_id), PRESENT))
        except Refused:
            raise NotFound("agent", agent_id) from None

    def change_agent(self, account_id: AccountId, agent_id: AgentId, change: Callable[[Agent], Agent]) -> Agent:
        """Store what `change` makes of the agent. Raises NotFound and whatever `change` raises."""
        made: list[Agent] = []

        def changed(row: Row | None) -> Row:
            made.append(change(_found(row, agent_id)))
            return {"doc": doc_of(made[-1])}

        change_row(self._table, keys.agent(account_id, agent_id), changed)
        return made[-1]


def _found(row: Row | None, agent_id: AgentId) -> Agent:
    if row is None:
        raise NotFound("agent", agent_id)
    return _to_agent(row)


def _to_agent(row: Row) -> Agent:
    """The agent of a row."""
    said = unpacked(row["doc"])
    return Agent(**said | {"status": AgentStatus(said["status"])})
