from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from callcore.agents.agent import Agent
from callcore.agents.versions import EARLIER
from callcore.desks.agent_edits import AgentEdits
from callcore.errors import InvalidInput
from callstore.sqlite.stores import SqliteStores
from tests.clocks import ManualClock
from tests.contract.ports import rows

AGENT = replace(rows.agent(), config={"prompt": "a"})


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[SqliteStores]:
    with SqliteStores(tmp_path / "parley.db", ManualClock()) as opened:
        opened.accounts.put_account(rows.account())
        yield opened


@pytest.fixture
def edits(stores: SqliteStores) -> AgentEdits:
    clock = ManualClock()
    return AgentEdits(stores.agents, stores.agents, stores.agent_versions, stores.disabled_webhooks, clock)


def kept(stores: SqliteStores) -> list[tuple[object, str]]:
    versions = stores.agent_versions.list_versions(rows.ANN, AGENT.agent_id)
    return [(version.saved.config["prompt"], version.saved.saved_by) for version in reversed(versions)]


def _instead(other: Agent, _: Agent) -> Agent:
    return other


def test_an_agent_from_before_there_were_versions_keeps_what_it_was(stores: SqliteStores, edits: AgentEdits) -> None:
    stores.agents.put_agent(AGENT)
    edits.update(rows.ANN, AGENT.agent_id, lambda agent: replace(agent, config={"prompt": "b"}), "ann")
    assert kept(stores) == [("a", EARLIER), ("b", "ann")]


def test_a_change_that_was_stored_and_not_kept_is_kept_with_the_next(stores: SqliteStores, edits: AgentEdits) -> None:
    stores.agents.put_agent(AGENT)
    edits.update(rows.ANN, AGENT.agent_id, lambda agent: replace(agent, config={"prompt": "b"}), "ann")
    stores.agents.put_agent(replace(AGENT, config={"prompt": "c"}))  # its process died before the version
    edits.update(rows.ANN, AGENT.agent_id, lambda agent: replace(agent, config={"prompt": "d"}), "bob")
    assert kept(stores) == [("a", EARLIER), ("b", "ann"), ("c", EARLIER), ("d", "bob")]


def test_what_changes_nothing_makes_no_version(stores: SqliteStores, edits: AgentEdits) -> None:
    agent = edits.create(rows.ANN, "Desk", {"prompt": "a"}, "ann")
    edits.update(rows.ANN, agent.agent_id, lambda same: same, "ann")
    assert len(stores.agent_versions.list_versions(rows.ANN, agent.agent_id)) == 1


def test_what_is_refused_is_not_kept(stores: SqliteStores, edits: AgentEdits) -> None:
    agent = edits.create(rows.ANN, "Desk", {"prompt": "a"}, "ann")
    for bad in (replace(agent, config={"vad_threshold": 2}), replace(agent, name=" "), replace(agent, name="x" * 201)):
        with pytest.raises(InvalidInput):
            edits.update(rows.ANN, agent.agent_id, partial(_instead, bad), "ann")
    assert stores.agents.get_agent(rows.ANN, agent.agent_id) == agent
    assert len(stores.agent_versions.list_versions(rows.ANN, agent.agent_id)) == 1


def test_deleted_agents_leave_no_versions(stores: SqliteStores, edits: AgentEdits) -> None:
    agent = edits.create(rows.ANN, "Desk", {"prompt": "a"}, "ann")
    edits.delete(rows.ANN, agent.agent_id)
    assert not stores.agent_versions.list_versions(rows.ANN, agent.agent_id)
