"""Who may start a session from a carrier's stream (protocol.md 2.6; architecture.md 7)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from callauth.stream_tokens import verify
from callcore.accounts.account import Account
from callcore.calls.call import BEFORE_THE_TALK
from callcore.errors import Conflict
from callcore.ids import AccountId
from callcore.opening.plan import Opening, OpeningRequest
from callcore.telephony.outbound import own_number
from callcore.telephony.streams import PhoneStream
from callcore.telephony.transfers import TRANSFERS
from media_worker.ports.socket import Peer
from media_worker.session.admission.admission import Admission, Admitted
from media_worker.session.admission.upgrade_signatures import UpgradeSignatures
from media_worker.session.admission.waiting_calls import open_waiting


@dataclass(frozen=True)
class PhoneAdmission:
    """Admits a stream by the token that we gave its carrier, or by a public key that is meant for it.

    Both only on a socket that the carrier has signed, where we were told what it signs with.
    """

    admission: Admission
    secrets: Sequence[str]
    """What stream tokens may be signed with."""
    signatures: UpgradeSignatures

    async def admit(self, stream: PhoneStream, peer: Peer) -> Admitted:
        """The plan of the session. Raises CallError with a reason, which nobody hears: a telephone shows none."""
        if stream.session_token is not None:
            return await self.admission.complete(*await asyncio.to_thread(self._opened, stream, peer))

        def checked(account_id: AccountId) -> PhoneStream:
            is_proved = self.signatures.is_checked(peer, stream.carrier, account_id)
            return stream.with_numbers() if is_proved else stream

        return await self.admission.admit(stream.to_initiate(), peer, checked)

    def _opened(self, stream: PhoneStream, peer: Peer) -> tuple[Account, Opening]:
        stores = self.admission
        claims = verify(stream.session_token or "", self.secrets, stores.clock.unix_s(), stores.used_tokens)
        call = stores.call_log.find_call(claims.account_id, claims.call_id)
        if call.status not in BEFORE_THE_TALK:
            raise Conflict(f"call {call.call_id} has begun already")
        if claims.signatures:
            self.signatures.check_of_token(peer, stream.carrier, claims.signatures)
        else:
            self.signatures.is_checked(peer, stream.carrier, call.account_id, own_number(call))
        voip = {**(call.voip or {}), **stream.to_voip()}

        def by_telephone(request: OpeningRequest) -> OpeningRequest:
            return replace(
                request,
                from_phone=voip.pop("from", None),
                to_phone=voip.pop("to", None),
                carrier_call=voip,
                transport=str(stream.carrier),
                outbound=voip.get("direction") == "outbound",
            )

        return open_waiting(self.admission, call, by_telephone, resumes=TRANSFERS in voip)
