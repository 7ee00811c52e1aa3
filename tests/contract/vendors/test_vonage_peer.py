"""Vonage's own client drives our copy of Vonage, so that a wrong copy fails."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from vonage import Auth, Vonage
from vonage_http_client.errors import AuthenticationError, HttpRequestError
from vonage_numbers.requests import ListOwnedNumbersFilter, UpdateNumberParams
from vonage_voice.models import CreateCallRequest

from tests.peers.vonage import API_KEY, API_SECRET, running_vonage

OURS, THEIRS = "15550001111", "15550002222"
NCCO = [{"action": "talk", "text": "Hello."}]
LONG_S = 60.0
"""Nobody gives up waiting while a call is to be found."""


class Redirected(HTTPAdapter):
    """Sends to the copy what goes to Vonage."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._at = urlsplit(url)

    def send(self, request: PreparedRequest, *args: Any, **others: Any) -> Any:
        parts = urlsplit(str(request.url))
        assert parts.netloc in ("api.nexmo.com", "rest.nexmo.com")
        request.url = urlunsplit(parts._replace(scheme="http", netloc=self._at.netloc))
        return super().send(request, *args, **others)


def with_client(scenario: Callable[[Any], Any], secret: str = API_SECRET) -> None:
    async def run() -> None:
        async with running_vonage(OURS) as vonage:
            vonage.callee, vonage.ring_s = "unanswered", LONG_S
            made = vonage.add_application({"name": "ours"})
            auth = Auth(
                api_key=API_KEY,
                api_secret=secret,
                application_id=made["id"],
                private_key=made["keys"]["private_key"],
            )
            client = Vonage(auth)
            session = client.http_client._session
            session.mount("https://", Redirected(vonage.url))
            try:
                await asyncio.to_thread(scenario, client)
            finally:
                session.close()

    asyncio.run(run())


def order(from_number: str = OURS) -> CreateCallRequest:
    wanted = {"to": [{"type": "phone", "number": THEIRS}], "from_": {"type": "phone", "number": from_number}}
    return CreateCallRequest.model_validate({**wanted, "ncco": NCCO, "event_url": ["http://127.0.0.1:1/events"]})


def test_a_call_is_placed_found_and_ended() -> None:
    def scenario(client: Any) -> None:
        call = client.voice.create_call(order())
        assert (call.status, call.direction) == ("started", "outbound")
        found, _ = client.voice.list_calls()
        assert [one.uuid for one in found] == [call.uuid]
        # Where simplejson is installed the client stumbles over Vonage's empty 204.
        with suppress(ValueError):
            client.voice.hangup(call.uuid)
        assert client.http_client.last_response.status_code == 204

    with_client(scenario)


def test_a_number_of_somebody_else_calls_nobody() -> None:
    def scenario(client: Any) -> None:
        with pytest.raises(HttpRequestError) as refused:
            client.voice.create_call(order("15559999999"))
        assert refused.value.response.status_code == 400

    with_client(scenario)


def test_numbers_are_found_and_linked() -> None:
    def scenario(client: Any) -> None:
        numbers, _, _ = client.numbers.list_owned_numbers(ListOwnedNumbersFilter(pattern=OURS, search_pattern=1))
        assert [(number.msisdn, number.country) for number in numbers] == [(OURS, "US")]
        changed = UpdateNumberParams(country="US", msisdn=OURS, app_id="another-app")
        assert client.numbers.update_number(changed).error_code == "200"

    with_client(scenario)


def test_a_wrong_secret_is_refused() -> None:
    def scenario(client: Any) -> None:
        with pytest.raises(AuthenticationError):
            client.numbers.list_owned_numbers()

    with_client(scenario, secret="wrong")
