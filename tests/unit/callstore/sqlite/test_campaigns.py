"""Campaigns of older releases, on the SQLite file."""

import sqlite3
from pathlib import Path

from callcore.campaigns.campaign import RecordStatus
from callstore.sqlite.schema import MIGRATIONS, migrate
from callstore.sqlite.stores import SqliteStores
from tests.clocks import ManualClock
from tests.contract.ports import rows

_BEFORE_HOURS = 29
"""Migrations."""


def test_campaigns_of_an_older_release_call_each_number_once_at_any_hour(tmp_path: Path) -> None:
    path = tmp_path / "parley.db"
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection, MIGRATIONS[:_BEFORE_HOURS])
    connection.execute(
        "INSERT INTO accounts (account_id, name, created_at, embed_secret, status, max_concurrent_calls,"
        " max_call_duration_s) VALUES (?, 'Ann', 0, '', 'active', 1, 1)",
        (rows.ANN,),
    )
    names = rows.ANN, rows.campaign().campaign_id
    connection.execute(
        "INSERT INTO campaigns (account_id, campaign_id, name, created_at, status, include_metadata_in_prompt)"
        " VALUES (?, ?, 'Spring', 0, 'started', 0)",
        names,
    )
    for phone, status, session_id in (("+15550001", "failed", "s-1"), ("+15550002", "not_started", None)):
        connection.execute(
            "INSERT INTO campaign_records (account_id, campaign_id, phone, metadata, call_status, session_id)"
            " VALUES (?, ?, ?, '{}', ?, ?)",
            (*names, phone, status, session_id),
        )
    connection.close()
    with SqliteStores(path, ManualClock()) as stores:
        campaign = stores.campaigns.get_campaign(*names)
        assert (campaign.calling_hours, campaign.tries) == (None, None)
        called, waiting = stores.campaign_records.list_records(*names)
        assert (called.call_status, called.tries, waiting.tries) == (RecordStatus.FAILED, 1, 0)
        assert list(stores.dial_list.next_records(*names, 5, 0.0)) == [waiting]
        assert stores.dial_list.order_record(rows.ordered_call(waiting), 1)
