"""The whole stack beside a small Twilio: a call by curl whose callee asks by voice, and somebody who calls us."""

import asyncio
import contextlib
import json
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from callcore.calls.call import END_STATUSES
from tests.e2e.speech import RATE_HZ, recognise, silence, speak
from tests.e2e.stack import Stack, running
from tests.e2e.test_conversation import GREETINGS, HOURS, SENTENCES
from tests.e2e.test_phones import QUIET_S, post
from tests.peers.carrier_call import CarrierCall
from tests.peers.twilio import ACCOUNT, TOKEN, Twilio, running_twilio

OURS, THEIRS = "+15550001111", "+15550002222"
PATIENCE = 3
"""So often somebody says what he wants."""
AWAY = "+15550007777"
WANTING, SALES, SUPPORT = "+15550004444", "+15550005555", "+15550006666"
HANDING_OVER = {
    "first_message": "Hello.",
    "llm": {
        "provider": "script",
        "script": {
            "intents": [{"phrases": ["connect me with {destination}"], "tool": "transfer_call"}],
            "slots": {"destination": ["sales", "support"]},
        },
    },
    "flow": {
        "call_transfer": {
            "phones": [{"phone": SALES, "description": "sales"}, {"phone": SUPPORT, "description": "support"}],
            "messages": ["I connect you now."],
        }
    },
}


def curl(stack: Stack, path: str, body: object) -> dict[str, str]:
    command = ["curl", "-sS", "-m", "20", "-H", f"Authorization: {stack.connection['private_key']}"]
    url = stack.connection["api_url"] + path
    done = subprocess.run([*command, "-d", json.dumps(body), url], capture_output=True, check=True, timeout=30)
    reply: dict[str, str] = json.loads(done.stdout)
    return reply


class Asking:
    """Somebody who asks for the opening hours, listens and says goodbye."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    async def __call__(self, call: CarrierCall) -> None:
        self.heard.append(await call.quiet(for_s=QUIET_S))
        call.say(speak("what are your opening hours"))
        self.heard.append(await call.quiet(for_s=QUIET_S))
        call.say(speak("goodbye"))
        await asyncio.wait_for(call.closed.wait(), 40)


def test_calls_go_out_and_come_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with running_twilio(OURS) as twilio:
            monkeypatch.setenv("PARLEY_TWILIO_URL", twilio.url)
            started = running(tmp_path / "parley")
            stack = await asyncio.to_thread(started.__enter__)
            try:
                await asyncio.to_thread(connect, stack)
                await asyncio.gather(goes_out(stack, twilio), comes_in(stack, twilio))
                await asyncio.gather(is_handed_over(stack, twilio), leaves_word(stack, twilio))
            finally:
                await asyncio.to_thread(started.__exit__, None, None, None)

    asyncio.run(scenario())


def connect(stack: Stack) -> None:
    credentials = {"account_sid": ACCOUNT, "api_key": ACCOUNT, "api_secret": TOKEN}
    imported = post(stack, "/phones/import", {"provider": "twilio", "phone": OURS, **credentials})
    assert imported["status"] == "active"
    post(stack, f"/phones/{OURS}/set_agent", {"agent_id": stack.connection["agent_id"]})


async def goes_out(stack: Stack, twilio: Twilio) -> None:
    twilio.callees[THEIRS] = asking = Asking()
    body = {"from_phone": OURS, "to_phone": THEIRS, "metadata": {"userName": "Ann"}}
    ordered = await asyncio.to_thread(curl, stack, "/start_outbound_call", body)
    ended = await asyncio.to_thread(over, stack, ordered["session_id"])
    greeting, answer = asking.heard
    assert recognise(greeting, SENTENCES) == f"{GREETINGS[0]} how can i help you"
    assert recognise(answer, SENTENCES) == HOURS
    assert ended["call_status"] == "agent-ended"
    assert ended["voip"]["direction"] == "outbound"
    assert (ended["voip"]["from"], ended["voip"]["to"]) == (OURS, THEIRS)


async def comes_in(stack: Stack, twilio: Twilio) -> None:
    asking = Asking()
    call = twilio.call_in(THEIRS, OURS, asking)
    async with asyncio.timeout(60):
        while call.status != "completed":  # noqa: ASYNC110  # of another program
            await asyncio.sleep(0.1)
    assert recognise(asking.heard[1], SENTENCES) == HOURS
    logged = await asyncio.to_thread(stack.get, "/call-logs")
    (begun,) = (one for one in logged["histories"] if one["voip"]["call_sid"] == call.sid)
    ended = await asyncio.to_thread(over, stack, begun["session_id"])
    assert ended["call_status"] == "agent-ended"
    assert (ended["voip"]["from"], ended["voip"]["direction"]) == (THEIRS, "inbound")


class Wanting:
    """Somebody who wants to talk with the sales department, and if that cannot be had, with support."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._wishes = iter(("connect me with sales", "connect me with support"))

    async def __call__(self, call: CarrierCall) -> None:
        self.heard.append(await call.quiet(for_s=QUIET_S))
        wish, asked_at = speak(next(self._wishes)), 0
        for _ in range(PATIENCE):
            asked_at = len(call.heard)
            call.say(wish)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(call.closed.wait(), 10)
                break
        self.heard.append(bytes(call.heard[asked_at:]))


