"""Calls over WebRTC: each begins with an offer, whose answer goes back before its peer connects."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from callcore.accounts.account import Account
from callcore.calls.call import CallStatus
from callcore.calls.ports import CallStore
from callcore.errors import CallError, Conflict, LimitExceeded, NotFound, NotSupported
from callcore.ids import AccountId, SessionId
from callcore.opening.plan import WEBRTC, Opening, OpeningRequest
from callcore.telephony.outbound import never_answered
from callcore.wire.client import Initiate
from callcore.wire.jobs import Caller, Connect, Done
from media_worker.ports.socket import Peer
from media_worker.session.admission.admission import Admission, Admitted
from media_worker.session.admission.doors import Arrival
from media_worker.session.admission.waiting_calls import open_waiting
from media_worker.session.clock import WorkerClock
from media_worker.session.supervisor import FULL_S, Supervisor
from media_worker.transports.webrtc.candidates import MAX_CANDIDATES, is_tried, read_fragment
from media_worker.transports.webrtc.offer import Offer, read_offer
from media_worker.transports.webrtc.terms import IceTerms

if TYPE_CHECKING:
    from media_worker.transports.webrtc.connection import Connection
    from media_worker.transports.webrtc.leg import WebRtcLeg

ANSWER_S = 5.0
"""For an answer; it takes a tenth of a second."""
STORE_S = 10.0
log = logging.getLogger(__name__)


@dataclass
class _Peer:
    """One that was answered."""

    account_id: AccountId
    leg: "WebRtcLeg"
    connection: "Connection"
    ufrag: str
    candidates_left: int = MAX_CANDIDATES
    """How many more are tried."""


class WebRtcCalls:
    """Those of one process. `run` must be running while there are any."""

    def __init__(
        self, admission: Admission, calls: CallStore, supervisor: Supervisor, clock: WorkerClock, terms: IceTerms | None
    ) -> None:
        """Without `terms` nobody could reach us, and every offer is refused."""
        self._admission = admission
        self._calls = calls
        self._supervisor = supervisor
        self._clock = clock
        self._terms = terms
        self._peers: dict[SessionId, _Peer] = {}
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Hold calls until cancelled."""
        async with asyncio.TaskGroup() as self._tasks:
            await asyncio.Event().wait()

    @property
    def count(self) -> int:
        """How many peers were answered and are not gone."""
        return len(self._peers)

    @property
    def has_room(self) -> bool:
        """Whether another call would be taken; who was answered and has not come yet has a place, too."""
        awaited = sum(not peer.leg.has_come for peer in self._peers.values())
        return self._tasks is not None and self._supervisor.load.free_slots > awaited

    async def connect(self, account_id: AccountId, session_id: SessionId, wanted: Connect) -> Done:
        """The answer to an offer. Raises CallError."""
        if not self.has_room or self._tasks is None:
            raise LimitExceeded("the server is full", FULL_S)
        if self._terms is None:
            raise Conflict("this worker takes no calls over WebRTC: it does not know its public address")
        offer = read_offer(wanted.sdp, self._is_tried)
        # A peer that takes no audio can only read.
        initiate = wanted.initiate.model_copy(update={"voice": wanted.initiate.voice and offer.takes_audio})
        admitted = await self._admitted(account_id, session_id, initiate, wanted.caller)
        await self._supervisor.check_allowance(admitted)
        session_id = admitted.plan.session_id
        self._check_place(session_id)
        peer, answer = await self._answered(account_id, offer, self._terms)
        try:
            self._check_place(session_id)
        except CallError:  # another offer was quicker
            await peer.connection.aclose()
            raise
        self._peers[session_id] = peer
        self._tasks.create_task(self._hold(session_id, peer, admitted, waits=wanted.caller is None))
        return Done(worker_id=self._supervisor.worker_id, session_id=session_id, sdp=answer)

    def _check_place(self, session_id: SessionId) -> None:
        """Raises LimitExceeded where none is left, Conflict where the call has one."""
        if session_id in self._peers:
            raise Conflict(f"call {session_id} has been answered already, and waits for its client")
        if not self.has_room:
            raise LimitExceeded("the server is full", FULL_S)

    async def add_candidates(self, account_id: AccountId, session_id: SessionId, fragment: str) -> None:
        """More places where a peer may be reached. Raises NotFound, NotSupported, InvalidInput."""
        peer, found = self._peer(account_id, session_id), read_fragment(fragment)
        if found.ufrag not in (None, peer.ufrag):
            raise NotSupported("the connection cannot be restarted: offer anew, with session_continuation and resume")
        for candidate, mid in found.candidates:
            if peer.candidates_left > 0 and self._is_tried(candidate):
                peer.candidates_left -= 1
                await peer.connection.add_candidate(candidate, mid)

    def hang_up(self, account_id: AccountId, session_id: SessionId) -> None:
        """The peer is gone, or does not come. Raises NotFound."""
        self._peer(account_id, session_id).leg.closed(by_peer=True)

    def _peer(self, account_id: AccountId, session_id: SessionId) -> _Peer:
        peer = self._peers.get(session_id)
        if peer is None or peer.account_id != account_id:
            raise NotFound("call", session_id)
        return peer

    def _is_tried(self, candidate: str) -> bool:
        return is_tried(candidate, behind_nat=self._terms is not None and self._terms.public_address is not None)

    async def _admitted(
        self, account_id: AccountId, session_id: SessionId, initiate: Initiate, caller: Caller | None
    ) -> Admitted:
        if caller is not None:
            peer = Peer(caller.host, "/webrtc", caller.origin, caller.forwarded)
            admitted = await self._admission.admit(initiate, peer)
            return replace(admitted, plan=replace(admitted.plan, transport=WEBRTC))
        return await self._admission.complete(*await asyncio.to_thread(self._opened, account_id, session_id, initiate))

    def _opened(self, account_id: AccountId, session_id: SessionId, initiate: Initiate) -> tuple[Account, Opening]:
        call = self._calls.get_call(account_id, session_id)
        if call.status is not CallStatus.REGISTERED:
            raise Conflict(f"call {call.call_id} has begun already")

        def over_webrtc(request: OpeningRequest) -> OpeningRequest:
            return replace(request, transport=WEBRTC, text_only=not initiate.voice, shows_forms=initiate.web_forms)

        return open_waiting(self._admission, call, over_webrtc, resumes=initiate.session_continuation.resume)

    async def _answered(self, account_id: AccountId, offer: Offer, terms: IceTerms) -> tuple[_Peer, str]:
        connections, legs = await asyncio.to_thread(_load)
        leg = legs(self._clock)
        connection = connections(terms, leg)
        try:
            async with asyncio.timeout(ANSWER_S):
                answer = await connection.answer(offer)
        except BaseException:
            await connection.aclose()
            raise
        leg.use(connection, connection.codecs, speaks=offer.takes_audio)
        return _Peer(account_id, leg, connection, offer.ufrag), answer

    async def _hold(self, session_id: SessionId, peer: _Peer, admitted: Admitted, *, waits: bool) -> None:
        """`waits`: the call's row waits for this offer."""

        async def ask() -> Admitted:
            await peer.leg.connected()
            return admitted

        @asynccontextmanager
        async def door() -> AsyncIterator[Arrival]:
            yield Arrival(peer.leg, ask)

        def tick(now: float) -> None:
            peer.leg.tick(now)
            peer.leg.measured(peer.connection.round_trip_s)

        pacer = self._supervisor.pacer
        pacer.add(tick)
        try:
            await self._supervisor.receive(door())
        finally:
            pacer.remove(tick)
            del self._peers[session_id]
            peer.leg.let_go()
            await peer.connection.aclose()
        if waits and not peer.leg.has_come:
            await self._given_up(peer.account_id, session_id)

    async def _given_up(self, account_id: AccountId, session_id: SessionId) -> None:
        """Nobody came for a call that was registered for this offer alone; a store that fails costs that row a day."""
        try:
            async with asyncio.timeout(STORE_S):
                await asyncio.to_thread(self._cancel, account_id, session_id)
        except Exception:
            log.exception("a call that nobody came for was not canceled", extra={"session_id": session_id})

    def _cancel(self, account_id: AccountId, session_id: SessionId) -> None:
        call = self._calls.get_call(account_id, session_id)
        if call.status is CallStatus.REGISTERED:
            self._calls.finish_call(never_answered(call, CallStatus.CANCELED, "the client did not connect"))


def _load() -> "tuple[type[Connection], type[WebRtcLeg]]":
    """Late, and in a thread: what WebRTC needs takes a second to load, and most workers never do."""
    from media_worker.transports.webrtc.connection import Connection
    from media_worker.transports.webrtc.leg import WebRtcLeg

    return Connection, WebRtcLeg
