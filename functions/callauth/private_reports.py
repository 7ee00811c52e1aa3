"""Private reports in the outbox, sealed with AES-256-GCM (NIST SP 800-38D); the key is in no store."""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from callcore.deliveries.outbox import Outbox
from callcore.deliveries.private_report import KEPT_S, PrivateReport, SealedReport, parse_report
from callcore.errors import StoreError
from callcore.ids import AccountId, SessionId

if TYPE_CHECKING:  # few calls are private, and to load it is a part of a function's start
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

OUTBOX_KEY = "outbox"
"""Our name for the secret."""
_NONCE_BYTES = 12


@dataclass(frozen=True)
class SealedReports:
    """PrivateReports."""

    outbox: Outbox
    secrets: Callable[[], Sequence[str]]
    """Random texts of 32 characters or more: the first one seals, each of them opens what it sealed."""

    def keep(self, account_id: AccountId, session_id: SessionId, report: PrivateReport, now: float) -> None:
        """Seal it for a day. Raises StoreError without a secret."""
        if not (ciphers := self._ciphers()):
            raise StoreError("there is no key of the outbox", retryable=False)
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + ciphers[0].encrypt(nonce, report.to_bytes(), _about(account_id, session_id))
        self.outbox.put_report(SealedReport(account_id, session_id, sealed, now + KEPT_S))

    def read(self, account_id: AccountId, session_id: SessionId, now: float) -> PrivateReport | None:
        """The report; None when it is gone. Raises StoreError when no secret opens it."""
        sealed = self.outbox.find_report(account_id, session_id, now)
        if sealed is None:
            return None
        from cryptography.exceptions import InvalidTag

        for cipher in self._ciphers():
            try:
                about = _about(account_id, session_id)
                return parse_report(cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about))
            except InvalidTag:
                continue
        raise StoreError("no key opens a report of the outbox", retryable=False)

    def drop(self, account_id: AccountId, session_id: SessionId) -> None:
        """It is delivered, or never will be."""
        self.outbox.delete_report(account_id, session_id)

    def _ciphers(self) -> Sequence["AESGCM"]:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        # The secrets are random, not passwords: a plain hash makes a key of them.
        return [AESGCM(hashlib.sha256(f"parley outbox:{secret}".encode()).digest()) for secret in self.secrets()]


def _about(account_id: AccountId, session_id: SessionId) -> bytes:
    """What a sealed report cannot be moved away from."""
    return f"{account_id}\n{session_id}".encode()
