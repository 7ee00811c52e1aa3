"""One answer that a customer's model owes, while it comes."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from callcore.errors import ProviderError, ProviderFailure
from callcore.jsontext import to_json
from callcore.tools.toolbox import BuiltIn
from callcore.wire.custom_llm import EndCall as WireEndCall
from callcore.wire.custom_llm import StreamResponse, TransferCall
from media_worker.ports.llm import CallTool, EndCall, Flush, KeepSilent, Pause, ReplyEvent, TextDelta

VENDOR = "custom"
MAX_REPLY_CHARS = 20_000
"""A quarter of an hour of speech: a server that says more is not answering."""
MAX_PIECES = 5_000
FLUSH_AFTER_S = 0.7
"""Words that nothing follows for so long are spoken: a filler, and the rest of the answer comes much later."""
LINGER_S = 0.3
"""After the end of the stream the server may still say what is to be done with the call."""
CONTINUE = "(Your last message was cut off. Continue it exactly where it stopped.)"


class Turn:
    """Filled by the connection, read by the reply."""

    def __init__(self, turn_id: int, messages: Sequence[Mapping[str, Any]], *, greets: bool) -> None:
        """`greets`: it answers `start_call` and not a user."""
        self.turn_id = turn_id
        self.greets = greets
        self.stream_id: int | None = None
        """None: it was not asked for yet, or has to be asked for again."""
        self.reconnects = 1
        """How often it may be asked for again."""
        self.complete = False
        """The stream has ended."""
        self.over = False
        """Nobody reads it any more."""
        self.said = ""
        self._messages = messages
        self._pieces = 0
        self._events: asyncio.Queue[ReplyEvent | ProviderError | None] = asyncio.Queue()

    def transcript(self) -> list[dict[str, str]]:
        """What the model is asked to answer: spoken turns alone, the last one the user's."""
        spoken = [
            {"role": str(message["role"]), "content": str(message["content"])}
            for message in self._messages
            if message["role"] in ("user", "assistant") and message.get("content")
        ]
        if self.said.strip():
            spoken += [{"role": "assistant", "content": self.said}, {"role": "user", "content": CONTINUE}]
        return spoken

    # --- from the connection --------------------------------------------------------------------

    def take(self, response: StreamResponse) -> bool:
        """The next piece; False when it is too much, and the turn is over."""
        self._pieces += 1
        if len(self.said) + len(response.content) > MAX_REPLY_CHARS or self._pieces > MAX_PIECES:
            self.end()
            return False
        if response.content:
            self.said += response.content
            self._events.put_nowait(TextDelta(response.content))
        if response.flush or response.end_of_stream:
            self._events.put_nowait(Flush())
        if response.pause_ms:
            self._events.put_nowait(Pause(response.pause_ms))
        if response.end_of_stream:
            self.end()
        return True

    def act(self, message: WireEndCall | TransferCall) -> None:
        """End or transfer the call when all of it was heard."""
        match message:
            case WireEndCall():
                self._events.put_nowait(EndCall())
            case TransferCall(destination=destination):
                arguments = to_json({"destination": destination})
                self._events.put_nowait(CallTool(BuiltIn.TRANSFER_CALL, arguments))
        self.end()

    def end(self) -> None:
        """Nothing is said any more."""
        self.complete = True
        self._events.put_nowait(None)

    def lost(self) -> None:
        """The connection is gone, and with it what was not said."""
        if self.said[-1:].strip():
            self._events.put_nowait(TextDelta(" "))
        self.stream_id = None

    def fail(self) -> None:
        """It cannot be had."""
        self.complete = True
        self._events.put_nowait(ProviderError(VENDOR, ProviderFailure.UNAVAILABLE, "no connection to the server"))

    # --- for the reply --------------------------------------------------------------------------

    async def events(self, patience_s: float | None) -> AsyncIterator[ReplyEvent]:
        """All of it. Raises ProviderError, and TimeoutError when nothing at all comes within `patience_s`."""
        wait_s, unspoken, acts = patience_s, False, False
        while True:
            try:
                async with asyncio.timeout(wait_s):
                    event = await self._events.get()
            except TimeoutError:
                if not unspoken:
                    raise
                event = Flush()
            if isinstance(event, ProviderError):
                raise event
            if event is None:
                break
            unspoken = isinstance(event, TextDelta)
            acts = acts or isinstance(event, EndCall | CallTool)
            wait_s = FLUSH_AFTER_S if unspoken else None
            yield event
        async for event in self._afterwards(acts=acts):
            yield event

    async def _afterwards(self, *, acts: bool) -> AsyncIterator[ReplyEvent]:
        """What is said of the call right after the end; an end without any of it, and without words, was meant."""
        if not acts:
            try:
                async with asyncio.timeout(LINGER_S):
                    event = await self._events.get()
                if isinstance(event, EndCall | CallTool):
                    yield event
                    return
            except TimeoutError:
                pass
        if not acts and not self.said.strip():
            yield KeepSilent()
