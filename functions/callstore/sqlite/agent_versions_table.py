"""The table of agents' versions."""

AGENT_VERSIONS = (
    """
    CREATE TABLE agent_versions (
        account_id TEXT NOT NULL REFERENCES accounts,
        agent_id TEXT NOT NULL,
        number INTEGER NOT NULL,
        name TEXT NOT NULL,
        config TEXT NOT NULL,
        saved_at REAL NOT NULL,
        saved_by TEXT NOT NULL,
        PRIMARY KEY (account_id, agent_id, number)
    )
    """,
)
"""A migration (schema.py): never edited once it has been released."""
