"""AWS on loopback: moto as a server, one request at a time, so that its conditions and transactions are atomic."""

import contextlib
import copy
import functools
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any
from unittest import mock

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from callcore.clock import Clock
from callstore.aws.clients import CLIENT_CONFIG, aws_client
from callstore.aws.stores import AwsStores
from tests.peers.iam import ROLES

ENDPOINT = "AWS_ENDPOINT_URL"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": "127.0.0.1",
}


_turn = threading.Lock()


@functools.cache
def serve_aws() -> None:
    """Serve from a thread of this process for as long as it lives; it and its children find it by the environment."""
    # A child that only speaks to the server does not load it.
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    _make_transactions_cheap()
    dispatcher = DomainDispatcherApplication(create_backend_app)

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with _turn:
            return list(dispatcher(environ, start_response))

    server = make_server("127.0.0.1", 0, ROLES.guard(application), threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ.update(CREDENTIALS | {ENDPOINT: f"http://127.0.0.1:{server.server_port}"})


Aws = Callable[[Any], AWSResponse]
"""Answers a prepared request of botocore."""
Network = Callable[[str, Any, Aws], AWSResponse]
"""Brings a request for an operation to AWS, and the answer back; raises what botocore raises for a connection."""


def client_in_process(service: str, network: Network = lambda _, request, aws: aws(request)) -> Any:
    """A client of the same AWS without a connection: a third of the work."""
    from moto.core.botocore_stubber import BotocoreStubber

    _make_transactions_cheap()
    os.environ.update(CREDENTIALS)
    client = boto3.client(service, config=CLIENT_CONFIG.merge(Config(ignore_configured_endpoint_urls=True)))
    stubber = BotocoreStubber()
    stubber.enabled = True

    def answer(request: Any, event_name: str, **_: Any) -> AWSResponse:
        def aws(request: Any) -> AWSResponse:
            with _turn:
                return stubber(event_name, request)

        return network(event_name.rpartition(".")[2], request, aws)

    client.meta.events.register("before-send", answer)
    return client


@functools.cache
def _make_transactions_cheap() -> None:
    # Before a transaction moto copies the table, once for every write. The rows themselves need no copy as long as what
    # updates one of them makes another: a transaction that is refused puts the old rows back.
    from moto.dynamodb.models import DynamoDBBackend
    from moto.dynamodb.models.dynamo_type import DynamoType
    from moto.dynamodb.models.table import Table

    update_item = DynamoDBBackend.update_item

    def update_a_copy(self: Any, table_name: str, key: dict[str, Any], *rest: Any, **named: Any) -> Any:
        table = self.get_table(table_name)
        place = DynamoType(key["PK"]), DynamoType(key["SK"])
        if (row := table.get_item(*place)) is not None:
            table.items[place[0]][place[1]] = copy.deepcopy(row)
        return update_item(self, table_name, key, *rest, **named)

    Table.__deepcopy__ = _copy_of_table  # type: ignore[attr-defined]
    DynamoDBBackend.update_item = update_a_copy  # type: ignore[method-assign]


def _copy_of_table(table: Any, memo: object) -> Any:
    copied = copy.copy(table)
    copied.items = defaultdict(dict, {pk: dict(rows) for pk, rows in table.items.items()})
    return copied


def use_clock(clock: Clock) -> None:
    """From now on the queues of this process hide and forget their messages by this clock."""
    began_s = time.monotonic()
    mock.patch("moto.sqs.models.unix_time_millis", side_effect=lambda: clock.unix_s() * 1000).start()
    # By this one they also wait for messages, which has to end where the clock stands still.
    mock.patch("moto.sqs.models.unix_time", side_effect=lambda: clock.unix_s() + time.monotonic() - began_s).start()


def create_table(client: Any, name: str) -> None:
    """The table of infra/adr/0007, unless it is there."""
    with contextlib.suppress(client.exceptions.ResourceInUseException):
        client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": at, "AttributeType": "S"} for at in ("PK", "SK")],
            BillingMode="PAY_PER_REQUEST",
        )


def outbox_of(table_name: str) -> str:
    """What the table of the outbox beside this one is called."""
    return f"{table_name}-outbox"


class AwsStoresOnDemand(AwsStores):
    """Stores behind a server, whose table and queues exist as soon as they are asked for."""

    def __init__(self, table_name: str, clock: Clock, open_client: Callable[[str], Any] = aws_client) -> None:
        if open_client is aws_client and ENDPOINT not in os.environ:
            serve_aws()
        outbox = outbox_of(table_name)
        super().__init__(table_name, _QueuesOnDemand(self, table_name), clock, open_client, outbox_table=outbox)
        for name in (table_name, outbox):
            create_table(self._dynamodb, name)


def stores_in_process(table_name: str, clock: Clock) -> AwsStoresOnDemand:
    """The same without a server: for this process alone, and the processes that a server of it serves."""
    use_clock(clock)
    return AwsStoresOnDemand(table_name, clock, client_in_process)


class _QueuesOnDemand(dict[str, str]):
    """URLs of queues, which are made when they are first asked for."""

    def __init__(self, stores: AwsStores, prefix: str) -> None:
        super().__init__()
        self._stores = stores
        self._prefix = prefix

    def __missing__(self, name: str) -> str:
        made = self._stores._sqs.create_queue(QueueName=f"{self._prefix}-{name}")
        self[name] = str(made["QueueUrl"])
        return self[name]
