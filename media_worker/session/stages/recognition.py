"""Keeps a recogniser at the ear: opens it again when it is lost or deaf, and anew when the language changes."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from callcore.calls.usage import Meter, Unit
from callcore.errors import ProviderError, ProviderFailure
from callcore.opening.plan import SessionPlan
from media_worker.conversation.events import Event, HearingLost, RecogniserSwitched
from media_worker.conversation.policy import TurnPolicy
from media_worker.ports.stt import Final, SpeechToText, SttCapabilities, SttRequest, Transcript
from media_worker.session.clock import WorkerClock
from media_worker.session.stages.ear import Ear, heard

STT_REOPEN_S = (0.0, 0.5, 1.0, 2.0)
"""Pauses before a lost recogniser is opened again; when it is lost once more after the last one, the session ends."""
STT_HEALTHY_S = 30.0
"""A recogniser that worked for this long may be lost again without that counting as the same trouble."""
LONGEST_PAUSE_S = 5.0
"""A vendor that wants to be left alone for longer is asked all the same: somebody waits for an answer."""
log = logging.getLogger(__name__)


class Recognition:
    """One session's recogniser. `open` it, have it `listen`, and `stop` it before its tasks are left."""

    def __init__(
        self,
        plan: SessionPlan,
        stt: SpeechToText,
        ear: Ear,
        clock: WorkerClock,
        meter: Meter,
        policy: Callable[[], TurnPolicy],
        post: Callable[[Event], None],
    ) -> None:
        """`post` takes what was heard, and that nothing can be heard any more.

        `policy` makes the rules of the conversation anew, for another recogniser that hears in another way.
        """
        self._stt = stt
        self._request = SttRequest(
            sample_rate_hz=ear.rate_hz,
            language=plan.language,
            script=plan.script,
            keywords=plan.config.custom_vocabulary.keywords,
            config=plan.config.speech_to_text,
            private=plan.config.privacy_settings.opt_out_data_collection,
        )
        self._ear = ear
        self._clock = clock
        self._session_id = plan.session_id
        self._meter = meter
        self._policy, self._post = policy, post
        self._capabilities = stt.capabilities
        self._tasks: asyncio.TaskGroup | None = None
        self._task: asyncio.Task[None] | None = None
        self._epoch = 0
        """How many streams there were before: what an older one says is stale."""

    def open(self, tasks: asyncio.TaskGroup) -> None:
        """It listens in tasks of this group."""
        self._tasks = tasks

    def listen(self) -> None:
        """Listen from now on."""
        assert self._tasks is not None, "sound comes only while the session runs"
        self._task = self._tasks.create_task(self._run())

    def stop(self) -> None:
        """Listen no more."""
        if self._task is not None:
            self._task.cancel()

    def let_go(self) -> None:
        """Listen no more, until `listen`; what was said until now is not waited for."""
        self._close()
        self._task = None
        self._ear.final_came()

    def switch(self, language: str) -> None:
        """Listen for another language; what is said until its recogniser is open waits for it."""
        self._request = replace(self._request, language=language)
        if self._task is not None:
            self._close()
            self.listen()

    def _close(self) -> None:
        self.stop()
        self._ear.attach(None)
        self._epoch += 1

    async def _run(self) -> None:
        failures = 0
        while failures <= len(STT_REOPEN_S):
            opened_at, wanted_pause_s = self._clock.monotonic_s(), 0.0
            try:
                await self._listen()
            except ProviderError as error:
                about = {"session_id": self._session_id, "provider": error.provider, "failure": error.failure}
                log.warning("speech recognition was lost", extra=about)
                wanted_pause_s = error.retry_after_s or 0.0
            self._ear.attach(None)
            self._epoch += 1
            now = self._clock.monotonic_s()
            failures = 1 if now - opened_at > STT_HEALTHY_S else failures + 1
            pause_s = max(STT_REOPEN_S[min(failures, len(STT_REOPEN_S)) - 1], min(wanted_pause_s, LONGEST_PAUSE_S))
            await self._clock.sleep_until(now + pause_s)
        self._post(HearingLost())

    async def _listen(self) -> None:
        async with self._stt.open(self._request) as stream:
            attached_at = self._clock.monotonic_s()
            try:
                self._adapt(self._stt.capabilities)
                self._ear.attach(stream)
                async for transcript in stream:
                    self._hear(transcript)
            finally:
                billed_s = stream.billed_s
                if billed_s is None:
                    billed_s = self._clock.monotonic_s() - attached_at
                self._meter.add(Unit.STT_STREAM_MS, round(billed_s * 1000))

    def _hear(self, transcript: Transcript) -> None:
        """Tell it. Raises ProviderError when the recogniser is deaf: another one hears what it did not."""
        now = self._clock.monotonic_s()
        if self._ear.watch.told(transcript, self._ear.flushed_s, now):
            raise ProviderError("stt", ProviderFailure.TIMEOUT, "it hears nothing")
        if isinstance(transcript, Final):
            self._ear.final_came(transcript.until_s)
        self._post(heard(transcript, self._epoch))

    def _adapt(self, capabilities: SttCapabilities) -> None:
        """Another recogniser may hear in another way."""
        if capabilities != self._capabilities:
            self._capabilities = capabilities
            self._ear.gate(gated=capabilities.gated)
            self._post(RecogniserSwitched(self._policy()))
