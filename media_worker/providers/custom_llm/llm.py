"""A customer's own language model behind a WebSocket (protocol.md 5): it greets, answers, ends and transfers the call.

It is never asked in advance, hedged or replaced; a server that cannot be had, hangs or talks nonsense costs an answer,
which the agent apologises for, and is asked again with the user's next turn.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from callcore.calls.call import CallStatus
from callcore.calls.usage import Service
from callcore.errors import ProviderError, ProviderFailure
from callcore.wire import custom_llm as wire
from media_worker.conversation import effects as do
from media_worker.conversation import events as did
from media_worker.ports.llm import KeepSilent, LlmCapabilities, ReplyEvent, ReplyRequest, TextDelta
from media_worker.providers.custom_llm.line import HEALTHY_S, Connect, Line
from media_worker.providers.custom_llm.streams import Streams
from media_worker.providers.custom_llm.turn import VENDOR, Turn

GREETING_S = 3.0
"""A server that says nothing for so long does not greet: then the agent's first message is said."""
NO_GREETING_S = 10.0
"""The same for an agent without one; then the user begins."""


@dataclass(frozen=True)
class CallFacts:
    """What the server is told of the call."""

    session_id: str
    agent_id: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    voip: Mapping[str, Any] | None = None
    call_sid: str | None = None
    first_message: str = ""
    """Said when the server does not greet."""
    earlier: Sequence[Mapping[str, Any]] = ()
    """What was said in the session that this one continues."""
    owes_answer: bool = False
    """The call goes on with the answer to what the user said before his connection was lost."""


