"""The queue port on SQS."""

import math
from collections.abc import Sequence
from typing import Any

from callcore.errors import InvalidInput, StoreError
from callcore.ports import MAX_MESSAGE_BYTES, Delivery
from callstore.aws.errors import aws_errors, code_of

_MOST_AT_ONCE = 10
_LONGEST_VISIBILITY_S = 12 * 3600
_NO_SUCH_RECEIPT = frozenset({"ReceiptHandleIsInvalid", "InvalidParameterValue"})
_NOT_SENDABLE = frozenset({"InvalidMessageContents", "MissingParameter", "InvalidParameterValue"})


class SqsQueue:
    """Queue. Visibility counts in whole seconds here."""

    def __init__(self, client: Any, url: str) -> None:
        """`client` is boto3's of SQS."""
        self._client = client
        self._url = url

    def send(self, body: str) -> None:
        """Returns when the message is durable. Raises InvalidInput above MAX_MESSAGE_BYTES."""
        if len(body.encode(errors="surrogatepass")) > MAX_MESSAGE_BYTES:
            raise InvalidInput(f"a queue message is larger than {MAX_MESSAGE_BYTES} bytes")
        try:
            with aws_errors():
                self._client.send_message(QueueUrl=self._url, MessageBody=body)
        except StoreError as error:
            if code_of(error) in _NOT_SENDABLE:
                raise InvalidInput("a queue message is empty or holds characters that XML cannot") from None
            raise

    def receive(self, limit: int, visibility_s: float) -> Sequence[Delivery]:
        """At most `limit` messages (never more than ten), hidden from others for `visibility_s` seconds."""
        with aws_errors():
            reply = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(limit, _MOST_AT_ONCE),
                VisibilityTimeout=min(math.ceil(visibility_s), _LONGEST_VISIBILITY_S),
                WaitTimeSeconds=0,
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
            )
        return [
            Delivery(found["ReceiptHandle"], found["Body"], int(found["Attributes"]["ApproximateReceiveCount"]))
            for found in reply.get("Messages", ())
        ]

    def delete(self, receipt: str) -> None:
        """The message is dealt with."""
        try:
            with aws_errors():
                self._client.delete_message(QueueUrl=self._url, ReceiptHandle=receipt)
        except StoreError as error:
            if code_of(error) not in _NO_SUCH_RECEIPT:
                raise
