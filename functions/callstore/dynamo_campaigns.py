"""Campaigns and their records in the DynamoDB table.

A list of records may be longer than a transaction, so it is written as a batch that counts only once it is whole:
the batch is noted as open, its rows are written, and the note is taken away. A writer that dies leaves rows that
nobody sees.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from uuid import uuid4

from callcore.campaigns import Campaign, CampaignRecord
from callcore.errors import NotFound
from callcore.ids import AccountId, CampaignId
from callcore.phones import PhoneNumber
from callstore import dynamo_keys as keys
from callstore.dynamo_rows import change_row, doc_of, require_account, to_campaign, to_record
from callstore.dynamo_table import DynamoTable, Row, delete, put, update


class DynamoCampaignStore:
    """CampaignStore and CampaignRecords."""

    def __init__(self, table: DynamoTable) -> None:
        self._table = table

    def get_campaign(self, account_id: AccountId, campaign_id: CampaignId) -> Campaign:
        """Raises NotFound, also for another account's campaign."""
        row = self._table.get(keys.campaign(account_id, campaign_id))
        if row is None:
            raise NotFound("campaign", campaign_id)
        return to_campaign(row)

    def list_campaigns(self, account_id: AccountId) -> Sequence[Campaign]:
        """Oldest first."""
        found = self._table.query(
            keys.account_partition(account_id), "begins_with(#SK, :prefix)", {"prefix": "CAMPAIGN#"}
        )
        return sorted(map(to_campaign, found), key=lambda campaign: (campaign.created_at, campaign.campaign_id))

    def change_campaign(
        self, account_id: AccountId, campaign_id: CampaignId, change: Callable[[Campaign | None], Campaign | None]
    ) -> Campaign | None:
        """Store what `change` makes of the row or of its absence; a campaign goes with its records."""
        made: list[Campaign | None] = []

        def changed(row: Row | None) -> Row | None:
            made.append(change(to_campaign(row) if row else None))
            return {"doc": doc_of(made[-1])} if made[-1] else None

        require_account(self._table, account_id)
        change_row(self._table, keys.campaign(account_id, campaign_id), changed)
        if made[-1] is None:
            rows = self._table.query(keys.records_partition(account_id, campaign_id))
            self._table.write_many([delete(keys.Key(row["PK"], row["SK"])) for row in rows])
        return made[-1]

    def put_records(self, account_id: AccountId, campaign_id: CampaignId, records: Sequence[CampaignRecord]) -> None:
        """Add the records, all or none; one of the same number is replaced. Raises NotFound."""
        docs = [(record.phone, doc_of(record)) for record in records]
        self.get_campaign(account_id, campaign_id)
        notes, batch = keys.open_batches(account_id, campaign_id), str(uuid4())
        opened = self._table.write(
            update(notes, "ADD #open :batch, #written :count", {"batch": frozenset({batch}), "count": len(docs)})
        )
        first = opened["written"] - len(docs)
        places = {phone: first + number for number, (phone, _) in reversed(list(enumerate(docs)))}
        rows = {phone: {"phone": phone, "doc": doc, "batch": batch, "place": places[phone]} for phone, doc in docs}
        partition = keys.records_partition(account_id, campaign_id)
        self._table.write_many(
            [put(keys.Key(partition, keys.record_prefix(phone) + batch), row) for phone, row in rows.items()]
        )
        self._table.write(update(notes, "DELETE #open :batch", {"batch": frozenset({batch})}))

    def list_records(self, account_id: AccountId, campaign_id: CampaignId) -> Sequence[CampaignRecord]:
        """In the order in which their numbers were first added; none for an unknown campaign."""
        by_phone: dict[str, list[Row]] = {}
        for row in self._whole(self._table.query(keys.records_partition(account_id, campaign_id))):
            by_phone.setdefault(row["phone"], []).append(row)
        listed = [sorted(rows, key=_place) for rows in by_phone.values()]
        return [to_record(rows[-1]) for rows in sorted(listed, key=lambda rows: _place(rows[0]))]

    def delete_record(self, account_id: AccountId, campaign_id: CampaignId, phone: PhoneNumber) -> None:
        """Raises NotFound."""
        partition = keys.records_partition(account_id, campaign_id)
        notes = self._table.get(keys.open_batches(account_id, campaign_id))
        found = self._table.query(partition, "begins_with(#SK, :prefix)", {"prefix": keys.record_prefix(phone)})
        rows = list(self._whole((*([notes] if notes else ()), *found)))
        if not rows:
            raise NotFound("record", phone)
        self._table.write_many([delete(keys.Key(row["PK"], row["SK"])) for row in rows])

    @staticmethod
    def _whole(rows: Iterable[Row]) -> Iterator[Row]:
        """The rows of whole batches; the note of the open ones comes first, as its sort key does."""
        still_open: frozenset[str] = frozenset()
        for row in rows:
            if row["SK"] == "BATCHES":
                still_open = row.get("open", still_open)
            elif row["batch"] not in still_open:
                yield row


def _place(row: Row) -> int:
    return int(row["place"])
