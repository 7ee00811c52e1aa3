"""The endpoint without its sockets: messages and time come in, messages to send and news of calls come out.

Whoever is not known gets no answer (telephony.md 3.5): the owner says with every message whether its sender is. An
INVITE of somebody unknown is put before the owner, who may find that it is for one of ours; nothing else is.
"""

from collections import OrderedDict
from dataclasses import dataclass

from callcore.errors import LimitExceeded
from media_worker.transports.sip.call import ABILITIES, Call
from media_worker.transports.sip.deadlines import Deadlines
from media_worker.transports.sip.demands import refused
from media_worker.transports.sip.dialog import DialogId
from media_worker.transports.sip.events import Event
from media_worker.transports.sip.line import Asked, Fields, Line
from media_worker.transports.sip.message import Refusal, Request, Response
from media_worker.transports.sip.negotiation import Ours
from media_worker.transports.sip.routing import Hop
from media_worker.transports.sip.transactions import Answered, GaveUp, Key, Outcome, Transmit, invite_key, server_key

MAX_CALLS = 2_000
"""Calls that are offered, live or just over."""
MAX_IGNORED = 10_000
"""INVITEs that get no answer; of more the oldest are looked up anew when they come again."""
RETRY_AFTER_S = 10


@dataclass(frozen=True)
class Invited:
    """Somebody calls. Whether he gets an answer is the owner's to say: `ring`, `refuse` or `ignore`."""

    call: Call


News = Event | Invited
"""What the owner is told."""


