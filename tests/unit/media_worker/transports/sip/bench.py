"""A SIP leg in virtual time: a caller's telephone, the user agent and a wire for sound, without sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

from callcore.wire.client import OnReady
from media_worker.session.pacer import Pacer
from media_worker.transports.rtp.ports import PortPair
from media_worker.transports.sip.endpoint import Endpoint, IncomingCall
from media_worker.transports.sip.leg import SipLeg, open_leg
from media_worker.transports.sip.message import Request, Response
from media_worker.transports.sip.transactions import Transmit
from media_worker.transports.sip.user_agent import Invited, News, UserAgent
from tests.peers.rtp_caller import Wire
from tests.unit.media_worker.transports.sip.phone import Phone, sdp, user_agent
from tests.virtual_time import VirtualClock

READY = OnReady("s-1", False)


class Bench:
    """Carries what the telephone sends to the user agent and back; time is the loop's."""

    public_host = "203.0.113.1"

    def __init__(self, transport: str = "UDP") -> None:
        self.agent = user_agent()
        self.clock = VirtualClock()
        self.phone = Phone(self.agent, transport)
        self.phone.take = self._take  # type: ignore[method-assign]
        self.wire = Wire()
        self.wire.port = 16384  # type: ignore[attr-defined]
        self.incoming: IncomingCall | None = None
        self.came: list[Request | Response] = []

    def perform(self, command: Callable[[UserAgent, float], list[News]]) -> None:
        self._take(command(self.agent, self.clock.monotonic_s()))

    def meet(self, source: str) -> None:
        raise AssertionError("a leg does not decide who is known")

    def _take(self, events: list[News]) -> list[Request | Response]:
        self.phone.now = self.clock.monotonic_s()
        came = Phone.take(self.phone, [event for event in events if isinstance(event, Transmit)])
        self.came += came
        for event in events:
            if isinstance(event, Invited):
                self.incoming = IncomingCall(cast(Endpoint, self), event.call)
            elif not isinstance(event, Transmit) and self.incoming is not None and self.incoming.watcher is not None:
                self.incoming.watcher.told(event)
        return came

    @asynccontextmanager
    async def leg(self, *fields: str, body: bytes | None = None) -> AsyncIterator[SipLeg]:
        """Of a call that rings."""
        self.phone.ask("INVITE", *fields, body=sdp() if body is None else body)
        assert self.incoming is not None
        self.incoming.ring()
        pacer = Pacer(self.clock)
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(pacer.run()), tasks.create_task(self._watch())]
            async with open_leg(self.incoming, cast(PortPair, self.wire), pacer, self.clock) as leg:
                yield leg
            for task in running:
                task.cancel()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(0.05)
            self._take(self.agent.handle_deadline(self.clock.monotonic_s()))

    def answered(self, leg: SipLeg, body: bytes = b"") -> Response:
        leg.send(READY)
        response = self.came[-1]
        assert isinstance(response, Response)
        self.phone.to_tag = response.to_tag
        self.phone.ask("ACK", body=body)
        return response

    def sent(self, method: str) -> list[Request]:
        return [message for message in self.came if isinstance(message, Request) and message.method == method]
