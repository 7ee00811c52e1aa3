"""AWS on a bad day: it throttles, loses requests and replies, refuses transactions and leaves half of a batch undone.

Stands where the network would be, between boto3 and moto. What moto does not know it adds: a transaction that comes
again with its token is not done again (API reference of DynamoDB, TransactWriteItems), and an upload that is complete
is none any more (that of S3, CompleteMultipartUpload: NoSuchUpload).
"""

import io
import json
import random
import threading
from collections.abc import Callable, Iterator
from enum import Enum, auto
from types import SimpleNamespace
from typing import Any
from unittest import mock

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from callcore.clock import Clock
from tests.peers.aws import Aws, AwsStoresOnDemand, client_in_process, use_clock


class Trouble(Enum):
    """What becomes of one request."""

    NONE = auto()
    THROTTLED = auto()
    UNAVAILABLE = auto()
    """It is answered with 500 and not done."""
    LOST = auto()
    REPLY_LOST = auto()
    """It is done, and nobody hears of it."""
    FAILED_AFTER = auto()
    """It is done, and answered with 500."""
    DONE_BY_HALF = auto()
    """Of a batch; a transaction meets another one and is not done. Any other request is done."""


Choose = Callable[[str, int], Trouble]
"""What becomes of a request for an operation, which is sent for the so-many-th time."""

_SETUP = frozenset({"CreateTable", "CreateQueue"})
_THROTTLES = {"dynamodb": (400, "ProvisionedThroughputExceededException"), "sqs": (403, "RequestThrottled")}
_LEFT_OF = {"BatchGetItem": "UnprocessedKeys", "BatchWriteItem": "UnprocessedItems"}
_LAST_TRY = 3
_BEFORE = (Trouble.THROTTLED, Trouble.UNAVAILABLE, Trouble.LOST)
_TROUBLES = (*_BEFORE, Trouble.REPLY_LOST, Trouble.FAILED_AFTER, Trouble.DONE_BY_HALF)
_AT_LEAST_ONCE = frozenset({"SendMessage", "ReceiveMessage"})
"""What is done twice when its reply is lost, which a queue may do."""


class BadDay:
    """Troubles at random, though boto3's last try of a request works."""

    def __init__(self, seed: int, share: float = 0.25) -> None:
        self._random = random.Random(seed)
        self._share = share

    def __call__(self, operation: str, attempt: int) -> Trouble:
        if attempt == _LAST_TRY or self._random.random() > self._share:
            return Trouble.NONE
        return self._random.choice(_BEFORE if operation in _AT_LEAST_ONCE else _TROUBLES)


class UnreliableNetwork:
    """The network in front of the clients of one store."""

    def __init__(self, choose: Choose) -> None:
        self.choose = choose
        self.requests: list[str] = []
        """The operations of what was sent, every try of it."""
        self._transactions: dict[str, bytes] = {}
        """What was answered to those that are done, by their tokens."""
        self._completed: set[str] = set()
        """Uploads, by their addresses."""
        self._turn = threading.Lock()

    def client(self, service: str) -> Any:
        """A client that must get along with it."""
        return client_in_process(
            service, lambda operation, request, aws: self._brought(service, operation, request, aws)
        )

    def _brought(self, service: str, operation: str, request: Any, aws: Aws) -> AWSResponse:
        if operation in _SETUP:
            return aws(request)
        self.requests.append(operation)
        trouble = self.choose(operation, int(_header(request, "amz-sdk-request").partition("attempt=")[2][0]))
        if trouble is Trouble.LOST:
            raise ConnectTimeoutError(endpoint_url=request.url)
        if trouble is Trouble.THROTTLED:
            return _error(request, service, *_THROTTLES[service])
        if trouble is Trouble.UNAVAILABLE:
            return _error(request, service, 500, "InternalServerError")
        done = self._done(operation, request, aws, whole=trouble is not Trouble.DONE_BY_HALF)
        if trouble is Trouble.REPLY_LOST:
            raise ReadTimeoutError(endpoint_url=request.url)
        if trouble is Trouble.FAILED_AFTER:
            return _error(request, service, 500, "InternalServerError")
        return done

    def _done(self, operation: str, request: Any, aws: Aws, *, whole: bool) -> AWSResponse:
        if operation in _LEFT_OF and not whole:
            return _half(request, _LEFT_OF[operation], aws)
        if operation == "CompleteMultipartUpload":
            if request.url in self._completed:
                return _reply(request, 404, b"<Error><Code>NoSuchUpload</Code></Error>")
            self._completed.add(request.url)
        if operation != "TransactWriteItems":
            return aws(request)
        token = json.loads(request.body)["ClientRequestToken"]
        with self._turn:
            if token not in self._transactions:
                if not whole:
                    return _conflict(request)
                reply = aws(request)
                if reply.status_code != 200:
                    return reply
                self._transactions[token] = reply.content
            return _reply(request, 200, self._transactions[token])


def unreliable_stores(table_name: str, clock: Clock, choose: Choose) -> tuple[AwsStoresOnDemand, UnreliableNetwork]:
    """Stores of this process on such a day, and the network between."""
    mock.patch("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None)).start()
    use_clock(clock)
    network = UnreliableNetwork(choose)
    return AwsStoresOnDemand(table_name, clock, network.client), network


class _Raw(io.BytesIO):
    """A body as botocore reads it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _header(request: Any, name: str) -> str:
    value = request.headers[name]
    return value.decode() if isinstance(value, bytes) else str(value)


def _reply(request: Any, status: int, body: bytes, **headers: str) -> AWSResponse:
    return AWSResponse(request.url, status, headers, _Raw(body))


def _error(request: Any, service: str, status: int, code: str) -> AWSResponse:
    body = json.dumps({"__type": f"com.amazonaws.{service}#{code}", "message": "a bad day"})
    return AWSResponse(request.url, status, {"x-amzn-query-error": f"{code};Sender"}, _Raw(body.encode()))


def _conflict(request: Any) -> AWSResponse:
    count = len(json.loads(request.body)["TransactItems"])
    reasons = [{"Code": "TransactionConflict"}, *[{"Code": "None"}] * (count - 1)]
    body = {
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "CancellationReasons": reasons,
        "message": "Transaction cancelled",
    }
    return _reply(request, 400, json.dumps(body).encode())


def _half(request: Any, left_name: str, aws: Aws) -> AWSResponse:
    """Half of a batch is done, none of a single one, and the rest is given back."""
    asked = json.loads(request.body)
    (table, items), *_ = asked["RequestItems"].items()
    entries = items["Keys"] if isinstance(items, dict) else items
    middle = len(entries) // 2

    def part(chosen: list[Any]) -> Any:
        return {table: items | {"Keys": chosen} if isinstance(items, dict) else chosen} if chosen else {}

    told: dict[str, Any] = {"Responses": {table: []}}
    if middle:
        request.body = json.dumps(asked | {"RequestItems": part(entries[:middle])}).encode()
        told = json.loads(aws(request).content)
    return _reply(request, 200, json.dumps(told | {left_name: part(entries[middle:])}).encode())
