"""Calls by SIP with SIPp at the other end: what a caller may do, and what becomes of it."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from callcore.accounts.account import Account
from callcore.calls.call import CallStatus
from callcore.errors import StoreError
from callcore.opening.plan import SessionPlan
from media_worker.ports.sip_claims import SipClaim
from media_worker.session.admission.sip_calls import SipCalls
from media_worker.session.casting.providers import Providers
from media_worker.transports.sip.message import Request
from media_worker.transports.sip.ringing import Ringing
from tests.peers.sip_phone import OFFER, calling, listening, offer
from tests.peers.sip_worker import HERE, SipWorker, sip_worker
from tests.peers.sipp import IS_HERE, sipp
from tests.peers.worker_parts import scripted

needs_sipp = pytest.mark.skipif(not IS_HERE, reason="sipp is not installed")
TRANSFER = {
    "flow": {"call_transfer": {"phone": "+15550009999", "instruction": "when asked", "messages": ["One moment."]}},
    "llm": {"replies": [[{"calls": [{"name": "transfer_call", "arguments": {"destination": "+15550009999"}}]}, "So?"]]},
    "first_message": "",
}


class SlowAtFirst:
    """A worker that takes its time with its first call: it rings."""

    def __init__(self) -> None:
        self.calls = 0

    async def __call__(self, plan: SessionPlan, account: Account) -> Providers:
        self.calls += 1
        await asyncio.sleep(6.0 if self.calls == 1 else 0.0)
        return await scripted(plan, account)


def run(directory: Path, scene: Callable[[SipWorker], Coroutine[Any, Any, None]], **options: Any) -> None:
    async def scenario() -> None:
        async with sip_worker(directory, **options) as worker, asyncio.timeout(60):
            await scene(worker)

    asyncio.run(scenario())


@needs_sipp
@pytest.mark.parametrize("transport", ["u1", "t1"])
def test_a_call_is_answered_and_its_caller_hangs_up(tmp_path: Path, transport: str) -> None:
    async def scene(worker: SipWorker) -> None:
        await sipp(worker, "uac", worker.token(), tmp_path, "-t", transport, "-d", "300")
        (ended,) = await worker.ended()
        assert ended.status is CallStatus.USER_ENDED
        voip = worker.call_of(ended).voip or {}
        assert (voip["provider"], voip["direction"]) == ("sip", "inbound")
        await worker.empty()

    run(tmp_path, scene)


def test_how_the_sound_came_through_is_kept_of_a_call(tmp_path: Path) -> None:
    async def scene(worker: SipWorker) -> None:
        async with calling(worker.port) as phone, listening() as (port, heard):
            await phone.talk(worker.token(), body=offer(port))
            await heard.wait()
            await phone.ask("BYE", phone.user)
        (ended,) = await worker.ended()
        checkpoint = worker.stores.checkpoints.load_checkpoint(ended.session_id)
        assert checkpoint is not None
        network = checkpoint.call_metrics["network"]
        assert network["packets_sent"] > 0
        assert (network["packets_received"], network["packets_lost"]) == (0, 0)

    run(tmp_path, scene)


@needs_sipp
def test_a_token_opens_one_call_and_one_that_was_canceled_opens_another(tmp_path: Path) -> None:
    async def scene(worker: SipWorker) -> None:
        user = worker.token()
        await sipp(worker, "cancel", user, tmp_path)
        await sipp(worker, "uac", user, tmp_path)
        await worker.ended()
        with pytest.raises(AssertionError):
            await sipp(worker, "uac", user, tmp_path, "-timeout", "2", within_s=2)

    run(tmp_path, scene, choose=SlowAtFirst())


@needs_sipp
def test_a_caller_who_requires_it_is_told_until_he_acknowledges_that_it_rings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noticed, acknowledged = asyncio.Event(), Ringing.acknowledged

    def noticing(ringing: Ringing, prack: Request) -> int:
        noticed.set()
        return acknowledged(ringing, prack)

    monkeypatch.setattr(Ringing, "acknowledged", noticing)

    async def when_noticed(plan: SessionPlan, account: Account) -> Providers:
        await noticed.wait()
        return await scripted(plan, account)

    async def scene(worker: SipWorker) -> None:
        await sipp(worker, "prack", worker.token(), tmp_path)
        (ended,) = await worker.ended()
        assert ended.status is CallStatus.USER_ENDED

    run(tmp_path, scene, choose=when_noticed)


@needs_sipp
@pytest.mark.parametrize("scenario", ["no_offer", "hold"])
def test_offers_and_answers(tmp_path: Path, scenario: str) -> None:
    async def scene(worker: SipWorker) -> None:
        await sipp(worker, scenario, worker.token(), tmp_path)
        (ended,) = await worker.ended()
        assert ended.status is CallStatus.USER_ENDED

    run(tmp_path, scene)


@needs_sipp
@pytest.mark.parametrize(
    ("scenario", "status", "transferred"),
    [("refer", CallStatus.AGENT_ENDED, "completed"), ("refer_busy", CallStatus.USER_ENDED, None)],
)
def test_a_caller_is_handed_over_by_his_own_company(
    tmp_path: Path, scenario: str, status: CallStatus, transferred: str | None
) -> None:
    async def scene(worker: SipWorker) -> None:
        await sipp(worker, scenario, worker.address("desk", TRANSFER), tmp_path)
        (ended,) = await worker.ended()
        assert ended.status is status
        assert (worker.call_of(ended).voip or {}).get("transfer_status") == transferred

    run(tmp_path, scene)


@needs_sipp
def test_a_bye_of_ours_goes_the_way_that_proxies_asked_for(tmp_path: Path) -> None:
    async def scene(worker: SipWorker) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(sipp(worker, "record_route", worker.token(), tmp_path))
            await worker.terminate()
        (ended,) = await worker.ended()
        assert ended.status is CallStatus.API_ENDED

    run(tmp_path, scene)


def test_a_worker_that_drains_takes_no_call_and_keeps_those_it_has(tmp_path: Path) -> None:
    async def scene(worker: SipWorker) -> None:
        async with calling(worker.port) as held, calling(worker.port) as late:
            await held.talk(worker.token())
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(worker.supervisor.drain(20.0))
                await asyncio.sleep(0)
                user = worker.token()
                refused = await late.ask("INVITE", user, body=OFFER)
                assert (refused.status, refused.headers.get("Retry-After")) == (503, "30")
                assert (await held.ask("OPTIONS", held.user)).status == 200
                assert (await held.ask("BYE", held.user)).status == 200
        (ended,) = await worker.ended()
        assert ended.status is CallStatus.USER_ENDED

    run(tmp_path, scene)


@needs_sipp
def test_a_store_that_does_not_answer_is_asked_again_when_the_caller_asks_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, failures = SipCalls.claim, iter([StoreError("away", retryable=True)])

    async def failing_once(calls: SipCalls, user: str, source: str, invite: str) -> SipClaim | None:
        if (failure := next(failures, None)) is not None:
            raise failure
        return await claim(calls, user, source, invite)

    monkeypatch.setattr(SipCalls, "claim", failing_once)

    async def scene(worker: SipWorker) -> None:
        await sipp(worker, "uac", worker.token(), tmp_path)
        (ended,) = await worker.ended()
        assert ended.status is CallStatus.USER_ENDED

    run(tmp_path, scene)


def test_who_has_to_prove_himself_and_does(tmp_path: Path) -> None:
    async def scene(worker: SipWorker) -> None:
        user = worker.address("desk", password="correct-horse", sources=())
        async with calling(worker.port) as phone:
            refused = await phone.ask("INVITE", user, body=OFFER)
            assert refused.status == 401
            for algorithm, password, status in (("SHA-256", "wrong", 401), ("MD5", "correct-horse", 200)):
                proof = phone.proof(refused, user, algorithm, password)
                answered = await phone.ask("INVITE", user, f"Authorization: {proof}", body=OFFER)
                assert answered.status == status
            phone.acknowledge(answered)
            again = await phone.ask("BYE", user)
            assert again.status == 200
        (ended,) = await worker.ended()
        assert (worker.call_of(ended).voip or {})["from"] == "+15551230001"

    run(tmp_path, scene)


def test_a_stranger_gets_no_answer_and_whoever_called_once_does(tmp_path: Path) -> None:
    async def scene(worker: SipWorker) -> None:
        async with calling(worker.port) as phone:
            for method, user in (("OPTIONS", "100"), ("REGISTER", "100"), ("INVITE", "100"), ("INVITE", "a" * 26)):
                with pytest.raises(TimeoutError):
                    await phone.ask(method, user, within_s=0.2)
            await phone.talk(worker.token())
            await phone.ask("BYE", phone.user)
            phone.to_tag = ""
            assert (await phone.ask("OPTIONS", "100")).status == 200

    run(tmp_path, scene)


def test_headers_of_ones_own_are_metadata_and_numbers_those_of_the_invite(tmp_path: Path) -> None:
    async def scene(worker: SipWorker) -> None:
        async with calling(worker.port) as phone:
            fields = (
                "X-Order: 17",
                "P-Asserted-Identity: <sip:+15557770001@127.0.0.1>",
                "Diversion: <sip:+15558880001@x>",
            )
            await phone.talk(worker.address("desk"), *fields)
            await phone.ask("BYE", phone.user)
        (ended,) = await worker.ended()
        call = worker.call_of(ended)
        assert call.metadata["sip_headers"] == {"X-Order": "17"}
        voip = call.voip or {}
        assert (voip["from"], voip["to"]) == ("+15557770001", "+15558880001")

    run(tmp_path, scene)


def test_a_stream_that_is_cut_anywhere_is_a_call_like_another(tmp_path: Path) -> None:
    async def scene(worker: SipWorker) -> None:
        async with calling(worker.port, piece=7) as phone:
            await phone.talk(worker.token())
            assert await phone.pong()
            assert (await phone.ask("BYE", phone.user)).status == 200
        (ended,) = await worker.ended()
        assert ended.status is CallStatus.USER_ENDED

    run(tmp_path, scene)


def test_a_stream_that_broke_is_opened_anew_for_our_bye(tmp_path: Path) -> None:
    async def scene(worker: SipWorker) -> None:
        called_back: asyncio.Queue[bytes] = asyncio.Queue()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            called_back.put_nowait(await reader.readuntil(b"\r\n"))
            writer.close()

        server = await asyncio.start_server(answer, HERE, 0)
        async with server:
            contact = f"{HERE}:{server.sockets[0].getsockname()[1]};transport=tcp"
            async with calling(worker.port, piece=100, contact=contact) as phone:
                await phone.talk(worker.token())
            await worker.terminate()
            assert (await called_back.get()).startswith(f"BYE sip:me@{contact} SIP/2.0".encode())

    run(tmp_path, scene)
