"""The campaigns of an account as its owner manages them, over REST or in the console."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from callcore.agents.ports import AgentStore
from callcore.campaigns.campaign import (
    Campaign,
    CampaignEvent,
    CampaignRecord,
    CampaignStatus,
    RecordStatus,
    after,
    as_seen,
    check_caller,
    check_may_start,
    is_held,
)
from callcore.campaigns.ports import CampaignRecords, CampaignStore
from callcore.errors import Conflict, InvalidInput, NotFound
from callcore.ids import AccountId, CampaignId, new_campaign_id
from callcore.metadata import check_metadata
from callcore.phones.phone import PhoneNumber
from callcore.phones.ports import PhoneStore


@dataclass(frozen=True)
class CampaignDesk:
    """Synchronous, as its ports are. Every method raises NotFound for a campaign that the account has not."""

    campaigns: CampaignStore
    records: CampaignRecords
    phones: PhoneStore
    agents: AgentStore
    wake: Callable[[], None]
    """Says that there is somebody to call, to whoever does."""

    def create(self, account_id: AccountId, name: str, now: float) -> Campaign:
        """A new idle campaign without records; `now` is unix seconds."""
        campaign = Campaign(new_campaign_id(now), account_id, name, now)
        self.campaigns.change_campaign(account_id, campaign.campaign_id, lambda _: campaign)
        return campaign

    def change(
        self, account_id: AccountId, campaign_id: CampaignId, change: Callable[[Campaign], Campaign]
    ) -> Campaign:
        """Store what the pure `change` makes of it."""

        def changed(stored: Campaign | None) -> Campaign:
            if stored is None:
                raise NotFound("campaign", campaign_id)
            return change(stored)

        result = self.campaigns.change_campaign(account_id, campaign_id, changed)
        assert result is not None  # `changed` never deletes
        return result

    def delete(self, account_id: AccountId, campaign_id: CampaignId) -> None:
        """With its records; calls that go on are finished."""
        self.campaigns.get_campaign(account_id, campaign_id)
        self.campaigns.change_campaign(account_id, campaign_id, lambda _: None)

    def set_caller(self, account_id: AccountId, campaign_id: CampaignId, caller: PhoneNumber | None) -> Campaign:
        """Choose the number that calls. Raises NotFound for one that the account has not."""
        if caller is not None:
            self.phones.get_phone(account_id, caller)
        return self.change(account_id, campaign_id, lambda campaign: replace(campaign, caller=caller))

    def add_records(self, account_id: AccountId, campaign_id: CampaignId, records: Sequence[CampaignRecord]) -> None:
        """Add numbers to call; one that is there gets the new metadata, and is not called again for it.

        Raises InvalidInput for metadata over a limit, with its number; then none is added.
        """
        for record in records:
            try:
                check_metadata(record.metadata)
            except InvalidInput as error:
                raise InvalidInput(f"{record.phone}: {error}") from None
        self.records.put_records(account_id, campaign_id, records)
        if self.campaigns.get_campaign(account_id, campaign_id).status is CampaignStatus.STARTED:
            self.wake()

    def start(self, account_id: AccountId, campaign_id: CampaignId) -> Campaign:
        """Call the records that wait; what goes on, or has nobody left to call, stays as it is.

        Raises Conflict that says what is missing.
        """
        self._check_caller(account_id, self.campaigns.get_campaign(account_id, campaign_id))
        counts = self.records.count_records(account_id, campaign_id)

        def started(campaign: Campaign) -> Campaign:
            check_may_start(campaign, counts)
            campaign = as_seen(campaign, counts)
            if campaign.status is CampaignStatus.FINISHED and not counts[RecordStatus.NOT_STARTED]:
                return campaign
            return after(campaign, CampaignEvent.START)

        campaign = self.change(account_id, campaign_id, started)
        self.wake()
        return campaign

    def stop(self, account_id: AccountId, campaign_id: CampaignId) -> Campaign:
        """Call nobody any more until it is started again; calls that go on are finished."""
        return self.change(account_id, campaign_id, lambda campaign: after(campaign, CampaignEvent.STOP))

    def approve(self, account_id: AccountId, campaign_id: CampaignId, approval: str, reason: str | None) -> Campaign:
        """Keep what was said of the campaign; anything but `approved` stops it, and holds it until that is said."""

        def approved(campaign: Campaign) -> Campaign:
            told = replace(campaign, approval=approval, approval_reason=reason)
            return after(told, CampaignEvent.STOP) if is_held(told) else told

        return self.change(account_id, campaign_id, approved)

    def _check_caller(self, account_id: AccountId, campaign: Campaign) -> None:
        if campaign.caller is None:
            return  # `check_may_start` says so
        try:
            phone = self.phones.get_phone(account_id, campaign.caller)
            agent = None if phone.agent_id is None else self.agents.get_agent(account_id, phone.agent_id)
        except NotFound as error:
            raise Conflict(f"caller: {error}") from None
        check_caller(phone, agent)
