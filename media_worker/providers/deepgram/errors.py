"""What it means that Deepgram closes (providers.md 2.1). Only its codes are told: its texts may quote what we sent."""

import re

from callcore.errors import ProviderError, ProviderFailure

VENDOR = "deepgram"
_CODE = re.compile(r"[A-Z]{2,10}-\d{4}")
_MEANING = {
    "DATA-0000": ProviderFailure.REJECTED,
    "NET-0000": ProviderFailure.TIMEOUT,
    "NET-0001": ProviderFailure.TIMEOUT,
}


def closed(code: int | None, reason: str) -> ProviderError:
    """The connection was closed, or lost when there is no code."""
    if code is None:
        return ProviderError(VENDOR, ProviderFailure.UNAVAILABLE, "the connection was lost")
    found = _CODE.search(reason)
    name = found.group() if found else ""
    default = ProviderFailure.REJECTED if code in (1007, 1008) else ProviderFailure.UNAVAILABLE
    return ProviderError(VENDOR, _MEANING.get(name, default), f"closed with {code} {name}".rstrip())


def fatal() -> ProviderError:
    """It could not make sense of a message of ours."""
    return ProviderError(VENDOR, ProviderFailure.REJECTED, "it refused a message")
