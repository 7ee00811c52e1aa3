"""What a carrier says in a request, in one shape for both (telephony.md 1.1, 1.5, 2.3 and 2.5)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from callcore.errors import InvalidInput
from callcore.phones.answered_by import AnsweredBy, answered_by
from callcore.phones.phone import Carrier, PhoneNumber, parse_number

MAX_BODY_BYTES = 64 * 1024


@dataclass(frozen=True)
class CarrierRequest:
    """One request, before anything of it is believed."""

    carrier: Carrier
    url: str
    """As the carrier was given it, with the query that it asked with."""
    query: str
    body: bytes
    headers: Mapping[str, str]
    """Names in lower case."""

    @property
    def form(self) -> tuple[tuple[str, str], ...]:
        """The fields of a posted form, blank ones too: they are signed."""
        return tuple(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


@dataclass(frozen=True)
class CarrierNews:
    """What it says."""

    carrier_call_id: str | None = None
    from_phone: PhoneNumber | None = None
    """None: withheld, or no number."""
    status: str | None = None
    dial_status: str | None = None
    """Of whom the caller is handed over to; Vonage says no more of him than this."""
    answered_by: AnsweredBy | None = None
    """What the carrier takes whoever answered for."""
    was_bridged: bool = True
    """Whether he has heard the caller; Twilio's."""


def news_of(request: CarrierRequest) -> CarrierNews:
    """The fields that matter. Raises InvalidInput for a body that is none."""
    fields = dict(request.form) if request.carrier is Carrier.TWILIO else _json_or_query(request)
    names = ("CallSid", "From", "CallStatus") if request.carrier is Carrier.TWILIO else ("uuid", "from", "status")
    call_id, caller, status = (str(fields.get(name) or "") for name in names)
    dial_status = str(fields.get("DialCallStatus") or "") if request.carrier is Carrier.TWILIO else status
    heard = str(fields.get("AnsweredBy") or "") if request.carrier is Carrier.TWILIO else status
    return CarrierNews(
        carrier_call_id=call_id or None,
        from_phone=_number(caller),
        status=status or None,
        dial_status=dial_status or None,
        answered_by=answered_by(request.carrier, heard, str(fields.get("sub_state") or "")),
        was_bridged=fields.get("DialBridged") != "false",
    )


def numbers_of(request: CarrierRequest) -> tuple[PhoneNumber | None, PhoneNumber | None]:
    """Who calls and who is called. Raises InvalidInput for a body that is none."""
    fields = dict(request.form) if request.carrier is Carrier.TWILIO else _json_or_query(request)
    caller, called = ("From", "To") if request.carrier is Carrier.TWILIO else ("from", "to")
    return _number(str(fields.get(caller) or "")), _number(str(fields.get(called) or ""))


def _json_or_query(request: CarrierRequest) -> Mapping[str, object]:
    if not request.body:
        return dict(parse_qsl(request.query))
    try:
        fields = json.loads(request.body)
    except (ValueError, RecursionError):
        raise InvalidInput("the body is no JSON") from None
    if not isinstance(fields, dict):
        raise InvalidInput("the body is no JSON object")
    return fields


def _number(text: str) -> PhoneNumber | None:
    try:
        return parse_number(text)
    except InvalidInput:
        return None
