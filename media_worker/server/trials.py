"""What the console has a worker try: a voice, or every vendor that it may use. No session comes of it."""

import asyncio
import base64
import io
import wave
from dataclasses import dataclass, field

from pydantic import ValidationError

from callcore.agents.agent import VoiceConfig
from callcore.errors import Conflict, InvalidInput, ProviderError
from callcore.wire.jobs import Check, Done, Finding, Say
from media_worker.check.advice import remedy
from media_worker.check.trial import SENTENCE, SILENCE, Outcome, Sample, attempt, configured, speech
from media_worker.ports.tts import SpeakRequest, TextToSpeech
from media_worker.providers.registry import ADAPTERS, EMBEDDED, Kind, Registry, choose
from media_worker.session.clock import WorkerClock

AT_ONCE = 2
"""Further ones are refused: calls come first."""
SAY_S = 15.0
MAX_SOUND_S = 20
_SAMPLE_BYTES = 2


@dataclass
class Trials:
    """Of one worker."""

    registry: Registry
    clock: WorkerClock
    worker_id: str
    _running: int = field(default=0, init=False)

    async def perform(self, command: Say | Check) -> Done:
        """Raises InvalidInput, and Conflict when the vendor fails or enough trials are under way."""
        if self._running >= AT_ONCE:
            raise Conflict("other voices and vendors are being tried: try again in a moment")
        self._running += 1
        try:
            return await (self._say(command) if isinstance(command, Say) else self._check())
        finally:
            self._running -= 1

    async def _say(self, command: Say) -> Done:
        try:
            voice = VoiceConfig.model_validate(dict(command.voice))
        except ValidationError:
            raise InvalidInput("the voice is none that a configuration can have") from None
        choice = choose(Kind.TTS, voice.provider, self.registry.vendors, voice.model)
        if choice.reason:
            raise Conflict(choice.reason)
        tts: TextToSpeech = self.registry.get(Kind.TTS, choice.name)
        request = SpeakRequest(command.text, voice, command.language)
        rate_hz = tts.sample_rate_hz(voice)
        pcm = bytearray()

        def hear(part: bytes) -> None:
            pcm.extend(part[: MAX_SOUND_S * rate_hz * _SAMPLE_BYTES - len(pcm)])

        try:
            async with asyncio.timeout(SAY_S):
                await speech(tts, request, hear)
        except ProviderError as error:
            raise Conflict(f"{choice.name} does not say it: {error.detail or error.failure}") from None
        except TimeoutError:
            raise Conflict(f"{choice.name} said nothing within {SAY_S:.0f} s") from None
        return Done(worker_id=self.worker_id, sound=base64.b64encode(_wav(bytes(pcm), rate_hz)).decode())

    async def _check(self) -> Done:
        """All at once: a trial has a limit of its own (media_worker.check.trial)."""
        sample = await self._sample()
        async with asyncio.TaskGroup() as tasks:
            trials = [tasks.create_task(self._finding(kind, name, sample)) for kind, name in self._adapters()]
        return Done(worker_id=self.worker_id, findings=tuple(trial.result() for trial in trials))

    def _adapters(self) -> list[tuple[Kind, str]]:
        of_vendors = [(kind, name) for kind, name, _ in configured(self.registry.vendors)]
        return [*of_vendors, *((kind, EMBEDDED[kind]) for kind in (Kind.STT, Kind.TTS))]

    async def _finding(self, kind: Kind, name: str, sample: Sample) -> Finding:
        outcome = await attempt(kind, name, self.registry.get(kind, name), sample, self.clock)
        took_ms = None if outcome.took_s is None else round(outcome.took_s * 1000)
        return Finding(kind=kind, name=name, took_ms=took_ms, told=outcome.told, remedy=_remedy(kind, name, outcome))

    async def _sample(self) -> Sample:
        voice: TextToSpeech = self.registry.get(Kind.TTS, EMBEDDED[Kind.TTS])
        request, pcm = SpeakRequest(SENTENCE, VoiceConfig()), bytearray()
        try:
            async with asyncio.timeout(SAY_S):
                await speech(voice, request, pcm.extend)
        except (ProviderError, TimeoutError):
            return SILENCE
        return Sample(bytes(pcm), voice.sample_rate_hz(request.voice))


def _remedy(kind: Kind, name: str, outcome: Outcome) -> str:
    vendor = ADAPTERS[kind][name].vendor
    if outcome.failure is None:
        return ""
    return (
        "see the worker's log: this is made here, by no vendor" if vendor is None else remedy(vendor, outcome.failure)
    )


def _wav(pcm: bytes, rate_hz: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(_SAMPLE_BYTES)
        writer.setframerate(rate_hz)
        writer.writeframes(pcm)
    return file.getvalue()
