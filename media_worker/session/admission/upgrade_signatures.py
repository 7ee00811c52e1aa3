"""Whether a carrier signed the request that opened its media socket (architecture.md 7)."""

import logging
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass

from callcore.accounts.ports import UsedTokens
from callcore.clock import Clock
from callcore.errors import NotFound, Unauthenticated
from callcore.ids import AccountId
from callcore.phones.phone import Carrier, Phone, PhoneNumber
from callcore.phones.ports import PhoneStore
from callcore.telephony.carrier_accounts import Seal
from callcore.telephony.upgrade_check import UpgradeCheck, opened
from carriers.upgrades import is_of_digests, is_twilios, vonages_proof
from media_worker.ports.socket import Peer

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class UpgradeSignatures:
    """Knows carriers' sockets by what the accounts' numbers say of them. Its stores are synchronous."""

    phones: PhoneStore
    seal: Seal
    used: UsedTokens
    clock: Clock

    def is_checked(
        self, peer: Peer, carrier: Carrier, account_id: AccountId, number: PhoneNumber | None = None
    ) -> bool:
        """Whether the carrier signed the upgrade; False: nobody has told us what it signs with.

        `number` is the account's that the call came by; None: any of them. Raises Unauthenticated when it should have
        been signed, and is not; StoreError.
        """
        found = (opened(phone, self.seal) for phone in self._numbers(account_id, number) if phone.carrier is carrier)
        # Numbers of one account at the carrier have the same: it is looked at, and used up, once.
        checks = set(filter(None, found))
        if not checks:
            return False
        if not any(self._signed(check, peer, account_id) for check in checks):
            raise _unsigned(carrier)
        return True

    def check_of_token(self, peer: Peer, carrier: Carrier, digests: Collection[str]) -> None:
        """Raises Unauthenticated unless the upgrade's signature is one that the stream's token tells of."""
        if not is_of_digests(digests, peer.headers):
            raise _unsigned(carrier)

    def _numbers(self, account_id: AccountId, number: PhoneNumber | None) -> Sequence[Phone]:
        if number is None:
            return self.phones.list_phones(account_id)
        with suppress(NotFound):  # it was deleted while its call rang
            return [self.phones.get_phone(account_id, number)]
        return []

    def _signed(self, check: UpgradeCheck, peer: Peer, account_id: AccountId) -> bool:
        if check.carrier is Carrier.TWILIO:
            return is_twilios(check, peer.headers)
        proof = vonages_proof(check, peer.headers, self.clock.unix_s())
        return proof is not None and self.used.use_once(account_id, f"vonage {proof.token_id}", proof.expires_at)


def _unsigned(carrier: Carrier) -> Unauthenticated:
    log.warning("a media socket was not signed by its carrier", extra={"provider": str(carrier)})
    return Unauthenticated(f"the media socket is not signed by {carrier}")
