"""The stores of the kernel on one SQLite file."""

from pathlib import Path

from callcore.clock import Clock
from callstore.sqlite.accounts import SqliteAccountStore
from callstore.sqlite.agent_versions import SqliteAgentVersions
from callstore.sqlite.agents import SqliteAgentStore
from callstore.sqlite.allowance import SqliteAllowance
from callstore.sqlite.call_log import SqliteCallLog
from callstore.sqlite.calls import SqliteCallStore
from callstore.sqlite.campaigns import SqliteCampaignStore
from callstore.sqlite.console_sessions import SqliteConsoleSessions
from callstore.sqlite.database import SqliteDatabase
from callstore.sqlite.deliveries import SqliteDeliveryStore
from callstore.sqlite.dial_list import SqliteDialList
from callstore.sqlite.disabled_webhooks import SqliteDisabledWebhooks
from callstore.sqlite.do_not_call import SqliteDoNotCall
from callstore.sqlite.idempotency import SqliteIdempotencyStore
from callstore.sqlite.knowledge import SqliteKnowledgeFiles
from callstore.sqlite.outbox import SqliteOutbox
from callstore.sqlite.phones import SqlitePhoneStore
from callstore.sqlite.queue import SqliteQueue
from callstore.sqlite.sessions import SqliteCheckpointStore, SqliteUsedTokens
from callstore.sqlite.sip import SqliteSipStore
from callstore.sqlite.usage import SqliteUsageLog
from callstore.sqlite.workers import SqliteWorkerRegistry


class SqliteStores:
    """Every store of one file. Call `close` (or leave the `with` block) when done."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Open or create the file. Raises StoreError."""
        self._database = SqliteDatabase(path)
        self._clock = clock
        self.accounts = self.credentials = self.directory = SqliteAccountStore(self._database)
        self.agents = self.agent_changes = SqliteAgentStore(self._database)
        self.agent_versions = SqliteAgentVersions(self._database)
        self.calls = self.call_changes = SqliteCallStore(self._database)
        self.call_log = SqliteCallLog(self._database)
        self.knowledge = SqliteKnowledgeFiles(self._database)
        self.phones = SqlitePhoneStore(self._database)
        self.campaigns = self.campaign_records = SqliteCampaignStore(self._database)
        self.dial_list = SqliteDialList(self._database)
        self.do_not_call = SqliteDoNotCall(self._database)
        self.checkpoints = SqliteCheckpointStore(self._database)
        self.idempotency = SqliteIdempotencyStore(self._database, clock)
        self.used_tokens = SqliteUsedTokens(self._database, clock)
        self.deliveries = self.delivery_log = SqliteDeliveryStore(self._database)
        self.outbox = SqliteOutbox(self._database)
        self.day_totals = self.running_calls = SqliteAllowance(self._database)
        self.disabled_webhooks = SqliteDisabledWebhooks(self._database)
        self.usage_log = SqliteUsageLog(self._database)
        self.console_sessions = self.signed_in = SqliteConsoleSessions(self._database)
        self.sip_tokens = self.sip_addresses = SqliteSipStore(self._database)
        self.workers = SqliteWorkerRegistry(self._database)

    def queue(self, name: str) -> SqliteQueue:
        """The queue of that name."""
        return SqliteQueue(self._database, name, self._clock)

    def close(self) -> None:
        """Closing twice is fine."""
        self._database.close()

    def __enter__(self) -> "SqliteStores":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
