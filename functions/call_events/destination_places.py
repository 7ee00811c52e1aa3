"""How many attempts may be under way to one server: the others wait, or come again later."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

AT_ONCE_PER_DESTINATION = 4
"""A server that does not answer holds up its own deliveries and nobody else's."""


class Places:
    """The attempts that are under way, by destination."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()
        self._freed = asyncio.Condition()

    @asynccontextmanager
    async def at(self, destination: str, patience_s: float) -> AsyncIterator[bool]:
        """A place until the block is left; False when none became free in time, in seconds."""
        has_place = await self._take(destination, patience_s)
        try:
            yield has_place
        finally:
            if has_place:
                async with self._freed:
                    self._taken[destination] -= 1
                    if not self._taken[destination]:
                        del self._taken[destination]
                    self._freed.notify_all()

    async def _take(self, destination: str, patience_s: float) -> bool:
        try:
            async with asyncio.timeout(patience_s), self._freed:
                await self._freed.wait_for(lambda: self._taken[destination] < AT_ONCE_PER_DESTINATION)
                self._taken[destination] += 1
                return True
        except TimeoutError:
            return False
