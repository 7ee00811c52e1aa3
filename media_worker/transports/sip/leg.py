"""A SIP call as a leg: its audio is RTP's, its beginning and end are the signalling's."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from callcore.clock import Clock
from callcore.errors import RemoteProtocolError, ToolFailed, TransportClosed
from callcore.telephony.transfers import FAILURES, MAX_TRANSFERS, TransferStatus
from callcore.wire.client import CloseCode, OnReady, Pause, ServerMessage, Unpause
from media_worker.ports.leg import LegEvent
from media_worker.transports.rtp.coding import load
from media_worker.transports.rtp.leg import DEAD, PlayoutClock, RtpLeg
from media_worker.transports.rtp.ports import PortPair
from media_worker.transports.rtp.terms import Codec, RtpTerms
from media_worker.transports.sip.callers import takes_refer, transfer_target
from media_worker.transports.sip.endpoint import IncomingCall, Told
from media_worker.transports.sip.events import Cause, KeyHeard, MediaAgreed, Over, TransferSettled
from media_worker.transports.sip.negotiation import preferred_codec

RING_S = 8.0
"""A caller hears it ring for so long until the session is ready, then he gets 480."""
RETRY_AFTER_S = 30
REFUSALS: Mapping[int, int] = {
    CloseCode.REFUSED: 403,
    CloseCode.TRY_AGAIN: 503,
    CloseCode.SHUTDOWN: 503,
    CloseCode.SERVER_ERROR: 500,
}
"""What a caller is told whose call cannot be served, by what a client of `/millis` would be; else 480."""
REASONS: Mapping[int, str] = {
    CloseCode.SHUTDOWN: 'Q.850;cause=41;text="Temporary failure"',
    CloseCode.SERVER_ERROR: 'Q.850;cause=41;text="Temporary failure"',
}
"""Why we hang up (RFC 3326), where it is not the end of the talk."""
BUSY = frozenset({486, 600})
NOT_THERE = frozenset({408, 480, 487})
_Outcome = tuple[bool, int | None]
_ENDS = frozenset({Cause.HUNG_UP, Cause.CANCELED, Cause.LEFT})


class SipLeg:
    """One call. Made by `open_leg`; it is answered when the session says that it is ready."""

    def __init__(self, call: IncomingCall, ports: PortPair, clock: Clock) -> None:
        self._call, self._ports, self._clock = call, ports, clock
        self._codec = preferred_codec(call.invite.body) or Codec.PCMU
        """What the caller prefers: the leg has its rate for all of the call."""
        self._rtp: RtpLeg | None = None
        self._terms: RtpTerms | None = None
        self._began_or_ended, self._ended = asyncio.Event(), asyncio.Event()
        self._cause: Cause | None = None
        """Why it is over; None: it is not."""
        self._closed = False
        self._transfer: asyncio.Future[_Outcome] | None = None
        self._transfers = 0
        call.watcher = self

    @property
    def sample_rate_hz(self) -> int:
        """A telephone's, or twice that for a caller who wants G.722."""
        return self._codec.rate_hz

    def prepare(self) -> None:
        """Load what the sound needs; in a thread."""
        load(self._codec)

    @property
    def was_answered(self) -> bool:
        """The caller got his 200."""
        return self._rtp is not None

    @property
    def is_over(self) -> bool:
        """The caller, or the network, has ended it."""
        return self._cause is not None

    async def over(self) -> None:
        """Returns when it is."""
        await self._ended.wait()

    def tick(self, now: float) -> None:
        """The playout clock's, every 20 ms."""
        if self._rtp is not None:
            self._rtp.tick(now)

    # --- what the session does ------------------------------------------------------------------

    async def receive(self) -> bytes | LegEvent:
        """The caller's next audio or key. Raises TransportClosed; RemoteProtocolError where the network ended it."""
        await self._began_or_ended.wait()
        if self._rtp is None:
            raise TransportClosed(CloseCode.NORMAL, "the caller gave up")
        try:
            return await self._rtp.receive()
        except TransportClosed as closed:
            if closed.code == DEAD:
                raise RemoteProtocolError("rtp-timeout", CloseCode.NORMAL) from None
            if self._cause is not None and self._cause not in _ENDS:
                raise RemoteProtocolError(self._cause.value, CloseCode.NORMAL) from None
            raise

    def send(self, message: bytes | ServerMessage) -> None:
        """Queue agent audio; of the control messages a telephone knows those about playback, and that we are ready."""
        if isinstance(message, OnReady) and not self._closed:
            self._answer()
        elif self._rtp is not None:
            self._rtp.send(message)

    async def aclose(self, code: int, reason: str) -> None:
        """Say the last words (at most 1 s), then hang up; a caller who still waits is told why not."""
        if self._closed:
            return
        self._closed = True
        if self._rtp is not None:
            await self._rtp.aclose(code, reason)
            self._call.hang_up(REASONS.get(code, ""))
        else:
            status = REFUSALS.get(code, 480)
            self._call.refuse(status, [("Retry-After", str(RETRY_AFTER_S))] if status == 503 else ())

    async def transfer(self, number: str) -> None:
        """Have the caller's company connect him with that number; returns when it has. Raises ToolFailed."""
        if not takes_refer(self._call.invite):
            raise ToolFailed("this call cannot be transferred: its telephone company cannot hand it over")
        if self._transfers >= MAX_TRANSFERS:
            raise ToolFailed(f"this call cannot be transferred: it was tried {MAX_TRANSFERS} times")
        self._transfers += 1
        self._transfer = asyncio.get_running_loop().create_future()
        self._call.refer(transfer_target(self._call.invite, number))
        succeeded, status = await self._transfer
        if not succeeded:
            raise ToolFailed(FAILURES[_failure(status)])

    def dial(self, keys: str) -> bool:
        """Press keys of ours; False: the caller takes none but tones."""
        return self._rtp is not None and self._rtp.dial(keys)

    def network(self) -> Mapping[str, Any] | None:
        """How well the sound has come through so far; None: there was none."""
        return None if self._rtp is None else self._rtp.statistics.to_metrics()

    def give_up(self) -> None:
        """The session was not ready in time."""
        if self._rtp is None and not self._closed:
            self._closed = True
            self._call.refuse(480)

    # --- what the signalling tells --------------------------------------------------------------

    def told(self, event: Told) -> None:
        """Something happened to the call."""
        match event:
            case MediaAgreed(terms=terms):
                self._agreed(terms)
            case KeyHeard(key=key) if self._rtp is not None:
                self._rtp.press(key)
            case TransferSettled() if self._transfer is not None and not self._transfer.done():
                self._transfer.set_result((event.succeeded, event.status))
            case Over(cause=cause):
                self._over(cause)

    def _answer(self) -> None:
        self._call.answer(self._ports.port)
        if self._rtp is None and self._cause is None:
            # The caller made no offer: where he listens comes with his ACK, and what is said until then waits.
            waiting = RtpTerms(None, self._call.source, Codec.PCMU)
            self._rtp = RtpLeg(self._ports, waiting, self._clock, self._codec.rate_hz)
            self._rtp.send(Pause())
            self._began_or_ended.set()

    def _agreed(self, terms: RtpTerms) -> None:
        first, self._terms = self._terms is None, terms
        if self._rtp is None:
            self._rtp = RtpLeg(self._ports, terms, self._clock, self._codec.rate_hz)
            self._began_or_ended.set()
            return
        self._rtp.renegotiate(terms)
        if first:
            self._rtp.send(Unpause())

    def _over(self, cause: Cause) -> None:
        self._cause = cause
        handed_over = self._transfer is not None and self._transfer.done() and self._transfer.result()[0]
        # Whoever was handed over has not hung up on the agent: the session ends by itself.
        if self._rtp is not None and not handed_over:
            self._rtp.hang_up(cause.value)
        if self._transfer is not None and not self._transfer.done():
            self._transfer.set_result((False, None))
        self._began_or_ended.set()
        self._ended.set()


def _failure(status: int | None) -> TransferStatus:
    if status in BUSY:
        return TransferStatus.BUSY
    return TransferStatus.NO_ANSWER if status in NOT_THERE else TransferStatus.FAILED


@asynccontextmanager
async def open_leg(
    call: IncomingCall, ports: PortPair, playout_clock: PlayoutClock, clock: Clock
) -> AsyncIterator[SipLeg]:
    """A leg on a call that rings and two open ports; leaving the context ends both."""
    leg = SipLeg(call, ports, clock)
    waiting = asyncio.get_running_loop().call_later(RING_S, leg.give_up)
    playout_clock.add(leg.tick)
    try:
        yield leg
    finally:
        waiting.cancel()
        playout_clock.remove(leg.tick)
        await leg.aclose(CloseCode.NORMAL, "the call is over")
