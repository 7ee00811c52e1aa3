"""What the kernel asks of the storage of SIP addresses; the rules of callcore.ports hold."""

from collections.abc import Sequence
from typing import Protocol

from callcore.ids import AccountId, CallId
from callcore.sip_addresses import SipAddress, SipToken


class SipTokens(Protocol):
    """Addresses of one call each."""

    def put_token(self, token: SipToken) -> None:
        """Store a new one."""
        ...

    def claim_token(self, user_hash: str, invite: str, now: float) -> SipToken | None:
        """Take it for this INVITE, which its Call-ID names; the same one may take it again.

        None when there is none, when it has expired at `now` (unix seconds), and when another INVITE has it.
        """
        ...

    def release_token(self, user_hash: str, invite: str) -> None:
        """The INVITE came to nothing: another one may take the token, if this one has it."""
        ...


class SipAddresses(Protocol):
    """Permanent addresses."""

    def put_address(self, address: SipAddress) -> None:
        """Store a new one. Raises Conflict when its user is taken, by whomever."""
        ...

    def find_address(self, user: str) -> SipAddress | None:
        """The address with that user part, of any account."""
        ...

    def list_addresses(self, account_id: AccountId) -> Sequence[SipAddress]:
        """The account's, oldest first."""
        ...

    def delete_address(self, account_id: AccountId, call_id: CallId) -> None:
        """Raises NotFound, also for another account's address."""
        ...
