"""All transactions of the endpoint: which message belongs to which, and when each has to be looked at again."""

from collections.abc import Hashable
from dataclasses import dataclass

from callcore.errors import LimitExceeded
from media_worker.transports.sip.deadlines import Deadlines
from media_worker.transports.sip.message import Request, Response
from media_worker.transports.sip.reading import is_of_rfc_2543
from media_worker.transports.sip.routing import Hop
from media_worker.transports.sip.transaction import (
    INVITE_CLIENT,
    INVITE_SERVER,
    OTHER_CLIENT,
    OTHER_SERVER,
    Act,
    Kind,
    Signal,
    Transaction,
)

MAX_TRANSACTIONS = 20_000
"""A call at its busiest has four; each is gone after 32 s."""
RESERVED = 10_000
"""Beyond those, for requests of our own: whatever peers ask, our calls can be ended."""
Key = tuple[Hashable, ...]


@dataclass(frozen=True)
class Transmit:
    """Send this."""

    data: bytes
    hop: Hop


@dataclass(frozen=True)
class GaveUp:
    """Nobody answered a request, or acknowledged a response, of ours."""

    key: Key


@dataclass(frozen=True)
class Answered:
    """A response to a request of ours."""

    key: Key
    response: Response


Outcome = Transmit | GaveUp | Answered


def server_key(request: Request) -> Key:
    """RFC 3261, 17.2.3: by its branch, or, where that is not unique, by everything that tells requests apart."""
    method = "INVITE" if request.method == "ACK" else request.method
    top = request.vias[0]
    if not is_of_rfc_2543(request):
        return "server", request.branch, top.host.lower(), top.port, method
    vias = request.headers.get("Via")
    return "server", vias, request.uri_text, request.from_tag, request.call_id, request.cseq.sequence, method


def invite_key(cancel: Request) -> Key:
    """Of the INVITE that a CANCEL is about (RFC 3261, 9.2)."""
    return *server_key(cancel)[:-1], "INVITE"


def client_key(branch: str, method: str) -> Key:
    """RFC 3261, 17.1.3."""
    return "client", branch, method


@dataclass
class _Running:
    transaction: Transaction
    hop: Hop
    last: bytes = b""
    """What was sent last; nothing yet for whoever must not know that we are here."""
    ack: bytes = b""
    """A client's ACK of a failure."""


class Transactions:
    """A table with a bound. What is to be done comes back as outcomes, in order."""

    def __init__(self, max_count: int = MAX_TRANSACTIONS) -> None:
        self._running: dict[Key, _Running] = {}
        self._deadlines: Deadlines[Key] = Deadlines()
        self._max_count = max_count

    def __len__(self) -> int:
        return len(self._running)

    def holds(self, key: Key) -> bool:
        """Whether that transaction runs."""
        return key in self._running

    def open_server(self, key: Key, method: str, hop: Hop, now: float) -> None:
        """A request came that belongs to none. Raises LimitExceeded."""
        if len(self._running) >= self._max_count:
            raise LimitExceeded("too many transactions")
        self._open(key, INVITE_SERVER if method == "INVITE" else OTHER_SERVER, hop, now)

    def open_client(self, key: Key, data: bytes, hop: Hop, now: float) -> list[Transmit]:
        """Send a request. Raises LimitExceeded."""
        if len(self._running) >= self._max_count + RESERVED:
            raise LimitExceeded("too many transactions")
        running = self._open(key, INVITE_CLIENT if key[-1] == "INVITE" else OTHER_CLIENT, hop, now)
        running.last = data
        return [Transmit(data, hop)]

    def _open(self, key: Key, kind: Kind, hop: Hop, now: float) -> _Running:
        running = self._running[key] = _Running(Transaction(kind, now, reliable=hop.reliable), hop)
        self._settle(key, running)
        return running

    def came_again(self, key: Key, now: float) -> list[Transmit]:
        """The request of a server's transaction came once more."""
        return _sent(self._signal(key, Signal.REQUEST, now))

    def acknowledged(self, key: Key, now: float) -> bool:
        """An ACK came; whether it was for this transaction's failure, and for nobody else."""
        running = self._running.get(key)
        if running is None or not running.transaction.takes(Signal.ACK):
            return False
        passed_on = Act.PASS_ON in running.transaction.signal(Signal.ACK, now)
        self._settle(key, running)
        return not passed_on

    def respond(self, key: Key, status: int, data: bytes, now: float, to: Hop | None = None) -> list[Transmit]:
        """Send a response; nothing where its transaction is over."""
        running = self._running.get(key)
        if running is None:
            return []
        running.hop = to or running.hop
        signal = Signal.PROVISIONAL if status < 200 else Signal.SUCCESS if status < 300 else Signal.FAILURE
        if not running.transaction.takes(signal):
            return []
        running.last = data
        return _sent(self._signal(key, signal, now))

    def answered(self, response: Response, now: float) -> list[Outcome]:
        """A response came; nothing where it answers no request of ours."""
        key = client_key(response.branch, response.cseq.method)
        running = self._running.get(key)
        if running is None:
            return []
        status = response.status
        signal = Signal.PROVISIONAL if status < 200 else Signal.SUCCESS if status < 300 else Signal.FAILURE
        return self._signal(key, signal, now, response)

    def acknowledge_with(self, key: Key, ack: bytes) -> None:
        """How a failure of that INVITE of ours is acknowledged."""
        running = self._running.get(key)
        if running is not None:
            running.ack = ack

    def forget(self, key: Key) -> None:
        """It is as if it had never been."""
        self._running.pop(key, None)
        self._deadlines.set(key, None)

    def next_deadline(self) -> float | None:
        """When `handle_deadline` is due."""
        return self._deadlines.next()

    def handle_deadline(self, now: float) -> list[Outcome]:
        """Fires what is due by `now`."""
        outcomes: list[Outcome] = []
        while (key := self._deadlines.pop_due(now)) is not None:
            running = self._running[key]
            outcomes += self._done(key, running, running.transaction.handle_deadline(now))
            self._settle(key, running)
        return outcomes

    def _signal(self, key: Key, signal: Signal, now: float, response: Response | None = None) -> list[Outcome]:
        running = self._running[key]
        outcomes = self._done(key, running, running.transaction.signal(signal, now), response)
        self._settle(key, running)
        return outcomes

    def _done(
        self, key: Key, running: _Running, acts: tuple[Act, ...], response: Response | None = None
    ) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for act in acts:
            match act:
                case Act.SEND | Act.SEND_AGAIN if running.last:
                    outcomes.append(Transmit(running.last, running.hop))
                case Act.ACKNOWLEDGE:
                    # Within a dialog nothing of it depends on the response.
                    outcomes.append(Transmit(running.ack, running.hop))
                case Act.PASS_ON if response is not None:
                    outcomes.append(Answered(key, response))
                case Act.GIVE_UP:
                    outcomes.append(GaveUp(key))
        return outcomes

    def _settle(self, key: Key, running: _Running) -> None:
        if running.transaction.is_over:
            self.forget(key)
        else:
            self._deadlines.set(key, running.transaction.next_deadline())


def _sent(outcomes: list[Outcome]) -> list[Transmit]:
    return [outcome for outcome in outcomes if isinstance(outcome, Transmit)]
