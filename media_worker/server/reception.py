"""Offers of WebRTC at a worker: it answers them, or hands them on to one that has room."""

import asyncio
from dataclasses import dataclass

from callcore.errors import LimitExceeded, NotAllowed, Unauthenticated, WorkerUnreachable
from callcore.ports import CallControl
from callcore.wire.jobs import Connect, Done, Job
from media_worker.session.supervisor import FULL_S
from media_worker.session.webrtc_calls import WebRtcCalls


@dataclass(frozen=True)
class Reception:
    """One worker's."""

    calls: WebRtcCalls
    elsewhere: CallControl
    """To another worker that has room."""

    async def answer(self, job: Job, connect: Connect) -> Done:
        """The answer to an offer. Raises CallError."""
        if not (self.calls.has_room or job.forwarded):
            return await self._handed_on(job, connect)
        try:
            return await self.calls.connect(job.account_id, job.session_id, connect)
        except Unauthenticated as error:
            # Who sent us the offer has proved himself; it is his client whose token is not believed.
            raise NotAllowed(str(error)) from None

    async def _handed_on(self, job: Job, connect: Connect) -> Done:
        try:
            return await asyncio.to_thread(self.elsewhere.send, job.account_id, job.session_id, connect)
        except WorkerUnreachable:
            raise LimitExceeded("the server is full", FULL_S) from None
