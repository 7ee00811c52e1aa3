"""The table of the console's sessions."""

CONSOLE_SESSIONS = (
    """
    CREATE TABLE console_sessions (
        account_id TEXT NOT NULL REFERENCES accounts,
        session_hash TEXT NOT NULL,
        name TEXT NOT NULL,
        created_at REAL NOT NULL,
        seen_at REAL NOT NULL,
        key_hash TEXT,
        PRIMARY KEY (account_id, session_hash)
    )
    """,
)
"""A migration (schema.py): never edited once it has been released."""
