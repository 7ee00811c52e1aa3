"""Places the calls that were ordered, and ends those of which nothing becomes.

The rows are the queue: an ordered call is `queued` until it may be placed. It is handed over by a conditional write
before its carrier is asked, so that nobody dials twice; what a carrier did with a request that it did not answer is
looked up, not asked for again.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from call_events.campaign_calls import CampaignCalls
from callauth.carrier_urls import What
from callauth.exchange import Exchange
from callcore.accounts.account import Account, AccountStatus
from callcore.accounts.ports import AccountStore
from callcore.agents.agent import parse_config
from callcore.agents.flow import VOICEMAIL_ACTIONS, Voicemail
from callcore.calls.call import Call, CallStatus
from callcore.calls.ports import CallStore
from callcore.campaigns.campaign import campaign_of
from callcore.deliveries.announcement import announce
from callcore.deliveries.ports import DeliveryStore
from callcore.errors import CallError, NotAllowed, NotFound
from callcore.ids import AccountId, SessionId
from callcore.opening.plan import DEFAULT_MAX_DURATION_S
from callcore.phones.phone import Carrier, Phone, PhoneNumber, parse_number
from callcore.phones.ports import PhoneStore
from callcore.telephony.outbound import (
    ACCOUNT_CALLS_PER_S,
    CALL_SID,
    CALLS_PER_S,
    HANDED_AT,
    handed_over,
    is_overdue,
    is_stuck,
    never_answered,
    placed,
    put_back,
    takes_place,
)
from callcore.telephony.ports import (
    CallChanges,
    CallerRefused,
    CarrierAccount,
    CarrierBusy,
    CarrierControl,
    CarrierRefused,
    CarrierUncertain,
    DialOrder,
    MachineWatch,
)
from carriers.upgrade_checks import digests_of

LOOK_UP_AFTER_S = 15.0
"""An unanswered request for a call is looked up then: its own deadline has passed."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Dialler:
    """Runs at an interval and whenever a call was ordered; several may run at once."""

    accounts: AccountStore
    phones: PhoneStore
    calls: CallStore
    changes: CallChanges
    deliveries: DeliveryStore
    controls: Mapping[Carrier, CarrierControl]
    exchange: Exchange
    campaign_calls: CampaignCalls
    handed: dict[SessionId, Call] = field(default_factory=dict)
    """The calls of the last second that this process handed over: one that is over already counts for its number."""

    def run(self, all_live: Sequence[Call]) -> int:
        """Of the calls that have not ended, place what may be placed and end what is stuck; how many were placed.

        Raises StoreError.
        """
        now = self.exchange.clock.unix_s()
        live = self.campaign_calls.still_wanted(all_live, now)
        known = {str(sid) for call in live if (sid := (call.voip or {}).get(CALL_SID))}
        for call in live:
            self._insist(call, known, now)
        for call in list(self.handed.values()):
            if not _is_recent(call, now):
                self.handed.pop(call.session_id, None)
        due = _due(live, list(self.handed.values()), self._account, now)
        return sum(self._place(call) for call in due if self._is_still_wanted(call))

    def _account(self, account_id: AccountId) -> Account:
        return self.accounts.get_account(account_id)

    # --- placing --------------------------------------------------------------------------------

    def _is_still_wanted(self, call: Call) -> bool:
        """Asked before each: carriers take their time over those before it, and calling hours end to the second."""
        return bool(self.campaign_calls.still_wanted([call], self.exchange.clock.unix_s()))

    def _place(self, queued: Call) -> bool:
        now = self.exchange.clock.unix_s()
        call = self._change(queued, lambda standing: handed_over(standing, now))
        if call is None:
            return False
        self.handed[call.session_id] = call
        try:
            account, order = self._order(call)
            sid = self.controls[account.carrier].place(account, order)
        except CarrierBusy:
            self._change(call, put_back)
            return False
        except CarrierUncertain:
            logger.warning("a carrier did not say whether it placed a call", extra={"session_id": call.session_id})
            return False
        except CallError as error:
            logger.warning(
                "a call could not be placed", extra={"session_id": call.session_id, "error": type(error).__name__}
            )
            self._refused(call, error)
            return False
        except Exception:
            # A fault of ours. How far it came is looked up, as of a request that nobody answered.
            logger.exception("a call met an error of ours", extra={"session_id": call.session_id})
            return False
        if self._change(call, lambda standing: placed(standing, sid)) is None:
            # It ended while its carrier was asked: it was canceled, or its carrier told of its end first.
            self._hang_up(call, sid)
        logger.info("a call was placed", extra={"session_id": call.session_id})
        return True

    def _refused(self, call: Call, error: CallError) -> None:
        """A campaign does not lose a number for what stands against the one that calls."""
        is_of_callee = isinstance(error, CarrierRefused) and not isinstance(error, CallerRefused)
        if campaign_of(call) is not None and not is_of_callee:
            self._change(call, put_back)
            self.campaign_calls.give_back(call, error)
        else:
            reason = str(error) if isinstance(error, CarrierRefused | NotAllowed) else None
            self._end(call, CallStatus.FAILED, reason)

    def _order(self, call: Call) -> tuple[CarrierAccount, DialOrder]:
        """Raises CallError when the account or the number takes no calls any more."""
        voip = call.voip or {}
        account = self._account(call.account_id)
        if account.status is AccountStatus.SUSPENDED:
            raise NotAllowed("the account is suspended")
        phone = self.phones.get_phone(call.account_id, parse_number(str(voip["from"])))
        at_carrier = self.exchange.account_of(phone)
        address = self.exchange.urls.stream(phone.carrier, phone.region)
        stream = self.exchange.stream_of(call, phone, digests_of(at_carrier, address))
        config = parse_config(call.agent_config)
        wanted_s = config.session_timeout.max_duration or DEFAULT_MAX_DURATION_S
        return at_carrier, DialOrder(
            from_phone=phone.number,
            to_phone=PhoneNumber(str(voip["to"])),
            stream_url=stream.url,
            stream_parameters=stream.parameters,
            status_url=self.exchange.url(phone, What.STATUS, call),
            next_url=stream.next_url,
            max_duration_s=int(min(wanted_s, account.max_call_duration_s)),
            machines=self._machines(call, phone, config.flow.voicemail),
        )

    def _machines(self, call: Call, phone: Phone, wanted: Voicemail) -> MachineWatch | None:
        """What the carrier shall listen for: nothing, where it would change nothing."""
        if not wanted.carrier_detection or wanted.action not in VOICEMAIL_ACTIONS:
            return None
        return MachineWatch(self.exchange.url(phone, What.MACHINE, call), wanted.action == "message")

    # --- what nothing becomes of ----------------------------------------------------------------

    def _insist(self, call: Call, known: set[str], now: float) -> None:
        """Look up what is uncertain, end what is stuck. Whatever is wrong with one call, the others go on."""
        try:
            if is_overdue(call, now):
                self._end(call, CallStatus.FAILED, "the call could not be placed in time")
            elif self._is_uncertain(call, now) and self._was_found(call, known):
                return
            elif is_stuck(call, now):
                self._give_up(call)
        except CallError as error:
            logger.warning(
                "a call that is stuck could not be dealt with",
                extra={"session_id": call.session_id, "error": type(error).__name__},
            )
        except Exception:
            logger.exception("a call met an error of ours", extra={"session_id": call.session_id})

    def _is_uncertain(self, call: Call, now: float) -> bool:
        voip = call.voip or {}
        asked_at = float(voip.get(HANDED_AT, now))
        return call.status is CallStatus.DISPATCHING and CALL_SID not in voip and now - asked_at > LOOK_UP_AFTER_S

    def _was_found(self, call: Call, known: set[str]) -> bool:
        """Whether its carrier has it; `known` are the calls that others are."""
        asked_at = float((call.voip or {})[HANDED_AT])
        try:
            account, order = self._order(call)
            sid = self.controls[account.carrier].find(account, order, asked_at, known)
        except Exception as error:  # whatever it is, the call is given up in its time
            logger.warning(
                "a call could not be looked up", extra={"session_id": call.session_id, "error": type(error).__name__}
            )
            return False
        if sid is None:
            return False
        known.add(sid)
        return self._change(call, lambda standing: placed(standing, sid)) is not None

    def _give_up(self, call: Call) -> None:
        sid = (call.voip or {}).get(CALL_SID)
        self._end(call, CallStatus.NO_ANSWER if call.status is CallStatus.RINGING else CallStatus.FAILED)
        if sid and (call.voip or {}).get("direction") == "outbound":
            self._hang_up(call, str(sid))

    def _hang_up(self, call: Call, sid: str) -> None:
        """If its carrier can be asked: the call is over for us, and whoever takes it up yet is turned away."""
        try:
            phone = self.phones.get_phone(call.account_id, parse_number(str((call.voip or {})["from"])))
            with suppress(CarrierRefused):  # it is over there
                self.controls[phone.carrier].hang_up(self.exchange.account_of(phone), sid, ringing=True)
        except CallError as error:
            logger.warning(
                "a call could not be hung up", extra={"session_id": call.session_id, "error": type(error).__name__}
            )

    # --- rows -----------------------------------------------------------------------------------

    def _change(self, call: Call, change: Callable[[Call], Call | None]) -> Call | None:
        try:
            return self.changes.change_call(call.account_id, call.session_id, change)
        except NotFound:  # it has ended meanwhile
            return None

    def _end(self, call: Call, status: CallStatus, reason: str | None = None) -> None:
        announce(call, self.deliveries, self.exchange.clock.unix_s())
        self.calls.finish_call(never_answered(call, status, reason))


