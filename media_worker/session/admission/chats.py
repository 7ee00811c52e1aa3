"""Conversations in writing: sessions that begin with a command, whose turns are commands (`POST /chat/completions`)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace

from callcore.accounts.account import Account
from callcore.calls.call import Call, CallStatus
from callcore.calls.ports import CallStore
from callcore.errors import Conflict, NotFound
from callcore.ids import AccountId, SessionId
from callcore.opening.plan import CHAT, Opening, OpeningRequest
from callcore.wire.client import CloseCode
from callcore.wire.jobs import REPLY_S, Chat, Done
from media_worker.session.admission.admission import Admission, Admitted
from media_worker.session.admission.doors import Arrival
from media_worker.session.admission.waiting_calls import open_waiting
from media_worker.transports.text import TextLeg

ENDING_S = 0.05
"""An answer with which the agent ends the conversation is told to be the last one."""

Receive = Callable[[AbstractAsyncContextManager[Arrival]], Awaitable[None]]
"""Serves whoever comes through a door to the end."""


@dataclass(frozen=True)
class _Talk:
    """One conversation of this process."""

    account_id: AccountId
    leg: TextLeg


class Chats:
    """Those of one process. `run` must be running while there are any."""

    def __init__(self, admission: Admission, calls: CallStore, receive: Receive) -> None:
        self._admission = admission
        self._calls = calls
        self._receive = receive
        self._talks: dict[SessionId, _Talk] = {}
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Hold conversations until cancelled."""
        async with asyncio.TaskGroup() as self._tasks:
            await asyncio.Event().wait()

    async def answer(self, account_id: AccountId, session_id: SessionId, chat: Chat, worker_id: str) -> Done | None:
        """The agent's answer; None when the session is neither here nor to begin. Raises CallError."""
        talk = self._talks.get(session_id)
        if talk is None:
            talk = await self._begin(account_id, session_id, chat)
        if talk is None or talk.account_id != account_id:
            return None
        if talk.leg.closed is not None:  # its end is being stored
            raise Conflict(f"call {session_id} has ended already")
        reply = await talk.leg.ask(chat.text, REPLY_S) if chat.text.strip() else None
        if chat.end:
            talk.leg.hang_up()
        is_over = await talk.leg.is_over(ENDING_S)
        if reply is None and talk.leg.closed is not None and talk.leg.closed[0] != CloseCode.NORMAL:
            raise Conflict(talk.leg.closed[1])
        return Done(worker_id=worker_id, reply=reply, ended=chat.end or is_over)

    async def _begin(self, account_id: AccountId, session_id: SessionId, chat: Chat) -> _Talk | None:
        try:
            call = await asyncio.to_thread(self._calls.get_call, account_id, session_id)
        except NotFound:
            return None
        if call.status is not CallStatus.REGISTERED:
            return None
        if self._tasks is None:
            raise Conflict("the worker does not hold conversations now")
        admitted = await self._admission.complete(*await asyncio.to_thread(self._opened, call, chat))
        if session_id in self._talks:
            return self._talks[session_id]  # another request for it was quicker
        talk = self._talks[session_id] = _Talk(account_id, TextLeg())
        self._tasks.create_task(self._hold(session_id, talk, admitted))
        return talk

    async def _hold(self, session_id: SessionId, talk: _Talk, admitted: Admitted) -> None:
        async def ask() -> Admitted:
            return admitted

        @asynccontextmanager
        async def door() -> AsyncIterator[Arrival]:
            yield Arrival(talk.leg, ask)

        try:
            await self._receive(door())
        finally:
            del self._talks[session_id]

    def _opened(self, registered: Call, chat: Chat) -> tuple[Account, Opening]:
        def in_writing(request: OpeningRequest) -> OpeningRequest:
            history = tuple(turn.model_dump() for turn in chat.history)
            return replace(request, text_only=True, transport=CHAT, history=history)

        return open_waiting(self._admission, registered, in_writing)
