"""One call that came in: its phases as a table, and what becomes of every request in its dialog."""

from callcore.errors import InvalidTransition
from media_worker.transports.sip import session_timer
from media_worker.transports.sip.awaited_ack import AwaitedAck
from media_worker.transports.sip.demands import ALLOW, SDP, SUPPORTED, refused
from media_worker.transports.sip.dialog import Dialog
from media_worker.transports.sip.dtmf_info import parse_key
from media_worker.transports.sip.events import (
    Cause,
    Event,
    KeyHeard,
    MediaAgreed,
    Over,
    TransferSettled,
)
from media_worker.transports.sip.line import Asked, Fields, Line
from media_worker.transports.sip.message import NO_BODY, Body, Request, Response
from media_worker.transports.sip.negotiation import Negotiation, NotAcceptable, Ours
from media_worker.transports.sip.own_requests import OwnRequests
from media_worker.transports.sip.phases import EARLY, LATE, TABLE, Phase, Step
from media_worker.transports.sip.refer import Signal as TransferSignal
from media_worker.transports.sip.refer import Transfer
from media_worker.transports.sip.ringing import Ringing
from media_worker.transports.sip.session_timer import SessionTimer
from media_worker.transports.sip.transaction import GIVE_UP_S
from media_worker.transports.sip.transactions import Key

LINGER_S = GIVE_UP_S
"""A call that is over answers what still comes for so long."""
RETRY_AFTER_S = 2
"""RFC 3261, 14.2: a second INVITE before the first is acknowledged may come again after up to ten seconds."""


