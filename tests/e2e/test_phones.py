"""People call by telephone: a carrier's stream, real speech in and out."""

import asyncio
import json
import urllib.request
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from tests.e2e.speech import recognise, speak
from tests.e2e.stack import Stack
from tests.e2e.test_conversation import GREETINGS, HOURS, SENTENCES
from tests.peers.carrier_call import CarrierCall, twilio_call, vonage_call

Dial = Callable[..., AbstractAsyncContextManager[CarrierCall]]
QUIET_S = 1.2
"""A reply may stand still for less on a busy machine: it has not ended then."""
BOTH = pytest.mark.parametrize("dial", [twilio_call, vonage_call])


def post(stack: Stack, path: str, body: Any) -> Any:
    request = urllib.request.Request(
        stack.connection["api_url"] + path,
        json.dumps(body).encode(),
        {"Authorization": stack.connection["private_key"]},
    )
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.load(reply)


@pytest.fixture(scope="module")
def phone_key(stack: Stack) -> str:
    """A public key for TwiML that a customer writes into his carrier's console."""
    made = post(stack, "/keys", {"kind": "public", "label": "phones", "policy": {"phone": True}})
    return str(made["key"])


def test_callers_of_both_carriers_ask_and_are_answered(stack: Stack, phone_key: str) -> None:
    async def caller(dial: Dial) -> tuple[bytes, bytes]:
        parameters = {"public_key": phone_key, "agent_id": stack.connection["agent_id"], "userName": "Ann"}
        async with dial(stack.connection["media_url"], **parameters) as call:
            greeting = await call.quiet(for_s=QUIET_S)
            call.say(speak("what are your opening hours"))
            answer = await call.quiet(for_s=QUIET_S)
            call.say(speak("goodbye"))
            await asyncio.wait_for(call.closed.wait(), 40)
            return greeting, answer

    async def both() -> tuple[tuple[bytes, bytes], ...]:
        return await asyncio.gather(caller(twilio_call), caller(vonage_call))

    for greeting, answer in asyncio.run(both()):
        assert recognise(greeting, SENTENCES) == f"{GREETINGS[0]} how can i help you"
        assert recognise(answer, SENTENCES) == HOURS
    records = stack.get("/call-logs?limit=2")["histories"]
    ended = [stack.ended_call(record["session_id"]) for record in records]
    assert [call["call_status"] for call in ended] == ["agent-ended"] * 2
    assert {call["voip"]["provider"] for call in ended} == {"twilio", "vonage"}


@BOTH
def test_a_page_key_opens_no_telephone(stack: Stack, dial: Dial) -> None:
    async def scenario() -> bytes:
        parameters = {"public_key": stack.connection["public_key"], "agent_id": stack.connection["agent_id"]}
        async with dial(stack.connection["media_url"], **parameters) as call:
            await asyncio.wait_for(call.closed.wait(), 30)
            return bytes(call.heard)

    assert not any(asyncio.run(scenario()))
