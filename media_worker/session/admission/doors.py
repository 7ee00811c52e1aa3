"""The ways in: each turns an accepted socket into a leg and, by what its first frames ask, into a session's plan."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from callcore.clock import Clock
from media_worker.ports.leg import Leg
from media_worker.ports.socket import Socket
from media_worker.session.admission.admission import Admission, Admitted
from media_worker.session.admission.phone_admission import PhoneAdmission
from media_worker.transports import millis, twilio, vonage

TWILIO_PATH = "/twilio"
VONAGE_PATH = "/vonage"


@dataclass(frozen=True)
class Arrival:
    """Somebody at the door."""

    leg: Leg
    ask: Callable[[], Awaitable[Admitted]]
    """Waits for what they want and checks it. Raises CallError."""
    connect: Callable[[str], Awaitable[None]] | None = None
    """Has the transport itself connect the caller with a number, and returns when it has. Raises ToolFailed.

    None: a carrier asks us what comes next when its stream is over.
    """
    is_gone: Callable[[], bool] = lambda: False
    """Whether they have left while they waited: no session begins then."""
    dial: Callable[[str], bool] = lambda _: False
    """Presses telephone keys beside the sound, and says whether it does: where it does not, they are tones."""
    network: Callable[[], Mapping[str, Any] | None] = lambda: None
    """How well the sound has come through so far, for the call's metrics; None: that is not known."""


Door = Callable[[Socket], AbstractAsyncContextManager[Arrival]]
"""Leaving the context frees what the leg runs."""


def millis_door(admission: Admission) -> Door:
    """For the clients of /millis."""

    @asynccontextmanager
    async def door(socket: Socket) -> AsyncIterator[Arrival]:
        async with millis.open_leg(socket) as leg:

            async def ask() -> Admitted:
                return await admission.admit(await leg.initiate(), leg.peer)

            yield Arrival(leg, ask)

    return door


def carrier_doors(admission: PhoneAdmission, clock: Clock) -> Mapping[str, Door]:
    """For the media streams of the carriers, by path."""

    @asynccontextmanager
    async def twilio_door(socket: Socket) -> AsyncIterator[Arrival]:
        async with twilio.open_leg(socket, clock) as leg:
            yield _at_the_phone(leg, admission)

    @asynccontextmanager
    async def vonage_door(socket: Socket) -> AsyncIterator[Arrival]:
        async with vonage.open_leg(socket, clock) as leg:
            yield _at_the_phone(leg, admission)

    return {TWILIO_PATH: twilio_door, VONAGE_PATH: vonage_door}


def _at_the_phone(leg: twilio.TwilioLeg | vonage.VonageLeg, admission: PhoneAdmission) -> Arrival:
    async def ask() -> Admitted:
        return await admission.admit(await leg.start(), leg.peer)

    return Arrival(leg, ask)
