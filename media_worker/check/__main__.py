"""Tries every vendor that is configured: `python -m media_worker.check`. Costs a few words with each of them."""

import asyncio
import sys

from callcore.agents.agent import VoiceConfig
from callcore.errors import ProviderError
from callnet.guarded import GuardedClient
from media_worker.check.advice import NOBODY, remedy
from media_worker.check.trial import SENTENCE, SILENCE, Outcome, Sample, attempt, configured, speech
from media_worker.observability import configure_logging
from media_worker.ports.tts import SpeakRequest, TextToSpeech
from media_worker.providers.local.speech_pool import SpeechPool
from media_worker.providers.registry import EMBEDDED, Kind, Registry, Resources
from media_worker.providers.vendor_http import vendor_client
from media_worker.session.clock import LoopClock
from media_worker.settings import WorkerSettings, read_or_exit


async def check(settings: WorkerSettings) -> bool:
    """Try and tell; whether everything works."""
    trials = configured(settings.vendors)
    if not trials:
        print(NOBODY)
        return False
    async with (
        SpeechPool(1, settings.flite_dir) as pool,
        GuardedClient(private=settings.allow_private_urls) as web,
        vendor_client() as http,
    ):
        registry = Registry(Resources(pool, pool, web, http, settings.vendors))
        sample = await _sample(registry) if any(kind is Kind.STT for kind, _, _ in trials) else SILENCE
        all_work = True
        for kind, name, vendor in trials:
            outcome = await attempt(kind, name, registry.get(kind, name), sample, LoopClock())
            all_work = all_work and outcome.failure is None
            print(_line(kind, name, outcome), flush=True)
            if outcome.failure is not None:
                print(f"{'':29}{remedy(vendor, outcome.failure)}", flush=True)
    return all_work


def _line(kind: Kind, name: str, outcome: Outcome) -> str:
    state = "FAILS  " if outcome.took_s is None else f"{outcome.took_s * 1000:4.0f} ms"
    return f"{kind:<4} {name:<15} {state}  {outcome.told}"


async def _sample(registry: Registry) -> Sample:
    """The embedded voice says the sentence; without it there is silence, which shows the connection at least."""
    voice: TextToSpeech = registry.get(Kind.TTS, EMBEDDED[Kind.TTS])
    request, pcm = SpeakRequest(SENTENCE, VoiceConfig()), bytearray()
    try:
        await speech(voice, request, pcm.extend)
    except ProviderError:
        return SILENCE
    return Sample(bytes(pcm), voice.sample_rate_hz(request.voice))


if __name__ == "__main__":
    configure_logging("ERROR")
    sys.exit(0 if asyncio.run(check(read_or_exit())) else 1)
