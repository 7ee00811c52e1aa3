"""A caller is handed over to somebody else (telephony.md 1.7): what his call's record says of it, and what follows.

The session ends as the agent's with word for the carrier in its record. When our media socket is closed the carrier
asks what comes next, and dials. When nobody takes the call it asks again, and the conversation goes on in a session of
its own, which resumes that one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

from callcore.calls.call import Call, CallStatus
from callcore.ids import new_call_id, new_session_id
from callcore.phones.phone import Carrier
from callcore.phones.sip_addresses import SIP
from callcore.telephony.outbound import HANDED_AT

TRANSFERRED_TO = "transferred_to"
"""In `voip`: the number."""
TRANSFER_STATUS = "transfer_status"
"""In `voip`: a TransferStatus."""
CONTINUED_BY = "continued_by"
"""In `voip`: the session that goes on with a caller whom nobody took over."""
TRANSFER_SUMMARY = "transfer_summary"
"""In `voip`: what whoever takes the caller over hears first."""
TRANSFERS = "transfers"
"""In `voip`: how often the caller was handed over, in this session and in those before it."""
MAX_SUMMARY_CHARS = 1000
KNOWN_AFTER_S = 45.0
"""By then somebody has taken the call, or nobody will: it rings for 30 s."""
TAKES_REFER = "takes_refer"
"""In `voip` of a SIP call, and false: its trunk says that it cannot hand callers over."""
HANDS_OVER: frozenset[str] = frozenset({Carrier.TWILIO, Carrier.VONAGE, SIP})
"""The carriers that ask us what comes after our media socket."""
MAX_TRANSFERS = 2
"""Of one caller: a line that was busy twice is not dialled a third time."""


class TransferStatus(StrEnum):
    """What became of it."""

    REQUESTED = "requested"
    ANSWERED = "answered"
    """Somebody is talking with the caller."""
    COMPLETED = "completed"
    """They have talked."""
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    CANCELED = "canceled"
    """The caller hung up while it rang."""


FAILURES: Mapping[TransferStatus, str] = {
    TransferStatus.BUSY: "the line was busy",
    TransferStatus.NO_ANSWER: "nobody answered",
    TransferStatus.FAILED: "the number could not be reached",
}
"""Those after which the caller is with us again, as the model is told of them."""


_WORDS: Mapping[Carrier, Mapping[str, TransferStatus]] = {
    Carrier.TWILIO: {
        "completed": TransferStatus.COMPLETED,
        "answered": TransferStatus.COMPLETED,
        "busy": TransferStatus.BUSY,
        "no-answer": TransferStatus.NO_ANSWER,
    },
    Carrier.VONAGE: {
        "answered": TransferStatus.ANSWERED,
        "completed": TransferStatus.COMPLETED,
        "busy": TransferStatus.BUSY,
        "timeout": TransferStatus.NO_ANSWER,
        "unanswered": TransferStatus.NO_ANSWER,
        "rejected": TransferStatus.FAILED,
        "failed": TransferStatus.FAILED,
        "cancelled": TransferStatus.CANCELED,
    },
}


def obstacle(voip: Mapping[str, Any] | None) -> str | None:
    """Why the call cannot be transferred, for the model; None: it can be."""
    if voip is None or "provider" not in voip:
        return "it did not come over a telephone line"
    if voip["provider"] not in HANDS_OVER or voip.get(TAKES_REFER) is False:
        return "its telephone company cannot hand it over"
    if "direction" not in voip:
        return "it came by instructions of its own, which do not ask us what comes next"
    if int(voip.get(TRANSFERS, 0)) >= MAX_TRANSFERS:
        return f"it was tried {MAX_TRANSFERS} times"
    return None


def handed_over(call: Call, number: str, summary: str = "", status: TransferStatus = TransferStatus.REQUESTED) -> Call:
    """The live call with word of its transfer: for its carrier, the caller shall be connected with this number.

    `summary` is for whoever takes him over.
    """
    voip = {name: value for name, value in (call.voip or {}).items() if name != TRANSFER_SUMMARY}
    word: dict[str, Any] = {
        TRANSFERRED_TO: number,
        TRANSFER_STATUS: str(status),
        TRANSFERS: int(voip.get(TRANSFERS, 0)) + 1,
    }
    if summary.strip():
        word[TRANSFER_SUMMARY] = summary.strip()[:MAX_SUMMARY_CHARS]
    return replace(call, voip={**voip, **word})


def destination(call: Call) -> str | None:
    """The number that the carrier shall dial now; None: it shall not, or has."""
    return (call.voip or {}).get(TRANSFERRED_TO) if _status(call) is TransferStatus.REQUESTED else None


def is_open(call: Call) -> bool:
    """Whether a transfer was asked for of which it is not known what became of it."""
    return _status(call) in (TransferStatus.REQUESTED, TransferStatus.ANSWERED)


def outcome(
    carrier: Carrier, word: str | None, *, caller_is_gone: bool = False, was_bridged: bool = True
) -> TransferStatus | None:
    """What becomes of it, by Twilio's `DialCallStatus` or by Vonage's `status` of who is called; None: nothing yet.

    Twilio asks once, when it is over; a word that is not known is a failure. It also tells whether the two have
    talked: who hangs up on what he hears first has not taken the call.
    """
    status = _WORDS[carrier].get(word or "", TransferStatus.FAILED if carrier is Carrier.TWILIO else None)
    if status in FAILURES and caller_is_gone:
        return TransferStatus.CANCELED
    return TransferStatus.NO_ANSWER if status is TransferStatus.COMPLETED and not was_bridged else status


def is_known_soon(call: Call, ended_at: float, now: float) -> bool:
    """Whether it is worth waiting for what becomes of a transfer; both times in unix seconds."""
    return _status(call) is TransferStatus.REQUESTED and now - ended_at < KNOWN_AFTER_S


def came_back(call: Call, now: float) -> Call:
    """The row of the session that goes on with a caller whom nobody took over. `now` is unix seconds."""
    of_that_one = (TRANSFERRED_TO, TRANSFER_STATUS, TRANSFER_SUMMARY, CONTINUED_BY, HANDED_AT)
    kept = {name: value for name, value in (call.voip or {}).items() if name not in of_that_one}
    return Call(
        session_id=new_session_id(),
        call_id=new_call_id(),
        account_id=call.account_id,
        status=CallStatus.RINGING,
        started_at=now,
        agent_id=call.agent_id,
        agent_config=call.agent_config,
        metadata=call.metadata,
        voip=kept,
        continues=call.session_id,
    )


def failure(call: Call) -> str | None:
    """Why the caller is back, if he is."""
    status = _status(call)
    return None if status is None else FAILURES.get(status)


def told_of(chat: Sequence[Mapping[str, Any]], result: str) -> tuple[Mapping[str, Any], ...]:
    """The conversation with what the transfer came to: it was the last thing that was done in it."""
    *before, last = chat
    return (*before, {**last, "content": result}) if last["role"] == "tool" else (*before, last)


def _status(call: Call) -> TransferStatus | None:
    status = (call.voip or {}).get(TRANSFER_STATUS)
    return TransferStatus(status) if status in frozenset(TransferStatus) else None