class Call:
    """Made of the INVITE that opens its dialog. Every method says what is to be done, in order."""

    def __init__(self, line: Line, invite: Request, asked: Asked) -> None:
        """Raises ValueError when there is no way back to the caller."""
        self.invite, self.asked = invite, asked
        self.dialog = Dialog(invite, line.token(), asked.source)
        self.phase = Phase.INVITED
        self.forget_at: float | None = None
        self._line = line
        self._negotiation: Negotiation | None = None
        self._awaited: AwaitedAck | None = None
        self._timer = SessionTimer()
        self._transfer: Transfer | None = None
        self._own = OwnRequests(line, self.dialog)
        self._ringing = Ringing(line, invite, asked, self.dialog.local_tag)
        self.refusal = refused(invite, line.ip_version)
        """What the caller asks for and cannot have; a call that has one is refused with it, or ignored."""

    # --- the owner's commands -------------------------------------------------------------------

    def ring(self, now: float) -> list[Event]:
        """The caller hears it ring."""
        return [*self._ringing.begin(now)] if self._step(Step.RING) else []

    def answer(self, ours: Ours, now: float) -> list[Event]:
        """Take the call, with our audio at `ours`. Only one without a refusal is taken."""
        if self.phase not in EARLY:
            return []
        negotiation = Negotiation(ours)
        body = negotiation.answer(self.invite.body) if self.invite.body else negotiation.offer()
        self._timer.terms = session_timer.agree(self.invite.headers)
        self._negotiation = negotiation
        self._step(Step.ANSWER)
        return [*self._accept(self.asked, self.invite, body, now), *self._agreed_media()]

    def refuse(self, status: int, now: float, fields: Fields = ()) -> list[Event]:
        """Do not take the call."""
        if not self._step(Step.REFUSE):
            return []
        return [*self._reply(self.asked, status, now, fields), *self._end(Cause.LEFT, now)]

    def ignore(self, now: float) -> list[Event]:
        """The caller gets no answer at all, however often he asks."""
        return self._end(Cause.LEFT, now) if self._step(Step.REFUSE) else []

    def hang_up(self, now: float, reason: str = "") -> list[Event]:
        """End the call; `reason` is the value of a Reason field (RFC 3326). A caller who still waits gets 480."""
        if self.phase in EARLY:
            return self.refuse(480, now)
        if not self._step(Step.HANG_UP) or self.phase is Phase.LEAVING:
            return []
        return self._bye(Cause.LEFT, now, reason)

    def refer(self, target: str, now: float) -> list[Event]:
        """Have the peer connect the caller with that URI. A TransferSettled follows, unless the call is over first."""
        if self.phase is not Phase.CONFIRMED or (self._transfer and not self._transfer.is_settled):
            return [TransferSettled(self.dialog, succeeded=False, status=None)]
        self._transfer = Transfer(now)
        us = self._line.contact(self.asked.source)[1]
        fields = [("Refer-To", f"<{target}>"), ("Referred-By", us), self._line.contact(self.dialog.source)]
        return [*self._own.send("REFER", now, fields)]

    @property
    def waiting(self) -> tuple[Key, ...]:
        """Our requests of which the call wants to know what becomes."""
        return self._own.keys

    # --- the peer's requests --------------------------------------------------------------------

    def canceled(self, now: float) -> list[Event]:
        """A CANCEL came, which was answered already."""
        if not self._step(Step.CANCEL):
            return []
        return [*self._reply(self.asked, 487, now), *self._end(Cause.CANCELED, now)]

    def acknowledged(self, ack: Request, now: float) -> list[Event]:
        """An ACK for a 2xx of ours came."""
        awaited = self._awaited
        if awaited is None or ack.cseq.sequence != awaited.cseq:
            return []
        self._awaited = None
        was_leaving = self.phase is Phase.LEAVING
        self._step(Step.ACK)
        if was_leaving:
            return self._bye(Cause.LEFT, now)
        if not awaited.brings_answer or self._negotiation is None:
            return []
        try:
            self._negotiation.take_answer(ack.body)
        except NotAcceptable:
            self._step(Step.HANG_UP)
            return self._bye(Cause.NO_ANSWER_IN_ACK, now)
        return self._agreed_media()

    def requested(self, request: Request, asked: Asked, now: float) -> list[Event]:
        """A request within the dialog came, for the first time."""
        self.dialog.heard_from(asked.source)
        if not self.dialog.is_in_order(request):
            return [*self._reply(asked, 500, now)]
        match request.method:
            case "BYE":
                return self._hung_up(asked, now)
            case "INVITE" | "UPDATE" if self.phase is Phase.OVER:
                return [*self._reply(asked, 481, now)]
            case "INVITE" | "UPDATE":
                return self._offered(request, asked, now)
            case "PRACK":
                return [*self._reply(asked, self._ringing.acknowledged(request), now)]
            case "INFO":
                return self._informed(request, asked, now)
            case "NOTIFY":
                return self._notified(request, asked, now)
            case "OPTIONS":
                return [*self._reply(asked, 200, now, ABILITIES)]
            case "REFER":
                return [*self._reply(asked, 603, now)]
        return [*self._reply(asked, 405, now, [("Allow", ALLOW)])]

    def _hung_up(self, asked: Asked, now: float) -> list[Event]:
        early, events = self.phase in EARLY, [*self._reply(asked, 200, now)]
        if not self._step(Step.BYE):
            return [*events]
        if early:
            # RFC 3261, 15.1.2: what was asked in the dialog is terminated with it.
            events += self._reply(self.asked, 487, now)
        return [*events, *self._settle_transfer(TransferSignal.GONE), *self._end(Cause.HUNG_UP, now)]

    def _offered(self, request: Request, asked: Asked, now: float) -> list[Event]:
        negotiation = self._negotiation
        if self._own.is_offering and (request.body or request.method == "INVITE"):
            return [*self._reply(asked, 491, now)]
        if negotiation is None or self._awaited is not None:
            return [*self._reply(asked, 500, now, [("Retry-After", str(RETRY_AFTER_S))])]
        try:
            self.dialog.refresh(request)
        except ValueError:
            return [*self._reply(asked, 400, now)]
        # That both can be agreed to was seen before the request was let in (demands.py).
        self._timer.renew(session_timer.agree(request.headers))
        body = negotiation.answer(request.body) if request.body else b""
        if request.method == "INVITE":
            return [*self._accept(asked, request, body or negotiation.offer(), now), *self._agreed_media()]
        events = self._reply(asked, 200, now, self._accepting(), Body(body, SDP) if body else NO_BODY)
        self._timer.arm(now)
        return [*events, *(self._agreed_media() if body else [])]

    def _informed(self, request: Request, asked: Asked, now: float) -> list[Event]:
        key = parse_key(request.headers.get("Content-Type"), request.body)
        heard = [KeyHeard(self.dialog, key)] if key and self.phase is Phase.CONFIRMED else []
        return [*self._reply(asked, 200, now), *heard]

    def _notified(self, request: Request, asked: Asked, now: float) -> list[Event]:
        if (request.headers.get("Event") or "").partition(";")[0].strip().lower() != "refer":
            return [*self._reply(asked, 489, now)]
        if self._transfer is None:
            return [*self._reply(asked, 481, now)]
        events: list[Event] = [*self._reply(asked, 200, now)]
        return [*events, _settled(self.dialog, self._transfer)] if self._transfer.notified(request.body) else events

    # --- responses to our requests --------------------------------------------------------------

    def responded(self, key: Key, response: Response, now: float) -> list[Event]:
        """A response to a request of ours came."""
        method, events = self._own.responded(key, response)
        if response.status < 200:
            return [*events]
        if method == "REFER":
            accepted = response.status < 300
            signal = TransferSignal.ACCEPTED if accepted else TransferSignal.REFUSED
            return [*events, *self._settle_transfer(signal, None if accepted else response.status)]
        if method == "INVITE":
            return [*events, *self._refreshed(response, now)]
        return [*events]

    def _refreshed(self, response: Response, now: float) -> list[Event]:
        if self.phase is not Phase.CONFIRMED:
            return []
        if self._timer.responded(response, now):
            return self._lost(Cause.GONE, now)
        return self._answered_anew(response) if response.status < 300 and response.body else []

    def _answered_anew(self, response: Response) -> list[Event]:
        """Our refresh offered what holds; the peer may move its audio all the same."""
        negotiation = self._negotiation
        assert negotiation is not None, "a confirmed call was answered"
        before = negotiation.agreed
        try:
            negotiation.take_answer(response.body)
        except NotAcceptable:
            return []
        return self._agreed_media() if negotiation.agreed != before else []

    def unanswered(self, key: Key, now: float) -> list[Event]:
        """Nobody answered a request of ours."""
        method = self._own.unanswered(key)
        if method == "REFER":
            return self._settle_transfer(TransferSignal.REFUSED, 408)
        return self._lost(Cause.GONE, now) if method == "INVITE" and self.phase is Phase.CONFIRMED else []

    # --- time -----------------------------------------------------------------------------------

    def next_deadline(self) -> float | None:
        """When `handle_deadline` is due."""
        transfer = self._transfer
        times = (
            self._awaited.deadline if self._awaited else None,
            self._ringing.deadline if self.phase is Phase.RINGING else None,
            self._timer.deadline,
            transfer.deadline if transfer and not transfer.is_settled else None,
            self.forget_at,
        )
        return min((at for at in times if at is not None), default=None)

    def handle_deadline(self, now: float) -> list[Event]:
        """Does what is due by `now`."""
        events: list[Event] = []
        if self.phase is Phase.RINGING:
            events += self.refuse(504, now) if self._ringing.is_over(now) else self._ringing.again(now)
        if self._awaited is not None and self._awaited.deadline <= now:
            events += self._no_ack_yet(self._awaited, now)
        if self._transfer is not None and self._transfer.deadline <= now:
            events += self._settle_transfer(TransferSignal.TIME_UP)
        if self._timer.is_over(now):
            events += self._lost(Cause.EXPIRED, now)
        if self._timer.take_refresh(now):
            events += self._refresh(now)
        return events

    def _no_ack_yet(self, awaited: AwaitedAck, now: float) -> list[Event]:
        if awaited.give_up_at <= now:
            self._awaited = None
            was_leaving = self.phase is Phase.LEAVING
            self._step(Step.NO_ACK)
            return self._bye(Cause.LEFT if was_leaving else Cause.NO_ACK, now)
        awaited.sent_again()
        return [*self._line.transactions.respond(awaited.asked.key, 200, awaited.response, now)]

    def _refresh(self, now: float) -> list[Event]:
        timer, negotiation = self._timer.terms, self._negotiation
        if timer is None or negotiation is None or self.phase is not Phase.CONFIRMED or self._own.is_offering:
            return []
        fields = [*timer.asked(), ("Supported", SUPPORTED), ("Allow", ALLOW), self._line.contact(self.dialog.source)]
        return [*self._own.send("INVITE", now, fields, Body(negotiation.offer(), SDP))]

    # --- what they have in common ---------------------------------------------------------------

    def _step(self, step: Step) -> bool:
        """Whether it does anything: what comes too late does not. Raises InvalidTransition."""
        if self.phase is Phase.OVER or (step in LATE and (self.phase, step) not in TABLE):
            return False
        try:
            self.phase = TABLE[self.phase, step]
        except KeyError:
            raise InvalidTransition("SIP call", self.phase.name, step.name) from None
        return True

    def _reply(self, asked: Asked, status: int, now: float, fields: Fields = (), body: Body = NO_BODY) -> list[Event]:
        return [*self._line.respond(asked, status, now, self.dialog.local_tag, fields, body)]

    def _accepting(self) -> list[tuple[str, str]]:
        """Fields of a 2xx to INVITE or UPDATE."""
        timer = self._timer.terms
        told = timer.fields if timer else []
        return [self._line.contact(self.dialog.source), ("Allow", ALLOW), ("Supported", SUPPORTED), *told]

    def _accept(self, asked: Asked, request: Request, body: bytes, now: float) -> list[Event]:
        tag, content = self.dialog.local_tag, Body(body, SDP)
        response = self._line.write_response(asked, 200, tag, self._accepting(), content)
        brings_answer, cseq = not request.body, request.cseq.sequence
        self._awaited = AwaitedAck.of(asked, response, cseq, now, brings_answer=brings_answer)
        self._timer.arm(now)
        return self._reply(asked, 200, now, self._accepting(), content)

    def _agreed_media(self) -> list[Event]:
        agreed = self._negotiation.agreed if self._negotiation else None
        return [MediaAgreed(self.dialog, agreed)] if agreed else []

    def _settle_transfer(self, signal: TransferSignal, status: int | None = None) -> list[Event]:
        transfer = self._transfer
        return [_settled(self.dialog, transfer)] if transfer is not None and transfer.signal(signal, status) else []

    def _lost(self, cause: Cause, now: float) -> list[Event]:
        """The call cannot go on."""
        self._timer.stop()
        return self._bye(cause, now) if self._step(Step.HANG_UP) and self.phase is Phase.OVER else []

    def _bye(self, cause: Cause, now: float, reason: str = "") -> list[Event]:
        fields = [("Reason", reason)] if reason else []
        return [*self._own.send("BYE", now, fields), *self._end(cause, now)]

    def _end(self, cause: Cause, now: float) -> list[Event]:
        self._awaited = None
        self._timer.stop()
        self.forget_at = now + LINGER_S
        # Nobody tells any more how it went.
        return [*self._settle_transfer(TransferSignal.TIME_UP), Over(self.dialog, cause)]


def _settled(dialog: Dialog, transfer: Transfer) -> Event:
    return TransferSettled(dialog, transfer.state is transfer.state.DONE, transfer.status)


ABILITIES = (("Allow", ALLOW), ("Accept", SDP), ("Supported", SUPPORTED))
