"""The table of knowledge files."""

KNOWLEDGE = (
    """
    CREATE TABLE knowledge_files (
        account_id TEXT NOT NULL REFERENCES accounts,
        file_id TEXT NOT NULL,
        name TEXT NOT NULL,
        description TEXT NOT NULL,
        file_type TEXT NOT NULL,
        size_bytes INTEGER NOT NULL,
        created_at REAL NOT NULL,
        PRIMARY KEY (account_id, file_id)
    )
    """,
)
"""A migration (schema.py): never edited once it has been released."""
