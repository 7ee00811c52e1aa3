"""A campaign of an office, as tests run it second by second."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from callcore.agents.agent import Agent
from callcore.calls.call import Call, CallStatus
from callcore.campaigns.campaign import Campaign, CampaignRecord, CampaignStatus, RecordStatus
from callcore.ids import AgentId, CampaignId
from callcore.phones.phone import PhoneNumber
from callcore.telephony.outbound import never_answered
from callcore.workers.worker import Worker
from tests.unit.call_events.office import ACCOUNT, OURS, Office, open_office

S, R = CampaignStatus, RecordStatus
AGENT = Agent(AgentId("-A"), ACCOUNT, "Desk", {"prompt": "P", "first_message": "Hi {name}"}, 0.0)
CAMPAIGN = CampaignId("-C")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Whose number has an agent."""
    with open_office(tmp_path) as opened:
        opened.stores.agents.put_agent(AGENT)
        opened.stores.phones.change_phone(ACCOUNT, OURS, lambda _: replace(opened.phone, agent_id=AGENT.agent_id))
        yield opened


def numbers(count: int, first: int = 0) -> list[PhoneNumber]:
    return [PhoneNumber(f"+1666000{number:04}") for number in range(first, first + count)]


def start(office: Office, count: int, campaign_id: CampaignId = CAMPAIGN, at_once: int = 10) -> None:
    office.stores.workers.beat(Worker("w", office.clock.unix_s(), 100))
    campaign = Campaign(campaign_id, ACCOUNT, "Spring", 0.0, S.STARTED, OURS, max_concurrent_calls=at_once)
    office.stores.campaigns.change_campaign(ACCOUNT, campaign_id, lambda _: campaign)
    records = [CampaignRecord(phone, {"name": phone[-4:]}) for phone in numbers(count)]
    office.stores.campaign_records.put_records(ACCOUNT, campaign_id, records)


def change(office: Office, changed: Callable[[Campaign], Campaign], campaign_id: CampaignId = CAMPAIGN) -> None:
    def of_stored(campaign: Campaign | None) -> Campaign:
        assert campaign is not None
        return changed(campaign)

    office.stores.campaigns.change_campaign(ACCOUNT, campaign_id, of_stored)


def status(office: Office) -> CampaignStatus:
    return office.stores.campaigns.get_campaign(ACCOUNT, CAMPAIGN).status


def counts(office: Office) -> list[int]:
    counted = office.stores.campaign_records.count_records(ACCOUNT, CAMPAIGN)
    return [counted[one] for one in R]


def waits_for(office: Office) -> str:
    return office.stores.campaigns.get_campaign(ACCOUNT, CAMPAIGN).waits_for or ""


def seconds(office: Office, count: int, at_end: Callable[[], None] = lambda: None) -> None:
    for _ in range(count):
        office.round()
        at_end()
        office.clock.advance(1.01)


def live(office: Office) -> list[Call]:
    return list(office.stores.calls.list_live_calls())


def end_all(office: Office, as_: CallStatus = CallStatus.BUSY) -> None:
    for call in live(office):
        office.stores.calls.finish_call(never_answered(call, as_))
