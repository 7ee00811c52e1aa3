"""Every error of Parley, as one tree.

CallError
├── InvalidTransition        our bug: a state machine got an event its table forbids
├── InvalidInput             the caller's data is wrong: HTTP 400, WebSocket close 1008
│   ├── IdempotencyMismatch  the same idempotency key with another request: 422
│   └── NotSupported         understood, and not done here: 422
├── NotAllowed               known caller, refused by a policy: 403 / 1008
├── Unauthenticated          no valid credential: 401 / 1008
├── NotFound                 404 / 1008
├── Conflict                 the row is not as the caller supposed: 409
├── LimitExceeded            a quota or a rate: 429 / 1013
├── ProtocolError
│   ├── LocalProtocolError   we broke the protocol
│   └── RemoteProtocolError  the peer did
├── WorkerUnreachable        the worker that holds a session does not answer: 503
├── NoWorker                 no worker takes a call at the moment: 503
├── StoreError               storage or a queue cannot answer: 503; says whether retry helps
├── ProviderError            a speech or language vendor failed; says whether retry helps
├── RequestFailed            a server that a customer configured gave no reply; says whether retry helps
├── ToolFailed               a function of the agent gave no result; the message is for the model
└── TransportClosed          the peer is gone

Each class carries data; its message is computed from it and holds no secret, speech or prompt.
"""

from enum import StrEnum


class CallError(Exception):
    """Root of the tree: catch this to catch everything that Parley raises on purpose."""


class InvalidTransition(CallError):
    """A state machine was given an event that its table forbids."""

    def __init__(self, machine: str, state: str, event: str) -> None:
        super().__init__(f"{machine}: {event} is not allowed in state {state}")
        self.machine = machine
        self.state = state
        self.event = event


class InvalidInput(CallError):
    """Data from outside is not acceptable; the message may be shown to whoever sent it."""


class IdempotencyMismatch(InvalidInput):
    """An idempotency key was used again for something else."""


class NotSupported(InvalidInput):
    """What is asked for is understood, and is not done here; the message says what to do instead."""


class Unauthenticated(CallError):
    """No credential, or one that we do not know."""


class NotAllowed(CallError):
    """The credential is known, and a policy refuses what it asks; the message names the policy."""


class NotFound(CallError):
    """The thing does not exist for this account."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"{kind} {name} was not found")
        self.kind = kind
        self.name = name


class Conflict(CallError):
    """The stored row is not in the state that the request supposes."""


class LimitExceeded(CallError):
    """A quota or a rate was reached; the message names it."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        """When the same request may succeed; None = that is not known."""


class WorkerUnreachable(CallError):
    """The worker that holds a session is lost, or does not answer; the sweeper ends its calls."""

    def __init__(self, session_id: str) -> None:
        super().__init__(
            f"the worker of call {session_id} does not answer; the call ends within two minutes if it is lost"
        )
        self.session_id = session_id


class NoWorker(CallError):
    """No worker takes the call at the moment; another one may start or get free within a minute."""


class StoreError(CallError):
    """Storage or a queue failed, not the request. Raised by adapters only."""

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable
        """Whether the same request may succeed later."""


class ProtocolError(CallError):
    """Base of the two sides of a protocol violation."""


class LocalProtocolError(ProtocolError):
    """We were about to break the protocol."""


class RemoteProtocolError(ProtocolError):
    """The peer broke the protocol; `close_code` is what to close its connection with."""

    def __init__(self, message: str, close_code: int = 1008) -> None:
        super().__init__(message)
        self.close_code = close_code


class ProviderFailure(StrEnum):
    """What kind of failure a vendor had; decides retry, status and what the user hears."""

    TIMEOUT = "timeout"
    RATE_LIMIT = "rate_limit"
    REJECTED = "rejected"
    UNAVAILABLE = "unavailable"


class ProviderError(CallError):
    """A vendor failed. Raised by adapters only, from one mapping per vendor."""

    def __init__(
        self, provider: str, failure: ProviderFailure, detail: str = "", *, retry_after_s: float | None = None
    ) -> None:
        super().__init__(f"{provider}: {failure}" + (f" ({detail})" if detail else ""))
        self.provider = provider
        self.failure = failure
        self.detail = detail
        """What else is known, without a secret or speech."""
        self.retry_after_s = retry_after_s
        """When the vendor wants to be asked again; None = it does not say."""

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later."""
        return self.failure is not ProviderFailure.REJECTED


class RequestFailed(CallError):
    """No reply came from a server that a customer configured.

    The message may be shown in the log of deliveries: it holds no part of the URL, the headers or the body.
    """

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.final = final
        """The same request cannot succeed later."""


class ToolFailed(CallError):
    """A function that the agent called has no result. The message goes to the model: it names no URL and no secret."""


class TransportClosed(CallError):
    """The peer closed the connection, or it broke; nothing more can be sent."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(f"transport closed with {code}")
        self.code = code
        self.reason = reason
