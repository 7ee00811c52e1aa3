"""The agent's half of the conversation: which reply is owed, and how the call comes to its end."""

from callcore.calls.call import CallStatus
from media_worker.conversation.acting import Acting
from media_worker.conversation.board import Board
from media_worker.conversation.deadlines import Due
from media_worker.conversation.effects import (
    AnswerForm,
    CutReply,
    EndSession,
    Fill,
    HoldPlayout,
    PromoteReply,
    RestartReply,
    ResumePlayout,
    Say,
    StartReply,
)
from media_worker.conversation.ending import EndSignal
from media_worker.conversation.events import (
    AgentSaid,
    CaughtUp,
    NearlyHeard,
    PlayoutDrained,
    PlayoutStarted,
    ReplyEnded,
    ReplyFailed,
    ToolFinished,
    ToolsCalled,
    VoiceAsked,
    VoiceFailed,
)
from media_worker.conversation.floor import Floor, Signal
from media_worker.conversation.reply import Reply, ReplyKind, ReplySignal, ReplyState
from media_worker.conversation.speculation import Speculation

MAX_CORRECTIONS = 2
"""Of one turn; then the reply is to what was understood before."""
MAX_VOICE_FAILURES = 2
"""Consecutive replies without a voice after which the call ends: nobody would hear the next one."""

ReplyEvent = (
    AgentSaid
    | CaughtUp
    | VoiceAsked
    | NearlyHeard
    | PlayoutStarted
    | PlayoutDrained
    | ReplyEnded
    | ReplyFailed
    | ToolsCalled
    | VoiceFailed
)


