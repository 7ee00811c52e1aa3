"""A session that prepares replies before it knows that the user is done, and what may be said in it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from callcore.calls.usage import Unit
from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.llm import ReplyRequest
from media_worker.ports.stt import Partial, SttCapabilities, SttRequest, Transcript
from media_worker.ports.tools import ToolRunner
from media_worker.providers.local.client_tools import ClientTools
from media_worker.providers.scripted import llm, tts, vad
from media_worker.session.casting.providers import Providers
from media_worker.session.journal import SessionEnd
from tests.unit.media_worker.session.rig import SILENCE, VOICE, Rig, plan
from tests.virtual_time import run_virtual

REPLIES = ["A table it is.", "And something else."]
THINKING_MS, VOICE_MS = 200, 100
SLOW: dict[str, Any] = {
    "llm": {"replies": REPLIES, "ttft_ms": THINKING_MS},
    "voice": {"provider": "scripted", "voice_id": "hum", "settings": {"first_audio_ms": VOICE_MS}},
    "first_message": "Hi.",
}
SILENCE_MS = 500


def fixed(**flow: Any) -> dict[str, Any]:
    return {"flow": {"endpointing": {"mode": "fixed", "silence_ms": SILENCE_MS}, **flow}}


class Dictated:
    """A recogniser that hears what it is told to."""

    billed_s = None

    capabilities = SttCapabilities(gated=False, ends_turns=True)

    def __init__(self) -> None:
        self.heard: asyncio.Queue[Transcript] = asyncio.Queue()

    @asynccontextmanager
    async def open(self, request: SttRequest) -> AsyncIterator["Dictated"]:
        yield self

    def send(self, pcm: bytes) -> None: ...

    def flush(self) -> None: ...

    async def __aiter__(self) -> AsyncIterator[Transcript]:
        while True:
            yield await self.heard.get()


class Model(llm.RecitingModel):
    """Remembers what it was asked, and how many replies were left before they were over."""

    def __init__(self, *, fails: int = 0) -> None:
        self.asked: list[str] = []
        self.left = 0
        self._fails = fails

    @asynccontextmanager
    async def reply(self, request: ReplyRequest) -> AsyncIterator[Any]:
        self.asked.append(request.messages[-1]["content"])
        if len(self.asked) <= self._fails:
            raise ProviderError("broken", ProviderFailure.UNAVAILABLE)
        async with super().reply(request) as events:
            try:
                yield events
            except asyncio.CancelledError:
                self.left += 1
                raise


class Call:
    """One call whose user speaks in phrases: (seconds, what is heard during it)."""

    def __init__(self, model: Model | None = None, runner: ToolRunner | None = None, **config: Any) -> None:
        self.recogniser, self.model, self.runner = Dictated(), model or Model(), runner or ClientTools()
        self.config = SLOW | config
        self.rig: Rig

    def hold(self, *acts: float | str | Transcript) -> SessionEnd:
        """A number is seconds of silence, a text is said in a second, a transcript is heard at once."""

        async def user(rig: Rig) -> None:
            await rig.hear(SILENCE, 1.5)
            for act in acts:
                if isinstance(act, str):
                    await rig.hear(VOICE, 0.6)
                    self.recogniser.heard.put_nowait(Partial(act))
                    await rig.hear(VOICE, 0.4)
                elif isinstance(act, float):
                    await rig.hear(SILENCE, act)
                else:
                    self.recogniser.heard.put_nowait(act)
            rig.leg.hang_up()

        async def scenario() -> SessionEnd:
            providers = Providers(self.recogniser, self.model, tts.create(), vad.create(), self.runner)
            self.rig = Rig(plan(**self.config), providers)
            return await self.rig.hold(user)

        return run_virtual(scenario())

    def sent(self, kind: type[Any]) -> list[Any]:
        return [message for message in self.rig.leg.sent if isinstance(message, kind)]

    def usage(self) -> dict[tuple[Unit, bool], int]:
        return {(line.unit, line.discarded): line.quantity for line in self.rig.memory.events[0].usage}
