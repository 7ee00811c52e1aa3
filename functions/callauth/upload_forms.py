"""Signed forms with which clients send blobs to this machine, as S3's presigned POST is one to a bucket.

The policy says what is taken and until when; its signature (HMAC-SHA-256) that it is ours.
"""

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from callcore.blobs import check_key
from callcore.clock import Clock
from callcore.errors import NotAllowed
from callcore.knowledge.files import UploadForm

_DOMAIN = b"upload form\0"


@dataclass(frozen=True)
class Upload:
    """What a form allows."""

    key: str
    max_bytes: int


@dataclass(frozen=True)
class SignedUploadForms:
    """UploadForms."""

    url: str
    """Where the forms are sent to."""
    secret: str
    clock: Clock

    def form(self, key: str, max_bytes: int, lifetime_s: int) -> UploadForm:
        """Takes one blob of this key, of 1 to `max_bytes` bytes, until it expires."""
        check_key(key)
        said = {"key": key, "max_bytes": max_bytes, "expires_at": self.clock.unix_s() + lifetime_s}
        policy = b64encode(json.dumps(said).encode()).decode()
        return UploadForm(self.url, {"key": key, "policy": policy, "signature": self._signature(policy)})

    def check(self, fields: Mapping[str, str]) -> Upload:
        """What these fields of a form allow. Raises NotAllowed."""
        policy, signature = fields.get("policy", ""), fields.get("signature", "")
        if not hmac.compare_digest(signature.encode(), self._signature(policy).encode()):
            raise NotAllowed("the form is not one of ours")
        said = json.loads(b64decode(policy))
        if fields.get("key") != said["key"]:
            raise NotAllowed("the form is for another key")
        if not self.clock.unix_s() < said["expires_at"]:
            raise NotAllowed("the form has expired: ask for a new one")
        return Upload(said["key"], said["max_bytes"])

    def _signature(self, policy: str) -> str:
        return hmac.digest(self.secret.encode(), _DOMAIN + policy.encode(), "sha256").hex()
