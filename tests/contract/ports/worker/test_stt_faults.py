"""What every recogniser of a vendor does when its vendor fails: an error of ours, in time, of the right kind."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest

from callcore.errors import ProviderError, ProviderFailure
from media_worker.observability import QUIET
from media_worker.ports.stt import Final, SpeechToText, SttStream, Transcript
from media_worker.providers import vendor_socket
from media_worker.providers.registry import Kind, Registry, Resources
from media_worker.providers.vendors import Vendors
from tests.contract.ports.worker.adapters import LISTENING, SENTENCE, spoken
from tests.peers.hearing_vendors import HEARING_VENDORS, HearingVendor, hearing_vendor
from tests.peers.vendor_server import Fault
from tests.virtual_time import run_virtual

pytestmark = pytest.mark.parametrize("name", HEARING_VENDORS)
FRAME_BYTES = 640
Scene = Callable[[SpeechToText, HearingVendor], Awaitable[None]]


def play(name: str, scene: Scene, *faults: Fault, environment: dict[str, str] | None = None) -> None:
    """A scene with the adapter of this name and its vendor, whose connections fail like this."""

    async def run() -> None:
        async with asyncio.timeout(30), hearing_vendor(name, SENTENCE) as vendor:
            vendor.faults.extend(faults)
            vendors = Vendors({**vendor.environment, **(environment or {})})
            resources: Resources = Resources(None, None, None, None, vendors)  # type: ignore[arg-type]  # nobody else is asked
            await scene(Registry(resources).get(Kind.STT, name), vendor)

    run_virtual(run(), sockets=True)


async def failure(stt: SpeechToText, pcm: bytes = b"") -> ProviderError:
    """How a recognition ends that was to hear this."""
    with pytest.raises(ProviderError) as failed:
        await listen(stt, pcm)
    return failed.value


async def listen(stt: SpeechToText, pcm: bytes) -> None:
    async with stt.open(LISTENING) as stream:
        await say(stream, pcm)
        async for _ in stream:
            pass


async def say(stream: SttStream, pcm: bytes) -> None:
    for start in range(0, len(pcm), FRAME_BYTES):
        stream.send(pcm[start : start + FRAME_BYTES])
        await asyncio.sleep(0)


async def hear_all(stream: SttStream) -> list[Transcript]:
    """Up to the first final text."""
    heard: list[Transcript] = []
    async with asyncio.timeout(10):
        async for transcript in stream:
            heard.append(transcript)
            if isinstance(transcript, Final):
                break
    return heard


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ProviderFailure.REJECTED),
        (401, ProviderFailure.REJECTED),
        (403, ProviderFailure.REJECTED),
        (408, ProviderFailure.TIMEOUT),
        (429, ProviderFailure.RATE_LIMIT),
        (500, ProviderFailure.UNAVAILABLE),
        (503, ProviderFailure.UNAVAILABLE),
    ],
)
def test_a_refusal_says_whether_asking_again_helps(name: str, status: int, kind: ProviderFailure) -> None:
    async def scene(stt: SpeechToText, vendor: HearingVendor) -> None:
        failed = await failure(stt)
        assert failed.failure is kind
        assert failed.retry_after_s == 1.5

    play(name, scene, Fault(status=status, headers={"retry-after": "1.5"}))


def test_nobody_there_is_an_error(name: str) -> None:
    async def scene(stt: SpeechToText, vendor: HearingVendor) -> None:
        assert (await failure(stt)).failure is ProviderFailure.UNAVAILABLE

    nowhere = {f"{vendor}_BASE_URL": "ws://127.0.0.1:9" for vendor in ("DEEPGRAM", "AWS", "OPENAI")}
    play(name, scene, environment=nowhere)


def test_a_handshake_that_is_never_answered_ends(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendor_socket, "OPEN_S", 0.1)

    async def scene(stt: SpeechToText, vendor: HearingVendor) -> None:
        assert (await failure(stt)).failure is ProviderFailure.TIMEOUT

    play(name, scene, Fault(silent_handshake=True))


@pytest.mark.parametrize(
    "fault",
    [Fault(drop_after_s=0.6), Fault(close_after_s=0.6), Fault(garbage_after_s=0.6)],
    ids=["drops", "closes", "talks nonsense"],
)
def test_what_breaks_in_the_middle_of_a_word_ends_in_an_error_and_another_connection_hears_it(
    name: str, fault: Fault
) -> None:
    async def scene(stt: SpeechToText, vendor: HearingVendor) -> None:
        failed = await failure(stt, spoken())
        assert failed.retryable
        async with stt.open(LISTENING) as stream:
            await say(stream, spoken())
            stream.flush()
            assert (await hear_all(stream))[-1] == Final(SENTENCE)

    play(name, scene, fault)


def test_a_vendor_that_says_nothing_more_still_gives_a_final_in_time(name: str) -> None:
    async def scene(stt: SpeechToText, vendor: HearingVendor) -> None:
        async with stt.open(LISTENING) as stream:
            await say(stream, spoken())
            began = asyncio.get_running_loop().time()
            stream.flush()
            try:
                (*_, final) = await hear_all(stream)
            except ProviderError as failed:
                assert failed.failure is ProviderFailure.TIMEOUT  # noqa: PT017  # either is the promise
            else:
                assert isinstance(final, Final)
                assert SENTENCE.startswith(final.text)
                assert final.until_s is None or final.until_s < len(spoken()) / 32_000
            assert asyncio.get_running_loop().time() - began < 8.0

    play(name, scene, Fault(deaf_after_s=0.6))


def test_what_comes_after_the_stream_was_left_is_heard_by_nobody(name: str) -> None:
    async def scene(stt: SpeechToText, vendor: HearingVendor) -> None:
        async with stt.open(LISTENING) as stream:
            await say(stream, spoken())
            stream.flush()
        async with stt.open(LISTENING) as another:
            another.flush()
            assert await hear_all(another) == [Final("")]
        assert [transcript async for transcript in stream] == []

    play(name, scene, Fault(late_s=0.2))


def test_audio_may_come_in_pieces_of_any_even_length(name: str) -> None:
    async def scene(stt: SpeechToText, vendor: HearingVendor) -> None:
        pcm, sizes = spoken(), (2, 998, 6, 1_002, 4_096)
        async with stt.open(LISTENING) as stream:
            at = 0
            while at < len(pcm):
                size = sizes[at % len(sizes)]
                stream.send(pcm[at : at + size])
                at += size
                await asyncio.sleep(0)
            stream.flush()
            assert (await hear_all(stream))[-1] == Final(SENTENCE)

    play(name, scene)


def test_no_key_stands_in_a_log_or_an_error(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """At any level that the worker logs at: the libraries would log headers and signatures."""
    caplog.set_level(logging.DEBUG)
    for library in QUIET:
        caplog.set_level(logging.WARNING, logger=library)

    async def scene(stt: SpeechToText, vendor: HearingVendor) -> None:
        told = [str(await failure(stt)), repr(await failure(stt, spoken())), repr(stt), caplog.text]
        assert all(vendor.secret not in text and "X-Amz-Signature" not in text for text in told)

    play(name, scene, Fault(status=401), Fault(drop_after_s=0.5))
