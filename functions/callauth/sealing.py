"""What is stored and nobody but us may read: a customer's credentials at carriers and vendors.

Fernet (AES-128-CBC with HMAC-SHA-256), under keys derived from secrets of ours (HKDF, RFC 5869).
"""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from callcore.errors import StoreError

WORKER_KEY = "workers"
"""Our name for the secret of what workers open. What they have no use for is sealed with another one."""
_KEY_BYTES = 32
_PURPOSE = b"parley sealed text"


@dataclass(frozen=True)
class Sealer:
    """Seals and opens texts."""

    secrets: Callable[[], Sequence[str]]
    """Random texts of 32 characters or more: the first one seals, each of them opens what it sealed."""

    def seal(self, text: str) -> str:
        """The text as it is stored. Raises StoreError without a secret."""
        return self._box().encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text again. Raises StoreError when none of the secrets has sealed it."""
        try:
            return self._box().decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise StoreError("a sealed text cannot be opened: was its secret exchanged?", retryable=False) from None

    def _box(self) -> MultiFernet:
        keys = [Fernet(_key(secret)) for secret in self.secrets() if secret]
        if not keys:
            raise StoreError("there is no secret to seal with", retryable=False)
        return MultiFernet(keys)


def _key(secret: str) -> bytes:
    derived = HKDF(SHA256(), _KEY_BYTES, salt=None, info=_PURPOSE).derive(secret.encode())
    return urlsafe_b64encode(derived)
