"""Counts what one request to a language model uses."""

from collections import Counter
from collections.abc import AsyncIterator
from types import TracebackType

from callcore.calls.usage import Unit
from media_worker.ports.llm import DoneEvent, ReplyEvent, ReplyRequest, SpokenEvent, TextDelta, TokensUsed


class RequestMeter:
    """Around one request: leaving the context counts its text as far as the vendor has not told its tokens.

    A reply that was cut, which is every interruption, was never told by most vendors, and is paid for all the same.
    """

    def __init__(self, request: ReplyRequest, used: Counter[Unit]) -> None:
        """`used` is added to."""
        self._request = request
        self._used = used
        self._prompt_tokens = self._completion_tokens = self._reply_characters = 0

    def __enter__(self) -> "RequestMeter":
        """The request is about to be sent."""
        self._used[Unit.LLM_REQUESTS] += 1
        return self

    async def counted(self, events: AsyncIterator[ReplyEvent]) -> AsyncIterator[SpokenEvent | DoneEvent]:
        """The same events, but for those that only count."""
        async for event in events:
            if isinstance(event, TokensUsed):
                self._prompt_tokens += event.prompt
                self._completion_tokens += event.completion
                continue
            if isinstance(event, TextDelta):
                self._reply_characters += len(event.text)
            yield event

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The request is over, whole or not."""
        if self._prompt_tokens:
            self._used[Unit.LLM_PROMPT_TOKENS] += self._prompt_tokens
        else:
            texts = (self._request.system_prompt, *(each.get("content") or "" for each in self._request.messages))
            self._used[Unit.LLM_PROMPT_CHARACTERS] += sum(map(len, texts))
        if self._completion_tokens:
            self._used[Unit.LLM_COMPLETION_TOKENS] += self._completion_tokens
        else:
            self._used[Unit.LLM_REPLY_CHARACTERS] += self._reply_characters
