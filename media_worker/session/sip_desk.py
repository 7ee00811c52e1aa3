"""Answers calls by SIP: who gets no answer at all, who has to prove himself, and whose call becomes a session."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from callcore.errors import LimitExceeded, StoreError
from callcore.phones.sip_addresses import SipAddress
from media_worker.ports.sip_claims import SipClaim
from media_worker.session.admission.admission import Admitted
from media_worker.session.admission.doors import Arrival
from media_worker.session.admission.sip_calls import SipCalls
from media_worker.session.clock import WorkerClock
from media_worker.session.supervisor import FULL_S, Supervisor
from media_worker.transports.rtp.ports import RtpPorts
from media_worker.transports.sip.callers import caller_of
from media_worker.transports.sip.digest import Digest, Expected, Verdict
from media_worker.transports.sip.endpoint import IncomingCall
from media_worker.transports.sip.leg import SipLeg, open_leg

CLAIM_S = 4.0
"""For the store to say whose call it is. When it does not, the caller is told nothing: he asks again for half a minute,
and so do we."""
REALM = "parley"
BUSY = ("Retry-After", str(FULL_S))
log = logging.getLogger(__name__)


class SipDesk:
    """One worker's. `take` deals with a call to its end."""

    def __init__(self, calls: SipCalls, supervisor: Supervisor, ports: RtpPorts, clock: WorkerClock) -> None:
        self._calls, self._supervisor, self._ports, self._clock = calls, supervisor, ports, clock
        self._digest = Digest(REALM, secrets.token_bytes(32))

    async def take(self, call: IncomingCall) -> None:
        """Hold the call, or refuse it, or leave it unanswered. Raises nothing but cancellation."""
        try:
            async with asyncio.timeout(CLAIM_S):
                claim = await self._calls.claim(call.user, call.source, call.invite.call_id)
        except (StoreError, TimeoutError):
            log.exception("it is not known whose a SIP call is")
            return call.forget()
        if claim is None:
            return call.ignore()
        if not self._is_proved(call, claim):
            return
        call.meet()
        answered = False
        try:
            answered = await self._serve(call, claim)
        finally:
            if not answered:
                await self._calls.release(claim)

    def _is_proved(self, call: IncomingCall, claim: SipClaim) -> bool:
        """Whether the caller proved what he has to; else he is asked to."""
        if claim.credentials is None:
            return True
        now, invite = self._clock.unix_s(), call.invite
        wanted = claim.credentials
        expected = Expected(wanted.username, wanted.password, "INVITE", invite.uri_text, call.source)
        verdict = self._digest.check(invite.headers.all("Authorization"), expected, now)
        if verdict is not Verdict.PROVED:
            call.challenge(self._digest.challenges(call.source, now, stale=verdict is Verdict.STALE))
        return verdict is Verdict.PROVED

    async def _serve(self, call: IncomingCall, claim: SipClaim) -> bool:
        """Whether it was answered."""
        if call.refusal is not None:
            log.info("a SIP call was refused", extra={"detail": f"{call.refusal.status}: {call.refusal.why}"})
            call.refuse(call.refusal.status, call.refusal.told)
            return False
        if not self._supervisor.ready:
            call.refuse(503, [BUSY])
            return False
        call.ring()
        try:
            async with self._ports.open() as ports, open_leg(call, ports, self._supervisor.pacer, self._clock) as leg:
                async with asyncio.TaskGroup() as tasks:
                    canceled = tasks.create_task(self._release_when_canceled(leg, claim))
                    await self._supervisor.receive(self._door(leg, call, claim))
                    canceled.cancel()
                return leg.was_answered
        except LimitExceeded:
            log.warning("all media ports are in use")
            call.refuse(503, [BUSY])
            return False

    @asynccontextmanager
    async def _door(self, leg: SipLeg, call: IncomingCall, claim: SipClaim) -> AsyncIterator[Arrival]:
        async def ask() -> Admitted:
            await asyncio.to_thread(leg.prepare)
            trusted = isinstance(claim.target, SipAddress) and bool(claim.target.sources or claim.credentials)
            return await self._calls.admit(claim, caller_of(call.invite, trusted=trusted))

        yield Arrival(leg, ask, leg.transfer, lambda: leg.is_over, leg.dial, leg.network)

    async def _release_when_canceled(self, leg: SipLeg, claim: SipClaim) -> None:
        """At once: the caller may try again while we still get ready for him."""
        await leg.over()
        if not leg.was_answered:
            await self._calls.release(claim)
