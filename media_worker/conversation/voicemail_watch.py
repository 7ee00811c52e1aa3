"""Watches the beginning of an outbound call for a machine, and does with it what the agent wants."""

from callcore.calls import CallStatus
from media_worker.conversation import events as did
from media_worker.conversation.board import Board
from media_worker.conversation.deadlines import Due
from media_worker.conversation.hearing import Hearing
from media_worker.conversation.speaking import Speaking
from media_worker.conversation.voicemail import MAX_ANSWERED, TABLE, Answerer, VoicemailPolicy, VoicemailSignal

PAUSE_S = 1.0
"""A greeting has no longer pauses."""


class VoicemailWatch:
    """Does nothing without a policy: the call is no outbound one, or nobody cares."""

    def __init__(self, board: Board, hearing: Hearing, speaking: Speaking) -> None:
        self._board = board
        self._hearing = hearing
        self._speaking = speaking
        self._policy: VoicemailPolicy | None = board.policy.voicemail
        self._answerer = Answerer.LISTENING
        self._answered_at = 0.0
        self._answers = 0
        self._greeting_since: float | None = None
        self._silent_since = 0.0
        self._message_due_at_last = 0.0

    def call_begins(self) -> None:
        """The call was answered just now."""
        self._answered_at = self._board.now

    def heard(self, event: did.Event) -> None:
        """The conversation has dealt with what was heard."""
        policy = self._policy
        if policy is None:
            return
        match event:
            case did.SpeechStarted():
                self._sound_began()
            case did.SpeechEnded(true_end):
                self._silent_since = min(true_end, self._board.now)
                if self._answerer is Answerer.MACHINE:
                    self._board.deadlines.arm(Due.VOICEMAIL, self._silent_since + policy.silence_s)
            case did.PartialHeard(text) | did.FinalHeard(text):
                self._words(policy, text)

    def _sound_began(self) -> None:
        now = self._board.now
        if self._greeting_since is None or now - self._silent_since > PAUSE_S:
            self._greeting_since = now
        if self._answerer is Answerer.MACHINE:
            self._board.deadlines.arm(Due.VOICEMAIL, self._message_due_at_last)

    def _words(self, policy: VoicemailPolicy, text: str) -> None:
        board = self._board
        if self._answerer is not Answerer.LISTENING or board.now - self._answered_at > policy.window_s:
            return
        spoken_s = 0.0 if self._greeting_since is None else board.now - self._greeting_since
        if not policy.is_machine(text, spoken_s):
            return
        self._answerer = TABLE[self._answerer, VoicemailSignal.MACHINE_WORDS]
        if policy.message:
            board.explain("voicemail: a machine has answered; the message is left after its greeting")
            self._speaking.owe_voicemail()
            self._message_due_at_last = board.now + policy.max_greeting_s
            board.deadlines.arm(Due.VOICEMAIL, self._message_due_at_last)
        else:
            board.explain("voicemail: a machine has answered")
            self._speaking.end(CallStatus.VOICEMAIL_HANGUP)

    def due(self) -> None:
        """The greeting is over: leave the message."""
        policy = self._policy
        if policy is not None and self._answerer is Answerer.MACHINE:
            self._answerer = TABLE[self._answerer, VoicemailSignal.SILENCE]
            self._hearing.drop_turn()
            self._speaking.leave_voicemail(policy.message, interruptible=policy.continue_on_voice_activity)

    def turn_answered(self) -> None:
        """The agent answers what was said: to a person, if that happens again or over the message."""
        self._answers += 1
        if self._answers >= MAX_ANSWERED or self._answerer is Answerer.LEAVING:
            self._answerer = TABLE[self._answerer, VoicemailSignal.PERSON]
