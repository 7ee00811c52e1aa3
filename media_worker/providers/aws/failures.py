"""What the exceptions of AWS services mean to us: they tell by their names, whatever the status is."""

import json
from collections.abc import Mapping

from callcore.errors import ProviderError, ProviderFailure
from media_worker.providers.vendor_http import failure_of_status, retry_after_s

_BY_NAME: Mapping[str, ProviderFailure] = {
    "throttling": ProviderFailure.RATE_LIMIT,
    "toomanyrequests": ProviderFailure.RATE_LIMIT,
    "servicequotaexceeded": ProviderFailure.RATE_LIMIT,
    "limitexceeded": ProviderFailure.RATE_LIMIT,
    "modeltimeout": ProviderFailure.TIMEOUT,
    "modelnotready": ProviderFailure.UNAVAILABLE,
    "modelerror": ProviderFailure.UNAVAILABLE,
    "modelstreamerror": ProviderFailure.UNAVAILABLE,
    "serviceunavailable": ProviderFailure.UNAVAILABLE,
    "internalserver": ProviderFailure.UNAVAILABLE,
    "internalfailure": ProviderFailure.UNAVAILABLE,
    "validation": ProviderFailure.REJECTED,
    "accessdenied": ProviderFailure.REJECTED,
    "resourcenotfound": ProviderFailure.REJECTED,
}
"""Without "Exception", in lower case: inside a stream they are written in another way than before it."""


def failure_of(exception: str, status: int) -> ProviderFailure:
    """What an exception means; one that is not known, what its status means."""
    name = exception.lower().removesuffix("exception")
    return _BY_NAME.get(name) or failure_of_status(status)


def exception_of(headers: Mapping[str, str]) -> str:
    """The name of the exception that a refusal carries; its header may hold an address behind it."""
    name = headers.get("x-amzn-errortype", "").split(":")[0].rpartition("#")[2]
    return name if name.isalnum() else ""


def refusal(provider: str, status: int, headers: Mapping[str, str]) -> ProviderError:
    """The error of ours. Their messages name accounts and roles: nothing of them is in it."""
    name = exception_of(headers)
    detail = f"status {status}" + (f", {name}" if name else "")
    return ProviderError(provider, failure_of(name, status), detail, retry_after_s=retry_after_s(headers))


def message_of(body: bytes) -> str:
    """What a refusal says; not to be told to anybody."""
    try:
        content = json.loads(body)
    except ValueError:
        return ""
    said = content.get("message") or content.get("Message") if isinstance(content, dict) else ""
    return str(said or "")
