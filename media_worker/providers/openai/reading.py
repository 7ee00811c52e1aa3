"""Reads the stream of a chat completion: bytes in, events of the reply out (providers.md 3.1).

The servers that speak this protocol disagree about calls of functions: some send fragments by index, some several calls
in one chunk, some whole calls without an index or all with index 0, and some finish such a reply with "stop".
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.llm import CallTool, ReplyEvent, TextDelta, TokensUsed
from media_worker.providers.openai.spoken_part import SpokenPart
from media_worker.providers.server_sent_events import ServerSentEvents

_END = b"[DONE]"


class _Part(BaseModel):
    """A piece of what servers send; what is not named here does not matter, and everything may be missing."""

    model_config = ConfigDict(coerce_numbers_to_str=True)


class _Function(_Part):
    name: str | None = None
    arguments: str | dict[str, Any] | None = None


class _CallPart(_Part):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Delta(_Part):
    content: str | None = None
    tool_calls: list[_CallPart] | None = None


class _Choice(_Part):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Usage(_Part):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Groq(_Part):
    usage: _Usage | None = None


class _Chunk(_Part):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    x_groq: _Groq | None = None
    error: Any = None


@dataclass
class _Call:
    """A call while its parts come in."""

    call_id: str = ""
    name: str = ""
    arguments: str = ""


class ReplyReader:
    """Reads one reply. Feed it what comes, then `finish` it."""

    def __init__(self, provider: str, offered: Collection[str] = ()) -> None:
        """`offered` are the functions that may be called."""
        self._provider = provider
        self._spoken = SpokenPart(offered)
        self._stream = ServerSentEvents()
        self._calls: dict[int, _Call] = {}
        self._used: TokensUsed | None = None
        self._finished = False
        self.done = False
        """The server has said that nothing follows."""

    def feed(self, data: bytes) -> Iterator[ReplyEvent]:
        """The text that is complete with these bytes. Raises ProviderError when the server says that it failed."""
        try:
            for content in self._stream.feed(data):
                yield from self._event(content.strip())
        except ValueError:
            raise self._broken("an event without end") from None

    def finish(self) -> Iterator[ReplyEvent]:
        """The calls and the usage. Raises ProviderError when the reply stopped before its end."""
        for content in self._stream.finish():
            yield from self._event(content.strip())
        if not (self.done or self._finished):
            raise self._broken("the reply stopped before its end")
        if text := self._spoken.finish():
            yield TextDelta(text)
        yield from self._spoken.calls
        for _, call in sorted(self._calls.items()):
            if call.name:
                yield CallTool(call.name, call.arguments or "{}")
        if self._used is not None:
            yield self._used

    def _event(self, content: bytes) -> Iterator[ReplyEvent]:
        if self.done or not content:
            return  # servers keep a connection open with events that say nothing
        if content == _END:
            self.done = True
            return
        try:
            chunk = _Chunk.model_validate_json(content)
        except ValidationError:
            raise self._broken("a chunk that cannot be read") from None
        yield from self._chunk(chunk)

    def _chunk(self, chunk: _Chunk) -> Iterator[ReplyEvent]:
        if chunk.error:
            raise self._broken("it failed in the middle of a reply")
        usage = chunk.usage or (chunk.x_groq and chunk.x_groq.usage)
        if usage:
            self._used = TokensUsed(usage.prompt_tokens or 0, usage.completion_tokens or 0)
        for choice in chunk.choices or ():
            delta = choice.delta or _Delta()
            if delta.content and (text := self._spoken.feed(delta.content)):
                yield TextDelta(text)
            for part in delta.tool_calls or ():
                self._add(part, part.function or _Function())
            self._finished = self._finished or bool(choice.finish_reason)

    def _add(self, part: _CallPart, function: _Function) -> None:
        call = self._calls.setdefault(self._place(part, function), _Call())
        call.call_id = part.id or call.call_id
        call.name = call.name or function.name or ""
        arguments = function.arguments
        call.arguments += json.dumps(arguments) if isinstance(arguments, dict) else arguments or ""

    def _place(self, part: _CallPart, function: _Function) -> int:
        """Which call a part belongs to."""
        last = max(self._calls, default=-1)
        if part.index is None:
            return last + 1 if part.id or function.name or last < 0 else last
        known = self._calls.get(part.index)
        is_another = known is not None and part.id and known.call_id not in ("", part.id)
        return last + 1 if is_another else part.index

    def _broken(self, detail: str) -> ProviderError:
        return ProviderError(self._provider, ProviderFailure.UNAVAILABLE, detail)
