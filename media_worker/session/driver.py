"""Drives one session: feeds events and deadlines to the conversation and performs its effects.

Everything runs on one event loop and effects are performed synchronously, so an event is dealt with
completely before the next one.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import inf

from callcore.calls.call import CallStatus, EndCode
from callcore.calls.transcript import Transcript
from callcore.calls.usage import UsageLine
from callcore.errors import LimitExceeded, RemoteProtocolError, ToolFailed, TransportClosed
from callcore.ids import AccountId, SessionId
from callcore.opening.plan import CHAT, SessionPlan
from callcore.phones.answered_by import AnsweredBy
from callcore.tools.toolbox import toolbox
from callcore.wire import client as wire
from callcore.wire.client import CloseCode
from media_worker.conversation import effects as do
from media_worker.conversation import events as did
from media_worker.conversation.machine import Conversation
from media_worker.conversation.notices import MAX_WAITING
from media_worker.conversation.policy import TurnPolicy
from media_worker.conversation.resumable import ResumableConversation
from media_worker.media.beep import BeepDetector
from media_worker.media.speech_edge import SpeechEdges
from media_worker.ports.leg import Leg
from media_worker.session.casting.providers import Providers
from media_worker.session.clock import WorkerClock
from media_worker.session.journal import Journal, SessionEnd
from media_worker.session.pacer import Pacer
from media_worker.session.report.session_report import SessionReport
from media_worker.session.report.spoken_times import spoken_times
from media_worker.session.stages.afterwards import wanted_afterwards
from media_worker.session.stages.ear import Ear
from media_worker.session.stages.hands import Hands, Reach
from media_worker.session.stages.intake import Intake
from media_worker.session.stages.mouth import Mouth
from media_worker.session.stages.recognition import Recognition
from media_worker.session.stages.tool_policies import tool_policies
from media_worker.session.stages.turn_policy import edge_policy, minds_machines, policy_notes, turn_policy

LIMIT_MESSAGE = "I am sorry, we have to end this call."
log = logging.getLogger(__name__)


class Session:
    """One session, from `onready` to its end. `run` once."""

    def __init__(
        self, plan: SessionPlan, leg: Leg, providers: Providers, journal: Journal, clock: WorkerClock, pacer: Pacer
    ) -> None:
        self._plan, self._leg, self._providers = plan, leg, providers
        self._journal, self._clock, self._pacer = journal, clock, pacer
        self._box = box = toolbox(plan.config, plan.variables, by_phone=plan.by_phone, searched=plan.knowledge.searched)
        self._policies = tool_policies(plan, box)
        self._conversation = ResumableConversation(Conversation(self._turn_policy()))
        self._transcript = transcript = Transcript(plan.history)
        self._report = report = SessionReport(providers.serving, spoken_times(clock, transcript))
        post, remembered = self._post, self._checkpoint
        self._ear = _ear(plan, leg.sample_rate_hz, providers, post)
        self._mouth = Mouth(
            plan,
            leg,
            providers,
            transcript,
            clock,
            tools=box.offers,
            report=report,
            post=post,
            remembered=remembered,
            played=self._ear.played,
        )
        self.dial: Callable[[str], bool] = lambda _: False
        """Presses keys beside the sound, and says whether it does; a leg that can has it set before `run`."""
        self._hands = self._hands_of(journal)
        self._recognition = Recognition(plan, providers.stt, self._ear, clock, report.meter, self._turn_policy, post)
        self._intake = Intake(leg, self._ear, self._recognition, self._mouth, self._hands, clock, post=post)
        self._true_end: float | None = None
        self._do_not_call, self._deadline_moved = False, asyncio.Event()
        self._ended: asyncio.Future[do.EndSession] | None = None
        self._started_at, self._over_at, self._close_code = clock.monotonic_s(), inf, CloseCode.NORMAL

    def _hands_of(self, journal: Journal) -> Hands:
        reach = Reach(
            post=self._post,
            remembered=self._checkpoint,
            switch_language=self._switch_language,
            hand_over=journal.hand_over,
            sound=self._mouth.sound,
            dial=lambda keys: self.dial(keys),
            search=self._providers.search,
        )
        runner = self._providers.tools
        return Hands(self._plan, self._leg, runner, self._transcript, self._box, self._policies, reach)

    async def run(self) -> SessionEnd:
        """Hold the conversation. Returns when it is over, whatever happened; the leg is still open."""
        self._ended = asyncio.get_running_loop().create_future()
        self._started_at = self._clock.monotonic_s()
        try:
            end = await self._run(self._ended)
        except Exception:
            log.exception("a session failed", extra={"session_id": self._plan.session_id})
            end = do.EndSession(CallStatus.ERROR, "internal error")
        self._over_at = self._clock.monotonic_s()
        failed = end.reason is CallStatus.ERROR and self._close_code == CloseCode.NORMAL
        return SessionEnd(
            status=_status(self._plan, end.reason),
            duration_s=round(self._lasted_until - self._started_at),
            chars_used=self._mouth.chars_spoken,
            usage=self.usage(),
            chat=self._transcript.chat(),
            close_code=CloseCode.SERVER_ERROR if failed else self._close_code,
            error=end.error,
            call_analysis=_call_analysis(self._plan, self._do_not_call),
            call_metrics=self._report.metrics(),
        )

    @property
    def session_id(self) -> SessionId:
        """What the session is called."""
        return self._plan.session_id

    @property
    def account_id(self) -> AccountId:
        """Whose session it is."""
        return self._plan.account_id

    @property
    def _goes_on(self) -> bool:
        return self._ended is not None and not self._ended.done()

    def terminate(self, message: str) -> bool:
        """The account's back end ends the session, after saying `message`; False when it does not run (any more)."""
        return self._told(did.Terminated(CallStatus.API_ENDED, message))

    def hint(self, answered_by: AnsweredBy) -> bool:
        """The carrier says who answered the call; False when the session does not run."""
        return self._told(did.AnswererHinted(answered_by))

    def tell(self, text: str) -> bool:
        """The account's back end has the agent say a text, once nobody speaks; False when the session does not run.

        Raises LimitExceeded when too many wait already.
        """
        if self._goes_on and self._conversation.notices_full:
            raise LimitExceeded(f"{MAX_WAITING} messages wait to be said already")
        return self._told(did.Told(text))

    def _told(self, event: did.Event) -> bool:
        goes_on = self._goes_on
        if goes_on:
            self._post(event)
        return goes_on

    def _turn_policy(self) -> TurnPolicy:
        providers = self._providers
        return turn_policy(self._plan, providers.stt.capabilities, providers.llm.capabilities, self._policies)

    def _switch_language(self, language: str) -> None:
        """Hear, speak and take turns in another language from now on. Raises ToolFailed."""
        if not self._providers.speaks(language):
            raise ToolFailed("that language can be neither heard nor spoken here")
        self._plan = replace(self._plan, language=language)
        self._mouth.switch(language)
        self._recognition.switch(language)
        self._post(did.LanguageSwitched(self._turn_policy()))

    async def afterwards(self, end: SessionEnd) -> SessionEnd:
        """Ask the model what is to be run after the call, now that it is over; what that used is counted."""
        wanted = await wanted_afterwards(self._plan, self._providers.llm, end.chat, self._report.meter)
        return replace(end, after_call=wanted, usage=self.usage())

    def usage(self) -> tuple[UsageLine, ...]:
        """What it has used until now."""
        return self._report.usage(self._plan.transport, self._started_at, self._lasted_until)

    @property
    def _lasted_until(self) -> float:
        """Now, or its end; in writing its last message: nobody pays for waiting for the next one."""
        if self._plan.transport == CHAT:
            return max(self._started_at, self._report.last_message_at)
        return min(self._over_at, self._clock.monotonic_s())

    def use_up(self, reason: str) -> None:
        """A limit is reached: end the session, after saying so."""
        self._post(did.Terminated(CallStatus.TIMEOUT, LIMIT_MESSAGE, reason))

    def hang_up(self) -> None:
        """The user is gone, although his connection does not show it: he is back over another one."""
        self._post(did.HungUp())

    def shut_down(self, message: str = "") -> None:
        """The worker is going away: end the session, after saying `message`."""
        self._close_code = CloseCode.SHUTDOWN
        self._post(did.Terminated(CallStatus.ERROR, message, EndCode.WORKER_SHUTDOWN))

    async def _run(self, ended: "asyncio.Future[do.EndSession]") -> do.EndSession:
        async with asyncio.TaskGroup() as tasks:
            self._mouth.open(tasks)
            self._hands.open(tasks)
            self._recognition.open(tasks)
            self._providers.follower.open(tasks, self._post)
            parts = (self._listen(), self._watch_deadlines(), self._journal.run(), self._providers.prepare())
            running = [tasks.create_task(part) for part in parts]
            self._pacer.add(self._tick)
            try:
                self._leg.send(wire.OnReady(self._plan.session_id, self._plan.is_resumed))
                ignored = policy_notes(self._plan, self._providers.stt.capabilities)
                for note in (*self._plan.notes, *self._providers.notes, *self._box.notes, *ignored):
                    self._leg.send(wire.AiAction(note))
                self._post(did.Ready())
                self._post(did.MicrophoneClosed())
                end = await ended
            finally:
                self._pacer.remove(self._tick)
                self._mouth.stop()
                self._recognition.stop()
                self._providers.follower.close()
                for task in running:
                    task.cancel()
            await self._hands.close()
        return end

    # --- events in ------------------------------------------------------------------------------

    def _post(self, event: did.Event | did.TransportEvent) -> None:
        now = self._clock.monotonic_s()
        self._report.happened(event, now)
        self._providers.follower.happened(event)
        self._perform_all(self._conversation.handle(event, now))

    def _perform_all(self, effects: tuple[do.Effect, ...]) -> None:
        for effect in effects:
            self._perform(effect)
        self._deadline_moved.set()

    async def _watch_deadlines(self) -> None:
        while True:
            self._deadline_moved.clear()
            deadline = self._conversation.next_deadline()
            wait_s = None if deadline is None else max(0.0, deadline - self._clock.monotonic_s())
            try:
                async with asyncio.timeout(wait_s):
                    await self._deadline_moved.wait()
            except TimeoutError:
                # A loop may wake early by its clock's resolution: the deadline has passed by definition.
                now = max(self._clock.monotonic_s(), deadline or 0.0)
                self._perform_all(self._conversation.handle_deadline(now))

    async def _listen(self) -> None:
        try:
            await self._intake.run()
        except TransportClosed:
            self._post(did.HungUp())
        except RemoteProtocolError as error:
            log.info("the client broke the protocol", extra={"session_id": self._plan.session_id})
            self._close_code = error.close_code
            self._post(did.Terminated(CallStatus.ERROR, error=str(error)))

    # --- the media loop -------------------------------------------------------------------------

    def _tick(self, now: float) -> None:
        try:
            self._intake.tick(now)
            self._mouth.play(now)
        except Exception:
            log.exception("a session failed", extra={"session_id": self._plan.session_id})
            self._perform(do.EndSession(CallStatus.ERROR, "internal error"))

    # --- effects out ----------------------------------------------------------------------------

    def _perform(self, effect: do.Effect) -> None:
        self._report.decided(effect, self._clock.monotonic_s())
        self._providers.follower.decided(effect)
        mouth = self._mouth
        match effect:
            case do.StartReply(turn_id):
                mouth.start_reply(turn_id, self._true_end)
            case do.RestartReply(turn_id):
                mouth.restart_reply(turn_id, self._true_end)
            case do.PrepareReply() | do.PrepareVoice() | do.PromoteReply() | do.DiscardReply():
                _prepare(mouth, effect, self._true_end)
            case do.Say(turn_id, text):
                mouth.say(turn_id, text)
            case do.Fill(turn_id, text):
                mouth.fill(turn_id, text)
            case do.HoldPlayout(audible):
                mouth.hold(audible=audible)
            case do.ResumePlayout(audible):
                mouth.resume(audible=audible)
            case do.CutReply(turn_id, audible, keep):
                mouth.cut(turn_id, audible=audible, keep=keep)
            case _:
                self._perform_for_functions(effect)

    def _perform_for_functions(self, effect: do.Effect) -> None:
        mouth = self._mouth
        match effect:
            case do.Announce(turn_id, texts):
                mouth.announce(turn_id, texts)
            case do.SayAside(turn_id, text):
                mouth.aside(turn_id, text)
            case do.AwaitHeard(turn_id):
                mouth.await_heard(turn_id)
            case do.RunTools(turn_id, calls):
                mouth.call(turn_id, calls)
                self._hands.run(calls)
            case do.CancelTool(call_id, timed_out):
                self._hands.cancel(call_id, timed_out=timed_out)
            case do.ContinueReply(turn_id, may_call):
                mouth.go_on(turn_id, may_call=may_call)
            case do.AnswerForm(turn_id, call_id):
                self._transcript.repeat_call(call_id)
                mouth.start_reply(turn_id, None)
            case do.FinishReply(turn_id):
                mouth.finish(turn_id)
            case _:
                self._perform_for_the_user(effect)

    def _perform_for_the_user(self, effect: do.Effect) -> None:
        match effect:
            case do.CommitUser(text, true_end):
                self._true_end = true_end
                self._transcript.add_user(text)
                self._checkpoint()
            case do.ReviseUser(text):
                self._transcript.revise_user(text)
                self._checkpoint()
            case do.DoubtSounds():
                self._ear.doubt()
            case do.RequestFinal():
                self._ear.request_final()
            case do.ShowTranscript(text, is_final):
                self._leg.send(wire.OnTranscript(text, is_final))
            case do.NoteDoNotCall():
                self._do_not_call = True
            case do.Explain(text):
                self._leg.send(wire.AiAction(text))
            case do.EndSession():
                if self._ended is not None and not self._ended.done():
                    self._ended.set_result(effect)

    def _checkpoint(self) -> None:
        self._journal.note(self._transcript.chat(), self._mouth.chars_spoken, self._report.metrics())