class Speaking:
    """Owns the reply."""

    def __init__(self, board: Board, acting: Acting, speculation: Speculation) -> None:
        self._board = board
        self._acting = acting
        self._speculation = speculation
        self.reply: Reply | None = None
        self.stale_events = 0
        """Events of replies that were over: normal traffic."""
        self._voice_failures = 0
        self._fillers_said = 0

    @property
    def may_interrupt(self) -> bool:
        """Nothing is being said, or it may be interrupted."""
        return self.reply is None or not self.reply.live or self.reply.interruptible

    @property
    def may_barge_in(self) -> bool:
        """Nothing is being said, or a voice may interrupt it: not in the last second, when people take their turn."""
        is_closing = self._board.floor is Floor.ANSWERING and self.reply is not None and self.reply.closing
        return self.may_interrupt and not is_closing

    @property
    def audible(self) -> bool:
        """Something of the reply has been sent."""
        return self.reply is not None and self.reply.audible

    def _new_reply(self, kind: ReplyKind, *, interruptible: bool) -> Reply:
        self._board.last_turn_id += 1
        self.reply = Reply(self._board.last_turn_id, kind, interruptible)
        return self.reply

    # --- events ---------------------------------------------------------------------------------

    def ready(self) -> None:
        """The session begins."""
        board, policy = self._board, self._board.policy
        board.deadlines.arm(Due.MAX_DURATION, board.now + policy.max_duration_s)
        board.last_activity = board.now
        if policy.user_start_first:
            return board.explain("waiting: the user starts first")
        board.signal(Signal.SPEAK)
        interruptible = policy.interruptions and policy.greeting_interruptible
        reply = self._new_reply(ReplyKind.GREETING, interruptible=interruptible)
        greeting = policy.greeting
        board.do(StartReply(reply.turn_id) if greeting is None else Say(reply.turn_id, greeting))

    def reply_event(self, event: ReplyEvent) -> None:
        """Something happened to a reply; of a reply that is over it is stale."""
        reply = self.reply
        if reply is None or not reply.live or event.turn_id != reply.turn_id:
            self.stale_events += 1
            return
        match event:
            case PlayoutStarted():
                self._voice_failures = 0
                self._forget_filler(reply)
                reply.signal(ReplySignal.AUDIO)
                self._board.sounding_since = self._board.now
            case VoiceAsked():
                self._forget_filler(reply)
            case AgentSaid() | NearlyHeard():
                self._on_sounding(reply, event)
            case ReplyEnded(end_call=True):
                self._last_words(reply)
            case ToolsCalled():
                self._on_tools_called(reply, event)
            case CaughtUp():
                self._acting.heard(reply)
            case PlayoutDrained():
                self._over(reply)
            case ReplyFailed() | VoiceFailed():
                self._on_failed(event)

    def _on_sounding(self, reply: Reply, event: AgentSaid | NearlyHeard) -> None:
        if isinstance(event, AgentSaid):
            self._board.agent.said(event.turn_id, event.text, self._board.now)
        else:
            reply.closing = True

    def _on_tools_called(self, reply: Reply, event: ToolsCalled) -> None:
        self._acting.called(reply, event.calls, spoke=event.spoke)
        if reply.tools.ends_call:
            self._last_words(reply)

    def tool_finished(self, event: ToolFinished) -> None:
        """A function has its result; when nobody waits for it, it is stale, unless the call ends with it."""
        is_awaited = self._acting.finished(event)
        if event.ends_call:
            reply = self.reply
            if not is_awaited or reply is None or not reply.live:
                return self.end(CallStatus.AGENT_ENDED)
            self._last_words(reply)
        elif not is_awaited:
            self.stale_events += 1

    def _last_words(self, reply: Reply) -> None:
        """The agent ends the call with this reply: it is heard whole."""
        self._board.explain("ending: the agent ends the call")
        self._board.ending.signal(EndSignal.CLOSE, CallStatus.AGENT_ENDED)
        reply.interruptible = False
        if self._board.floor is Floor.PAUSED:
            self._board.signal(Signal.HOLD_OVER)

    def _on_failed(self, event: ReplyFailed | VoiceFailed) -> None:
        """The model's failure is apologised for; what a voice had said is still heard, and PlayoutDrained follows."""
        if isinstance(event, ReplyFailed):
            self._board.explain("the language model failed")
            return self.say(ReplyKind.APOLOGY, self._board.policy.phrases.technical_problem)
        self._voice_failures += 1
        self._board.explain("the voice failed")
        if self._voice_failures >= MAX_VOICE_FAILURES:
            self.end(CallStatus.ERROR, "speech synthesis failed")

    def _over(self, reply: Reply) -> None:
        """The reply was heard to its end, or will never be."""
        board = self._board
        reply.signal(ReplySignal.OVER)
        self._acting.abandon(reply)
        board.deadlines.disarm(Due.HOLD, Due.HOLD_CAP, Due.FILLER)
        if reply.kind is ReplyKind.VOICEMAIL or not board.ending.farewell_owed:
            is_voicemail = reply.kind is ReplyKind.VOICEMAIL
            return self.end(CallStatus.VOICEMAIL_MESSAGE if is_voicemail else CallStatus.AGENT_ENDED)
        board.silent_since = board.now
        if reply.kind is not ReplyKind.IDLE_PROMPT:
            board.last_activity = board.now
        board.signal(Signal.REPLY_OVER)

    # --- what silence makes it say ---------------------------------------------------------------

    def filler(self) -> None:
        """The reply is slow."""
        board, reply = self._board, self.reply
        if reply is None or reply.fill_due is None or board.floor is not Floor.ANSWERING:
            return
        fillers = board.policy.fillers or (board.policy.phrases.one_moment,)
        board.explain("filling: the reply takes long")
        board.do(Fill(reply.turn_id, fillers[self._fillers_said % len(fillers)]))
        self._fillers_said += 1
        reply.fill_due = None

    def _await_filler(self, reply: Reply) -> None:
        if reply.fill_due is not None:
            self._board.deadlines.arm(Due.FILLER, max(self._board.now, reply.fill_due))

    def _forget_filler(self, reply: Reply) -> None:
        reply.fill_due = None
        self._board.deadlines.disarm(Due.FILLER)

    def inactivity(self) -> None:
        """Nobody has spoken for a while."""
        self._board.explain("asking: nobody has spoken for a while")
        self.say(ReplyKind.IDLE_PROMPT, self._board.policy.inactivity_message)

    def ask_again(self) -> None:
        """The user spoke, and nothing was understood."""
        self._board.explain("asking: there was speech, and no words")
        self._speak(ReplyKind.APOLOGY, self._board.policy.phrases.not_caught)

    def owe_voicemail(self) -> None:
        """A machine listens: say nothing more to it, until `leave_voicemail`."""
        self._board.signal(Signal.SPEAK)
        self._new_reply(ReplyKind.VOICEMAIL, interruptible=False)

    @property
    def owes_voicemail(self) -> bool:
        """A machine is listened to, or spoken to, and nobody has interrupted."""
        return self.reply is not None and self.reply.live and self.reply.kind is ReplyKind.VOICEMAIL

    def leave_voicemail(self, message: str, *, interruptible: bool) -> None:
        """Say the message, unless something else has been said since."""
        if self.reply is not None and self.owes_voicemail:
            self.reply.interruptible = interruptible
            self._board.do(Say(self.reply.turn_id, message))

    # --- the end --------------------------------------------------------------------------------

    def max_idle(self) -> None:
        """Nobody spoke for too long."""
        self._board.explain("ending: nobody spoke for too long")
        self.say_goodbye()

    def say_goodbye(self) -> None:
        """The call has taken its time."""
        self.close(CallStatus.TIMEOUT, self._board.policy.timeout_message)

    def hard_stop(self) -> None:
        """The goodbye has taken too long."""
        self.end(CallStatus.TIMEOUT)

    def close(self, reason: CallStatus, message: str, error: str | None = None) -> None:
        """End the call once `message` has been heard; at once when it is empty."""
        if not message:
            return self.end(reason, error)
        board = self._board
        board.deadlines.disarm(Due.LAST_SENTENCE)
        if not board.deadlines.armed(Due.HARD_STOP):
            board.deadlines.arm(Due.HARD_STOP, board.now + board.policy.hard_stop_s)
        if board.ending.farewell_owed:
            board.ending.signal(EndSignal.CLOSE, reason, error)
            self.say(ReplyKind.GOODBYE, message)

    def end(self, reason: CallStatus, error: str | None = None) -> None:
        """End the call at once; an earlier reason stays."""
        ending = self._board.ending
        ending.signal(EndSignal.END, reason, error)
        self._board.signal(Signal.END)
        self._board.do(EndSession(ending.reason or reason, ending.error))

    # --- the floor's actions --------------------------------------------------------------------

    def answer(self) -> None:
        """The user's turn is complete: reply to it."""
        board, policy = self._board, self._board.policy
        board.explain("answering: the user's turn is complete")
        prepared = self._speculation.promote(board.last_text)
        if prepared is None:
            reply = self._new_reply(ReplyKind.ANSWER, interruptible=policy.interruptions)
            board.do(StartReply(reply.turn_id))
        else:
            reply = self.reply = prepared.reply
            board.last_turn_id = reply.turn_id
            board.do(PromoteReply(reply.turn_id, prepared.number))
        if policy.filler_after_s is not None and policy.fillers:
            reply.fill_due = board.last_true_end + policy.filler_after_s
        elif policy.slow_reply_s is not None:
            reply.fill_due = board.now + policy.slow_reply_s
        self._await_filler(reply)

    def answer_form(self, call_id: str) -> None:
        """The user came back to a form: reply to what he made of it."""
        self._board.signal(Signal.SPEAK)
        reply = self._new_reply(ReplyKind.ANSWER, interruptible=self._board.policy.interruptions)
        self._board.do(AnswerForm(reply.turn_id, call_id))

    def hold(self) -> None:
        """A sound over the reply: stop talking, keep thinking."""
        self._board.explain("holding: a sound over the reply")
        self._board.deadlines.disarm(Due.FILLER)
        self._board.deadlines.arm(Due.HOLD_CAP, self._board.now + self._board.policy.hold_cap_s)
        self._board.do(HoldPlayout(audible=self.audible))

    def resume(self) -> None:
        """It was no interruption."""
        self._board.deadlines.disarm(Due.HOLD, Due.HOLD_CAP)
        self._board.explain("resuming: no interruption")
        self._board.do(ResumePlayout(audible=self.audible))
        if self.reply is not None:
            self._acting.go_on(self.reply)
            self._await_filler(self.reply)

    def think_again(self) -> None:
        """What is being answered was something else; a reply that is heard already goes on."""
        reply = self.reply
        if reply is None or reply.kind is not ReplyKind.ANSWER or reply.state is not ReplyState.COMMITTED:
            return
        if reply.tools.number or reply.corrections >= MAX_CORRECTIONS:
            return
        reply.corrections += 1
        self._board.explain("answering anew: the user's words were corrected")
        self._board.do(RestartReply(reply.turn_id))

    def cut(self) -> None:
        """The reply is over, wherever it stands."""
        self._board.deadlines.disarm(Due.HOLD, Due.HOLD_CAP, Due.FILLER)
        reply = self.reply
        if reply is not None and reply.live:
            audible = reply.audible
            reply.signal(ReplySignal.CUT)
            self._board.do(CutReply(reply.turn_id, audible=audible, keep=self._board.policy.keep_interrupted))
            self._acting.abandon(reply)

    def say(self, kind: ReplyKind, text: str) -> None:
        """Speak unasked, in place of whatever is being said."""
        self._board.signal(Signal.SPEAK)
        self._speak(kind, text)

    def _speak(self, kind: ReplyKind, text: str) -> None:
        interruptible = kind is not ReplyKind.GOODBYE and self._board.policy.interruptions
        reply = self._new_reply(kind, interruptible=interruptible)
        self._board.do(Say(reply.turn_id, text))
