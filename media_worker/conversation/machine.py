"""The conversation: routes events, deadlines and the floor's actions to its parts.

`handle` and `handle_deadline` return effects that the driver performs at once and in order. Neither
reads a clock: `now` is an argument, in seconds, and never goes back.
"""

from collections.abc import Callable, Mapping

from callcore.calls import CallStatus
from media_worker.conversation import events as did
from media_worker.conversation.acting import Acting
from media_worker.conversation.board import Board
from media_worker.conversation.deadlines import Due
from media_worker.conversation.effects import Effect
from media_worker.conversation.floor import Action, Floor
from media_worker.conversation.hearing import Hearing
from media_worker.conversation.policy import TurnPolicy
from media_worker.conversation.speaking import Speaking

Heard = did.PartialHeard | did.FinalHeard | did.TurnEnded
UserEvent = did.SpeechStarted | did.SpeechEnded | did.EchoJudged | Heard | did.UserTyped


class Conversation:
    """One session's turn-taking."""

    def __init__(self, policy: TurnPolicy) -> None:
        self._begun = False
        self._board = Board(policy, lambda action: self._actions[action]())
        self._hearing = hearing = Hearing(self._board)
        acting = Acting(self._board)
        self._speaking = speaking = Speaking(self._board, acting)
        self._due: Mapping[Due, Callable[[], None]] = {
            Due.HARD_STOP: speaking.hard_stop,
            Due.MAX_DURATION: speaking.max_duration,
            Due.MAX_IDLE: speaking.max_idle,
            Due.HOLD: hearing.hold_due,
            Due.HOLD_CAP: hearing.hold_due,
            Due.TEXT: hearing.text_due,
            Due.ENDPOINT: hearing.endpoint_due,
            Due.TOOL: acting.due,
            Due.FILLER: speaking.filler,
            Due.INACTIVITY: speaking.inactivity,
        }
        self._actions: Mapping[Action, Callable[[], None]] = {
            Action.STOP_IDLING: speaking.stop_idling,
            Action.START_IDLING: speaking.start_idling,
            Action.AWAIT_ENDPOINT: hearing.await_endpoint,
            Action.FORGET_ENDPOINT: hearing.forget_endpoint,
            Action.COMMIT: hearing.commit,
            Action.ANSWER: speaking.answer,
            Action.DROP_TURN: hearing.drop_turn,
            Action.HOLD: speaking.hold,
            Action.KEEP_HOLDING: hearing.keep_holding,
            Action.AWAIT_WORDS: hearing.await_words,
            Action.RESUME: speaking.resume,
            Action.SETTLE: hearing.settle,
            Action.CUT: speaking.cut,
            Action.TAKE_SIDE_TURN: hearing.take_side_turn,
            Action.STOP: self._board.deadlines.clear,
        }

    @property
    def floor(self) -> Floor:
        """Who speaks."""
        return self._board.floor

    @property
    def stale_events(self) -> int:
        """How many events came from replies that were over."""
        return self._speaking.stale_events

    def handle(self, event: did.Event, now: float) -> tuple[Effect, ...]:
        """What to do about an event. Before `Ready` only an end counts, after the end nothing does."""
        self._board.now = max(now, self._board.now)
        if self.floor is not Floor.ENDED:
            self._route(event)
        return self._board.take_effects()

    def next_deadline(self) -> float | None:
        """When `handle_deadline` wants to be called; None = not before the next event."""
        return self._board.deadlines.next()

    def handle_deadline(self, now: float) -> tuple[Effect, ...]:
        """What to do because nothing happened in time; deals with every deadline due at `now`."""
        self._board.now = max(now, self._board.now)
        while (kind := self._board.deadlines.take_due(self._board.now)) is not None:
            self._due[kind]()
        return self._board.take_effects()

    def _route(self, event: did.Event) -> None:
        match event:
            case did.HungUp() | did.HearingLost() | did.Terminated():
                self._route_end(event)
            case did.Ready():
                self._begun = True
                self._speaking.ready()
            case _ if not self._begun:
                return
            case did.ToolFinished(call_id):
                self._speaking.tool_finished(call_id)
            case did.SpeechStarted() | did.SpeechEnded() | did.PartialHeard() | did.FinalHeard():
                self._route_heard(event)
            case did.TurnEnded() | did.UserTyped() | did.EchoJudged():
                self._route_heard(event)
            case _:
                self._speaking.reply_event(event)

    def _route_heard(self, event: UserEvent) -> None:
        hearing, speaking = self._hearing, self._speaking
        match event:
            case did.SpeechStarted(onset, doubtful):
                hearing.speech_started(onset, doubtful=doubtful, may_interrupt=speaking.may_interrupt)
            case did.EchoJudged(is_echo):
                hearing.echo_judged(is_echo=is_echo)
            case did.SpeechEnded(true_end, voiced_ms):
                hearing.speech_ended(true_end, voiced_ms)
            case did.PartialHeard(text):
                hearing.partial(text, may_interrupt=speaking.may_interrupt)
            case did.FinalHeard(text, rejected):
                hearing.final(text, rejected=rejected, may_interrupt=speaking.may_interrupt)
            case did.TurnEnded():
                hearing.turn_ended()
            case did.UserTyped(text):
                hearing.typed(text, may_interrupt=speaking.may_interrupt)

    def _route_end(self, event: did.HungUp | did.HearingLost | did.Terminated) -> None:
        match event:
            case did.HungUp():
                self._speaking.end(CallStatus.USER_ENDED)
            case did.HearingLost():
                self._speaking.end(CallStatus.ERROR, "speech recognition was lost")
            case did.Terminated(reason, message, error):
                self._speaking.close(reason, message, error)
