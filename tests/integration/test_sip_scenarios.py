"""SIPp at greater length: a late ACK, recorded sound, a controller of third parties, session timers."""

import asyncio
import os
import socket
from pathlib import Path

import pytest

from callcore.calls.call import CallStatus
from tests.peers.ports import lasting_ports
from tests.peers.sip_worker import HERE, sip_worker
from tests.peers.sipp import IS_HERE, played, sipp, until_bound

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.skipif(not IS_HERE, reason="sipp is not installed"),
]
RECORDED = Path("/usr/share/sip-tester")
TIMERS = {"timer_refresh": 80, "timer_expiry": 90, "timer_kept": 150}


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HERE, 0))
        return int(probe.getsockname()[1])


@pytest.mark.full
def test_sessions_are_refreshed_or_over(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with sip_worker(tmp_path) as worker, asyncio.TaskGroup() as tasks:
            for name, within_s in TIMERS.items():
                tasks.create_task(sipp(worker, name, worker.token(), tmp_path, within_s=within_s))
            ended = await worker.ended(len(TIMERS), within_s=200)
            assert sorted(one.status for one in ended) == [
                CallStatus.ERROR,
                CallStatus.USER_ENDED,
                CallStatus.USER_ENDED,
            ]
            (expired,) = [one for one in ended if one.status is CallStatus.ERROR]
            assert expired.error_message == "the session was not refreshed"

    asyncio.run(scenario())


def test_a_late_ack(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with sip_worker(tmp_path) as worker:
            await sipp(worker, "late_ack", worker.token(), tmp_path)
            (ended,) = await worker.ended()
            assert ended.status is CallStatus.USER_ENDED

    asyncio.run(scenario())


@pytest.mark.full
@pytest.mark.skipif(
    os.geteuid() != 0 or not RECORDED.is_dir(), reason="recorded sound needs root and SIPp's pcap files"
)
def test_recorded_sound_and_a_key_of_rfc_2833(tmp_path: Path) -> None:
    (tmp_path / "pcap").symlink_to(RECORDED)

    async def scenario() -> None:
        async with sip_worker(tmp_path) as worker:
            await sipp(worker, "uac_pcap", worker.token(), tmp_path, "-mp", str(free_port() & ~1), within_s=40)
            (ended,) = await worker.ended()
            assert ended.status is CallStatus.USER_ENDED
            left = worker.stores.checkpoints.load_checkpoint(ended.session_id)
            assert left is not None
            assert {"role": "user", "content": "[DTMF] 1"} in [
                {name: message[name] for name in ("role", "content")} for message in left.chat
            ]

    asyncio.run(scenario())


def test_a_controller_of_third_parties_has_our_offer_answered_by_somebody_else(tmp_path: Path) -> None:
    """3PCC (RFC 3725, flow I): the agent gets an INVITE without an offer, and another phone's answer in the ACK."""

    async def scenario() -> None:
        (twin,), other = lasting_ports(1), free_port()
        between = f"{HERE}:{twin}"
        async with sip_worker(tmp_path) as worker, asyncio.TaskGroup() as tasks:
            user = worker.token()
            tasks.create_task(played("uas", HERE, tmp_path, "-p", str(other), within_s=30))
            await until_bound("udp", other)
            tasks.create_task(played("3pcc-C-B", f"{HERE}:{other}", tmp_path, "-3pcc", between, within_s=30))
            await until_bound("tcp", twin)
            target = f"{HERE}:{worker.port}"
            tasks.create_task(played("3pcc-C-A", target, tmp_path, "-3pcc", between, "-s", user, within_s=30))
            (ended,) = await worker.ended(within_s=30)
            assert ended.status is CallStatus.USER_ENDED

    asyncio.run(scenario())
