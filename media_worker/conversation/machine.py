"""The conversation: routes events, deadlines and the floor's actions to its parts.

`handle` and `handle_deadline` return effects that the driver performs at once and in order. Neither
reads a clock: `now` is an argument, in seconds, and never goes back.
"""

from collections.abc import Callable, Mapping

from callcore.calls.call import CallStatus
from media_worker.conversation import events as did
from media_worker.conversation.acting import Acting
from media_worker.conversation.board import Board
from media_worker.conversation.deadlines import Due
from media_worker.conversation.effects import Effect, NoteDoNotCall
from media_worker.conversation.floor import Action, Floor
from media_worker.conversation.hearing import Hearing
from media_worker.conversation.idling import Idling
from media_worker.conversation.late_forms import LateForms
from media_worker.conversation.notices import Notices
from media_worker.conversation.patience import Patience
from media_worker.conversation.policy import TurnPolicy
from media_worker.conversation.reply import ReplyKind
from media_worker.conversation.speaking import ReplyEvent, Speaking
from media_worker.conversation.speculation import Speculation
from media_worker.conversation.time_limit import TimeLimit
from media_worker.conversation.voicemail_watch import VoicemailWatch
from media_worker.conversation.words.do_not_call import asks_not_to_be_called

Heard = did.PartialHeard | did.FinalHeard | did.TurnEnded | did.TurnLikelyOver | did.TurnResumed
Switched = did.LanguageSwitched | did.RecogniserSwitched
Toned = did.BeepHeard | did.AnswererHinted
UserEvent = did.SpeechStarted | did.SpeechEnded | did.SoundJudged | Toned | Switched | Heard
OtherInput = did.UserTyped | did.KeyPressed | did.Muted | did.MicrophoneClosed | did.MicrophoneOpened
LONGEST = (Due.MAX_DURATION, Due.HARD_STOP)
"""Deadlines of the call itself: they run whatever its parties do."""


