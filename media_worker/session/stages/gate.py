"""Between a reply that is only prepared and everything it could do."""

import asyncio
from collections.abc import Callable

from media_worker.conversation.events import Event, PreparationFailed


class Gate:
    """Closed, nothing of a reply gets out but that it failed. It opens once; an owed reply's is open from the start."""

    def __init__(self, post: Callable[[Event], None], attempt: int | None = None) -> None:
        """`attempt` is what is being prepared; None = the reply is owed. `post` takes what passes."""
        self.attempt = attempt
        self._post = post
        self._opened = asyncio.Event()
        self._voice = asyncio.Event()
        if attempt is None:
            self.open()

    @property
    def is_open(self) -> bool:
        """The reply is owed."""
        return self._opened.is_set()

    def open(self) -> None:
        """The reply is owed from now on."""
        self._opened.set()
        self._voice.set()

    def admit_voice(self) -> None:
        """The voice may prepare the first segment; nobody hears it."""
        self._voice.set()

    def shut(self) -> None:
        """Nothing more of the reply is told: it was made anew, or has never been."""
        self._post = lambda _: None

    async def passed(self) -> None:
        """Wait until it is open; the conversation discards what waits for too long."""
        await self._opened.wait()

    async def voice_admitted(self, *, is_first: bool) -> None:
        """Wait until the voice may begin with a segment: with the first sooner than with the others."""
        await (self._voice if is_first else self._opened).wait()

    async def post(self, event: Event) -> None:
        """Post when it is open."""
        await self.passed()
        self._post(event)

    def fail(self, event: Event) -> None:
        """Post this end of an owed reply, or that the preparation failed; at once."""
        self._post(event if self.is_open or self.attempt is None else PreparationFailed(self.attempt))
