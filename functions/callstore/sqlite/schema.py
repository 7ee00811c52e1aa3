"""The tables of the SQLite store, as numbered migrations.

`PRAGMA user_version` holds the number of the last one applied. A migration that has been released is
never edited; a change of the tables is a new one at the end.
"""

import sqlite3
from collections.abc import Sequence

from callcore.errors import StoreError
from callstore.sqlite.agent_versions_table import AGENT_VERSIONS
from callstore.sqlite.campaign_tables import (
    CALLING_HOURS,
    CAMPAIGN_RESULTS,
    CAMPAIGN_WAITS,
    CAMPAIGNS_THAT_DIAL,
    DO_NOT_CALL,
    FORGOTTEN_RECORDS,
    SECOND_TRIES,
)
from callstore.sqlite.console_sessions_table import CONSOLE_SESSIONS
from callstore.sqlite.knowledge_table import KNOWLEDGE
from callstore.sqlite.sip_tables import SIP
from callstore.sqlite.usage_table import DAY_USAGE

_FIRST = (
    """
    CREATE TABLE accounts (
        account_id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        created_at REAL NOT NULL,
        embed_secret TEXT NOT NULL,
        status TEXT NOT NULL,
        max_concurrent_calls INTEGER NOT NULL,
        max_call_duration_s INTEGER NOT NULL
    )
    """,
    """
    CREATE TABLE keys (
        key_hash TEXT PRIMARY KEY,
        account_id TEXT NOT NULL REFERENCES accounts,
        kind TEXT NOT NULL,
        label TEXT NOT NULL,
        hint TEXT NOT NULL,
        created_at REAL NOT NULL,
        policy TEXT NOT NULL,
        revoked_at REAL
    )
    """,
    """
    CREATE TABLE agents (
        account_id TEXT NOT NULL REFERENCES accounts,
        agent_id TEXT NOT NULL,
        name TEXT NOT NULL,
        config TEXT NOT NULL,
        created_at REAL NOT NULL,
        PRIMARY KEY (account_id, agent_id)
    )
    """,
    # `live` is kept beside `status` so that the sweeper's index holds the live calls only.
    """
    CREATE TABLE calls (
        session_id TEXT PRIMARY KEY,
        call_id TEXT NOT NULL,
        account_id TEXT NOT NULL REFERENCES accounts,
        status TEXT NOT NULL,
        live INTEGER NOT NULL,
        started_at REAL NOT NULL,
        agent_id TEXT,
        agent_config TEXT NOT NULL,
        metadata TEXT NOT NULL,
        worker_id TEXT,
        duration_s INTEGER,
        chat TEXT,
        chars_used INTEGER,
        function_calls TEXT NOT NULL,
        voip TEXT,
        error_message TEXT
    )
    """,
    "CREATE INDEX live_calls ON calls (started_at) WHERE live",
    """
    CREATE TABLE checkpoints (
        session_id TEXT PRIMARY KEY REFERENCES calls,
        saved_at REAL NOT NULL,
        chat TEXT NOT NULL,
        chars_used INTEGER NOT NULL
    )
    """,
    "CREATE TABLE workers (worker_id TEXT PRIMARY KEY, beat_at REAL NOT NULL)",
    """
    CREATE TABLE used_tokens (
        account_id TEXT NOT NULL REFERENCES accounts,
        jti TEXT NOT NULL,
        expires_at REAL NOT NULL,
        PRIMARY KEY (account_id, jti)
    )
    """,
    """
    CREATE TABLE messages (
        message_id INTEGER PRIMARY KEY,
        queue TEXT NOT NULL,
        body TEXT NOT NULL,
        visible_at REAL NOT NULL,
        attempt INTEGER NOT NULL,
        receipt TEXT
    )
    """,
    "CREATE INDEX visible_messages ON messages (queue, visible_at)",
    "CREATE INDEX message_receipts ON messages (receipt)",
)

