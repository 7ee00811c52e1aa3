"""Calls and numbers at Twilio, by its REST API of 2010-04-01 (telephony.md 1.5 and 1.7)."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from callcore.phones.phone import PhoneNumber
from callcore.telephony.ports import CarrierAccount, CarrierRefused, ClaimedNumber, DialOrder, NumberUrls
from carriers import twiml
from carriers.rest import Rest, Trust, as_documented

BASE_URL = "https://api.twilio.com"
RING_S = 45
SPARE_S = 15
"""Beyond the duration that we keep ourselves."""
CLOCK_SKEW_S = 5
EVENTS = ("initiated", "ringing", "answered", "completed")
NOT_FOUND = "404"
CALLER_CODES = frozenset({"21210", "21212"})
"""`From` is not a number of the account, or none at all (telephony.md 1.5)."""
_SETTINGS = {"voice_url": "VoiceUrl", "voice_method": "VoiceMethod", "status_callback": "StatusCallback"}
"""Of a number: as it is read, and as it is written."""


class Twilio:
    """CarrierControl and NumberControl."""

    def __init__(self, base_url: str, trust: Trust) -> None:
        self._rest = Rest("twilio", base_url, trust, CALLER_CODES)

    def place(self, account: CarrierAccount, order: DialOrder) -> str:
        """The call's sid. Raises CarrierRefused, CarrierBusy, CarrierUncertain."""
        form = {
            "To": order.to_phone,
            "From": order.from_phone,
            "Twiml": twiml.stream(order.stream_url, order.stream_parameters, order.next_url),
            "StatusCallback": order.status_url,
            "StatusCallbackMethod": "POST",
            "StatusCallbackEvent": list(EVENTS),
            "Timeout": str(RING_S),
            "TimeLimit": str(order.max_duration_s + SPARE_S),
        }
        made = self._ask(account, "POST", "Calls.json", data=form | _detection(order))
        with as_documented("twilio"):
            return str(made["sid"])

    def find(self, account: CarrierAccount, order: DialOrder, since: float, others: Collection[str]) -> str | None:
        """The first call between the two numbers since then that is none of `others`.

        Raises CarrierUncertain, CarrierRefused.
        """
        day = datetime.fromtimestamp(since - CLOCK_SKEW_S, UTC).date().isoformat()
        query = {"To": order.to_phone, "From": order.from_phone, "StartTime>": day, "PageSize": "20"}
        found = self._ask(account, "GET", "Calls.json", params=query)
        with as_documented("twilio"):
            made = [(_created(call), str(call["sid"])) for call in found["calls"] if call["sid"] not in others]
        return min((one for one in made if one[0] >= since - CLOCK_SKEW_S), default=(0.0, None))[1]

    def hang_up(self, account: CarrierAccount, carrier_call_id: str, *, ringing: bool) -> None:
        """End a call; one that is over is fine. Raises CarrierUncertain, CarrierRefused."""
        status = "canceled" if ringing else "completed"
        try:
            self._ask(account, "POST", f"Calls/{carrier_call_id}.json", data={"Status": status})
        except CarrierRefused:
            if not ringing:
                raise
            # It was answered in this moment: a call that goes on is completed, not canceled.
            self._ask(account, "POST", f"Calls/{carrier_call_id}.json", data={"Status": "completed"})

    def claim(self, account: CarrierAccount, number: PhoneNumber, urls: NumberUrls) -> ClaimedNumber:
        """Have Twilio ask us when the number is called. Raises CarrierRefused, CarrierUncertain."""
        found = self._number(account, number)
        form = {
            "VoiceUrl": urls.answer_url,
            "VoiceMethod": "POST",
            "StatusCallback": urls.status_url,
            "StatusCallbackMethod": "POST",
        }
        self._ask(account, "POST", f"IncomingPhoneNumbers/{found['sid']}.json", data=form)
        return ClaimedNumber(account, {name: str(found.get(name) or "") for name in _SETTINGS})

    def release(self, account: CarrierAccount, number: PhoneNumber, previous: Mapping[str, str]) -> None:
        """Set the number to what it was. Raises CarrierRefused, CarrierUncertain."""
        form = {written: previous.get(read, "") for read, written in _SETTINGS.items()}
        self._ask(account, "POST", f"IncomingPhoneNumbers/{self._number(account, number)['sid']}.json", data=form)

    def close(self) -> None:
        """Closing twice is fine."""
        self._rest.close()

    def _number(self, account: CarrierAccount, number: PhoneNumber) -> Mapping[str, Any]:
        reply = self._ask(account, "GET", "IncomingPhoneNumbers.json", params={"PhoneNumber": number})
        with as_documented("twilio"):
            found: list[Mapping[str, Any]] = [one for one in reply["incoming_phone_numbers"] if one["sid"]]
        if not found:
            raise CarrierRefused("the number is not one of this Twilio account")
        return found[0]

    def _ask(self, account: CarrierAccount, method: str, path: str, **request: Any) -> Any:
        auth = (account.api_key, account.api_secret)
        return self._rest.ask(method, f"/2010-04-01/Accounts/{account.account}/{path}", auth=auth, **request)


def _detection(order: DialOrder) -> dict[str, str]:
    """Without `AsyncAmd` nobody would hear anything until Twilio has made up its mind."""
    if order.machines is None:
        return {}
    return {
        "MachineDetection": "DetectMessageEnd" if order.machines.until_beep else "Enable",
        "AsyncAmd": "true",
        "AsyncAmdStatusCallback": order.machines.told_url,
        "AsyncAmdStatusCallbackMethod": "POST",
    }


def _created(call: Mapping[str, Any]) -> float:
    """When a call was made, unix seconds; Twilio writes dates as mail does (RFC 2822)."""
    try:
        return parsedate_to_datetime(str(call.get("date_created"))).timestamp()
    except ValueError:
        return 0.0
