"""Calls by telephone between our control plane and a small Vonage."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from callcore.calls import END_STATUSES, CallStatus
from callcore.phones import Carrier
from carriers.vonage import Vonage as VonageClient
from tests.peers.control_plane import OURS, PRIVATE, THEIRS, ControlPlane, SkippingClock, control_plane
from tests.peers.vonage import API_KEY, API_SECRET, SIGNATURE_SECRET, Vonage, running_vonage

CREDENTIALS = {
    "provider": "vonage",
    "api_key": API_KEY,
    "api_secret": API_SECRET,
    "signature_secret": SIGNATURE_SECRET,
}


@dataclass
class House(ControlPlane):
    """The control plane beside a Vonage."""

    vonage: Vonage


def in_house(directory: Path, scenario: Callable[[House], Awaitable[None]]) -> None:
    async def run() -> None:
        async with running_vonage(OURS[1:]) as vonage:
            client = VonageClient(SkippingClock(), vonage.url, vonage.url)
            async with control_plane(directory, {Carrier.VONAGE: client}) as plane:
                await plane.connect(CREDENTIALS)
                await scenario(House(**vars(plane), vonage=vonage))
            client.close()

    asyncio.run(run())


def test_importing_a_number_links_it_to_an_application_of_ours_and_deleting_it_sets_it_back(tmp_path: Path) -> None:
    async def scenario(ours: House) -> None:
        number = ours.vonage.numbers[OURS[1:]]
        (application,) = ours.vonage.applications
        assert number["app_id"] == application
        assert ours.vonage.applications[application]["capabilities"]["voice"]["signed_callbacks"] is True
        assert API_SECRET.encode() not in (tmp_path / "parley.db").read_bytes()
        await ours.client.delete(f"/phones/{OURS}", headers={"authorization": PRIVATE})
        assert number["app_id"] == "old-app"

    in_house(tmp_path, scenario)


@pytest.mark.parametrize(
    ("word", "status"),
    [("busy", "busy"), ("unanswered", "no-answer"), ("timeout", "no-answer"), ("rejected", "failed")],
)
def test_a_call_that_nobody_takes_ends_with_our_word_for_vonages(tmp_path: Path, word: str, status: str) -> None:
    async def scenario(ours: House) -> None:
        ours.vonage.callee = word
        session_id = await ours.order()
        assert await ours.dial() == 1
        assert await ours.until(session_id, *END_STATUSES) == status

    in_house(tmp_path, scenario)


def test_somebody_calls_and_is_connected_with_a_token(tmp_path: Path) -> None:
    async def scenario(ours: House) -> None:
        call = ours.vonage.call_in(THEIRS[1:], OURS[1:], "silent")
        async with asyncio.timeout(10):
            while not (live := ours.stores.calls.list_live_calls()):  # noqa: ASYNC110  # a row is waited for
                await asyncio.sleep(0.02)
        (row,) = live
        assert row.status is CallStatus.RINGING
        assert row.voip is not None
        assert (row.voip["from"], row.voip["to"], row.voip["call_sid"]) == (THEIRS, OURS, call.uuid)

    in_house(tmp_path, scenario)


def test_a_request_that_is_not_vonages_is_refused(tmp_path: Path) -> None:
    async def scenario(ours: House) -> None:
        (application,) = ours.vonage.applications.values()
        url = application["capabilities"]["voice"]["webhooks"]["answer_url"]["address"]
        fields = {"from": THEIRS[1:], "to": OURS[1:], "uuid": "u"}
        assert (await ours.client.post(url, json=fields)).status_code == 403
        assert (await ours.client.post(url.partition("?")[0], json=fields)).status_code == 403
        assert ours.stores.calls.list_live_calls() == []

    in_house(tmp_path, scenario)
