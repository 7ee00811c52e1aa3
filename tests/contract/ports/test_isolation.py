"""Ids that try to name another account's rows; what each port refuses by itself is in the port's own file."""

from dataclasses import replace

import pytest

from callcore.calls.log import CallQuery
from callcore.errors import CallError, NotFound
from callcore.idempotency import KeyedRequest
from callcore.ids import AgentId, CallId, CampaignId, FileId, SessionId
from callcore.phones.phone import PhoneNumber
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.contract.ports.adapters import Stores

GUESSES = [
    "#",
    "acc_ann",
    "-Agent",
    "#AGENT#-Agent",
    "acc_ann#AGENT#-Agent",
    "../acc_ann/-Agent",
    "' OR 1=1 --",
    "%",
    "",
]
LONG = "x" * 3000


@pytest.fixture
def full(stores: Stores) -> Stores:
    """One of everything, and all of it Ann's."""
    stores.accounts.put_key(rows.key())
    stores.agents.put_agent(rows.agent())
    stores.phones.change_phone(rows.ANN, rows.phone().number, lambda _: rows.phone())
    stores.campaigns.change_campaign(rows.ANN, rows.campaign().campaign_id, lambda _: rows.campaign())
    stores.campaign_records.put_records(rows.ANN, rows.campaign().campaign_id, [rows.record()])
    stores.calls.begin_call(rows.ended_call())
    stores.knowledge.put_file(rows.knowledge_file())
    return stores


def test_another_account_lists_nothing(full: Stores) -> None:
    assert list(full.credentials.list_keys(rows.BOB)) == []
    assert list(full.agents.list_agents(rows.BOB)) == []
    assert list(full.phones.list_phones(rows.BOB)) == []
    assert list(full.campaigns.list_campaigns(rows.BOB)) == []
    assert list(full.call_log.list_calls(CallQuery(rows.BOB, 100)).calls) == []
    assert list(full.knowledge.list_files(rows.BOB)) == []
    for guess in GUESSES:
        query = CallQuery(rows.BOB, 100, agent_id=AgentId(guess), phone_number=guess)
        assert list(full.call_log.list_calls(query).calls) == []
        assert list(full.campaign_records.list_records(rows.BOB, CampaignId(guess))) == []


@pytest.mark.parametrize("guess", [*GUESSES, LONG])
def test_no_id_reaches_another_accounts_rows(full: Stores, guess: str) -> None:
    for reach in (
        lambda: full.agents.get_agent(rows.BOB, AgentId(guess)),
        lambda: full.agents.delete_agent(rows.BOB, AgentId(guess)),
        lambda: full.knowledge.get_file(rows.BOB, FileId(guess)),
        lambda: full.knowledge.delete_file(rows.BOB, FileId(guess)),
        lambda: full.phones.get_phone(rows.BOB, PhoneNumber(guess)),
        lambda: full.campaigns.get_campaign(rows.BOB, CampaignId(guess)),
        lambda: full.campaign_records.delete_record(rows.BOB, CampaignId(guess), PhoneNumber(guess)),
        lambda: full.calls.get_call(rows.BOB, SessionId(guess)),
        lambda: full.call_log.find_call(rows.BOB, CallId(guess)),
        lambda: full.call_log.delete_call(rows.BOB, SessionId(guess)),
        lambda: full.credentials.revoke_key(rows.BOB, guess, 1.0),
    ):
        with pytest.raises(NotFound):
            reach()


def test_what_another_account_writes_changes_nothing_here(full: Stores, clock: ManualClock) -> None:
    request = KeyedRequest(rows.ANN, "key", "f")
    full.idempotency.begin_request(request)
    full.used_tokens.use_once(rows.ANN, "t", clock.now_s + 60)
    full.agents.put_agent(rows.agent(account_id=rows.BOB))
    full.phones.change_phone(rows.BOB, rows.phone().number, lambda _: None)
    full.campaigns.change_campaign(rows.BOB, rows.campaign().campaign_id, lambda _: None)
    full.idempotency.abandon_request(replace(request, account_id=rows.BOB))
    with pytest.raises(CallError):
        full.calls.begin_call(rows.live_call(account_id=rows.BOB))
    assert full.agents.get_agent(rows.ANN, AgentId("-Agent")) == rows.agent()
    assert full.phones.get_phone(rows.ANN, rows.phone().number) == rows.phone()
    assert list(full.campaign_records.list_records(rows.ANN, rows.campaign().campaign_id)) == [rows.record()]
    assert full.calls.get_call(rows.ANN, SessionId("s-1")) == rows.ended_call()
    assert full.idempotency.begin_request(request) is not None
    assert not full.used_tokens.use_once(rows.ANN, "t", clock.now_s + 60)
    assert full.used_tokens.use_once(rows.BOB, "t", clock.now_s + 60)
