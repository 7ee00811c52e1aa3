"""Speaks for the agent: has the wanted replies made, plays them, and keeps what was heard of them."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence

from callcore.calls.transcript import Transcript
from callcore.calls.usage import Unit
from callcore.opening.plan import SessionPlan
from callcore.tools.tool_call import ToolCall
from callcore.tools.toolbox import ToolOffer
from callcore.wire import client as wire
from media_worker.conversation.events import AgentSaid, CaughtUp, Event, NearlyHeard, PlayoutDrained, PlayoutStarted
from media_worker.media.playout import Playout
from media_worker.media.shown_text import ShownText
from media_worker.ports.leg import Leg
from media_worker.ports.llm import ReplyRequest
from media_worker.ports.tts import SpeakRequest
from media_worker.session.casting.providers import Providers
from media_worker.session.clock import WorkerClock
from media_worker.session.report.session_report import SessionReport
from media_worker.session.stages.gate import Gate
from media_worker.session.stages.local_time import with_local_time
from media_worker.session.stages.reply_stage import CalledAgain, ReplyStage
from media_worker.session.stages.voice_output import VoiceOutput

SEND_AHEAD_S = 0.2
CLOSING_S = 1.0
"""In this last part of a reply people take their turn: it is not held any more."""


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
        tools: Sequence[ToolOffer],
        report: SessionReport,
        post: Callable[[Event], None],
        remembered: Callable[[], None],
        played: Callable[[bytes, float], None],
    ) -> None:
        """`post` takes what becomes of the replies; `remembered` is called whenever `transcript` has grown by one.

        `played` takes the audio that the listener has heard until now, as the playout clock has it; `report` hears of
        every answer whose first sample was sent to somebody who waited for it, and counts what replies used.
        """
        self._plan = plan
        self._leg = leg
        self._llm = providers.llm
        self._voice = VoiceOutput(providers.tts, SpeakRequest("", plan.config.voice, plan.language), leg.sample_rate_hz)
        self._transcript = transcript
        self._tools = tools
        self._clock = clock
        self._post = post
        self._remembered = remembered
        self._played = played
        self._report = report
        self._open_forms = plan.continued.open_forms if plan.continued is not None else ()
        """They are shown again with the first reply."""
        self._calls_named = f"{plan.session_id[:8]}-" if plan.is_resumed else ""
        """The calls of the earlier session stand in the same history."""
        self._aloud = not plan.text_only
        """The next reply is heard; else it is only read."""
        self._tasks: asyncio.TaskGroup | None = None
        self._stage: ReplyStage | None = None
        """The reply that is owed."""
        self._prepared: ReplyStage | None = None
        """A reply that may be owed soon; its gate is closed."""
        self._making: dict[ReplyStage, asyncio.Task[None]] = {}
        self._late_s = 0.0
        self._expected = False
        """The client was told that an answer comes, and has not heard any of it yet."""
        self.chars_spoken = 0
        """Characters handed to the voice, heard or not, of the replies that are over."""

    def switch(self, language: str) -> None:
        """Speak another language from the next piece of text on."""
        self._voice.switch(language)

    def be_heard(self, on: bool) -> None:
        """Whether the next reply is heard, or only read."""
        self._aloud = on
        if on:
            self._voice.prepare()

    def late(self, seconds: float) -> None:
        """What is sent from now on is heard so much later than it is sent."""
        self._late_s = seconds
        for stage in self._making.keys() | ({self._stage} if self._stage else set()):
            stage.playout.delay(seconds)

    def open(self, tasks: asyncio.TaskGroup) -> None:
        """Replies are made in tasks of this group from now on; `stop` before it is left."""
        self._tasks = tasks
        self._voice.open(tasks)
        self.be_heard(self._aloud)

    @property
    def audible(self) -> bool:
        """The listener hears the agent, as far as we know."""
        return self._stage is not None and self._stage.playout.audible

    # --- the replies ----------------------------------------------------------------------------

    def start_reply(self, turn_id: int, true_end: float | None) -> None:
        """Answer the history as it is now. `true_end`: when the speech ended that is answered; None = nobody spoke."""
        stage = self._owe(self._new_stage(turn_id))
        stage.watch.commit(true_end, self._clock.monotonic_s())
        forms, self._open_forms = self._open_forms, ()
        if forms:
            return self._make(stage, stage.think_and_speak(self._llm, CalledAgain(forms)))
        self._think(stage, self._transcript)

    def restart_reply(self, turn_id: int, true_end: float | None) -> None:
        """Answer the history, which was revised, anew; nothing of the reply was sent."""
        if (wrong := self._stage_of(turn_id)) is None:
            return
        wrong.discarded = True
        self._cancel(wrong)
        now = self._clock.monotonic_s()
        self._stage = stage = self._new_stage(turn_id)
        if wrong.playout.held:
            stage.playout.hold(now)
        stage.watch.commit(true_end, now)
        self._think(stage, self._transcript)

    def say(self, turn_id: int, text: str) -> None:
        """Speak a fixed text as a reply of its own."""
        stage = self._owe(self._new_stage(turn_id))
        self._make(stage, stage.say(text))

    def fill(self, turn_id: int, text: str) -> None:
        """Say a filler first, unless this reply's own audio is already on its way."""
        if stage := self._stage_of(turn_id):
            stage.fill(text)

    def aside(self, turn_id: int, text: str) -> None:
        """Say this now, beside the reply."""
        if stage := self._stage_of(turn_id):
            stage.aside(text)

    def announce(self, turn_id: int, texts: Sequence[str]) -> None:
        """Say these texts in the reply, before its functions run."""
        if stage := self._stage_of(turn_id):
            stage.announce(texts)

    def await_heard(self, turn_id: int) -> None:
        """Post CaughtUp when all that the reply has said so far was heard."""
        if stage := self._stage_of(turn_id):
            stage.mark()

    def call(self, turn_id: int, calls: Sequence[ToolCall]) -> None:
        """The reply's functions run now: they are history, with what it said before them."""
        stage = self._stage_of(turn_id)
        self._transcript.add_calls(calls, "" if stage is None else stage.end_part())
        self._remembered()

    def sound(self, pcm: bytes) -> None:
        """Have this heard in the reply, if there is one."""
        if self._stage is not None:
            self._stage.sound(pcm)

    def go_on(self, turn_id: int, *, may_call: bool) -> None:
        """Have the reply go on, now that its functions have their results."""
        if stage := self._stage_of(turn_id):
            stage.ask(self._request(turn_id, self._transcript, may_call=may_call))

    def finish(self, turn_id: int) -> None:
        """Nothing is added to the reply any more."""
        if stage := self._stage_of(turn_id):
            stage.finish()

    def _stage_of(self, turn_id: int) -> ReplyStage | None:
        return self._stage if self._stage is not None and self._stage.turn_id == turn_id else None

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
        if stage := self._stage_of(turn_id):
            self._cancel(stage)
            self._close(stage, self._clock.monotonic_s(), cut=True, keep=keep)

    def stop(self) -> None:
        """Make no more of any reply."""
        for stage in tuple(self._making):
            self._cancel(stage)
        self._voice.close()

    # --- before the turn is over ----------------------------------------------------------------

    def prepare(self, turn_id: int, attempt: int, text: str) -> None:
        """Make the reply to the history and `text` behind a gate: nothing of it is sent, said or told."""
        self._prepared = stage = self._new_stage(turn_id, attempt)
        self._think(stage, self._transcript.with_user(text))

    def admit_voice(self, attempt: int) -> None:
        """The voice may prepare the first segment of this attempt."""
        if self._prepared is not None and self._prepared.gate.attempt == attempt:
            self._prepared.gate.admit_voice()

    def promote(self, turn_id: int, attempt: int, true_end: float | None) -> None:
        """The turn is complete and this attempt answers it: it is owed from now on."""
        stage, self._prepared = self._prepared, None
        if stage is None or stage.gate.attempt != attempt:
            return self.start_reply(turn_id, true_end)
        self._owe(stage).watch.commit(true_end, self._clock.monotonic_s())
        stage.gate.open()

    def discard(self, attempt: int) -> None:
        """This attempt has never been, except for who is paid for it."""
        if (stage := self._prepared) is not None and stage.gate.attempt == attempt:
            self._prepared = None
            stage.discarded = True
            self._cancel(stage)

    # --- making ---------------------------------------------------------------------------------

    def _new_stage(self, turn_id: int, attempt: int | None = None) -> ReplyStage:
        playout = (Playout if self._aloud else ShownText)(self._leg.sample_rate_hz, SEND_AHEAD_S)
        playout.delay(self._late_s)
        gate = Gate(self._post, attempt)
        return ReplyStage(turn_id, playout, self._voice, gate, self._clock, calls_named=self._calls_named)

    def _owe(self, stage: ReplyStage) -> ReplyStage:
        if not self._expected:
            self._leg.send(wire.StartAnswering())
        self._expected = True
        self._stage = stage
        return stage

    def _think(self, stage: ReplyStage, transcript: Transcript) -> None:
        stage.watch.ask(self._clock.monotonic_s())
        self._make(stage, stage.think_and_speak(self._llm, self._request(stage.turn_id, transcript)))

    def _request(self, turn_id: int, transcript: Transcript, *, may_call: bool = True) -> ReplyRequest:
        tools = self._tools if may_call else ()
        return _request_of(self._plan, turn_id, transcript, tools, self._clock.unix_s())

    def _make(self, stage: ReplyStage, work: Coroutine[None, None, None]) -> None:
        assert self._tasks is not None, "replies are wanted only while the session runs"
        task = self._making[stage] = self._tasks.create_task(work)
        task.add_done_callback(lambda _: self._made(stage))

    def _cancel(self, stage: ReplyStage) -> None:
        stage.gate.shut()
        if stage in self._making:
            self._making[stage].cancel()

    def _made(self, stage: ReplyStage) -> None:
        # Only now: what was cancelled may have asked its provider in the same moment.
        del self._making[stage]
        stage.count(self._report.meter)

    def _close(self, stage: ReplyStage, now: float, *, cut: bool = False, keep: bool = True) -> None:
        """The reply is over: what was heard of it is history."""
        filler, parts = stage.heard(now)
        heard = stage.playout.between_parts.join(filter(None, parts))
        self._stage = None
        self.chars_spoken += stage.used[Unit.TTS_CHARACTERS]
        self._transcript.add_agent(filler, remember=False)
        self._transcript.add_reply(parts, cut=cut, remember=keep)
        if heard:
            self._leg.send(wire.OnResponseText(heard, is_final=True))
            self._remembered()

    # --- the media loop -------------------------------------------------------------------------

    def play(self, now: float) -> None:
        """Send what is due; call it every frame."""
        stage = self._stage
        if stage is None:
            return
        if heard := stage.playout.take_heard(now):
            self._played(heard, now)
        audio, text = stage.playout.take_due(now), stage.playout.text_started()
        if audio or text is not None:
            self._send(stage, text, audio, now)
            self._tell_closing(stage, now)
        elif stage.playout.drained(now):
            self._expected = False
            self._close(stage, now)
            self._post(PlayoutDrained(stage.turn_id))
        elif stage.marked and stage.playout.caught_up(now):
            stage.marked = False
            self._post(CaughtUp(stage.turn_id))
        else:
            self._tell_closing(stage, now)

    def _tell_closing(self, stage: ReplyStage, now: float) -> None:
        remaining_s = stage.playout.remaining_s(now)
        if remaining_s is not None and remaining_s <= CLOSING_S and stage.announced and not stage.closing:
            stage.closing = True
            self._post(NearlyHeard(stage.turn_id))

    def _send(self, stage: ReplyStage, text: str | None, audio: bytes, now: float) -> None:
        if text is not None:
            self._leg.send(wire.OnResponseText(text, is_final=False))
        if audio:
            self._leg.send(audio)
        self._expected = False
        if not stage.announced:
            stage.announced = True
            latency = stage.watch.sent(now)
            if audio and latency is not None:
                self._leg.send(wire.OnMetrics(stage.turn_id, **latency.to_wire()))
                self._report.answered(stage.turn_id, latency)
            self._post(PlayoutStarted(stage.turn_id))
        if text is not None:
            self._post(AgentSaid(stage.turn_id, text))


def _request_of(
    plan: SessionPlan, turn_id: int, transcript: Transcript, tools: Sequence[ToolOffer], unix_s: float
) -> ReplyRequest:
    limits = plan.config.llm.history_settings
    return ReplyRequest(
        llm=plan.config.llm,
        system_prompt=with_local_time(plan.system_prompt, plan.config.timezone, unix_s),
        messages=transcript.for_model(limits.history_message_limit, limits.history_tool_result_limit),
        variables=plan.variables,
        tools=tools,
        turn_id=turn_id,
    )
