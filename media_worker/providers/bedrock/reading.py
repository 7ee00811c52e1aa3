"""Reads the event stream of ConverseStream: bytes in, events of the reply out (providers.md 3.3)."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from botocore.eventstream import EventStreamBuffer, ParserError

from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.llm import CallTool, ReplyEvent, TextDelta, TokensUsed
from media_worker.providers.aws.failures import failure_of


class ReplyReader:
    """Reads one reply. Feed it what comes, then `finish` it."""

    def __init__(self, provider: str, offered: Collection[str]) -> None:
        """`offered` are the functions that may be called."""
        self._provider = provider
        self._offered = offered
        self._frames = EventStreamBuffer()
        self._calls: dict[int, list[str]] = {}
        """Name and pieces of the arguments, by the place of the block."""
        self._stopped = False

    def feed(self, data: bytes) -> Iterator[ReplyEvent]:
        """What is complete with these bytes. Raises ProviderError when the service says that it failed."""
        self._frames.add_data(data)
        try:
            for frame in self._frames:
                yield from self._frame(frame.headers, frame.payload)
        except (ParserError, ValueError, KeyError, TypeError, AttributeError):
            raise self._broken("a frame that cannot be read") from None

    def finish(self) -> Iterator[ReplyEvent]:
        """The calls. Raises ProviderError when the reply stopped before its end."""
        if not self._stopped:
            raise self._broken("the reply stopped before its end")
        for name, *arguments in self._calls.values():
            if name in self._offered:
                yield CallTool(name, "".join(arguments) or "{}")

    def _frame(self, headers: Mapping[str, Any], payload: bytes) -> Iterator[ReplyEvent]:
        if headers[":message-type"] == "exception":
            kind = str(headers[":exception-type"])
            raise ProviderError(self._provider, failure_of(kind, 500), f"{kind[:64]} in the middle of a reply")
        if headers[":message-type"] != "event":
            raise self._broken("it failed in the middle of a reply")
        event = json.loads(payload)
        match headers[":event-type"]:
            case "contentBlockStart" if "toolUse" in event.get("start", ()):
                self._calls[event["contentBlockIndex"]] = [event["start"]["toolUse"]["name"]]
            case "contentBlockDelta":
                yield from self._delta(event["contentBlockIndex"], event["delta"])
            case "messageStop":
                self._stopped = True
            case "metadata":
                usage = event["usage"]
                yield TokensUsed(int(usage["inputTokens"]), int(usage["outputTokens"]))

    def _delta(self, place: int, delta: Mapping[str, Any]) -> Iterator[ReplyEvent]:
        if delta.get("text"):
            text = str(delta["text"])
            text.encode()  # half of a surrogate pair can be told to nobody
            yield TextDelta(text)
        if "toolUse" in delta:
            self._calls[place].append(str(delta["toolUse"]["input"]))

    def _broken(self, detail: str) -> ProviderError:
        return ProviderError(self._provider, ProviderFailure.UNAVAILABLE, detail)
