"""What a refusal of an OpenAI-compatible server means to us."""

import json
import re
from collections.abc import Mapping
from typing import Any

from callcore.errors import ProviderError, ProviderFailure
from media_worker.providers.vendor_http import failure_of_status, retry_after_s

OUT_OF_MONEY = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
"""Told with status 429, and no better a second later."""
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def error_of(body: bytes) -> Mapping[str, Any]:
    """The error that a refusal carries; what it looks like differs, so everything in it may be missing."""
    try:
        content = json.loads(body)
    except ValueError:
        return {}
    if not isinstance(content, dict):
        return {}
    error = content.get("error", content)
    return error if isinstance(error, dict) else {"message": str(error)}


def refusal(provider: str, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """The error of ours. Of theirs only the code is in it: their messages show parts of keys."""
    error = error_of(body)
    code = next((str(error[name]) for name in ("code", "type") if error.get(name)), "")
    failure = ProviderFailure.REJECTED if code in OUT_OF_MONEY else failure_of_status(status)
    detail = f"status {status}" + (f", {code}" if _CODE.fullmatch(code) else "")
    return ProviderError(provider, failure, detail, retry_after_s=retry_after_s(headers))