_CONTROL_PLANE = (
    "ALTER TABLE agents ADD COLUMN status TEXT NOT NULL DEFAULT 'active'",
    "ALTER TABLE agents ADD COLUMN embed TEXT",
    "CREATE INDEX account_keys ON keys (account_id, created_at)",
    "ALTER TABLE calls ADD COLUMN position INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE calls ADD COLUMN from_phone TEXT",
    "ALTER TABLE calls ADD COLUMN to_phone TEXT",
    "ALTER TABLE calls ADD COLUMN include_metadata_in_prompt INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX calls_by_call_id ON calls (account_id, call_id)",
    "UPDATE calls SET from_phone = json_extract(voip, '$.from'), to_phone = json_extract(voip, '$.to')",
    # Calls of the same microsecond get places one after the other (callcore.calls.log).
    """
    UPDATE calls SET position = placed.position FROM (
        SELECT
            session_id,
            number + max(began - number) OVER (
                PARTITION BY account_id ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ) AS position
        FROM (
            SELECT
                session_id,
                account_id,
                CAST(round(started_at * 1000000) AS INTEGER) AS began,
                row_number() OVER (PARTITION BY account_id ORDER BY started_at, session_id) AS number
            FROM calls
        )
    ) AS placed
    WHERE placed.session_id = calls.session_id
    """,
    "CREATE UNIQUE INDEX calls_by_time ON calls (account_id, position)",
    # What follows `position` lets a page be found without reading the long rows.
    "CREATE INDEX calls_by_agent ON calls (account_id, agent_id, position, status)",
    "CREATE INDEX calls_by_status ON calls (account_id, status, position, agent_id)",
    "CREATE INDEX calls_by_caller ON calls (account_id, from_phone, position, agent_id, status)"
    " WHERE from_phone IS NOT NULL",
    "CREATE INDEX calls_by_callee ON calls (account_id, to_phone, position, agent_id, status)"
    " WHERE to_phone IS NOT NULL",
    """
    CREATE TABLE phones (
        account_id TEXT NOT NULL REFERENCES accounts,
        number TEXT NOT NULL,
        created_at REAL NOT NULL,
        carrier TEXT NOT NULL,
        country TEXT,
        region TEXT,
        agent_id TEXT,
        agent_config_override TEXT,
        tags TEXT NOT NULL,
        PRIMARY KEY (account_id, number)
    )
    """,
    """
    CREATE TABLE campaigns (
        account_id TEXT NOT NULL REFERENCES accounts,
        campaign_id TEXT NOT NULL,
        name TEXT NOT NULL,
        created_at REAL NOT NULL,
        status TEXT NOT NULL,
        caller TEXT,
        include_metadata_in_prompt INTEGER NOT NULL,
        PRIMARY KEY (account_id, campaign_id)
    )
    """,
    """
    CREATE TABLE campaign_records (
        record_id INTEGER PRIMARY KEY,
        account_id TEXT NOT NULL,
        campaign_id TEXT NOT NULL,
        phone TEXT NOT NULL,
        metadata TEXT NOT NULL,
        call_status TEXT NOT NULL,
        UNIQUE (account_id, campaign_id, phone),
        FOREIGN KEY (account_id, campaign_id) REFERENCES campaigns
    )
    """,
    """
    CREATE TABLE keyed_requests (
        account_id TEXT NOT NULL REFERENCES accounts,
        key TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        reply TEXT,
        expires_at REAL NOT NULL,
        PRIMARY KEY (account_id, key)
    )
    """,
    "CREATE INDEX old_keyed_requests ON keyed_requests (expires_at)",
)

_RECORDINGS = ("ALTER TABLE calls ADD COLUMN recording TEXT",)

_WORKERS = (
    "ALTER TABLE workers ADD COLUMN free_slots INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE workers ADD COLUMN url TEXT",
    "CREATE TABLE reservations (session_id TEXT PRIMARY KEY, worker_id TEXT NOT NULL, until REAL NOT NULL)",
)

_NOTES = ("ALTER TABLE calls ADD COLUMN notes TEXT NOT NULL DEFAULT '[]'",)
_USAGE = ("ALTER TABLE calls ADD COLUMN usage TEXT NOT NULL DEFAULT '[]'",)

_ANALYSES = ("ALTER TABLE calls ADD COLUMN call_analysis TEXT",)
_WEBHOOKS = (
    "ALTER TABLE accounts ADD COLUMN webhook_secrets TEXT NOT NULL DEFAULT '[]'",
    """
    CREATE TABLE webhook_deliveries (
        delivery_id TEXT NOT NULL,
        account_id TEXT NOT NULL REFERENCES accounts,
        session_id TEXT NOT NULL,
        created_at REAL NOT NULL,
        due_at REAL NOT NULL,
        state TEXT NOT NULL,
        failures INTEGER NOT NULL,
        attempts TEXT NOT NULL,
        PRIMARY KEY (account_id, delivery_id)
    )
    """,
    "CREATE INDEX due_deliveries ON webhook_deliveries (due_at) WHERE state = 'pending'",
    "CREATE INDEX deliveries_of_account ON webhook_deliveries (account_id, state, created_at)",
)

_METRICS = (
    "ALTER TABLE calls ADD COLUMN call_metrics TEXT",
    "ALTER TABLE checkpoints ADD COLUMN call_metrics TEXT NOT NULL DEFAULT '{}'",
)

