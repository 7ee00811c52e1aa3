"""The SIP endpoint of a worker: its sockets, its clock, and the calls that come in by them."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol

from callcore.clock import Clock
from media_worker.transports.sip.bound import Bound
from media_worker.transports.sip.call import Call
from media_worker.transports.sip.dialog import Dialog
from media_worker.transports.sip.events import (
    KeyHeard,
    MediaAgreed,
    Over,
    TransferSettled,
)
from media_worker.transports.sip.framing import Frame, frame_datagram
from media_worker.transports.sip.line import Fields, Line
from media_worker.transports.sip.message import Refusal, Request
from media_worker.transports.sip.negotiation import Ours
from media_worker.transports.sip.reading import read
from media_worker.transports.sip.routing import Hop
from media_worker.transports.sip.sources import Sources
from media_worker.transports.sip.streams import Streams
from media_worker.transports.sip.transactions import Transactions, Transmit
from media_worker.transports.sip.user_agent import Invited, News, UserAgent

UDP = "UDP"
SWEEP_S = 30.0
"""Idle connections are looked for so often, and calls to nobody told."""
_TOKEN_BYTES = 10
Told = MediaAgreed | KeyHeard | TransferSettled | Over
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SipTerms:
    """What the endpoint is to others."""

    public_host: str
    """The address under which peers reach us, and send audio to."""
    trusted: tuple[str, ...] = ()
    """Networks (CIDR) whose pings are answered although nobody called from there."""


class Watcher(Protocol):
    """Whoever holds a call."""

    def told(self, event: Told) -> None:
        """Something happened to it."""
        ...


class IncomingCall:
    """A call as whoever takes it sees it: what it asks for, and what can be done with it."""

    def __init__(self, endpoint: "Endpoint", call: Call) -> None:
        self._endpoint, self._call = endpoint, call
        self.watcher: Watcher | None = None
        """Who is told what happens; whoever has none need not know."""

    @property
    def invite(self) -> Request:
        """What the caller sent."""
        return self._call.invite

    @property
    def refusal(self) -> Refusal | None:
        """What he asks for and cannot have."""
        return self._call.refusal

    @property
    def user(self) -> str:
        """Whom he calls: the user part of the Request-URI."""
        uri = self._call.invite.uri
        return (uri.user or "") if uri else ""

    @property
    def source(self) -> str:
        """The IP address he calls from."""
        return self._call.asked.source.host

    def meet(self) -> None:
        """His call is one of ours: he may know that we are here."""
        self._endpoint.meet(self.source)

    def ring(self) -> None:
        """He hears it ring."""
        self._endpoint.perform(lambda agent, now: agent.ring(self._call, now))

    def refuse(self, status: int, fields: Fields = ()) -> None:
        """He is told why not."""
        self._endpoint.perform(lambda agent, now: agent.refuse(self._call, status, now, fields))

    def challenge(self, fields: Fields) -> None:
        """He has to prove himself, with another INVITE."""
        self._endpoint.perform(lambda agent, now: agent.challenge(self._call, now, fields))

    def ignore(self) -> None:
        """He is told nothing."""
        self._endpoint.ignored += 1
        self._endpoint.perform(lambda agent, now: agent.ignore(self._call, now))

    def forget(self) -> None:
        """He is told nothing now; when he asks again, that is a new call."""
        self._endpoint.perform(lambda agent, now: agent.forget(self._call, now))

    def answer(self, media_port: int) -> None:
        """Take it, with our audio at that port. The watcher is told what is agreed on, now or with the ACK."""
        ours = Ours(self._endpoint.public_host, media_port, secrets.randbits(31), self.source)
        self._endpoint.perform(lambda agent, now: agent.answer(self._call, ours, now))

    def hang_up(self, reason: str = "") -> None:
        """End it; nothing where it is over."""
        self._endpoint.perform(lambda agent, now: agent.hang_up(self._call, now, reason))

    def refer(self, target: str) -> None:
        """Hand the caller over; the watcher is told how that went."""
        self._endpoint.perform(lambda agent, now: agent.refer(self._call, target, now))


Take = Callable[[IncomingCall], Awaitable[None]]
"""Deals with a call to its end. Raises nothing but cancellation."""


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, on_datagram: Callable[[bytes, Hop], None]) -> None:
        self._on_datagram = on_datagram

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        # Of an IPv6 address there are four parts.
        self._on_datagram(data, Hop(UDP, addr[0], addr[1]))


class Endpoint:
    """One worker's. `run` must be running while it takes calls."""

    def __init__(self, terms: SipTerms, bound: Bound, clock: Clock, take: Take) -> None:
        self._terms, self._bound, self._clock, self._take = terms, bound, clock, take
        self._sources = Sources(terms.trusted)
        self._streams = Streams(clock, self._admits, self._came)
        self._agent: UserAgent | None = None
        self._calls: dict[Dialog, IncomingCall] = {}
        self._datagrams: asyncio.DatagramTransport | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._deadline_moved = asyncio.Event()
        self.ignored = 0
        """Calls to nobody, since that was logged."""

    @property
    def public_host(self) -> str:
        """Where peers send audio to."""
        return self._terms.public_host

    async def run(self) -> None:
        """Take calls until cancelled."""
        bound = self._bound
        line = Line(self._terms.public_host, bound.port, lambda: secrets.token_hex(_TOKEN_BYTES), Transactions())
        self._agent = UserAgent(line)
        with ExitStack() as opened:
            # The group first: a call that has waited at the port is there as soon as a socket is read.
            async with asyncio.TaskGroup() as self._tasks:
                self._datagrams, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                    lambda: _Datagrams(self._on_datagram), sock=bound.datagrams
                )
                opened.callback(self._datagrams.close)
                server = await self._streams.listen(bound.streams)
                opened.callback(server.close)
                opened.callback(self._streams.close)
                self._tasks.create_task(self._sweep())
                await self._watch_deadlines()

    def meet(self, source: str) -> None:
        """That host may know that we are here."""
        self._sources.meet(source, self._clock.monotonic_s())

    def perform(self, command: Callable[[UserAgent, float], list[News]]) -> None:
        """Have the user agent do something, and do what comes of it."""
        if self._agent is not None:
            self._perform(command(self._agent, self._clock.monotonic_s()))

    # --- the network ----------------------------------------------------------------------------

    def _admits(self, host: str) -> bool:
        return self._sources.admits(host, self._clock.monotonic_s())

    def _on_datagram(self, data: bytes, source: Hop) -> None:
        if not self._admits(source.host):
            return
        frame = frame_datagram(data)
        if frame is not None:
            self._came(frame, source)

    def _came(self, frame: Frame, source: Hop) -> None:
        try:
            message = read(frame)
            if message is not None:
                now = self._clock.monotonic_s()
                known = self._sources.knows(source.host, now)
                self.perform(lambda agent, now: agent.received(message, source, now, known=known))
        except Exception:
            # One message of one peer; the calls of all others go on.
            log.exception("a SIP message could not be dealt with")

    def _perform(self, events: list[News]) -> None:
        for event in events:
            match event:
                case Transmit(data, hop):
                    self._send(data, hop)
                case Invited(call):
                    self._invited(call)
                case _:
                    self._tell(event)
        self._deadline_moved.set()

    def _send(self, data: bytes, hop: Hop) -> None:
        if hop.reliable and self._tasks is not None:
            self._streams.send(data, hop, self._tasks)
        elif self._datagrams is not None:
            self._datagrams.sendto(data, (hop.host, hop.port))

    # --- calls ----------------------------------------------------------------------------------

    def _invited(self, call: Call) -> None:
        assert self._tasks is not None, "sockets are read while calls can be held"
        incoming = self._calls[call.dialog] = IncomingCall(self, call)
        self._tasks.create_task(self._hold(call.dialog, incoming))

    async def _hold(self, dialog: Dialog, incoming: IncomingCall) -> None:
        try:
            await self._take(incoming)
        except Exception:
            log.exception("a SIP call could not be taken")
        finally:
            incoming.hang_up()
            del self._calls[dialog]

    def _tell(self, event: Told) -> None:
        incoming = self._calls.get(event.dialog)
        if incoming is not None and incoming.watcher is not None:
            incoming.watcher.told(event)

    # --- time -----------------------------------------------------------------------------------

    async def _watch_deadlines(self) -> None:
        assert self._agent is not None, "it runs"
        while True:
            self._deadline_moved.clear()
            deadline = self._agent.next_deadline()
            wait_s = None if deadline is None else max(0.0, deadline - self._clock.monotonic_s())
            try:
                async with asyncio.timeout(wait_s):
                    await self._deadline_moved.wait()
            except TimeoutError:
                # A loop may wake early by its clock's resolution: the deadline has passed by definition.
                self._handle_deadline(self._agent, max(self._clock.monotonic_s(), deadline or 0.0))

    def _handle_deadline(self, agent: UserAgent, now: float) -> None:
        try:
            self._perform(agent.handle_deadline(now))
        except Exception:
            # One call; its deadline is gone, and the calls of all others go on.
            log.exception("a SIP call could not go on")

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            if self.ignored:
                log.info("SIP calls to no address of ours got no answer", extra={"count": self.ignored})
                self.ignored = 0
            self._streams.close_idle({dialog.source.connection for dialog in self._calls})
