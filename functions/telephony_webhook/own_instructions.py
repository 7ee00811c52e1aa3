"""Instructions for a number that is not connected: its owner has his carrier fetch them from us (protocol.md 2.6).

    POST /telephony/{carrier}/answer?public_key=…&agent_id=…

They are what a TwiML Bin would say, and prove as little: whether the key may be used by telephone, and whether its
carrier has signed the media socket, is seen by the worker that the stream comes to.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from callcore.errors import InvalidInput
from callcore.telephony.streams import AGENT_ID, FROM, PUBLIC_KEY, SESSION_TOKEN, TO
from telephony_webhook.requests import CarrierRequest, numbers_of

MAX_PARAMETER_CHARS = 499
"""Of TwiML, name and value together."""


def parameters_of(request: CarrierRequest) -> Mapping[str, str]:
    """The parameters of the stream: those of the query, and both numbers of the call.

    Raises InvalidInput that names what is missing, or too long for a carrier.
    """
    given = dict(parse_qsl(request.query, keep_blank_values=True))
    for name in (PUBLIC_KEY, AGENT_ID):
        if not given.get(name):
            raise InvalidInput(f"{name}: the address needs it")
    given.pop(SESSION_TOKEN, None)
    numbers = zip((FROM, TO), numbers_of(request), strict=True)
    parameters = given | {name: number for name, number in numbers if number}
    for name, value in parameters.items():
        if len(name) + len(value) > MAX_PARAMETER_CHARS:
            raise InvalidInput(f"{name[:40]}: is too long for a carrier's parameter")
    return parameters
