"""The user's half of the conversation: what his sounds and words mean for the floor.

Two gates end a turn: the silence gate (Due.ENDPOINT has passed: he is not going on) and the text gate
(no final text is awaited: we have all his words). Over agent speech, sounds only hold the reply;
words decide (conversation.md 4).
"""

from media_worker.conversation.answered import Answered
from media_worker.conversation.board import Board
from media_worker.conversation.contest import Contest, Outcome
from media_worker.conversation.deadlines import Due
from media_worker.conversation.effects import CommitUser, ShowTranscript
from media_worker.conversation.events import FinalHeard, Sound
from media_worker.conversation.floor import Floor, Signal
from media_worker.conversation.overlap import answers_nothing, own_words, side_turn
from media_worker.conversation.patience import Patience
from media_worker.conversation.speculation import Speculation
from media_worker.conversation.text_gate import TextGate
from media_worker.conversation.user_turn import UserTurn
from media_worker.conversation.wordless import Wordless

VAD_LAG_S = 0.1
"""Speech is this old when it is reported, unless its onset is told."""


class Hearing:
    """Owns the user's running turn."""

    def __init__(self, board: Board, patience: Patience, speculation: Speculation) -> None:
        self._board = board
        self._speculation = speculation
        self._turn: UserTurn | None = None
        self._patience = patience
        self._contest = Contest(board)
        self._text_gate = TextGate(board)
        self._wordless = Wordless(board)
        self._answered = Answered(board)
        self._asked_again = False
        """Speech without words was asked to be repeated, and no turn was understood since."""
        self._doubtful = False
        """The last sound may have been the agent's echo: so may words that come after it."""

    def _open_turn(self) -> UserTurn:
        self._turn = self._turn or UserTurn(onset=self._board.now, doubtful=self._doubtful)
        return self._turn

    # --- events ---------------------------------------------------------------------------------

    def speech_started(self, onset: float | None, *, doubtful: bool, may_interrupt: bool) -> None:
        """The VAD hears the user, who began at `onset`, or perhaps the agent's echo."""
        self._doubtful = doubtful
        turn, now = self._open_turn(), self._board.now
        began = now - VAD_LAG_S if onset is None else min(onset, now)
        if self._board.floor is Floor.DECIDING and not turn.speaking:
            turn.went_on(began)
        turn.begin(began, doubtful=doubtful)
        if may_interrupt:
            self._board.signal(Signal.SPEECH)
            self._wordless.expect(turn)

    def speech_ended(self, true_end: float, voiced_ms: int, *, muted: bool = False) -> None:
        """The VAD no longer hears him; `muted`: it may, but his microphone sends nothing."""
        board, turn = self._board, self._turn
        if turn is not None:
            turn.muted = turn.muted or muted
        if turn is None or not turn.speaking:
            return
        turn.speaking = False
        board.deadlines.disarm(Due.WORDLESS)
        turn.true_end = board.silent_since = min(true_end, board.now)
        turn.voiced_ms += voiced_ms
        if not board.policy.whole_turns or board.floor in (Floor.PAUSED, Floor.ANSWERING):
            self._text_gate.request(turn)
        board.signal(Signal.SILENCE)

    def sound_judged(self, sound: Sound) -> None:
        """Whose the present sound is. Words that were understood are his, whatever it sounds like."""
        board, turn = self._board, self._turn
        self._doubtful = sound is Sound.ECHO
        if turn is not None:
            turn.doubtful = self._doubtful
        if turn is None or sound is Sound.USER or not turn.speaking:
            return
        if turn.text:
            return self.speech_ended(board.now, 0)
        board.explain("not heard: the agent's own echo" if sound is Sound.ECHO else "not heard: a noise")
        turn.take_back()
        board.signal(Signal.HOLD_OVER if board.floor is Floor.PAUSED else Signal.SILENCE)

    def partial(self, text: str, *, may_interrupt: bool) -> None:
        """Provisional words."""
        if self._turn is None and self._answered.repeats(text):
            return
        turn = self._open_turn()
        self._wordless.partial()
        turn.partial = own_words(text, turn, self._board.agent, self._board.policy)
        self._weigh(turn, may_interrupt=may_interrupt)

    def final(self, final: FinalHeard, *, may_interrupt: bool) -> None:
        """Fixed words, or the news that there are none."""
        text = self._answered.fresh(final, in_turn=self._turn is not None)
        if text is None:
            return
        turn, board = self._open_turn(), self._board
        turn.add_final(own_words(text, turn, board.agent, board.policy), board.now, rejected=final.rejected)
        self._weigh(turn, may_interrupt=may_interrupt)

    def turn_ended(self) -> None:
        """The recogniser says that the turn is over: it has all words. While the VAD hears him, the VAD is right."""
        turn = self._turn
        if turn is None or not turn.text:
            return
        turn.ended = True
        self._answered.give_up(turn)
        if self._board.floor is Floor.DECIDING:
            self._reconsider()
        else:
            self._wordless.turn_ended(turn)

    def turn_expected(self, *, over: bool) -> None:
        """The recogniser expects the turn to be over, or takes that back."""
        if self._turn is not None:
            self._turn.likely_over = over

    def typed(self, text: str, *, may_interrupt: bool) -> None:
        """Written words: they need no endpoint, and join what was being said."""
        turn = self._open_turn()
        self._end_utterance(turn)
        self._answered.give_up(turn)
        turn.add_typed(text)
        if may_interrupt:
            self._board.signal(Signal.TYPED)

    def pressed(self, key: str, *, may_interrupt: bool) -> None:
        """A telephone key: it joins what was being said, and takes the floor."""
        board, turn = self._board, self._open_turn()
        self._end_utterance(turn)
        turn.add_key(key, board.now)
        if may_interrupt:
            board.signal(Signal.KEYED)

    def _end_utterance(self, turn: UserTurn) -> None:
        """What he does now ends what he was saying, whatever the VAD believes."""
        if turn.unflushed:
            self._text_gate.request(turn)
        turn.speaking = False
        turn.true_end = self._board.now

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
        if turn.changes_to(words, self._board.now):
            self._wordless.expect(turn)
            self._board.do(ShowTranscript(words, is_final=False))

    def _bound_unvoiced(self, turn: UserTurn) -> None:
        """Words of a voice too soft for the VAD: their final text, or its absence, ends the turn."""
        board = self._board
        if board.floor is not Floor.USER_SPEAKING or turn.speaking:
            return
        if turn.partial:
            self._text_gate.bound()
        else:
            board.signal(Signal.SILENCE)

    def _weigh_overlap(self, turn: UserTurn) -> None:
        outcome = self._contest.weigh(turn)
        if outcome is Outcome.INTERRUPTS:
            self._interrupt(turn)
        elif outcome is Outcome.IS_IGNORED:
            self._ignore()

    def _ignore(self) -> None:
        """What was said over the agent takes no floor."""
        self._board.explain("no reply: what was said over the agent asks for none")
        self._turn = None

    def _interrupt(self, turn: UserTurn) -> None:
        board = self._board
        board.explain("interrupted: the user said something")
        self._patience.interrupted(turn, board.agent)
        board.signal(Signal.WORDS)
        self._show(turn, turn.words(board.policy.overlap_unintelligible_ms))
        if not turn.true_end:
            self._bound_unvoiced(turn)
        elif not turn.speaking:
            board.signal(Signal.SILENCE)

    # --- deadlines ------------------------------------------------------------------------------

    def endpoint_due(self) -> None:
        """The silence gate is open."""
        if self._turn is not None and self._turn.unflushed:
            self._text_gate.request(self._turn)
        self._decide()

    def text_due(self) -> None:
        """The recogniser had its time: what it said so far counts."""
        board, turn = self._board, self._turn
        if turn is None:
            return
        self._answered.give_up(turn)
        if board.floor is Floor.PAUSED and not turn.speaking:
            board.deadlines.arm(Due.HOLD, board.now)
        elif board.floor is Floor.DECIDING:
            self._decide()
        elif board.floor is Floor.USER_SPEAKING and not turn.speaking:
            turn.true_end = board.now
            board.signal(Signal.SILENCE)

    def wordless_due(self) -> None:
        """What the VAD still hears is noise: he has been silent since his last word."""
        turn = self._turn
        if turn is not None and self._wordless.is_noise(turn):
            self.speech_ended(turn.changed_at if turn.text else self._board.now, 0)
            if turn.ended:
                self.turn_ended()

    def hold_cap_due(self) -> None:
        """A reply was held for as long as we hold one."""
        self._contest.cap_due(self._turn)
        self.hold_due()

    def hold_due(self) -> None:
        """The sound was no interruption, unless there are words by now that are."""
        if self._board.floor is not Floor.PAUSED:
            return
        if self._turn is not None and self._contest.interrupts_at_last(self._turn):
            self._interrupt(self._turn)
        else:
            self._board.signal(Signal.HOLD_OVER)

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
        elif not words and turn.voiced_ms >= board.policy.unheard_ms and not self._asked_again:
            self._asked_again = True
            board.signal(Signal.UNHEARD)
        else:
            board.explain("no reply: a murmur that answers nothing" if words else "no reply: a sound without words")
            board.signal(Signal.EMPTY)

    def look_ahead(self) -> None:
        """Something happened: a reply may be prepared by now, or was prepared for words that are no longer his."""
        board, turn = self._board, self._turn
        if turn is not None and board.floor in (Floor.USER_SPEAKING, Floor.DECIDING):
            self._speculation.look_ahead(turn, self._patience)

    # --- the floor's actions --------------------------------------------------------------------

    def await_endpoint(self) -> None:
        """Close the silence gate until the user has been silent for long enough."""
        if (turn := self._turn) is not None:
            self._board.deadlines.arm(Due.ENDPOINT, self._patience.due(turn, self._board.agent))
            self._text_gate.keep(turn)

    def await_words(self) -> None:
        """A sound over the agent is over."""
        self._contest.await_words(self._turn)

    def commit(self) -> None:
        """The turn is complete."""
        board, turn, self._turn = self._board, self._turn or UserTurn(), None
        text = turn.words(board.policy.unintelligible_ms)
        self._answered.turn(turn, text)
        self._asked_again = False
        board.last_activity, board.last_true_end, board.last_text = board.now, turn.true_end, text
        board.do(ShowTranscript(text, is_final=True))
        board.do(CommitUser(text, turn.true_end, self._patience.wait_s(turn, board.agent)))
        self._patience.turn_over(turn, board.now)

    def drop_turn(self) -> None:
        """What was heard is no turn."""
        self._turn = None
        self._speculation.turn_over()

    def record_turn(self) -> None:
        """Nobody will answer what he said so far; it is history all the same."""
        turn = self._turn
        self.drop_turn()
        if turn is not None and turn.text:
            self._board.do(ShowTranscript(turn.text, is_final=True))
            self._board.do(CommitUser(turn.text, turn.true_end))

    def settle(self) -> None:
        """A reply resumes: forget the sound that held it, unless it still goes on."""
        self._board.deadlines.disarm(Due.TEXT)
        if self._turn is not None and not self._turn.speaking:
            self._turn = None

    def take_side_turn(self) -> None:
        """What the user said over speech that could not be interrupted is his turn now."""
        board, turn = self._board, self._turn
        if turn is not None and board.ending.open:
            for signal in (signals := side_turn(turn, board)):
                board.signal(signal)
            self._wordless.expect(turn)
            if not signals:
                self._ignore()
