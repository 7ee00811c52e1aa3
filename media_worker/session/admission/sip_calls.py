"""Which calls by SIP become sessions (telephony.md 3.1; architecture.md 7)."""

import asyncio
import hashlib
import logging
from dataclasses import dataclass, replace
from typing import Any

from callauth.sealing import Sealer
from callcore.accounts.account import Account
from callcore.calls.call import Call, CallStatus
from callcore.calls.ports import CallStore
from callcore.calls.registration import Registration, register
from callcore.deliveries.outbox import PrivateReports
from callcore.errors import Conflict, StoreError
from callcore.opening.plan import Opening, OpeningRequest
from callcore.phones.ports import SipAddresses, SipTokens
from callcore.phones.sip_addresses import SIP, SipAddress, SipToken, is_user, user_hash
from callcore.telephony.transfers import TAKES_REFER
from callstore import private_calls
from media_worker.ports.sip_claims import SipCaller, SipClaim, SipCredentials
from media_worker.session.admission.admission import Admission, Admitted
from media_worker.session.admission.waiting_calls import open_waiting

HEADERS = "sip_headers"
"""The metadata of the X- headers."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SipCalls:
    """Whose an INVITE is, and what follows. Its stores are synchronous."""

    admission: Admission
    calls: CallStore
    private: PrivateReports
    tokens: SipTokens
    addresses: SipAddresses
    seal: Sealer
    """Opens the passwords of permanent addresses."""

    async def claim(self, user: str, source: str, invite: str) -> SipClaim | None:
        """Whose call is an INVITE to `user`, from the IP address `source`, with the Call-ID `invite`?

        None: nobody's, and it gets no answer at all; nothing tells an unknown address from one that has expired, that
        another INVITE has used, or that may not be called from there. The same INVITE, sent again with credentials,
        gets the same claim. Raises StoreError.
        """
        return await asyncio.to_thread(self._claim, user, source, invite)

    def _claim(self, user: str, source: str, invite: str) -> SipClaim | None:
        if not is_user(user):
            return None
        now = self.admission.clock.unix_s()
        token = self.tokens.claim_token(user_hash(user), _name_of(invite), now)
        if token is not None:
            return SipClaim(token, invite)
        address = self.addresses.find_address(user)
        if address is None or not address.admits(source):
            return None
        return SipClaim(address, invite, self._credentials(address))

    def _credentials(self, address: SipAddress) -> SipCredentials | None:
        if address.username is None:
            return None
        return SipCredentials(address.username, self.seal.open(address.sealed_password or ""))

    async def release(self, claim: SipClaim) -> None:
        """Its INVITE failed or was canceled before it was answered: another one may use the address."""
        if isinstance(claim.target, SipToken):
            try:
                await asyncio.to_thread(self.tokens.release_token, claim.target.user_hash, _name_of(claim.invite))
            except StoreError:
                log.exception("a SIP token was not given back", extra={"session_id": claim.target.session_id})

    async def admit(self, claim: SipClaim, caller: SipCaller) -> Admitted:
        """The plan of the session. Raises CallError with a reason for the log."""
        return await self.admission.complete(*await asyncio.to_thread(self._opened, claim, caller))

    def _opened(self, claim: SipClaim, caller: SipCaller) -> tuple[Account, Opening]:
        call = self._registered(claim.target) if isinstance(claim.target, SipToken) else self._begun(claim.target)
        numbers = call.voip or {}

        def by_sip(request: OpeningRequest) -> OpeningRequest:
            return replace(
                request,
                metadata={HEADERS: dict(caller.headers)} if caller.headers else {},
                from_phone=numbers.get("from") or caller.from_phone,
                to_phone=numbers.get("to") or caller.to_phone,
                carrier_call=_voip(claim, caller),
                transport=SIP,
            )

        return open_waiting(self.admission, call, by_sip)

    def _registered(self, token: SipToken) -> Call:
        call = self.calls.get_call(token.account_id, token.session_id)
        if call.status is not CallStatus.REGISTERED:
            raise Conflict(f"call {call.call_id} has begun already")
        return call

    def _begun(self, address: SipAddress) -> Call:
        """A call of its own for each INVITE."""
        agent = None
        if address.agent_id is not None:
            agent = self.admission.agents.get_agent(address.account_id, address.agent_id)
        wanted = Registration(
            agent=agent,
            agent_config=address.agent_config,
            metadata=address.metadata,
            include_metadata_in_prompt=address.include_metadata_in_prompt,
            to_phone=address.to_phone,
        )
        call = register(address.account_id, wanted, self.admission.clock.unix_s())
        private_calls.register_call(call, self.calls, self.private)
        return call


def _voip(claim: SipClaim, caller: SipCaller) -> dict[str, Any]:
    voip: dict[str, Any] = {"provider": SIP, "direction": "inbound", "sip_call_id": claim.invite[:128]}
    if isinstance(claim.target, SipAddress):
        voip["sip_address"] = claim.target.call_id
    return voip if caller.takes_refer else {**voip, TAKES_REFER: False}


def _name_of(invite: str) -> str:
    """A Call-ID as it is stored: some name the caller's host."""
    return hashlib.sha256(invite.encode("utf-8", "surrogateescape")).hexdigest()
