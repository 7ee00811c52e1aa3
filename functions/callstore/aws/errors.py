"""boto3's errors as ours, in one place."""

import contextlib
from collections.abc import Iterator

from botocore.exceptions import BotoCoreError, ClientError

from callcore.errors import InvalidInput, StoreError

_RETRYABLE = frozenset(
    {
        "InternalServerError",
        "InternalFailure",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "ServiceUnavailable",
        "Throttling",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
_SERVERS_FAULT = 500
_TOO_LARGE = "size"
"""Stands in the message of every validation error about a size."""


@contextlib.contextmanager
def aws_errors() -> Iterator[None]:
    """Raises StoreError for what AWS answers, InvalidInput for what it will never take."""
    # The service's messages name tables and attributes, never values; ours name the code alone.
    try:
        yield
    except ClientError as error:
        code = str(error.response["Error"]["Code"])
        message = str(error.response["Error"].get("Message", ""))
        if code == "ValidationException" and _TOO_LARGE in message.lower():
            raise InvalidInput("a value is too large to store") from None
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        retryable = code in _RETRYABLE or status >= _SERVERS_FAULT
        raise StoreError(f"AWS refused a request: {code}", retryable=retryable) from error
    except BotoCoreError as error:
        raise StoreError(f"AWS cannot be reached: {type(error).__name__}", retryable=True) from error


def code_of(error: StoreError) -> str:
    """The code of AWS behind an error, or nothing."""
    response = getattr(error.__cause__, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))
