"""Who may start a session from a carrier's stream (protocol.md 2.6; architecture.md 7)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from callauth.stream_tokens import verify
from callcore.accounts import Account, AccountStatus
from callcore.calls import BEFORE_THE_TALK
from callcore.continuation import ContinuationWish
from callcore.errors import Conflict, NotAllowed
from callcore.opening import Opening, OpeningRequest, begin_opening
from callcore.phone_streams import PhoneStream
from callcore.transfers import TRANSFERS
from callstore.private_calls import with_its_metadata
from media_worker.ports.socket import Peer
from media_worker.session.admission import Admission, Admitted


@dataclass(frozen=True)
class PhoneAdmission:
    """Admits a stream by the token that we gave its carrier, or by a public key that is meant for it."""

    admission: Admission
    secrets: Sequence[str]
    """What stream tokens may be signed with."""

    async def admit(self, stream: PhoneStream, peer: Peer) -> Admitted:
        """The plan of the session. Raises CallError with a reason, which nobody hears: a telephone shows none."""
        if stream.session_token is None:
            return await self.admission.admit(stream.to_initiate(), peer, stream)
        return await self.admission.complete(*await asyncio.to_thread(self._begin, stream, stream.session_token))

    def _begin(self, stream: PhoneStream, token: str) -> tuple[Account, Opening]:
        stores = self.admission
        claims = verify(token, self.secrets, stores.clock.unix_s(), stores.used_tokens)
        account = stores.accounts.get_account(claims.account_id)
        if account.status is AccountStatus.SUSPENDED:
            raise NotAllowed("the account is suspended")
        call = stores.call_log.find_call(account.account_id, claims.call_id)
        if call.status not in BEFORE_THE_TALK:
            raise Conflict(f"call {call.call_id} has begun already")
        call = with_its_metadata(call, stores.reports, stores.clock.unix_s())
        voip = {**(call.voip or {}), **stream.to_voip()}
        request = OpeningRequest(
            session_id=call.session_id,
            call_id=call.call_id,
            account_id=account.account_id,
            max_call_duration_s=account.max_call_duration_s,
            agent_id=call.agent_id,
            stored_config=call.agent_config,
            signed_metadata=call.metadata,
            include_metadata_in_prompt=call.include_metadata_in_prompt,
            from_phone=voip.pop("from", None),
            to_phone=voip.pop("to", None),
            carrier_call=voip,
            transport=str(stream.carrier),
            outbound=voip.get("direction") == "outbound",
        )
        resumes = TRANSFERS in voip
        wish = ContinuationWish(call.continues, resumes, call.agent_id) if call.continues else None
        return account, begin_opening(stores.continuing(request, wish))
