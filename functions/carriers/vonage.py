"""Calls and numbers at Vonage, by its Voice, Application and Numbers APIs (telephony.md 2)."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import jwt

from callcore.clock import Clock
from callcore.phones.phone import PhoneNumber
from callcore.telephony.ports import CarrierAccount, CarrierRefused, ClaimedNumber, DialOrder, NumberUrls
from carriers import ncco
from carriers.rest import Rest, Trust, as_documented

BASE_URL = "https://api.nexmo.com"
NUMBERS_URL = "https://rest.nexmo.com"
RING_S = 45
SPARE_S = 15
"""Beyond the duration that we keep ourselves."""
CLOCK_SKEW_S = 5
TOKEN_S = 900
BEEP_S = 45
"""For which Vonage listens for a machine's beep: the least that it takes."""


class Vonage:
    """CarrierControl and NumberControl."""

    def __init__(self, clock: Clock, base_url: str, numbers_url: str, trust: Trust) -> None:
        self._rest = Rest("vonage", base_url, trust)
        self._numbers = Rest("vonage", numbers_url, trust)
        self._clock = clock

    def place(self, account: CarrierAccount, order: DialOrder) -> str:
        """The call's uuid. Raises CarrierRefused, CarrierBusy, CarrierUncertain."""
        body: dict[str, Any] = {
            "to": [{"type": "phone", "number": ncco.digits(order.to_phone)}],
            "from": {"type": "phone", "number": ncco.digits(order.from_phone)},
            "ncco": ncco.websocket(order.stream_url, order.stream_parameters, order.next_url, order.from_phone),
            "event_url": [order.status_url],
            "event_method": "POST",
            "length_timer": order.max_duration_s + SPARE_S,
            "ringing_timer": RING_S,
        }
        if order.machines is not None:
            # Told at the address of its progress; `default` listens while the call goes on.
            body["advanced_machine_detection"] = {"behavior": "continue", "mode": "default", "beep_timeout": BEEP_S}
        made = self._ask(account, "POST", "/v1/calls", json=body)
        with as_documented("vonage"):
            return str(made["uuid"])

    def find(self, account: CarrierAccount, order: DialOrder, since: float, others: Collection[str]) -> str | None:
        """The first call between the two numbers since then that is none of `others`.

        Raises CarrierUncertain, CarrierRefused.
        """
        query = {"date_start": _date(since - CLOCK_SKEW_S), "page_size": "100", "order": "asc"}
        reply = self._ask(account, "GET", "/v1/calls", params=query)
        between = (ncco.digits(order.from_phone), ncco.digits(order.to_phone))
        with as_documented("vonage"):
            for call in reply["_embedded"]["calls"]:
                if (call["from"].get("number"), call["to"].get("number")) == between and call["uuid"] not in others:
                    return str(call["uuid"])
        return None

    def hang_up(self, account: CarrierAccount, carrier_call_id: str, *, ringing: bool) -> None:
        """End a call; Vonage has one word for both. Raises CarrierUncertain, CarrierRefused."""
        self._ask(account, "PUT", f"/v1/calls/{carrier_call_id}", json={"action": "hangup"})

    def claim(self, account: CarrierAccount, number: PhoneNumber, urls: NumberUrls) -> ClaimedNumber:
        """Make an application that asks us, unless there is one, and link the number to it.

        Raises CarrierRefused, CarrierUncertain.
        """
        found = self._number(account, number)
        ours = account if account.private_key else self._with_application(account, urls)
        self._link(account, found, ours.account)
        return ClaimedNumber(ours, {"app_id": str(found.get("app_id") or "")})

    def release(self, account: CarrierAccount, number: PhoneNumber, previous: Mapping[str, str]) -> None:
        """Link the number to what it was linked to. Raises CarrierRefused, CarrierUncertain."""
        self._link(account, self._number(account, number), previous.get("app_id", ""))

    def close(self) -> None:
        """Closing twice is fine."""
        self._rest.close()
        self._numbers.close()

    def _with_application(self, account: CarrierAccount, urls: NumberUrls) -> CarrierAccount:
        webhooks = {
            "answer_url": {"address": urls.answer_url, "http_method": "POST"},
            "event_url": {"address": urls.status_url, "http_method": "POST"},
        }
        body = {"name": "Parley", "capabilities": {"voice": {"webhooks": webhooks, "signed_callbacks": True}}}
        made = self._rest.ask("POST", "/v2/applications", json=body, auth=(account.api_key, account.api_secret))
        with as_documented("vonage"):
            return replace(account, account=str(made["id"]), private_key=str(made["keys"]["private_key"]))

    def _number(self, account: CarrierAccount, number: PhoneNumber) -> Mapping[str, Any]:
        query = {"pattern": ncco.digits(number), "search_pattern": "1"}
        basic = (account.api_key, account.api_secret)
        reply = self._numbers.ask("GET", "/account/numbers", params=query, auth=basic) or {}
        with as_documented("vonage"):
            found: list[Mapping[str, Any]] = [
                one for one in reply.get("numbers", ()) if one["msisdn"] == ncco.digits(number) and one["country"]
            ]
        if not found:
            raise CarrierRefused("the number is not one of this Vonage account")
        return found[0]

    def _link(self, account: CarrierAccount, number: Mapping[str, Any], application_id: str) -> None:
        form = {"country": number["country"], "msisdn": number["msisdn"]}
        form |= {"app_id": application_id} if application_id else {}
        self._numbers.ask("POST", "/number/update", data=form, auth=(account.api_key, account.api_secret))

    def _ask(self, account: CarrierAccount, method: str, path: str, **request: Any) -> Any:
        now = int(self._clock.unix_s())
        claims = {"application_id": account.account, "iat": now, "jti": secrets.token_hex(16), "exp": now + TOKEN_S}
        token = jwt.encode(claims, account.private_key, algorithm="RS256")
        return self._rest.ask(method, path, headers={"Authorization": f"Bearer {token}"}, **request)


def _date(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
