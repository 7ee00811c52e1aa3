"""AWS on loopback: moto as a server, one request at a time, so that its conditions and transactions are atomic."""

import copy
import functools
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any
from unittest import mock

from callcore.clock import Clock
from callstore.aws import AwsStores, aws_client

ENDPOINT = "AWS_ENDPOINT_URL"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": "127.0.0.1",
}


@functools.cache
def serve_aws() -> None:
    """Serve from a thread of this process for as long as it lives; it and its children find it by the environment."""
    # A child that only speaks to the server does not load it.
    from moto.dynamodb.models.table import Table
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    # Before a transaction moto copies the table, once for every write. Ours put and delete whole rows and update none,
    # so the rows themselves need no copy.
    Table.__deepcopy__ = _copy_of_table  # type: ignore[attr-defined]
    dispatcher = DomainDispatcherApplication(create_backend_app)
    turn = threading.Lock()

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with turn:
            return list(dispatcher(environ, start_response))

    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ.update(CREDENTIALS | {ENDPOINT: f"http://127.0.0.1:{server.server_port}"})


def _copy_of_table(table: Any, memo: object) -> Any:
    copied = copy.copy(table)
    copied.items = defaultdict(dict, {pk: dict(rows) for pk, rows in table.items.items()})
    return copied


def use_clock(clock: Clock) -> None:
    """From now on the queues of a server in this process hide their messages by this clock."""
    if serve_aws.cache_info().currsize:
        mock.patch("moto.sqs.models.unix_time_millis", side_effect=lambda: clock.unix_s() * 1000).start()


def create_table(name: str) -> None:
    """The table of infra/adr/0007, unless it is there."""
    client = aws_client("dynamodb")
    try:
        client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": at, "AttributeType": "S"} for at in ("PK", "SK")],
            BillingMode="PAY_PER_REQUEST",
        )
    except client.exceptions.ResourceInUseException:
        pass
    finally:
        client.close()


class AwsStoresOnDemand(AwsStores):
    """Stores whose table and queues exist as soon as they are asked for."""

    def __init__(self, table_name: str, clock: Clock) -> None:
        if ENDPOINT not in os.environ:
            serve_aws()
        use_clock(clock)
        create_table(table_name)
        super().__init__(table_name, _QueuesOnDemand(table_name), clock)


class _QueuesOnDemand(dict[str, str]):
    """URLs of queues, which are made when they are first asked for."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self._prefix = prefix

    def __missing__(self, name: str) -> str:
        client = aws_client("sqs")
        self[name] = str(client.create_queue(QueueName=f"{self._prefix}-{name}")["QueueUrl"])
        client.close()
        return self[name]
