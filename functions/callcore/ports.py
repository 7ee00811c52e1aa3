"""What the kernel asks of storage, queues and blobs; one conformance suite per port runs on every adapter.

All ports are synchronous: Lambda calls them as they are, the worker and the local API in a thread.
Every method may be called from several threads at once, and several processes may share one store.
Adapters map their driver's errors: StoreError when the store itself fails, InvalidInput when a value
is no JSON or no valid Unicode text, Conflict when a row refers to one that does not exist.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from callcore.accounts import Account, KeyRecord
from callcore.agents import Agent
from callcore.call_log import CallPage, CallQuery
from callcore.calls import Call, Checkpoint
from callcore.idempotency import EarlierRequest, KeyedRequest
from callcore.ids import AccountId, AgentId, CallId, SessionId
from callcore.phones import Phone, PhoneNumber
from callcore.workers import Worker

if TYPE_CHECKING:  # what happens after calls commands no worker, and its start does not wait for the commands' models
    from callcore.wire.jobs import Command, Done


class AccountStore(Protocol):
    """Accounts and their keys."""

    def put_account(self, account: Account) -> None:
        """Create or replace."""
        ...

    def get_account(self, account_id: AccountId) -> Account:
        """Raises NotFound."""
        ...

    def put_key(self, key: KeyRecord) -> None:
        """Create or replace the row of `key.key_hash`."""
        ...

    def find_key(self, key_hash: str) -> KeyRecord | None:
        """The row, revoked or not; None when there is none."""
        ...


class Credentials(Protocol):
    """What opens an account, as its owner manages it."""

    def list_keys(self, account_id: AccountId) -> Sequence[KeyRecord]:
        """Every key of the account, revoked ones too, oldest first."""
        ...

    def revoke_key(self, account_id: AccountId, key_hash: str, revoked_at: float) -> None:
        """Refuse the key from `revoked_at` (unix seconds) on; a key that is revoked keeps its time.

        Raises NotFound, also for another account's key.
        """
        ...

    def set_embed_secret(self, account_id: AccountId, embed_secret: str) -> None:
        """Replace the secret alone. Raises NotFound."""
        ...

    def set_webhook_secrets(self, account_id: AccountId, webhook_secrets: Sequence[str]) -> None:
        """Replace these secrets alone. Raises NotFound."""
        ...


class AccountDirectory(Protocol):
    """Every account, for whoever runs the installation."""

    def list_accounts(self) -> Sequence[Account]:
        """Oldest first."""
        ...

    def change_account(self, account_id: AccountId, change: Callable[[Account], Account]) -> Account:
        """Store what `change` makes of the account, and return it; two changes at once both take effect.

        `change` is pure: it may run more than once. Raises NotFound, and whatever `change` raises; then nothing is
        stored.
        """
        ...


class AgentStore(Protocol):
    """Agents; every method works inside one account only."""

    def put_agent(self, agent: Agent) -> None:
        """Create or replace."""
        ...

    def get_agent(self, account_id: AccountId, agent_id: AgentId) -> Agent:
        """Raises NotFound, also for another account's agent."""
        ...

    def list_agents(self, account_id: AccountId) -> Sequence[Agent]:
        """Oldest first."""
        ...

    def delete_agent(self, account_id: AccountId, agent_id: AgentId) -> None:
        """Raises NotFound."""
        ...


class AgentChanges(Protocol):
    """Changes that depend on what is stored."""

    def change_agent(self, account_id: AccountId, agent_id: AgentId, change: Callable[[Agent], Agent]) -> Agent:
        """Store what `change` makes of the agent, and return it; two changes at once both take effect.

        `change` is pure: it may run more than once. Raises NotFound, also for another account's agent, and
        whatever `change` raises; then nothing is stored.
        """
        ...


