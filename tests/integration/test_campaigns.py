"""A campaign between our control plane and a small Twilio: started by REST, every number dialled once, in time."""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from call_events.consumer import Consumer
from call_events.finisher import Finisher
from callcore.phones.phone import Carrier
from callcore.regions import MediaHosts
from callcore.wire.events import CALL_EVENTS_QUEUE
from callnet.trust import usual_trust
from carriers.twilio import Twilio as TwilioClient
from media_worker.providers.scripted.tts import MS_PER_CHARACTER
from tests.peers.carrier_call import FRAME_S, CarrierCall
from tests.peers.control_plane import OURS, PRIVATE, SECRET, ControlPlane, SkippingClock, control_plane
from tests.peers.phone_worker import phone_worker
from tests.peers.twilio import ACCOUNT, TOKEN, Twilio, running_twilio

ROOT = Path(__file__).parents[2]
CREDENTIALS = {"provider": "twilio", "account_sid": ACCOUNT, "api_key": ACCOUNT, "api_secret": TOKEN}
SCRIPTED = {
    "prompt": "P",
    "first_message": "Hello {name}.",
    "speech_to_text": {"provider": "scripted"},
    "llm": {"provider": "scripted", "replies": ["Certainly."]},
    "voice": {"provider": "scripted"},
}


def numbers(count: int) -> list[str]:
    return [f"+1666000{number:04}" for number in range(count)]


async def started(plane: ControlPlane, count: int, at_once: int) -> str:
    """The path of a campaign with so many numbers that was started."""
    campaign = await plane.post("/campaigns", {"name": "Spring"})
    path = f"/campaigns/{campaign['id']}"
    await plane.post(f"{path}/set_caller", {"caller": OURS})
    listed = [{"phone": number, "metadata": {"name": f"Nr. {number[-1]}"}} for number in numbers(count)]
    await plane.post(f"{path}/records", listed)
    await plane.client.put(f"{path}/info", json={"max_concurrent_calls": at_once}, headers={"authorization": PRIVATE})
    assert (await plane.post(f"{path}/start"))["status"] == "started"
    return path


async def campaign_at(plane: ControlPlane, path: str) -> dict[str, Any]:
    reply = await plane.client.get(path, headers={"authorization": PRIVATE})
    found: dict[str, Any] = reply.json()
    return found


async def hangs_up(call: CarrierCall) -> None:
    """Hears the whole greeting, and hangs up."""
    greeting_s = sum(map(len, ("Hello Nr.", "1."))) * MS_PER_CHARACTER / 1000
    await call.quiet(for_s=0.2, spoken_s=greeting_s - FRAME_S, within=40.0)


def test_every_number_is_dialled_once_within_the_limits(tmp_path: Path) -> None:
    clock = SkippingClock()

    async def scenario(plane: ControlPlane, twilio: Twilio) -> None:
        await plane.connect(CREDENTIALS)
        agent = {"name": "Desk", "config": SCRIPTED}
        reply = await plane.client.put("/agents/-a", json=agent, headers={"authorization": PRIVATE})
        assert reply.status_code == 200, reply.text
        becomes: list[Any] = ["busy", hangs_up, "no-answer", "failed", hangs_up, "busy"]
        twilio.callees = dict(zip(numbers(6), becomes, strict=True))
        consumer = Consumer(
            plane.stores.queue(CALL_EVENTS_QUEUE),
            plane.stores.queue("dead"),
            Finisher(plane.stores.calls, plane.stores.checkpoints, plane.stores.deliveries, clock),
        )
        path = await started(plane, 6, at_once=2)
        most = 0
        async with asyncio.timeout(60):
            while (campaign := await campaign_at(plane, path))["status"] != "finished":
                if await plane.dial():
                    clock.ahead_s += 1.1
                most = max(most, len(plane.stores.calls.list_live_calls()))
                await asyncio.to_thread(consumer.handle_batch)
                await asyncio.sleep(0.03)
        assert [call.to_phone for call in twilio.calls.values()] == numbers(6)
        assert most == 2
        assert campaign["record_counts"] == {"not_started": 0, "started": 0, "finished": 2, "failed": 4}
        for record, became in zip(campaign["records"], becomes, strict=True):
            logged = (await campaign_at(plane, f"/call-logs/{record['session_id']}"))["call_status"]
            assert (record["call_status"], logged) == (
                ("failed", became) if isinstance(became, str) else ("finished", "user-ended")
            )
        greeted = await campaign_at(plane, f"/call-logs/{campaign['records'][1]['session_id']}")
        assert "Hello Nr. 1." in greeted["chat"]
        assert greeted["metadata"] == {"name": "Nr. 1"}

    async def run() -> None:
        async with running_twilio(OURS) as twilio, phone_worker(tmp_path, clock, SECRET) as worker:
            client = TwilioClient(twilio.url, usual_trust)
            carriers, media = {Carrier.TWILIO: client}, MediaHosts(worker.media_url)
            async with control_plane(tmp_path, carriers, clock, worker.control, media) as plane:
                await scenario(plane, twilio)
            client.close()

    asyncio.run(run())