def _status(plan: SessionPlan, reason: CallStatus) -> CallStatus:
    """A conversation in writing has one way to end well (protocol.md 8)."""
    is_well = reason in (CallStatus.USER_ENDED, CallStatus.AGENT_ENDED, CallStatus.TIMEOUT)
    return CallStatus.CHAT_COMPLETION if plan.transport == CHAT and is_well else reason


def _ear(plan: SessionPlan, rate_hz: int, providers: Providers, post: Callable[[did.Event], None]) -> Ear:
    vad = providers.vad.open(rate_hz)
    edges = SpeechEdges(rate_hz, vad.window_ms, edge_policy(plan.config))
    beeps = BeepDetector(rate_hz) if minds_machines(plan) else None
    return Ear(vad, edges, rate_hz, gated=providers.stt.capabilities.gated, post=post, beeps=beeps)


def _call_analysis(plan: SessionPlan, do_not_call: bool) -> Mapping[str, bool] | None:
    """What was watched for, and whether it was heard."""
    return {"opt_out_detection": do_not_call} if plan.config.privacy_settings.do_not_call_detection else None


def _prepare(
    mouth: Mouth, effect: do.PrepareReply | do.PrepareVoice | do.PromoteReply | do.DiscardReply, true_end: float | None
) -> None:
    match effect:
        case do.PrepareReply(turn_id, attempt, text):
            mouth.prepare(turn_id, attempt, text)
        case do.PrepareVoice(attempt):
            mouth.admit_voice(attempt)
        case do.PromoteReply(turn_id, attempt):
            mouth.promote(turn_id, attempt, true_end)
        case do.DiscardReply(attempt):
            mouth.discard(attempt)