def _due(
    live: Sequence[Call], handed: Sequence[Call], account_of: Callable[[AccountId], Account], now: float
) -> list[Call]:
    """The queued calls that may be placed now, oldest first: within what account and number may do at once."""
    going_on = Counter(call.account_id for call in live if takes_place(call) and call.status is not CallStatus.QUEUED)
    recent = {call.session_id: call for call in (*handed, *live) if _is_recent(call, now)}.values()
    lately, of_account = Counter(map(_number, recent)), Counter(call.account_id for call in recent)
    due = []
    for call in (call for call in live if call.status is CallStatus.QUEUED and not is_overdue(call, now)):
        if lately[_number(call)] >= CALLS_PER_S or of_account[call.account_id] >= ACCOUNT_CALLS_PER_S:
            continue
        if going_on[call.account_id] >= account_of(call.account_id).max_concurrent_calls:
            continue
        going_on[call.account_id] += 1
        lately[_number(call)] += 1
        of_account[call.account_id] += 1
        due.append(call)
    return due


def _is_recent(call: Call, now: float) -> bool:
    """Whether its carrier was given the call within the last second."""
    return now - float((call.voip or {}).get(HANDED_AT, 0.0)) < 1.0


def _number(call: Call) -> tuple[AccountId, str]:
    return call.account_id, str((call.voip or {}).get("from"))
