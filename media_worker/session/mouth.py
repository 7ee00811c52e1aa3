"""Speaks for the agent: has the wanted replies made, plays them, and keeps what was heard of them."""

import asyncio
from collections.abc import Callable, Coroutine

from callcore.opening import SessionPlan
from callcore.transcript import Transcript
from callcore.wire import client as wire
from media_worker.conversation.events import AgentSaid, Event, PlayoutDrained, PlayoutStarted
from media_worker.media.playout import Playout
from media_worker.ports.leg import Leg
from media_worker.ports.llm import ReplyRequest
from media_worker.ports.tts import SpeakRequest
from media_worker.session.clock import WorkerClock
from media_worker.session.local_time import with_local_time
from media_worker.session.providers import Providers
from media_worker.session.reply_stage import ReplyStage, VoiceOutput

SEND_AHEAD_S = 0.2


class Mouth:
    """One session's speech. It performs what the conversation decided and never waits; `play` is the media loop's."""

    def __init__(
        self,
        plan: SessionPlan,
        leg: Leg,
        providers: Providers,
        transcript: Transcript,
        clock: WorkerClock,
        *,
        post: Callable[[Event], None],
        remembered: Callable[[], None],
    ) -> None:
        """`post` takes what becomes of the replies; `remembered` is called whenever `transcript` has grown by one."""
        self._plan = plan
        self._leg = leg
        self._llm = providers.llm
        self._voice = VoiceOutput(providers.tts, SpeakRequest("", plan.config.voice, plan.language), leg.sample_rate_hz)
        self._transcript = transcript
        self._clock = clock
        self._post = post
        self._remembered = remembered
        self._tasks: asyncio.TaskGroup | None = None
        self._stage: ReplyStage | None = None
        self._stage_task: asyncio.Task[None] | None = None
        self.chars_spoken = 0
        """Characters handed to the voice, heard or not, of the replies that are over."""

    def open(self, tasks: asyncio.TaskGroup) -> None:
        """Replies are made in tasks of this group from now on; `stop` before it is left."""
        self._tasks = tasks

    @property
    def audible(self) -> bool:
        """The listener hears the agent, as far as we know."""
        return self._stage is not None and self._stage.playout.audible

    # --- the replies ----------------------------------------------------------------------------

    def start_reply(self, turn_id: int, true_end: float | None) -> None:
        """Answer the history as it is now. `true_end`: when the speech ended that is answered; None = nobody spoke."""
        request = ReplyRequest(
            llm=self._plan.config.llm,
            system_prompt=with_local_time(self._plan.system_prompt, self._plan.config.timezone, self._clock.unix_s()),
            messages=self._transcript.for_model(self._plan.config.llm.history_settings.history_message_limit),
            variables=self._plan.variables,
        )
        stage = self._new_stage(turn_id)
        stage.watch.begin(true_end, self._clock.monotonic_s())
        self._run(stage.think_and_speak(self._llm, request))

    def say(self, turn_id: int, text: str) -> None:
        """Speak a fixed text as a reply of its own."""
        self._run(self._new_stage(turn_id).say(text))

    def fill(self, turn_id: int, text: str) -> None:
        """Say a filler first, unless this reply's own audio is already on its way."""
        if self._stage is not None and self._stage.turn_id == turn_id:
            self._stage.fill(text)

    def hold(self, *, audible: bool) -> None:
        """Stop sending; the client is told when it was `audible`."""
        if self._stage is not None:
            self._stage.playout.hold(self._clock.monotonic_s())
        if audible:
            self._leg.send(wire.Pause())

    def resume(self, *, audible: bool) -> None:
        """Go on where `hold` stopped."""
        if audible:
            self._leg.send(wire.Unpause())
        if self._stage is not None:
            self._stage.playout.resume(self._clock.monotonic_s())

    def cut(self, turn_id: int, *, audible: bool, keep: bool) -> None:
        """Make no more of this reply; what was heard of it is history, for the model only when `keep`."""
        if audible:
            self._leg.send(wire.Clear())
        stage = self._stage
        if stage is not None and stage.turn_id == turn_id:
            self.stop()
            self._close(stage, self._clock.monotonic_s(), keep=keep)

    def stop(self) -> None:
        """Make no more of any reply."""
        if self._stage_task is not None:
            self._stage_task.cancel()
            self._stage_task = None

    def _new_stage(self, turn_id: int) -> ReplyStage:
        self._leg.send(wire.StartAnswering())
        playout = Playout(self._leg.sample_rate_hz, SEND_AHEAD_S)
        self._stage = ReplyStage(turn_id, playout, self._voice, self._post, self._clock)
        return self._stage

    def _run(self, work: Coroutine[None, None, None]) -> None:
        assert self._tasks is not None, "replies are wanted only while the session runs"
        self._stage_task = self._tasks.create_task(work)

    def _close(self, stage: ReplyStage, now: float, *, keep: bool) -> None:
        """The reply is over: what was heard of it is history."""
        filler, heard = stage.heard(now)
        self._stage = None
        self.chars_spoken += stage.chars_spoken
        self._transcript.add_agent(filler, remember=False)
        if heard:
            self._transcript.add_agent(heard, remember=keep)
            self._leg.send(wire.OnResponseText(heard, is_final=True))
            self._remembered()

    # --- the media loop -------------------------------------------------------------------------

    def play(self, now: float) -> None:
        """Send what is due; call it every frame."""
        stage = self._stage
        if stage is None:
            return
        audio = stage.playout.take_due(now)
        if audio:
            self._send(stage, audio, now)
        elif stage.playout.drained(now):
            self._close(stage, now, keep=True)
            self._post(PlayoutDrained(stage.turn_id))

    def _send(self, stage: ReplyStage, audio: bytes, now: float) -> None:
        text = stage.playout.text_started()
        if text is not None:
            self._leg.send(wire.OnResponseText(text, is_final=False))
        self._leg.send(audio)
        if not stage.announced:
            stage.announced = True
            latency = stage.watch.sent(now)
            if latency is not None:
                self._leg.send(wire.OnMetrics(stage.turn_id, **latency.to_wire()))
            self._post(PlayoutStarted(stage.turn_id))
        if text is not None:
            self._post(AgentSaid(stage.turn_id, text))
