"""What campaigns that dial add to their tables."""

CAMPAIGNS_THAT_DIAL = (
    "ALTER TABLE campaigns ADD COLUMN max_concurrent_calls INTEGER NOT NULL DEFAULT 10",
    "ALTER TABLE campaigns ADD COLUMN error_message TEXT",
    "ALTER TABLE campaigns ADD COLUMN approval TEXT",
    "ALTER TABLE campaigns ADD COLUMN approval_reason TEXT",
    "CREATE INDEX started_campaigns ON campaigns (account_id, campaign_id) WHERE status = 'started'",
    "ALTER TABLE campaign_records ADD COLUMN session_id TEXT",
    "CREATE INDEX records_by_status ON campaign_records (account_id, campaign_id, call_status, record_id)",
)
CAMPAIGN_RESULTS = (
    "ALTER TABLE campaign_records ADD COLUMN result TEXT",
    "ALTER TABLE campaign_records ADD COLUMN duration_s INTEGER",
)
CAMPAIGN_WAITS = ("ALTER TABLE campaigns ADD COLUMN waits_for TEXT",)
FORGOTTEN_RECORDS = (
    """
    CREATE TABLE forgotten_records (
        account_id TEXT NOT NULL,
        campaign_id TEXT NOT NULL,
        call_status TEXT NOT NULL,
        records INTEGER NOT NULL,
        PRIMARY KEY (account_id, campaign_id, call_status),
        FOREIGN KEY (account_id, campaign_id) REFERENCES campaigns
    )
    """,
)
CALLING_HOURS = ("ALTER TABLE campaigns ADD COLUMN calling_hours TEXT",)
SECOND_TRIES = (
    "ALTER TABLE campaigns ADD COLUMN tries TEXT",
    "ALTER TABLE campaign_records ADD COLUMN tries INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE campaign_records ADD COLUMN next_try_at REAL",
    "ALTER TABLE campaign_records ADD COLUMN earlier_session_id TEXT",
    "UPDATE campaign_records SET tries = 1 WHERE session_id IS NOT NULL",
    "CREATE INDEX records_never_called ON campaign_records (account_id, campaign_id, record_id)"
    " WHERE call_status = 'not_started' AND next_try_at IS NULL",
    "CREATE INDEX records_to_call_again ON campaign_records (account_id, campaign_id, next_try_at)"
    " WHERE call_status = 'not_started' AND next_try_at IS NOT NULL",
)
DO_NOT_CALL = (
    """
    CREATE TABLE do_not_call (
        account_id TEXT NOT NULL REFERENCES accounts,
        phone TEXT NOT NULL,
        since REAL NOT NULL,
        PRIMARY KEY (account_id, phone)
    )
    """,
)
"""Migrations (schema.py): never edited once they have been released."""
