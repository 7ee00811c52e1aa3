"""Somebody outside who follows one session and may answer for it: a customer's own language model."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from media_worker.conversation.effects import Effect
from media_worker.conversation.events import Event, TransportEvent


class Follower(Protocol):
    """Hears everything, in order. None of it waits."""

    def open(self, tasks: asyncio.TaskGroup, post: Callable[[Event], None]) -> None:
        """The session begins: what this needs runs in these tasks, what it wants goes to `post`."""
        ...

    def happened(self, event: Event | TransportEvent) -> None:
        """The conversation is about to hear of this."""
        ...

    def decided(self, effect: Effect) -> None:
        """The conversation wants this, and it is about to be done."""
        ...

    def close(self) -> None:
        """The session is over."""
        ...


class Nobody:
    """Follows nothing."""

    def open(self, tasks: asyncio.TaskGroup, post: Callable[[Event], None]) -> None:
        """Nothing is needed."""

    def happened(self, event: Event | TransportEvent) -> None:
        """Nothing is told."""

    def decided(self, effect: Effect) -> None:
        """Nothing is told."""

    def close(self) -> None:
        """Nothing is left."""