async def is_handed_over(stack: Stack, twilio: Twilio) -> None:
    """One line is busy: the agent says so and goes on; the other takes the caller."""
    twilio.callees[WANTING] = wanting = Wanting()
    twilio.others |= {SALES: "busy", SUPPORT: "completed"}
    body = {"from_phone": OURS, "to_phone": WANTING, "agent_config": HANDING_OVER}
    ordered = await asyncio.to_thread(curl, stack, "/start_outbound_call", body)
    first = await asyncio.to_thread(over, stack, ordered["session_id"])
    assert (first["call_status"], first["voip"]["transferred_to"]) == ("agent-ended", SALES)
    (call,) = (one for one in twilio.calls.values() if one.to_phone == WANTING)
    async with asyncio.timeout(60):
        while call.status != "completed":  # noqa: ASYNC110  # of another program
            await asyncio.sleep(0.1)
    assert call.dialled == [SALES, SUPPORT]
    said = ["hello", "i connect you now", "i am sorry that did not work"]
    assert [recognise(heard, said) for heard in wanting.heard] == [said[0], said[1], said[2], said[1]]
    logged = await asyncio.to_thread(stack.get, "/call-logs")
    (second,) = (one for one in logged["histories"] if one["voip"].get("transferred_to") == SUPPORT)
    second = await asyncio.to_thread(over, stack, second["session_id"])
    assert (second["call_status"], second["voip"]["transfer_status"]) == ("agent-ended", "completed")
    first = await asyncio.to_thread(stack.get, f"/call-logs/{ordered['session_id']}")
    assert first["voip"]["transfer_status"] == "busy"


class Machine:
    """Says its greeting, beeps and records."""

    def __init__(self) -> None:
        self.recorded = b""

    async def __call__(self, call: CarrierCall) -> None:
        greeting = speak("you have reached the smith family we are on the road leave your name and your number")
        times = np.arange(round(0.4 * RATE_HZ)) / RATE_HZ
        beep = (6_000 * np.sin(2 * np.pi * 1_000 * times)).astype("<i2").tobytes()
        whole = greeting + silence(0.4) + beep
        begins_at = len(call.heard) + len(whole)
        call.say(whole)
        await asyncio.wait_for(call.closed.wait(), 40)
        self.recorded = bytes(call.heard[begins_at:])


async def leaves_word(stack: Stack, twilio: Twilio) -> None:
    twilio.callees[AWAY] = machine = Machine()
    left = {"action": "message", "message": "Hello {userName} please call us back."}
    config = {"first_message": "Hello.", "llm": HANDING_OVER["llm"], "flow": {"voicemail": left}}
    body = {"from_phone": OURS, "to_phone": AWAY, "agent_config": config, "metadata": {"userName": "Ann"}}
    ordered = await asyncio.to_thread(curl, stack, "/start_outbound_call", body)
    ended = await asyncio.to_thread(over, stack, ordered["session_id"])
    assert ended["call_status"] == "voicemail-message"
    message = "hello ann please call us back"
    assert recognise(machine.recorded, [message, "hello"]) == message


def over(stack: Stack, session_id: str) -> Any:
    """The call's record once it is over; before, it is queued, rings and goes on."""
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        call = stack.get(f"/call-logs/{session_id}")
        if call["call_status"] in END_STATUSES:
            return call
        time.sleep(0.1)
    raise TimeoutError("the call did not end")
