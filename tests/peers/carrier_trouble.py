"""What goes wrong between us and a copy of a carrier."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request


@dataclass
class Trouble:
    """Numbers are written as E.164."""

    silent_places: int = 0
    """So many requests for a call are taken and not answered."""
    refused: int | None = None
    """Requests for a call are answered with this status."""
    mangle: Callable[[list[str]], list[str]] = lambda news: news
    """Of the words of a call's progress: which arrive, how often and in which order."""
    late_s: Callable[[], float] = lambda: 0.0
    """How long after its time a word arrives; what comes later does not wait for it."""
    answers: dict[str, int] = field(default_factory=dict)
    """One request for a call to this number is answered with this status, and no call is made."""
    silent: set[str] = field(default_factory=set)
    """Requests for calls to these numbers are taken and not answered."""

    def refusal(self, to_phone: str) -> int | None:
        """The status that this request for a call is answered with; None: the call is made."""
        return self.refused or self.answers.pop(to_phone, None)

    async def keep_silent(self, request: Request, to_phone: str) -> None:
        """If the request is one that is not answered, wait until who asks has enough of it."""
        if to_phone not in self.silent:
            if self.silent_places <= 0:
                return
            self.silent_places -= 1
        while not await request.is_disconnected():  # noqa: ASYNC110  # it is told only when asked for
            await asyncio.sleep(0.05)


@dataclass(frozen=True)
class Asking:
    """How a carrier asks what to do with a call that comes in."""

    times: int = 1
    """So often."""
    is_answered: bool = True
    """Whether the answer arrives."""
