"""What the routes of SIP stand on, and how a worker is chosen for a call."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from callcore.calls.call import Call
from callcore.errors import Conflict, InvalidInput, LimitExceeded, NoWorker
from callcore.ids import SessionId
from callcore.phones.ports import SipAddresses, SipTokens
from callcore.phones.sip_addresses import (
    MAX_ADDRESSES,
    SipAddress,
    SipToken,
    check_credentials,
    check_sources,
    check_user,
    new_password,
    new_user,
    user_hash,
)
from callcore.telephony.carrier_accounts import Seal
from callcore.workers.ports import WorkerRegistry
from callcore.workers.worker import roomiest


@dataclass(frozen=True)
class Guard:
    """Who may call a permanent address, as its owner wishes."""

    sources: tuple[str, ...] = ()
    username: str | None = None
    password: str | None = None


@dataclass(frozen=True)
class SipDesk:
    """Its ports are synchronous, so routes call them in a thread."""

    tokens: SipTokens
    addresses: SipAddresses
    workers: WorkerRegistry
    seal: Seal
    """Of what workers may open."""
    permanent_host: Callable[[], str]
    """Where permanent addresses lead to, with its port unless that is 5060; empty: there is no such place."""

    def reserve(self, session_id: SessionId, now: float) -> str:
        """The host of a worker that keeps room for the session. Raises NoWorker. `now` is unix seconds."""
        for worker in roomiest(self.workers.list_workers(), now):
            if worker.sip_host and self.workers.reserve(session_id, worker.worker_id, now):
                return worker.sip_host
        raise NoWorker("no worker with a SIP endpoint has room")

    def invite(self, call: Call, expires_at: float) -> str:
        """A new address of this registered call: its user part. `expires_at` is unix seconds."""
        user = new_user()
        self.tokens.put_token(SipToken(user_hash(user), call.account_id, call.session_id, call.call_id, expires_at))
        return user

    def host(self) -> str:
        """Where permanent addresses lead to. Raises Conflict where they are off."""
        host = self.permanent_host()
        if not host:
            raise Conflict("permanent SIP addresses are off here: they need an address of the workers that stays")
        return host

    def settle(self, address: SipAddress, user: str | None, guard: Guard) -> tuple[SipAddress, str | None]:
        """Store the permanent address with its guard; the password, when there was none and one was made.

        Raises InvalidInput, Conflict when the user is taken, and LimitExceeded.
        """
        if len(self.addresses.list_addresses(address.account_id)) >= MAX_ADDRESSES:
            raise LimitExceeded(f"the account has {MAX_ADDRESSES} permanent SIP addresses")
        sources = check_sources(guard.sources)
        made = None
        username, password = guard.username, guard.password
        if not sources and not username:
            # Knowing a permanent address must not be enough to call it.
            username = new_user()
        if username:
            if not password:
                password = made = new_password()
            check_credentials(username, password)
        elif password:
            raise InvalidInput("username: a password needs one")
        settled = replace(
            address,
            user=new_user() if user is None else check_user(user),
            sources=sources,
            username=username,
            sealed_password=self.seal.seal(password) if password else None,
        )
        self.addresses.put_address(settled)
        return settled, made
