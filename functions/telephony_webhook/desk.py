"""Takes the calls of the account's numbers, and hears how calls go on."""

import logging
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from callauth.carrier_urls import What
from callauth.exchange import Exchange, Stream
from callcore.accounts.account import AccountStatus
from callcore.accounts.ports import AccountStore, UsedTokens
from callcore.agents.ports import AgentStore
from callcore.calls.call import BEFORE_THE_TALK, END_STATUSES, Call, CallStatus
from callcore.calls.ports import CallStore
from callcore.calls.registration import Registration
from callcore.deliveries.announcement import announce
from callcore.deliveries.ports import DeliveryStore
from callcore.errors import CallError, Conflict, NotAllowed, NotFound, Unauthenticated
from callcore.ids import AccountId, SessionId
from callcore.phones.answered_by import AnsweredBy
from callcore.phones.phone import Carrier, Phone, parse_number
from callcore.phones.ports import PhoneStore
from callcore.telephony.carrier_status import STATUS_OF
from callcore.telephony.outbound import answer_call, never_answered, own_number, placed, progressed
from callcore.telephony.ports import CallChanges
from callcore.telephony.transfers import (
    CONTINUED_BY,
    FAILURES,
    TRANSFER_STATUS,
    TRANSFER_SUMMARY,
    TransferStatus,
    came_back,
    destination,
    is_open,
    outcome,
)
from callcore.wire.call_control import CallControl
from callcore.wire.jobs import Hint
from carriers.twilio_signature import is_signed
from carriers.upgrade_checks import digests_of
from carriers.vonage_signature import proof_of
from telephony_webhook.requests import CarrierRequest, news_of

LANGUAGE = re.compile(r"[a-z]{2,3}-[A-Z]{2}")
"""A language as the carriers' voices are named by it."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Apology:
    """The caller was never talked to."""


@dataclass(frozen=True)
class Dial:
    """Somebody else whom the caller shall be connected with."""

    number: str
    caller: str
    """The number that is shown there: one of the account's."""
    then_url: str
    """Is told how it goes on, and asked what comes after that."""
    taken_url: str
    """Is told when he takes the call."""
    whisper_url: str | None
    """Is asked what he hears first; None: the caller."""


@dataclass(frozen=True)
class Whisper:
    """What somebody hears who takes a caller over."""

    text: str
    language: str | None


