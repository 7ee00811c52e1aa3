"""Calls that we place (protocol.md 7.1): what is asked for, and what becomes of it before anybody speaks."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from callcore.calls.call import BEFORE_THE_TALK, END_STATUSES, TRANSITIONS, Call, CallStatus
from callcore.calls.privacy import storable
from callcore.calls.registration import Registration, register
from callcore.errors import InvalidInput, NotAllowed
from callcore.phones.phone import Phone, PhoneNumber, parse_number

CALLS_PER_S, ACCOUNT_CALLS_PER_S = 1, 10
"""Of each number, what carriers take without being asked; and of each account, however many numbers it has."""
STUCK_S = 100
"""A call that its carrier has and of which nothing is heard for this long has failed; it may ring for 45 s."""
QUEUED_S = 600
"""A call that could not be placed by then is not placed any more."""
HANDED_AT = "dispatched_at"
"""In `voip`: when the call was handed to its carrier, unix seconds."""
CALL_SID = "call_sid"
"""In `voip`: what the carrier calls the call."""
_HANDED_OVER = frozenset({CallStatus.DISPATCHING, CallStatus.PROVIDER_QUEUED, CallStatus.INITIATED, CallStatus.RINGING})


def order_call(wanted: Registration, caller: Phone, to_phone: PhoneNumber, now: float) -> Call:
    """The row of a call from one of the account's numbers, before it is placed. `now` is unix seconds.

    Raises InvalidInput and NotAllowed as `register` does, and NotAllowed for a number that is not connected.
    """
    if not caller.is_connected:
        raise NotAllowed(f"from_phone: {caller.number} is not connected: import it with its carrier's credentials")
    if caller.number == to_phone:
        raise InvalidInput("to_phone: a number cannot call itself")
    registered = register(
        caller.account_id,
        replace(wanted, from_phone=caller.number, to_phone=to_phone),
        now,
        phone_override=caller.agent_config_override,
    )
    voip = {**(registered.voip or {}), "direction": "outbound", "provider": str(caller.carrier)}
    return replace(registered, status=CallStatus.QUEUED, voip=voip)


def answer_call(wanted: Registration, called: Phone, carrier_call: Mapping[str, Any], now: float) -> Call:
    """The row of a call that one of the account's numbers gets. Raises as `register` does."""
    registered = register(called.account_id, wanted, now, phone_override=called.agent_config_override)
    voip = {**(registered.voip or {}), "direction": "inbound", "provider": str(called.carrier), **carrier_call}
    return replace(registered, status=CallStatus.RINGING, voip=voip)


def own_number(call: Call) -> PhoneNumber | None:
    """The account's number that the call came by, or is placed from; None: it is no call of one."""
    voip = call.voip or {}
    number = voip.get("from" if voip.get("direction") == "outbound" else "to")
    return parse_number(str(number)) if number else None


def parse_callee(text: str) -> PhoneNumber:
    """`to_phone`. Raises InvalidInput that names it."""
    try:
        return parse_number(text)
    except InvalidInput as error:
        raise InvalidInput(f"to_{error}") from None


def handed_over(call: Call, now: float) -> Call | None:
    """The call as the one who places it now takes it; None: somebody else has, or it is over."""
    if call.status is not CallStatus.QUEUED:
        return None
    return replace(call, status=CallStatus.DISPATCHING, voip={**(call.voip or {}), HANDED_AT: now})


def put_back(call: Call) -> Call | None:
    """The call as its carrier did not take it for the moment."""
    return replace(call, status=CallStatus.QUEUED) if call.status is CallStatus.DISPATCHING else None


def is_cancellable(call: Call) -> bool:
    """Whether it is a call that we place and that nobody has taken yet."""
    is_waiting = call.status is CallStatus.QUEUED or call.status in BEFORE_THE_TALK
    return is_waiting and (call.voip or {}).get("direction") == "outbound"


def placed(call: Call, carrier_call_id: str) -> Call:
    """The call as its carrier has taken it; it may have gone further already."""
    status = CallStatus.PROVIDER_QUEUED if call.status is CallStatus.DISPATCHING else call.status
    return replace(call, status=status, voip={**(call.voip or {}), CALL_SID: carrier_call_id})


def progressed(call: Call, status: CallStatus) -> Call | None:
    """The call as its carrier says it is; None: that is old news, or no news at all."""
    if status in END_STATUSES or status not in TRANSITIONS.get(call.status, frozenset()):
        return None
    return replace(call, status=status)


def never_answered(call: Call, status: CallStatus, reason: str | None = None) -> Call:
    """The call as nobody took it; `reason` says more than the status."""
    ended = replace(call, status=status, duration_s=0, chat=(), chars_used=0, error_message=reason or str(status))
    return storable(ended)


def takes_place(call: Call) -> bool:
    """Whether a call that has not ended is one of those that its account may have at once.

    One that was registered is none before it begins: its visitor may never come.
    """
    return call.status is not CallStatus.REGISTERED


def is_stuck(call: Call, now: float) -> bool:
    """Whether the call was handed to its carrier, and nothing has become of it in time."""
    voip = call.voip or {}
    since = voip.get(HANDED_AT, call.started_at)
    return call.status in _HANDED_OVER and now - float(since) > STUCK_S


def is_overdue(call: Call, now: float) -> bool:
    """Whether the call waits too long for being placed."""
    return call.status is CallStatus.QUEUED and now - call.started_at > QUEUED_S
