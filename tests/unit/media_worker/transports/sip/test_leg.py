"""The leg between a session and the signalling, in virtual time; the caller's telephone is at the other end."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from callcore.errors import RemoteProtocolError, ToolFailed, TransportClosed
from callcore.telephony.transfers import MAX_TRANSFERS
from callcore.wire.client import CloseCode
from media_worker.ports.leg import KeyPressed, PutOnHold, TakenOffHold
from media_worker.transports.rtp.leg import SILENCE_WAIT_S
from media_worker.transports.sip.leg import RING_S, SipLeg
from media_worker.transports.sip.message import Response
from tests.unit.media_worker.transports.sip.bench import READY, Bench
from tests.unit.media_worker.transports.sip.phone import sdp, statuses
from tests.virtual_time import run_virtual

TONE = b"\x00\x20" * 1600


def on_the_bench(scene: Callable[[Bench], Coroutine[Any, Any, None]]) -> None:
    async def scenario() -> None:
        await scene(Bench())

    run_virtual(scenario())


async def until_over(leg: SipLeg) -> None:
    while True:
        await leg.receive()


def test_it_is_answered_when_the_session_is_ready_and_not_before() -> None:
    async def scene(bench: Bench) -> None:
        async with bench.leg() as leg:
            await asyncio.sleep(1.0)
            assert statuses(bench.came) == [180]
            assert not leg.was_answered
            assert bench.answered(leg).status == 200
            leg.send(TONE)
            await asyncio.sleep(0.2)
            assert bench.wire.rtp
        assert bench.sent("BYE")

    on_the_bench(scene)


def test_a_session_that_is_not_ready_in_time_is_not_waited_for() -> None:
    async def scene(bench: Bench) -> None:
        async with bench.leg() as leg:
            await asyncio.sleep(RING_S + 0.1)
            assert statuses(bench.came)[:2] == [180, 480]
            leg.send(READY)
            with pytest.raises(TransportClosed):
                await leg.receive()
            assert not leg.was_answered

    on_the_bench(scene)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (CloseCode.REFUSED, 403),
        (CloseCode.TRY_AGAIN, 503),
        (CloseCode.SHUTDOWN, 503),
        (CloseCode.SERVER_ERROR, 500),
        (CloseCode.NORMAL, 480),
    ],
)
def test_a_session_that_is_refused_is_a_status(code: int, status: int) -> None:
    async def scene(bench: Bench) -> None:
        async with bench.leg() as leg:
            await leg.aclose(code, "why")
            refused = bench.came[-1]
            assert isinstance(refused, Response)
            assert refused.status == status
            assert (refused.headers.get("Retry-After") is not None) == (status == 503)

    on_the_bench(scene)


def test_the_caller_gives_up_or_hangs_up() -> None:
    async def gives_up(bench: Bench) -> None:
        async with bench.leg() as leg:
            bench.phone.ask("CANCEL", branch="INVITE-1")
            await leg.over()
            assert leg.is_over
            with pytest.raises(TransportClosed):
                await leg.receive()

    async def hangs_up(bench: Bench) -> None:
        async with bench.leg() as leg:
            bench.answered(leg)
            bench.phone.ask("BYE")
            with pytest.raises(TransportClosed):
                await until_over(leg)
        assert not bench.sent("BYE")

    on_the_bench(gives_up)
    on_the_bench(hangs_up)


def test_what_the_network_ends_is_an_error() -> None:
    async def no_audio(bench: Bench) -> None:
        async with bench.leg() as leg:
            bench.answered(leg)
            with pytest.raises(RemoteProtocolError, match="rtp-timeout"):
                async with asyncio.timeout(SILENCE_WAIT_S + 5):
                    await until_over(leg)

    async def no_ack(bench: Bench) -> None:
        async with bench.leg(body=sdp("recvonly")) as leg:
            leg.send(READY)
            with pytest.raises(RemoteProtocolError, match="no ACK came"):
                async with asyncio.timeout(40):
                    await until_over(leg)

    on_the_bench(no_audio)
    on_the_bench(no_ack)


def test_without_an_offer_what_is_said_waits_for_the_answer() -> None:
    async def scene(bench: Bench) -> None:
        async with bench.leg(body=b"") as leg:
            leg.send(READY)
            leg.send(TONE)
            await asyncio.sleep(0.3)
            response = bench.came[-1]
            assert isinstance(response, Response)
            bench.phone.to_tag = response.to_tag
            assert not any(loud(datagram) for datagram, _ in bench.wire.rtp)
            bench.phone.ask("ACK", body=sdp(port=4100))
            await asyncio.sleep(0.3)
            assert any(loud(datagram) and target.port == 4100 for datagram, target in bench.wire.rtp)

    on_the_bench(scene)


def test_a_caller_who_prefers_wideband_gets_it_and_may_leave_it() -> None:
    async def scene(bench: Bench) -> None:
        async with bench.leg(body=sdp(formats="9 0 101")) as leg:
            assert leg.sample_rate_hz == 16_000
            bench.answered(leg)
            leg.send(TONE)
            await asyncio.sleep(0.2)
            assert {packet.payload_type for packet in bench.wire.packets()} == {9}
            bench.phone.ask("INVITE", body=sdp(formats="0 101"))
            bench.phone.ask("ACK")
            before = len(bench.wire.rtp)
            await asyncio.sleep(0.2)
            assert {packet.payload_type for packet in bench.wire.packets()[before:]} == {0}
            assert leg.sample_rate_hz == 16_000

    on_the_bench(scene)


def test_a_caller_who_knows_wideband_and_prefers_a_telephones_sound_gets_that() -> None:
    async def scene(bench: Bench) -> None:
        async with bench.leg(body=sdp(formats="8 9 101")) as leg:
            assert leg.sample_rate_hz == 8000

    on_the_bench(scene)


def loud(datagram: bytes) -> bool:
    return len(set(datagram[12:])) > 0 and set(datagram[12:]) != {0xFF}


def test_keys_by_info_and_a_hold() -> None:
    async def scene(bench: Bench) -> None:
        async with bench.leg() as leg:
            bench.answered(leg)
            bench.phone.ask("INFO", "Content-Type: application/dtmf", body=b"7")
            assert await leg.receive() == KeyPressed("7")
            bench.phone.ask("INVITE", body=sdp("sendonly"))
            bench.phone.ask("ACK")
            await asyncio.sleep(0.1)
            before = len(bench.wire.rtp)
            leg.send(TONE)
            await asyncio.sleep(0.2)
            assert not any(loud(datagram) for datagram, _ in bench.wire.rtp[before:])

    on_the_bench(scene)


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
@pytest.mark.parametrize("offer", [sdp("sendonly"), sdp("inactive"), sdp(host="0.0.0.0")])
def test_the_session_is_told_of_a_hold_however_it_is_said_and_once(method: str, offer: bytes) -> None:
    async def scene(bench: Bench) -> None:
        async with bench.leg() as leg:
            bench.answered(leg)
            for body, event in ((offer, PutOnHold()), (offer, None), (sdp(), TakenOffHold()), (sdp(), None)):
                bench.phone.ask(method, body=body)
                if method == "INVITE":
                    bench.phone.ask("ACK")
                if event is not None:
                    assert await leg.receive() == event
            bench.phone.ask("INFO", "Content-Type: application/dtmf", body=b"7")
            assert await leg.receive() == KeyPressed("7")

    on_the_bench(scene)


class TestTransfer:
    NOTIFIED = ("Event: refer", "Content-Type: message/sipfrag")

    def test_the_caller_is_connected(self) -> None:
        async def scene(bench: Bench) -> None:
            async with bench.leg() as leg:
                bench.answered(leg)
                async with asyncio.TaskGroup() as tasks:
                    asked = tasks.create_task(leg.transfer("+15559"))
                    await asyncio.sleep(0)
                    (refer,) = bench.sent("REFER")
                    assert refer.headers.get("Refer-To") == "<sip:+15559@192.0.2.7>"
                    bench.phone.reply(refer, 202)
                    bench.phone.ask("NOTIFY", *self.NOTIFIED, body=b"SIP/2.0 200 OK")
                    # Whom he was handed over to has him: that he leaves us does not end the session before its time.
                    bench.phone.ask("BYE")
                    await asked
                    with pytest.raises(TimeoutError):
                        async with asyncio.timeout(1.0):
                            await until_over(leg)

        on_the_bench(scene)

    @pytest.mark.parametrize(
        ("line", "why"),
        [
            (b"SIP/2.0 486 Busy", "the line was busy"),
            (b"SIP/2.0 480 Gone", "nobody answered"),
            (b"SIP/2.0 404 Not Found", "the number could not be reached"),
        ],
    )
    def test_the_model_is_told_why_not(self, line: bytes, why: str) -> None:
        async def scene(bench: Bench) -> None:
            async with bench.leg() as leg:
                bench.answered(leg)
                for _ in range(MAX_TRANSFERS):
                    with pytest.raises(ToolFailed, match=why):
                        await self.tried(bench, leg, line)
                with pytest.raises(ToolFailed, match="2 times"):
                    await leg.transfer("+15559")

        on_the_bench(scene)

    async def tried(self, bench: Bench, leg: SipLeg, line: bytes) -> None:
        async def told() -> None:
            await asyncio.sleep(0.01)
            bench.phone.reply(bench.sent("REFER")[-1], 202)
            bench.phone.ask("NOTIFY", *self.NOTIFIED, body=line)

        telling = asyncio.ensure_future(told())
        try:
            await leg.transfer("+15559")
        finally:
            await telling

    def test_a_trunk_that_does_not_is_not_asked(self) -> None:
        async def scene(bench: Bench) -> None:
            async with bench.leg("Allow: INVITE, ACK, BYE") as leg:
                bench.answered(leg)
                with pytest.raises(ToolFailed, match="cannot hand it over"):
                    await leg.transfer("+15559")
                assert not bench.sent("REFER")

        on_the_bench(scene)
