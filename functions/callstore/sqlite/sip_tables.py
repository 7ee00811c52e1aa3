"""The tables of SIP addresses."""

SIP = (
    """
    CREATE TABLE sip_tokens (
        user_hash TEXT PRIMARY KEY,
        account_id TEXT NOT NULL REFERENCES accounts,
        session_id TEXT NOT NULL,
        call_id TEXT NOT NULL,
        expires_at REAL NOT NULL,
        invite TEXT
    )
    """,
    """
    CREATE TABLE sip_addresses (
        call_id TEXT PRIMARY KEY,
        account_id TEXT NOT NULL REFERENCES accounts,
        user TEXT NOT NULL UNIQUE,
        created_at REAL NOT NULL,
        agent_id TEXT,
        agent_config TEXT,
        metadata TEXT NOT NULL,
        include_metadata_in_prompt INTEGER NOT NULL,
        to_phone TEXT,
        sources TEXT NOT NULL,
        username TEXT,
        sealed_password TEXT
    )
    """,
    "CREATE INDEX sip_addresses_of_account ON sip_addresses (account_id, created_at)",
    "ALTER TABLE workers ADD COLUMN sip_host TEXT",
)
"""A migration (schema.py): never edited once it has been released."""
