"""Patience with what comes one by one."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

T = TypeVar("T")


async def in_time(items: AsyncIterator[T], first_s: float, gap_s: float) -> AsyncGenerator[T]:
    """The same items; raises TimeoutError when one takes too long."""
    wait_s = first_s
    while True:
        try:
            async with asyncio.timeout(wait_s):
                item = await anext(items)
        except StopAsyncIteration:
            return
        yield item
        wait_s = gap_s
