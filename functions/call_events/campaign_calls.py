"""Calls of campaigns that wait to be placed, and may not be: their records are called later, and none is lost."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from callcore.calls.call import Call, CallStatus
from callcore.campaigns.campaign import Campaign, CampaignEvent, CampaignStatus, after, campaign_of, may_call
from callcore.campaigns.ports import CampaignStore, DialList
from callcore.errors import CallError, StoreError
from callcore.ids import AccountId, CampaignId
from callcore.telephony.outbound import is_overdue
from callcore.telephony.ports import CallerRefused

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CampaignCalls:
    """What the dialler asks about them."""

    campaigns: CampaignStore
    dial_list: DialList

    def still_wanted(self, live: Sequence[Call], now: float) -> Sequence[Call]:
        """The live calls without those that are given back: whose campaigns call nobody now, or that wait too long."""
        waiting = [call for call in live if call.status is CallStatus.QUEUED and campaign_of(call) is not None]
        if not waiting:
            return live
        calling = {(one.account_id, one.campaign_id) for one in self.dial_list.list_started() if may_call(one, now)}
        unwanted = {
            call.session_id
            for call in waiting
            if (call.account_id, campaign_of(call)) not in calling or is_overdue(call, now)
        }
        for call in waiting:
            if call.session_id in unwanted:
                self.dial_list.give_back(call)
        return [call for call in live if call.session_id not in unwanted]

    def give_back(self, call: Call, error: CallError) -> None:
        """The call was not placed for what stands against its caller; where that stays so the campaign has failed."""
        self.dial_list.give_back(call)
        campaign_id, reason = campaign_of(call), _lasting(error)
        if reason is not None and campaign_id is not None:
            fail(self.campaigns, call.account_id, campaign_id, reason)


def _lasting(error: CallError) -> str | None:
    """Why the caller's next call would not be placed either; None: it may be, or the next tick says why not."""
    if isinstance(error, CallerRefused):
        return f"the carrier refuses the caller: {error}"
    if isinstance(error, StoreError) and not error.retryable:
        return f"the caller's credentials cannot be used, import the number again ({error})"
    return None


def fail(campaigns: CampaignStore, account_id: AccountId, campaign_id: CampaignId, reason: str) -> None:
    """A campaign that is started cannot go on."""

    def failed(campaign: Campaign | None) -> Campaign | None:
        if campaign is None or campaign.status is not CampaignStatus.STARTED:
            return campaign
        return after(campaign, CampaignEvent.CANNOT_GO_ON, reason)

    campaigns.change_campaign(account_id, campaign_id, failed)
    logger.warning("a campaign cannot go on", extra={"campaign_id": campaign_id})
