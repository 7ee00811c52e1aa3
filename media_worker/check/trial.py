"""One small conversation with a vendor through its adapter: does it work, and how long does it take?"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from callcore.agents.agent import LlmConfig, VoiceConfig
from callcore.errors import CallError, ProviderError, ProviderFailure
from media_worker.ports.llm import LanguageModel, ReplyRequest, TextDelta
from media_worker.ports.stt import Final, SpeechToText, SttRequest
from media_worker.ports.tts import SpeakRequest, TextToSpeech
from media_worker.providers.models import default_model
from media_worker.providers.registry import ADAPTERS, Kind
from media_worker.providers.vendors import Vendor, Vendors
from media_worker.session.clock import WorkerClock

TRIAL_S = 20.0
FRAME_S = 0.02
QUESTION = "Say hello in three words."
SENTENCE = "what are your opening hours"


@dataclass(frozen=True)
class Sample:
    """Speech for recognisers: SENTENCE, if there was a voice to say it."""

    pcm: bytes
    rate_hz: int


SILENCE = Sample(bytes(2 * 16_000), 16_000)


@dataclass(frozen=True)
class Outcome:
    """What came of a trial."""

    took_s: float | None
    """Until the first words or sound, or from the end of speech to its text; None = it failed."""
    told: str
    """What it said or heard, or why it failed."""
    failure: ProviderFailure | None = None


def configured(vendors: Vendors) -> Sequence[tuple[Kind, str, Vendor]]:
    """The adapters whose vendors may be used: what each does, its name, and whose it is."""
    return [
        (kind, name, listed.vendor)
        for kind in (Kind.STT, Kind.LLM, Kind.TTS)
        for name, listed in ADAPTERS[kind].items()
        if listed.vendor is not None and listed.vendor in vendors
    ]


async def attempt(kind: Kind, name: str, adapter: Any, sample: Sample, clock: WorkerClock) -> Outcome:
    """Try one adapter. Raises nothing but cancellation."""
    try:
        async with asyncio.timeout(TRIAL_S):
            return await _TRIALS[kind](name, adapter, sample, clock)
    except ProviderError as error:
        return Outcome(None, error.detail or error.failure, error.failure)
    except TimeoutError:
        return Outcome(None, f"no end within {TRIAL_S:.0f} s", ProviderFailure.TIMEOUT)
    except CallError as error:
        return Outcome(None, str(error), ProviderFailure.REJECTED)


async def _answer(name: str, llm: LanguageModel, sample: Sample, clock: WorkerClock) -> Outcome:
    request = ReplyRequest(LlmConfig(model=default_model(name)), "", ({"role": "user", "content": QUESTION},))
    asked_at, began_at, said = clock.monotonic_s(), None, ""
    async with llm.reply(request) as events:
        async for event in events:
            if isinstance(event, TextDelta):
                began_at = began_at or clock.monotonic_s()
                said += event.text
    if began_at is None:
        return Outcome(None, "it said nothing", ProviderFailure.UNAVAILABLE)
    return Outcome(began_at - asked_at, f"“{said.strip()[:60]}”")


async def _speak(name: str, tts: TextToSpeech, sample: Sample, clock: WorkerClock) -> Outcome:
    request, asked_at = SpeakRequest("Hello, how can I help you?", VoiceConfig()), clock.monotonic_s()
    sounds: list[tuple[float, int]] = []
    await speech(tts, request, lambda pcm: sounds.append((clock.monotonic_s(), len(pcm))))
    if not sounds:
        return Outcome(None, "it made no sound", ProviderFailure.UNAVAILABLE)
    seconds = sum(size for _, size in sounds) / 2 / tts.sample_rate_hz(request.voice)
    return Outcome(sounds[0][0] - asked_at, f"{seconds:.1f} s of speech")


async def speech(tts: TextToSpeech, request: SpeakRequest, hear: Callable[[bytes], None]) -> None:
    """Have one text said. Raises ProviderError."""
    failure: ProviderError | None = None
    async with asyncio.TaskGroup() as tasks:
        speaker = tts.open(request, tasks)
        try:
            async with speaker.speak(request) as events:
                async for event in events:
                    if isinstance(event, bytes):
                        hear(event)
        except ProviderError as error:
            failure = error  # raised outside: a TaskGroup would wrap it
        finally:
            speaker.close()
    if failure is not None:
        raise failure


async def _hear(name: str, stt: SpeechToText, sample: Sample, clock: WorkerClock) -> Outcome:
    frame = round(sample.rate_hz * FRAME_S) * 2
    async with stt.open(SttRequest(sample_rate_hz=sample.rate_hz)) as stream:
        due = clock.monotonic_s()
        for start in range(0, len(sample.pcm), frame):
            stream.send(sample.pcm[start : start + frame])
            due += FRAME_S
            await clock.sleep_until(due)
        stream.flush()
        ended_at, heard = clock.monotonic_s(), ""
        async for transcript in stream:
            if isinstance(transcript, Final):
                heard = transcript.text
                break
    return Outcome(clock.monotonic_s() - ended_at, f"heard “{heard[:60]}”")


_TRIALS: Mapping[Kind, Callable[[str, Any, Sample, WorkerClock], Awaitable[Outcome]]] = {
    Kind.LLM: _answer,
    Kind.TTS: _speak,
    Kind.STT: _hear,
}
