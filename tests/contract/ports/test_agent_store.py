from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from callcore.agents.agent import Agent
from callcore.errors import InvalidInput, NotFound
from callcore.ids import AgentId
from tests.contract.ports import rows
from tests.contract.ports.adapters import Stores


def test_an_agent_comes_back_with_its_unknown_keys(stores: Stores) -> None:
    stores.agents.put_agent(rows.agent())
    assert stores.agents.get_agent(rows.ANN, AgentId("-Agent")) == rows.agent()


def test_putting_an_agent_again_replaces_it(stores: Stores) -> None:
    stores.agents.put_agent(rows.agent())
    changed = replace(rows.agent(), name="Back desk", config={})
    stores.agents.put_agent(changed)
    assert stores.agents.list_agents(rows.ANN) == [changed]


def test_agents_are_listed_oldest_first_and_per_account(stores: Stores) -> None:
    young, old = rows.agent("-A", created_at=20.0), rows.agent("-B", created_at=10.0)
    for stored in (young, old, rows.agent("-C", rows.BOB)):
        stores.agents.put_agent(stored)
    assert list(stores.agents.list_agents(rows.ANN)) == [old, young]


def test_another_accounts_agent_is_not_found_by_any_method(stores: Stores) -> None:
    stores.agents.put_agent(rows.agent())
    with pytest.raises(NotFound):
        stores.agents.get_agent(rows.BOB, AgentId("-Agent"))
    with pytest.raises(NotFound):
        stores.agents.delete_agent(rows.BOB, AgentId("-Agent"))
    with pytest.raises(NotFound):
        stores.agent_changes.change_agent(rows.BOB, AgentId("-Agent"), lambda agent: replace(agent, name="Mine"))
    stores.agents.put_agent(replace(rows.agent(account_id=rows.BOB), name="Bob's"))
    assert stores.agents.get_agent(rows.ANN, AgentId("-Agent")) == rows.agent()


def test_a_deleted_agent_is_gone(stores: Stores) -> None:
    stores.agents.put_agent(rows.agent())
    stores.agents.delete_agent(rows.ANN, AgentId("-Agent"))
    assert list(stores.agents.list_agents(rows.ANN)) == []
    with pytest.raises(NotFound):
        stores.agents.delete_agent(rows.ANN, AgentId("-Agent"))


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, object()])
def test_a_config_that_is_no_json_is_refused(stores: Stores, value: Any) -> None:
    with pytest.raises(InvalidInput):
        stores.agents.put_agent(replace(rows.agent(), config={"prompt": value}))
    assert list(stores.agents.list_agents(rows.ANN)) == []


def test_a_lone_surrogate_is_kept_in_a_config_and_refused_in_an_id(stores: Stores) -> None:
    broken = replace(rows.agent(), config={"prompt": "\ud800"})
    stores.agents.put_agent(broken)
    assert stores.agents.get_agent(rows.ANN, AgentId("-Agent")) == broken
    with pytest.raises(InvalidInput):
        stores.agents.get_agent(rows.ANN, AgentId("\ud800"))


def test_a_change_is_stored_and_returned(stores: Stores) -> None:
    stores.agents.put_agent(rows.agent())
    changed = stores.agent_changes.change_agent(
        rows.ANN, AgentId("-Agent"), lambda agent: replace(agent, name="Back desk", embed=None)
    )
    assert changed == replace(rows.agent(), name="Back desk", embed=None)
    assert stores.agents.get_agent(rows.ANN, AgentId("-Agent")) == changed


def test_a_change_that_raises_or_is_no_json_changes_nothing(stores: Stores) -> None:
    stores.agents.put_agent(rows.agent())

    def refuse(_: Agent) -> Agent:
        raise InvalidInput("no")

    with pytest.raises(InvalidInput):
        stores.agent_changes.change_agent(rows.ANN, AgentId("-Agent"), refuse)
    with pytest.raises(InvalidInput):
        stores.agent_changes.change_agent(
            rows.ANN, AgentId("-Agent"), lambda agent: replace(agent, config={"x": float("nan")})
        )
    with pytest.raises(NotFound):
        stores.agent_changes.change_agent(rows.ANN, AgentId("-None"), lambda agent: agent)
    assert list(stores.agents.list_agents(rows.ANN)) == [rows.agent()]


def test_changes_at_once_all_take_effect(stores: Stores) -> None:
    stores.agents.put_agent(replace(rows.agent(), config={}))

    def add(number: int) -> None:
        stores.agent_changes.change_agent(
            rows.ANN, AgentId("-Agent"), lambda agent: replace(agent, config={**agent.config, str(number): number})
        )

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add, range(32)))
    assert stores.agents.get_agent(rows.ANN, AgentId("-Agent")).config == {str(number): number for number in range(32)}
