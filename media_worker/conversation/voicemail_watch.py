"""Watches the beginning of an outbound call for a machine, and does with it what the agent wants."""

from callcore.calls.call import CallStatus
from callcore.phones.answered_by import AnsweredBy
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
        self._sounds = False
        self._asked = False
        """Whoever greets us wants to know something."""
        self._understood = False
        """Some of his words are known: on one whom we do not understand we do not hang up because of a beep."""
        self._hint: AnsweredBy | None = None
        """What the carrier takes him for."""
        self._message_due_at_last = 0.0
        self._left_at: float | None = None
        self._is_repeated = False

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
                self._silent_since, self._sounds = min(true_end, self._board.now), False
                if self._answerer is Answerer.MACHINE:
                    due = min(self._silent_since + policy.silence_s, self._message_due_at_last)
                    self._board.deadlines.arm(Due.VOICEMAIL, due)
            case did.BeepHeard():
                self._beep(policy)
            case did.AnswererHinted(answered_by):
                self._hinted(policy, answered_by)
            case did.PartialHeard(text) | did.FinalHeard(text):
                self._words(policy, text)

    def _sound_began(self) -> None:
        now = self._board.now
        if self._greeting_since is None or now - self._silent_since > PAUSE_S:
            self._greeting_since, self._asked = now, False
        self._sounds = True
        if self._answerer is Answerer.MACHINE:
            self._board.deadlines.arm(Due.VOICEMAIL, self._message_due_at_last)

    def _words(self, policy: VoicemailPolicy, text: str) -> None:
        board = self._board
        if self._answerer is not Answerer.LISTENING or board.now - self._answered_at > policy.window_s:
            return
        self._asked = self._asked or policy.asks(text)
        self._understood = self._understood or bool(text)
        spoken_s = 0.0 if self._greeting_since is None else board.now - self._greeting_since
        if policy.is_machine(text, spoken_s, self._hint):
            self._machine(policy, VoicemailSignal.MACHINE_WORDS, board.now + policy.max_greeting_s)

    def _machine(self, policy: VoicemailPolicy, signal: VoicemailSignal, message_due: float) -> None:
        board = self._board
        self._answerer = TABLE[self._answerer, signal]
        if policy.message:
            board.explain("voicemail: a machine has answered; the message is left after its greeting")
            self._speaking.owe_voicemail()
            self._message_due_at_last = message_due
            if signal is VoicemailSignal.MACHINE_WORDS and not self._sounds:
                # The words came when their sound was over.
                message_due = max(board.now, self._silent_since + policy.silence_s)
            board.deadlines.arm(Due.VOICEMAIL, message_due)
        else:
            board.explain("voicemail: a machine has answered")
            self._speaking.end(CallStatus.VOICEMAIL_HANGUP)

    def _hinted(self, policy: VoicemailPolicy, answered_by: AnsweredBy) -> None:
        """The carrier's word: a fax is one; of all else it makes more or less of what we hear."""
        board = self._board
        if answered_by is AnsweredBy.FAX:
            if self._answerer is Answerer.LISTENING:
                board.explain("voicemail: a fax has answered")
                self._answerer = TABLE[self._answerer, VoicemailSignal.FAX]
                self._speaking.end(CallStatus.VOICEMAIL_HANGUP)
            return
        self._hint = AnsweredBy.HUMAN if answered_by is AnsweredBy.HUMAN else AnsweredBy.MACHINE
        if answered_by is AnsweredBy.BEEP:
            self._beep(policy)
        elif answered_by is AnsweredBy.GREETING_OVER and self._answerer is Answerer.MACHINE and not self._sounds:
            board.deadlines.arm(Due.VOICEMAIL, max(board.now, self._silent_since + policy.silence_s))

    def _beep(self, policy: VoicemailPolicy) -> None:
        """The recording begins, if it is a machine's."""
        board = self._board
        due = board.now + policy.after_beep_s
        match self._answerer:
            case Answerer.LISTENING if self._ends_greeting(policy) and (policy.message or self._understood):
                self._machine(policy, VoicemailSignal.BEEP, due)
            case Answerer.MACHINE:
                self._message_due_at_last = due
                board.deadlines.arm(Due.VOICEMAIL, due)
            case Answerer.LEAVING if self._cut_off(policy):
                board.explain("voicemail: the beep comes now; the message is said again")
                self._is_repeated = True
                self._machine(policy, VoicemailSignal.BEEP, due)

    def _ends_greeting(self, policy: VoicemailPolicy) -> bool:
        """Whether somebody has talked on and on until just now, and asked nothing."""
        now = self._board.now
        if self._greeting_since is None or self._asked or now - self._answered_at > policy.max_greeting_s:
            return False
        silent_since = now if self._sounds else self._silent_since
        return silent_since - self._greeting_since >= policy.beep_after_s and now - silent_since <= policy.beep_within_s

    def _cut_off(self, policy: VoicemailPolicy) -> bool:
        """Whether the message had just begun when the beep came; once in a call."""
        if self._left_at is None or self._is_repeated or not self._speaking.owes_voicemail:
            return False
        return self._board.now - self._left_at <= policy.too_early_s

    def due(self) -> None:
        """The greeting is over: leave the message."""
        policy = self._policy
        if policy is not None and self._answerer is Answerer.MACHINE:
            self._answerer = TABLE[self._answerer, VoicemailSignal.SILENCE]
            self._hearing.drop_turn()
            self._left_at = self._board.now
            self._speaking.leave_voicemail(policy.message, interruptible=policy.continue_on_voice_activity)

    def turn_answered(self) -> None:
        """The agent answers what was said: to a person, if that happens again or over the message."""
        self._answers += 1
        if self._answers >= MAX_ANSWERED or self._answerer is Answerer.LEAVING:
            self._answerer = TABLE[self._answerer, VoicemailSignal.PERSON]