@pytest.mark.parametrize("code", ["20003", "21210"])
def test_a_caller_that_twilio_refuses_fails_the_campaign_and_no_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    """The token is another one by now, or the number is somebody else's."""

    async def run() -> None:
        async with running_twilio(OURS) as twilio:
            client = TwilioClient(twilio.url, usual_trust)
            async with control_plane(tmp_path, {Carrier.TWILIO: client}) as plane:
                await plane.connect(CREDENTIALS)
                path = await started(plane, 3, at_once=2)
                number = twilio.numbers.pop(OURS)
                with monkeypatch.context() as patch:
                    if code == "20003":
                        patch.setattr("tests.peers.twilio.TOKEN", "another one")
                    await plane.dial()
                campaign = await campaign_at(plane, path)
                assert (campaign["status"], campaign["record_counts"]["not_started"]) == ("failed", 3)
                assert code in campaign["error_message"]
                twilio.numbers[OURS] = number
                plane.clock.ahead_s += 1.1
                await plane.post(f"{path}/start")
                assert await plane.dial() == 1
                await twilio.idle()
            client.close()

    asyncio.run(run())


async def dialling(directory: Path, twilio: Twilio, plane: ControlPlane) -> subprocess.Popen[bytes]:
    """A process that places calls until it is killed."""
    command = [sys.executable, "-m", "tests.peers.dialling", str(directory), twilio.url, plane.urls.base_url]
    env = os.environ | {"PYTHONPATH": f"{ROOT / 'functions'}{os.pathsep}{ROOT}"}
    return await asyncio.to_thread(subprocess.Popen, command, cwd=ROOT, env=env)


@pytest.mark.full
@pytest.mark.timeout(300)
def test_whoever_places_calls_may_be_killed_at_any_moment(tmp_path: Path) -> None:
    """A call that was handed over and not asked for yet when its process died is not asked for again: it has failed."""

    async def run() -> None:
        async with running_twilio(OURS) as twilio:
            client = TwilioClient(twilio.url, usual_trust)
            async with control_plane(tmp_path, {Carrier.TWILIO: client}) as plane:
                await plane.connect(CREDENTIALS)
                path, kills = await started(plane, 25, at_once=10), 0
                async with asyncio.timeout(270):
                    while (campaign := await campaign_at(plane, path))["status"] != "finished":
                        processes = [await dialling(tmp_path, twilio, plane) for _ in range(2)]
                        await asyncio.sleep(3.0 + 0.13 * (kills % 7))
                        for process in processes:
                            process.kill()
                            await asyncio.to_thread(process.wait)
                        kills += len(processes)
            client.close()
        dialled = Counter(call.to_phone for call in twilio.calls.values())
        assert kills >= 6
        assert set(dialled.values()) == {1}
        assert len(dialled) >= 23
        assert campaign["record_counts"] == {"not_started": 0, "started": 0, "finished": 0, "failed": 25}

    asyncio.run(run())
