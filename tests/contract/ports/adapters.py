"""The adapters that must keep the promises of the ports of callcore. To join, an adapter adds one line to ADAPTERS."""

import hashlib
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from callcore.accounts.console_sessions import ConsoleSessions, SignedIn
from callcore.accounts.ports import AccountDirectory, AccountStore, Credentials, UsedTokens
from callcore.agents.ports import AgentChanges, AgentStore
from callcore.agents.versions import AgentVersions
from callcore.billing.ports import DayTotals, RunningCalls
from callcore.billing.usage_log import UsageLog
from callcore.calls.ports import CallLog, CallStore, CheckpointStore
from callcore.campaigns.ports import CampaignRecords, CampaignStore, DialList, DoNotCall
from callcore.clock import Clock
from callcore.deliveries.outbox import Outbox
from callcore.deliveries.ports import DeliveryLog, DeliveryStore, DisabledWebhooks
from callcore.knowledge.ports import KnowledgeFiles
from callcore.phones.ports import PhoneStore, SipAddresses, SipTokens
from callcore.ports import IdempotencyStore, Queue
from callcore.telephony.ports import CallChanges
from callcore.workers.ports import WorkerRegistry
from callstore.sqlite.stores import SqliteStores
from tests.contract.ports.chats_in_blobs import ChatsInBlobs
from tests.peers.aws import AwsStoresOnDemand, stores_in_process
from tests.peers.unreliable_aws import BadDay, unreliable_stores


class Stores(Protocol):
    """What an adapter offers: one object per port, over the same storage."""

    @property
    def accounts(self) -> AccountStore: ...
    @property
    def directory(self) -> AccountDirectory: ...
    @property
    def credentials(self) -> Credentials: ...
    @property
    def agents(self) -> AgentStore: ...
    @property
    def agent_changes(self) -> AgentChanges: ...
    @property
    def agent_versions(self) -> AgentVersions: ...
    @property
    def calls(self) -> CallStore: ...
    @property
    def call_changes(self) -> CallChanges: ...
    @property
    def call_log(self) -> CallLog: ...
    @property
    def knowledge(self) -> KnowledgeFiles: ...
    @property
    def phones(self) -> PhoneStore: ...
    @property
    def campaigns(self) -> CampaignStore: ...
    @property
    def campaign_records(self) -> CampaignRecords: ...
    @property
    def dial_list(self) -> DialList: ...
    @property
    def do_not_call(self) -> DoNotCall: ...
    @property
    def idempotency(self) -> IdempotencyStore: ...
    @property
    def checkpoints(self) -> CheckpointStore: ...
    @property
    def used_tokens(self) -> UsedTokens: ...
    @property
    def deliveries(self) -> DeliveryStore: ...
    @property
    def delivery_log(self) -> DeliveryLog: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def day_totals(self) -> DayTotals: ...
    @property
    def running_calls(self) -> RunningCalls: ...
    @property
    def disabled_webhooks(self) -> DisabledWebhooks: ...
    @property
    def usage_log(self) -> UsageLog: ...
    @property
    def console_sessions(self) -> ConsoleSessions: ...
    @property
    def signed_in(self) -> SignedIn: ...
    @property
    def sip_tokens(self) -> SipTokens: ...
    @property
    def sip_addresses(self) -> SipAddresses: ...
    @property
    def workers(self) -> WorkerRegistry: ...
    def queue(self, name: str) -> Queue: ...
    def close(self) -> None: ...


Opener = Callable[[Path, Clock], Stores]
"""Opens the storage kept under a directory; a second opening, also in another process, sees the same rows."""


def _table_name(directory: Path) -> str:
    return hashlib.sha256(str(directory).encode()).hexdigest()[:32]


def _on_sqlite(directory: Path, clock: Clock) -> Stores:
    return SqliteStores(directory / "parley.db", clock)


def _on_a_bad_day(directory: Path, clock: Clock) -> Stores:
    table = _table_name(directory)
    return unreliable_stores(table, clock, BadDay(seed=zlib.crc32(directory.name.encode())))[0]


ADAPTERS: Mapping[str, Opener] = {
    "aws": lambda directory, clock: stores_in_process(_table_name(directory), clock),
    "chats in blobs": ChatsInBlobs,
    "sqlite": _on_sqlite,
    "unreliable aws": _on_a_bad_day,
}
ADAPTERS_OF_CHILDREN: Mapping[str, Opener] = {
    "aws": lambda directory, clock: AwsStoresOnDemand(_table_name(directory), clock),
    "chats in blobs": ChatsInBlobs,
    "sqlite": _on_sqlite,
    "unreliable aws": lambda directory, clock: AwsStoresOnDemand(_table_name(directory), clock),
}
"""The same storage, seen from a process that was started by `start_writer`."""
