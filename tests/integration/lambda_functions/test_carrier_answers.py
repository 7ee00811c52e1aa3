"""How long a carrier waits for what to do with a call: the built function, warm, under Lambda's own runtime client.

`.venv/bin/pytest -s` prints the times. Most of them are the store's (moto's here), so the gate is a multiple of what
the store alone takes for the same rows in the same run.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

import numpy as np
import pytest
from twilio.request_validator import RequestValidator

from callauth.carrier_urls import TELEPHONY_KEY as TELEPHONY
from callauth.carrier_urls import CarrierUrls, What
from callauth.exchange import Exchange, exchange_of
from callauth.internal import INTERNAL_SECRET
from callcore.agents.agent import Agent
from callcore.calls.registration import Registration
from callcore.clock import SystemClock
from callcore.errors import Conflict
from callcore.ids import AgentId
from callcore.phones.phone import Carrier, Phone, PhoneNumber
from callcore.regions import MediaHosts
from callcore.telephony.carrier_accounts import sealed
from callcore.telephony.outbound import answer_call
from callcore.telephony.ports import CarrierAccount
from callstore.aws.clients import aws_client
from callstore.aws.stores import AwsStores
from callstore.fixed_secrets import FixedSecrets
from tests.integration.lambda_functions.built import Built
from tests.integration.lambda_functions.conftest import ACCOUNT, PUBLIC_URL, SECRET, TELEPHONY_KEY, Roles
from tests.peers.lambda_events import http_api
from tests.peers.lambda_runtime import LambdaFunction
from tests.peers.vonage import bearer

SEALING, INTERNAL = "s" * 64, "i" * 64
TOKEN = "a token of the carrier's, of thirty-two characters and more"
NUMBERS = {Carrier.TWILIO: PhoneNumber("+15550001111"), Carrier.VONAGE: PhoneNumber("+15550002222")}
CALLER = "+15550003333"
WARMING = 3
MAX_RATIO = 3.0
"""Of the medians: a p95 is what else runs on the machine makes of it."""


@dataclass(frozen=True)
class Line:
    """What a carrier asks when a number is called."""

    urls: CarrierUrls
    carrier: Carrier

    def event(self, number: int) -> dict[str, Any]:
        """The request for one call, signed."""
        phone = NUMBERS[self.carrier]
        url = self.urls.url(self.carrier, What.ANSWER, ACCOUNT.account_id, phone)
        body, headers = self._twilio(url, phone, number) if self.carrier is Carrier.TWILIO else self._vonage(number)
        parts = urlsplit(url)
        return http_api("POST", parts.path, parts.query, headers, body)

    def _twilio(self, url: str, phone: str, number: int) -> tuple[bytes, Mapping[str, str]]:
        form = {"CallSid": f"CA{number:032x}", "AccountSid": "AC1", "From": CALLER, "To": phone, "CallerName": ""}
        signature = RequestValidator(TOKEN).compute_signature(url, form)
        kind = {"content-type": "application/x-www-form-urlencoded"}
        return urlencode(form).encode(), {"x-twilio-signature": signature} | kind

    def _vonage(self, number: int) -> tuple[bytes, Mapping[str, str]]:
        body = json.dumps({"uuid": f"u{number}", "from": CALLER[1:], "to": NUMBERS[Carrier.VONAGE][1:]}).encode()
        return body, {
            "authorization": bearer(TOKEN, f"jti-{number}", body, time.time()),
            "content-type": "application/json",
        }


@pytest.fixture(scope="module")
def exchange(stores: AwsStores) -> Exchange:
    for name, value in ((TELEPHONY_KEY, SEALING), (SECRET, INTERNAL)):
        aws_client("secretsmanager").create_secret(Name=name, SecretString=value)
    secrets = FixedSecrets({TELEPHONY: SEALING, INTERNAL_SECRET: INTERNAL})
    made = exchange_of(secrets, PUBLIC_URL, MediaHosts("wss://media.example"), SystemClock())
    stores.agents.put_agent(Agent(AgentId("-carriers"), ACCOUNT.account_id, "Desk", {"prompt": "P"}, 1.0))
    for carrier, number in NUMBERS.items():
        account = CarrierAccount(carrier, "AC1", "key", "secret", signing_secret=TOKEN)
        phone = Phone(ACCOUNT.account_id, number, 1.0, carrier, agent_id=AgentId("-carriers"))
        connected = replace(phone, sealed_account=sealed(account, made.seal))
        stores.phones.change_phone(ACCOUNT.account_id, number, partial(_stored, connected))
    return made


def _stored(phone: Phone, _: Phone | None) -> Phone:
    return phone


@pytest.fixture(scope="module")
def desk(built: Built, environment: dict[str, str], exchange: Exchange, roles: Roles) -> Iterator[LambdaFunction]:
    with built.start("telephony_webhook.handler.handler", environment | roles("TelephonyWebhookRole")) as function:
        yield function


def of_the_store(stores: AwsStores, carrier: Carrier) -> Callable[[int], None]:
    """The same rows, read and written without a function around it."""

    def once(number: int) -> None:
        stores.accounts.get_account(ACCOUNT.account_id)
        phone = stores.phones.get_phone(ACCOUNT.account_id, NUMBERS[carrier])
        if carrier is Carrier.VONAGE:
            stores.used_tokens.use_once(ACCOUNT.account_id, f"store-{number}", time.time() + 600)
        agent = stores.agents.get_agent(ACCOUNT.account_id, AgentId("-carriers"))
        wanted = Registration(agent, from_phone=PhoneNumber(CALLER), to_phone=phone.number)
        # moto knows no ClientRequestToken: a transaction that boto3 repeats meets its own row.
        with suppress(Conflict):
            stores.calls.begin_call(answer_call(wanted, phone, {"call_sid": str(number)}, time.time()))

    return once


@pytest.mark.parametrize("count", [10, pytest.param(300, marks=(pytest.mark.full, pytest.mark.timeout(300)))])
@pytest.mark.parametrize("carrier", [Carrier.TWILIO, Carrier.VONAGE])
def test_an_answer_takes_little_more_than_its_rows(
    desk: LambdaFunction, stores: AwsStores, exchange: Exchange, carrier: Carrier, count: int
) -> None:
    line, alone = Line(exchange.urls, carrier), of_the_store(stores, carrier)
    answers, rows = [], []
    for number in range(WARMING + count):
        reply = desk.invoke(line.event(1_000 * count + number))
        answers.append(1000 * desk.took_s)
        assert reply["statusCode"] == 200
        assert f"wss://media.example/{carrier}" in reply["body"]
        begun = time.perf_counter()
        alone(number)
        rows.append(1000 * (time.perf_counter() - begun))
    figures = {"an answer": answers[WARMING:], "its rows alone": rows[WARMING:]}
    for name, times in figures.items():
        p50, p95 = np.percentile(times, (50, 95))
        print(f"\n{carrier}, {count} calls: {name} p50 {p50:.1f} ms, p95 {p95:.1f} ms", end="")
    assert np.median(figures["an answer"]) <= MAX_RATIO * np.median(figures["its rows alone"])


def test_an_answer_that_nobody_signed_is_refused(desk: LambdaFunction, exchange: Exchange) -> None:
    for carrier in NUMBERS:
        event = Line(exchange.urls, carrier).event(1_000)
        for name in ("x-twilio-signature", "authorization"):
            event["headers"].pop(name, None)
        assert desk.invoke(event)["statusCode"] == 403
