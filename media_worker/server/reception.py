"""Offers of WebRTC at a worker, and what follows them: it deals with them, or hands them on to who can."""

import asyncio
from dataclasses import dataclass

from callcore.clock import Clock
from callcore.errors import LimitExceeded, NotAllowed, NotFound, NoWorker, Unauthenticated, WorkerUnreachable
from callcore.wire.jobs import Connect, Done, HangUp, Job, Trickle
from callcore.workers.ports import WorkerRegistry
from callcore.workers.worker import place_of
from callnet.call_control import FindUrl, HttpCallControl, PlaceUrl, RoomUrl, Sign
from media_worker.session.supervisor import FULL_S
from media_worker.session.webrtc_calls import WebRtcCalls


@dataclass(frozen=True)
class Reception:
    """One worker's. Its registry is synchronous."""

    worker_id: str
    calls: WebRtcCalls
    workers: WorkerRegistry
    sign: Sign
    clock: Clock

    async def answer(self, job: Job, command: Connect | Trickle | HangUp) -> Done:
        """Do what the command says, here or elsewhere. Raises CallError."""
        if isinstance(command, Connect):
            return await self._connected(job, command)
        if command.place != place_of(self.worker_id):
            if job.forwarded:
                raise NotFound("call", job.session_id)
            return await self._handed_on(job, PlaceUrl(self.workers, self.clock, command.place))
        if isinstance(command, Trickle):
            await self.calls.add_candidates(job.account_id, job.session_id, command.fragment)
        else:
            self.calls.hang_up(job.account_id, job.session_id)
        return Done(worker_id=self.worker_id)

    async def _connected(self, job: Job, command: Connect) -> Done:
        if not (self.calls.has_room or job.forwarded):
            try:
                return await self._handed_on(job, RoomUrl(self.workers, self.clock))
            except (NoWorker, WorkerUnreachable):
                raise LimitExceeded("the server is full", FULL_S) from None
        try:
            return await self.calls.connect(job.account_id, job.session_id, command)
        except Unauthenticated as error:
            # Who sent us the offer has proved himself; it is his client whose token is not believed.
            raise NotAllowed(str(error)) from None

    async def _handed_on(self, job: Job, find_url: FindUrl) -> Done:
        control = HttpCallControl(find_url, self.sign, forwarding=True)
        return await asyncio.to_thread(control.send, job.account_id, job.session_id, job.command)
