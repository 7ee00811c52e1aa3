"""Instructions that a customer's carrier fetches from us for a number that is not connected."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from callcore.regions import MediaHosts
from tests.peers.control_plane import OURS, THEIRS, ControlPlane, control_plane

QUERY = "public_key=key-1&agent_id=-a&userName=Ann%20%26%20Bob"
HOSTS = MediaHosts("wss://voice.example.com")


def in_house(directory: Path, scenario: Callable[[ControlPlane], Awaitable[None]]) -> None:
    async def run() -> None:
        async with control_plane(directory, {}, media=HOSTS) as plane:
            await scenario(plane)

    asyncio.run(run())


def test_they_are_what_a_bin_would_say_with_the_numbers_of_the_call(tmp_path: Path) -> None:
    async def scenario(ours: ControlPlane) -> None:
        form = {"CallSid": "CA1", "From": THEIRS, "To": OURS, "CallerName": ""}
        reply = await ours.client.post(f"/telephony/twilio/answer?{QUERY}", data=form)
        connect, hang_up = ElementTree.fromstring(reply.text)
        assert (connect[0].attrib["url"], hang_up.tag) == ("wss://voice.example.com/twilio", "Hangup")
        wanted = {"public_key": "key-1", "agent_id": "-a", "userName": "Ann & Bob", "from": THEIRS, "to": OURS}
        assert {one.attrib["name"]: one.attrib["value"] for one in connect[0]} == wanted
        asked = {"uuid": "u", "from": THEIRS[1:], "to": OURS[1:]}
        (action,) = (await ours.client.post(f"/telephony/vonage/answer?{QUERY}", json=asked)).json()
        assert action["endpoint"][0]["headers"] == wanted
        assert action["endpoint"][0]["authorization"] == {"type": "vonage"}

    in_house(tmp_path, scenario)


@pytest.mark.parametrize("query", ["", "public_key=k", "agent_id=-a", f"{QUERY}&note={'x' * 500}"])
def test_a_caller_of_a_wrong_address_hears_an_apology(tmp_path: Path, query: str) -> None:
    async def scenario(ours: ControlPlane) -> None:
        reply = await ours.client.post(f"/telephony/twilio/answer?{query}", data={"From": "anonymous"})
        assert (reply.status_code, ElementTree.fromstring(reply.text)[0].tag) == (200, "Say")
        (action,) = (await ours.client.post(f"/telephony/vonage/answer?{query}", json={})).json()
        assert action["action"] == "talk"
        assert (await ours.client.post(f"/telephony/acme/answer?{query}")).status_code == 404
        assert (await ours.client.post(f"/telephony/vonage/answer?{QUERY}", content=b"{")).json()[0]["action"] == "talk"

    in_house(tmp_path, scenario)


def test_a_token_of_ours_is_not_passed_on(tmp_path: Path) -> None:
    async def scenario(ours: ControlPlane) -> None:
        reply = await ours.client.post(f"/telephony/twilio/answer?{QUERY}&session_token=x")
        assert "session_token" not in reply.text

    in_house(tmp_path, scenario)