class UserAgent:
    """All calls of one endpoint."""

    def __init__(self, line: Line, max_calls: int = MAX_CALLS) -> None:
        self._line, self._max_calls = line, max_calls
        self._calls: dict[DialogId, Call] = {}
        self._by_invite: dict[Key, Call] = {}
        self._by_request: dict[Key, Call] = {}
        """Calls that wait for the response to a request of ours."""
        self._merged: dict[tuple[str, str, int], Call] = {}
        self._ignored: OrderedDict[Key, None] = OrderedDict()
        self._deadlines: Deadlines[DialogId] = Deadlines()

    @property
    def line(self) -> Line:
        """What its calls share."""
        return self._line

    def __len__(self) -> int:
        return len(self._calls)

    # --- messages -------------------------------------------------------------------------------

    def received(self, message: Request | Response | Refusal, source: Hop, now: float, *, known: bool) -> list[News]:
        """`known`: its sender may know that we are here."""
        try:
            match message:
                case Response():
                    return self._outcomes(self._line.transactions.answered(message, now), now)
                case Refusal():
                    return self._refuse(message, source) if known else []
                case Request(method="ACK"):
                    return self._acknowledged(message, now)
            return self._requested(message, source, now, known=known)
        except LimitExceeded:
            # Whoever comes while the tables are full has to come again.
            return []

    def _requested(self, request: Request, source: Hop, now: float, *, known: bool) -> list[News]:
        key = server_key(request)
        if self._line.transactions.holds(key):
            return [*self._line.transactions.came_again(key, now)]
        if key in self._ignored:
            return []
        asked = Asked(key, request.headers, source)
        if request.method == "INVITE" and not request.to_tag:
            return self._invited(request, asked, now, known=known)
        call = self._calls.get((request.call_id, request.to_tag, request.from_tag))
        if not (known or call or self._canceled(request)):
            return []
        refusal = refused(request, self._line.ip_version)
        if refusal is not None:
            return self._refuse(refusal, source)
        self._line.transactions.open_server(key, request.method, source, now)
        if call is not None and request.method != "CANCEL":
            return self._of(call, call.requested(request, asked, now))
        return self._outside(request, asked, now)

    def _outside(self, request: Request, asked: Asked, now: float) -> list[News]:
        """A request that belongs to no dialog."""
        canceled = self._canceled(request)
        if canceled is not None:
            events = self._respond(asked, 200, now, canceled.dialog.local_tag)
            return [*events, *self._of(canceled, canceled.canceled(now))]
        if request.method == "CANCEL" and self._line.transactions.holds(invite_key(request)):
            # Of a re-INVITE, which is answered at once: it comes too late.
            return self._respond(asked, 200, now, self._line.token())
        if request.method == "OPTIONS" and not request.to_tag:
            return self._respond(asked, 200, now, self._line.token(), ABILITIES)
        return self._respond(asked, 481, now, self._line.token())

    def _canceled(self, request: Request) -> Call | None:
        """The call that a CANCEL is about."""
        return self._by_invite.get(invite_key(request)) if request.method == "CANCEL" else None

    def _invited(self, request: Request, asked: Asked, now: float, *, known: bool) -> list[News]:
        merge = request.from_tag, request.call_id, request.cseq.sequence
        if merge in self._merged and request.from_tag:
            # RFC 3261, 8.2.2.2: the same request came on two ways.
            return [self._line.stateless(request.headers, asked.source, 482)] if known else []
        if len(self._calls) >= self._max_calls:
            again = ("Retry-After", str(RETRY_AFTER_S))
            return [self._line.stateless(request.headers, asked.source, 503, [again])] if known else []
        try:
            call = Call(self._line, request, asked)
        except ValueError:
            return [self._line.stateless(request.headers, asked.source, 400)] if known else []
        self._line.transactions.open_server(asked.key, "INVITE", asked.source, now)
        self._calls[call.dialog.dialog_id] = self._by_invite[asked.key] = call
        self._merged[merge] = call
        return [*self._of(call, []), Invited(call)]

    def _acknowledged(self, ack: Request, now: float) -> list[News]:
        if self._line.transactions.acknowledged(server_key(ack), now):
            return []
        # RFC 3261, 13.3.1.4: the ACK of a 2xx is a transaction of its own, and known by its dialog.
        call = self._calls.get((ack.call_id, ack.to_tag, ack.from_tag))
        return self._of(call, call.acknowledged(ack, now)) if call else []

    def _refuse(self, refusal: Refusal, source: Hop) -> list[News]:
        if refusal.method == "ACK":
            return []
        return [self._line.stateless(refusal.headers, source, refusal.status, refusal.told)]

    def _respond(self, asked: Asked, status: int, now: float, tag: str, fields: Fields = ()) -> list[News]:
        return [*self._line.respond(asked, status, now, tag, fields)]

    # --- the owner's commands: those of Call ----------------------------------------------------

    def ring(self, call: Call, now: float) -> list[News]:
        """The caller hears it ring."""
        return self._of(call, call.ring(now))

    def answer(self, call: Call, ours: Ours, now: float) -> list[News]:
        """Take the call, with our audio at `ours`."""
        return self._of(call, call.answer(ours, now))

    def refuse(self, call: Call, status: int, now: float, fields: Fields = ()) -> list[News]:
        """Do not take it, and say so."""
        return self._of(call, call.refuse(status, now, fields))

    def challenge(self, call: Call, now: float, fields: Fields) -> list[News]:
        """Have the caller prove himself, and keep nothing of it: nothing is repeated to whom he says he is."""
        dropped = self.forget(call, now)
        asked = self._line.stateless(call.invite.headers, call.asked.source, 401, fields)
        return [asked, *dropped] if dropped else []

    def ignore(self, call: Call, now: float) -> list[News]:
        """Do not take it, and do not say so, however often it is asked."""
        self._ignored[call.asked.key] = None
        if len(self._ignored) > MAX_IGNORED:
            self._ignored.popitem(last=False)
        return self.forget(call, now)

    def forget(self, call: Call, now: float) -> list[News]:
        """Do not take it, and keep nothing of it: when it is asked again, it is new."""
        events = call.ignore(now)
        if events:
            self._remove(call)
        return [*events]

    def hang_up(self, call: Call, now: float, reason: str = "") -> list[News]:
        """End it."""
        return self._of(call, call.hang_up(now, reason))

    def refer(self, call: Call, target: str, now: float) -> list[News]:
        """Have the peer connect the caller with somebody else."""
        return self._of(call, call.refer(target, now))

    # --- time -----------------------------------------------------------------------------------

    def next_deadline(self) -> float | None:
        """When `handle_deadline` is due."""
        times = (self._line.transactions.next_deadline(), self._deadlines.next())
        return min((at for at in times if at is not None), default=None)

    def handle_deadline(self, now: float) -> list[News]:
        """Does what is due by `now`."""
        events = self._outcomes(self._line.transactions.handle_deadline(now), now)
        while (dialog_id := self._deadlines.pop_due(now)) is not None:
            call = self._calls[dialog_id]
            if call.forget_at is not None and call.forget_at <= now:
                self._remove(call)
            else:
                events += self._of(call, call.handle_deadline(now))
        return events

    def _outcomes(self, outcomes: list[Outcome], now: float) -> list[News]:
        events: list[News] = []
        for outcome in outcomes:
            match outcome:
                case Transmit():
                    events.append(outcome)
                case Answered(key, response) if key in self._by_request:
                    call = self._by_request[key]
                    events += self._of(call, call.responded(key, response, now))
                case GaveUp(key) if key in self._by_request:
                    call = self._by_request[key]
                    events += self._of(call, call.unanswered(key, now))
        return events

    def _of(self, call: Call, events: list[Event]) -> list[News]:
        """What a call did; its deadline and its requests are watched from now on, unless it is forgotten."""
        if self._calls.get(call.dialog.dialog_id) is not call:
            return [*events]
        self._deadlines.set(call.dialog.dialog_id, call.next_deadline())
        self._by_request.update(dict.fromkeys(call.waiting, call))
        return [*events]

    def _remove(self, call: Call) -> None:
        invite = call.invite
        del self._calls[call.dialog.dialog_id], self._by_invite[call.asked.key]
        self._deadlines.set(call.dialog.dialog_id, None)
        self._merged.pop((invite.from_tag, invite.call_id, invite.cseq.sequence), None)
        for key in (*call.waiting, call.asked.key):
            self._by_request.pop(key, None)
            self._line.transactions.forget(key)
