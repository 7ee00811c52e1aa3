"""Twilio's own client drives our copy of Twilio, so that a wrong copy fails."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from tests.peers.twilio import ACCOUNT, TOKEN, running_twilio

OURS, THEIRS = "+15550001111", "+15550002222"
TWIML = "<Response><Hangup/></Response>"
LONG_S = 60.0
"""Nobody gives up waiting while a call is to be found."""


class Redirected(TwilioHttpClient):  # type: ignore[misc]  # it has no types
    """Sends to the copy what goes to Twilio."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._at = urlsplit(url)

    def request(self, method: str, url: str, *args: Any, **others: Any) -> Any:
        parts = urlsplit(url)
        assert parts.netloc == "api.twilio.com"
        there = urlunsplit(parts._replace(scheme="http", netloc=self._at.netloc))
        return super().request(method, there, *args, **others)


def with_client(scenario: Callable[[Client], Any], token: str = TOKEN, callee: str = "no-answer") -> Any:
    async def run() -> Any:
        async with running_twilio(OURS) as twilio:
            twilio.callee, twilio.ring_s = callee, LONG_S
            through = Redirected(twilio.url)
            try:
                return await asyncio.to_thread(scenario, Client(ACCOUNT, token, http_client=through))
            finally:
                through.session.close()

    return asyncio.run(run())


def test_a_call_is_placed_found_and_canceled() -> None:
    def scenario(client: Client) -> None:
        call = client.calls.create(to=THEIRS, from_=OURS, twiml=TWIML)
        assert (call.status, call.direction) == ("queued", "outbound-api")
        assert [found.sid for found in client.calls.list(to=THEIRS, from_=OURS)] == [call.sid]
        assert client.calls(call.sid).update(status="canceled").sid == call.sid

    with_client(scenario)


@pytest.mark.parametrize(
    ("given", "code"),
    [({"to": "", "from_": OURS, "twiml": TWIML}, 21201), ({"to": THEIRS, "from_": THEIRS, "twiml": TWIML}, 21210)],
)
def test_a_bad_call_is_refused(given: dict[str, str], code: int) -> None:
    def scenario(client: Client) -> None:
        with pytest.raises(TwilioRestException) as refused:
            client.calls.create(**given)
        assert refused.value.code == code

    with_client(scenario)


def test_a_wrong_token_is_refused() -> None:
    def scenario(client: Client) -> None:
        with pytest.raises(TwilioException, match="HTTP 401"):
            client.calls.list()

    with_client(scenario, token="wrong")


def test_numbers_are_found_and_set() -> None:
    def scenario(client: Client) -> None:
        (number,) = client.incoming_phone_numbers.list(phone_number=OURS)
        changed = client.incoming_phone_numbers(number.sid).update(voice_url="https://voice.example.com/x")
        assert (number.voice_url, changed.voice_url) == ("https://old.example.com/voice", "https://voice.example.com/x")

    with_client(scenario)
