"""What a language model says to one request."""

from callcore.errors import ProviderError
from media_worker.ports.llm import LanguageModel, ReplyEvent, ReplyRequest


async def told(model: LanguageModel, request: ReplyRequest) -> list[ReplyEvent]:
    """All of it."""
    async with model.reply(request) as events:
        return [event async for event in events]


async def until_failure(model: LanguageModel, request: ReplyRequest) -> tuple[list[ReplyEvent], ProviderError]:
    """What came before it failed, as it must."""
    said: list[ReplyEvent] = []
    try:
        async with model.reply(request) as events:
            async for event in events:
                said.append(event)
    except ProviderError as error:
        return said, error
    raise AssertionError(f"nothing failed: {said}")