_COSTS = (
    "ALTER TABLE calls ADD COLUMN cost_breakdown TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE accounts ADD COLUMN discount_percent TEXT NOT NULL DEFAULT '0'",
)

_ALLOWANCES = (
    "ALTER TABLE accounts ADD COLUMN max_minutes_per_day INTEGER",
    "ALTER TABLE accounts ADD COLUMN max_spend_per_day INTEGER",
    """
    CREATE TABLE day_totals (
        account_id TEXT NOT NULL,
        key_id TEXT NOT NULL,
        day TEXT NOT NULL,
        call_ms INTEGER NOT NULL,
        microcents INTEGER NOT NULL,
        PRIMARY KEY (account_id, key_id, day)
    )
    """,
    """
    CREATE TABLE running_calls (
        account_id TEXT NOT NULL,
        session_id TEXT NOT NULL,
        key_id TEXT NOT NULL,
        since REAL NOT NULL,
        until REAL NOT NULL,
        PRIMARY KEY (account_id, session_id)
    )
    """,
)
_CONNECTED_PHONES = (
    "ALTER TABLE phones ADD COLUMN sealed_account TEXT",
    "ALTER TABLE phones ADD COLUMN previous TEXT",
)
_DISABLED_WEBHOOKS = (
    """
    CREATE TABLE disabled_webhooks (
        account_id TEXT NOT NULL REFERENCES accounts,
        url TEXT NOT NULL,
        disabled_at REAL NOT NULL,
        PRIMARY KEY (account_id, url)
    )
    """,
)

_PRIVATE_REPORTS = (
    """
    CREATE TABLE sealed_reports (
        account_id TEXT NOT NULL,
        session_id TEXT NOT NULL,
        sealed BLOB NOT NULL,
        expires_at REAL NOT NULL,
        PRIMARY KEY (account_id, session_id)
    )
    """,
    "CREATE INDEX expired_reports ON sealed_reports (expires_at)",
    "ALTER TABLE webhook_deliveries ADD COLUMN private INTEGER NOT NULL DEFAULT 0",
)
_AFTER_CALLS = (
    "ALTER TABLE checkpoints ADD COLUMN after_call TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE webhook_deliveries ADD COLUMN result TEXT NOT NULL DEFAULT ''",
)

_RETENTION = ("ALTER TABLE accounts ADD COLUMN retention_days INTEGER",)

_CONTINUATIONS = (
    "ALTER TABLE calls ADD COLUMN continues TEXT",
    "ALTER TABLE calls ADD COLUMN opened_by TEXT",
)

_VENDOR_KEYS = ("ALTER TABLE accounts ADD COLUMN vendor_keys TEXT NOT NULL DEFAULT '{}'",)
_VISITOR_NAMES = ("ALTER TABLE calls ADD COLUMN visitor_names TEXT",)

_UPGRADE_CHECKS = ("ALTER TABLE phones ADD COLUMN sealed_check TEXT",)

MIGRATIONS: Sequence[Sequence[str]] = (
    _FIRST,
    _CONTROL_PLANE,
    _RECORDINGS,
    _WORKERS,
    _NOTES,
    _USAGE,
    _ANALYSES,
    _METRICS,
    _WEBHOOKS,
    _COSTS,
    _ALLOWANCES,
    _CONNECTED_PHONES,
    _DISABLED_WEBHOOKS,
    _PRIVATE_REPORTS,
    _RETENTION,
    _AFTER_CALLS,
    _CONTINUATIONS,
    _VENDOR_KEYS,
    DAY_USAGE,
    CONSOLE_SESSIONS,
    _UPGRADE_CHECKS,
    _VISITOR_NAMES,
    SIP,
    AGENT_VERSIONS,
    KNOWLEDGE,
    CAMPAIGNS_THAT_DIAL,
    CAMPAIGN_RESULTS,
    CAMPAIGN_WAITS,
    FORGOTTEN_RECORDS,
    CALLING_HOURS,
    SECOND_TRIES,
    DO_NOT_CALL,
)
"""Each a sequence of statements; the first takes an empty file to version 1."""


def migrate(connection: sqlite3.Connection, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Bring the tables to the newest version, all or nothing; several processes may do so at once.

    Raises StoreError when the file was written by newer code.
    """
    if _version(connection) == len(migrations):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)  # another process may have migrated while we waited for the lock
        if version > len(migrations):
            raise StoreError(
                f"the database has version {version} and this release knows {len(migrations)}: it was written by a "
                "newer release; start that one, or name another data directory",
                retryable=False,
            )
        for statements in migrations[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