class CustomLlm:
    """The model of one session; it follows the session as well."""

    def __init__(self, facts: CallFacts, connect: Connect) -> None:
        self.service = Service("custom")
        """Who answers, for the bill."""
        self._facts = facts
        self._streams = Streams()
        self._line = Line(connect, opening=self._opening, heard=self._heard, lost=self._lost)
        self._post: Callable[[did.Event], None] = lambda event: None
        self._running: asyncio.Task[None] | None = None
        self._turn: Turn | None = None
        """What is owed now."""
        self._sounding: tuple[int, int] | None = None
        """Turn and stream of the answer that is being heard, or made."""
        self._over = False
        self._abandoned = -1
        """The last stream of which nothing more is wanted."""
        self._user_spoke = facts.owes_answer

    @property
    def capabilities(self) -> LlmCapabilities:
        """A server takes every request for something that happened."""
        return LlmCapabilities(discardable=False)

    # --- the session ----------------------------------------------------------------------------

    def open(self, tasks: asyncio.TaskGroup, post: Callable[[did.Event], None]) -> None:
        """Connect."""
        self._post = post
        self._running = tasks.create_task(self._line.run())

    def close(self) -> None:
        """Hang up: nothing is asked any more."""
        self._over = True
        if self._running is not None:
            self._running.cancel()

    def happened(self, event: did.Event | did.TransportEvent) -> None:
        """Tell the server that its answer was heard."""
        if isinstance(event, did.PlayoutDrained) and self._sounding is not None and event.turn_id == self._sounding[0]:
            self._line.send(wire.PlaybackFinished(self._facts.session_id, self._sounding[1]))
            self._sounding = None

    def decided(self, effect: do.Effect) -> None:
        """Tell the server what the user says, and that he interrupts."""
        match effect:
            case do.CommitUser():
                self._user_spoke = True
            case do.ShowTranscript(text, is_final):
                self._line.send(wire.PartialTranscript(self._facts.session_id, text, is_final))
            case do.CutReply(turn_id) if self._sounding is not None and turn_id == self._sounding[0]:
                self._abandon()

    def _abandon(self) -> None:
        """Nothing more of the answer is wanted."""
        if self._sounding is not None:
            self._line.send(wire.Interrupt(self._sounding[1]))
        self._abandoned = self._streams.current
        self._sounding = self._turn = None

    # --- replies --------------------------------------------------------------------------------

    @asynccontextmanager
    async def reply(self, request: ReplyRequest) -> AsyncIterator[AsyncIterator[ReplyEvent]]:
        """The server's answer. Raises ProviderError."""
        if self._over:
            raise ProviderError(VENDOR, ProviderFailure.REJECTED, "the call is over")
        if request.messages and request.messages[-1]["role"] == "tool":
            # Only a transfer is ever called, and it goes on only when it has failed: the server cannot be told of that.
            raise ProviderError(VENDOR, ProviderFailure.REJECTED, "the call could not be transferred")
        turn = self._turn = Turn(
            request.turn_id, [*self._facts.earlier, *request.messages], greets=not self._user_spoke
        )
        self._sounding = None
        if self._line.is_up:
            self._ask(turn)
        self._line.want()
        try:
            async with aclosing(self._greeting(turn) if turn.greets else self._answer(turn)) as events:
                yield events
        except TimeoutError:
            self._abandon()
            raise
        finally:
            turn.over = True

    async def _answer(self, turn: Turn) -> AsyncGenerator[ReplyEvent]:
        async for event in turn.events(None):
            yield event

    async def _greeting(self, turn: Turn) -> AsyncGenerator[ReplyEvent]:
        """The server's, or the agent's own, or none."""
        first_message = self._facts.first_message
        try:
            async for event in turn.events(GREETING_S if first_message else NO_GREETING_S):
                if isinstance(event, KeepSilent) and first_message:
                    event = TextDelta(first_message)
                yield event
        except (ProviderError, TimeoutError) as error:
            self._turn = None
            if first_message and not turn.said:
                yield TextDelta(first_message)
            elif isinstance(error, TimeoutError):
                yield KeepSilent()
            else:
                raise

    def _ask(self, turn: Turn) -> None:
        """The greeting is asked for by `start_call`."""
        if turn.greets:
            turn.stream_id = self._streams.current
        else:
            self._line.send(self._request(turn))
        self._sounding = (turn.turn_id, self._streams.current)

    def _request(self, turn: Turn) -> wire.StreamRequest:
        turn.stream_id = self._streams.begin()
        return wire.StreamRequest(turn.stream_id, turn.transcript())

    # --- the connection -------------------------------------------------------------------------

    def _opening(self) -> Sequence[wire.ModelBound]:
        """What a new connection begins with: the call, and the answer that is owed."""
        facts, turn = self._facts, self._turn
        start = wire.StartCall(
            self._streams.begin(), facts.session_id, facts.agent_id, facts.call_sid, facts.metadata, facts.voip
        )
        if turn is None or turn.complete:
            return (start,)
        if turn.greets and not turn.said:
            self._ask(turn)
            return (start,)
        request = self._request(turn)
        self._sounding = (turn.turn_id, request.stream_id)
        return (start, request)

    def _lost(self, lasted_s: float) -> bool:
        turn = self._turn
        if turn is None or turn.complete:
            return lasted_s >= HEALTHY_S
        if turn.reconnects == 0:
            turn.fail()
            self._turn = None
            return False
        turn.reconnects -= 1
        turn.lost()
        return True

    def _heard(self, message: wire.CallBound) -> None:
        if isinstance(message, wire.Unrecognised) or not self._is_wanted(message.stream_id):
            return
        turn = self._turn
        match message:
            case wire.StreamResponse():
                if turn is not None and not turn.complete and turn.stream_id is not None and not turn.take(message):
                    self._abandon()
            case wire.EndCall() | wire.TransferCall() if turn is not None and not turn.over:
                turn.act(message)
            case wire.EndCall():
                self._end_call()

    def _is_wanted(self, stream_id: int | None) -> bool:
        is_wanted = self._streams.is_wanted(stream_id)
        return is_wanted and (self._streams.current if stream_id is None else stream_id) > self._abandoned

    def _end_call(self) -> None:
        """The answer is complete, and perhaps still being heard: then it is the last one."""
        if self._sounding is not None:
            self._post(did.ReplyEnded(self._sounding[0], end_call=True))
        else:
            self._post(did.Terminated(CallStatus.AGENT_ENDED))
