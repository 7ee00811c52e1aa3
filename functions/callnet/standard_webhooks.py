"""The headers of the Standard Webhooks specification: who sent this, and that nobody changed it.

https://www.standardwebhooks.com: HMAC-SHA256 over `id.timestamp.body` with each secret that is valid.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

SECRET_PREFIX = "whsec_"
_SECRET_BYTES = 32


def new_webhook_secret() -> str:
    """A secret in the form that consumers' libraries take."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signed_headers(message_id: str, now: float, body: bytes, webhook_secrets: Sequence[str]) -> dict[str, str]:
    """The three headers; one signature for each secret, so that a consumer may change it at his own time."""
    timestamp = str(int(now))
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = " ".join(f"v1,{_signature(secret, signed)}" for secret in webhook_secrets)
    headers = {"webhook-id": message_id, "webhook-timestamp": timestamp}
    return headers | ({"webhook-signature": signatures} if signatures else {})


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