class Conversation:
    """One session's turn-taking."""

    def __init__(self, policy: TurnPolicy) -> None:
        self._begun = False
        self._board = Board(policy, lambda action: self._actions[action]())
        self._speculation = speculation = Speculation(self._board)
        self._patience = patience = Patience(policy.endpointing)
        self._hearing = hearing = Hearing(self._board, patience, speculation)
        self._late_forms = LateForms(self._board, lambda call_id: speaking.answer_form(call_id))
        self._acting = Acting(self._board, self._late_forms.add)
        self._speaking = speaking = Speaking(self._board, self._acting, speculation)
        self._idling = idling = Idling(self._board)
        self._time_limit = TimeLimit(self._board)
        self._notices = Notices(self._board, lambda text: speaking.say(ReplyKind.NOTICE, text))
        self._voicemail = VoicemailWatch(self._board, hearing, speaking)
        self._due = self._deadlines()
        self._actions: Mapping[Action, Callable[[], None]] = {
            Action.STOP_IDLING: idling.stop,
            Action.START_IDLING: idling.start,
            Action.AWAIT_ENDPOINT: hearing.await_endpoint,
            Action.FORGET_ENDPOINT: lambda: self._board.deadlines.disarm(Due.ENDPOINT, Due.TEXT),
            Action.COMMIT: self._commit,
            Action.ANSWER: self._answer,
            Action.DROP_TURN: hearing.drop_turn,
            Action.RECORD_TURN: hearing.record_turn,
            Action.ASK_AGAIN: speaking.ask_again,
            Action.HOLD: speaking.hold,
            Action.KEEP_HOLDING: lambda: self._board.deadlines.disarm(Due.HOLD),
            Action.AWAIT_WORDS: hearing.await_words,
            Action.RESUME: speaking.resume,
            Action.THINK_AGAIN: speaking.think_again,
            Action.SETTLE: hearing.settle,
            Action.CUT: speaking.cut,
            Action.TAKE_SIDE_TURN: hearing.take_side_turn,
            Action.STOP: self._stop,
        }

    def _deadlines(self) -> Mapping[Due, Callable[[], None]]:
        hearing, speaking = self._hearing, self._speaking
        return {
            Due.HARD_STOP: speaking.hard_stop,
            Due.LAST_SENTENCE: speaking.say_goodbye,
            Due.MAX_DURATION: self._time_limit.reached,
            Due.MAX_IDLE: self._hang_up_in_silence,
            Due.HOLD: hearing.hold_due,
            Due.HOLD_CAP: hearing.hold_cap_due,
            Due.TEXT: hearing.text_due,
            Due.ENDPOINT: hearing.endpoint_due,
            Due.WORDLESS: hearing.wordless_due,
            Due.TOOL: self._acting.due,
            Due.STILL_WORKING: self._acting.still_working,
            Due.FILLER: speaking.filler,
            Due.SPECULATION: hearing.look_ahead,
            Due.VOICEMAIL: self._voicemail.due,
            Due.INACTIVITY: self._ask_whether_anybody_is_there,
        }

    @property
    def floor(self) -> Floor:
        """Who speaks."""
        return self._board.floor

    @property
    def audible(self) -> bool:
        """Something of the reply has been sent."""
        return self._speaking.audible

    @property
    def notices_waiting(self) -> int:
        """How many texts wait to be said; of more than MAX_WAITING the oldest is lost."""
        return self._notices.waiting

    @property
    def time_up_at(self) -> float | None:
        """When it has taken all the time it may; None: it has not begun."""
        return self._board.deadlines.earliest(*LONGEST)

    def lasts_longer(self, seconds: float) -> None:
        """It has lasted so much longer than its clock knows: it has less time left."""
        self._board.deadlines.bring_forward(seconds, *LONGEST)

    @property
    def stale_events(self) -> int:
        """How many events came from replies that were over."""
        return self._speaking.stale_events

    def handle(self, event: did.Event, now: float) -> tuple[Effect, ...]:
        """What to do about an event. Before `Ready` only an end counts, after the end nothing does."""
        self._board.now = max(now, self._board.now)
        if self.floor is not Floor.ENDED:
            self._route(event)
            self._afterwards()
        return self._board.take_effects()

    def next_deadline(self) -> float | None:
        """When `handle_deadline` wants to be called; None = not before the next event."""
        return self._board.deadlines.next()

    def handle_deadline(self, now: float) -> tuple[Effect, ...]:
        """What to do because nothing happened in time; deals with every deadline due at `now`."""
        self._board.now = max(now, self._board.now)
        while (kind := self._board.deadlines.take_due(self._board.now)) is not None:
            self._due[kind]()
            self._afterwards()
        return self._board.take_effects()

    def _stop(self) -> None:
        self._speculation.turn_over()
        self._board.deadlines.clear()

    def _afterwards(self) -> None:
        """What may have become due by whatever happened."""
        if self._time_limit.is_time(agent_audible=self._speaking.audible):
            self._speaking.say_goodbye()
        self._late_forms.answer_next()
        self._notices.say_next()
        self._hearing.look_ahead()

    def _commit(self) -> None:
        self._hearing.commit()
        board = self._board
        if board.policy.detects_do_not_call and asks_not_to_be_called(board.last_text, board.policy.language):
            board.explain("noted: the user does not want to be called again")
            board.do(NoteDoNotCall())

    def _answer(self) -> None:
        self._idling.answered()
        self._voicemail.turn_answered()
        self._speaking.answer()

    def _ask_whether_anybody_is_there(self) -> None:
        """What still runs is not silence: then the wait begins anew."""
        if self._acting.busy:
            self._board.silent_since = self._board.now
            self._idling.start()
        else:
            self._idling.asked()
            self._speaking.inactivity()

    def _hang_up_in_silence(self) -> None:
        """Who fills in a form is there: then the wait begins anew."""
        if self._acting.asks_user:
            self._board.last_activity = self._board.now
            self._idling.await_max_idle()
        else:
            self._speaking.max_idle()

    def _route(self, event: did.Event) -> None:
        match event:
            case did.HungUp() | did.HearingLost() | did.Terminated():
                self._route_end(event)
            case did.Ready():
                self._ready()
            case _ if not self._begun:
                return
            case did.PreparationFailed(attempt):
                self._speaking.stale_events += not self._speculation.failed(attempt)
            case did.Told(text):
                self._notices.add(text)
            case did.ToolFinished():
                self._speculation.withdraw()
                self._speaking.tool_finished(event)
            case did.SpeechStarted() | did.SpeechEnded() | did.PartialHeard() | did.FinalHeard():
                self._route_heard(event)
            case (
                did.TurnEnded()
                | did.TurnLikelyOver()
                | did.TurnResumed()
                | did.SoundJudged()
                | did.BeepHeard()
                | did.AnswererHinted()
                | did.LanguageSwitched()
                | did.RecogniserSwitched()
            ):
                self._route_heard(event)
            case did.UserTyped() | did.KeyPressed() | did.Muted() | did.MicrophoneClosed() | did.MicrophoneOpened():
                self._route_other_input(event)
            case _:
                self._route_reply(event)

    def _switch(self, event: Switched) -> None:
        """Other rules from now on; a reply that was prepared by the old ones is of no use in another language."""
        if isinstance(event, did.LanguageSwitched):
            self._board.explain("switched: the conversation goes on in another language")
            self._speculation.withdraw()
        self._board.policy = event.policy
        self._patience.switch(event.policy.endpointing)

    def _route_heard(self, event: UserEvent) -> None:
        hearing, speaking = self._hearing, self._speaking
        match event:
            case did.SpeechStarted(onset, doubtful):
                hearing.speech_started(onset, doubtful=doubtful, may_interrupt=speaking.may_barge_in)
            case did.LanguageSwitched() | did.RecogniserSwitched():
                self._switch(event)
            case did.SoundJudged(sound):
                hearing.sound_judged(sound)
            case did.SpeechEnded(true_end, voiced_ms):
                hearing.speech_ended(true_end, voiced_ms)
            case did.PartialHeard(text):
                hearing.partial(text, may_interrupt=speaking.may_barge_in)
            case did.FinalHeard():
                hearing.final(event, may_interrupt=speaking.may_barge_in)
            case did.TurnEnded():
                hearing.turn_ended()
            case did.TurnLikelyOver():
                hearing.turn_expected(over=True)
            case did.TurnResumed():
                hearing.turn_expected(over=False)
                self._speculation.withdraw()
        self._voicemail.heard(event)

    def _ready(self) -> None:
        self._begun = True
        self._voicemail.call_begins()
        self._speaking.ready()
        if self.floor is Floor.IDLE:
            self._idling.await_max_idle()

    def _route_reply(self, event: ReplyEvent) -> None:
        self._speaking.reply_event(event)
        if isinstance(event, did.AgentSaid):
            self._time_limit.sentence_begins()

    def _route_other_input(self, event: OtherInput) -> None:
        match event:
            case did.UserTyped() | did.KeyPressed():
                self._route_fingers(event)
            case did.Muted(on, since):
                self._board.explain("the microphone sends nothing" if on else "the microphone sends again")
                if on:
                    self._hearing.speech_ended(since, 0, muted=True)
            case did.MicrophoneClosed():
                self._idling.microphone(used=False)
            case did.MicrophoneOpened():
                self._idling.microphone(used=True)

    def _route_fingers(self, event: did.UserTyped | did.KeyPressed) -> None:
        may_interrupt = self._speaking.may_interrupt
        if may_interrupt and self.floor in (Floor.ANSWERING, Floor.PAUSED):
            self._board.explain("interrupted: the user typed or pressed a key")
        match event:
            case did.UserTyped(text):
                self._hearing.typed(text, may_interrupt=may_interrupt)
            case did.KeyPressed(key):
                self._hearing.pressed(key, may_interrupt=may_interrupt)

    def _route_end(self, event: did.HungUp | did.HearingLost | did.Terminated) -> None:
        match event:
            case did.HungUp():
                self._speaking.end(CallStatus.USER_ENDED)
            case did.HearingLost():
                farewell = self._board.policy.phrases.cannot_hear
                self._speaking.close(CallStatus.ERROR, farewell, "speech recognition was lost")
            case did.Terminated(reason, message, error):
                self._board.explain("ending: somebody else ends the call")
                self._speaking.close(reason, message, error)
