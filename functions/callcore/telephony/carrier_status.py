"""The carriers' words for what becomes of a call, as ours (telephony.md 1.6 and 2.5; protocol.md 8).

A word that is not here says nothing. What ends a talk is the worker's business: `completed` ends only a call that
never had one.
"""

from collections.abc import Mapping

from callcore.calls.call import CallStatus
from callcore.phones.phone import Carrier

_S = CallStatus

STATUS_OF: Mapping[Carrier, Mapping[str, CallStatus]] = {
    Carrier.TWILIO: {
        "queued": _S.PROVIDER_QUEUED,
        "initiated": _S.INITIATED,
        "ringing": _S.RINGING,
        "busy": _S.BUSY,
        "no-answer": _S.NO_ANSWER,
        "failed": _S.FAILED,
        "canceled": _S.CANCELED,
        "completed": _S.FAILED,
    },
    Carrier.VONAGE: {
        "started": _S.INITIATED,
        "ringing": _S.RINGING,
        "busy": _S.BUSY,
        "timeout": _S.NO_ANSWER,
        "unanswered": _S.NO_ANSWER,
        "rejected": _S.FAILED,
        "failed": _S.FAILED,
        "cancelled": _S.CANCELED,
        "completed": _S.FAILED,
    },
}
"""`in-progress` and `answered` are not here: a talk begins with its media stream."""
