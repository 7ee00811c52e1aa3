"""What campaigns ask of storage; the rules of callcore.ports apply.

`CallStore.finish_call` settles the record of a campaign's call in the same step: what stored the end of the call has
stored what became of the record: that it waits for another try (callcore.campaigns.tries), or that it is over, and then
its metadata is gone if the agent opts out of data collection.
`CallLog.delete_call`, which retention and erasure come to, deletes the record of the call in the same step; that it was
called stays counted, as it would have been without another try.
`finish_call` also adds the number of whoever asked not to be called to the account's list of them.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from callcore.calls.call import Call
from callcore.campaigns.campaign import Campaign, CampaignRecord, RecordCounts
from callcore.campaigns.do_not_call import UnwantedNumber
from callcore.ids import AccountId, CampaignId
from callcore.phones.phone import PhoneNumber


class CampaignStore(Protocol):
    """Campaigns; every method works inside one account only."""

    def get_campaign(self, account_id: AccountId, campaign_id: CampaignId) -> Campaign:
        """Raises NotFound, also for another account's campaign."""
        ...

    def list_campaigns(self, account_id: AccountId) -> Sequence[Campaign]:
        """Oldest first."""
        ...

    def change_campaign(
        self, account_id: AccountId, campaign_id: CampaignId, change: Callable[[Campaign | None], Campaign | None]
    ) -> Campaign | None:
        """As `change_phone`; a deleted campaign goes with its records."""
        ...

    def finish_campaign(self, account_id: AccountId, campaign_id: CampaignId) -> bool:
        """Make a started campaign a finished one, if none of its records waits or is being called; whether it did.

        One step: a record that is added meanwhile is not left behind.
        """
        ...


class CampaignRecords(Protocol):
    """The numbers of a campaign; every method works inside one account only."""

    def put_records(self, account_id: AccountId, campaign_id: CampaignId, records: Sequence[CampaignRecord]) -> None:
        """Add the records, to be called; one whose number is there gets the new metadata, and stands as it stood.

        Raises NotFound and InvalidInput; then none is added. After a StoreError some may be: added again, the others
        are, too.
        """
        ...

    def list_records(self, account_id: AccountId, campaign_id: CampaignId) -> Sequence[CampaignRecord]:
        """In the order in which their numbers were first added; none for an unknown campaign.

        One whose call was deleted is gone.
        """
        ...

    def delete_record(self, account_id: AccountId, campaign_id: CampaignId, phone: PhoneNumber) -> None:
        """Raises NotFound, and Conflict while it is being called."""
        ...

    def count_records(self, account_id: AccountId, campaign_id: CampaignId) -> RecordCounts:
        """How many stand so, without reading them, and stood so when their calls were deleted.

        Zeros for an unknown campaign.
        """
        ...


class DialList(Protocol):
    """The records that are to be called, for whoever calls them; several may at once."""

    def list_started(self) -> Sequence[Campaign]:
        """The campaigns of all accounts that are started."""
        ...

    def next_records(
        self, account_id: AccountId, campaign_id: CampaignId, limit: int, now: float
    ) -> Sequence[CampaignRecord]:
        """The first `limit` of those that may be called at `now` (unix seconds); the others are not read.

        Those whose next try is due come first, the longest due before others; then those that were never called, in
        the order in which they were added.
        """
        ...

    def order_record(self, call: Call, at_most: int) -> bool:
        """Begin this queued call and make its record one that is being called, in one step; whether it was done.

        The call says its campaign, as `voip.to` its record, and the how many-th try it is. Not done when the record
        does not wait for this try, when the campaign is not started, or when `at_most` of its records are being
        called: a try is made once. Nor when its number is not to be called (DoNotCall): then the record has failed.
        """
        ...

    def give_back(self, call: Call) -> bool:
        """Delete a call that is still queued, and let its record wait as before, in one step; whether it was done."""
        ...


class DoNotCall(Protocol):
    """Numbers that no campaign of an account calls."""

    def put_number(self, account_id: AccountId, number: UnwantedNumber) -> None:
        """It is not called from now on; one that stands there gets the new time."""
        ...

    def delete_number(self, account_id: AccountId, phone: PhoneNumber) -> None:
        """It may be called again; a record that has failed for it stays as it is. Raises NotFound."""
        ...

    def list_numbers(
        self, account_id: AccountId, limit: int, after: PhoneNumber | None = None
    ) -> Sequence[UnwantedNumber]:
        """The first `limit` of them as texts are ordered, or of those that follow `after`."""
        ...