class CallStore(Protocol):
    """The call log."""

    def begin_call(self, call: Call) -> None:
        """Store a call that begins: a new one, or one that was registered under the same session and call id.

        Raises Conflict when the session id is taken by anything but such a registration; so a registered call
        begins once.
        """
        ...

    def get_call(self, account_id: AccountId, session_id: SessionId) -> Call:
        """Raises NotFound, also for another account's call."""
        ...

    def finish_call(self, call: Call) -> bool:
        """Replace a live call by its ended form; False (and no change) when it had ended already.

        Raises NotFound, also for another account's call, and InvalidTransition when the call's status
        may not become that of `call`.
        """
        ...

    def list_live_calls(self) -> Sequence[Call]:
        """Every call that has begun and not ended, of all accounts: for the sweeper."""
        ...


class CallLog(Protocol):
    """The call log as its owner reads it."""

    def list_calls(self, query: CallQuery) -> CallPage:
        """The newest `query.limit` calls that match; those of other accounts never do."""
        ...

    def find_call(self, account_id: AccountId, call_id: CallId) -> Call:
        """The call with that call id. Raises NotFound, also for another account's call."""
        ...

    def delete_call(self, account_id: AccountId, session_id: SessionId) -> None:
        """Delete a call, its checkpoint and, of a campaign's call, its record (campaign_ports.py).

        Raises NotFound, also for another account's call, and Conflict while the call goes on.
        """
        ...


class PhoneStore(Protocol):
    """Phone numbers; every method works inside one account only."""

    def get_phone(self, account_id: AccountId, number: PhoneNumber) -> Phone:
        """Raises NotFound, also for another account's number."""
        ...

    def list_phones(self, account_id: AccountId) -> Sequence[Phone]:
        """Oldest first."""
        ...

    def change_phone(
        self, account_id: AccountId, number: PhoneNumber, change: Callable[[Phone | None], Phone | None]
    ) -> Phone | None:
        """Store, and return, what `change` makes of the row, or of None when there is none; None deletes it.

        Two changes at once both take effect. `change` is pure: it may run more than once. What it raises is raised
        here, and nothing is stored.
        """
        ...


class CheckpointStore(Protocol):
    """What survives a worker's death: the last state of every live session."""

    def save_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Replace the session's checkpoint. Raises Conflict when its call has not begun, or was deleted."""
        ...

    def load_checkpoint(self, session_id: SessionId) -> Checkpoint | None:
        """The last one, or None."""
        ...


class WorkerRegistry(Protocol):
    """The media workers that live, and for which sessions they keep room."""

    def beat(self, worker: Worker) -> None:
        """Say that the worker lives, where it answers and how many more sessions it takes; what is reserved stays."""
        ...

    def find_worker(self, worker_id: str) -> Worker | None:
        """The worker as it last said; None when it never did, or has been silent for long (a day at least)."""
        ...

    def list_workers(self) -> Sequence[Worker]:
        """Every worker that has beaten within a day, by its id."""
        ...

    def reserve(self, session_id: SessionId, worker_id: str, now: float) -> bool:
        """Keep room for the session at the worker for RESERVATION_S; False when it has none at `now` (unix seconds).

        Raises Conflict when room is kept for the session already, wherever.
        """
        ...


class CallControl(Protocol):
    """The one road from the control plane into a running session."""

    def send(self, account_id: AccountId, session_id: SessionId, command: "Command") -> "Done":
        """Tell the worker that holds the session; returns when it has taken the command.

        Raises NotFound, also for another account's call, Conflict when the call is not going on, LimitExceeded when
        it has been told too much, and WorkerUnreachable.
        """
        ...


class Secrets(Protocol):
    """What only our own processes know; by our names for it."""

    def secret(self, name: str) -> str:
        """The value, as it was at most five minutes ago. Raises NotFound."""
        ...


class UsedTokens(Protocol):
    """Which single-use tokens have been used (`jti`, RFC 7519 4.1.7)."""

    def use_once(self, account_id: AccountId, jti: str, expires_at: float) -> bool:
        """Take the token; True the first time, False again until `expires_at` (unix seconds) has passed."""
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
