"""The user's half of the conversation: what his sounds and words mean for the floor.

Two gates end a turn: the silence gate (Due.ENDPOINT has passed: he is not going on) and the text gate
(no final text is awaited: we have all his words). Over agent speech, sounds only hold the reply;
words decide (conversation.md 4).
"""

from media_worker.conversation.answered import Answered
from media_worker.conversation.board import Board
from media_worker.conversation.deadlines import Due
from media_worker.conversation.effects import CommitUser, RequestFinal, ShowTranscript
from media_worker.conversation.floor import Floor, Signal
from media_worker.conversation.interruption import Meaning, is_firm
from media_worker.conversation.overlap import (
    answers_nothing,
    asks_something,
    certain_at,
    is_certain,
    overlap_meaning,
    own_words,
)
from media_worker.conversation.patience import Patience
from media_worker.conversation.user_turn import UserTurn

VAD_LAG_S = 0.1
"""Speech is this old when it is reported, unless its onset is told."""


class Hearing:
    """Owns the user's running turn."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._turn: UserTurn | None = None
        self._patience = Patience(board.policy.endpointing)
        self._answered = Answered()

    def _open_turn(self) -> UserTurn:
        if self._turn is None:
            self._turn = UserTurn(onset=self._board.now)
        return self._turn

    # --- events ---------------------------------------------------------------------------------

    def speech_started(self, onset: float | None, *, doubtful: bool, may_interrupt: bool) -> None:
        """The VAD hears the user, who began at `onset`, or perhaps the agent's echo."""
        turn, now = self._open_turn(), self._board.now
        turn.onset = now - VAD_LAG_S if onset is None else min(onset, now)
        if self._board.floor is Floor.DECIDING and not turn.speaking:
            turn.went_on(turn.onset)
        turn.speaking = turn.unflushed = True
        turn.doubtful = doubtful
        if may_interrupt:
            self._board.signal(Signal.SPEECH)

    def speech_ended(self, true_end: float, voiced_ms: int) -> None:
        """The VAD no longer hears him."""
        board, turn = self._board, self._turn
        if turn is None or not turn.speaking:
            return
        turn.speaking = False
        turn.true_end = min(true_end, board.now)
        turn.voiced_ms += voiced_ms
        if not board.policy.gated_recogniser or board.floor in (Floor.PAUSED, Floor.ANSWERING):
            self._request_final(turn)
        board.signal(Signal.SILENCE)

    def echo_judged(self, *, is_echo: bool) -> None:
        """The doubt about the present sound is over."""
        board, turn = self._board, self._turn
        if turn is None or not turn.doubtful:
            return
        turn.doubtful = False
        if not is_echo or not turn.speaking:
            return
        board.explain("not heard: the agent's own echo")
        turn.take_back()
        board.signal(Signal.HOLD_OVER if board.floor is Floor.PAUSED else Signal.SILENCE)
        if board.floor is Floor.ANSWERING and not turn.text:
            self._turn = None

    def partial(self, text: str, *, may_interrupt: bool) -> None:
        """Provisional words."""
        turn = self._open_turn()
        turn.partial = own_words(text, turn, self._board.agent, self._board.policy)
        self._weigh(turn, may_interrupt=may_interrupt)

    def final(self, text: str, *, rejected: bool, may_interrupt: bool) -> None:
        """Fixed words, or the news that there are none."""
        board, in_turn = self._board, self._turn is not None
        if self._answered.holds(text, board.now, in_turn=in_turn) or (not in_turn and not text):
            return
        turn = self._open_turn()
        turn.add_final(own_words(text, turn, board.agent, board.policy), rejected=rejected)
        if not turn.speaking and turn.true_end == 0.0:
            turn.true_end = board.now
        self._weigh(turn, may_interrupt=may_interrupt)

    def turn_ended(self) -> None:
        """The recogniser says that the turn is over: it has all words. While the VAD hears him, the VAD is right."""
        turn = self._turn
        if turn is None or not turn.text:
            return
        turn.ended = True
        self._give_up_finals(turn)
        if self._board.floor is Floor.DECIDING:
            self._reconsider()

    def typed(self, text: str, *, may_interrupt: bool) -> None:
        """Written words: they need no endpoint, and join what was being said."""
        turn = self._open_turn()
        turn.finals += [turn.partial, text]
        turn.partial = ""
        turn.typed = True
        turn.speaking = turn.unflushed = False
        turn.true_end = self._board.now
        if may_interrupt:
            self._board.signal(Signal.TYPED)

    def _weigh(self, turn: UserTurn, *, may_interrupt: bool) -> None:
        """Decide what the turn's words, as they are now, mean for the floor."""
        board = self._board
        self._patience.heard(turn)
        if board.floor in (Floor.ANSWERING, Floor.PAUSED):
            if may_interrupt:
                self._weigh_overlap(turn)
        elif turn.text:
            board.signal(Signal.WORDS)
            self._show(turn, turn.text)
            self._bound_unvoiced(turn)
        if board.floor is Floor.DECIDING:
            self._reconsider()
        elif board.floor is Floor.IDLE:
            self._turn = None

    def _show(self, turn: UserTurn, words: str) -> None:
        if words != turn.shown:
            turn.shown = words
            turn.ended = False
            self._board.do(ShowTranscript(words, is_final=False))

    def _bound_unvoiced(self, turn: UserTurn) -> None:
        """Words of a voice too soft for the VAD: their final text, or its absence, ends the turn."""
        board = self._board
        if board.floor is not Floor.USER_SPEAKING or turn.speaking:
            return
        if turn.partial:
            board.deadlines.arm(Due.TEXT, board.now + board.policy.text_wait_s)
        else:
            board.signal(Signal.SILENCE)

    def _weigh_overlap(self, turn: UserTurn) -> None:
        board = self._board
        meant = self._meaning(turn)
        if meant.takes_floor:
            if self._is_certain(turn, meant):
                self._interrupt(turn)
            else:
                self._await_certainty(turn)
        elif turn.speaking:
            self._hold_for_agreement(turn, meant)
        elif turn.finals_awaited:
            return
        elif board.floor is Floor.PAUSED:
            wait = 0.0 if meant is Meaning.NOTHING else board.policy.backchannel_grace_s
            board.deadlines.arm(Due.HOLD, board.now + wait)
        else:
            self._ignore()

    def _hold_for_agreement(self, turn: UserTurn, meant: Meaning) -> None:
        """He goes on with what does not take the floor: agreement holds only for a while."""
        board = self._board
        board.deadlines.disarm(Due.HOLD)
        if board.floor is Floor.PAUSED and meant is not Meaning.NOTHING:
            board.deadlines.arm(Due.HOLD, max(board.now, turn.onset + board.policy.agreement_s))

    def _ignore(self) -> None:
        """What was said over the agent takes no floor."""
        self._board.explain("no reply: what was said over the agent asks for none")
        self._turn = None

    def _meaning(self, turn: UserTurn) -> Meaning:
        return overlap_meaning(turn, self._board.agent, self._board.policy)

    def _is_certain(self, turn: UserTurn, meant: Meaning) -> bool:
        return is_certain(turn, meant, self._board.policy, self._board.now)

    def _await_certainty(self, turn: UserTurn) -> None:
        """Keep holding; firm words interrupt as soon as the user has spoken for long enough."""
        if not turn.speaking:
            return
        policy, deadlines = self._board.policy, self._board.deadlines
        if is_firm(turn.partial, policy.vocabulary):
            deadlines.arm(Due.HOLD, certain_at(turn, policy))
        else:
            deadlines.disarm(Due.HOLD)

    def _interrupt(self, turn: UserTurn) -> None:
        board = self._board
        board.explain("interrupted: the user said something")
        self._patience.interrupted(turn, board.agent)
        board.signal(Signal.WORDS)
        self._show(turn, turn.words(board.policy.overlap_unintelligible_ms))
        if not turn.speaking:
            board.signal(Signal.SILENCE)

    # --- deadlines ------------------------------------------------------------------------------

    def endpoint_due(self) -> None:
        """The silence gate is open."""
        if self._turn is not None and self._turn.unflushed:
            self._request_final(self._turn)
        self._decide()

    def text_due(self) -> None:
        """The recogniser had its time: what it said so far counts."""
        board, turn = self._board, self._turn
        if turn is None:
            return
        self._give_up_finals(turn)
        if board.floor is Floor.PAUSED and not turn.speaking:
            board.deadlines.arm(Due.HOLD, board.now)
        elif board.floor is Floor.DECIDING:
            self._decide()
        elif board.floor is Floor.USER_SPEAKING and not turn.speaking:
            turn.true_end = board.now
            board.signal(Signal.SILENCE)

    def hold_due(self) -> None:
        """The sound was no interruption, unless there are words by now that are."""
        if self._board.floor is not Floor.PAUSED:
            return
        turn = self._turn
        meant = Meaning.NOTHING if turn is None else self._meaning(turn)
        if turn is not None and meant.takes_floor and (not turn.speaking or self._is_certain(turn, meant)):
            self._interrupt(turn)
        else:
            self._board.signal(Signal.HOLD_OVER)

    def _give_up_finals(self, turn: UserTurn) -> None:
        self._answered.overdue += turn.finals_awaited
        turn.finals_awaited = 0

    def _reconsider(self) -> None:
        """The words changed: so may the wait. It may also be over."""
        self.await_endpoint()
        if self._board.deadlines.take(Due.ENDPOINT, self._board.now):
            self.endpoint_due()
        else:
            self._decide()

    def _decide(self) -> None:
        board, turn = self._board, self._turn
        if turn is None or board.deadlines.armed(Due.ENDPOINT) or turn.finals_awaited:
            return
        words = turn.words(board.policy.unintelligible_ms)
        if words and not answers_nothing(turn, board.agent, board.policy):
            board.signal(Signal.COMMIT)
        else:
            board.explain("no reply: a murmur that answers nothing" if words else "no reply: a sound without words")
            board.signal(Signal.EMPTY)

    def _request_final(self, turn: UserTurn) -> None:
        turn.unflushed = False
        turn.finals_awaited += 1
        self._board.deadlines.arm(Due.TEXT, self._board.now + self._board.policy.text_wait_s)
        self._board.do(RequestFinal())

    # --- the floor's actions --------------------------------------------------------------------

    def await_endpoint(self) -> None:
        """Close the silence gate until the user has been silent for long enough."""
        turn = self._turn
        if turn is not None:
            self._board.deadlines.arm(Due.ENDPOINT, self._patience.due(turn, self._board.agent))

    def forget_endpoint(self) -> None:
        """He goes on, or his turn is over."""
        self._board.deadlines.disarm(Due.ENDPOINT, Due.TEXT)

    def await_words(self) -> None:
        """A sound over the agent is over: words may still come, or become certain."""
        policy, turn = self._board.policy, self._turn
        is_unsure = turn is not None and self._meaning(turn).takes_floor
        self._board.deadlines.arm(
            Due.HOLD, self._board.now + (policy.unsure_grace_s if is_unsure else policy.hold_grace_s)
        )

    def keep_holding(self) -> None:
        """Another sound: the words may be on their way."""
        self._board.deadlines.disarm(Due.HOLD)

    def commit(self) -> None:
        """The turn is complete."""
        turn, self._turn = self._turn or UserTurn(), None
        text = turn.words(self._board.policy.unintelligible_ms)
        self._answered.turn(text, self._board.now)
        self._board.last_activity = self._board.now
        self._board.last_true_end = turn.true_end
        self._patience.turn_over(turn, self._board.now)
        self._board.do(ShowTranscript(text, is_final=True))
        self._board.do(CommitUser(text, turn.true_end))

    def drop_turn(self) -> None:
        """What was heard is no turn."""
        self._turn = None

    def settle(self) -> None:
        """A reply resumes: forget the sound that held it, unless it still goes on."""
        self._board.deadlines.disarm(Due.TEXT)
        if self._turn is not None and not self._turn.speaking:
            self._turn = None

    def take_side_turn(self) -> None:
        """What the user said over speech that could not be interrupted is his turn now."""
        board, turn = self._board, self._turn
        if turn is None or not board.ending.open:
            return
        fresh = board.now - turn.true_end <= board.policy.side_turn_s
        if turn.speaking:
            board.signal(Signal.SPEECH)
        elif turn.typed:
            board.signal(Signal.TYPED)
        elif fresh and (turn.finals_awaited or asks_something(turn, board.agent, board.policy, board.last_true_end)):
            board.signal(Signal.SPEECH)
            board.signal(Signal.SILENCE)
        else:
            self._ignore()
