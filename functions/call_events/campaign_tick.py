"""Orders the calls of campaigns in their hours, as many as campaign, account, number and workers have room for.

The dialler places them. A tick decides from rows alone, and whatever it orders is one transaction: several ticks at
once, or one that dies in its midst, call nobody twice.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from call_events.campaign_calls import fail
from callcore.accounts.account import Account
from callcore.accounts.ports import AccountStore
from callcore.agents.agent import Agent
from callcore.agents.ports import AgentStore
from callcore.billing.allowance import Holder, check_day, day_of, limits_of_account
from callcore.billing.ports import DayTotals
from callcore.calls.call import Call
from callcore.calls.registration import Registration
from callcore.campaigns.campaign import (
    OUTSIDE_HOURS,
    Campaign,
    CampaignRecord,
    CampaignStatus,
    campaign_of,
    check_caller,
    may_call,
    obstacle,
    ordered_by,
    room,
    seats,
)
from callcore.campaigns.ports import CampaignStore, DialList
from callcore.clock import Clock
from callcore.deliveries.outbox import PrivateReports
from callcore.errors import CallError, Conflict, InvalidInput, LimitExceeded, NotAllowed, NotFound
from callcore.ids import CampaignId
from callcore.phones.phone import Phone, PhoneNumber
from callcore.phones.ports import PhoneStore
from callcore.telephony.outbound import order_call
from callcore.workers.ports import WorkerRegistry
from callstore.private_calls import without_private

MOST_TRIED = 100
"""Records of one campaign in one tick."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ordered:
    """What came of a tick."""

    calls: Sequence[Call]
    goes_on: bool
    """Calls of campaigns go on: another tick may soon order more."""


@dataclass(frozen=True)
class CampaignTick:
    """Runs before the dialler does."""

    campaigns: CampaignStore
    dial_list: DialList
    accounts: AccountStore
    phones: PhoneStore
    agents: AgentStore
    day_totals: DayTotals
    workers: WorkerRegistry
    private: PrivateReports
    clock: Clock

    def run(self, live: Sequence[Call]) -> Ordered:
        """Order what may be called now; `live` are all calls that have not ended.

        Raises StoreError when campaigns or workers cannot be listed.
        """
        started = self.dial_list.list_started()
        if not started:
            return Ordered((), goes_on=False)
        workers, now = self.workers.list_workers(), self.clock.unix_s()
        ordered: list[Call] = []
        own = Counter(campaign_of(call) for call in live)
        # Where an account has room for one call only, its campaigns take turns.
        for campaign in sorted(started, key=lambda campaign: own[campaign.campaign_id]):
            try:
                known = [*live, *ordered]
                ordered += self._ordered(campaign, own[campaign.campaign_id], known, seats(workers, known, now))
            except CallError as error:  # whatever is wrong with one campaign, the others go on
                logger.warning(
                    "a campaign could not order calls",
                    extra={"campaign_id": campaign.campaign_id, "error": type(error).__name__},
                )
            except Exception:
                logger.exception("a campaign met an error of ours", extra={"campaign_id": campaign.campaign_id})
        going_on: set[CampaignId | None] = {campaign_of(call) for call in (*live, *ordered)}
        return Ordered(ordered, any(campaign.campaign_id in going_on for campaign in started))

    def _ordered(self, campaign: Campaign, own: int, live: Sequence[Call], seats_left: int) -> list[Call]:
        """The calls that were ordered."""
        names = campaign.account_id, campaign.campaign_id
        if not own and self.campaigns.finish_campaign(*names):
            logger.info("a campaign is finished", extra={"campaign_id": campaign.campaign_id})
            return []
        account = self.accounts.get_account(campaign.account_id)
        why = None if may_call(campaign, self.clock.unix_s()) else OUTSIDE_HOURS
        why = why or obstacle(account, live, seats_left) or self._day_is_used_up(account)
        if why != campaign.waits_for and not (why and own):  # while calls go on it comes and goes
            self._note(campaign, why)
        return [] if why else self._order(campaign, room(campaign, account, live, seats_left))

    def _order(self, campaign: Campaign, free: int) -> list[Call]:
        """So many calls; whoever is passed over because he asked for it holds up nobody behind him."""
        names = campaign.account_id, campaign.campaign_id
        ordered: list[Call] = []
        tried: set[PhoneNumber] = set()
        while len(ordered) < free and len(tried) < MOST_TRIED:
            found = self.dial_list.next_records(*names, free - len(ordered), self.clock.unix_s())
            records = [record for record in found if record.phone not in tried]
            if not records:
                break
            tried.update(record.phone for record in records)
            try:
                calls = self._calls_to(campaign, records)
            except (NotFound, Conflict, InvalidInput, NotAllowed) as error:
                fail(self.campaigns, *names, str(error))
                break
            ordered += [call for call in calls if self.dial_list.order_record(call, campaign.max_concurrent_calls)]
        return ordered

    def _day_is_used_up(self, account: Account) -> str | None:
        """What of it, if it is; a campaign waits for the next one."""
        holder, limits, now = Holder(account.account_id), limits_of_account(account), self.clock.unix_s()
        if limits.minutes_per_day is None and limits.spend_per_day is None:
            return None
        try:
            check_day(holder, limits, self.day_totals.used(holder, day_of(now)), now)
        except LimitExceeded as error:
            return str(error)
        return None

    def _note(self, campaign: Campaign, why: str | None) -> None:
        """Let its owner see why nobody is called."""

        def noted(stored: Campaign | None) -> Campaign | None:
            if stored is None or stored.status is not CampaignStatus.STARTED:
                return stored
            return replace(stored, waits_for=why)

        self.campaigns.change_campaign(campaign.account_id, campaign.campaign_id, noted)

    def _calls_to(self, campaign: Campaign, records: Sequence[CampaignRecord]) -> list[Call]:
        """Raises NotFound, Conflict, InvalidInput and NotAllowed when the campaign cannot go on."""
        if campaign.caller is None:
            raise Conflict("the campaign has no caller any more")
        phone = self.phones.get_phone(campaign.account_id, campaign.caller)
        agent = self._agent_of(phone)
        check_caller(phone, agent)
        calls = []
        for record in records:
            wanted = Registration(
                agent,
                metadata=record.metadata,
                include_metadata_in_prompt=campaign.include_metadata_in_prompt,
            )
            call = ordered_by(campaign, order_call(wanted, phone, record.phone, self.clock.unix_s()), record)
            calls.append(without_private(call, self.private))
        return calls

    def _agent_of(self, phone: Phone) -> Agent | None:
        if phone.agent_id is None:
            return None
        return self.agents.get_agent(phone.account_id, phone.agent_id)
