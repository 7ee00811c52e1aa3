"""Calls by telephone between our control plane and a small Vonage."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from callcore.calls.call import END_STATUSES, Call, CallStatus
from callcore.errors import StoreError
from callcore.phones.answered_by import AnsweredBy
from callcore.phones.phone import Carrier
from callcore.regions import MediaHosts
from callcore.telephony.transfers import handed_over
from callcore.wire.jobs import Hint
from callnet.trust import usual_trust
from callstore.sqlite.stores import SqliteStores
from carriers.vonage import Vonage as VonageClient
from telephony_webhook.app import SORRY
from telephony_webhook.desk import Desk
from tests.peers.asgi_server import serving
from tests.peers.carrier_call import CarrierCall
from tests.peers.control_plane import ACCOUNT, OURS, PRIVATE, THEIRS, ControlPlane, SkippingClock, control_plane
from tests.peers.recording_control import RecordingControl
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
    planes: list[ControlPlane] = []

    async def run() -> None:
        async with running_vonage(OURS[1:]) as vonage, serving(agent(lambda: planes[0].stores)) as media:
            client = VonageClient(SkippingClock(), vonage.url, vonage.url, usual_trust)
            hosts = MediaHosts(f"ws://{media}")
            async with control_plane(directory, {Carrier.VONAGE: client}, media=hosts) as plane:
                planes.append(plane)
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
        async with asyncio.timeout(20):
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


def test_vonages_word_of_who_answered_is_passed_on_where_it_is_wanted(tmp_path: Path) -> None:
    async def scenario(ours: House) -> None:
        ours.vonage.callee = "unanswered"
        voicemail = {"action": "hangup", "carrier_detection": True}
        await ours.order(agent_config={"prompt": "P", "flow": {"voicemail": voicemail}})
        assert await ours.dial() == 1
        (row,) = ours.vonage.calls.values()
        assert row.detection == {"behavior": "continue", "mode": "default", "beep_timeout": 45}
        for status, sub_state in (("machine", ""), ("machine", "beep_start"), ("human", "")):
            assert (await ours.vonage.tell_of_answerer(row, status, sub_state)).status_code == 200
        assert isinstance(ours.control, RecordingControl)
        told = [command.answered_by for _, _, command in ours.control.sent if isinstance(command, Hint)]
        assert told == [AnsweredBy.MACHINE, AnsweredBy.BEEP, AnsweredBy.HUMAN]

    in_house(tmp_path, scenario)


# --- callers who are handed over --------------------------------------------------------------------

OTHER = "+15550003333"
SUMMARY = "Ann wants a table for two."


async def handed_over_call(ours: House) -> Call:
    """A call that somebody has made, whom the agent has connected with another number, after all is over."""
    call = ours.vonage.call_in(THEIRS[1:], OURS[1:], listening)
    async with asyncio.timeout(20):
        while call.status != "completed":  # noqa: ASYNC110  # of another program
            await asyncio.sleep(0.02)
    (first,) = (one for one in ours.stores.calls.list_live_calls() if one.continues is None)
    return first


async def listening(stream: CarrierCall) -> None:
    """A caller who waits for what comes."""
    await stream.closed.wait()


def agent(stores: Callable[[], SqliteStores]) -> Starlette:
    """A media socket whose agent hands the caller over at once, and takes leave of one who is back."""

    async def vonage(socket: WebSocket) -> None:
        await socket.accept()
        await socket.receive_text()
        calls = stores().calls
        (live,) = (one for one in calls.list_live_calls() if one.status is CallStatus.RINGING)
        calls.begin_call(replace(live, status=CallStatus.IN_PROGRESS))
        if live.continues is None:
            change = stores().call_changes.change_call
            change(ACCOUNT.account_id, live.session_id, lambda call: handed_over(call, OTHER, SUMMARY))
        await socket.close()

    return Starlette(routes=[WebSocketRoute("/vonage", vonage)])


@pytest.mark.parametrize(
    ("word", "status", "is_back"),
    [
        ("completed", "completed", False),
        ("busy", "busy", True),
        ("timeout", "no-answer", True),
        ("rejected", "failed", True),
        ("cancelled", "canceled", False),
    ],
)
def test_a_caller_is_handed_over_or_is_back(tmp_path: Path, word: str, status: str, is_back: bool) -> None:
    async def scenario(ours: House) -> None:
        ours.vonage.others[OTHER[1:]] = word
        call = await handed_over_call(ours)
        (row,) = ours.vonage.calls.values()
        assert row.dialled == [OTHER[1:]]
        assert row.whispered == ([SUMMARY] if word == "completed" else [])
        voip = call.voip or {}
        assert voip["transfer_status"] == status
        back = [one for one in ours.stores.calls.list_live_calls() if one.continues == call.session_id]
        assert [one.session_id for one in back] == ([voip["continued_by"]] if is_back else [])

    in_house(tmp_path, scenario)


@pytest.mark.parametrize(("word", "said"), [("completed", []), ("busy", [SORRY])])
def test_a_step_that_cannot_be_served_changes_no_talk_and_leaves_nobody_in_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str, said: list[str]
) -> None:
    monkeypatch.setattr(Desk, "dialled", _failing)

    async def scenario(ours: House) -> None:
        ours.vonage.others[OTHER[1:]] = word
        await handed_over_call(ours)
        (row,) = ours.vonage.calls.values()
        assert (row.dialled, row.said) == ([OTHER[1:]], said)

    in_house(tmp_path, scenario)


def _failing(*_: object) -> None:
    raise StoreError("full", retryable=True)
