"""Vonage's signatures, against its own client and beyond what that checks."""

import hashlib
from typing import Any

import jwt
import pytest
from vonage_jwt import verify_signature

from carriers.vonage_signature import MAX_AGE_S, VonageProof, proof_of

SECRET = "a secret of sixty-four characters or more, so that any hash will take it"
NOW = 1_790_000_000.0
BODY = b'{"uuid":"1","status":"ringing"}'
CLAIMS = {"iat": NOW, "jti": "once", "payload_hash": hashlib.sha256(BODY).hexdigest(), "application_id": "app"}


def header(secret: str = SECRET, algorithm: str = "HS256", **changes: Any) -> dict[str, str]:
    claims = {name: value for name, value in (CLAIMS | changes).items() if value is not None}
    return {"authorization": f"Bearer {jwt.encode(claims, secret, algorithm=algorithm)}"}


def test_a_request_that_vonage_signed_is_proved() -> None:
    headers = header()
    assert verify_signature(headers["authorization"].removeprefix("Bearer "), SECRET)
    assert proof_of(BODY, headers, SECRET, NOW) == VonageProof("once", NOW + 2 * MAX_AGE_S)


def test_a_get_has_no_body_to_prove() -> None:
    assert proof_of(b"", header(payload_hash=None), SECRET, NOW) is not None


@pytest.mark.parametrize(
    ("headers", "body", "secret", "now"),
    [
        ({}, BODY, SECRET, NOW),
        ({"authorization": "Basic eDp5"}, BODY, SECRET, NOW),
        ({"authorization": "Bearer é"}, BODY, SECRET, NOW),
        (header(secret="another secret of sixty-four characters, so that any hash will take it"), BODY, SECRET, NOW),
        (header(algorithm="HS512"), BODY, SECRET, NOW),
        (header(), BODY + b" ", SECRET, NOW),
        (header(payload_hash=None), BODY, SECRET, NOW),
        (header(iat=NOW - MAX_AGE_S - 1), BODY, SECRET, NOW),
        (header(iat=NOW + MAX_AGE_S + 1), BODY, SECRET, NOW),
        (header(iat="now"), BODY, SECRET, NOW),
        (header(iat=None), BODY, SECRET, NOW),
        (header(jti=None), BODY, SECRET, NOW),
        (header(jti=""), BODY, SECRET, NOW),
        (header(), BODY, "", NOW),
    ],
)
def test_anything_else_proves_nothing(headers: dict[str, str], body: bytes, secret: str, now: float) -> None:
    assert proof_of(body, headers, secret, now) is None


def test_an_unsigned_token_proves_nothing() -> None:
    token = jwt.encode(CLAIMS, "", algorithm="none")
    assert proof_of(BODY, {"authorization": f"Bearer {token}"}, SECRET, NOW) is None
