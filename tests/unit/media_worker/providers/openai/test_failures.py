import json
from typing import Any

import pytest

from callcore.errors import ProviderFailure
from media_worker.providers.openai.failures import refusal

SECRET = "sk-…secret"


def body(**error: Any) -> bytes:
    return json.dumps({"error": {"message": f"Incorrect API key provided: {SECRET}", **error}}).encode()


@pytest.mark.parametrize(
    ("status", "content", "failure", "detail"),
    [
        (400, body(code="context_length_exceeded"), ProviderFailure.REJECTED, "context_length_exceeded"),
        (401, body(code="invalid_api_key"), ProviderFailure.REJECTED, "invalid_api_key"),
        (403, body(code=None, type="permission_error"), ProviderFailure.REJECTED, "permission_error"),
        (404, b"<html>", ProviderFailure.REJECTED, "status 404"),
        (408, b"", ProviderFailure.TIMEOUT, "status 408"),
        (429, body(code="rate_limit_exceeded"), ProviderFailure.RATE_LIMIT, "rate_limit_exceeded"),
        (429, body(code="insufficient_quota"), ProviderFailure.REJECTED, "insufficient_quota"),
        (500, b'"sorry"', ProviderFailure.UNAVAILABLE, "status 500"),
        (503, b'{"error":"busy"}', ProviderFailure.UNAVAILABLE, "status 503"),
        (504, b"", ProviderFailure.TIMEOUT, "status 504"),
        (400, body(code=f"a code that shows {SECRET}"), ProviderFailure.REJECTED, "status 400"),
    ],
)
def test_what_a_refusal_means(status: int, content: bytes, failure: ProviderFailure, detail: str) -> None:
    error = refusal("groq", status, {}, content)
    assert error.failure is failure
    assert detail in str(error)
    assert "secret" not in str(error)


@pytest.mark.parametrize(
    ("headers", "after_s"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after-ms": "150", "retry-after": "1"}, 0.15),
        ({"retry-after": "Fri, 20 Nov 2026 12:00:00 GMT"}, None),
    ],
)
def test_when_it_wants_to_be_asked_again(headers: dict[str, str], after_s: float | None) -> None:
    assert refusal("openai", 429, headers, b"").retry_after_s == after_s
