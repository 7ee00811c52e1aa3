"""The stores of the kernel on AWS: one DynamoDB table, SQS queues."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

from callcore.calls.ports import CallLog, CallStore, CheckpointStore
from callcore.clock import Clock
from callcore.ports import BlobStore
from callstore.aws.clients import aws_client
from callstore.aws.sqs import SqsQueue
from callstore.dynamo.accounts import DynamoAccountStore
from callstore.dynamo.agent_versions import DynamoAgentVersions
from callstore.dynamo.agents import DynamoAgentStore
from callstore.dynamo.allowance import DynamoAllowance
from callstore.dynamo.call_log import DynamoCallLog
from callstore.dynamo.calls import DynamoCallStore
from callstore.dynamo.campaigns import DynamoCampaignStore
from callstore.dynamo.console_sessions import DynamoConsoleSessions
from callstore.dynamo.deliveries import DynamoDeliveryStore
from callstore.dynamo.dial_list import DynamoDialList
from callstore.dynamo.disabled_webhooks import DynamoDisabledWebhooks
from callstore.dynamo.do_not_call import DynamoDoNotCall
from callstore.dynamo.idempotency import DynamoIdempotencyStore
from callstore.dynamo.knowledge import DynamoKnowledgeFiles
from callstore.dynamo.outbox import DynamoOutbox
from callstore.dynamo.phones import DynamoPhoneStore
from callstore.dynamo.sessions import DynamoCheckpointStore, DynamoUsedTokens
from callstore.dynamo.sip import DynamoSipStore
from callstore.dynamo.table import DynamoTable
from callstore.dynamo.usage import DynamoUsageLog
from callstore.dynamo.workers import DynamoWorkerRegistry
from callstore.long_chats import ChatBlobs, LongChatCalls, LongChatCheckpoints, LongChatLog


class AwsStores:
    """Every store of one table. Import it late: boto3 takes a tenth of a second and more."""

    def __init__(
        self,
        table_name: str,
        queue_urls: Mapping[str, str],
        clock: Clock,
        open_client: Callable[[str], Any] = aws_client,
        blobs: BlobStore | None = None,
        outbox_table: str = "",
    ) -> None:
        """`queue_urls` are those of the queues by our names for them; without `outbox_table` there is no outbox.

        Without `blobs` a chat that is too long for a row cannot be stored, and not be read where it was.
        """
        self._open_client = open_client
        self._dynamodb = open_client("dynamodb")
        self._queue_urls = queue_urls
        table = DynamoTable(self._dynamodb, table_name)
        self.accounts = self.credentials = self.directory = DynamoAccountStore(table)
        self.agents = self.agent_changes = DynamoAgentStore(table)
        self.agent_versions = DynamoAgentVersions(table)
        self.call_changes = DynamoCallStore(table)
        self.calls: CallStore = self.call_changes
        self.call_log: CallLog = DynamoCallLog(table)
        self.knowledge = DynamoKnowledgeFiles(table)
        self.phones = DynamoPhoneStore(table)
        self.campaigns = self.campaign_records = DynamoCampaignStore(table)
        self.dial_list = DynamoDialList(table, self.call_changes)
        self.do_not_call = DynamoDoNotCall(table)
        self.checkpoints: CheckpointStore = DynamoCheckpointStore(table)
        if blobs is not None:
            chats = ChatBlobs(blobs)
            self.call_log = LongChatLog(self.call_log, self.calls, chats)
            self.calls = LongChatCalls(self.calls, chats)
            self.checkpoints = LongChatCheckpoints(self.checkpoints, chats)
        self.idempotency = DynamoIdempotencyStore(table, clock)
        self.used_tokens = DynamoUsedTokens(table, clock)
        self.deliveries = self.delivery_log = DynamoDeliveryStore(table)
        self.outbox = DynamoOutbox(DynamoTable(self._dynamodb, outbox_table))
        self.day_totals = self.running_calls = DynamoAllowance(table)
        self.disabled_webhooks = DynamoDisabledWebhooks(table)
        self.usage_log = DynamoUsageLog(table)
        self.console_sessions = self.signed_in = DynamoConsoleSessions(table)
        self.sip_tokens = self.sip_addresses = DynamoSipStore(table)
        self.workers = DynamoWorkerRegistry(table, clock)

    def queue(self, name: str) -> SqsQueue:
        """The queue of that name."""
        return SqsQueue(self._sqs, self._queue_urls[name])

    @functools.cached_property
    def _sqs(self) -> Any:
        return self._open_client("sqs")

    def __enter__(self) -> "AwsStores":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Closing twice is fine."""
        self._dynamodb.close()
        if "_sqs" in self.__dict__:
            self._sqs.close()
