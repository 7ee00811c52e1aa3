"""The ports of secrets, repeated requests, queues and blobs, and the rules of every port, whichever folder it is in.

One conformance suite per port runs on every adapter.
All ports are synchronous: Lambda calls them as they are, the worker and the local API in a thread.
Every method may be called from several threads at once, and several processes may share one store.
Adapters map their driver's errors: StoreError when the store itself fails, InvalidInput when a value
is no JSON or no valid Unicode text, Conflict when a row refers to one that does not exist.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from callcore.idempotency import EarlierRequest, KeyedRequest


class Secrets(Protocol):
    """What only our own processes know; by our names for it."""

    def secret(self, name: str) -> str:
        """The value, as it was at most five minutes ago. Raises NotFound."""
        ...


class IdempotencyStore(Protocol):
    """Requests that name themselves; every method works inside the request's account only."""

    def begin_request(self, request: KeyedRequest) -> EarlierRequest | None:
        """Take the key: None, and the request may run. Otherwise the request that has it.

        A request that still runs after RUNNING_S, and a reply older than REMEMBERED_S, do not count any more.
        """
        ...

    def finish_request(self, request: KeyedRequest, reply: str) -> None:
        """Keep the reply for REMEMBERED_S."""
        ...

    def abandon_request(self, request: KeyedRequest) -> None:
        """Give the key back; one whose request has a reply is kept."""
        ...


MAX_MESSAGE_BYTES = 64 * 1024
"""Of a queue message's body in UTF-8."""


@dataclass(frozen=True)
class Delivery:
    """One message taken from a queue; it comes again unless it is deleted in time."""

    receipt: str
    body: str
    attempt: int
    """1 on the first delivery."""


class Queue(Protocol):
    """At-least-once delivery of small JSON texts, in no promised order."""

    def send(self, body: str) -> None:
        """Returns when the message is durable. Raises InvalidInput above MAX_MESSAGE_BYTES."""
        ...

    def receive(self, limit: int, visibility_s: float) -> Sequence[Delivery]:
        """At most `limit` messages, hidden from others for `visibility_s` seconds. Does not wait."""
        ...

    def delete(self, receipt: str) -> None:
        """The message is dealt with.

        A receipt that says nothing is ignored; whether one of an earlier delivery still deletes is not promised.
        """
        ...


class Blob(Protocol):
    """A stored blob."""

    @property
    def size_bytes(self) -> int:
        """Of all of it."""
        ...

    def chunks(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes from `start` to before `stop`, within the size, in pieces of at most 64 KiB.

        Raises NotFound when it was deleted meanwhile.
        """
        ...

    def url(self, lifetime_s: int) -> str | None:
        """An address where anybody can GET it for that many seconds; None when the store publishes none."""
        ...


class BlobWriter(Protocol):
    """A blob that is being written; nobody sees it before `finish`. Used by one thread at a time.

    It keeps little in memory, however long the blob grows. One that is neither finished nor abandoned, because its
    process died, is forgotten by the store within two days.
    """

    def append(self, data: bytes) -> None:
        """Take more of the body."""
        ...

    def finish(self, head: bytes) -> None:
        """The blob is `head`, then all that was appended; an older one is replaced. Returns when it is durable.

        `head` has the length that `create` was told: a header that counts the body can only be written last.
        """
        ...

    def abandon(self) -> None:
        """Forget what was written; after `finish`, and a second time, it does nothing."""
        ...


class BlobStore(Protocol):
    """Large things, by key (callcore.blobs)."""

    def create(self, key: str, media_type: str, head_bytes: int = 0) -> BlobWriter:
        """Begin a blob. Raises InvalidInput for a key of another form."""
        ...

    def open(self, key: str) -> Blob:
        """Raises NotFound."""
        ...

    def delete(self, key: str) -> None:
        """Returns when it is gone; one that does not exist is fine."""
        ...
