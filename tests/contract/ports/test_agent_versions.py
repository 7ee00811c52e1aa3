from dataclasses import replace

from callcore.agents.versions import MAX_VERSIONS, Saved
from callcore.ids import AgentId
from tests.contract.ports import rows
from tests.contract.ports.adapters import Stores

AGENT = AgentId("-Agent")
SAVED = Saved("Front desk", {"prompt": "Be kind. é", "unknown": [1, None]}, 1_800_000_000.5, "Ann's laptop")


def test_versions_are_numbered_and_listed_newest_first(stores: Stores) -> None:
    assert stores.agent_versions.newest_version(rows.ANN, AGENT) is None
    assert stores.agent_versions.add_version(rows.ANN, AGENT, SAVED) == 1
    later = replace(SAVED, name="Desk", saved_at=SAVED.saved_at + 1)
    assert stores.agent_versions.add_version(rows.ANN, AGENT, later) == 2
    listed = stores.agent_versions.list_versions(rows.ANN, AGENT)
    assert [(version.number, version.saved) for version in listed] == [(2, later), (1, SAVED)]
    assert stores.agent_versions.newest_version(rows.ANN, AGENT) == listed[0]


def test_the_oldest_is_forgotten_for_the_newest(stores: Stores) -> None:
    for number in range(1, MAX_VERSIONS + 3):
        assert stores.agent_versions.add_version(rows.ANN, AGENT, SAVED) == number
    kept = [version.number for version in stores.agent_versions.list_versions(rows.ANN, AGENT)]
    assert kept == list(range(MAX_VERSIONS + 2, 2, -1))


def test_versions_belong_to_one_agent_of_one_account(stores: Stores) -> None:
    stores.agent_versions.add_version(rows.ANN, AGENT, SAVED)
    for account_id, agent_id in ((rows.BOB, AGENT), (rows.ANN, AgentId("-Other"))):
        assert stores.agent_versions.newest_version(account_id, agent_id) is None
        assert not stores.agent_versions.list_versions(account_id, agent_id)
        stores.agent_versions.forget_versions(account_id, agent_id)
    assert len(stores.agent_versions.list_versions(rows.ANN, AGENT)) == 1
    stores.agent_versions.forget_versions(rows.ANN, AGENT)
    assert not stores.agent_versions.list_versions(rows.ANN, AGENT)
