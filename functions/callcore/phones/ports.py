"""What the kernel asks of the storage of telephone numbers and SIP addresses; the rules of callcore.ports apply."""

from collections.abc import Callable, Sequence
from typing import Protocol

from callcore.ids import AccountId, CallId
from callcore.phones.phone import Phone, PhoneNumber
from callcore.phones.sip_addresses import SipAddress, SipToken


class PhoneStore(Protocol):
    """Phone numbers; every method works inside one account only."""

    def get_phone(self, account_id: AccountId, number: PhoneNumber) -> Phone:
        """Raises NotFound, also for another account's number."""
        ...

    def list_phones(self, account_id: AccountId) -> Sequence[Phone]:
        """Oldest first."""
        ...

    def change_phone(
        self, account_id: AccountId, number: PhoneNumber, change: Callable[[Phone | None], Phone | None]
    ) -> Phone | None:
        """Store, and return, what `change` makes of the row, or of None when there is none; None deletes it.

        Two changes at once both take effect. `change` is pure: it may run more than once. What it raises is raised
        here, and nothing is stored.
        """
        ...


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