@dataclass(frozen=True)
class Desk:
    """Its stores are synchronous."""

    accounts: AccountStore
    agents: AgentStore
    phones: PhoneStore
    calls: CallStore
    changes: CallChanges
    deliveries: DeliveryStore
    used: UsedTokens
    exchange: Exchange
    control: CallControl
    """Of the workers, for what carriers hear."""

    def answer(self, request: CarrierRequest, account_id: AccountId, number: str) -> Stream:
        """A number is called: where its call goes. Raises CallError when nobody takes it."""
        account = self.accounts.get_account(account_id)
        phone = self.phones.get_phone(account_id, parse_number(number))
        self._check(request, phone)
        if account.status is AccountStatus.SUSPENDED:
            raise NotAllowed("the account is suspended")
        if phone.agent_id is None:
            raise NotFound("agent of the number", phone.number)
        agent, news = self.agents.get_agent(account_id, phone.agent_id), news_of(request)
        wanted = Registration(agent, from_phone=news.from_phone, to_phone=phone.number)
        carrier_call = {"call_sid": news.carrier_call_id} if news.carrier_call_id else {}
        call = answer_call(wanted, phone, carrier_call, self.exchange.clock.unix_s())
        if news.carrier_call_id:
            call = replace(call, session_id=self.exchange.session_of(phone, news.carrier_call_id))
        return self._stream_of(self._begun(call), phone)

    def _begun(self, call: Call) -> Call:
        """The call, or the one that the carrier had us begin when it asked before and did not get our answer."""
        try:
            self.calls.begin_call(call)
        except Conflict:
            standing = self.calls.get_call(call.account_id, call.session_id)
            if standing.status not in BEFORE_THE_TALK:
                raise
            return standing
        return call

    def progress(self, request: CarrierRequest, account_id: AccountId, session_id: SessionId) -> None:
        """A call goes on, or ends without a talk. News that is old, or of nothing that we know, changes nothing."""
        call = self.calls.get_call(account_id, session_id)
        self._check(request, self._phone_of(call))
        news = news_of(request)
        status = STATUS_OF[request.carrier].get(news.status or "")
        if news.answered_by is not None:
            return self._hint(call, news.answered_by)
        if news.carrier_call_id is not None:
            sid = news.carrier_call_id
            self._change(call, lambda standing: placed(standing, sid))
        if status is None:
            return
        if status in END_STATUSES:
            self._end(self.calls.get_call(account_id, session_id), status)
        else:
            self._change(call, lambda standing: progressed(standing, status))

    def _hint(self, call: Call, answered_by: AnsweredBy) -> None:
        """Tell the worker what the carrier takes whoever answered for; a call that is over has no use for it."""
        try:
            self.control.send(call.account_id, call.session_id, Hint(answered_by=answered_by))
        except CallError as error:
            fields = {"session_id": call.session_id, "error": type(error).__name__}
            logger.info("a carrier's word of a machine was not passed on", extra=fields)

    def follow(self, request: CarrierRequest, account_id: AccountId, session_id: SessionId) -> "Apology | Dial | None":
        """Our media socket was closed: what comes next; None: the end of the call."""
        call = self.calls.get_call(account_id, session_id)
        phone = self._phone_of(call)
        self._check(request, phone)
        if call.status in BEFORE_THE_TALK:
            return Apology()
        number = destination(call)
        if number is None:
            return None
        urls = [self.exchange.url(phone, what, call) for what in (What.DIALLED, What.TAKEN, What.WHISPER)]
        whisper_url = urls[2] if TRANSFER_SUMMARY in (call.voip or {}) else None
        return Dial(number, phone.number, urls[0], urls[1], whisper_url)

    def whisper(self, request: CarrierRequest, account_id: AccountId, session_id: SessionId) -> Whisper:
        """Somebody takes a caller over: what he hears first."""
        call = self.calls.get_call(account_id, session_id)
        self._check(request, self._phone_of(call))
        language = str(call.agent_config.get("language") or "")
        text = str((call.voip or {}).get(TRANSFER_SUMMARY) or "")
        return Whisper(text, language if LANGUAGE.fullmatch(language) else None)

    def taken(self, request: CarrierRequest, account_id: AccountId, session_id: SessionId) -> None:
        """Somebody has taken a caller over. What is known to have come after that is not forgotten."""
        call = self.calls.get_call(account_id, session_id)
        self._check(request, self._phone_of(call))
        if destination(call) is not None:
            self._note(call, TransferStatus.ANSWERED)

    def dialled(self, request: CarrierRequest, account_id: AccountId, session_id: SessionId) -> Stream | None:
        """How it goes with whom the caller is handed over to; where we go on when he never came, None: as it is."""
        call = self.calls.get_call(account_id, session_id)
        phone, news = self._phone_of(call), news_of(request)
        self._check(request, phone)
        if not is_open(call):
            return self._told_before(call, phone)
        is_gone = phone.carrier is Carrier.TWILIO and news.status == "completed"
        status = outcome(phone.carrier, news.dial_status, caller_is_gone=is_gone, was_bridged=news.was_bridged)
        if status is None:
            return None
        if status not in FAILURES:
            self._note(call, status)
            return None
        returned = came_back(call, self.exchange.clock.unix_s())
        returned = self._begun(replace(returned, session_id=self.exchange.session_of(phone, f"back {session_id}")))
        self._note(call, status, continued_by=returned.session_id)
        return self._stream_of(returned, phone)

    def _note(self, call: Call, status: TransferStatus, **more: str) -> None:
        logger.info("a call was transferred", extra={"session_id": call.session_id, "transfer_status": status})
        facts = {TRANSFER_STATUS: str(status)} | more
        self.changes.add_to_voip(call.account_id, call.session_id, facts)

    def _stream_of(self, call: Call, phone: Phone) -> Stream:
        address = self.exchange.urls.stream(phone.carrier, phone.region)
        return self.exchange.stream_of(call, phone, digests_of(self.exchange.account_of(phone), address))

    def _told_before(self, call: Call, phone: Phone) -> Stream | None:
        """A carrier that has not got our answer asks again: the caller must not be lost for it."""
        continued_by = (call.voip or {}).get(CONTINUED_BY)
        if continued_by is None:
            return None
        returned = self.calls.get_call(call.account_id, SessionId(str(continued_by)))
        return self._stream_of(returned, phone) if returned.status in BEFORE_THE_TALK else None

    def _end(self, call: Call, status: CallStatus) -> None:
        if call.status in BEFORE_THE_TALK:
            announce(call, self.deliveries, self.exchange.clock.unix_s())
            if self.calls.finish_call(never_answered(call, status)):
                logger.info("a call ended", extra={"session_id": call.session_id, "call_status": status})

    def _change(self, call: Call, change: Callable[[Call], Call | None]) -> None:
        with suppress(NotFound):  # it has ended meanwhile
            self.changes.change_call(call.account_id, call.session_id, change)

    def _phone_of(self, call: Call) -> Phone:
        number = own_number(call)
        if number is None:
            raise NotFound("phone", "of the call")
        return self.phones.get_phone(call.account_id, number)

    def _check(self, request: CarrierRequest, phone: Phone) -> None:
        """Raises Unauthenticated when the carrier can prove itself, and does not."""
        secret = self.exchange.account_of(phone).signing_secret
        if not secret:
            return
        if phone.carrier is Carrier.TWILIO:
            form = request.form if request.body else ()
            if not is_signed(request.url, form, request.headers, secret):
                raise Unauthenticated("the request is not signed by Twilio")
            return
        proof = proof_of(request.body, request.headers, secret, self.exchange.clock.unix_s())
        if proof is None or not self.used.use_once(phone.account_id, f"vonage {proof.token_id}", proof.expires_at):
            raise Unauthenticated("the request is not signed by Vonage, or was made before")
